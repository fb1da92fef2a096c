/** One address of a trunk: who sits there, whether it is fit for calls, and the OPTIONS that ask it. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock } from '../../../kernel/clock.ts';
import type { TrunkSettings } from '../../tenants/trunk.ts';
import { hostPart } from '../address.ts';
import type { SipAgent, SipResponse } from '../srf.ts';
import { FIT, type Health, type HealthWord, hearHealth, mayTry } from './health.ts';

/** What an address needs of the house. */
export interface AddressHouse {
  clock: Clock;
  readonly sip: SipAgent;
  publicAddress: string;
  /** Told when it leaves the rotation or comes back. */
  onTurn(address: TrunkAddress, before: Health): void;
}

const ANSWER_WITHIN_MS = 4_000;
/** After a ping that failed: is it really gone? And how often one that is out is asked. */
const SECOND_LOOK_MS = 1_000;
const WHILE_OUT_MS = 5_000;
const RESOLVE_EACH_MS = 60_000;
const SIP_PORT = 5060;
const SIPS_PORT = 5061;

type Protocol = 'udp' | 'tcp' | 'tls';

export class TrunkAddress {
  readonly uri: string;
  readonly priority: number;
  readonly weight: number;
  readonly host: string;
  readonly #port: number | null;
  readonly #protocol: Protocol | null;
  readonly #house: AddressHouse;
  readonly #pingMs: number | null;
  #health: Health = FIT;
  /** IP addresses of its host. */
  #peers: ReadonlySet<string>;
  #stopTimers: (() => void)[] = [];
  #cancelPing: () => void = () => undefined;
  #stopped = false;

  constructor(house: AddressHouse, { uri, priority, weight }: TrunkSettings['addresses'][number], pingSeconds: number | null) {
    const [, scheme = 'sip', host = '', port, transport] = /^(sips?):(\[[^\]]+\]|[^:;]+)(?::(\d+))?(?:;transport=(\w+))?$/i.exec(uri) ?? [];
    this.#house = house;
    this.uri = uri;
    this.priority = priority;
    this.weight = weight;
    this.host = host.toLowerCase();
    this.#port = port === undefined ? null : Number(port);
    this.#protocol = scheme.toLowerCase() === 'sips' ? 'tls' : ((transport?.toLowerCase() as Protocol | undefined) ?? null);
    this.#pingMs = pingSeconds === null ? null : pingSeconds * 1_000;
    const bare = bareHost(this.host);
    this.#peers = new Set(isIP(bare) === 0 ? [] : [bare]);
  }

  get health(): Health {
    return this.#health;
  }

  get inRotation(): boolean {
    return mayTry(this.#health, this.#pingMs !== null, this.#house.clock.now());
  }

  /** For media's lock: an address it signals from, '' while its name has none. */
  get peer(): string {
    return this.#peers.values().next().value ?? '';
  }

  start(): void {
    if (isIP(bareHost(this.host)) === 0) {
      void this.#resolve();
      this.#stopTimers.push(this.#house.clock.every(RESOLVE_EACH_MS, () => void this.#resolve()));
    }
    if (this.#pingMs !== null) this.#pingAfter(0);
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stopTimers) stop();
    this.#cancelPing();
  }

  hear(word: HealthWord): void {
    const before = this.#health;
    this.#health = hearHealth(before, word, this.#house.clock.now());
    if (before.at !== this.#health.at) this.#house.onTurn(this, before);
    // One that was put out by calls need not wait for its turn to be asked.
    if (before.at === 'in' && this.#health.at === 'out' && this.#pingMs !== null) this.#pingAfter(WHILE_OUT_MS);
  }

  /** Did this response come from here: from an address of the host, its port and its transport? (D5) */
  answered(res: Pick<SipResponse, 'source_address' | 'source_port' | 'protocol'>): boolean {
    if (!this.#peers.has(bareHost(res.source_address))) return false;
    const protocol = res.protocol.toLowerCase();
    const port = this.#port ?? (protocol === 'tls' ? SIPS_PORT : SIP_PORT);
    return this.speaks(protocol) && (res.source_port === port || (this.#port === null && isIP(bareHost(this.host)) === 0));
  }

  /** Whether it is spoken to over this transport. */
  speaks(protocol: string): boolean {
    // UDP may have given way to TCP for a request that is too long for it (RFC 3261 §18.1.1).
    return this.#protocol === null ? protocol === 'udp' || protocol === 'tcp' : protocol === this.#protocol;
  }

  /** Calls `done` once: did anybody who can take calls answer an OPTIONS in time? null = we could not even ask. */
  ask(done: (fit: boolean | null) => void): () => void {
    let over = false;
    const finish = (fit: boolean | null): void => {
      if (over) return;
      over = true;
      stopTimer();
      done(fit);
    };
    const stopTimer = this.#house.clock.after(ANSWER_WITHIN_MS, () => finish(false));
    const us = `<sip:huawu@${hostPart(this.#house.publicAddress)}>`;
    const options = {
      method: 'OPTIONS',
      uri: this.uri,
      headers: { From: us, To: `<${this.uri}>`, Contact: '<sip:huawu@localhost>', Accept: 'application/sdp' },
    };
    try {
      this.#house.sip.request(options, (error, request) => {
        if (request === undefined) return finish(error === null ? null : false);
        request.on('response', (res) => finish(isFit(res)));
      });
    } catch {
      // No connection to our SIP server: that says nothing of the trunk.
      finish(null);
    }
    return () => finish(null);
  }

  #pingAfter(ms: number): void {
    this.#cancelPing();
    if (this.#stopped) return;
    this.#cancelPing = this.#house.clock.after(ms, () => {
      this.#cancelPing = this.ask((fit) => this.#pinged(fit));
    });
  }

  #pinged(fit: boolean | null): void {
    if (this.#stopped) return;
    if (fit !== null) this.hear({ type: fit ? 'pingAnswered' : 'pingFailed' });
    const each = this.#pingMs ?? 0;
    const soon = this.#health.at === 'in' ? (this.#health.failedPings > 0 ? SECOND_LOOK_MS : each) : WHILE_OUT_MS;
    this.#pingAfter(Math.min(soon, each));
  }

  async #resolve(): Promise<void> {
    try {
      const found = await lookup(this.host, { all: true });
      if (found.length > 0) this.#peers = new Set(found.map(({ address }) => address));
    } catch {
      // The addresses it had stay good (J3); the SIP server finds its way by itself.
    }
  }
}

const bareHost = (host: string): string => host.replace(/^\[|\]$/g, '');

/** Any final answer is a sign of life, 404 and 405 too; 408 and 503 say that calls would fare badly, and what our own SIP server made is no answer. */
const isFit = (res: SipResponse): boolean => res.source_address !== '' && res.status !== 408 && res.status !== 503;
