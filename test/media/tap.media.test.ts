import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { MediaError } from '../../media/port.ts';
import { FrameReader, HEAD_BYTES, KIND, writeHead } from '../../media/tap/wire.ts';
import { rms, shareAt, sine } from '../support/tone.ts';
import { Legs } from './legs.ts';
import { type House, openHouse, until } from './support.ts';

let house: House;
let legs: Legs;
const servers: Server[] = [];

before(async () => {
  house = await openHouse();
  legs = new Legs(house);
});
after(async () => {
  legs.close();
  for (const server of servers) server.close();
  await house.close();
});

/** Whoever recognises or answers: listens, keeps what it is sent, speaks. */
class Consumer {
  readonly path: string;
  hello: unknown = null;
  readonly said: number[] = [];
  readonly heard: number[] = [];
  socket: Socket | null = null;

  private constructor(path: string) {
    this.path = path;
  }

  static async listen(name: string): Promise<Consumer> {
    const consumer = new Consumer(join(house.folder, name));
    const server = createServer((socket) => consumer.#meet(socket));
    servers.push(server);
    server.listen(consumer.path);
    await once(server, 'listening');
    return consumer;
  }

  #meet(socket: Socket): void {
    this.socket = socket;
    socket.on('error', () => undefined);
    const reader = new FrameReader();
    socket.on('data', (chunk: Buffer) =>
      reader.take(chunk, (kind, payload) => {
        if (kind === KIND.hello) this.hello = JSON.parse(payload.toString());
        else for (let at = 0; at < payload.length; at += 2) (kind === KIND.said ? this.said : this.heard).push(payload.readInt16LE(at));
      }),
    );
  }

  send(kind: number, samples: Int16Array = new Int16Array(0)): void {
    const head = Buffer.alloc(HEAD_BYTES);
    writeHead(head, kind, samples.length * 2, 0, 0);
    this.socket?.write(Buffer.concat([head, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)]));
  }
}

test('a tap brings both directions of a leg, and what its consumer says is heard by the party as a play', async () => {
  const caller = await legs.open({ group: 'tapped' });
  const agent = await legs.open({ group: 'tapped', codec: 'PCMU' });
  await house.media.join(caller.id, agent.id);
  const consumer = await Consumer.listen('both.sock');
  await house.media.tap({ tapId: 't1', endpointId: caller.id, to: consumer.path, rate: 8000, directions: 'both' });
  caller.party.say(500);
  agent.party.say(900);
  await until('both are heard', () => consumer.said.length > 6400 && consumer.heard.length > 6400);
  assert.deepEqual(consumer.hello, { tapId: 't1', endpointId: caller.id, rate: 8000, directions: 'both', format: 'S16LE' });
  assert.ok(shareAt(Int16Array.from(consumer.said.slice(1600, 4800)), 500) > 0.9);
  assert.ok(shareAt(Int16Array.from(consumer.heard.slice(1600, 4800)), 900) > 0.9);
  agent.party.hush();
  await house.media.play(caller.id, 'bot', [{ kind: 'tap', tapId: 't1' }], { loop: false, bargeIn: true });
  const from = caller.party.heard.length;
  consumer.send(KIND.speak, sine(1300, 0, 8000));
  consumer.send(KIND.spoken);
  assert.equal((await house.event('playEnded', (event) => event.playId === 'bot')).end, 'finished');
  await until('a second of it', () => caller.party.audio().length - from * 160 >= 8000);
  const spoken = caller.party.audio().subarray(from * 160);
  assert.ok([...Array(Math.floor(spoken.length / 800)).keys()].filter((at) => shareAt(spoken.subarray(at * 800, at * 800 + 800), 1300) > 0.9).length >= 8);
  await house.media.untap(caller.id, 't1');
  const ended = await house.event('tapEnded', (event) => event.tapId === 't1');
  assert.deepEqual(ended, { type: 'tapEnded', endpointId: caller.id, tapId: 't1', dropped: 0 });
});

test('a tap at 16 kHz has twice the samples; I1: a masked party is silent on it', async () => {
  const caller = await legs.open();
  const consumer = await Consumer.listen('wide.sock');
  await house.media.tap({ tapId: 't2', endpointId: caller.id, to: consumer.path, rate: 16_000, directions: 'in' });
  caller.party.say(500);
  await until('a second', () => consumer.said.length > 16_000);
  const part = Int16Array.from(consumer.said.slice(3200, 6400));
  // 500 Hz at 16 kHz is 250 Hz to who counts 8,000 a second.
  assert.ok(shareAt(part, 250) > 0.9 && rms(part) > 1000);
  await house.media.maskKeys(caller.id, 60_000);
  const before = consumer.said.length;
  for (let n = 0; n < 3; n += 1) await house.media.stats(caller.id);
  assert.ok(consumer.said.length - before < 1600, 'nothing more than was on its way');
  consumer.socket?.destroy();
  assert.match((await house.event('tapEnded', (event) => event.tapId === 't2')).reason ?? '', /closed|reset|EPIPE/);
});

test('a tap goes to who listens, on this machine, and to nobody else', async () => {
  const caller = await legs.open();
  await assert.rejects(
    house.media.tap({ tapId: 't4', endpointId: caller.id, to: join(house.folder, 'nobody.sock'), rate: 8000, directions: 'in' }),
    (error: MediaError) => error.code === 'unavailable',
  );
  await assert.rejects(
    house.media.tap({ tapId: 't5', endpointId: caller.id, to: 'tcp:192.0.2.1:5000', rate: 8000, directions: 'in' }),
    (error: MediaError) => error.code === 'bad_request',
  );
});

test('voice is told while it is asked for; who answered is told once, also of a party that sends nothing while it is silent', async () => {
  const callee = await legs.open();
  await house.media.watchVoice(callee.id, true);
  await house.media.detectAnswer(callee.id, { answerMs: 400 });
  for (let frame = 0; frame < 25; frame += 1) callee.party.frame(0);
  for (let frame = 0; frame < 30; frame += 1) callee.party.frame(frame % 10 < 8 ? 300 : 0);
  const voice = await house.event('voice', (event) => event.endpointId === callee.id && event.speaking);
  assert.ok(voice.atMs >= 500 && voice.atMs <= 700, `${voice.atMs}`);
  const answered = await house.event('answeredBy', (event) => event.endpointId === callee.id);
  assert.deepEqual([answered.by, answered.why], ['human', 'short_greeting']);
  await house.event('voice', (event) => event.endpointId === callee.id && !event.speaking);
  await house.media.watchVoice(callee.id, false);
});

test('a machine is told with its beep', async () => {
  const callee = await legs.open();
  await house.media.detectAnswer(callee.id);
  for (let frame = 0; frame < 20; frame += 1) callee.party.frame(0);
  for (let frame = 0; frame < 15; frame += 1) callee.party.frame(1000);
  for (let frame = 0; frame < 10; frame += 1) callee.party.frame(0);
  const answered = await house.event('answeredBy', (event) => event.endpointId === callee.id);
  assert.deepEqual([answered.by, answered.why], ['machine', 'beep']);
  const beep = await house.event('beep', (event) => event.endpointId === callee.id);
  assert.ok(Math.abs(beep.hz - 1000) <= 20 && Math.abs(beep.ms - 300) <= 40);
});
