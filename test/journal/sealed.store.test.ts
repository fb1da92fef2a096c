/** What is personal in the journal: sealed on disk, the same when it is read, gone with its key, and nobody else's. */
import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { asId, type CallId, type CustomerId, type TenantId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { type KeyRing, readKeyRing } from '../../kernel/seal/keys.ts';
import { FileJournal } from '../../src/journal/file.ts';
import { checkOf, readLine, type StoredEvent, writeLine } from '../../src/journal/line.ts';
import { personOfCall, personOfNumber } from '../../src/journal/people.ts';
import { listedSegments, recover } from '../../src/journal/read.ts';
import { JournalOpener } from '../../src/journal/seal.ts';
import { startsOf, walk } from '../../src/journal/walk.ts';
import type { Event } from '../../src/vocabulary.ts';

const WANG = '+8613800007731';
const LI = '+8613900004402';
const demo = asId<TenantId>('demo');
const ring = readKeyRing('a'.repeat(64));
const short = (number: string): string => (number === WANG ? 'wang' : 'li');
const call = (name: string): CallId => asId<CallId>(`c-${name}`);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'huawu-sealed-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const opener = (keys: KeyRing = ring): JournalOpener => new JournalOpener({ folder, keys });
function open(keys: KeyRing | undefined = ring): FileJournal {
  const { lastSeq } = recover(folder, silentLog, opener());
  return new FileJournal({ folder, lastSeq, keepBytes: 1e9, clock: systemClock, log: silentLog, ...(keys === undefined ? {} : { keys }) });
}

const arrived = (callId: CallId, number: string): Event => ({
  ...{ type: 'callArrived', callId, legId: asId(`${callId}.0`), tenantId: demo, trunk: 'carrier', sipCallId: 'x' },
  caller: { number, raw: number.replace('+86', ''), name: `name of ${number}` },
  callee: { number: '10086', raw: '10086' },
});
/** Everything that is said of a customer. */
const story = (callId: CallId, number: string): Event[] => [
  arrived(callId, number),
  {
    ...{ type: 'customerFound', callId, authLevel: 1 },
    customer: {
      ...{ customerId: asId<CustomerId>('k-1'), name: `card of ${number}`, number, tier: 'gold', language: 'zh', specialNeeds: ['elder'] },
      ...{ openTickets: [{ ticketId: 't', title: `ticket of ${number}`, status: 'open', openedAt: '2026-01-01' }], recentContacts: [] },
    },
  },
  { type: 'legAnswered', callId, legId: asId(`${callId}.0`) },
  { type: 'digitsCollected', callId, legId: asId(`${callId}.0`), playId: 'p', digits: `77${number}`, end: 'complete' },
  { type: 'dataSet', callId, data: { plate: `data of ${number}` }, by: 'flow' },
  { type: 'callEnded', callId, ending: { cause: 'normal', by: 'far_end' } },
  { type: 'wrapUpEnded', agentId: asId('demo:8001'), callId, disposition: 'solved', notes: `notes of ${number}`, form: { why: `form of ${number}` } },
];

function append(journal: FileJournal, events: readonly Event[]): void {
  for (const event of events) journal.append(event, 1000, false);
  journal.write();
}
const eventsNow = (keys = ring): Event[] => [...walk(folder, 0, () => assert.fail('the journal breaks off'), opener(keys))].map(({ event }) => event);
/** Of every file of the folder, as it lies there. */
const onDisk = (): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
const segments = (): string[] => listedSegments(folder).map(({ name }) => join(folder, name));

describe('a journal with keys', () => {
  test('holds nothing personal in the clear, can be searched by call, and reads as it was told, byte for byte', async () => {
    const journal = open();
    const told = [...story(call('a'), WANG), ...story(call('b'), LI)];
    append(journal, told);
    await journal.close();
    assert.doesNotMatch(onDisk(), /0007731|0004402|card of|notes of|ticket of|form of|data of/);
    assert.match(readFileSync(segments()[0] ?? '', 'utf8'), /"type":"wrapUpEnded","agentId":"demo:8001","callId":"c-a","disposition":"solved","notes":"\*1"/);
    assert.equal(JSON.stringify(eventsNow()), JSON.stringify(told), 'in the same order of fields too: hashes are made of it');
  });

  test('A9: with a torn tail gives all before it, and goes on under the same keys', async () => {
    const journal = open();
    append(journal, story(call('a'), WANG));
    await journal.close();
    truncateSync(segments()[0] ?? '', readFileSync(segments()[0] ?? '').length - 20);
    const again = open();
    append(again, story(call('b'), WANG));
    await again.close();
    assert.deepEqual(eventsNow(), [...story(call('a'), WANG).slice(0, -1), ...story(call('b'), WANG)]);
  });

  test('with half a key at the end of its keys loses that one alone', async () => {
    const journal = open();
    append(journal, story(call('a'), WANG));
    await journal.close();
    const keys = join(folder, 'keys-0000000000000001');
    appendFileSync(keys, 'deadbeef {"k":2,"who"');
    const again = open();
    append(again, story(call('b'), LI));
    await again.close();
    assert.deepEqual(eventsNow(), [...story(call('a'), WANG), ...story(call('b'), LI)]);
  });

  test('a sealed field put on another line is no event', async () => {
    const journal = open();
    append(journal, [arrived(call('a'), WANG), arrived(call('b'), WANG)]);
    await journal.close();
    const [path = ''] = segments();
    const [one, other] = readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line) => readLine(line) ?? []) as [StoredEvent, StoredEvent];
    assert.ok(one.sealed !== undefined && other.sealed !== undefined);
    writeFileSync(path, writeLine(one) + writeLine({ ...other, sealed: one.sealed }));
    assert.equal(recover(folder, silentLog, opener()).lastSeq, 1, 'set aside, as a line with a wrong sum is');
    assert.ok(readdirSync(folder).some((name) => name.startsWith('torn-')));
  });

  test('of before anything was sealed is read, and what is said from then on is sealed', async () => {
    const before = new FileJournal({ folder, lastSeq: 0, clock: systemClock, log: silentLog });
    append(before, story(call('a'), WANG));
    await before.close();
    const journal = open();
    append(journal, story(call('b'), LI));
    await journal.close();
    assert.deepEqual(eventsNow(), [...story(call('a'), WANG), ...story(call('b'), LI)]);
    assert.doesNotMatch(readFileSync(segments()[1] ?? '', 'utf8'), /0004402/);
  });

  test('I4: without its master key says which is wanted and where to give it, and touches nothing', async () => {
    const journal = open();
    append(journal, story(call('a'), WANG));
    await journal.close();
    const before = onDisk();
    const other = readKeyRing('b'.repeat(64));
    assert.throws(() => recover(folder, silentLog, opener(other)), new RegExp(`${ring.current.id}.*give it in RECORDING_KEY, or put .*recording\\.keys back`));
    assert.equal(onDisk(), before);
    const both = readKeyRing(`${'b'.repeat(64)} ${'a'.repeat(64)}`);
    assert.equal(recover(folder, silentLog, opener(both)).events.length, 7, 'an old key in the list is enough');
  });

  test('without its file of keys says so, rather than to take everybody for erased', async () => {
    const journal = open();
    append(journal, story(call('a'), WANG));
    await journal.close();
    rmSync(join(folder, 'keys-0000000000000001'));
    assert.throws(() => recover(folder, silentLog, opener()), /keys-0000000000000001 is missing.*Put it back from a backup/);
  });
});

