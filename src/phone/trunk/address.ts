/** One address of a trunk: who sits there, whether it is fit for calls, and the OPTIONS that ask it. */
import { isIP } from 'node:net';
import type { Clock } from '../../../kernel/clock.ts';
import type { TrunkSettings } from '../../tenants/trunk.ts';
import { hostPart } from '../address.ts';
import type { SipAgent, SipResponse } from '../srf.ts';
import { FIT, type Health, type HealthWord, hearHealth, mayTry } from './health.ts';
import { type Peer, type Protocol, peersOf, type TrunkNames } from './names.ts';

/** What an address needs of the house. */
export interface AddressHouse {
  clock: Clock;
  readonly sip: SipAgent;
  /** The connection to our SIP server is there: who is silent otherwise is not to blame. */
  readonly reachable: boolean;
  publicAddress: string;
  names: TrunkNames;
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
  /** Who sits there; of a name what DNS said last. */
  #peers: readonly Peer[];
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
    const usual = this.#protocol === 'tls' ? SIPS_PORT : SIP_PORT;
    this.#peers = isIP(bare) === 0 ? [] : [{ address: bare, port: this.#port ?? usual, protocol: this.#protocol }];
  }

  get health(): Health {
    return this.#health;
  }

  get inRotation(): boolean {
    return mayTry(this.#health, this.#pingMs !== null, this.#house.clock.now());
  }

  /** For media's lock: an address it signals from, '' while its name has none. */
  get peer(): string {
    return this.#peers[0]?.address ?? '';
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
    const from = bareHost(res.source_address);
    const protocol = res.protocol.toLowerCase();
    return this.#peers.some(({ address, port, protocol: its }) => address === from && port === res.source_port && fits(its, protocol));
  }

  /** Whether it is spoken to over this transport. */
  speaks(protocol: string): boolean {
    return fits(this.#protocol, protocol);
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
    if (!this.#house.reachable) {
      done(null);
      return () => undefined;
    }
    const stopTimer = this.#house.clock.after(ANSWER_WITHIN_MS, () => finish(this.#house.reachable ? false : null));
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
      const found = await peersOf(this.#house.names, this.host, this.#port, this.#protocol);
      if (found.length > 0) this.#peers = found;
    } catch {
      // The addresses it had stay good (J3); the SIP server finds its way by itself.
    }
  }
}

/** UDP may have given way to TCP for a request that is too long for it (RFC 3261 §18.1.1). */
const fits = (its: Protocol | null, protocol: string): boolean => (its === null ? protocol === 'udp' || protocol === 'tcp' : protocol === its);

const bareHost = (host: string): string => host.replace(/^\[|\]$/g, '');

/** Any final answer is a sign of life, 404 and 405 too; 408 and 503 say that calls would fare badly, and what our own SIP server made is no answer. */
const isFit = (res: SipResponse): boolean => res.source_address !== '' && res.status !== 408 && res.status !== 503;
