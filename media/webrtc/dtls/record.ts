/** The record layer of DTLS 1.2, RFC 6347 §4.1, with the one cipher we speak: AES-128-GCM (RFC 5288). */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { ReplayWindow } from '../../srtp/replay.ts';
import { number } from './bytes.ts';
import type { TrafficKey } from './secrets.ts';

export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;
export type ContentType = typeof CHANGE_CIPHER_SPEC | typeof ALERT | typeof HANDSHAKE;
/** DTLS 1.2; versions count down. */
export const VERSION = 0xfefd;

const HEADER_BYTES = 13;
const EXPLICIT_NONCE_BYTES = 8;
const TAG_BYTES = 16;
const MOST_RECORDS = 32;
const LAST_SEQUENCE = 2 ** 48 - 1;

export interface DtlsRecord {
  type: number;
  epoch: number;
  sequence: number;
  fragment: Buffer;
}

/** RFC 7983: the first byte of a DTLS packet is 20 … 63. */
export const isDtls = (packet: Buffer): boolean => packet.length >= HEADER_BYTES && (packet[0] as number) >= 20 && (packet[0] as number) <= 63;

/** The records of a datagram, up to the first that is broken. */
export function readRecords(datagram: Buffer): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= datagram.length && records.length < MOST_RECORDS) {
    const end = at + HEADER_BYTES + datagram.readUInt16BE(at + 11);
    // A ClientHello may call itself DTLS 1.0 in its record; 1.3 has headers of another shape.
    if (end > datagram.length || datagram[at + 1] !== 0xfe) break;
    const fragment = datagram.subarray(at + HEADER_BYTES, end);
    records.push({ type: datagram[at] as number, epoch: datagram.readUInt16BE(at + 3), sequence: datagram.readUIntBE(at + 5, 6), fragment });
    at = end;
  }
  return records;
}

/** One direction of an epoch that is protected. */
export class RecordProtection {
  readonly #key: TrafficKey;
  readonly #seen = new ReplayWindow();

  constructor(key: TrafficKey) {
    this.#key = key;
  }

  seal(header: Buffer, text: Buffer): Buffer {
    const explicit = header.subarray(3, 11);
    const cipher = createCipheriv('aes-128-gcm', this.#key.key, Buffer.concat([this.#key.iv, explicit]));
    cipher.setAAD(aadOf(explicit, header[0] as number, text.length));
    return Buffer.concat([explicit, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  }

  /** null = replayed, or not authentic. */
  open({ type, epoch, sequence, fragment }: DtlsRecord): Buffer | null {
    const bytes = fragment.length - EXPLICIT_NONCE_BYTES - TAG_BYTES;
    if (bytes < 0 || !this.#seen.isNew(sequence)) return null;
    const nonce = Buffer.concat([this.#key.iv, fragment.subarray(0, EXPLICIT_NONCE_BYTES)]);
    const decipher = createDecipheriv('aes-128-gcm', this.#key.key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(aadOf(Buffer.concat([number(epoch, 2), number(sequence, 6)]), type, bytes)).setAuthTag(fragment.subarray(-TAG_BYTES));
    try {
      const text = Buffer.concat([decipher.update(fragment.subarray(EXPLICIT_NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      this.#seen.take(sequence);
      return text;
    } catch {
      return null;
    }
  }
}

const aadOf = (epochAndSequence: Buffer, type: number, bytes: number): Buffer =>
  Buffer.concat([epochAndSequence, number(type, 1), number(VERSION, 2), number(bytes, 2)]);

/** Numbers and protects what we send. */
export class RecordWriter {
  readonly #next = [0, 0];
  #protection: RecordProtection | null = null;

  protect(key: TrafficKey): void {
    this.#protection = new RecordProtection(key);
  }

  get isProtected(): boolean {
    return this.#protection !== null;
  }

  write(type: ContentType, epoch: 0 | 1, text: Buffer): Buffer {
    const sequence = this.#next[epoch] ?? 0;
    if (sequence >= LAST_SEQUENCE) throw new Error('DTLS record numbers are used up');
    this.#next[epoch] = sequence + 1;
    const header = Buffer.concat([number(type, 1), number(VERSION, 2), number(epoch, 2), number(sequence, 6)]);
    const fragment = epoch === 0 ? text : this.#protection?.seal(header, text);
    if (fragment === undefined) throw new Error('no keys for this epoch yet');
    return Buffer.concat([header, number(fragment.length, 2), fragment]);
  }
}
