/**
 * Who calls, as a trunk says it, and who we say calls. Identity is believed only from trunks, which are known by their socket address: P-Asserted-Identity
 * (RFC 3325), else, where the trunk is said to use it, Remote-Party-ID, else From; Privacy (RFC 3323) withholds it. From agents' phones none of these is read.
 */
import type { Party } from '../call/event.ts';
import { type Dialling, normaliseNumber } from '../customers/normalise.ts';
import { hostPart, parseNameAddress, parseSipUri, quoteName, splitValues, userPart } from './address.ts';
import type { SipHeaders, SipRequest } from './srf.ts';

const LONGEST_NUMBER = 64;
const LONGEST_NAME = 128;
/** Of a list of identities or diversions so many are looked at. */
const MOST_VALUES = 10;
const WITHHELD: Party = { number: '', raw: '' };

type Headers = Pick<SipRequest, 'get'>;

/** A caller who asked for privacy is shown without number and name. `remotePartyId`: this trunk uses that older header. */
export function callerOf(req: Headers, dialling: Dialling = {}, remotePartyId = false): Party {
  if (/\b(?:id|user|session)\b/i.test(req.get('Privacy') ?? '')) return WITHHELD;
  for (const value of splitValues(req.get('P-Asserted-Identity') ?? '').slice(0, 2)) {
    const party = partyOf(value, dialling);
    if (party !== null) return party;
  }
  for (const value of remotePartyId ? splitValues(req.get('Remote-Party-ID') ?? '').slice(0, MOST_VALUES) : []) {
    const params = parseNameAddress(value)?.params;
    if ((params?.get('party') ?? 'calling').toLowerCase() !== 'calling') continue;
    if (/full|uri/i.test(params?.get('privacy') ?? '')) return WITHHELD;
    const party = partyOf(value, dialling);
    if (party !== null) return /name/i.test(params?.get('privacy') ?? '') ? { number: party.number, raw: party.raw } : party;
  }
  return partyOf(req.get('From') ?? '', dialling) ?? WITHHELD;
}

/**
 * The number that was called first, of a call that was forwarded to us: the last Diversion (RFC 5806 puts the latest on top), else the first
 * entry of a History-Info that tells of more than one target (RFC 7044). null = it was not forwarded, or nobody says so.
 */
export function divertedFrom(req: Headers, dialling: Dialling = {}): string | null {
  const diversions = splitValues(req.get('Diversion') ?? '').slice(0, MOST_VALUES);
  const history = splitValues(req.get('History-Info') ?? '').slice(0, MOST_VALUES);
  const original = diversions.at(-1) ?? (history.length > 1 ? history[0] : undefined);
  const number = original === undefined ? '' : (partyOf(original, dialling)?.number ?? '');
  return number === '' ? null : number;
}

function partyOf(value: string, dialling: Dialling): Party | null {
  const address = parseNameAddress(value);
  const uri = address === null ? null : parseSipUri(address.uri);
  if (address === null || uri === null || uri.user === '' || uri.user.toLowerCase() === 'anonymous' || uri.host === 'anonymous.invalid') return null;
  const raw = printable(uri.user, LONGEST_NUMBER);
  return { number: normaliseNumber(raw, dialling), raw, ...(address.name === null ? {} : { name: printable(address.name, LONGEST_NAME) }) };
}

/** What an agent's phone shows: number and name, asserted, or, for a caller who withheld them, nobody. */
export function shownToPhone(publicAddress: string, number: string, name: string | undefined): SipHeaders {
  if (number === '') return { From: '"Anonymous" <sip:anonymous@anonymous.invalid>', Privacy: 'id' };
  const uri = `<sip:${userPart(number)}@${hostPart(publicAddress)}>`;
  const shown = name === undefined ? uri : `${quoteName(name)} ${uri}`;
  return { From: shown, 'P-Asserted-Identity': shown };
}

/** What a number outside is shown: ours, asserted where the trunk is trusted with it, or withheld (RFC 3323 §4.1.1.3), which the trunk then keeps to itself. */
export function shownToTrunk(uri: string, { assert, withhold }: { assert: boolean; withhold: boolean }): SipHeaders {
  const asserted = assert ? { 'P-Asserted-Identity': uri } : {};
  return withhold ? { From: '"Anonymous" <sip:anonymous@anonymous.invalid>', Privacy: 'id', ...asserted } : { From: uri, ...asserted };
}

export const printable = (text: string, most: number): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control and direction-changing characters are what must go
  text.replaceAll(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '').slice(0, most);
