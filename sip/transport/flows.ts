import type { Clock } from '../../kernel/clock.ts';
import { parseNameAddr } from '../message/address.ts';
import type { Request, Response } from '../message/message.ts';
import { parseUri } from '../message/uri.ts';
import { numberOf } from '../message/values.ts';
import type { Hop } from './hop.ts';

const DEFAULT_EXPIRES_S = 3_600;
const MOST_FLOWS = 100_000;
/** RFC 5626 §4.2.1: a phone may hold several flows to us at once; two are usual. */
const MOST_FLOWS_OF_ONE = 4;

interface Flow {
  readonly hop: Hop;
  /** `+sip.instance` and `reg-id` (RFC 5626 §4.2): a registration with the same takes the place of the one before. */
  readonly instance: string | undefined;
  readonly until: number;
}

/**
 * Which connections a phone registered over: its Contact cannot be dialled when it sits behind NAT or in a browser, so requests to it
 * take the connection it came by (RFC 5626 §5.3).
 */
export class RegisteredFlows {
  /** Newest first. */
  readonly #flows = new Map<string, readonly Flow[]>();
  readonly #clock: Clock;
  readonly #isOpen: (flow: string) => boolean;
  constructor(clock: Clock, isOpen: (flow: string) => boolean) {
    this.#clock = clock;
    this.#isOpen = isOpen;
  }

  /** Contacts that have a flow. */
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
      this.#put(key, { hop, instance: instanceOf(params), until: this.#clock.now() + seconds * 1_000 }, seconds > 0);
    }
  }

  #put(key: string, flow: Flow, isGranted: boolean): void {
    const known = this.#flows.get(key);
    if (known === undefined && (!isGranted || this.#flows.size >= MOST_FLOWS)) return;
    const others = (known ?? []).filter((each) => each.hop.flow !== flow.hop.flow && !isSameInstance(each, flow) && this.#isUp(each));
    const next = (isGranted ? [flow, ...others] : others).slice(0, MOST_FLOWS_OF_ONE);
    if (next.length === 0) this.#flows.delete(key);
    else this.#flows.set(key, next);
  }

  /** The newest open connection that `uri` registered over. */
  find(uri: string): Hop | undefined {
    if (this.#flows.size === 0) return undefined;
    const key = flowKey(uri);
    const known = key === undefined ? undefined : this.#flows.get(key);
    if (key === undefined || known === undefined) return undefined;
    const found = known.find((each) => this.#isUp(each));
    if (found === undefined) this.#flows.delete(key);
    return found?.hop;
  }

  /** Forgets what has run out. */
  sweep(): void {
    for (const [key, flows] of this.#flows) if (!flows.some((each) => this.#isUp(each))) this.#flows.delete(key);
  }

  #isUp({ hop, until }: Flow): boolean {
    return until > this.#clock.now() && hop.flow !== undefined && this.#isOpen(hop.flow);
  }
}

function instanceOf(params: ReadonlyMap<string, string | undefined>): string | undefined {
  const instance = params.get('+sip.instance');
  return instance === undefined ? undefined : `${instance} ${params.get('reg-id') ?? ''}`;
}

/** Without an instance a phone has one flow: it dialled us again and the old connection has not been missed yet. */
const isSameInstance = (a: Flow, b: Flow): boolean => a.instance === b.instance;

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
    const { scheme, user, host, port } = parseUri(text);
    return scheme === 'sip' || scheme === 'sips' ? `${user ?? ''}@${host}:${port ?? ''}` : undefined;
  } catch {
    return undefined;
  }
}
