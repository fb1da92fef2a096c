/** SRTP's transforms on node:crypto: AES in counter mode with HMAC-SHA1 (RFC 3711 §4), and AES-GCM (RFC 7714). */
import { type Cipher, createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { ENCRYPTED_FLAG, type PacketCipher, RTCP_HEADER_BYTES, RTCP_INDEX_BYTES } from './cipher.ts';
import { deriveKeys, type SessionKeys } from './derive.ts';
import { type MasterKey, type Suite, suiteNamed } from './suite.ts';

const BLOCK = 16;
const LONGEST_PACKET = 2048;
const MOST_BLOCKS = LONGEST_PACKET / BLOCK;

export function plainCipher(master: MasterKey): PacketCipher {
  const suite = suiteNamed(master.suite);
  if (suite === undefined) throw new Error(`unknown SRTP suite ${master.suite}`);
  return cipherOf(suite, deriveKeys(master, suite, 'rtp'), deriveKeys(master, suite, 'rtcp'));
}

export const cipherOf = (suite: Suite, rtp: SessionKeys, rtcp: SessionKeys): PacketCipher =>
  suite.aead ? new GcmCipher(rtp, rtcp) : new CounterCipher(suite, rtp, rtcp);

/** AES in counter mode. The key stream comes from one ECB cipher for the whole session: making a cipher anew costs more than using it. */
class CounterStream {
  readonly #aes: Cipher;
  readonly #salt: Buffer;
  readonly #counters = Buffer.alloc(MOST_BLOCKS * BLOCK);

  constructor({ cipher, salt }: SessionKeys) {
    this.#aes = createCipheriv('aes-128-ecb', cipher, null).setAutoPadding(false);
    this.#salt = salt;
  }

  /** §4.1.1: counters from (salt · 2^16) XOR (SSRC · 2^64) XOR (index · 2^16), one a block. */
  apply(packet: Buffer, start: number, end: number, ssrc: number, indexHigh: number, indexLow: number): void {
    const blocks = Math.ceil((end - start) / BLOCK);
    const counters = this.#counters;
    const salt = this.#salt;
    salt.copy(counters, 0, 0, 14);
    counters.writeInt32BE(salt.readInt32BE(4) ^ ssrc, 4);
    counters.writeInt32BE(salt.readInt32BE(8) ^ indexHigh, 8);
    counters.writeUInt16BE(salt.readUInt16BE(12) ^ indexLow, 12);
    for (let block = 1; block < blocks; block += 1) {
      counters.copyWithin(block * BLOCK, 0, 14);
      counters.writeUInt16BE(block, block * BLOCK + 14);
    }
    counters.writeUInt16BE(0, 14);
    const stream = this.#aes.update(counters.subarray(0, blocks * BLOCK));
    for (let at = start; at < end; at += 1) packet[at] = (packet[at] as number) ^ (stream[at - start] as number);
  }
}

class CounterCipher implements PacketCipher {
  readonly #suite: Suite;
  readonly #rtp: CounterStream;
  readonly #rtcp: CounterStream;
  readonly #rtpKey: KeyObject;
  readonly #rtcpKey: KeyObject;
  readonly #roc = Buffer.alloc(4);

  constructor(suite: Suite, rtp: SessionKeys, rtcp: SessionKeys) {
    this.#suite = suite;
    this.#rtp = new CounterStream(rtp);
    this.#rtcp = new CounterStream(rtcp);
    this.#rtpKey = createSecretKey(rtp.authentication);
    this.#rtcpKey = createSecretKey(rtcp.authentication);
  }

  sealRtp(packet: Buffer, start: number, end: number, ssrc: number, roc: number, sequence: number): void {
    this.#rtp.apply(packet, start, end, ssrc, roc, sequence);
    this.#rtpTag(packet, end, roc).copy(packet, end, 0, this.#suite.rtpTagBytes);
  }

  openRtp(packet: Buffer, start: number, end: number, ssrc: number, roc: number, sequence: number): boolean {
    const bytes = this.#suite.rtpTagBytes;
    if (!timingSafeEqual(packet.subarray(end, end + bytes), this.#rtpTag(packet, end, roc).subarray(0, bytes))) return false;
    this.#rtp.apply(packet, start, end, ssrc, roc, sequence);
    return true;
  }

  sealRtcp(packet: Buffer, end: number, ssrc: number, index: number): void {
    this.#rtcp.apply(packet, RTCP_HEADER_BYTES, end, ssrc, index >>> 16, index & 0xffff);
    packet.writeUInt32BE((ENCRYPTED_FLAG | index) >>> 0, end);
    this.#rtcpTag(packet, end).copy(packet, end + RTCP_INDEX_BYTES, 0, this.#suite.rtcpTagBytes);
  }

  openRtcp(packet: Buffer, end: number, ssrc: number, index: number, encrypted: boolean): boolean {
    const tagAt = end + RTCP_INDEX_BYTES;
    const bytes = this.#suite.rtcpTagBytes;
    if (!timingSafeEqual(packet.subarray(tagAt, tagAt + bytes), this.#rtcpTag(packet, end).subarray(0, bytes))) return false;
    if (encrypted) this.#rtcp.apply(packet, RTCP_HEADER_BYTES, end, ssrc, index >>> 16, index & 0xffff);
    return true;
  }

  /** §4.2: over the packet and the rollover counter. */
  #rtpTag(packet: Buffer, end: number, roc: number): Buffer {
    this.#roc.writeUInt32BE(roc, 0);
    return createHmac('sha1', this.#rtpKey).update(packet.subarray(0, end)).update(this.#roc).digest();
  }

  #rtcpTag(packet: Buffer, end: number): Buffer {
    return createHmac('sha1', this.#rtcpKey)
      .update(packet.subarray(0, end + RTCP_INDEX_BYTES))
      .digest();
  }
}

const GCM_TAG_BYTES = 16;
const GCM_OPTIONS = { authTagLength: GCM_TAG_BYTES };

class GcmCipher implements PacketCipher {
  readonly #rtp: KeyObject;
  readonly #rtcp: KeyObject;
  readonly #rtpSalt: Buffer;
  readonly #rtcpSalt: Buffer;
  readonly #iv = Buffer.alloc(12);
  readonly #aad = Buffer.alloc(RTCP_HEADER_BYTES + RTCP_INDEX_BYTES);

  constructor(rtp: SessionKeys, rtcp: SessionKeys) {
    this.#rtp = createSecretKey(rtp.cipher);
    this.#rtcp = createSecretKey(rtcp.cipher);
    this.#rtpSalt = rtp.salt;
    this.#rtcpSalt = rtcp.salt;
  }

  sealRtp(packet: Buffer, start: number, end: number, ssrc: number, roc: number, sequence: number): void {
    this.#ivOf(this.#rtpSalt, ssrc, roc, sequence);
    seal(this.#rtp, this.#iv, packet, packet.subarray(0, start), start, end);
  }

  openRtp(packet: Buffer, start: number, end: number, ssrc: number, roc: number, sequence: number): boolean {
    this.#ivOf(this.#rtpSalt, ssrc, roc, sequence);
    return open(this.#rtp, this.#iv, packet, packet.subarray(0, start), start, end);
  }

  sealRtcp(packet: Buffer, end: number, ssrc: number, index: number): void {
    this.#rtcpIv(ssrc, index);
    packet.writeUInt32BE((ENCRYPTED_FLAG | index) >>> 0, end + GCM_TAG_BYTES);
    seal(this.#rtcp, this.#iv, packet, this.#rtcpAad(packet, end + GCM_TAG_BYTES), RTCP_HEADER_BYTES, end);
  }

  /** RFC 7714 §9.3: of a packet that is not encrypted all octets are only authenticated. */
  openRtcp(packet: Buffer, end: number, ssrc: number, index: number, encrypted: boolean): boolean {
    this.#rtcpIv(ssrc, index);
    if (encrypted) return open(this.#rtcp, this.#iv, packet, this.#rtcpAad(packet, end + GCM_TAG_BYTES), RTCP_HEADER_BYTES, end);
    const indexAt = end + GCM_TAG_BYTES;
    const aad = Buffer.concat([packet.subarray(0, end), packet.subarray(indexAt, indexAt + RTCP_INDEX_BYTES)]);
    return open(this.#rtcp, this.#iv, packet, aad, end, end);
  }

  /** RFC 7714 §9.1: two zero octets, SSRC, six octets of index; XOR the salt. */
  #ivOf(salt: Buffer, ssrc: number, roc: number, low: number): void {
    salt.copy(this.#iv, 0, 0, 2);
    this.#iv.writeInt32BE(salt.readInt32BE(2) ^ ssrc, 2);
    this.#iv.writeInt32BE(salt.readInt32BE(6) ^ roc, 6);
    this.#iv.writeUInt16BE(salt.readUInt16BE(10) ^ low, 10);
  }

  #rtcpIv(ssrc: number, index: number): void {
    this.#ivOf(this.#rtcpSalt, ssrc, index >>> 16, index & 0xffff);
  }

  #rtcpAad(packet: Buffer, indexAt: number): Buffer {
    packet.copy(this.#aad, 0, 0, RTCP_HEADER_BYTES);
    packet.copy(this.#aad, RTCP_HEADER_BYTES, indexAt, indexAt + RTCP_INDEX_BYTES);
    return this.#aad;
  }
}

function seal(key: KeyObject, iv: Buffer, packet: Buffer, aad: Buffer, start: number, end: number): void {
  const cipher = createCipheriv('aes-128-gcm', key, iv, GCM_OPTIONS).setAAD(aad);
  cipher.update(packet.subarray(start, end)).copy(packet, start);
  cipher.final();
  cipher.getAuthTag().copy(packet, end);
}

function open(key: KeyObject, iv: Buffer, packet: Buffer, aad: Buffer, start: number, end: number): boolean {
  const decipher = createDecipheriv('aes-128-gcm', key, iv, GCM_OPTIONS)
    .setAAD(aad)
    .setAuthTag(packet.subarray(end, end + GCM_TAG_BYTES));
  const opened = decipher.update(packet.subarray(start, end));
  try {
    decipher.final();
  } catch {
    return false;
  }
  opened.copy(packet, start);
  return true;
}
