/** What we ask of our own SIP server beside calls: its figures, the trace of a call, and that it trusts the trunks we know. Over its socket file, by HTTP. */
import { request } from 'node:http';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';

/** One SIP message; passwords, credentials, media keys and pressed digits are masked by the SIP server. */
export interface TracedMessage {
  /** RFC 3339 */
  at: string;
  direction: 'in' | 'out';
  /** `udp/192.0.2.7:5060` */
  peer: string;
  callId: string;
  text: string;
}

const PATIENCE_MS = 2_000;
const MOST_ANSWER_BYTES = 32 * 1024 * 1024;
/** A SIP server that was started anew has forgotten what it was told. */
const TELL_AGAIN_MS = 5_000;

export class SipOperation {
  readonly #socketPath: string;
  readonly #log: Logger;
  readonly #trunks: () => readonly string[];
  readonly #cancel: () => void;
  #failing = false;

  /** `trunks`: address lists whose calls the application believes, beside TRUSTED_TRUNKS. */
  constructor(socketPath: string, trunks: () => readonly string[], clock: Clock, log: Logger) {
    this.#socketPath = socketPath;
    this.#trunks = trunks;
    this.#log = log;
    this.#cancel = clock.every(TELL_AGAIN_MS, () => void this.tellTrunks());
  }

  close(): void {
    this.#cancel();
  }

  /** Never rejects: what was not heard is told again soon. */
  async tellTrunks(): Promise<void> {
    try {
      await this.#ask('PUT', '/trusted-trunks', JSON.stringify(this.#trunks()));
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#log.warn({ err: error }, 'the SIP server could not be told whom to trust');
      this.#failing = true;
    }
  }

  /** Prometheus text; empty while the SIP server does not answer. */
  metrics(): Promise<string> {
    return this.#ask('GET', '/metrics').catch(() => '');
  }

  /** Rejects when the SIP server does not answer. */
  async trace(callId: string, sipCallIds: readonly string[]): Promise<TracedMessage[]> {
    const query = new URLSearchParams([['call', callId], ...sipCallIds.map((id): [string, string] => ['sip', id])]);
    return (JSON.parse(await this.#ask('GET', `/trace?${query}`)) as { messages: TracedMessage[] }).messages;
  }

  #ask(method: string, path: string, body = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: this.#socketPath, method, path, timeout: PATIENCE_MS }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.length > MOST_ANSWER_BYTES) asked.destroy(new Error('the answer is too long'));
        });
        response.on('end', () => ((response.statusCode ?? 500) < 300 ? resolve(text) : reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`))));
        response.on('error', reject);
      });
      asked.on('timeout', () => asked.destroy(new Error('the SIP server does not answer')));
      asked.on('error', reject);
      asked.end(body);
    });
  }
}
