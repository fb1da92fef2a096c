import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { encodeFrame, readFrames } from '../../kernel/frames.ts';
import { silentLog } from '../../kernel/log.ts';
import { MediaError, type MediaErrorCode, type MediaEvent } from '../../media/port.ts';
import { connectMedia, type MediaClient } from '../../src/sound/client.ts';
import { FakeClock } from '../support/clock.ts';
import { until } from './support.ts';

interface Asked {
  id: number;
  method: string;
  params: unknown[];
}

/** A media server that answers `hello` as it is told and everything else only when the test says so. */
class Script {
  readonly asked: Asked[] = [];
  known = false;
  /** Says nothing to a hello. */
  mute = false;
  /** Number of the last event heard, as each hello says it. */
  readonly hellos: unknown[] = [];
  connections = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    readFrames(socket, 1e6, (text) => this.#take(JSON.parse(text) as Asked), assert.fail);
  });

  listen(path: string): Promise<void> {
    return new Promise((resolve) => this.#server.listen(path, resolve));
  }
  say(message: object): void {
    for (const socket of this.#sockets) socket.write(encodeFrame(JSON.stringify(message)));
  }
  sayRaw(bytes: Buffer): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
  close(): void {
    this.hangUp();
    this.#server.close();
  }
  #take(asked: Asked): void {
    if (asked.method === 'hello') this.hellos.push(asked.params[1]);
    if (asked.method === 'hello' && this.mute) return;
    if (asked.method === 'hello') this.say({ id: asked.id, ok: true, result: { known: this.known } });
    else this.asked.push(asked);
  }
}

let folder: string;
let script: Script;
let clock: FakeClock;
let client: MediaClient;
let events: MediaEvent[];
let told: string[];
const open = { endpointId: 'c.0', signallingAddress: '127.0.0.1', timeoutMs: 0 };
const refusedAs =
  (code: MediaErrorCode) =>
  (error: unknown): boolean =>
    error instanceof MediaError && error.code === code;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'huawu-media-'));
  script = new Script();
  await script.listen(join(folder, 's'));
  clock = new FakeClock();
  events = [];
  told = [];
  client = connectMedia({
    socket: join(folder, 's'),
    clock,
    log: silentLog,
    onEvent: (event) => events.push(event),
    onLost: () => told.push('lost'),
    onConnected: () => told.push('connected'),
  });
  await until('it is connected', () => client.connected);
});
afterEach(() => {
  client.disconnect();
  script.close();
  rmSync(folder, { recursive: true, force: true });
});

const openOne = async (): Promise<void> => {
  const opened = client.open(open);
  await until('it is asked', () => script.asked.length > 0);
  script.say({ id: script.asked.pop()?.id, ok: true, result: { sdp: 'v=0' } });
  assert.deepEqual(await opened, { sdp: 'v=0' });
};

test('a request that is not answered is a timeout after five seconds, and an endpoint that may have been opened is closed', async () => {
  const opened = client.open(open);
  const refused = assert.rejects(opened, refusedAs('timeout'));
  await until('it is asked', () => script.asked.length === 1);
  clock.forward(4999);
  clock.forward(1);
  await refused;
  await until('it is closed', () => script.asked.some((asked) => asked.method === 'close' && asked.params[0] === 'c.0'));
});

test('an error of the server is a MediaError of its code', async () => {
  const stats = client.stats('c.0');
  await until('it is asked', () => script.asked.length === 1);
  script.say({ id: script.asked[0]?.id, ok: false, error: { code: 'unknown_endpoint', message: 'no endpoint c.0' } });
  await assert.rejects(stats, refusedAs('unknown_endpoint'));
});

