/**
 * Answering a trunk's challenge (RFC 7616, RFC 8760): drachtio-srf knows MD5 alone, and answers whoever asks. Pure: the client nonce comes in.
 * Only a digest is held, of one realm: a challenge for another realm has no answer (fault row D5; whose address it is, `address.ts` looks).
 */
import type { TrunkSecret } from '../../tenants/trunk.ts';
import { splitValues } from '../address.ts';
import { type DigestAlgorithm, digest } from '../digest.ts';

export interface Challenge {
  realm: string;
  nonce: string;
  algorithm: DigestAlgorithm;
  /** false: RFC 2069 style, without qop. */
  qop: boolean;
  opaque: string | null;
}

export interface Login {
  username: string;
  realm: string;
  secret: TrunkSecret;
}

const LONGEST_HEADER = 8_192;
const MOST_CHALLENGES = 8;

/** The challenge of this realm that we take: the strongest, as RFC 8760 §2.4 wants of a client that can do several. */
export function challengeFor(header: string, realm: string): Challenge | null {
  if (header.length > LONGEST_HEADER) return null;
  const known = challengesIn(header).filter((challenge) => challenge.realm === realm);
  return known.find(({ algorithm }) => algorithm === 'SHA-256') ?? known[0] ?? null;
}

/** `count`: how often this nonce has been used, with this time. */
export function authorizationFor(challenge: Challenge, login: Login, request: { method: string; uri: string }, count: number, cnonce: string): string {
  const { realm, nonce, algorithm, qop, opaque } = challenge;
  const ha1 = algorithm === 'MD5' ? login.secret.ha1Md5 : login.secret.ha1Sha256;
  const ha2 = digest(algorithm, `${request.method}:${request.uri}`);
  const nc = count.toString(16).padStart(8, '0');
  const response = digest(algorithm, qop ? `${ha1}:${nonce}:${nc}:${cnonce}:auth:${ha2}` : `${ha1}:${nonce}:${ha2}`);
  const fields = [`username="${quoted(login.username)}"`, `realm="${quoted(realm)}"`, `nonce="${quoted(nonce)}"`, `uri="${request.uri}"`];
  const rest = [`response="${response}"`, `algorithm=${algorithm}`, ...(qop ? ['qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`] : [])];
  return `Digest ${[...fields, ...rest, ...(opaque === null ? [] : [`opaque="${quoted(opaque)}"`])].join(', ')}`;
}

const quoted = (text: string): string => text.replaceAll(/["\\]/g, '\\$&');

/** Several challenges may stand in one header or, joined by srf, come from several. */
function challengesIn(header: string): Challenge[] {
  const found: Map<string, string>[] = [];
  for (const value of splitValues(header)) {
    const [, scheme, rest = ''] = /^(?:([A-Za-z][\w-]*)\s+(?=[\w-]+\s*=))?(.*)$/s.exec(value) ?? [];
    if (scheme !== undefined) {
      if (found.length === MOST_CHALLENGES) break;
      found.push(new Map([['scheme', scheme.toLowerCase()]]));
    }
    const [, name = '', quotedValue, token = ''] = /^([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|(\S*))$/s.exec(rest.trim()) ?? [];
    found.at(-1)?.set(name.toLowerCase(), quotedValue?.replaceAll(/\\(.)/g, '$1') ?? token);
  }
  return found.flatMap((fields) => readChallenge(fields) ?? []);
}

function readChallenge(fields: ReadonlyMap<string, string>): Challenge | null {
  const realm = fields.get('realm');
  const nonce = fields.get('nonce') ?? '';
  // RFC 7616 §3.3: without an algorithm it is MD5.
  const named = (fields.get('algorithm') ?? 'MD5').toUpperCase();
  const algorithm = (['SHA-256', 'MD5'] as const).find((known) => known === named);
  const offered =
    fields
      .get('qop')
      ?.toLowerCase()
      .split(/[\s,]+/) ?? [];
  if (fields.get('scheme') !== 'digest' || realm === undefined || nonce === '' || algorithm === undefined) return null;
  // Only the body's protection (auth-int) would have to be asked for; no trunk does.
  if (offered.length > 0 && !offered.includes('auth')) return null;
  return { realm, nonce, algorithm, qop: offered.length > 0, opaque: fields.get('opaque') ?? null };
}
