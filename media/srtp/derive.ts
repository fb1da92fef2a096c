/** Session keys out of a master key, RFC 3711 §4.3 with a key derivation rate of zero: each is derived once. */
import { createCipheriv } from 'node:crypto';
import { KEY_BYTES, type MasterKey, type Suite } from './suite.ts';

export interface SessionKeys {
  cipher: Buffer;
  /** Empty for AEAD. */
  authentication: Buffer;
  salt: Buffer;
}

/** §4.3.1, labels of the six keys. */
const LABELS = { rtp: { cipher: 0, authentication: 1, salt: 2 }, rtcp: { cipher: 3, authentication: 4, salt: 5 } } as const;
const AUTHENTICATION_BYTES = 20;

export function deriveKeys({ key, salt }: Pick<MasterKey, 'key' | 'salt'>, suite: Suite, of: 'rtp' | 'rtcp'): SessionKeys {
  const labels = LABELS[of];
  return {
    cipher: derived(key, salt, labels.cipher, KEY_BYTES),
    authentication: suite.aead ? Buffer.alloc(0) : derived(key, salt, labels.authentication, AUTHENTICATION_BYTES),
    salt: derived(key, salt, labels.salt, suite.saltBytes),
  };
}

/** §4.3.3: AES in counter mode over (salt XOR label · 2^48) · 2^16. RFC 7714 §11: the 12 octets of an AEAD salt stand before two zero octets. */
function derived(key: Uint8Array, salt: Uint8Array, label: number, bytes: number): Buffer {
  const counter = Buffer.alloc(KEY_BYTES);
  counter.set(salt);
  counter[7] = (counter[7] as number) ^ label;
  return createCipheriv('aes-128-ctr', key, counter).update(Buffer.alloc(bytes));
}
