/**
 * Time-based one-time passwords (RFC 6238) as every authenticator makes them: SHA-1, six digits, thirty seconds. A code is good once: who tells the step of the
 * last one gets none that is as old. Pure: told the time.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export const STEP_MS = 30_000;
const DIGITS = 6;
/** Clocks of phones are off; §5.2 recommends one step at most. */
const DRIFT_STEPS = 1;
/** RFC 4226 §4 recommends 160 bits. */
export const SEED_BYTES = 20;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 §6, without padding. */
export function base32(bytes: Uint8Array): string {
  let [text, bits, held] = ['', 0, 0];
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(held >>> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET[(held << (5 - bits)) & 31];
}

/** RFC 4226 §5.3: four bytes from where the last four bits say, without their sign. */
export function codeOf(seed: Uint8Array, step: number, digits = DIGITS): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const hash = createHmac('sha1', seed).update(counter).digest();
  const at = (hash[hash.length - 1] ?? 0) & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 10 ** digits).padStart(digits, '0');
}

/** The step whose code it is; null: it is wrong, or was used before (`lastStep`). */
export function stepOf(seed: Uint8Array, code: string, now: number, lastStep: number): number | null {
  if (!/^[0-9]{6}$/.test(code)) return null;
  const middle = Math.floor(now / STEP_MS);
  for (let step = middle - DRIFT_STEPS; step <= middle + DRIFT_STEPS; step += 1) {
    if (step > lastStep && timingSafeEqual(Buffer.from(codeOf(seed, step)), Buffer.from(code))) return step;
  }
  return null;
}

/** What authenticators read from a QR code (Key URI format). */
export function keyUri(issuer: string, account: string, seed: Uint8Array): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  return `otpauth://totp/${label}?secret=${base32(seed)}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=${DIGITS}&period=${STEP_MS / 1000}`;
}
