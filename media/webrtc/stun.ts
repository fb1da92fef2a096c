/** STUN messages (RFC 8489) as connectivity checks use them (RFC 8445 §7): read, verified, answered. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { crc32 } from 'node:zlib';

export const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;

const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const XOR_MAPPED_ADDRESS = 0x0020;
const PRIORITY = 0x0024;
const USE_CANDIDATE = 0x0025;
const FINGERPRINT = 0x8028;
const ICE_CONTROLLED = 0x8029;
const ICE_CONTROLLING = 0x802a;
/** RFC 8489 §14: attributes below this must be understood; those above may be ignored. */
const FIRST_OPTIONAL = 0x8000;
const UNDERSTOOD: ReadonlySet<number> = new Set([USERNAME, MESSAGE_INTEGRITY, PRIORITY, USE_CANDIDATE]);

const HEADER_BYTES = 20;
const ATTRIBUTE_HEADER_BYTES = 4;
const INTEGRITY_BYTES = 20;
const MAGIC_COOKIE = 0x2112a442;
const FINGERPRINT_XOR = 0x5354554e;
/** A check has half a dozen attributes. */
const MOST_ATTRIBUTES = 32;
const MOST_BYTES = 1500;

export interface StunMessage {
  type: number;
  transaction: Buffer;
  username: string | null;
  priority: number;
  useCandidate: boolean;
  /** Which role its sender takes; null = it does not say. */
  role: 'controlling' | 'controlled' | null;
  mapped: { address: string; port: number } | null;
  errorCode: number | null;
  /** Where MESSAGE-INTEGRITY stands; null = it is not signed. */
  integrityAt: number | null;
  unknown: number[];
}

/** RFC 7983: the first byte tells STUN (0–3) from DTLS (20–63) and RTP (128–191); the cookie tells it from anything else. */
export const isStun = (packet: Buffer): boolean => packet.length >= HEADER_BYTES && (packet[0] as number) < 4 && packet.readUInt32BE(4) === MAGIC_COOKIE;

/** null = no sound STUN message, or one without the FINGERPRINT that every check carries (RFC 8445 §7.1.2), or with a wrong one. */
export function readStun(packet: Buffer): StunMessage | null {
  if (!isStun(packet) || packet.length > MOST_BYTES || packet.readUInt16BE(2) !== packet.length - HEADER_BYTES || (packet.length & 3) !== 0) return null;
  const message: StunMessage = {
    type: packet.readUInt16BE(0),
    transaction: packet.subarray(8, HEADER_BYTES),
    username: null,
    priority: 0,
    useCandidate: false,
    role: null,
    mapped: null,
    errorCode: null,
    integrityAt: null,
    unknown: [],
  };
  let at = HEADER_BYTES;
  for (let count = 0; count < MOST_ATTRIBUTES && at + ATTRIBUTE_HEADER_BYTES <= packet.length; count += 1) {
    const type = packet.readUInt16BE(at);
    const start = at + ATTRIBUTE_HEADER_BYTES;
    const end = start + packet.readUInt16BE(at + 2);
    if (end > packet.length) return null;
    if (type === FINGERPRINT) return end === packet.length && isFingerprintSound(packet, at) ? message : null;
    // What follows MESSAGE-INTEGRITY is signed by nobody: ignored (RFC 8489 §14.5).
    if (message.integrityAt === null && !readAttribute(message, type, packet.subarray(start, end), at)) return null;
    at = end + (-end & 3);
  }
  return null;
}

function readAttribute(message: StunMessage, type: number, value: Buffer, at: number): boolean {
  if (type === USERNAME) message.username = value.toString('utf8');
  else if (type === PRIORITY && value.length === 4) message.priority = value.readUInt32BE(0);
  else if (type === USE_CANDIDATE) message.useCandidate = true;
  else if (type === ICE_CONTROLLING || type === ICE_CONTROLLED) message.role = type === ICE_CONTROLLING ? 'controlling' : 'controlled';
  else if (type === XOR_MAPPED_ADDRESS) message.mapped = readMapped(value);
  else if (type === ERROR_CODE && value.length >= 4) message.errorCode = ((value[2] as number) & 7) * 100 + (value[3] as number);
  else if (type === MESSAGE_INTEGRITY) {
    if (value.length !== INTEGRITY_BYTES) return false;
    message.integrityAt = at;
  } else if (type < FIRST_OPTIONAL && !UNDERSTOOD.has(type)) message.unknown.push(type);
  return true;
}

