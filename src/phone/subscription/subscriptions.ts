/**
 * SUBSCRIBE from agents' phones (RFC 6665): to the dialogs of a colleague (lamps, RFC 4235) and to one's own messages (RFC 3842). Only phones
 * with a password may, only within their tenant; strangers are challenged before anything is looked up.
 */
import type { AgentId, TenantId } from '../../../kernel/ids.ts';
import type { Event } from '../../vocabulary.ts';
import { hostPart, parseNameAddress, parseSipUri, splitValues, userPart } from '../address.ts';
import { targetOf } from '../bindings.ts';
import { sourceOf } from '../registrar.ts';
import type { Rim } from '../rim.ts';
import type { SipHeaders, SipRequest, SipResponse } from '../srf.ts';
import { messageSummary } from './message-summary.ts';
import { Missed } from './missed.ts';
import { contentTypes, type Package, Subscription, type SubscriptionHouse, type SubscriptionTerms } from './subscription.ts';

const USUAL_SECONDS = 3_600;
const LEAST_SECONDS = 60;
const MOST_SECONDS = 3_600;
/** A console with lamps for a whole floor. */
const MOST_OF_AN_AGENT = 200;
const MOST_SUBSCRIPTIONS = 20_000;
const RETRY_SECONDS = '60';
const EVENTS = 'dialog, message-summary';

export class Subscriptions {
  readonly #rim: Rim;
  readonly #missed = new Missed();
  readonly #house: SubscriptionHouse;
  readonly #watchers = new Map<AgentId, Set<Subscription>>();
  readonly #ofSubscriber = new Map<AgentId, number>();
  #size = 0;

