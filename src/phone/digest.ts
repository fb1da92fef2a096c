/** HTTP digest as SIP uses it (RFC 7616, RFC 8760): reading credentials, and what the right response would be. No state. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { splitValues } from './address.ts';

export type DigestAlgorithm = 'MD5' | 'SHA-256';

/** In the order the challenges are sent: the strongest first, as RFC 8760 §2.4 asks. */
export const digestAlgorithms: readonly DigestAlgorithm[] = ['SHA-256', 'MD5'];

export interface Credentials {
  username: string;
  realm: string;
  nonce: string;
  uri: string;
  response: string;
  algorithm: DigestAlgorithm;
  /** As sent: eight hex digits (they are hashed as they stand). */
  nc: string;
  cnonce: string;
}

const hashes: Record<DigestAlgorithm, string> = { MD5: 'md5', 'SHA-256': 'sha256' };
const LONGEST_HEADER = 4_096;

export const digest = (algorithm: DigestAlgorithm, text: string): string => createHash(hashes[algorithm]).update(text, 'utf8').digest('hex');

export const ha1Of = (algorithm: DigestAlgorithm, username: string, realm: string, password: string): string =>
  digest(algorithm, `${username}:${realm}:${password}`);

/** RFC 7616 §3.4.1, qop=auth: KD(H(A1), nonce:nc:cnonce:qop:H(A2)). */
export function responseOf(ha1: string, method: string, credentials: Omit<Credentials, 'response' | 'username' | 'realm'>): string {
  const { algorithm, nonce, nc, cnonce, uri } = credentials;
  return digest(algorithm, `${ha1}:${nonce}:${nc}:${cnonce}:auth:${digest(algorithm, `${method}:${uri}`)}`);
}

/** Compares in constant time. */
export function responseFits(ha1: string, method: string, credentials: Credentials): boolean {
  const expected = Buffer.from(responseOf(ha1, method, credentials), 'latin1');
  const given = Buffer.from(credentials.response.toLowerCase(), 'latin1');
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** null for anything but complete qop=auth credentials of an algorithm we challenge with. */
export function parseCredentials(header: string): Credentials | null {
  if (header.length > LONGEST_HEADER || !/^Digest\s/i.test(header)) return null;
  const fields = new Map<string, string>();
  for (const part of splitValues(header.slice(7))) {
    const match = /^([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|(\S*))$/.exec(part);
    if (match === null) return null;
    fields.set((match[1] ?? '').toLowerCase(), match[2]?.replaceAll(/\\(.)/g, '$1') ?? match[3] ?? '');
  }
  const field = (name: string): string => fields.get(name) ?? '';
  // RFC 7616 §3.4: "If the algorithm is not present, MD5 is assumed."
  const algorithm = digestAlgorithms.find((known) => known === (fields.get('algorithm') ?? 'MD5').toUpperCase());
  if (algorithm === undefined || field('qop') !== 'auth' || !/^[0-9a-f]{8}$/i.test(field('nc'))) return null;
  const credentials = { username: field('username'), realm: field('realm'), nonce: field('nonce'), uri: field('uri'), response: field('response') };
  if (Object.values(credentials).some((value) => value === '') || field('cnonce') === '') return null;
  return { ...credentials, algorithm, nc: field('nc'), cnonce: field('cnonce') };
}

export const challengeOf = (algorithm: DigestAlgorithm, realm: string, nonce: string, stale: boolean): string =>
  `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale ? ', stale=true' : ''}`;
