/** `huawu replay` on journals that a switchboard wrote: equal, changed, old, cut, and rotated in mid-call. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { silentLog } from '../../kernel/log.ts';
import { recordedDay } from '../../scripts/simulate/recorded.ts';
import { playDay } from '../../src/acd/simulation/day/day.ts';
import { main as replay } from '../../src/commands/replay.ts';
import { FileJournal } from '../../src/journal/file.ts';
import { readLine, writeLine } from '../../src/journal/line.ts';
import { recover } from '../../src/journal/read.ts';
import { startsOf } from '../../src/journal/walk.ts';
import { createRooms, type Rooms, snapshotOf } from '../../src/rooms.ts';
import { Switchboard } from '../../src/switchboard.ts';
import type { Carriers, Event, Recorded } from '../../src/vocabulary.ts';
import {
  agentConfigured,
  agentId,
  callArrived,
  callEnded,
  callQueued,
  legAnswered,
  legEnded,
  phoneReachable,
  queueConfigured,
  signedIn,
  wentReady,
} from '../acd/floor.ts';
import { FakeClock } from '../support/clock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'huawu-replay-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface House {
  clock: FakeClock;
  rooms: Rooms;
  journal: FileJournal;
  tell(...events: Event[]): void;
}

function openHouse(keepBytes = 0): House {
  const clock = new FakeClock();
  const rooms = createRooms();
  const journal = new FileJournal({ folder, lastSeq: recover(folder, silentLog).lastSeq, keepBytes, clock, log: silentLog });
  const carriers = new Proxy({}, { get: () => () => undefined }) as Carriers; // nobody carries anything out here
  const switchboard = new Switchboard({ clock, log: silentLog, journal, rooms: rooms.all, carriers });
  const tell = (...events: Event[]): void => {
    for (const event of events) switchboard.take(event);
  };
  return { clock, rooms, journal, tell };
}

const opening: Event[] = [
  ...[queueConfigured('service', { wrapUpMs: 0 }), agentConfigured('8001'), agentConfigured('8002')],
  ...['8001', '8002'].flatMap((number) => [phoneReachable(number), signedIn(number), wentReady(number)]),
];
const begins = (call: string): Event[] => [callArrived(call), callQueued(call), legAnswered(`${call}.1`)];
const ends = (call: string): Event[] => [legEnded(`${call}.0`), legEnded(`${call}.1`), callEnded(call)];

async function replayed(...args: string[]): Promise<{ code: number; text: string }> {
  let text = '';
  const catching = mock.method(process.stdout, 'write', (written: string) => {
    text += written;
    return true;
  });
  try {
    return { code: await replay([folder, ...args]), text };
  } finally {
    catching.mock.restore();
  }
}

/** Every line of the newest segment, as `change` has it. */
function rewrite(change: (recorded: Recorded) => Recorded): void {
  const name = readdirSync(folder)
    .filter((file) => file.startsWith('events-'))
    .sort()
    .at(-1);
  const path = join(folder, name ?? '');
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => readLine(line) ?? []);
  writeFileSync(path, lines.map((recorded) => writeLine(change(recorded))).join(''));
}

const hashOf = (text: string): string | undefined => /hash ([0-9a-f]{64})/.exec(text)?.[1];

test('a journal is proved equal by a hash, which is the same each time', async () => {
  const { tell } = openHouse();
  tell(...opening, ...begins('a'), ...begins('b'), ...ends('a'), ...ends('b'));
  const [first, second] = [await replayed(), await replayed()];
  assert.equal(first.code, 0, first.text);
  assert.match(first.text, /every fact established again as it was/);
  assert.equal(hashOf(first.text)?.length, 64);
  assert.equal(hashOf(first.text), hashOf(second.text));
});

test('a decision that is another now is shown field by field, with the event it followed', async () => {
  const { tell } = openHouse();
  tell(...opening, ...begins('a'), ...ends('a'));
  rewrite((recorded) => (recorded.event.type === 'callOffered' ? { ...recorded, event: { ...recorded.event, until: 7, record: false } } : recorded));
  const { code, text } = await replayed();
  assert.equal(code, 1);
  assert.match(text, /\(callOffered\) differs/);
  assert.match(text, /record: was false, is now true/);
  assert.match(text, /until: was 7, is now \d+/);
  assert.match(text, /"type":"callQueued"/);
});

test('a fact that is missing, and one too many, is a difference', async () => {
  const { tell } = openHouse();
  tell(...opening, ...begins('a'), ...ends('a'));
  rewrite((recorded) => (recorded.event.type === 'callLeftQueue' ? { ...recorded, event: { ...recorded.event, exit: 'timeout' } } : recorded));
  assert.equal((await replayed()).code, 1);
  rewrite(({ derived: _, ...recorded }) =>
    recorded.event.type === 'callLeftQueue' ? { ...recorded, event: { type: 'heartbeat' } } : { ...recorded, derived: true },
  );
  assert.equal((await replayed()).code, 1);
});

