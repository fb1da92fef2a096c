/** A slow application: it is pushed back on, and what it was told and what it asked stays whole and in order. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { encodeFrame, FrameDecoder } from '../../kernel/frames.ts';
import { until } from '../support/wait.ts';
import { Peer } from './support/peer.ts';
import { SECRET, type SipProgram, startProgram } from './support/program.ts';

let program: SipProgram;
const closers: (() => void)[] = [];
before(async () => {
  program = await startProgram({ LOG_LEVEL: 'info' });
});
after(() => {
  for (const close of closers) close();
  program.child.kill('SIGKILL');
});

interface RawApp {
  socket: Socket;
  /** Whole frames, in order. */
  frames: string[];
}
async function rawApp(...routes: string[]): Promise<RawApp> {
  const socket = connect(program.adminPort, '127.0.0.1');
  closers.push(() => socket.destroy());
  await once(socket, 'connect');
  const frames: string[] = [];
  const decoder = new FrameDecoder(10_000_000);
  socket.on('data', (chunk: Buffer) => frames.push(...decoder.push(chunk)));
  socket.on('error', () => undefined);
  socket.write(Buffer.concat([`1|authenticate|${SECRET}|`, ...routes.map((route) => `2|route|${route}`)].map(encodeFrame)));
  await until('the application to be in', () => frames.length === 1 + routes.length);
  frames.length = 0;
  return { socket, frames };
}
const idOf = (frame: string): string => frame.split('|')[2] ?? '';

test('an application that does not read: no new requests beyond 1 MB unread, then every frame whole and in order', async () => {
  const app = await rawApp('message');
  const peer = await Peer.tcp(program.sipPort);
  closers.push(() => peer.close());
  app.socket.pause();
  const bulk = 'x'.repeat(100_000);
  let sent = 0;
  // The kernel's buffers take some megabytes before ours begins to fill.
  while (peer.countResponses('MESSAGE', 503) === 0 && sent < 600) {
    const at = sent;
    peer.send(
      peer.newRequest('MESSAGE', (request) => {
        request.headers.add('Content-Type', 'text/plain');
        request.body = Buffer.from(`${at}:${bulk}:${at}`);
      }),
    );
    sent += 1;
    if (sent % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await until('a refusal', () => peer.countResponses('MESSAGE', 503) > 0);
  assert.ok(sent > 10, `${sent} were taken before`);
  app.socket.resume();
  const told = await until('every request that was taken', () => {
    const whole = app.frames.length;
    return whole + peer.countResponses('MESSAGE', 503) === sent ? whole : undefined;
  });
  const numbers = app.frames.map((frame) => {
    const [, first, , last] = /(\d+):(x+):(\d+)$/.exec(frame) ?? [];
    assert.equal(first, last, 'not mixed with another');
    return Number(first);
  });
  assert.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  );
  assert.equal(numbers.length, told);
});

test('an application that asks and does not read is read no further itself: 40 MB of answers come whole, in order', async () => {
  const app = await rawApp();
  app.socket.pause();
  const junk = 'y'.repeat(10_000);
  // Each is answered with its own start line: 40 MB, over what an application may leave unread.
  for (let at = 0; at < 4_000; at += 1) app.socket.write(encodeFrame(`f${at}|sip||\r\n${junk}`));
  let left = -1;
  let looks = 0;
  await until('what is left in its own socket to stay there', () => {
    looks = app.socket.writableLength === left ? looks + 1 : 0;
    left = app.socket.writableLength;
    return looks >= 20;
  });
  assert.ok(left > 10_000_000, `${left} bytes wait in the application's own socket`);
  app.socket.resume();
  await until('every answer', () => app.frames.length === 4_000, 20_000);
  assert.ok(app.frames.every((frame, at) => idOf(frame) === `f${at}` && frame.endsWith(junk)));
});

test('many frames of 6 kB in one write are all answered, in order', async () => {
  const app = await rawApp();
  const peer = await Peer.udp(program.sipPort);
  closers.push(() => peer.close());
  const body = 'z'.repeat(6_000);
  const frames = Array.from({ length: 100 }, (_, at) => encodeFrame(`f${at}|sip||\r\nMESSAGE ${peer.uri} SIP/2.0\r\nContent-Type: text/plain\r\n\r\n${body}`));
  app.socket.write(Buffer.concat(frames));
  await until('the answers', () => app.frames.filter((frame) => frame.includes('|response|')).length === 100);
  const answers = app.frames.filter((frame) => frame.includes('|response|'));
  assert.deepEqual(
    answers.map(idOf),
    frames.map((_, at) => `f${at}`),
  );
  assert.ok(answers.every((frame) => frame.endsWith(body)));
});

test('a frame of 300 kB is carried out whole, byte by byte too', async () => {
  const app = await rawApp();
  let arrived = 0;
  const sink = createServer((socket) => socket.on('data', (chunk: Buffer) => (arrived += chunk.length)));
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  closers.push(() => sink.close());
  const { port } = sink.address() as AddressInfo;
  const big = encodeFrame(`big|sip||\r\nMESSAGE sip:b@127.0.0.1:${port};transport=tcp SIP/2.0\r\nContent-Type: text/plain\r\n\r\n${'ü'.repeat(150_000)}`);
  app.socket.write(big);
  await until('its bytes at the peer', () => arrived > 300_000);
  await until('its echo', () => app.frames.length >= 1);
  assert.match(app.frames[0] ?? '', /^[^|]*\|response\|big\|OK\|application\|3\d{5}\|tcp\|/);
  const small = encodeFrame(`small|sip||\r\nOPTIONS sip:b@127.0.0.1:${port};transport=tcp SIP/2.0\r\nSubject: 话务\r\n\r\n`);
  app.socket.setNoDelay(true);
  for (const byte of small) app.socket.write(Buffer.from([byte]));
  await until('the second echo', () => app.frames.length >= 2);
  assert.match(app.frames[1] ?? '', /\|response\|small\|OK\|/);
  assert.match(app.frames[1] ?? '', /Subject: 话务/);
});
