/**
 * Where a program of ours is commanded: a socket file, loopback TCP, or TLS between machines. Over TLS both ends prove that they know one
 * shared secret (a pre-shared key, RFC 5489: no certificates to make or renew), before a byte of what they say is read.
 */
import { hkdfSync } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { connect as connectTls, type TlsOptions } from 'node:tls';

export type ControlAddress = { path: string } | { host: string; port: number; secured: boolean };

/** A secret that can be guessed opens the door: it is for machines, so it may be long. */
export const LEAST_SECRET = 24;

/** `tcp:127.0.0.1:port`, `tls:host:port` (IPv6 in brackets), else a path. */
export function readControlAddress(text: string): ControlAddress {
  const [, scheme, host = '', port = ''] = /^(tcp|tls):(.+):([0-9]{1,5})$/.exec(text) ?? [];
  return scheme === undefined ? { path: text } : { host: host.replace(/^\[|\]$/g, ''), port: Number(port), secured: scheme === 'tls' };
}

/** An ephemeral key exchange under the shared one: who learns the secret later cannot read what was recorded before. */
const SUITE = { ciphers: 'ECDHE-PSK-CHACHA20-POLY1305', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
const IDENTITY = 'huawu';
const HANDSHAKE_WITHIN_MS = 5_000;

const keyOf = (secret: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', 'huawu control socket', 32));

export function securedServer(secret: string): TlsOptions {
  const key = keyOf(secret);
  return { ...SUITE, handshakeTimeout: HANDSHAKE_WITHIN_MS, pskCallback: (_socket, identity) => (identity === IDENTITY ? key : null) };
}

/** `onOpen`: it stands, and the other end knows the secret. */
export function connectControl(address: ControlAddress, secret: string | null, onOpen: () => void): Socket {
  if ('path' in address) return createConnection({ path: address.path }).once('connect', onOpen);
  const { host, port } = address;
  if (!address.secured) return createConnection({ host, port, noDelay: true }).once('connect', onOpen);
  const psk = keyOf(secret ?? '');
  // With a pre-shared key there is no certificate whose name could be checked: who lacks the key cannot finish the handshake.
  const options = { ...SUITE, host, port, checkServerIdentity: () => undefined, pskCallback: () => ({ psk, identity: IDENTITY }) };
  return connectTls(options).setNoDelay(true).once('secureConnect', onOpen);
}
