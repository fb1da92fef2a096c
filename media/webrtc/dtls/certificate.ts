/**
 * Our certificate: P-256, signed by itself, made once a process. Nobody checks anything about it but its fingerprint, which the SDP
 * tells over the signalling (RFC 8122, RFC 8827 §6.5). Node makes keys but no certificates, hence these few lines of DER.
 */
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';

/** As it travels to the workers. */
export interface CertificateFiles {
  der: Uint8Array;
  /** PKCS #8 */
  key: Uint8Array;
}
export interface OwnCertificate {
  der: Buffer;
  key: KeyObject;
}

export interface Fingerprint {
  hash: string;
  /** `AB:CD:…` */
  value: string;
}

const DAY_MS = 86_400_000;
const VALID_DAYS = 365;
/** RFC 8122 §5 names them; older hashes prove nothing. */
const HASHES: readonly string[] = ['sha-256', 'sha-384', 'sha-512'];

const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const length = body.length < 0x80 ? [body.length] : body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const SEQUENCE = 0x30;
/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = der(SEQUENCE, Buffer.from('06082a8648ce3d040302', 'hex'));
/** CN=huawu */
const NAME = der(SEQUENCE, der(0x31, der(SEQUENCE, Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from('huawu')))));

/** YYMMDDHHMMSSZ */
const utcTime = (atMs: number): Buffer => der(0x17, Buffer.from(`${new Date(atMs).toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));

export function makeCertificate(nowMs: number): CertificateFiles {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const toBeSigned = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ECDSA_WITH_SHA256,
    NAME,
    der(SEQUENCE, utcTime(nowMs - DAY_MS), utcTime(nowMs + VALID_DAYS * DAY_MS)),
    NAME,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', toBeSigned, privateKey));
  return { der: der(SEQUENCE, toBeSigned, ECDSA_WITH_SHA256, signature), key: privateKey.export({ type: 'pkcs8', format: 'der' }) };
}

export const ownCertificate = (files: CertificateFiles): OwnCertificate => ({
  der: Buffer.from(files.der),
  key: createPrivateKey({ key: Buffer.from(files.key), format: 'der', type: 'pkcs8' }),
});

export function fingerprintOf(certificate: Uint8Array, hash = 'sha-256'): string {
  const hex = createHash(hash.replace('-', '')).update(certificate).digest('hex').toUpperCase();
  return (hex.match(/../g) ?? []).join(':');
}

export const isKnownHash = (hash: string): boolean => HASHES.includes(hash);

/** The public key of a certificate that fits the fingerprint; null = it does not, or is no certificate. */
export function keyOfCertificate(certificate: Buffer, { hash, value }: Fingerprint): KeyObject | null {
  if (!isKnownHash(hash) || fingerprintOf(certificate, hash) !== value.toUpperCase()) return null;
  try {
    return new X509Certificate(certificate).publicKey;
  } catch {
    return null;
  }
}
