import type { Clock } from '../../kernel/clock.ts';
import { parseNameAddr } from '../message/address.ts';
import type { Request, Response } from '../message/message.ts';
import { parseUri } from '../message/uri.ts';
import { numberOf } from '../message/values.ts';
import type { Hop } from './hop.ts';

const DEFAULT_EXPIRES_S = 3_600;
const MOST_FLOWS = 100_000;

/**
 * Which connection a phone registered over: its Contact (`user@host`) cannot be dialled when it sits behind NAT, so requests to it
 * take the connection it came by (the idea of RFC 5626).
 */
export class RegisteredFlows {
  readonly #flows = new Map<string, { hop: Hop; until: number }>();
  readonly #clock: Clock;
  readonly #isOpen: (flow: string) => boolean;
  constructor(clock: Clock, isOpen: (flow: string) => boolean) {
    this.#clock = clock;
    this.#isOpen = isOpen;
  }

  get size(): number {
    return this.#flows.size;
  }

  /** A REGISTER (or SUBSCRIBE) that came over a connection was granted. */
  note(request: Request, response: Response, hop: Hop): void {
    if (hop.protocol === 'udp') return;
    for (const contact of request.headers.list('contact')) {
      if (contact === '*' || !isAddress(contact)) continue;
      const { uri, params } = parseNameAddr(contact);
      const key = flowKey(uri);
      if (key === undefined) continue;
      const seconds = grantedTo(response, uri) ?? Number(params.get('expires') ?? numberOf(request.headers, 'expires') ?? DEFAULT_EXPIRES_S);
      if (!(seconds > 0)) this.#flows.delete(key);
      else if (this.#flows.size < MOST_FLOWS || this.#flows.has(key)) this.#flows.set(key, { hop, until: this.#clock.now() + seconds * 1_000 });
    }
  }

  /** The open connection that `uri` registered over. */
  find(uri: string): Hop | undefined {
    if (this.#flows.size === 0) return undefined;
    const key = flowKey(uri);
    const found = key === undefined ? undefined : this.#flows.get(key);
    if (key === undefined || found === undefined) return undefined;
    if (found.until > this.#clock.now() && found.hop.flow !== undefined && this.#isOpen(found.hop.flow)) return found.hop;
    this.#flows.delete(key);
    return undefined;
  }

  /** Forgets what has run out. */
  sweep(): void {
    for (const [key, { hop, until }] of this.#flows)
      if (until <= this.#clock.now() || hop.flow === undefined || !this.#isOpen(hop.flow)) this.#flows.delete(key);
  }
}

/** RFC 3261 §10.3: the 200 lists the bindings, each with the expiry the registrar chose. */
function grantedTo(response: Response, uri: string): number | undefined {
  for (const contact of response.headers.list('contact').filter(isAddress)) {
    const granted = parseNameAddr(contact);
    if (flowKey(granted.uri) === flowKey(uri)) {
      const expires = granted.params.get('expires');
      if (expires !== undefined) return Number(expires);
    }
  }
  return numberOf(response.headers, 'expires');
}

function isAddress(text: string): boolean {
  try {
    parseNameAddr(text);
    return true;
  } catch {
    return false;
  }
}

function flowKey(text: string): string | undefined {
  try {
    const { scheme, user, host } = parseUri(text);
    return scheme === 'sip' || scheme === 'sips' ? `${user ?? ''}@${host}` : undefined;
  } catch {
    return undefined;
  }
}
