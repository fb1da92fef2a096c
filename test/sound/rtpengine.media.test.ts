/** Debian's rtpengine in user space as a media server of the fleet: what is said at one end is looked for at the other. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, afterEach, before, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { MediaError, type MediaEvent } from '../../media/port.ts';
import { type Fleet, openFleet } from '../../src/sound/fleet.ts';
import { connectEngine } from '../../src/sound/rtpengine/engine.ts';
import { type KeyPort, openKeyPort } from '../../src/sound/rtpengine/keys.ts';
import { sdesOffer } from '../media/covers.ts';
import { Party } from '../media/party.ts';
import { until } from '../media/support.ts';
import { freePort, freeRange } from '../support/ports.ts';
import { inProject } from '../support/project.ts';
import { rms, secondsOf } from '../support/tone.ts';

const absent = spawnSync('rtpengine', ['--version']).status !== 0;
const skip = absent && process.env.CI === undefined ? 'rtpengine-daemon is not installed' : false;
const PROMPT = inProject('dialplans/demo/prompts/zh/goodbye.wav');

interface Daemon {
  port: number;
  child: ChildProcess;
}
let daemons: Daemon[] = [];
let keys: KeyPort;
let keyPort: number;
let fleet: Fleet;
const events: MediaEvent[] = [];
const parties: Party[] = [];
const opened = new Set<string>();

async function daemon(): Promise<Daemon> {
  const port = await freePort();
  const rtp = await freeRange(100);
  const options = [
    '--config-file=none',
    '--foreground',
    '--log-stderr',
    '--table=-1',
    '--interface=127.0.0.1',
    `--listen-ng=127.0.0.1:${port}`,
    `--dtmf-log-dest=127.0.0.1:${keyPort}`,
  ];
  const child = spawn('rtpengine', [...options, `--port-min=${rtp}`, `--port-max=${rtp + 99}`, '--log-level=3', '--num-threads=1'], { stdio: 'ignore' });
  await once(child, 'spawn');
  return { port, child };
}

async function kill({ child }: Daemon): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

before(async () => {
  if (skip !== false) return;
  keyPort = await freePort();
  daemons = [await daemon(), await daemon()];
  keys = openKeyPort('127.0.0.1', keyPort, new Set(['127.0.0.1']), silentLog);
  const servers = daemons.map(({ port }) => ({
    name: String(port),
    connect: (lines: Parameters<Parameters<typeof openFleet>[0]['servers'][0]['connect']>[0]) =>
      connectEngine({ host: '127.0.0.1', port, keys, clock: systemClock, log: silentLog, ...lines }),
  }));
  fleet = openFleet({ servers, clock: systemClock, log: silentLog, onEvent: (event) => events.push(event), onConnected: () => undefined });
  await until('both answer', () => fleet.servers().every(({ connected }) => connected));
});
after(async () => {
  if (skip !== false) return;
  fleet.disconnect();
  keys.close();
  for (const each of daemons) await kill(each);
});
afterEach(async () => {
  for (const party of parties.splice(0)) party.close();
  // What a test that failed left open would let the next one take the wrong server for the busy one.
  for (const id of opened) await fleet.close(id).catch(() => null);
  opened.clear();
  events.length = 0;
});

async function answered(endpointId: string, codec: 'PCMA' | 'PCMU' = 'PCMA'): Promise<Party> {
  const party = await Party.open({ codec });
  parties.push(party);
  opened.add(endpointId);
  const { sdp } = await fleet.open({ endpointId, offer: party.offer(), signallingAddress: '127.0.0.1', timeoutMs: 0 });
  return party.aim(sdp);
}

async function called(endpointId: string): Promise<Party> {
  const party = await Party.open();
  parties.push(party);
  opened.add(endpointId);
  const { sdp } = await fleet.open({ endpointId, signallingAddress: '127.0.0.1', timeoutMs: 0 });
  await fleet.accept(endpointId, party.offer());
  return party.aim(sdp);
}

test('two who were opened apart are joined and hear each other, whatever law each speaks; parted they do not; a hold is answered', { skip }, async () => {
  const a = await answered('one.0', 'PCMU');
  const b = await called('one.1');
  a.say(500);
  b.say(900);
  await fleet.join('one.0', 'one.1');
  await until('both are heard', () => secondsOf(b.audio(), 500) >= 0.6 && secondsOf(a.audio(), 900) >= 0.6);
  assert.ok(a.heard.every(({ payloadType }) => payloadType === 0));
  assert.ok(b.heard.every(({ payloadType }) => payloadType === 8));
  assert.equal((await fleet.renegotiate('one.0', a.offer({ direction: 'sendonly' }))).direction, 'sendonly');
  assert.equal((await fleet.renegotiate('one.0', a.offer())).direction, 'sendrecv');
  const { packetsIn } = await fleet.stats('one.0');
  assert.ok(packetsIn >= 30, `0.6 s were heard, which is 30 packets; it counts ${packetsIn}`);
  await fleet.part('one.0', 'one.1');
  b.heard.length = 0;
  const before = a.sequence;
  await until('a second passes', () => ((a.sequence - before) & 0xffff) > 25);
  assert.ok(secondsOf(b.audio(), 500) < 0.1);
  for (const id of ['one.0', 'one.1']) assert.ok((await fleet.close(id)) !== null);
  assert.equal(await fleet.close('one.0'), null);
});

test('it is the SRTP edge for a desk phone: protected on its side, in clear inside, heard both ways', { skip }, async () => {
  const desk = await Party.open();
  parties.push(desk);
  opened.add('five.0');
  const { offer, answered: keyed } = sdesOffer(desk, 'AES_CM_128_HMAC_SHA1_80');
  const { sdp } = await fleet.open({ endpointId: 'five.0', offer, signallingAddress: '127.0.0.1', privateSignalling: true, timeoutMs: 0 });
  assert.match(sdp, /RTP\/SAVP /);
  keyed(sdp);
  const plain = await answered('five.1', 'PCMU');
  await fleet.join('five.0', 'five.1');
  desk.say(500);
  plain.say(900);
  await until('both are heard', () => secondsOf(plain.audio(), 500) >= 0.6 && secondsOf(desk.audio(), 900) >= 0.6);
  for (const id of ['five.0', 'five.1']) await fleet.close(id);
});

test('a prompt is played to its end; one for ever is stopped; what cannot be read fails, and tones are refused', { skip }, async () => {
  const a = await answered('two.0');
  a.say(0);
  await fleet.play('two.0', 'p', [{ kind: 'file', path: PROMPT }], { loop: false, bargeIn: false });
  await until('it has ended', () => events.some((event) => event.type === 'playEnded' && event.playId === 'p' && event.end === 'finished'));
  assert.ok(rms(a.audio()) > 200);
  await fleet.play('two.0', 'm', [{ kind: 'music', path: PROMPT }], { loop: true, bargeIn: false });
  await fleet.stop('two.0');
  await fleet.play('two.0', 'x', [{ kind: 'file', path: '/no/such.wav' }], { loop: false, bargeIn: false });
  await until('it fails', () => events.some((event) => event.type === 'playEnded' && event.playId === 'x' && event.end === 'failed'));
  assert.ok(events.some((event) => event.type === 'playEnded' && event.playId === 'm' && event.end === 'stopped'));
  const tone = fleet.play('two.0', 't', [{ kind: 'silence', ms: 100 }], { loop: false, bargeIn: false });
  await assert.rejects(tone, (error) => error instanceof MediaError && error.code === 'bad_request');
  await fleet.close('two.0');
});

test('keys are heard, one press once, and stop a prompt that may be barged into', { skip }, async () => {
  const a = await answered('three.0');
  const b = await answered('three.1');
  for (const party of [a, b]) party.say(0);
  await fleet.join('three.0', 'three.1');
  await fleet.play('three.0', 'p', [{ kind: 'file', path: PROMPT }], { loop: true, bargeIn: true });
  await until('it plays', () => rms(a.audio()) > 200);
  a.press('5');
  await until('the key is told', () => events.some((event) => event.type === 'digit'));
  await until('the prompt is stopped', () => events.some((event) => event.type === 'playEnded' && event.end === 'barge_in'));
  assert.deepEqual(
    events.flatMap((event) => (event.type === 'digit' ? [[event.endpointId, event.key]] : [])),
    [['three.0', '5']],
  );
  await assert.rejects(
    async () => fleet.sendDigits('three.1', '7'),
    (error) => error instanceof MediaError && error.code === 'bad_request',
  );
  for (const id of ['three.0', 'three.1']) await fleet.close(id);
});

test('A11: an rtpengine that dies tells its endpoints lost within two seconds, and they are opened at the other', { skip }, async () => {
  await answered('four.0');
  const lost = daemons.find(({ port }) => fleet.servers().some(({ name, endpoints }) => name === String(port) && endpoints > 0));
  assert.ok(lost !== undefined);
  const diedAt = systemClock.now();
  await kill(lost);
  await until('it is told', () => events.some((event) => event.type === 'endpointLost' && event.endpointId === 'four.0'));
  const tookMs = systemClock.now() - diedAt;
  const again = await answered('four.0');
  const other = await answered('four.1');
  await fleet.join('four.0', 'four.1');
  again.say(700);
  other.say(0);
  await until('it is heard at the other', () => secondsOf(other.audio(), 700) >= 0.3);
  assert.ok(tookMs < 5_000, `${tookMs} ms`);
});