function readMapped(value: Buffer): StunMessage['mapped'] {
  if (value.length !== 8 || value[1] !== 1) return null;
  const bits = (value.readUInt32BE(4) ^ MAGIC_COOKIE) >>> 0;
  return { address: [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.'), port: value.readUInt16BE(2) ^ (MAGIC_COOKIE >>> 16) };
}

function isFingerprintSound(packet: Buffer, at: number): boolean {
  return packet.length - at === 8 && packet.readUInt32BE(at + ATTRIBUTE_HEADER_BYTES) === fingerprintOf(packet.subarray(0, at));
}

const fingerprintOf = (bytes: Buffer): number => (crc32(bytes) ^ FINGERPRINT_XOR) >>> 0;

/** Whether the message is signed with this password (short-term credential). */
export function isSignedWith(packet: Buffer, message: StunMessage, password: string): boolean {
  const at = message.integrityAt;
  if (at === null) return false;
  const signature = packet.subarray(at + ATTRIBUTE_HEADER_BYTES, at + ATTRIBUTE_HEADER_BYTES + INTEGRITY_BYTES);
  return timingSafeEqual(signature, signatureOf(packet.subarray(0, at), password));
}

/** The length in the signed header counts as if the message ended behind MESSAGE-INTEGRITY. */
function signatureOf(before: Buffer, password: string): Buffer {
  const head = Buffer.from(before.subarray(0, HEADER_BYTES));
  head.writeUInt16BE(before.length - HEADER_BYTES + ATTRIBUTE_HEADER_BYTES + INTEGRITY_BYTES, 2);
  return createHmac('sha1', password).update(head).update(before.subarray(HEADER_BYTES)).digest();
}

const attribute = (type: number, value: Buffer): Buffer => {
  const head = Buffer.alloc(ATTRIBUTE_HEADER_BYTES);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
};

/** Complete with FINGERPRINT; signed where a password is given. */
function writeStun(type: number, transaction: Buffer, attributes: Buffer[], password: string | null): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16BE(type, 0);
  head.writeUInt32BE(MAGIC_COOKIE, 4);
  transaction.copy(head, 8);
  let message = Buffer.concat([head, ...attributes]);
  if (password !== null) message = Buffer.concat([message, attribute(MESSAGE_INTEGRITY, signatureOf(message, password))]);
  message.writeUInt16BE(message.length - HEADER_BYTES + 8, 2);
  const fingerprint = Buffer.alloc(4);
  fingerprint.writeUInt32BE(fingerprintOf(message), 0);
  return Buffer.concat([message, attribute(FINGERPRINT, fingerprint)]);
}

export const bindingSuccess = (transaction: Buffer, address: string, port: number, password: string): Buffer =>
  writeStun(BINDING_SUCCESS, transaction, [attribute(XOR_MAPPED_ADDRESS, mappedAddress(transaction, address, port))], password);

const REASONS = { 400: 'Bad Request', 401: 'Unauthenticated', 420: 'Unknown Attribute', 487: 'Role Conflict' } as const;

/** `password` null: RFC 8489 §9.1.3, an answer to somebody who could not prove himself is not signed. */
export function bindingError(transaction: Buffer, code: keyof typeof REASONS, unknown: readonly number[], password: string | null): Buffer {
  const value = Buffer.concat([Buffer.from([0, 0, Math.floor(code / 100), code % 100]), Buffer.from(REASONS[code])]);
  const types = Buffer.alloc(unknown.length * 2);
  for (const [index, type] of unknown.entries()) types.writeUInt16BE(type, index * 2);
  return writeStun(BINDING_ERROR, transaction, [attribute(ERROR_CODE, value), ...(code === 420 ? [attribute(UNKNOWN_ATTRIBUTES, types)] : [])], password);
}

/** A check as a full agent sends it. Our own agent is lite and sends none: for its tests and for measuring. */
export function bindingRequest(
  transaction: Buffer,
  check: { username: string; password: string; priority: number; useCandidate: boolean; role: StunMessage['role'] },
): Buffer {
  const priority = Buffer.alloc(4);
  priority.writeUInt32BE(check.priority, 0);
  const attributes = [
    attribute(USERNAME, Buffer.from(check.username)),
    attribute(PRIORITY, priority),
    ...(check.role === null ? [] : [attribute(check.role === 'controlling' ? ICE_CONTROLLING : ICE_CONTROLLED, Buffer.alloc(8, 7))]),
    ...(check.useCandidate ? [attribute(USE_CANDIDATE, Buffer.alloc(0))] : []),
  ];
  return writeStun(BINDING_REQUEST, transaction, attributes, check.password);
}

function mappedAddress(transaction: Buffer, address: string, port: number): Buffer {
  const bytes = isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address);
  const mask = Buffer.alloc(16);
  mask.writeUInt32BE(MAGIC_COOKIE, 0);
  transaction.copy(mask, 4);
  const value = Buffer.alloc(4 + bytes.length);
  value[1] = bytes.length === 4 ? 1 : 2;
  value.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2);
  for (const [index, byte] of bytes.entries()) value[4 + index] = byte ^ (mask[index] as number);
  return value;
}

function ipv6Bytes(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  const bare = address.replace(/%.*$/, '');
  if (!isIPv6(bare)) return bytes;
  const [head = '', tail] = bare.split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groups(head), tail === undefined ? [] : groups(tail)];
  for (const [index, group] of before.entries()) bytes.writeUInt16BE(group, index * 2);
  for (const [index, group] of after.entries()) bytes.writeUInt16BE(group, 16 - (after.length - index) * 2);
  return bytes;
}
