/** TLS of the HTTP port, for who has no proxy in front of it: consoles, API, desks, and browser phones by wss. */
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';

export interface TlsFiles {
  /** PEM: the certificate with its chain. */
  certificate: string;
  key: string;
}

interface Timeouts {
  requestTimeout: number;
  headersTimeout: number;
  connectionsCheckingInterval: number;
}

const LEAST_VERSION = 'TLSv1.2';
const LOOK_MS = 2_000;
const HANDSHAKE_MS = 10_000;

/** Throws when the files cannot be used. A renewed certificate is taken by new connections; one that cannot be used changes nothing. */
export class HttpTls {
  readonly #files: TlsFiles;
  readonly #clock: Clock;
  readonly #log: Logger;
  #pem: { cert: string; key: string };
  #seen: string;
  #cancelLook: () => void = () => undefined;

  constructor(files: TlsFiles, clock: Clock, log: Logger) {
    this.#files = files;
    this.#clock = clock;
    this.#log = log;
    this.#pem = checked(read(files));
    this.#seen = JSON.stringify(this.#pem);
  }

  serve(handler: RequestListener, timeouts: Timeouts): Server {
    const server = createServer({ ...this.#pem, ...timeouts, minVersion: LEAST_VERSION, handshakeTimeout: HANDSHAKE_MS }, handler);
    this.#cancelLook = this.#clock.every(LOOK_MS, () => this.#look(server));
    return server;
  }

  stop(): void {
    this.#cancelLook();
  }

  #look(server: Server): void {
    try {
      const pem = read(this.#files);
      const seen = JSON.stringify(pem);
      if (seen === this.#seen) return;
      this.#seen = seen;
      this.#pem = checked(pem);
      server.setSecureContext({ ...pem, minVersion: LEAST_VERSION });
      this.#log.info('the TLS certificate of the HTTP port was renewed');
    } catch (error) {
      this.#log.error({ err: error }, 'the TLS files of the HTTP port that changed cannot be used: those before stay');
    }
  }
}

const read = ({ certificate, key }: TlsFiles): { cert: string; key: string } => ({ cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') });

function checked(pem: { cert: string; key: string }): { cert: string; key: string } {
  createSecureContext({ ...pem, minVersion: LEAST_VERSION });
  return pem;
}
