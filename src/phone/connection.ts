/**
 * The connection to the SIP server, kept up for ever. A cut is bridged by the wire, and nobody hears of it; a server that has gone, or has forgotten us, is dialled
 * anew with a new srf: the dialogs of the one before are nobody's.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import { newSipAgent, type SipAgent, wired } from './srf.ts';
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
    return new Promise((resolve, reject) => {
      this.#first = { resolve, reject };
      this.#dial();
    });
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
      onUp: () => {
        log.info({ host: server.host, port: server.port }, agent === null ? 'connected to the SIP server' : 'connected to the SIP server again: calls go on');
        if (agent !== null) {
          this.#up = true;
          return;
        }
        const made = newSipAgent();
        agent = made;
        this.#options.furnish(made);
        // Its own `authenticate` was answered, and its routes are on their way.
        made.on('connect', () => this.#tookUs(made));
        hear = wired(made, wire, { secret: server.secret, tags });
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
