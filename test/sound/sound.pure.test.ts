import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type AgentId, asId, type CallId, type CustomerId, legIdOf, type TenantId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { MediaError, type MediaErrorCode, type MediaServer } from '../../media/port.ts';
import type { CallsView } from '../../src/call/call.ts';
import type { Collecting, Sound } from '../../src/call/command.ts';
import type { AuthenticationResult, CallEvent } from '../../src/call/event.ts';
import { SoundRim } from '../../src/sound/sound.ts';
import type { Speech } from '../../src/sound/tts/port.ts';
import { FakeClock } from '../support/clock.ts';
import { until } from '../support/wait.ts';

const callId = asId<CallId>('c-1');
const legId = legIdOf(callId, 0);
const agentLeg = legIdOf(callId, 1);
const tenantId = asId<TenantId>('demo');
const customerId = asId<CustomerId>('k-1');
const welcome = [{ kind: 'prompt' as const, name: 'welcome', language: 'zh' as const }];
const collecting: Collecting = { least: 1, most: 6, finishKey: '#', firstKeyMs: 5000, betweenKeysMs: 3000 };
const noCalls: CallsView = { get: () => undefined, values: () => new Map<CallId, never>().values(), size: 0 };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The world's edge: a media server that notes what it is asked and does what the test says. */
const mute: Speech = { speak: () => Promise.reject(new Error('nobody speaks')) };

function house(verify: (digits: string) => Promise<AuthenticationResult> = async () => 'ok', speech = mute) {
  const asked: string[] = [];
  const events: CallEvent[] = [];
  const kept: string[] = [];
  const clock = new FakeClock();
  let fail: string | null = null;
  let code: MediaErrorCode = 'internal';
  const media = new Proxy({} as MediaServer, {
    get:
      (_, method: string) =>
      async (...args: unknown[]) => {
        asked.push(`${method} ${args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(' ')}`);
        if (fail === method) throw new MediaError(code, 'as the test wants');
        return {};
      },
  });
  const sound = new SoundRim({
    media,
    clock,
    log: silentLog,
    take: (event) => void events.push(event),
    broke: (_leg, error) => {
      throw error;
    },
    calls: noCalls,
    dialplansFolder: '/plans',
    speech,
    recordings: { dir: join(tmpdir(), 'huawu-sound-test'), sealed: true, format: 'pcm16' },
    keepSecret: (_call, name, digits) => void kept.push(`${name} ${digits}`),
    verifyServicePassword: (_tenant, _customer, digits) => verify(digits),
  });
  const press = (keys: string, masked = false): void => {
    for (const key of keys) sound.hear({ type: 'digit', endpointId: legId, key, ...(masked ? { masked: true as const } : {}) });
  };
  const failOn = (method: string | null, as: MediaErrorCode = 'internal'): void => {
    fail = method;
    code = as;
  };
  return { asked, events, kept, clock, sound, press, failOn };
}

const play = (playId: string, bargeIn = true) => ({ type: 'playSounds', callId, legId, playId, tenantId, sounds: welcome, loop: false, bargeIn }) as const;
const collect = (playId: string) => ({ type: 'collectDigits', callId, legId, playId, tenantId, sounds: welcome, bargeIn: true, collecting }) as const;

test('a prompt is played from the tenant’s folder and its end is told once', async () => {
  const { sound, asked, events } = house();
  sound.carriers.playSounds(play('p1'));
  await settle();
  assert.deepEqual(asked, [`play ${legId} p1 [{"kind":"file","path":"/plans/demo/prompts/zh/welcome.wav"}] {"loop":false,"bargeIn":true}`]);
  sound.hear({ type: 'playEnded', endpointId: legId, playId: 'p1', end: 'finished' });
  sound.hear({ type: 'playEnded', endpointId: legId, playId: 'p1', end: 'finished' });
  assert.deepEqual(events, [{ type: 'promptEnded', callId, legId, playId: 'p1', end: 'finished' }]);
});