test('a journal from before offers said why is equal', async () => {
  const { tell } = openHouse();
  tell(...opening, ...begins('a'), ...ends('a'));
  rewrite((recorded) => {
    if (recorded.event.type !== 'callOffered') return recorded;
    const { choice, ...event } = recorded.event;
    assert.ok(choice !== undefined, 'it says why now');
    return { ...recorded, event };
  });
  const { code, text } = await replayed();
  assert.equal(code, 0, text);
});

test('half a last line is passed over, and the file stays as it is', async () => {
  const { tell } = openHouse();
  tell(...opening, ...begins('a'));
  const path = join(folder, readdirSync(folder)[0] ?? '');
  const whole = readFileSync(path, 'utf8');
  writeFileSync(path, whole.slice(0, -20));
  const { code, text } = await replayed();
  assert.equal(code, 0, text);
  assert.match(text, /cannot be read behind event/);
  assert.equal(readFileSync(path, 'utf8'), whole.slice(0, -20));
});

for (const how of ['rotate', 'rotateInTurns'] as const) {
  test(`a journal that was rotated in mid-call (${how}) is proved from the snapshot, and from its start when that was kept`, async () => {
    const { tell, journal, rooms } = openHouse(1_000_000);
    tell(...opening, ...begins('a'));
    const written = journal[how](snapshotOf(rooms, { bindings: [], unwritten: new Map() }));
    tell(...begins('b'), ...ends('a'));
    await written;
    tell(...begins('c'), ...ends('b'), ...ends('c'));
    assert.deepEqual(
      startsOf(folder).map(({ seq }) => seq > 0),
      [false, true],
    );
    const snapshot = await replayed('--from', 'snapshot');
    assert.equal(snapshot.code, 0, snapshot.text);
    assert.match(snapshot.text, /of calls from before passed over/);
    const start = await replayed();
    assert.equal(start.code, 0, start.text);
    assert.doesNotMatch(start.text, /passed over/);
  });
}

test('of what a snapshot has made superfluous so much is kept as was asked for, the newest', async () => {
  const { tell, journal, rooms } = openHouse(4_000);
  tell(...opening);
  for (const call of ['a', 'b', 'c', 'd']) {
    tell(...begins(call), ...ends(call));
    journal.rotate(snapshotOf(rooms, { bindings: [], unwritten: new Map() }));
  }
  const names = readdirSync(folder).sort();
  assert.ok(!names.includes('events-0000000000000001.log'), 'the oldest went');
  assert.ok(startsOf(folder).length > 0);
  assert.ok(recover(folder, silentLog).events.length === 0, 'a restart reads only what follows the newest snapshot');
  assert.equal((await replayed()).code, 0);
});

test('a recorded journal is a day for the simulator: its calls, its agents, when they were there and how long they talked', async () => {
  const { tell, clock } = openHouse();
  tell(...opening);
  for (let n = 0; n < 20; n += 1) {
    clock.forward(60_000);
    tell(...begins(`c${n}`));
    clock.forward(30_000);
    tell(...ends(`c${n}`));
  }
  // Nobody is ready any more: this one waits 20 s in vain.
  tell(...['8001', '8002'].map((number) => ({ type: 'agentWentNotReady', agentId: agentId(number), reason: 'meal' }) as const));
  tell(callArrived('lost'), callQueued('lost'));
  clock.forward(20_000);
  tell(legEnded('lost.0'), callEnded('lost'));
  const day = recordedDay(folder);
  assert.equal(day.calls, 21);
  assert.deepEqual(
    day.configuration.agents.map(({ number }) => number),
    ['8001', '8002'],
  );
  const plan = day.plan(day.configuration);
  assert.deepEqual(
    plan.shifts.map(({ breaks }) => breaks.map(({ reason }) => reason)),
    [['meal'], ['meal']],
  );
  const arrivals = [...{ [Symbol.iterator]: () => day.callers(1) }];
  assert.deepEqual(new Set(arrivals.slice(0, 20).map(({ talkMs }) => talkMs)), new Set([30_000]));
  assert.equal(arrivals.at(-1)?.patienceMs, 20_000);
  const { figures } = playDay(plan, day.callers, 1);
  assert.deepEqual([figures.offered, figures.answered, figures.abandoned], [21, 20, 1]);
});

test('wrong usage is told, with exit code 2', async () => {
  assert.equal(await replay([join(folder, 'nowhere')]), 2);
  assert.equal((await replayed('--from', 'tomorrow')).code, 2);
  assert.equal(await replay([folder, '--loud']), 2);
});