  constructor(rim: Rim) {
    this.#rim = rim;
    this.#house = {
      rim,
      messages: (agentId) => this.#missed.messages(agentId),
      refreshed: ({ terms }, req, res) => this.#refreshed(terms.subscriber, req, res),
      forget: (subscription) => this.#forget(subscription),
    };
  }

  get size(): number {
    return this.#size;
  }

  subscribe(req: SipRequest, res: SipResponse): void {
    const terms = this.#termsOf(req);
    if ('status' in terms) {
      refuse(res, terms);
      return;
    }
    this.#rim.sip.createUAS(req, res, { headers: { Expires: String(terms.seconds), 'Allow-Events': EVENTS } }, (error, dialog) => {
      if (dialog === undefined) this.#rim.log.debug({ err: error }, 'a subscription could not be answered');
      else this.#keep(new Subscription(this.#house, terms, dialog));
    });
  }

  #termsOf(req: SipRequest): SubscriptionTerms | Refusal {
    const eventHeader = req.get('Event') ?? '';
    const event = packageOf(eventHeader);
    if (event === null) return { status: 489, headers: { 'Allow-Events': EVENTS } };
    const who = this.#identify(req);
    if ('status' in who) return who;
    const watched = this.#rim.directory.agentByNumber(who.tenantId, parseSipUri(req.uri)?.user ?? '');
    if (watched === null) return { status: 404 };
    if (event === 'message-summary' && watched.agentId !== who.agentId) return { status: 403 };
    if (!accepts(req.get('Accept'), contentTypes[event])) return { status: 406 };
    const seconds = secondsOf(req);
    if (typeof seconds !== 'number') return seconds;
    if ((this.#ofSubscriber.get(who.agentId) ?? 0) >= MOST_OF_AN_AGENT) return { status: 403 };
    if (this.#size >= MOST_SUBSCRIPTIONS) return { status: 503, headers: { 'Retry-After': RETRY_SECONDS } };
    return { event, eventHeader, subscriber: who.agentId, watched: watched.agentId, entity: this.#entityOf(watched.number), seconds };
  }

  /** A leg of this agent began, changed or ended. */
  legsChanged(agentId: AgentId): void {
    this.#changed(agentId, 'dialog');
  }

  hear(event: Event): void {
    if (event.type === 'legHeld' || event.type === 'legRetrieved') {
      const owner = this.#rim.legs.get(event.legId)?.owner;
      if (owner?.is === 'agent') this.legsChanged(owner.agentId);
    }
    if (event.type === 'bindingsChanged' && event.bindings.length > 0) this.#tellUnasked(event.agentId);
    const agentId = this.#missed.hear(event);
    if (agentId !== null) {
      this.#changed(agentId, 'message-summary');
      this.#tellUnasked(agentId);
    }
  }

  /** To phones that never subscribe but light their lamp all the same, where the agent's settings say so. */
  #tellUnasked(agentId: AgentId): void {
    const agent = this.#rim.directory.agent(agentId);
    if (agent?.phone?.messageSummary !== true) return;
    const body = messageSummary(this.#entityOf(agent.number), this.#missed.messages(agentId));
    const headers = { Event: 'message-summary', 'Subscription-State': 'active', 'Content-Type': contentTypes['message-summary'] };
    for (const { uri, proxy } of this.#rim.bindings.of(agentId).map(targetOf)) {
      this.#rim.sip.request({ method: 'NOTIFY', uri, headers, body, ...(proxy === null ? {} : { proxy }) }, (error) => {
        if (error !== null) this.#rim.log.debug({ err: error, agentId }, 'a message summary could not be sent');
      });
    }
  }

  close(): void {
    for (const subscription of this.#all()) subscription.end('deactivated');
  }

  /** Their dialogs went with the connection to the SIP server. */
  lostSip(): void {
    for (const subscription of this.#all()) subscription.drop();
  }

  #all(): Subscription[] {
    return [...this.#watchers.values()].flatMap((watchers) => [...watchers]);
  }

  #changed(agentId: AgentId, event: Package): void {
    for (const subscription of this.#watchers.get(agentId) ?? []) if (subscription.terms.event === event) subscription.changed();
  }

  #identify(req: SipRequest): { agentId: AgentId; tenantId: TenantId } | Refusal {
    const from = parseSipUri(parseNameAddress(req.get('From') ?? '')?.uri ?? '');
    const identity = this.#rim.authenticator.identify(req, from?.host ?? '', this.#rim.bindings.isKnownSource(sourceOf(req)));
    return identity.is === 'account' ? identity.account : { status: identity.status, headers: identity.headers };
  }

  #entityOf(number: string): string {
    return `sip:${userPart(number)}@${hostPart(this.#rim.publicAddress)}`;
  }

  #refreshed(subscriber: AgentId, req: SipRequest, res: SipResponse): number | null {
    const who = this.#identify(req);
    const seconds = 'status' in who ? who : who.agentId === subscriber ? secondsOf(req) : { status: 403 };
    if (typeof seconds === 'number') return seconds;
    refuse(res, seconds);
    return null;
  }

  #keep(subscription: Subscription): void {
    const { watched, subscriber } = subscription.terms;
    if (subscription.over) return;
    this.#watchers.set(watched, (this.#watchers.get(watched) ?? new Set()).add(subscription));
    this.#ofSubscriber.set(subscriber, (this.#ofSubscriber.get(subscriber) ?? 0) + 1);
    this.#size += 1;
  }

  #forget(subscription: Subscription): void {
    const { watched, subscriber } = subscription.terms;
    const watchers = this.#watchers.get(watched);
    if (watchers?.delete(subscription) !== true) return;
    if (watchers.size === 0) this.#watchers.delete(watched);
    this.#size -= 1;
    const left = (this.#ofSubscriber.get(subscriber) ?? 1) - 1;
    if (left === 0) this.#ofSubscriber.delete(subscriber);
    else this.#ofSubscriber.set(subscriber, left);
  }
}

interface Refusal {
  status: number;
  headers?: SipHeaders;
}

function refuse(res: SipResponse, { status, headers = {} }: Refusal): void {
  res.send(status, { headers });
}

function secondsOf(req: SipRequest): number | Refusal {
  const text = req.get('Expires')?.trim();
  const seconds = text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : USUAL_SECONDS;
  if (seconds > 0 && seconds < LEAST_SECONDS) return { status: 423, headers: { 'Min-Expires': String(LEAST_SECONDS) } };
  return Math.min(seconds, MOST_SECONDS);
}

function packageOf(eventHeader: string): Package | null {
  const name = eventHeader.split(';')[0]?.trim().toLowerCase();
  return name === 'dialog' || name === 'message-summary' ? name : null;
}

/** RFC 6665 §3.1.3: without Accept, the package's own type is meant. */
const accepts = (header: string | undefined, type: string): boolean =>
  header === undefined || splitValues(header.toLowerCase()).some((range) => ['*/*', 'application/*', type].includes(range.split(';')[0]?.trim() ?? ''));
