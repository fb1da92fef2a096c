import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { encodeFrame, readFrames } from '../../kernel/frames.ts';
import { silentLog } from '../../kernel/log.ts';
import { MediaError, type MediaErrorCode, type MediaEvent } from '../../media/port.ts';
import { connectMedia } from '../../src/sound/client.ts';
import { freePort, freeRange } from '../support/ports.ts';
import { readWav, secondsOf, shareAt } from '../support/tone.ts';
import { Legs } from './legs.ts';
import { noise } from './noise.ts';
import { type House, openHouse, until, wait } from './support.ts';

let house: House;
let legs: Legs;
before(async () => {
  house = await openHouse();
  legs = new Legs(house);
});
after(async () => {
  legs.close();
  await house.close();
});

const refusedAs =
  (code: MediaErrorCode) =>
  (error: unknown): boolean =>
    error instanceof MediaError && error.code === code;

/** A connection that speaks the control protocol by hand. */
async function speak(path: string): Promise<{ socket: Socket; events: MediaEvent[]; ask(method: string, params: unknown[]): Promise<unknown> }> {
  const socket = createConnection({ path });
  const answers = new Map<number, unknown>();
  const events: MediaEvent[] = [];
  let last = 0;
  readFrames(
    socket,
    1e6,
    (text) => {
      const message = JSON.parse(text) as { event: MediaEvent } | { id: number; result: unknown };
      if ('event' in message) events.push(message.event);
      else answers.set(message.id, message.result);
    },
    assert.fail,
  );
  await once(socket, 'connect');
  return {
    socket,
    events,
    ask: async (method, params) => {
      last += 1;
      const id = last;
      socket.write(encodeFrame(JSON.stringify({ id, method, params })));
      await until(`the answer to ${method}`, () => answers.has(id));
      return answers.get(id);
    },
  };
}

test('a third address is neither heard nor sent to, before and after the lock, and is counted', async () => {
  const a = await legs.open();
  const b = await legs.open();
  const stranger = (await legs.party({ address: '127.0.0.66' })).aim(a.sdp);
  await house.media.join(a.id, b.id);
  stranger.say(2000);
  await until('strangers are counted before the lock', async () => (await house.media.stats(a.id)).strangers > 10);
  b.party.say(800);
  a.party.say(500);
  await until('the two are joined', () => secondsOf(b.party.audio(), 500) >= 1);
  // Also with the source, the number and the time of the party itself.
  stranger.ssrc = a.party.ssrc;
  stranger.sequence = a.party.sequence + 50;
  stranger.timestamp = a.party.timestamp + 8000;
  const counted = (await house.media.stats(a.id)).strangers;
  await until('strangers are counted after the lock', async () => (await house.media.stats(a.id)).strangers > counted + 50);
  assert.equal(stranger.heard.length, 0);
  assert.equal(secondsOf(b.party.audio(), 2000), 0);
  assert.ok((await house.media.stats(a.id)).lost === 0);
});

test('a party behind NAT is followed to where it sends from, and nobody can follow it there', async () => {
  // Its SDP shows an address it does not send from; the signalling came from where it does.
  const a = await legs.open({ address: '127.0.0.7', signallingAddress: '127.0.0.7', offer: { address: '127.0.0.200' } });
  await house.media.play(a.id, 'nat', [{ kind: 'tone', hz: [700], dbm0: -10, onMs: 100, offMs: 0 }], { loop: false, bargeIn: false });
  a.party.say(0);
  await until('it hears us', () => a.party.heard.length > 10);
  const late = (await legs.party({ address: '127.0.0.7' })).aim(a.sdp).say(0);
  const count = a.party.heard.length;
  await until('it goes on hearing', () => a.party.heard.length > count + 25);
  assert.equal(late.heard.length, 0);
  assert.ok((await house.media.stats(a.id)).strangers > 10);
});