test('the end of a prompt that was replaced by another is not told', async () => {
  const { sound, events } = house();
  sound.carriers.playSounds(play('p1'));
  sound.carriers.playSounds(play('p2'));
  sound.hear({ type: 'playEnded', endpointId: legId, playId: 'p1', end: 'stopped' });
  assert.deepEqual(events, []);
});

test('a prompt that cannot be played ends as failed, so that the flow goes on', async () => {
  const { sound, events, failOn } = house();
  failOn('play');
  sound.carriers.playSounds(play('p1'));
  await settle();
  assert.deepEqual(events, [{ type: 'promptEnded', callId, legId, playId: 'p1', end: 'failed' }]);
});

test('keys during the question stop it and are collected up to the finish key', async () => {
  const { sound, asked, events, press } = house();
  sound.carriers.collectDigits(collect('q'));
  await settle();
  press('42#');
  assert.ok(asked.includes(`stop ${legId}`));
  assert.deepEqual(events, [{ type: 'digitsCollected', callId, legId, playId: 'q', digits: '42', end: 'finish_key' }]);
});

test('silence after the question is a time-out at the time it says, not before', async () => {
  const { sound, events, clock } = house();
  sound.carriers.collectDigits(collect('q'));
  sound.hear({ type: 'playEnded', endpointId: legId, playId: 'q', end: 'finished' });
  clock.forward(4999);
  assert.deepEqual(events, []);
  clock.forward(1);
  assert.deepEqual(events, [{ type: 'digitsCollected', callId, legId, playId: 'q', digits: '', end: 'timeout' }]);
});

test('keys pressed ahead, in a prompt that may be barged into, answer the next question; in one that may not they are lost', () => {
  const ahead = house();
  ahead.sound.carriers.playSounds(play('p'));
  ahead.press('1#');
  ahead.sound.carriers.collectDigits(collect('q'));
  assert.deepEqual(ahead.events, [{ type: 'digitsCollected', callId, legId, playId: 'q', digits: '1', end: 'finish_key' }]);
  const deaf = house();
  deaf.sound.carriers.playSounds(play('p', false));
  deaf.press('1#');
  deaf.sound.carriers.collectDigits(collect('q'));
  assert.deepEqual(deaf.events, []);
});

test('a service password is checked here: the event has its result and no digit', async () => {
  const seen: string[] = [];
  const { sound, events, press } = house(async (digits) => (seen.push(digits) > 0 ? 'ok' : 'wrong'));
  sound.carriers.authenticate({ type: 'authenticate', callId, legId, playId: 'a', tenantId, customerId, sounds: [], collecting });
  press('258369');
  await settle();
  assert.deepEqual(seen, ['258369']);
  assert.deepEqual(events, [{ type: 'authenticationEnded', callId, legId, playId: 'a', result: 'ok', authLevel: 2 }]);
  assert.doesNotMatch(JSON.stringify(events), /258369/);
});

test('I2: keys of a password are masked from the question on to the last of them, and also when the call moves on without an answer', async () => {
  const { sound, asked, press } = house();
  const command = { type: 'authenticate' as const, callId, legId, playId: 'a', tenantId, customerId, sounds: [], collecting };
  const masks = (): string[] => asked.filter((each) => each.includes('mask')).map((each) => each.split(' ')[0] ?? '');
  sound.carriers.authenticate(command);
  assert.deepEqual(masks(), ['maskKeys']);
  press('258369');
  assert.deepEqual(masks(), ['maskKeys', 'unmaskKeys']);
  sound.carriers.authenticate(command);
  sound.carriers.joinLegs({ type: 'joinLegs', callId, legIds: [legId, agentLeg] });
  assert.deepEqual(masks(), ['maskKeys', 'unmaskKeys', 'maskKeys', 'unmaskKeys']);
});

const COLLECT_CARD = { ...collect('q'), sounds: [], secret: 'card', collecting: { ...collecting, least: 4 } };