/** A snapshot in which each section that is about people has one of each. */
const snapshot = (): object => ({
  ...{ version: 1, ivr: {}, ledger: {}, bindings: [], toll: [] },
  acd: {
    calls: [WANG, LI].map((number) => ({
      callId: call(`live${short(number)}`),
      tenantId: demo,
      from: { number, name: `name of ${number}` },
      interaction: { from: number, data: { x: `data of ${number}` } },
    })),
    callbacks: [WANG, LI].map((number) => ({
      callbackId: `b-${short(number)}`,
      of: call(`back${short(number)}`),
      tenantId: demo,
      number,
      data: { x: `data of ${number}` },
    })),
    served: [WANG, LI].map((number) => [`demo ${number}`, { agentId: 'demo:8001' }]),
    drops: [WANG, LI].map((number) => [`demo ${number} demo:service`, { until: 1 }]),
  },
  cdr: {
    calls: [WANG, LI].map((number) => ({ callId: call(`live${short(number)}`), notes: `notes of ${number}`, caller: { number } })),
    interactions: [WANG, LI].map((number) => ({ asked: { interactionId: call(`chat${short(number)}`), tenantId: demo, from: number } })),
  },
  unwritten: [{ callId: 'ledger:demo:1', ledger: {} }, ...[WANG, LI].map((number) => ({ callId: call(`live${short(number)}`), notes: `notes of ${number}` }))],
  underway: {
    calls: { live: [WANG, LI].map((number) => ({ callId: call(`live${short(number)}`), caller: { number } })) },
    desks: { $map: [['demo:8001', { callId: call(`live${short(WANG)}`), notes: `notes of ${WANG}` }]] },
  },
  sounds: [[`${call(`live${short(WANG)}`)}.0`, { callId: call(`live${short(WANG)}`), sounds: [{ say: `words for ${WANG}` }] }]],
});
const peopleOf = (number: string): string[] => [
  personOfNumber('demo', number),
  ...['live', 'back', 'chat'].map((kind) => personOfCall(call(`${kind}${short(number)}`))),
];