test('an endpoint that was opened before anybody knew who would answer follows whose answer it was, also from behind NAT', async () => {
  const { sdp } = await house.media.open({ endpointId: 'ahead.1', signallingAddress: '127.0.0.1', timeoutMs: 0, group: 'ahead', ahead: true });
  const agent = (await legs.party({ address: '127.0.0.8' })).aim(sdp);
  await house.media.accept('ahead.1', agent.offer({ address: '127.0.0.201' }), { signallingAddress: '127.0.0.8', privateSignalling: false });
  await house.media.play('ahead.1', 'ahead', [{ kind: 'tone', hz: [700], dbm0: -10, onMs: 100, offMs: 0 }], { loop: false, bargeIn: false });
  agent.say(0);
  await until('it hears us', () => agent.heard.length > 10);
  await house.media.close('ahead.1');
});

test('a party that moves says so in an offer, and is heard and sent to in its new place only', async () => {
  const a = await legs.open();
  await house.media.play(a.id, 'move', [{ kind: 'tone', hz: [700], dbm0: -10, onMs: 100, offMs: 0 }], { loop: false, bargeIn: false });
  a.party.say(0);
  await until('it hears us', () => a.party.heard.length > 5);
  const moved = (await legs.party()).aim(a.sdp);
  await house.media.renegotiate(a.id, moved.offer());
  moved.say(0);
  await until('it hears us there', () => moved.heard.length > 5);
  const old = a.party.heard.length;
  await wait(200);
  assert.equal(a.party.heard.length, old);
  assert.equal(moved.heard[0]?.ssrc, a.party.heard[0]?.ssrc);
});

test('C13: offers to addresses that must never be sent to are refused and cost no port', async () => {
  const party = await legs.party();
  const own = await legs.open();
  const ownPort = Number(/m=audio ([0-9]+)/.exec(own.sdp)?.[1]);
  const open = (changes: Parameters<typeof party.offer>[0], signallingAddress = '127.0.0.1'): Promise<unknown> =>
    house.media.open({ endpointId: 'refused.0', offer: party.offer(changes), signallingAddress, timeoutMs: 0 });
  for (const address of ['239.1.2.3', '255.255.255.255', '0.0.0.1']) await assert.rejects(open({ address }), refusedAs('bad_request'), address);
  await assert.rejects(open({ port: ownPort }), refusedAs('bad_request'), 'our own port');
  await assert.rejects(open({ port: ownPort + 1 }), refusedAs('bad_request'), 'our own RTCP port');
  await assert.rejects(open({}, '198.51.100.9'), refusedAs('bad_request'), 'our loopback, asked for from elsewhere');
  await assert.rejects(
    house.media.open({ endpointId: 'refused.0', offer: party.offer().replace('RTP/AVP 8', 'RTP/AVP 18'), signallingAddress: '127.0.0.1', timeoutMs: 0 }),
    refusedAs('incompatible'),
  );
  await open({});
  await house.media.close('refused.0');
});

test('C14: IPv6 is spoken with those who offer it', async () => {
  const { id, party, sdp } = await legs.open({ address: '::1', signallingAddress: '::1' });
  assert.match(sdp, /c=IN IP6 ::1/);
  await house.media.echo(id);
  party.say(500);
  await until('it hears itself', () => secondsOf(party.audio(), 500) >= 0.4);
});

test('E8: a flood into one port degrades that call alone', async () => {
  const flooded = await legs.open();
  const listener = await legs.open();
  await house.media.play(listener.id, 'calm', [{ kind: 'tone', hz: [700], dbm0: -10, onMs: 100, offMs: 0 }], { loop: false, bargeIn: false });
  await until('it plays', () => listener.party.heard.length > 10);
  const from = listener.party.heard.length;
  const random = noise(3);
  const untilMs = systemClock.now() + 2000;
  while (systemClock.now() < untilMs) {
    for (let burst = 0; burst < 25; burst += 1) {
      const packet = Buffer.alloc(random(2) === 0 ? 1 : 1500, random(256));
      if (packet.length > 12 && random(3) > 0) packet[0] = 0x80;
      flooded.party.raw(packet);
    }
    await wait(5);
  }
  const during = listener.party.heard.slice(from);
  assert.ok(during.length >= 90, `${during.length} packets in two seconds`);
  assert.ok(during.every((each, at) => at === 0 || each.sequence === (((during[at - 1]?.sequence ?? 0) + 1) & 0xffff)));
  const stats = await house.media.stats(flooded.id);
  assert.ok(stats.packetsIn <= 2.2 * 300 + 100, `${stats.packetsIn} taken`);
  flooded.party.press('4');
  await until('it still is a call', () => house.events.some((event) => event.type === 'digit' && event.endpointId === flooded.id), 3000);
});

