/** The control port of a media server on another machine: TLS with one secret, over which a call's legs are opened, heard and closed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { connectControl } from '../../kernel/control-socket.ts';
import { encodeFrame } from '../../kernel/frames.ts';
import { shareAt } from '../support/tone.ts';
import { Legs } from './legs.ts';
import { type House, openHouse } from './support.ts';

const SECRET = 'a-secret-of-both-machines-only';
let house: House;
let legs: Legs;
let port: number;
before(async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  ({ port } = probe.address() as { port: number });
  await new Promise((resolve) => probe.close(resolve));
  house = await openHouse({ settings: { MEDIA_SOCKET: `tls:127.0.0.1:${port}`, MEDIA_SECRET: SECRET } });
  legs = new Legs(house);
});
after(async () => {
  legs.close();
  await house.close();
});

test('legs are opened, played to, joined and closed over it, and what happens to them is told', async () => {
  const [a, b] = [await legs.open({ group: 'far' }), await legs.open({ group: 'far' })];
  await house.media.play(a.id, 'p', [{ kind: 'tone', hz: [440], dbm0: -10, onMs: 300, offMs: 0, ms: 300 }], { loop: false, bargeIn: false });
  assert.equal((await house.event('playEnded', (event) => event.playId === 'p')).end, 'finished');
  assert.ok(shareAt(a.party.audio(), 440) > 0.9);
  await house.media.join(a.id, b.id);
  await house.media.sendDigits(b.id, '5');
  assert.equal((await house.media.report()).endpoints, 2);
  for (const { id } of [a, b]) await house.media.close(id);
  assert.equal((await house.media.report()).endpoints, 0);
});

test('who does not know the secret does not finish the handshake; who speaks in clear is not answered', async () => {
  const stranger = connectControl({ host: '127.0.0.1', port, secured: true }, 'another-secret-of-some-length', () => assert.fail('it was let in'));
  await once(stranger, 'error');
  const plain = createConnection({ host: '127.0.0.1', port });
  let answered = '';
  plain.on('data', (chunk: Buffer) => {
    answered += chunk.toString('latin1');
  });
  plain.on('error', () => undefined);
  plain.write(encodeFrame(JSON.stringify({ id: 1, method: 'hello', params: ['x', 0] })));
  await once(plain, 'close');
  assert.doesNotMatch(answered, /known/);
  assert.equal(house.media.connected, true);
});
