/** Which connection and which socket a message takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import type { Connection, Line } from '../../sip/transport/connection.ts';
import { Connections } from '../../sip/transport/connections.ts';

const silentLine: Line = { unread: 0, write: () => undefined, pause: () => undefined, resume: () => undefined, end: () => undefined, destroy: () => undefined };
const listener = { id: 'tls:0', protocol: 'tls', address: '0.0.0.0', port: 5061 } as const;

test('B21: RFC 5923: a connection aliased by name is found for that name at its address and port, until it closes; what we dialled is not replaced', () => {
  const connections = new Connections({ onMessage: () => undefined, onBroken: () => undefined, onClosed: () => undefined }, systemClock);
  const accepted = (address: string): { connection: Connection; closed: () => void } =>
    connections.open({ protocol: 'tls', address, port: 40_000, listener, isPeerNamed: (host) => host === 'gw.test' }, silentLine, undefined);
  const hop = { protocol: 'tls', address: '192.0.2.7', port: 5061, name: 'gw.test' } as const;
  const first = accepted('192.0.2.7');
  connections.alias(first.connection, 'other.test', 5061);
  assert.equal(connections.to({ ...hop, name: 'other.test' }), undefined);
  connections.alias(first.connection, 'gw.test', 5061);
  connections.alias(first.connection, 'gw.test', 5071);
  assert.equal(connections.to(hop), first.connection);
  for (const elsewhere of [{ name: undefined }, { port: 5062 }, { port: 5071 }, { address: '192.0.2.8' }])
    assert.equal(connections.to({ ...hop, ...elsewhere }), undefined, JSON.stringify(elsewhere));
  first.closed();
  assert.equal(connections.to(hop), undefined);

  const dialled = connections.open({ ...hop, listener: undefined }, silentLine, undefined).connection;
  connections.alias(accepted('192.0.2.7').connection, 'gw.test', 5061);
  assert.equal(connections.to(hop), dialled);
});
