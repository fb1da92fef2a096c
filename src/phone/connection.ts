/**
 * The connection to the SIP server, kept up for ever. A cut is bridged by the wire, and nobody hears of it; a server that has gone, or has forgotten us, is dialled
 * anew with a new srf: the dialogs of the one before are nobody's.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import { Claim, type Claimed } from './claim.ts';
import { newSipAgent, type SipAgent, type Wired, wired } from './srf.ts';
import { type SipServerAddress, Wire } from './wire.ts';

export interface ConnectionOptions {
  server: SipServerAddress;
  /** By which the SIP server knows us again. */
  tags: readonly string[];
  clock: Clock;
  log: Logger;
  /** Hangs the handlers of requests on a new agent; those are its routes. */
  furnish: (agent: SipAgent) => void;
  /** It was up, and what was ours there is no more. */
  onDown: () => void;
}

/** A SIP server that has not told by then what it kept has kept nothing for us. */
const CLAIM_WITHIN_MS = 15_000;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 2_000;

export class SipConnection {
  readonly #options: ConnectionOptions;
  #agent: SipAgent = newSipAgent();
  #wire: Wire | null = null;
  #up = false;
  #wasUp = false;
  #closed = false;
  #retryMs = FIRST_RETRY_MS;
  #cancelRetry: () => void = () => undefined;
  #first: { resolve: () => void; reject: (error: Error) => void } | null = null;
  #claiming: ((claimed: Claimed | null) => void) | null = null;
  /** Everybody is being put in place: no requests before `start`. */
  #ready: { agent: SipAgent; claim: Claim | null; wired: Wired } | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get agent(): SipAgent {
    return this.#agent;
  }

  /** false while it is cut, too. */
  get up(): boolean {
    return this.#up;
  }

  /** Resolves when the server took us; rejects when it does not take our secret. A server that is not there yet is waited for. */
  start(): Promise<void> {
    this.#open();
    return new Promise((resolve, reject) => {
      this.#first = { resolve, reject };
      if (this.#wire === null) this.#dial();
      else if (this.#up) resolve();
    });
  }

  /** Before `start`: takes over what the SIP server has kept of the run before; null = nothing, or it is not there. */
  claim(): Promise<Claimed | null> {
    return new Promise((resolve) => {
      const stop = this.#options.clock.after(CLAIM_WITHIN_MS, () => {
        this.#options.log.error('the SIP server does not say which calls it has kept: they are over');
        this.#claiming?.(null);
      });
      this.#claiming = (claimed) => {
        stop();
        this.#claiming = null;
        resolve(claimed);
      };
      this.#dial();
    });
  }

  #open(): void {
    const ready = this.#ready;
    this.#ready = null;
    if (ready === null) return;
    this.#options.furnish(ready.agent);
    for (const text of ready.claim?.release() ?? []) ready.wired.hear(text);
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry();
    this.#wire?.close();
    this.#up = false;
  }

  #dial(): void {
    const { server, tags, clock, log } = this.#options;
    let agent: SipAgent | null = null;
    let hear: (text: string) => void = () => undefined;
    const wire = new Wire({
      ...{ server, tags, clock },
      onUp: (kept) => {
        log.info({ host: server.host, port: server.port }, agent === null ? 'connected to the SIP server' : 'connected to the SIP server again: calls go on');
        if (agent !== null) {
          this.#up = true;
          return;
        }
        const made = newSipAgent();
        agent = made;
        if (this.#claiming === null) this.#options.furnish(made);
        const over = wired(made, wire, { secret: server.secret, tags });
        hear = this.#claiming !== null && kept ? this.#claimOver(wire, made, over) : over.hear;
        if (this.#claiming !== null && kept) return;
        // Its own `authenticate` was answered, and its routes are on their way.
        made.on('connect', () => this.#tookUs(made));
        if (this.#claiming === null) return;
        this.#ready = { agent: made, claim: null, wired: over };
        this.#claiming(null);
      },
      onAway: () => {
        this.#up = false;
        log.warn('connection to the SIP server cut');
      },
      onLost: (why) => (why === 'wrongSecret' ? this.#wrongSecret() : this.#lost()),
      onMessage: (text) => hear(text),
    });
    this.#wire = wire;
    wire.dial();
  }

  #claimOver(wire: Wire, agent: SipAgent, wired: Wired): (text: string) => void {
    const hangUp = (dialogId: string): void => void wire.send(null, `hang_up|${dialogId}`);
    const complete = (): void => {
      this.#ready = { agent, claim, wired };
      this.#tookUs(agent);
      if (this.#claiming !== null) {
        this.#claiming({ claim, revive: (kept) => wired.revive(kept), hangUp });
        return;
      }
      // Nobody waited so long: the house is open, and these calls are over in its books.
      for (const dialogId of claim.dialogs.keys()) hangUp(dialogId);
      this.#open();
    };
    const claim = new Claim(wire.send(null, 'dialogs'), complete);
    return (text) => {
      if (!claim.takes(text)) wired.hear(text);
    };
  }

  #tookUs(agent: SipAgent): void {
    if (this.#closed) return;
    this.#agent = agent;
    this.#up = true;
    this.#wasUp = true;
    this.#retryMs = FIRST_RETRY_MS;
    this.#first?.resolve();
  }

  #wrongSecret(): void {
    const { log, server } = this.#options;
    log.error({ host: server.host, port: server.port }, 'the SIP server does not take our secret');
    this.#first?.reject(new Error(`the SIP server at ${server.host}:${server.port} does not take our secret: give its DRACHTIO_SECRET`));
    this.#lost();
  }

  #lost(): void {
    this.#up = false;
    this.#ready = null;
    if (this.#closed) return;
    if (this.#wasUp) {
      this.#options.log.warn('connection to the SIP server lost');
      this.#agent = newSipAgent();
      this.#wasUp = false;
      this.#options.onDown();
    }
    this.#cancelRetry = this.#options.clock.after(this.#retryMs, () => this.#dial());
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
  }
}