describe('a snapshot', () => {
  test('holds nothing personal in the clear and reads as it was taken', async () => {
    const journal = open();
    append(
      journal,
      [WANG, LI].map((number) => arrived(call(`live${short(number)}`), number)),
    );
    journal.rotate(snapshot());
    await journal.close();
    assert.doesNotMatch(onDisk(), /0007731|0004402|name of|data of|notes of|words for/);
    assert.deepEqual(recover(folder, silentLog, opener()).snapshot, snapshot());
  });

  test('written in turns, part by part, is the same', async () => {
    const many = {
      ...snapshot(),
      unwritten: Array.from({ length: 500 }, (_, n) => ({ callId: call(`many${n}`), notes: `notes of ${WANG}: "${n}" ${'言'.repeat(100)}` })),
    };
    const journal = open();
    append(journal, [arrived(call('liveli'), LI)]);
    const written = journal.rotateInTurns(many);
    append(journal, story(call('a'), WANG));
    await written;
    await journal.close();
    assert.doesNotMatch(onDisk(), /0007731|0004402|name of|data of|notes of|words for/);
    const { snapshot: read, events } = recover(folder, silentLog, opener());
    assert.deepEqual(read, many);
    assert.deepEqual(
      events.map(({ event }) => event),
      story(call('a'), WANG),
    );
  });

  test('that somebody died over is not left lying', async () => {
    const journal = open();
    append(journal, [arrived(call('a'), WANG)]);
    await journal.close();
    for (const name of ['slow-snapshot-0000000000000001.json.part', 'keys-0000000000000002.part']) writeFileSync(join(folder, name), 'half');
    await open().close();
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.part')),
      [],
    );
  });

  test('that is being written as somebody of it is erased is given up', async () => {
    const journal = open();
    append(
      journal,
      [WANG, LI].map((number) => arrived(call(`live${short(number)}`), number)),
    );
    const written = journal.rotateInTurns(snapshot());
    await journal.erase(peopleOf(WANG), [], () => assert.fail('nothing lies open'));
    await written;
    await journal.close();
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('snapshot')),
      [],
    );
    assert.deepEqual(
      eventsNow().map((event) => event.type === 'callArrived' && event.caller.number),
      ['*1', LI],
    );
  });

  test('a part of it put in the place of another is no part', async () => {
    const journal = open();
    append(journal, [arrived(call('a'), WANG)]);
    journal.rotate({ unwritten: [1, 2].map((n) => ({ callId: call('a'), revision: n })) });
    await journal.close();
    const path = join(folder, 'snapshot-0000000000000001.json');
    const state = JSON.parse(readFileSync(path, 'utf8').slice(9)) as { unwritten: object[] };
    const body = JSON.stringify({ unwritten: state.unwritten.toReversed() });
    writeFileSync(path, `${checkOf(body)} ${body}`);
    assert.equal(recover(folder, silentLog, opener()).snapshot, null, 'a damaged snapshot is passed over');
  });

  test('of a person who was erased only what routing needs is left, and of others all', async () => {
    const journal = open();
    append(
      journal,
      [WANG, LI].map((number) => arrived(call(`live${short(number)}`), number)),
    );
    journal.rotate(snapshot());
    await journal.erase(peopleOf(WANG), [], () => assert.fail('nothing lies open: nothing is to be written anew'));
    await journal.close();
    const reader = opener();
    const left = JSON.stringify(recover(folder, silentLog, reader).snapshot);
    assert.doesNotMatch(left, /(name|data|notes|of|words for|number":"|from":") ?\+8613800007731/);
    assert.equal((left.match(/(name|data|notes) of \+8613900004402/g) ?? []).length, 5);
    assert.ok(reader.erased > 5);
  });
});

