import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { asId } from '../../kernel/ids.ts';
import { demoCard, demoFolder, demoPlan, demoTenant } from './demo.ts';
import { Caller, ivrWith } from './walking.ts';

const plan = demoPlan();
const caller = (): Caller => {
  const ivr = ivrWith(plan);
  for (const { name, music } of demoTenant.queues) ivr.decide({ type: 'queueConfigured', ...{ queue: { queueId: `t:${name}`, music } } }, 0);
  return new Caller(ivr);
};
const last = (words: string[]): string => words.at(-1) ?? '';
const MUSIC = 'play for ever music:default';
/** Of a queue with a key that leads out. */
const LISTENING = 'ask music:default';

describe('the demo hotline', () => {
  it('greets an unknown caller in Mandarin and asks what it is about, in one go', () => {
    assert.deepEqual(caller().dial('10086'), ['answer', 'at main-menu/main-menu', 'ask welcome,main-menu']);
  });
  for (const alias of ['1860', '1861']) {
    it(`is reached under ${alias} too`, () => assert.equal(last(caller().dial(alias)), 'ask welcome,main-menu'));
  }

  it('leads 0 to a person, after saying that the call is recorded', () => {
    const one = caller();
    one.dial('10086');
    assert.deepEqual(one.keys('0'), ['play whole recording-notice']);
    assert.deepEqual(one.heard(), ['consentNoted', 'at service/queue:service', 'queued t:service 0', LISTENING]);
  });

  it('greets a gold customer by tier, and brings her to the VIP desk, then to anybody, before the others', () => {
    const gold = caller();
    assert.equal(last(gold.dial('10086', demoCard('1001'))), 'ask welcome-gold,main-menu');
    gold.keys('0');
    assert.deepEqual(gold.heard(), ['consentNoted', 'at vip/queue:vip', 'queued t:vip 50', LISTENING]);
    assert.deepEqual(gold.leftQueue('vip', 'timeout'), ['at vip/queue:service', 'queued t:service 50', LISTENING]);
  });

  it('brings a customer of 72 straight to a person, without a menu', () => {
    const elder = caller();
    assert.deepEqual(elder.dial('10086', demoCard('1002')), ['answer', 'play welcome-elder']);
    assert.deepEqual(elder.heard(), ['play whole recording-notice']);
    assert.deepEqual(elder.heard(), ['consentNoted', 'at elder/queue:elder', 'queued t:elder 80', MUSIC]);
  });

  it('asks a blind customer nothing: the bill is read aloud, then a person answers', () => {
    const blind = caller();
    assert.deepEqual(blind.dial('10086', demoCard('1003')), ['answer', 'play welcome']);
    assert.deepEqual(blind.heard(), ['at read-bill-aloud/lookup:bill', 'look up bill']);
    const items = demoTenant.customers.find(({ number }) => number.endsWith('1003'))?.account.billItems ?? [];
    const values = Object.fromEntries(
      items.flatMap(({ label, fen }, at) => [
        [`bill.${at + 1}.label`, label],
        [`bill.${at + 1}.fen`, String(fen)],
      ]),
    );
    const words = blind.lookedUp({ ...values, billTotalFen: '5572' });
    const read = [
      'bill-is',
      ...['bill-monthly-fee', 'digit-3', 'ten', 'digit-8', 'yuan'],
      ...['bill-voice', 'ten', 'liang', 'yuan', 'digit-3', 'jiao'].map((word) => (word === 'liang' ? 'digit-2' : word)),
      ...['bill-data', 'digit-5', 'yuan', 'digit-0', 'digit-2', 'fen'],
      ...['bill-message', 'digit-4', 'jiao'],
      ...['bill-total', 'digit-5', 'ten', 'digit-5', 'yuan', 'digit-7', 'jiao', 'digit-2', 'fen'],
    ];
    assert.deepEqual(words, ['at read-bill-aloud/bill', `play ${read.join(',')},welcome-elder`]);
    assert.deepEqual(blind.heard('barge_in'), ['play whole recording-notice']);
    assert.deepEqual(blind.heard(), ['consentNoted', 'at elder/queue:elder', 'queued t:elder 80', MUSIC]);
  });

  it('tells the balance to who knows the service password', () => {
    const one = caller();
    one.dial('10086', demoCard('1004'));
    assert.deepEqual(one.keys('1'), ['at balance/authenticate', 'ask secretly enter-password']);
    assert.deepEqual(one.authenticated('ok'), ['at balance/lookup:balance', 'look up balance']);
    const words = one.lookedUp({ balanceFen: '3041', billTotalFen: '6000' });
    assert.deepEqual(words, ['at balance/balance', 'ask balance-is,digit-3,ten,yuan,digit-4,jiao,digit-1,fen,month-fee-is,digit-6,ten,yuan,after-query']);
    assert.equal(last(one.keys('9')), last(words), '9 says it again');
    assert.equal(last(one.keys('*')), 'ask main-menu', '* leads back');
    assert.equal(last(one.keys('1')), 'look up balance', 'the password is asked for once a call');
  });

  it('leads who does not know it to a person', () => {
    for (const results of [['wrong', 'wrong', 'wrong'], ['locked'], ['unavailable'], ['no_input', 'no_input']] as const) {
      const one = caller();
      one.dial('10086', demoCard('1004'));
      one.keys('1');
      const words = results.map((result) => last(one.authenticated(result)));
      assert.match(words.at(-1) ?? '', /^play password-(failed|locked)$/);
      assert.deepEqual(one.heard(), ['play whole recording-notice']);
      assert.equal(one.heard().includes('queued t:service 0'), true);
    }
  });

  it('tells what is left of the plan', () => {
    const one = caller();
    one.dial('10086', demoCard('1001'));
    one.keys('2');
    assert.equal(
      last(one.lookedUp({ dataLeftGb: '17.7', voiceLeftMin: '288' })).replace('ask ', ''),
      [
        ...['data-left-is', 'ten', 'digit-7', 'point', 'digit-7', 'unit-gigabyte'],
        ...['voice-left-is', 'digit-2', 'hundred', 'digit-8', 'ten', 'digit-8', 'unit-minute', 'after-query'],
      ].join(),
    );
  });

  it('speaks English from 8 on, down to the English desk', () => {
    const one = caller();
    one.dial('10086');
    assert.deepEqual(one.keys('8'), ['at english/english', 'language en', 'at main-menu/main-menu', 'ask en:main-menu']);
    assert.deepEqual(one.keys('0'), ['play whole en:recording-notice']);
    assert.deepEqual(one.heard(), ['consentNoted', 'at english-desk/queue:english', 'queued t:english 0', MUSIC]);
  });

  it('speaks English at once to a customer known to prefer it', () =>
    assert.equal(last(caller().dial('10086', demoCard('1005'))), 'ask en:welcome,en:main-menu'));

  for (const [key, queue, priority] of [
    ['4', 'faults', 10],
    ['6', 'complaints', 20],
  ] as const) {
    it(`leads ${key} to ${queue}, and on to anybody when nobody is there`, () => {
      const one = caller();
      one.dial('10086');
      one.keys(key);
      while (one.state === 'playing') one.heard();
      assert.deepEqual(one.facts.at(-1), { type: 'callQueued', callId: 'c1', queueId: `t:${queue}`, priority, skills: [], maxWaitMs: null });
      assert.ok(one.leftQueue(queue, 'no_agents').includes('queued t:service 0'));
    });
  }

  it('offers to wait on when all are busy', () => {
    const one = caller();
    one.dial('10086');
    one.keys('0');
    one.heard();
    assert.equal(last(one.leftQueue('service', 'timeout')), 'ask all-busy');
    assert.ok(one.keys('1').includes('queued t:service 0'));
    one.leftQueue('service', 'full');
    assert.equal(last(one.keys('2')), 'play goodbye');
    assert.deepEqual(one.heard(), ['release dialplan_end']);
  });

  it('calls back who presses 1 while waiting: the number is read out, confirmed or typed anew, and the place kept', () => {
    const one = caller();
    one.dial('10086', demoCard('1004'));
    one.keys('0');
    one.heard();
    one.keys('1');
    const words = one.leftQueue('service', 'key');
    const digits = [...'13800001004'].map((digit) => (digit === '1' ? 'yao' : `digit-${digit}`));
    assert.equal(last(words), `ask callback-number-is,${digits.join()},callback-confirm`);
    assert.equal(last(one.keys('2')), 'ask callback-enter');
    assert.match(last(one.keys('01088886666')), /^ask callback-number-is,digit-0,yao,digit-0,digit-8,.*,callback-confirm$/);
    assert.ok(one.keys('*').includes('queued t:service 0'), 'who goes on waiting stands in the line again');
    one.keys('1');
    one.leftQueue('service', 'key');
    one.keys('1');
    const asked = one.commands.at(-1);
    assert.deepEqual(asked?.type === 'askCallback' && [asked.queueId, asked.number, asked.priority], ['t:service', '+8613800001004', 0]);
    assert.equal(
      last(one.tell({ type: 'callbackPlaced', callId: one.callId, callbackId: asId('b1'), queueId: asId('t:service'), number: '+8613800001004' })),
      'play callback-noted',
    );
    assert.deepEqual(one.heard(), ['release dialplan_end']);
  });

  it('asks who shows no number for one, and lets nobody drop out whose number cannot be called', () => {
    const one = caller();
    one.dial('10086');
    one.keys('0');
    one.heard();
    one.leftQueue('service', 'timeout');
    one.keys('3');
    one.keys('1');
    const refused = (why: 'not_allowed' | 'already') => one.tell({ type: 'callbackRefused', callId: one.callId, queueId: asId('t:service'), why });
    assert.equal(last(refused('not_allowed')), 'play callback-refused');
    assert.ok(one.heard().includes('queued t:service 0'));
    one.leftQueue('service', 'full');
    one.keys('3');
    one.keys('1');
    assert.equal(last(refused('already')), 'play callback-already');
    assert.deepEqual(one.heard(), ['release dialplan_end']);
    const hidden = caller();
    hidden.arrive('10086', { ...demoCard('1004'), number: '' });
    hidden.answered();
    hidden.keys('0');
    hidden.heard();
    hidden.keys('1');
    assert.equal(last(hidden.leftQueue('service', 'key')), 'ask callback-enter');
  });

  it('keeps what a gold customer is worth in her callback', () => {
    const gold = caller();
    gold.dial('10086', demoCard('1001'));
    gold.keys('0');
    gold.heard();
    gold.leftQueue('vip', 'timeout');
    gold.keys('1');
    gold.leftQueue('service', 'key');
    gold.keys('1');
    const asked = gold.commands.at(-1);
    assert.equal(asked?.type === 'askCallback' && asked.priority, 50);
  });

  it('parts politely with who says nothing more after a query', () => {
    const one = caller();
    one.dial('10086', demoCard('1004'));
    one.keys('3');
    one.keys('');
    assert.equal(last(one.keys('')), 'play goodbye');
    assert.deepEqual(one.heard(), ['release dialplan_end']);
  });
});

