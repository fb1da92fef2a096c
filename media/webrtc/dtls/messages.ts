/** The messages of the handshake: RFC 5246 §7.4, RFC 6347 §4.2, RFC 8422 (elliptic curves), RFC 5764 §4.1 (use_srtp). */
import { SUITES, type Suite } from '../../srtp/suite.ts';
import { Malformed, number, numbers, Reader, vector } from './bytes.ts';
import { VERSION } from './record.ts';

export const MESSAGE = {
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

/** RFC 8827 §6.5: every browser must have it, with P-256. */
export const ECDHE_ECDSA_AES_128_GCM = 0xc02b;
/** Also where the other side is the server and has an RSA key. */
const ECDHE_RSA_AES_128_GCM = 0xc02f;
const P256 = 23;
const NAMED_CURVE = 3;
const UNCOMPRESSED = 0;
const ECDSA_P256_SHA256 = 0x0403;
const RSA_PSS_SHA256 = 0x0804;
const RSA_PKCS1_SHA256 = 0x0401;
export const SIGNATURES: readonly number[] = [ECDSA_P256_SHA256, RSA_PSS_SHA256, RSA_PKCS1_SHA256];
export const isRsaPss = (algorithm: number): boolean => algorithm === RSA_PSS_SHA256;

const EXTENSION = { groups: 10, pointFormats: 11, signatures: 13, useSrtp: 14, extendedMaster: 23, renegotiation: 0xff01 } as const;
const RANDOM_BYTES = 32;
const ECDSA_SIGN = 64;
const RSA_SIGN = 1;
/** RFC 5746 §3.3: stands in the list of ciphers and means the extension. */
const RENEGOTIATION_SCSV = 0x00ff;

export interface ClientHello {
  version: number;
  random: Buffer;
  ciphers: number[];
  groups: number[] | null;
  signatures: number[];
  profiles: number[];
  extendedMaster: boolean;
  renegotiation: boolean;
  pointFormats: boolean;
}

function readExtensions(reader: Reader): Map<number, Buffer> {
  const extensions = new Map<number, Buffer>();
  if (reader.left === 0) return extensions;
  const list = new Reader(reader.vector(2));
  while (list.left > 0) extensions.set(list.number(2), list.vector(2));
  reader.end();
  return extensions;
}

const numbersIn = (body: Buffer | undefined, each: 1 | 2): number[] => (body === undefined ? [] : new Reader(body).numbers(2, each));

export function readClientHello(body: Buffer): ClientHello {
  const reader = new Reader(body);
  const version = reader.number(2);
  const random = reader.bytes(RANDOM_BYTES);
  reader.vector(1);
  reader.vector(1);
  const ciphers = reader.numbers(2, 2);
  if (!reader.numbers(1, 1).includes(0)) throw new Malformed('compression only');
  const extensions = readExtensions(reader);
  return {
    version,
    random,
    ciphers,
    groups: extensions.has(EXTENSION.groups) ? numbersIn(extensions.get(EXTENSION.groups), 2) : null,
    signatures: numbersIn(extensions.get(EXTENSION.signatures), 2),
    profiles: numbersIn(extensions.get(EXTENSION.useSrtp), 2),
    extendedMaster: extensions.has(EXTENSION.extendedMaster),
    renegotiation: extensions.has(EXTENSION.renegotiation) || ciphers.includes(RENEGOTIATION_SCSV),
    pointFormats: extensions.has(EXTENSION.pointFormats),
  };
}

/** Why we do not speak with this client; null = we do. */
export function refusalOf(hello: ClientHello): string | null {
  if (hello.version > VERSION) return 'the other side speaks no DTLS 1.2';
  if (!hello.ciphers.includes(ECDHE_ECDSA_AES_128_GCM)) return 'the other side has no cipher in common (ECDHE-ECDSA with AES-128-GCM)';
  if (hello.groups !== null && !hello.groups.includes(P256)) return 'the other side has no curve in common (P-256)';
  if (!hello.signatures.includes(ECDSA_P256_SHA256)) return 'the other side has no signature in common (ECDSA with SHA-256)';
  if (!hello.extendedMaster) return 'the other side has no extended master secret';
  return profileOf(hello.profiles) === null ? 'the other side has no SRTP profile in common' : null;
}

/** Our best of theirs. */
export const profileOf = (profiles: readonly number[]): Suite | null => SUITES.find(({ profile }) => profiles.includes(profile)) ?? null;

const extension = (type: number, body: Buffer): Buffer => Buffer.concat([number(type, 2), vector(2, body)]);
const EXTENDED_MASTER = extension(EXTENSION.extendedMaster, Buffer.alloc(0));
const NO_RENEGOTIATION = extension(EXTENSION.renegotiation, Buffer.from([0]));
const POINT_FORMATS = extension(EXTENSION.pointFormats, vector(1, Buffer.from([UNCOMPRESSED])));
const useSrtp = (profiles: readonly number[]): Buffer => extension(EXTENSION.useSrtp, Buffer.concat([vector(2, numbers(profiles, 2)), Buffer.from([0])]));

export const clientHello = (random: Buffer, cookie: Buffer): Buffer =>
  Buffer.concat([
    number(VERSION, 2),
    random,
    vector(1),
    vector(1, cookie),
    vector(2, numbers([ECDHE_ECDSA_AES_128_GCM, ECDHE_RSA_AES_128_GCM], 2)),
    vector(1, Buffer.from([0])),
    vector(
      2,
      extension(EXTENSION.groups, vector(2, number(P256, 2))),
      POINT_FORMATS,
      extension(EXTENSION.signatures, vector(2, numbers(SIGNATURES, 2))),
      useSrtp(SUITES.map(({ profile }) => profile)),
      EXTENDED_MASTER,
      NO_RENEGOTIATION,
    ),
  ]);

export const serverHello = (random: Buffer, suite: Suite, hello: ClientHello): Buffer =>
  Buffer.concat([
    number(VERSION, 2),
    random,
    vector(1),
    number(ECDHE_ECDSA_AES_128_GCM, 2),
    Buffer.from([0]),
    vector(2, useSrtp([suite.profile]), EXTENDED_MASTER, ...(hello.renegotiation ? [NO_RENEGOTIATION] : []), ...(hello.pointFormats ? [POINT_FORMATS] : [])),
  ]);

/** The random and the SRTP profile of a server that chose what we can do. */
export function readServerHello(body: Buffer): { random: Buffer; suite: Suite } {
  const reader = new Reader(body);
  const version = reader.number(2);
  const random = reader.bytes(RANDOM_BYTES);
  reader.vector(1);
  const cipher = reader.number(2);
  const compression = reader.number(1);
  const extensions = readExtensions(reader);
  const suite = profileOf(numbersIn(extensions.get(EXTENSION.useSrtp)?.subarray(0, 4), 2));
  const sound = version === VERSION && compression === 0 && (cipher === ECDHE_ECDSA_AES_128_GCM || cipher === ECDHE_RSA_AES_128_GCM);
  if (!sound || suite === null || !extensions.has(EXTENSION.extendedMaster)) throw new Malformed('a ServerHello that chose what we did not offer');
  return { random, suite };
}

export function readCookie(body: Buffer): Buffer {
  const reader = new Reader(body);
  reader.number(2);
  return reader.vector(1);
}

export const certificateMessage = (der: Buffer): Buffer => vector(3, vector(3, der));

/** The first of the chain: the others would vouch for it, but the fingerprint does. null = there is none. */
export function readCertificate(body: Buffer): Buffer | null {
  const list = new Reader(new Reader(body).vector(3));
  return list.left === 0 ? null : list.vector(3);
}

export const curveParameters = (point: Buffer): Buffer => Buffer.concat([number(NAMED_CURVE, 1), number(P256, 2), vector(1, point)]);

export const serverKeyExchange = (parameters: Buffer, signature: Buffer): Buffer => Buffer.concat([parameters, signed(signature)]);
export const signed = (signature: Buffer): Buffer => Buffer.concat([number(ECDSA_P256_SHA256, 2), vector(2, signature)]);

export interface Signed {
  algorithm: number;
  signature: Buffer;
}

export function readServerKeyExchange(body: Buffer): Signed & { point: Buffer; parameters: Buffer } {
  const reader = new Reader(body);
  if (reader.number(1) !== NAMED_CURVE || reader.number(2) !== P256) throw new Malformed('a curve we did not offer');
  const point = reader.vector(1);
  return { point, parameters: body.subarray(0, body.length - reader.left), ...readSigned(reader) };
}

export function readSigned(reader: Reader): Signed {
  const read = { algorithm: reader.number(2), signature: reader.vector(2) };
  reader.end();
  return read;
}

export const readPoint = (body: Buffer): Buffer => new Reader(body).vector(1);

/** Both kinds of certificates, signed as we understand; no names of authorities. */
export const CERTIFICATE_REQUEST = Buffer.concat([vector(1, Buffer.from([ECDSA_SIGN, RSA_SIGN])), vector(2, numbers(SIGNATURES, 2)), vector(2)]);