describe('erasure of a person', () => {
  test('leaves marks where she was, in every segment, and others as they were', async () => {
    const journal = open();
    append(journal, [...story(call('a'), WANG), ...story(call('b'), LI)]);
    journal.rotate({ version: 1 });
    append(journal, [...story(call('c'), LI), ...story(call('d'), WANG)]);
    await journal.erase([personOfNumber('demo', WANG)], [call('a'), call('d')], () => assert.fail('nothing lies open'));
    append(journal, [{ type: 'dataSet', callId: call('d'), data: { late: `late of ${WANG}` }, by: 'flow' }]);
    await journal.close();
    const events = eventsNow();
    assert.doesNotMatch(JSON.stringify(events), /7731/);
    assert.deepEqual(events.slice(7, 21), [...story(call('b'), LI), ...story(call('c'), LI)]);
    const [first] = events;
    assert.ok(first?.type === 'callArrived');
    assert.deepEqual(first.caller, { number: '*1', raw: '*1', name: '*1' });
    assert.deepEqual(
      events.at(-1),
      { type: 'dataSet', callId: call('d'), data: { late: '*0' }, by: 'flow' },
      'what is said of her afterwards is not kept at all',
    );
  });

  test('takes every key of hers: after thousands of others she has another one, and what is said of a call long over lies under the call’s own', async () => {
    const others = Array.from({ length: 5_001 }, (_, n) =>
      story(call(`o${n}`), `+861390001${String(n).padStart(4, '0')}`).filter(({ type }) => type === 'callArrived' || type === 'callEnded'),
    );
    const journal = open();
    const late: Event = { type: 'dataSet', callId: call('a'), data: { late: `late of ${WANG}` }, by: 'flow' };
    append(journal, [...story(call('a'), WANG), ...others.flat(), late, ...story(call('b'), WANG), ...story(call('c'), LI)]);
    const who = readFileSync(join(folder, 'keys-0000000000000001'), 'utf8')
      .split('\n')
      .flatMap((line) => /"who":"([^"]+)"/.exec(line)?.[1] ?? []);
    assert.equal(who.filter((each) => each === who[0]).length, 2, 'two of hers');
    assert.equal(JSON.stringify(eventsNow()).match(/late of .8613800007731/g)?.length, 1);
    await journal.erase([personOfNumber('demo', WANG), personOfCall(call('a')), personOfCall(call('b'))], [call('a'), call('b')], () =>
      assert.fail('nothing lies open'),
    );
    await journal.close();
    assert.doesNotMatch(JSON.stringify(eventsNow()), /7731/);
    assert.deepEqual(eventsNow().slice(-7), story(call('c'), LI));
  });

  test('she calls again: that is kept', async () => {
    const journal = open();
    append(journal, story(call('a'), WANG));
    await journal.erase([personOfNumber('demo', WANG)], [call('a')], () => ({}));
    append(journal, story(call('b'), WANG));
    await journal.close();
    assert.deepEqual(eventsNow().slice(7), story(call('b'), WANG));
  });

  test('holds for readers that had her key already', async () => {
    const journal = open();
    append(journal, story(call('a'), WANG));
    const reader = opener();
    const read = (): string => JSON.stringify([...walk(folder, 0, () => assert.fail('it breaks off'), reader)]);
    assert.match(read(), /7731/);
    append(journal, story(call('b'), LI));
    assert.match(read(), /4402/, 'keys that were made since are read too');
    await journal.erase([personOfNumber('demo', WANG)], [], () => ({}));
    assert.doesNotMatch(read(), /7731/);
    await journal.close();
  });

  test('takes away what lies open: files of before anything was sealed, and torn ones', async () => {
    const before = new FileJournal({ folder, lastSeq: 0, clock: systemClock, log: silentLog });
    append(before, story(call('a'), WANG));
    await before.close();
    writeFileSync(join(folder, 'torn-events-0000000000000001.log'), WANG);
    const journal = open();
    append(journal, story(call('b'), LI));
    await journal.erase([personOfNumber('demo', WANG)], [], () => ({ version: 1 }));
    append(journal, story(call('c'), LI));
    await journal.close();
    assert.doesNotMatch(onDisk(), /0007731/);
    assert.deepEqual(
      recover(folder, silentLog, opener()).events.map(({ event }) => event),
      story(call('c'), LI),
    );
  });

  test('keys go with their segment', async () => {
    const journal = new FileJournal({ folder, lastSeq: 0, keepBytes: 0, clock: systemClock, log: silentLog, keys: ring });
    append(journal, story(call('a'), WANG));
    journal.rotate({ version: 1 });
    append(journal, story(call('b'), LI));
    await journal.close();
    assert.deepEqual(readdirSync(folder).sort(), ['events-0000000000000008.log', 'keys-0000000000000008', 'snapshot-0000000000000007.json']);
  });

  test('killed in the middle of a rewrite: the keys are as they were, and the next erasure takes them', async () => {
    const journal = open();
    append(journal, [...story(call('a'), WANG), ...story(call('b'), LI)]);
    await journal.close();
    const keys = join(folder, 'keys-0000000000000001');
    copyFileSync(keys, `${keys}.part`);
    const again = open();
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.part')),
      [],
      'a draft that nobody finished could hold a key that is dropped later',
    );
    await again.erase([personOfNumber('demo', WANG)], [], () => ({}));
    await again.close();
    assert.doesNotMatch(JSON.stringify(eventsNow()), /7731/);
    renameSync(keys, `${keys}.aside`);
    assert.throws(() => eventsNow(), /is missing/);
  });

  test('startsOf gives old snapshots without her', async () => {
    const journal = open();
    append(journal, [arrived(call(`live${short(WANG)}`), WANG)]);
    journal.rotate(snapshot());
    append(journal, [arrived(call('z'), LI)]);
    journal.rotate({ version: 1 });
    await journal.erase(peopleOf(WANG), [], () => ({}));
    await journal.close();
    const old = startsOf(folder, opener())
      .find(({ seq }) => seq === 1)
      ?.read?.();
    assert.ok(old !== undefined);
    assert.doesNotMatch(JSON.stringify(old), /of \+8613800007731/);
  });
});