describe('the numbers without IVR', () => {
  const rows: Record<string, string[]> = {
    '700': ['answer', 'at bench/queue:bench', 'queued t:bench 0', MUSIC],
    '701': ['answer', 'play bench-notice'],
    '702': ['answer', 'at bench-recorded/queue:bench-recorded', 'queued t:bench-recorded 0', MUSIC],
    '710': ['answer', 'at nobody/queue:nobody', 'queued t:nobody 0', MUSIC],
    '711': ['answer', 'at nobody-silent/queue:nobody-silent', 'queued t:nobody-silent 0'],
    '750': ['answer', 'at echo/echo', 'echo'],
    '751': ['answer', 'play whole tone:milliwatt'],
  };
  for (const [number, words] of Object.entries(rows)) it(`${number}: ${words.join(', ')}`, () => assert.deepEqual(caller().dial(number), words));
  it('701 queues after its two seconds', () => {
    const one = caller();
    one.dial('701');
    assert.deepEqual(one.heard(), ['at bench-after-prompt/queue:bench', 'queued t:bench 0', MUSIC]);
  });
});

describe('the prompts of the demo', () => {
  const folder = join(demoFolder, 'prompts');
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
    prompts: { name: string; language: string; text: string; pinyin?: string; source: string; sha256: string }[];
  };

  it('are the files the manifest names, byte for byte, and no others', () => {
    const listed = manifest.prompts.map(({ language, name }) => `${language}/${name}.wav`).sort();
    const there = ['en', 'zh'].flatMap((language) => readdirSync(join(folder, language)).map((file) => `${language}/${file}`)).sort();
    assert.deepEqual(there, listed);
    for (const { language, name, sha256 } of manifest.prompts) {
      const hash = createHash('sha256')
        .update(readFileSync(join(folder, language, `${name}.wav`)))
        .digest('hex');
      assert.equal(hash, sha256, `${language}/${name}.wav: run node scripts/prompts/make.mjs`);
    }
  });

  it('are 8 kHz mono A-law with something to hear in them', () => {
    for (const { language, name } of manifest.prompts) {
      const wav = readFileSync(join(folder, language, `${name}.wav`));
      assert.equal(wav.toString('latin1', 8, 16), 'WAVEfmt ');
      assert.deepEqual([wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt32LE(24)], [6, 1, 8000], name);
      const samples = wav.subarray(wav.indexOf('data', 36) + 8);
      // A-law's quietest values are 0x55 and 0xd5; speech leaves them.
      const loud = samples.filter((value) => (value ^ 0x55 ^ 0x80) % 128 > 32).length;
      assert.ok(samples.length > 800 && loud > 100, `${language}/${name}: ${samples.length} samples, ${loud} loud`);
    }
  });

  it('have pinyin with tones for every Mandarin text', () => {
    for (const { language, name, pinyin } of manifest.prompts) if (language === 'zh') assert.match(pinyin ?? '', /^([a-z]+[1-5]?[ ,.]*)+$/, name);
  });

  it('last 30 seconds at most, and the notice for measuring two to the sample', () => {
    for (const { language, name } of manifest.prompts) {
      const wav = readFileSync(join(folder, language, `${name}.wav`));
      const seconds = wav.readUInt32LE(wav.indexOf('data', 36) + 4) / 8000;
      assert.ok(seconds <= 30, `${name} ${seconds}`);
      if (name === 'bench-notice') assert.equal(seconds, 2);
    }
  });

  it('come with music of 30 s that is soft and ends as it begins', () => {
    const wav = readFileSync(join(demoFolder, 'music', 'default.wav'));
    const samples = Array.from({ length: (wav.length - 44) / 2 }, (_, at) => wav.readInt16LE(44 + at * 2));
    assert.equal(samples.length, 240_000);
    assert.ok(Math.max(...samples.slice(0, 100_000).map(Math.abs)) < 8192);
    const steps = samples.slice(1).map((value, at) => Math.abs(value - (samples[at] ?? 0)));
    assert.ok(Math.abs((samples[0] ?? 0) - (samples.at(-1) ?? 0)) <= steps.reduce((most, step) => Math.max(most, step), 0));
  });
});
