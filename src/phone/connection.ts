/**
 * The connection to the SIP server, kept up for ever. A new srf for each attempt: its own reconnect would dial a TLS server in
 * clear, never stops, and keeps the dialogs of the connection that was lost.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import { newSipAgent, type SipAgent } from './srf.ts';

export interface SipServerAddress {
  host: string;
  port: number;
  secret: string;
  tls?: boolean;
}

export interface ConnectionOptions {
  server: SipServerAddress;
  clock: Clock;
  log: Logger;
  /** Hangs the handlers of requests on a new agent; those are its routes. */
  furnish: (agent: SipAgent) => void;
  /** It was up and is no more. */
  onDown: () => void;
}

const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 2_000;

export class SipConnection {
  readonly #options: ConnectionOptions;
  #agent: SipAgent = newSipAgent();
  #up = false;
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
    if (this.#up) this.#agent.disconnect();
    this.#up = false;
  }

  #dial(): void {
    const { server, furnish, log } = this.#options;
    const agent = newSipAgent();
    this.#agent = agent;
    let over = false;
    const lost = (): void => {
      if (!over) this.#lost();
      over = true;
    };
    furnish(agent);
    agent.on('connect', (error: Error | null) => this.#connected(agent, error));
    agent.on('error', (error: Error) => log.debug({ err: error }, 'SIP server not reached'));
    agent.on('close', lost);
    const { host, port, secret, tls = false } = server;
    agent.connect({ host, port, secret, reconnect: { maxAttempts: 1 }, ...(tls ? { tls: {} } : {}) });
  }

  #connected(agent: SipAgent, error: Error | null): void {
    const { log, server } = this.#options;
    if (error !== null) {
      log.error({ host: server.host, port: server.port }, 'the SIP server does not take our secret');
      this.#first?.reject(new Error(`the SIP server at ${server.host}:${server.port} does not take our secret: give its DRACHTIO_SECRET`));
      return;
    }
    if (this.#closed) {
      agent.disconnect();
      return;
    }
    this.#up = true;
    this.#retryMs = FIRST_RETRY_MS;
    log.info({ host: server.host, port: server.port }, 'connected to the SIP server');
    this.#first?.resolve();
  }

  #lost(): void {
    const wasUp = this.#up;
    this.#up = false;
    if (this.#closed) return;
    if (wasUp) {
      this.#options.log.warn('connection to the SIP server lost');
      this.#options.onDown();
    }
    this.#cancelRetry = this.#options.clock.after(this.#retryMs, () => this.#dial());
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
  }
}
