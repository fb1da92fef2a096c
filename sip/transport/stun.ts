import { isIPv6 } from 'node:net';
import { addressBytes } from './addresses.ts';

/** RFC 8489 §5: the second word of every STUN message. */
const MAGIC_COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const XOR_MAPPED_ADDRESS = 0x0020;
const HEADER_BYTES = 20;
const MOST_BYTES = 548;

/** A binding request that can be answered: its transaction id, the cookie before it. */
export function bindingRequestIn(bytes: Buffer): Buffer | undefined {
  if (bytes.length < HEADER_BYTES || bytes.length > MOST_BYTES || bytes.readUInt16BE(0) !== BINDING_REQUEST) return undefined;
  if (bytes.readUInt32BE(4) !== MAGIC_COOKIE || bytes.readUInt16BE(2) !== bytes.length - HEADER_BYTES || bytes.length % 4 !== 0) return undefined;
  return areAttributesKnown(bytes) ? bytes.subarray(4, HEADER_BYTES) : undefined;
}

/** Well formed, and none that must be understood: a keep-alive (RFC 5626 §8) needs no more than the bare request. */
function areAttributesKnown(bytes: Buffer): boolean {
  let at = HEADER_BYTES;
  while (at + 4 <= bytes.length) {
    if (bytes.readUInt16BE(at) < 0x8000) return false;
    at += 4 + Math.ceil(bytes.readUInt16BE(at + 2) / 4) * 4;
  }
  return at === bytes.length;
}

/** RFC 5626 §3.5.2: the success response says where the request came from, so that a phone sees that its NAT gave it another address. */
export function bindingResponse(cookieAndId: Buffer, address: string, port: number): Buffer {
  const host = Buffer.from(addressBytes(address));
  const response = Buffer.alloc(HEADER_BYTES + 8 + host.length);
  response.writeUInt16BE(BINDING_SUCCESS, 0);
  response.writeUInt16BE(response.length - HEADER_BYTES, 2);
  cookieAndId.copy(response, 4);
  response.writeUInt16BE(XOR_MAPPED_ADDRESS, HEADER_BYTES);
  response.writeUInt16BE(4 + host.length, HEADER_BYTES + 2);
  response[HEADER_BYTES + 5] = isIPv6(address) ? 2 : 1;
  response.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), HEADER_BYTES + 6);
  // An IPv4 address is masked by the cookie, an IPv6 one by the cookie and the transaction id.
  for (const [n, byte] of host.entries()) response[HEADER_BYTES + 8 + n] = byte ^ (cookieAndId[n] ?? 0);
  return response;
}

/** STUN and SIP share the port: a SIP message never begins with a zero byte, a STUN one always with two zero bits. */
export const isStun = (bytes: Buffer): boolean => bytes.length >= HEADER_BYTES && (bytes[0] ?? 0xff) < 4 && bytes.readUInt32BE(4) === MAGIC_COOKIE;

/** What phones send to keep a NAT open and want no answer to: line ends, or zero bytes. */
export function isBareKeepAlive(bytes: Buffer): boolean {
  return bytes.length <= 4 && (bytes.every((byte) => byte === 0x0d || byte === 0x0a) || bytes.every((byte) => byte === 0));
}
