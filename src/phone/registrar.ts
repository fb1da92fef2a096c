/** REGISTER (RFC 3261 §10.3): who may bind which contacts to which agent, and for how long. */
import type { Clock } from '../../kernel/clock.ts';
import { eventsIn, hostPart, parseNameAddress, parseSipUri, splitValues } from './address.ts';
import type { Authenticator } from './authenticate.ts';
import type { Bindings } from './bindings.ts';
import { mayContact } from './contacts.ts';
import type { ContactBinding } from './event.ts';
import type { SipRequest, SipResponse } from './srf.ts';

const MOST_CONTACTS = 10;
const LEAST_SECONDS = 60;
const MOST_SECONDS = 3_600;

/** A refusal: final status, its reason phrase, further headers. */
interface Refusal {
  status: number;
  reason: string;
  headers?: Record<string, string>;
}
interface WantedContact {
  uri: string;
  /** What makes two contacts the same one (RFC 3261 §19.1.4, as far as phones differ). */
  key: string;
  host: string;
  seconds: number;
}
interface Wish {
  callId: string;
  cseq: number;
  everything: boolean;
  contacts: WantedContact[];
}

export class Registrar {
  readonly #clock: Clock;
  readonly #authenticator: Authenticator;
  readonly #bindings: Bindings;
  readonly #isOurs: (host: string) => boolean;

  constructor(clock: Clock, authenticator: Authenticator, bindings: Bindings, isOurs: (host: string) => boolean = () => true) {
    this.#isOurs = isOurs;
    this.#clock = clock;
    this.#authenticator = authenticator;
    this.#bindings = bindings;
  }

  register(req: SipRequest, res: SipResponse): void {
    const to = parseSipUri(parseNameAddress(req.get('To') ?? '')?.uri ?? '');
    if (to === null) {
      res.send(400, 'Bad To');
      return;
    }
    const source = sourceOf(req);
    const identity = this.#authenticator.identify(req, to.host, this.#bindings.isKnownSource(source));
    if (identity.is === 'stranger') {
      res.send(identity.status, { headers: identity.headers });
      return;
    }
    // §10.3 step 3: is this user "authorized to modify registrations for this address-of-record"?
    const { agentId, username } = identity.account;
    // §10.3 step 5: an address-of-record that is none of this domain is 404.
    if (!this.#isOurs(to.host)) {
      res.send(404);
      return;
    }
    if (to.user !== username) {
      res.send(403, 'Not Your Address');
      return;
    }
    const wish = readWish(req);
    if ('status' in wish) {
      refuse(res, wish);
      return;
    }
    const stray = wish.contacts.find(({ host }) => !mayContact(host, req.protocol, req.source_address));
    if (stray !== undefined) {
      res.send(403, 'Contact Host Not Allowed');
      return;
    }
    const now = this.#clock.now();
    const says = { userAgent: req.get('User-Agent') ?? '', allowEvents: eventsIn(req.get('Allow-Events')) };
    const next = applyWish(this.#bindings.of(agentId), wish, { now, source, ...says, ...(identity.byPass ? { chosen: true } : {}) });
    if (!Array.isArray(next)) {
      refuse(res, next);
      return;
    }
    const asksOnly = !wish.everything && wish.contacts.length === 0;
    if (!asksOnly) this.#bindings.replace(agentId, next);
    const contacts = next.map((binding) => `<${binding.uri}>;expires=${Math.ceil((binding.expiresAt - now) / 1_000)}`);
    res.send(200, contacts.length === 0 ? {} : { headers: { Contact: contacts.join(', ') } });
  }
}

export const sourceOf = (req: SipRequest): string => `${req.protocol || 'udp'}/${hostPart(req.source_address)}:${req.source_port}`;

function refuse(res: SipResponse, { status, reason, headers = {} }: Refusal): void {
  res.send(status, reason, { headers });
}

function readWish(req: SipRequest): Wish | Refusal {
  const callId = req.get('Call-ID') ?? '';
  const cseq = Number.parseInt(req.get('CSeq') ?? '', 10);
  if (callId === '' || Number.isNaN(cseq)) return { status: 400, reason: 'Bad Call-ID or CSeq' };
  const given = req.get('Expires');
  const header = secondsOf(given);
  const values = splitValues(req.get('Contact') ?? '');
  if (values.includes('*')) {
    // §10.3 step 6: "If the request has additional Contact fields or an expiration time other than zero, the request is invalid".
    if (values.length > 1 || header !== 0) return { status: 400, reason: 'Contact * Needs Expires 0' };
    return { callId, cseq, everything: true, contacts: [] };
  }
  const contacts: WantedContact[] = [];
  for (const value of values) {
    const contact = readContact(value, header ?? MOST_SECONDS);
    if (contact === null) return { status: 400, reason: 'Bad Contact' };
    // §10.3 step 7 lets a registrar refuse an interval "greater than zero AND smaller than one hour AND less than a registrar-configured minimum".
    if (contact.seconds > 0 && contact.seconds < LEAST_SECONDS)
      return { status: 423, reason: 'Interval Too Brief', headers: { 'Min-Expires': String(LEAST_SECONDS) } };
    contacts.push(contact);
  }
  return { callId, cseq, everything: false, contacts };
}

function readContact(value: string, fallbackSeconds: number): WantedContact | null {
  const address = parseNameAddress(value);
  const uri = address === null ? null : parseSipUri(address.uri);
  if (address === null || uri === null || uri.scheme === 'tel' || uri.host === '' || /[\s<>"|]/.test(address.uri)) return null;
  const seconds = secondsOf(address.params.get('expires')) ?? fallbackSeconds;
  const key = `${uri.scheme}:${uri.user}@${uri.host}:${uri.port ?? 0};${uri.params.get('transport')?.toLowerCase() ?? ''}`;
  return { uri: address.uri, key, host: uri.host, seconds: Math.min(seconds, MOST_SECONDS) };
}

/** §20.19: "Malformed values SHOULD be treated as equivalent to 3600"; absent = undefined. */
function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,10}$/.test(text.trim()) ? Number(text) : MOST_SECONDS;
}

interface Sender {
  now: number;
  source: string;
  userAgent: string;
  allowEvents: string[];
  chosen?: true;
}

/** All of it or, with a refusal, nothing of it (§10.3, end). */
function applyWish(before: readonly ContactBinding[], wish: Wish, sender: Sender): ContactBinding[] | Refusal {
  const keyed = new Map(before.map((binding) => [readContact(`<${binding.uri}>`, 0)?.key ?? binding.uri, binding]));
  const touched = wish.everything ? [...keyed.keys()] : wish.contacts.map(({ key }) => key);
  for (const key of touched) {
    const binding = keyed.get(key);
    // §10.3 step 7: the same Call-ID with a CSeq that is not higher: "the update MUST be aborted and the request fails".
    if (binding !== undefined && binding.callId === wish.callId && binding.cseq >= wish.cseq) return { status: 400, reason: 'CSeq Out Of Order' };
  }
  if (wish.everything) return [];
  for (const { key, uri, seconds } of wish.contacts) {
    if (seconds === 0) keyed.delete(key);
    else {
      const { now, ...rest } = sender;
      keyed.set(key, { uri, callId: wish.callId, cseq: wish.cseq, expiresAt: now + seconds * 1_000, ...rest });
    }
  }
  return keyed.size > MOST_CONTACTS ? { status: 403, reason: 'Too Many Contacts' } : [...keyed.values()];
}