test('while the server is away requests are refused at once; when it comes back knowing us, nothing is lost', async () => {
  await openOne();
  const pending = assert.rejects(client.stats('c.0'), refusedAs('unavailable'));
  await until('it is asked', () => script.asked.length === 1);
  script.hangUp();
  await pending;
  await until('the loss is noticed', () => !client.connected);
  await assert.rejects(client.stats('c.0'), refusedAs('unavailable'));
  script.known = true;
  clock.forward(100);
  await until('it is connected again', () => client.connected);
  clock.forward(10_000);
  assert.deepEqual(told, ['connected', 'lost', 'connected']);
  assert.deepEqual(events, []);
});

test('when it comes back not knowing us, each endpoint still open is told lost, once', async () => {
  await openOne();
  script.hangUp();
  await until('the loss is noticed', () => !client.connected);
  clock.forward(100);
  await until('it is told', () => events.length > 0);
  clock.forward(10_000);
  assert.deepEqual(
    events.map((event) => [event.type, 'endpointId' in event && event.endpointId]),
    [['endpointLost', 'c.0']],
  );
});

test('when it takes no hello its endpoints are told lost after the time it keeps them, and not before', async () => {
  await openOne();
  script.mute = true;
  script.hangUp();
  await until('the loss is noticed', () => !client.connected);
  clock.forward(100);
  await until('it is connected to again', () => script.connections === 2);
  clock.forward(2399);
  assert.deepEqual(events, []);
  clock.forward(1);
  assert.equal(events.length, 1);
});

test('A11: where nobody listens any more the server is dead: its recordings and endpoints are told lost at the first try', async () => {
  await openOne();
  const recording = client.record({ recordingId: 'r', path: '/r.wav', left: 'c.0', right: 'c.1' });
  await until('it is asked', () => script.asked.length > 0);
  script.say({ id: script.asked.pop()?.id, ok: true, result: null });
  await recording;
  script.close();
  await until('the loss is noticed', () => !client.connected);
  clock.forward(50);
  await until('it is told', () => events.length === 2);
  assert.deepEqual(events, [
    { type: 'recordingEnded', recordingId: 'r', path: '/r.wav', durationMs: 50, complete: false, reason: 'the media server died' },
    { type: 'endpointLost', endpointId: 'c.0', reason: 'the media server died' },
  ]);
});

test('a server that hangs is given up: its endpoints are told lost at once, and closed if it ever comes to', async () => {
  await openOne();
  script.known = true;
  client.giveUp('it hangs');
  assert.deepEqual(events, [{ type: 'endpointLost', endpointId: 'c.0', reason: 'it hangs' }]);
  await until('it is left', () => !client.connected);
  clock.forward(100);
  await until('it is closed there', () => script.asked.some(({ method, params }) => method === 'close' && params[0] === 'c.0'));
  assert.equal(events.length, 1);
});

test('an endpoint that was told lost is not lost again', async () => {
  await openOne();
  script.say({ n: 1, event: { type: 'endpointLost', endpointId: 'c.0', reason: 'the media worker died' } });
  await until('it is told', () => events.length === 1);
  script.hangUp();
  await until('the loss is noticed', () => !client.connected);
  clock.forward(100);
  await until('it is connected again', () => client.connected);
  assert.equal(events.length, 1);
});

test('a server that speaks no JSON is left and tried again', async () => {
  const before = script.connections;
  script.sayRaw(encodeFrame('{"half'));
  await until('it is left', () => !client.connected);
  clock.forward(100);
  await until('it is back', () => client.connected && script.connections === before + 1);
});

test('after a broken connection it says which event it heard last', async () => {
  script.say({ n: 41, event: { type: 'digit', endpointId: 'c.0', key: '1' } });
  await until('an event is heard', () => events.length === 1);
  script.hangUp();
  await until('the loss is noticed', () => !client.connected);
  clock.forward(100);
  await until('it is back', () => client.connected);
  script.hangUp();
  await until('the loss is noticed', () => !client.connected);
  clock.forward(100);
  await until('it is back', () => client.connected);
  assert.deepEqual(script.hellos, [0, 41, 0], 'a server that does not know us counts from one');
});