test('RTCP of any shape ends nothing', async () => {
  const { id, party, sdp } = await legs.open();
  const rtcp = await legs.party();
  rtcp.aim(sdp.replace(/m=audio ([0-9]+)/, (_, port: string) => `m=audio ${Number(port) + 1}`));
  rtcp.raw(Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 1]));
  rtcp.raw(Buffer.from([0x9f, 200, 0xff, 0xff]));
  rtcp.raw(Buffer.alloc(0));
  rtcp.raw(Buffer.alloc(1400, 0x81));
  party.press('1');
  await until('the call goes on', () => house.events.some((event) => event.type === 'digit' && event.endpointId === id));
});

test('a party at the last port of all is sent audio, and its want of an RTCP port harms nobody', async () => {
  const { id } = await legs.open({ port: 65_535 });
  const other = await legs.open();
  await house.media.play(id, 'last', [{ kind: 'tone', hz: [700], dbm0: -10, onMs: 100, offMs: 0 }], { loop: false, bargeIn: false });
  await house.media.echo(other.id);
  other.party.say(500);
  await until('a report was due', async () => (await house.media.stats(id)).packetsOut > 330, 20_000);
  const count = other.party.heard.length;
  await until('all goes on', () => other.party.heard.length > count + 10);
  assert.ok(!house.events.some((event) => event.type === 'endpointLost'));
  await house.media.stop(id);
});

test('what is asked of endpoints that are not there, twice, or wrongly, is refused by name', async () => {
  const { id } = await legs.open();
  await assert.rejects(house.media.play('nobody', 'p', [{ kind: 'silence', ms: 1 }], { loop: false, bargeIn: false }), refusedAs('unknown_endpoint'));
  await assert.rejects(house.media.join(id, 'nobody'), refusedAs('unknown_endpoint'));
  await assert.rejects(house.media.join(id, id), refusedAs('bad_request'));
  await assert.rejects(house.media.sendDigits(id, 'x'), refusedAs('bad_request'));
  await assert.rejects(house.media.play(id, 'p', [], { loop: false, bargeIn: false }), refusedAs('bad_request'));
  await assert.rejects(house.media.record({ recordingId: 'r', path: 'relative.wav', left: id, right: id }), refusedAs('bad_request'));
  await assert.rejects(house.media.open({ endpointId: id, signallingAddress: '127.0.0.1', timeoutMs: 0 }), refusedAs('bad_request'));
  await house.media.stopRecording('never-was');
});

test('a connection that speaks no frames, no JSON or no method harms nobody', async () => {
  const say = async (bytes: Buffer): Promise<string> => {
    const socket = createConnection({ path: house.socket });
    let said = '';
    socket.on('data', (chunk) => {
      said += chunk;
    });
    socket.on('error', () => undefined);
    socket.write(bytes);
    await until('it is answered or closed', () => socket.destroyed || said !== '', 3000);
    socket.destroy();
    return said;
  };
  assert.equal(await say(Buffer.from('GET / HTTP/1.1\r\n\r\n')), '');
  assert.equal(await say(encodeFrame('{"no":"request"}')), '');
  assert.equal(await say(encodeFrame('not json')), '');
  assert.match(await say(encodeFrame('{"id":1,"method":"__proto__","params":[]}')), /bad_request/);
  assert.match(await say(encodeFrame('{"id":1,"method":"stats","params":["x"]}')), /say hello first/);
  assert.equal((await house.media.capabilities()).record, true);
});

test('the control socket is for its owner alone', () => {
  assert.equal(statSync(house.socket).mode & 0o777, 0o600);
  assert.equal(statSync(join(house.folder, 'run')).mode & 0o777, 0o700);
});

