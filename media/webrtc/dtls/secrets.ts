/** The secrets of a TLS 1.2 session whose hash is SHA-256: RFC 5246 §5, §6.3, §8.1; RFC 7627 §4; RFC 5705 §4. */
import { createHash, createHmac } from 'node:crypto';

const MASTER_BYTES = 48;
const VERIFY_BYTES = 12;
const KEY_BYTES = 16;
const IV_BYTES = 4;

/** P_SHA256 */
function prf(secret: Buffer, label: string, seed: Buffer, bytes: number): Buffer {
  const whole = Buffer.concat([Buffer.from(label, 'latin1'), seed]);
  const hmac = (data: Buffer): Buffer => createHmac('sha256', secret).update(data).digest();
  const parts: Buffer[] = [];
  for (let a = hmac(whole), done = 0; done < bytes; done += 32, a = hmac(a)) parts.push(hmac(Buffer.concat([a, whole])));
  return Buffer.concat(parts).subarray(0, bytes);
}

export const sha256 = (data: Buffer): Buffer => createHash('sha256').update(data).digest();

/** Bound to the whole handshake so far, so that nobody in between can make two sessions share it. */
export const masterSecret = (premaster: Buffer, sessionHash: Buffer): Buffer => prf(premaster, 'extended master secret', sessionHash, MASTER_BYTES);

export const verifyData = (master: Buffer, by: 'client' | 'server', handshakeHash: Buffer): Buffer =>
  prf(master, `${by} finished`, handshakeHash, VERIFY_BYTES);

export interface TrafficKey {
  key: Buffer;
  iv: Buffer;
}

/** AEAD ciphers have no MAC keys. */
export function trafficKeys(master: Buffer, clientRandom: Buffer, serverRandom: Buffer): Record<'client' | 'server', TrafficKey> {
  const block = prf(master, 'key expansion', Buffer.concat([serverRandom, clientRandom]), 2 * (KEY_BYTES + IV_BYTES));
  const ivs = 2 * KEY_BYTES;
  return {
    client: { key: block.subarray(0, KEY_BYTES), iv: block.subarray(ivs, ivs + IV_BYTES) },
    server: { key: block.subarray(KEY_BYTES, ivs), iv: block.subarray(ivs + IV_BYTES) },
  };
}

/** RFC 5764 §4.2: client key, server key, client salt, server salt. */
export function srtpKeys(
  master: Buffer,
  clientRandom: Buffer,
  serverRandom: Buffer,
  saltBytes: number,
): Record<'client' | 'server', { key: Buffer; salt: Buffer }> {
  const block = prf(master, 'EXTRACTOR-dtls_srtp', Buffer.concat([clientRandom, serverRandom]), 2 * (KEY_BYTES + saltBytes));
  const salts = 2 * KEY_BYTES;
  return {
    client: { key: block.subarray(0, KEY_BYTES), salt: block.subarray(salts, salts + saltBytes) },
    server: { key: block.subarray(KEY_BYTES, salts), salt: block.subarray(salts + saltBytes) },
  };
}
