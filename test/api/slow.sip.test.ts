/** G12: the HTTP server against requests that can be read in two ways, and against who takes forever. Raw bytes on a socket. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { type FakeHouse, openFakeHouse } from './fake-house.ts';

let house: FakeHouse;
let port = 0;
before(async () => {
  house = await openFakeHouse();
  await house.app.listen({ host: '127.0.0.1', port: 0 });
  const address = house.app.server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
after(() => house.app.close());

/** What it answers until it closes, or for so long. */
function said(bytes: string, forMs = 5_000): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const timer = setTimeout(() => socket.destroy(), forMs);
    socket.on('data', (part) => {
      text += part.toString();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}
const head = 'POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
const inner = 'GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\n\r\n';
const answersIn = (text: string): string[] => [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status = '']) => status);

const twice: Record<string, string> = {
  'Transfer-Encoding beside Content-Length': `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
  'two lengths that differ': `${head}Content-Length: 4\r\nContent-Length: 60\r\n\r\n{}\r\n${inner}`,
  'a length that is no number': `${head}Content-Length: +4\r\n\r\n{}\r\n${inner}`,
  'a coding that is no coding': `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${inner}`,
  'a head line that is folded': `${head}X-One: a\r\n Content-Length: 60\r\nContent-Length: x\r\n\r\n${inner}`,
};
for (const [what, bytes] of Object.entries(twice))
  test(`G12: ${what}: 400 and closed, and what comes behind it is no request`, async () => {
    assert.deepEqual(answersIn(await said(bytes)), ['400']);
  });

test('G12: a head has ten seconds and a request thirty, looked at each second', () => {
  const { headersTimeout, requestTimeout } = house.app.server;
  assert.deepEqual([headersTimeout, requestTimeout], [10_000, 30_000]);
});

test('G12: who sends its head slowly is closed with 408', { timeout: 20_000 }, async () => {
  house.app.server.headersTimeout = 300;
  const from = Date.now();
  const answer = await said(`${head}X-Slow: `, 10_000);
  house.app.server.headersTimeout = 10_000;
  assert.deepEqual(answersIn(answer), ['408']);
  assert.ok(Date.now() - from < 9_000, 'before we gave up ourselves');
});