test('an application that leaves has its endpoints closed and its recordings finished after two seconds', async () => {
  const events: MediaEvent[] = [];
  const other = connectMedia({ socket: house.socket, clock: systemClock, log: silentLog, onEvent: (event) => events.push(event) });
  await until('it is connected', () => other.connected);
  const party = await legs.party();
  const { sdp } = await other.open({ endpointId: 'gone.0', offer: party.offer(), signallingAddress: '127.0.0.1', timeoutMs: 0 });
  const path = join(house.folder, 'gone.wav');
  await other.record({ recordingId: 'gone', path, left: 'gone.0', right: 'gone.0' });
  await other.echo('gone.0');
  party.aim(sdp).say(500);
  await until('it hears itself', () => party.heard.length > 20);
  other.disconnect();
  const leftMs = systemClock.now();
  await until('its endpoint is closed', async () => {
    const count = party.heard.length;
    await wait(100);
    return party.heard.length === count;
  });
  const tookMs = systemClock.now() - leftMs;
  assert.ok(tookMs > 1700 && tookMs < 4000, `${tookMs} ms`);
  await until('the recording is whole', () => secondsOf(readWav(path), 500) >= 1.5);
});

test('an application that is back within two seconds finds its endpoints, and hears what it missed', async () => {
  const first = await speak(house.socket);
  assert.deepEqual(await first.ask('hello', ['returning', 0]), { known: false });
  const party = await legs.party();
  const { sdp } = (await first.ask('open', [{ endpointId: 'back.0', offer: party.offer(), signallingAddress: '127.0.0.1', timeoutMs: 0 }])) as { sdp: string };
  party.aim(sdp).press('7');
  await until('a key is told', () => first.events.length === 1);
  // Told while the connection breaks, or after: neither is lost.
  first.socket.destroy();
  party.press('8');
  await wait(500);
  const second = await speak(house.socket);
  assert.deepEqual(await second.ask('hello', ['returning', 1]), { known: true });
  await until('the key is told', () => second.events.length === 1);
  assert.deepEqual(second.events, [{ type: 'digit', endpointId: 'back.0', key: '8' }]);
  await wait(2500);
  assert.equal(((await second.ask('stats', ['back.0'])) as { packetsIn: number }).packetsIn, 14);
  await second.ask('close', ['back.0']);
  second.socket.destroy();
});

test('a recording on a disk that is full is closed as a valid file and said to be incomplete; the call goes on', async () => {
  const small = await openHouse({ fileLimit: 64 });
  const here = new Legs(small);
  try {
    const a = await here.open();
    const b = await here.open();
    await small.media.join(a.id, b.id);
    a.party.say(500);
    b.party.say(800);
    const path = join(small.folder, 'full.wav');
    await small.media.record({ recordingId: 'full', path, left: a.id, right: b.id });
    const ended = await small.event('recordingEnded', () => true, 8000);
    assert.deepEqual([ended.complete, ended.reason], [false, 'disk full']);
    assert.ok(Math.abs(readWav(path).length / 8 - ended.durationMs) <= 1);
    assert.ok(ended.durationMs >= 1000 && shareAt(readWav(path, 0).slice(-4000), 500) > 0.9);
    const count = b.party.heard.length;
    await until('the call goes on', () => b.party.heard.length > count + 25);
    await small.media.stopRecording('full');
    await small.media.record({ recordingId: 'nowhere', path: join(small.folder, 'nowhere/at/all.wav'), left: a.id, right: b.id });
    assert.equal((await small.event('recordingEnded', (event) => event.recordingId === 'nowhere')).complete, false);
  } finally {
    here.close();
    await small.close();
  }
});

