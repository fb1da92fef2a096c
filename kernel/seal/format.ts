/**
 * Sealed files: content that grows, and that nobody without the master key can read, change, cut, reorder or exchange unnoticed.
 *
 *   head (512 bytes) │ frame 0 │ frame 1 │ … │ tail, shorter than a frame, or none │ end (68 bytes)
 *
 * Each file has a data key of its own, which stands in the head wrapped (AES-256-GCM) by a master key. A frame is one AES-256-GCM message of
 * `frameBytes` and its tag, so that frame k lies at a known place and can be read alone. Its nonce is the file's prefix and its number; tail and
 * end count in ranges of their own, so that no nonce is used twice even when a crash lets them be written again.
 * All of them authenticate the file's identity: the hash of the head without the wrapping, so that a file can be wrapped
 * under another master key without its frames being touched.
 *
 * The chain is c₀ = identity, cₖ₊₁ = SHA-256(cₖ ‖ frame k as it lies on disk). Its last value is the seal: kept elsewhere, it
 * also shows a file that was put back as it once was. A file without an end is still growing, or its writer died: all its frames can be read.
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { randomKey } from '../ids.ts';
import { KEY_BYTES, KEY_ID_BYTES, type KeyRing, type MasterKey } from './keys.ts';

export const HEAD_BYTES = 512;
export const END_BYTES = 68;
export const TAG_BYTES = 16;
export const CHAIN_BYTES = 32;

const MAGIC = 'HUAWUSL1';
const END_MAGIC = 'HUAWUEND';
const NONCE_BYTES = 12;
const PREFIX_BYTES = 8;
/** Where things lie in the head. */
const AT = { frameBytes: 8, aboutLength: 12, prefix: 16, about: 24, keyId: 408, wrapNonce: 416, wrappedKey: 428, wrapTag: 460 };
const MOST_ABOUT_BYTES = AT.keyId - AT.about;
const MOST_FRAME_BYTES = 1 << 20;
/** Numbers of frames end here; the nonces of tail and end lie above. */
export const MOST_FRAMES = 0x7fff_ffff;
const TAIL = 0x8000_0000;
const END = 0xc000_0000;
const END_KINDS = ['finished', 'repaired'] as const;
export type EndKind = (typeof END_KINDS)[number];

/** What is wrong with a file; `wrong_key`: no master key of ours has wrapped it. */
export type SealFault = 'not_sealed' | 'wrong_key' | 'shredded' | 'changed' | 'cut';
export class SealError extends Error {
  readonly fault: SealFault;
  constructor(fault: SealFault, message: string) {
    super(message);
    this.name = 'SealError';
    this.fault = fault;
  }
}

/** What a file is, as its head tells. */
export interface Head {
  frameBytes: number;
  /** What the content is, for whoever wrote it: 384 bytes of UTF-8 at most. */
  about: string;
  keyId: string;
  identity: Buffer;
}

/** Seals and opens the parts of one file. */
export class Cipher {
  readonly #key: Buffer;
  readonly #nonce = Buffer.alloc(NONCE_BYTES);
  readonly #bound = Buffer.alloc(CHAIN_BYTES + 4);

