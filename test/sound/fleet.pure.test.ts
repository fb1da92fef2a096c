/** Several media servers as one; each is played by a table of what it was asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../kernel/log.ts';
import { MediaError, type MediaErrorCode, type MediaEvent, type ServerReport } from '../../media/port.ts';
import type { MediaClient } from '../../src/sound/client.ts';
import { type MediaLines, openFleet } from '../../src/sound/fleet.ts';
import { FakeClock } from '../support/clock.ts';

const settle = async (): Promise<void> => {
  for (let turns = 0; turns < 10; turns += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};

class Server {
  readonly asked: string[] = [];
  connected = false;
  draining = false;
  silent = false;
  refuse: MediaErrorCode | null = null;
  lines: MediaLines | null = null;

  readonly connect = (lines: MediaLines): MediaClient => {
    this.lines = lines;
    const server = this;
    return new Proxy({} as MediaClient, {
      get: (_, method: string) => (method === 'connected' ? server.connected : (...params: unknown[]) => server.#answer(method, params)),
    });
  };

  comes(): void {
    this.connected = true;
    this.lines?.onConnected();
  }
  goes(): void {
    this.connected = false;
    this.lines?.onLost();
  }
  async #answer(method: string, params: unknown[]): Promise<unknown> {
    if (method === 'capabilities') return { codecs: ['PCMA/8000'], record: true, mix: true, webrtc: true };
    if (method === 'report') return this.silent ? new Promise(() => undefined) : this.#report();
    this.asked.push(
      `${method} ${params.map((param) => (typeof param === 'string' ? param : ((param as { endpointId?: string }).endpointId ?? '…'))).join(' ')}`,
    );
    if (method === 'open' && this.refuse !== null) throw new MediaError(this.refuse, 'as the test wants');
    return method === 'open' ? { sdp: 'v=0' } : null;
  }
  #report(): ServerReport {
    return { endpoints: 0, workers: 1, lagMs: 0, cpuPercent: 0, moved: 0, draining: this.draining };
  }
}

async function house() {
  const [a, b] = [new Server(), new Server()];
  const clock = new FakeClock();
  const events: MediaEvent[] = [];
  const servers = [a, b].map(({ connect }, at) => ({ name: String(at), connect }));
  const fleet = openFleet({ servers, clock, log: silentLog, onEvent: (event) => events.push(event), onConnected: () => undefined });
  for (const server of [a, b]) server.comes();
  await settle();
  const open = (endpointId: string): Promise<{ sdp: string }> => fleet.open({ endpointId, signallingAddress: '192.0.2.1', timeoutMs: 0 });
  return { a, b, clock, events, fleet, open };
}
const codeOf = (code: MediaErrorCode) => (error: unknown) => error instanceof MediaError && error.code === code;

test('calls are shared out; all legs of one lie on one server, and what is asked of a leg goes there', async () => {
  const { a, b, fleet, open } = await house();
  for (const id of ['one.0', 'two.0', 'one.1']) await open(id);
  await fleet.join('one.0', 'one.1');
  assert.deepEqual(a.asked, ['open one.0', 'open one.1', 'join one.0 one.1']);
  assert.deepEqual(b.asked, ['open two.0']);
  await assert.rejects(async () => fleet.join('one.0', 'two.0'), codeOf('bad_request'));
  await assert.rejects(async () => fleet.stats('three.0'), codeOf('unknown_endpoint'));
});

test('A11: what is opened again after its server died goes to another, with all its legs', async () => {
  const { a, b, events, open } = await house();
  for (const id of ['one.0', 'one.1']) await open(id);
  a.goes();
  for (const endpointId of ['one.0', 'one.1']) a.lines?.onEvent({ type: 'endpointLost', endpointId, reason: 'died' });
  assert.equal(events.length, 2);
  for (const id of ['one.1', 'one.0']) await open(id);
  assert.deepEqual(b.asked, ['open one.1', 'open one.0']);
});

test('while none is there an endpoint waits to be opened, for four seconds', async () => {
  const { a, b, clock, fleet, open } = await house();
  for (const server of [a, b]) server.goes();
  assert.equal(fleet.connected, false);
  const opened = open('one.0');
  const forward = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.forward(50);
      await settle();
    }
  };
  await forward(1_000);
  b.comes();
  await settle();
  await forward(50);
  assert.deepEqual(await opened, { sdp: 'v=0' });
  b.goes();
  const refused = assert.rejects(open('two.0'), codeOf('unavailable'));
  await forward(4_100);
  await refused;
});

test('a server that drains keeps its calls and is given no new ones', async () => {
  const { a, b, clock, open } = await house();
  await open('one.0');
  a.draining = true;
  clock.forward(1_000);
  await settle();
  await open('two.0');
  await open('three.0');
  await open('one.1');
  assert.deepEqual(a.asked, ['open one.0', 'open one.1']);
  assert.deepEqual(b.asked, ['open two.0', 'open three.0']);
});

test('a server without a free port is passed over; what is wrong with the call itself is not tried elsewhere', async () => {
  const { a, b, open } = await house();
  a.refuse = 'no_ports';
  await open('one.0');
  assert.deepEqual(b.asked, ['open one.0']);
  b.refuse = 'no_ports';
  await assert.rejects(open('two.0'), codeOf('no_ports'));
  a.refuse = 'incompatible';
  await assert.rejects(open('three.0'), codeOf('incompatible'));
});

test('a server that stops answering is given up after four seconds', async () => {
  const { a, clock } = await house();
  a.silent = true;
  for (let second = 0; second < 6; second += 1) {
    clock.forward(1_000);
    await settle();
  }
  assert.deepEqual(a.asked.slice(0, 1), ['giveUp the media server hangs']);
});