test('I2: a masked question tells how many keys there were; the keys go where secrets are kept, and nowhere else', async () => {
  const { sound, asked, events, kept, press } = house();
  sound.carriers.collectDigits(COLLECT_CARD);
  press('87154#', true);
  assert.deepEqual(kept, ['card 87154']);
  assert.deepEqual(events, [{ type: 'secretCollected', callId, legId, playId: 'q', name: 'card', count: 5, valid: true, end: 'finish_key', alone: null }]);
  assert.deepEqual(
    asked.map((each) => each.split(' ')[0]),
    ['maskKeys', 'unmaskKeys'],
  );
});

test('I2: too few keys, or a star among them, are kept nowhere; one key alone is what it means in the house', () => {
  for (const [keys, alone] of [
    ['871#', null],
    ['87*5#', null],
    ['0#', '0'],
  ] as const) {
    const { sound, events, kept, press } = house();
    sound.carriers.collectDigits(COLLECT_CARD);
    press(keys, true);
    assert.deepEqual(kept, []);
    assert.deepEqual(events, [
      { type: 'secretCollected', callId, legId, playId: 'q', name: 'card', count: keys.length - 1, valid: false, end: 'finish_key', alone },
    ]);
  }
});

test('I2: keys pressed behind a secret are not the answer to the next question', () => {
  const { sound, events, press } = house();
  sound.carriers.collectDigits(COLLECT_CARD);
  press('871548715', true);
  sound.carriers.collectDigits({ ...collect('q2'), sounds: [] });
  press('9', true);
  press('1#');
  assert.deepEqual(
    events.map((event) => (event.type === 'digitsCollected' ? event.digits : event.type)),
    ['secretCollected', '91'],
  );
});

test('I1: a mask that ends by its time ends the question: what is pressed afterwards is heard', async () => {
  const { sound, events, kept, press } = house();
  sound.carriers.collectDigits(COLLECT_CARD);
  press('8715', true);
  sound.hear({ type: 'maskEnded', endpointId: legId, end: 'timeout' });
  press('4#');
  assert.deepEqual([kept, events.map((event) => event.type === 'secretCollected' && [event.count, event.end])], [[], [[0, 'timeout']]]);
});

test('I2: keys that cannot be masked are not asked for', async () => {
  const { sound, events, failOn, press } = house();
  failOn('maskKeys');
  sound.carriers.collectDigits(COLLECT_CARD);
  await settle();
  press('8715#');
  assert.deepEqual(events, [{ type: 'secretCollected', callId, legId, playId: 'q', name: 'card', count: 0, valid: false, end: 'failed', alone: null }]);
});

const capture = {
  ...{ type: 'captureKeys' as const, callId, legId, captureId: 'k', tenantId, by: asId<AgentId>('demo:8001'), form: 'payment', field: 'card' },
  collecting: { ...collecting, least: 4 },
};
const captured = (events: CallEvent[]): string[] => events.flatMap((event) => (event.type === 'captureChanged' ? [`${event.state} ${event.count}`] : []));

test('I2: while two talk keys count from the mask on, each is told as a number, and the last ones leave no word', async () => {
  const { sound, events, kept, press } = house();
  sound.carriers.captureKeys(capture);
  press('9');
  await settle();
  press('87154#', true);
  assert.deepEqual(captured(events), ['keying 0', 'keying 1', 'keying 2', 'keying 3', 'keying 4', 'keying 5', 'kept 5']);
  assert.deepEqual(kept, ['card 87154']);
  assert.doesNotMatch(JSON.stringify(events), /87154/);
});

test('I2: a capture ends with silence, with too few keys, by the agent, by a hold, or when it cannot be masked', async () => {
  const ends = {
    silent: ({ clock }: ReturnType<typeof house>) => clock.forward(5000),
    invalid: ({ press }: ReturnType<typeof house>) => press('1#', true),
    cancelled: ({ sound }: ReturnType<typeof house>) => sound.carriers.cancelCapture({ type: 'cancelCapture', callId, legId }),
    held: ({ sound }: ReturnType<typeof house>) => sound.carriers.joinLegs({ type: 'joinLegs', callId, legIds: [legId, agentLeg] }),
  };
  for (const [what, end] of Object.entries(ends)) {
    const talk = house();
    talk.sound.carriers.captureKeys(capture);
    await settle();
    end(talk);
    assert.equal(captured(talk.events).at(-1)?.split(' ')[0], what === 'held' ? 'cancelled' : what);
    assert.equal(talk.asked.filter((each) => each.startsWith('unmaskKeys')).length, 1);
    assert.equal(talk.clock.armed, 0);
  }
  const unmaskable = house();
  unmaskable.failOn('maskKeys', 'unavailable');
  unmaskable.sound.carriers.captureKeys(capture);
  await settle();
  assert.deepEqual(captured(unmaskable.events), ['failed 0']);
});