  constructor(key: Buffer, prefix: Buffer, identity: Buffer) {
    this.#key = key;
    prefix.copy(this.#nonce);
    identity.copy(this.#bound);
  }

  /** Writes the part's ciphertext and tag into `into` from `at` on. */
  seal(number: number, plain: Buffer, into: Buffer, at: number): void {
    this.#number(number);
    const cipher = createCipheriv('aes-256-gcm', this.#key, this.#nonce).setAAD(this.#bound);
    at += cipher.update(plain).copy(into, at);
    at += cipher.final().copy(into, at);
    cipher.getAuthTag().copy(into, at);
  }

  /** null: these are not the bytes that were sealed under this number. */
  open(number: number, sealed: Buffer): Buffer | null {
    this.#number(number);
    const body = sealed.length - TAG_BYTES;
    if (body < 0) return null;
    const decipher = createDecipheriv('aes-256-gcm', this.#key, this.#nonce).setAAD(this.#bound).setAuthTag(sealed.subarray(body));
    const plain = decipher.update(sealed.subarray(0, body));
    try {
      decipher.final();
      return plain;
    } catch {
      return null;
    }
  }

  /** Other data of the same file, kept beside it: a nonce of its own travels in front. */
  sealBeside(plain: Buffer, name: string): Buffer {
    const nonce = randomKey(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.concat([this.#bound.subarray(0, CHAIN_BYTES), Buffer.from(name)]));
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  openBeside(sealed: Buffer, name: string): Buffer | null {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
    const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.concat([this.#bound.subarray(0, CHAIN_BYTES), Buffer.from(name)])).setAuthTag(sealed.subarray(-TAG_BYTES));
    const plain = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
    try {
      decipher.final();
      return plain;
    } catch {
      return null;
    }
  }

  #number(number: number): void {
    this.#nonce.writeUInt32BE(number, PREFIX_BYTES);
    this.#bound.writeUInt32BE(number, CHAIN_BYTES);
  }
}

export const tailNumber = (frame: number): number => TAIL + frame;

const identityOf = (head: Buffer): Buffer => createHash('sha256').update(head.subarray(0, AT.keyId)).digest();

export function makeHead(about: string, frameBytes: number, master: MasterKey): { bytes: Buffer; head: Head; cipher: Cipher } {
  const text = Buffer.from(about);
  if (text.length > MOST_ABOUT_BYTES) throw new Error(`"about" has ${text.length} bytes: ${MOST_ABOUT_BYTES} at most`);
  const bytes = Buffer.alloc(HEAD_BYTES);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt32LE(frameBytes, AT.frameBytes);
  bytes.writeUInt16LE(text.length, AT.aboutLength);
  const prefix = randomKey(PREFIX_BYTES);
  prefix.copy(bytes, AT.prefix);
  text.copy(bytes, AT.about);
  const identity = identityOf(bytes);
  const key = randomKey(KEY_BYTES);
  wrap(bytes, key, identity, master);
  return { bytes, head: { frameBytes, about, keyId: master.id, identity }, cipher: new Cipher(key, prefix, identity) };
}

function wrap(head: Buffer, key: Buffer, identity: Buffer, master: MasterKey): void {
  head.write(master.id, AT.keyId, 'hex');
  const nonce = randomKey(NONCE_BYTES);
  nonce.copy(head, AT.wrapNonce);
  const cipher = createCipheriv('aes-256-gcm', master.key, nonce).setAAD(identity);
  cipher.update(key).copy(head, AT.wrappedKey);
  cipher.final();
  cipher.getAuthTag().copy(head, AT.wrapTag);
}

/** Throws a SealError when this is no sealed file, or its key is gone or not ours. */
export function readHead(bytes: Buffer, keys: KeyRing): { head: Head; cipher: Cipher } {
  if (bytes.length < HEAD_BYTES || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new SealError('not_sealed', 'this is no sealed file');
  const frameBytes = bytes.readUInt32LE(AT.frameBytes);
  const aboutLength = bytes.readUInt16LE(AT.aboutLength);
  if (frameBytes === 0 || frameBytes > MOST_FRAME_BYTES || aboutLength > MOST_ABOUT_BYTES) throw new SealError('changed', 'the head was changed');
  const identity = identityOf(bytes);
  const keyId = bytes.toString('hex', AT.keyId, AT.keyId + KEY_ID_BYTES);
  const key = unwrap(bytes, keyId, identity, keys);
  const about = bytes.toString('utf8', AT.about, AT.about + aboutLength);
  return { head: { frameBytes, about, keyId, identity }, cipher: new Cipher(key, bytes.subarray(AT.prefix, AT.about), identity) };
}

function unwrap(head: Buffer, keyId: string, identity: Buffer, keys: KeyRing): Buffer {
  if (/^0+$/.test(keyId)) throw new SealError('shredded', 'its key was destroyed: nobody can read it any more');
  const master = keys.find(keyId);
  if (master === undefined)
    throw new SealError('wrong_key', `it was sealed under master key ${keyId}, which is not among the keys given: add that key to RECORDING_KEY`);
  const decipher = createDecipheriv('aes-256-gcm', master.key, head.subarray(AT.wrapNonce, AT.wrappedKey));
  decipher.setAAD(identity).setAuthTag(head.subarray(AT.wrapTag, AT.wrapTag + TAG_BYTES));
  const key = decipher.update(head.subarray(AT.wrappedKey, AT.wrapTag));
  try {
    decipher.final();
  } catch {
    throw new SealError('changed', 'the head was changed');
  }
  return key;
}

/** The part of the head that holds the wrapped key: overwritten, the file is unreadable for ever. */
export const WRAPPING = { at: AT.keyId, bytes: HEAD_BYTES - AT.keyId };

export interface End {
  kind: EndKind;
  /** Of the content, tail included. */
  plainBytes: number;
  chain: Buffer;
}

export function makeEnd({ kind, plainBytes, chain }: End, cipher: Cipher): Buffer {
  const bytes = Buffer.alloc(END_BYTES);
  bytes.write(END_MAGIC, 0, 'latin1');
  const number = END + END_KINDS.indexOf(kind);
  const body = Buffer.alloc(8 + CHAIN_BYTES);
  body.writeBigUInt64LE(BigInt(plainBytes), 0);
  chain.copy(body, 8);
  bytes.writeUInt32LE(number - END, 8);
  cipher.seal(number, body, bytes, END_BYTES - body.length - TAG_BYTES);
  return bytes;
}

/** null: this is no end (the file is still growing, or was cut). Throws a SealError when it was changed. */
export function readEnd(bytes: Buffer, cipher: Cipher): End | null {
  if (bytes.length !== END_BYTES || bytes.toString('latin1', 0, END_MAGIC.length) !== END_MAGIC) return null;
  const kind = END_KINDS[bytes.readUInt32LE(8)];
  const body = kind === undefined ? null : cipher.open(END + END_KINDS.indexOf(kind), bytes.subarray(END_BYTES - 8 - CHAIN_BYTES - TAG_BYTES));
  if (kind === undefined || body === null) throw new SealError('changed', 'the end was changed');
  return { kind, plainBytes: Number(body.readBigUInt64LE(0)), chain: body.subarray(8) };
}

/** The next value of the chain. */
export const chained = (chain: Buffer, frame: Buffer): Buffer => createHash('sha256').update(chain).update(frame).digest();
