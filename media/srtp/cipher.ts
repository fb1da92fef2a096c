/**
 * What a protection profile does to one packet, in place. `end` is where the packet ends without tag and index; the bytes behind belong to
 * it. Two implementations: `plain-cipher.ts` on node:crypto, and the native one where it was built.
 */
import type { MasterKey } from './suite.ts';

export interface PacketCipher {
  /** Encrypts from `start` and writes the tag behind `end`. */
  sealRtp(packet: Buffer, start: number, end: number, ssrc: number, roc: number, sequence: number): void;
  /** false = not authentic. The packet may be spoilt then. */
  openRtp(packet: Buffer, start: number, end: number, ssrc: number, roc: number, sequence: number): boolean;
  /** Writes tag and index behind `end`. */
  sealRtcp(packet: Buffer, end: number, ssrc: number, index: number): void;
  openRtcp(packet: Buffer, end: number, ssrc: number, index: number, encrypted: boolean): boolean;
}

export type CipherMaker = (master: MasterKey) => PacketCipher;

export const RTCP_HEADER_BYTES = 8;
/** The E flag and the 31 bits of the SRTCP index. */
export const RTCP_INDEX_BYTES = 4;
export const ENCRYPTED_FLAG = 0x8000_0000;