test('a key by signalling goes by way of the media server, which knows whether it was heard', () => {
  const { sound, asked } = house();
  sound.signalledKey(legId, '5');
  assert.deepEqual(asked, [`signalledKey ${legId} 5`]);
});

test('a password check that fails is unavailable, an empty one is no input', async () => {
  const broken = house(async () => Promise.reject(new Error('database away')));
  broken.sound.carriers.authenticate({ type: 'authenticate', callId, legId, playId: 'a', tenantId, customerId, sounds: [], collecting });
  broken.press('1#');
  await settle();
  assert.equal(broken.events[0]?.type === 'authenticationEnded' && broken.events[0].result, 'unavailable');
  const silent = house();
  silent.sound.carriers.authenticate({ type: 'authenticate', callId, legId, playId: 'a', tenantId, customerId, sounds: [], collecting });
  silent.clock.forward(5000);
  await settle();
  assert.equal(silent.events[0]?.type === 'authenticationEnded' && silent.events[0].result, 'no_input');
});

test('joined legs hear no prompt’s end and take no key', async () => {
  const { sound, events, press } = house();
  sound.carriers.playSounds(play('p'));
  sound.carriers.joinLegs({ type: 'joinLegs', callId, legIds: [legId, agentLeg] });
  press('1');
  sound.hear({ type: 'playEnded', endpointId: legId, playId: 'p', end: 'stopped' });
  await settle();
  assert.deepEqual(events, [{ type: 'legsJoined', callId, legIds: [legId, agentLeg] }]);
});

test('a recording that cannot be started is told as incomplete, and the call goes on', async () => {
  const { sound, events, failOn } = house();
  failOn('record');
  sound.carriers.startRecording({ type: 'startRecording', callId, tenantId, recordingId: 'r', left: legId, right: agentLeg, paused: false });
  await until('the end of the recording', () => events.length > 0);
  assert.equal(events[0]?.type, 'recordingEnded');
});

test('a leg that is over leaves no timer behind', () => {
  const { sound, clock } = house();
  sound.carriers.collectDigits(collect('q'));
  sound.hear({ type: 'playEnded', endpointId: legId, playId: 'q', end: 'finished' });
  assert.equal(clock.armed, 1);
  sound.forget(legId);
  assert.equal(clock.armed, 0);
});

const resume = { type: 'resumeSounds', callId, legId } as const;
const plays = (asked: string[]): string[] => asked.filter((each) => /^(play|echo)/.test(each)).map((each) => each.split(' ').slice(0, 3).join(' '));

test('A11: a leg put on another endpoint hears again what it was hearing, from the beginning; its end is told once', async () => {
  const { sound, asked, events } = house();
  sound.carriers.playSounds(play('p'));
  sound.carriers.resumeSounds(resume);
  await settle();
  sound.hear({ type: 'playEnded', endpointId: legId, playId: 'p', end: 'finished' });
  sound.carriers.resumeSounds(resume);
  await settle();
  assert.deepEqual(plays(asked), [`play ${legId} p`, `play ${legId} p`]);
  assert.equal(events.length, 1);
});

test('A11: keys keyed in before are kept: only a question that nobody began to answer is asked again', async () => {
  const { sound, asked, events, press } = house();
  sound.carriers.collectDigits(collect('q'));
  sound.carriers.resumeSounds(resume);
  press('42');
  sound.carriers.resumeSounds(resume);
  press('#');
  await settle();
  assert.deepEqual(plays(asked), [`play ${legId} q`, `play ${legId} q`]);
  assert.equal(events[0]?.type === 'digitsCollected' && events[0].digits, '42');
});