test('kill -9 leaves recordings playable up to two seconds before, and the next server starts on the same socket and ports', async () => {
  const doomed = await openHouse();
  const here = new Legs(doomed);
  try {
    const a = await here.open();
    const b = await here.open();
    await doomed.media.join(a.id, b.id);
    a.party.say(500);
    b.party.say(800);
    const path = join(doomed.folder, 'killed.wav');
    await doomed.media.record({ recordingId: 'killed', path, left: a.id, right: b.id });
    const startMs = systemClock.now();
    await wait(3500);
    const killedMs = systemClock.now();
    await doomed.kill();
    const said = readWavLength(path);
    assert.ok(said >= killedMs - startMs - 2000, `${said} ms of ${killedMs - startMs}`);
    assert.ok(secondsOf(readWav(path, 0), 500) >= 1.2 && secondsOf(readWav(path, 1), 800) >= 1.2);
    await assert.rejects(doomed.media.capabilities(), refusedAs('unavailable'));
    await doomed.restart();
    for (const id of [a.id, b.id]) await doomed.event('endpointLost', (event) => event.endpointId === id);
    const again = await here.open();
    await doomed.media.close(again.id);
  } finally {
    here.close();
    await doomed.close();
  }
});

/** By what the header says, in ms: what any player would play. */
function readWavLength(path: string): number {
  const samples = readWav(path).length;
  assert.ok(statSync(path).size >= 44 + samples * 4);
  return samples / 8;
}

test('ports rest after use; when none is left the answer is no_ports, and no leak is left behind', async () => {
  const least = await freeRange(8);
  const tight = await openHouse({ settings: { RTP_PORT_MIN: String(least), RTP_PORT_MAX: String(least + 7) } });
  const here = new Legs(tight);
  try {
    const opened = await Promise.all([1, 2, 3, 4].map(() => here.open()));
    assert.deepEqual(opened.map(({ sdp }) => Number(/m=audio ([0-9]+)/.exec(sdp)?.[1])).sort(), [least, least + 2, least + 4, least + 6]);
    await assert.rejects(here.open(), refusedAs('no_ports'));
    const sockets = (): number => readdirSync(`/proc/${tight.pid}/fd`).length;
    const before = sockets();
    for (const { id } of opened) await tight.media.close(id);
    await until('their sockets are closed', () => sockets() <= before - 12);
    await assert.rejects(here.open(), refusedAs('no_ports'), 'closed ports rest');
  } finally {
    here.close();
    await tight.close();
  }
});

test('a second server with the same ports takes others, and one on the same socket does not start', async () => {
  const least = await freeRange(10);
  const settings = { RTP_PORT_MIN: String(least), RTP_PORT_MAX: String(least + 9) };
  const first = await openHouse({ settings });
  const second = await openHouse({ settings });
  const [a, b] = [new Legs(first), new Legs(second)];
  try {
    // All five pairs, between them: each begins where it likes, and passes over what the other holds.
    const ports: number[] = [];
    for (const legs of [a, b, a, b, a]) ports.push(Number(/m=audio ([0-9]+)/.exec((await legs.open()).sdp)?.[1]));
    assert.deepEqual(
      ports.toSorted((one, other) => one - other),
      [0, 2, 4, 6, 8].map((at) => least + at),
    );
    assert.equal(await first.exitCodeOfAnother(), 1);
  } finally {
    a.close();
    b.close();
    await first.close();
    await second.close();
  }
});

test('the control socket may be a TCP port of loopback', async () => {
  const spoken = await openHouse({ settings: { MEDIA_SOCKET: `tcp:127.0.0.1:${await freePort()}` } });
  try {
    assert.deepEqual((await spoken.media.capabilities()).codecs, ['PCMA/8000', 'PCMU/8000']);
  } finally {
    await spoken.close();
  }
});

test('a server without an application ends by itself after the time it was given, and not before', async () => {
  const orphan = await openHouse({ settings: { ORPHAN_EXIT_SECONDS: '3' } });
  try {
    await wait(4000);
    assert.equal((await orphan.media.capabilities()).record, true);
    orphan.media.disconnect();
    assert.equal(await orphan.exitCode(), 0);
  } finally {
    await orphan.close();
  }
});

test('wrong settings are all named, and end it with 2', async () => {
  const run = await openHouse();
  try {
    assert.equal(await run.exitCodeOfAnother({ MEDIA_WORKERS: 'many', RTP_PORT_MAX: '1', MEDIA_SOCKET: 'tcp:0.0.0.0:99' }), 2);
  } finally {
    await run.close();
  }
});
