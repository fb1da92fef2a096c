/** E4: one connection that floods, and one source that opens connections without end, beside honest ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Framed } from '../../sip/message/stream.ts';
import type { Connection, Line } from '../../sip/transport/connection.ts';
import { Gate, type Pass } from '../../sip/transport/gate.ts';
import { Reader } from '../../sip/transport/reader.ts';
import { FakeClock } from '../support/clock.ts';

const FLOOD = 1_000;
const message = (text: string): Framed => ({ kind: 'message', bytes: Buffer.from(text) });

class FakeLine implements Partial<Line> {
  paused = 0;
  resumed = 0;
  pause(): void {
    this.paused += 1;
  }
  resume(): void {
    this.resumed += 1;
  }
}

test('E4: while a connection that sent 1,000 requests at once waits it is not read, and another’s request waits for sixteen of them at most', () => {
  const clock = new FakeClock();
  const handled: string[] = [];
  const user = { onMessage: (bytes: Buffer) => void handled.push(bytes.toString()), onBroken: (error: Error) => assert.fail(error) };
  const open = (): { line: FakeLine; reader: Reader } => {
    const line = new FakeLine();
    return { line, reader: new Reader({ line: line as Partial<Line> as Line } as Partial<Connection> as Connection, undefined, clock, user) };
  };
  const flooder = open();
  const honest = open();
  flooder.reader.take(
    Array.from({ length: FLOOD }, (_, nth) => message(`flood ${nth}`)),
    false,
  );
  assert.deepEqual([handled.length, flooder.line.paused, flooder.line.resumed], [16, 1, 0]);
  honest.reader.take([message('honest')], false);
  assert.equal(handled.at(-1), 'honest');
  assert.equal(honest.line.paused, 0);
  clock.forward(0);
  assert.deepEqual([flooder.line.paused, flooder.line.resumed], [1, 1]);
  assert.deepEqual(
    handled.filter((text) => text !== 'honest'),
    Array.from({ length: FLOOD }, (_, nth) => `flood ${nth}`),
    'all of them, in order',
  );
  assert.equal(clock.armed, 0);
});

test('E4: of a source’s connections 2,000 are taken and 100 that say nothing, and another source comes in as before', () => {
  const gate = new Gate(20_000);
  const enter = (count: number, address: string): Pass[] => Array.from({ length: count }, () => gate.enter(address) ?? []).flat();
  const silent = enter(3_000, '203.0.113.9');
  assert.equal(silent.length, 100);
  for (const pass of silent) pass.heard();
  const speaking = [...silent];
  while (speaking.length < 3_000) {
    const pass = gate.enter('203.0.113.9');
    if (pass === undefined) break;
    pass.heard();
    speaking.push(pass);
  }
  assert.equal(speaking.length, 2_000);
  assert.equal(enter(50, '198.51.100.1').length, 50);
  for (const pass of speaking) pass.leave();
  assert.equal(gate.size, 50);
  assert.equal(enter(1, '203.0.113.9').length, 1);
});