test('A11: an echo goes on; a leg that heard nothing hears nothing', async () => {
  const { sound, asked } = house();
  sound.carriers.resumeSounds(resume);
  sound.carriers.echoLeg({ type: 'echoLeg', callId, legId });
  sound.carriers.resumeSounds(resume);
  sound.carriers.stopSounds({ type: 'stopSounds', callId, legId });
  sound.carriers.resumeSounds(resume);
  await settle();
  assert.deepEqual(plays(asked), [`echo ${legId}`, `echo ${legId}`]);
});

test('A11: a prompt asked for while the media server is away is not failed: it is played when that is back', async () => {
  const { sound, asked, events, failOn } = house();
  failOn('play', 'unavailable');
  sound.carriers.playSounds(play('p'));
  await settle();
  assert.deepEqual(events, []);
  failOn(null);
  sound.mediaBack();
  sound.mediaBack();
  await settle();
  assert.deepEqual(plays(asked), [`play ${legId} p`, `play ${legId} p`]);
});

const spoken = (text: string, fallback: string | null = null) => ({ kind: 'speech' as const, text, language: 'zh' as const, fallback });
const playing = (playId: string, sounds: Sound[]) => ({ ...play(playId), sounds });
const speaks: Speech = { speak: async (text) => `/tts/${text}.wav` };

test('a text is spoken first and then played among the other sounds', async () => {
  const { sound, asked } = house(undefined, speaks);
  sound.carriers.playSounds(playing('p', [spoken('a'), ...welcome, spoken('b')]));
  await settle();
  const paths = [...(asked[0] ?? '').matchAll(/"path":"([^"]*)"/g)].map(([, path]) => path);
  assert.deepEqual(paths, ['/tts/a.wav', '/plans/demo/prompts/zh/welcome.wav', '/tts/b.wav']);
});

test('a text that cannot be spoken is replaced by its fallback, or left out; with nothing left the flow goes on', async () => {
  const { sound, asked, events } = house();
  sound.carriers.playSounds(playing('p1', [spoken('a', 'sorry'), spoken('b')]));
  await settle();
  assert.deepEqual(asked, [`play ${legId} p1 [{"kind":"file","path":"/plans/demo/prompts/zh/sorry.wav"}] {"loop":false,"bargeIn":true}`]);
  sound.carriers.playSounds(playing('p2', [spoken('b')]));
  await settle();
  assert.equal(asked.length, 1);
  assert.deepEqual(events, [{ type: 'promptEnded', callId, legId, playId: 'p2', end: 'failed' }]);
});

test('what was spoken but is not found by the media server is replaced by its fallback too, once', async () => {
  const { sound, asked, events, failOn } = house(undefined, speaks);
  failOn('play');
  sound.carriers.playSounds(playing('p', [spoken('a', 'sorry')]));
  await until('it is given up', () => events.length > 0);
  assert.deepEqual(
    asked.map((each) => /"path":"([^"]*)"/.exec(each)?.[1]),
    ['/tts/a.wav', '/plans/demo/prompts/zh/sorry.wav'],
  );
});

test('a text that was ready too late is not played over what the leg hears by then, nor after its question was answered', async () => {
  let ready: (path: string) => void = () => undefined;
  const slow: Speech = {
    speak: () =>
      new Promise((resolve) => {
        ready = resolve;
      }),
  };
  const { sound, asked, events, press } = house(undefined, slow);
  sound.carriers.playSounds(playing('p1', [spoken('a')]));
  sound.carriers.joinLegs({ type: 'joinLegs', callId, legIds: [legId, agentLeg] });
  ready('/tts/a.wav');
  await settle();
  sound.carriers.collectDigits({ ...collect('q'), sounds: [spoken('b')] });
  press('4');
  ready('/tts/b.wav');
  await settle();
  press('2#');
  assert.deepEqual(
    asked.filter((each) => each.startsWith('play')),
    [],
  );
  assert.deepEqual(events.at(-1), { type: 'digitsCollected', callId, legId, playId: 'q', digits: '42', end: 'finish_key' });
});
