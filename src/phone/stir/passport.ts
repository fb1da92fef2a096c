/**
 * A PASSporT (RFC 8225) as SIP's Identity header carries it (RFC 8224, with RFC 8588's "shaken"): reading it, and whether what it says
 * is what the call says. No clock, no network: the certificate's key and the time come in.
 */
import { type KeyObject, verify } from 'node:crypto';
import { normaliseNumber } from '../../customers/normalise.ts';
import { splitValues } from '../address.ts';

/** How sure the originating carrier is of its caller: A knows caller and number, B the caller, C only where the call came in. */
export type Attestation = 'A' | 'B' | 'C';

export interface Passport {
  /** Where the certificate is. */
  x5u: string;
  attestation: Attestation | null;
  /** Digits as signed. */
  origin: string;
  destinations: readonly string[];
  issuedAtMs: number;
  /** What the signature covers. */
  signed: string;
  signature: Buffer;
}

/** Why a call's number is not proven. `absent`: nobody signed it; all others: what was signed does not hold. */
export type Doubt =
  | 'absent'
  | 'unsupported'
  | 'malformed'
  | 'stale'
  | 'other_caller'
  | 'other_callee'
  | 'no_certificate'
  | 'untrusted_certificate'
  | 'bad_signature';

const LONGEST_HEADER = 8_192;
const MOST_DESTINATIONS = 16;
/** RFC 8224 §6.2.4: an old date is refused; sixty seconds is what it names. */
export const FRESH_MS = 60_000;

/** One Identity value, whole form: `header.payload.signature;info=<uri>;alg=ES256;ppt=shaken`. */
export function parseIdentity(value: string): Passport | 'unsupported' | 'malformed' {
  if (value.length > LONGEST_HEADER) return 'malformed';
  const [token = '', ...rest] = value.split(';').map((part) => part.trim());
  const [head = '', body = '', tail = ''] = token.split('.');
  const header = jsonOf(head);
  const payload = jsonOf(body);
  if (header === null || payload === null || tail === '') return head === '' || body === '' ? 'unsupported' : 'malformed';
  // RFC 8225 §8: ES256 is the one algorithm everybody has. RFC 8224 §4: "info" names the certificate that x5u names.
  if (header.alg !== 'ES256' || (header.ppt !== undefined && header.ppt !== 'shaken')) return 'unsupported';
  const info = rest.find((param) => /^info=/i.test(param))?.slice(5);
  const x5u = typeof header.x5u === 'string' ? header.x5u : '';
  if (x5u === '' || info?.replace(/^<|>$/g, '') !== x5u) return 'malformed';
  return claimsOf(payload, { x5u, signed: `${head}.${body}`, signature: Buffer.from(tail, 'base64url') });
}

function claimsOf(payload: Record<string, unknown>, rest: Pick<Passport, 'x5u' | 'signed' | 'signature'>): Passport | 'malformed' {
  const origin = fieldOf(payload.orig, 'tn');
  const destinations = fieldOf(payload.dest, 'tn');
  const { iat, attest } = payload;
  if (typeof origin !== 'string' || !Array.isArray(destinations) || destinations.length > MOST_DESTINATIONS || typeof iat !== 'number') return 'malformed';
  const attestation = attest === 'A' || attest === 'B' || attest === 'C' ? attest : null;
  return { ...rest, attestation, origin, destinations: destinations.filter((each) => typeof each === 'string'), issuedAtMs: iat * 1_000 };
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;

function jsonOf(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : null;
  } catch {
    return null;
  }
}

/** The first Identity value of a header; several are several signers, of which the first counts. */
export const firstIdentity = (header: string): string => splitValues(header)[0] ?? '';

/** What the call itself says, normalised. */
export interface Claimed {
  caller: string;
  callee: string;
  now: number;
}

/** Whether it speaks of this very call, before anybody looks at its signature. */
export function doubtOf(passport: Passport, { caller, callee, now }: Claimed): Doubt | null {
  if (Math.abs(now - passport.issuedAtMs) > FRESH_MS) return 'stale';
  if (!isNumber(passport.origin, caller)) return 'other_caller';
  return passport.destinations.some((each) => isNumber(each, callee)) ? null : 'other_callee';
}

/** RFC 8225 §5.2.1: a tn is digits without the plus. */
const isNumber = (tn: string, number: string): boolean => number !== '' && (normaliseNumber(tn) === number || normaliseNumber(`+${tn}`) === number);

export const signatureFits = ({ signed, signature }: Passport, key: KeyObject): boolean =>
  key.asymmetricKeyType === 'ec' && verify('sha256', Buffer.from(signed, 'latin1'), { key, dsaEncoding: 'ieee-p1363' }, signature);
