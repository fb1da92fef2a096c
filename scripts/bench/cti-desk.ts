/**
 * A desk for `bench -- cti`: it reads as little of a message as it must, so that a thousand of them cost the box little beside the server, and counts
 * for itself what its numbers say. No part of our own client, which would hide a number told twice.
 */
import { WebSocket } from 'ws';
import { systemClock } from '../../kernel/clock.ts';
import { CTI_PATH, CTI_SUBPROTOCOL } from '../../src/cti/protocol.ts';

/** The start of a numbered message as the server writes it. */
const ENVELOPE = /^\{"v":1,"seq":(\d+),"type":"(\w+)","ts":"([^"]+)"/;
const RETRY_MS = 250;
const MOST_TRIES = 40;
/** What a message has on the wire beside its text (RFC 6455 §5.2, unmasked): 2 bytes, 4 from 126 on. */
const frameBytes = (textBytes: number): number => textBytes + (textBytes < 126 ? 2 : 4);

/** What all desks of the floor count together, from one `forget` to the next. */
export class Told {
  /** From the server's writing to our reading, ms: an agent's own changes, and the figures of queues. */
  readonly changeMs: number[] = [];
  readonly figuresMs: number[] = [];
  messages = 0;
  bytes = 0;
  /** Numbers left out, told twice, and messages that could not be read. */
  gaps = 0;
  doubles = 0;
  unread = 0;
  resumed = 0;
  snapshots = 0;
  /** Sockets that did not come to be at the first try. */
  retries = 0;
  lost = 0;

  forget(): void {
    this.changeMs.length = 0;
    this.figuresMs.length = 0;
    this.messages = 0;
    this.bytes = 0;
    this.resumed = 0;
    this.snapshots = 0;
  }
}

export interface FeedDeskOptions {
  /** `127.0.0.1:8080` */
  host: string;
  token: string;
  agent: string;
  told: Told;
  popped(agent: string, caller: string, at: number): void;
  cleared(agent: string, at: number): void;
}

export class FeedDesk {
  /** Offers it was told, each once. */
  offers = 0;
  readonly #options: FeedDeskOptions;
  #socket: WebSocket | null = null;
  #epoch: string | null = null;
  #seq = 0;
  #synced: (() => void) | null = null;
  #wanted = false;

  constructor(options: FeedDeskOptions) {
    this.#options = options;
  }

  get agent(): string {
    return this.#options.agent;
  }

  /** Until it has its snapshot, or what it missed; ms from the first try. `anew`: as a page that was loaded again. */
  async sit(anew = false): Promise<number> {
    const startedAt = performance.now();
    if (anew) this.#epoch = null;
    this.#wanted = true;
    for (let tries = 1; ; tries += 1) {
      if (await this.#try()) return performance.now() - startedAt;
      this.#options.told.retries += 1;
      if (tries === MOST_TRIES) throw new Error(`the desk of ${this.agent} does not come back`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Without a word to the server. */
  cut(): void {
    this.#wanted = false;
    this.#socket?.terminate();
    this.#socket = null;
  }

  #try(): Promise<boolean> {
    const { host, token } = this.#options;
    const socket = new WebSocket(`ws://${host}${CTI_PATH}`, CTI_SUBPROTOCOL, { perMessageDeflate: false });
    this.#socket = socket;
    return new Promise((resolve) => {
      this.#synced = () => resolve(true);
      socket.on('open', () => {
        const resume = this.#epoch === null ? {} : { epoch: this.#epoch, seq: this.#seq };
        socket.send(JSON.stringify({ v: 1, id: 'hello', type: 'hello', data: { token, ...resume } }));
      });
      socket.on('message', (data: Buffer) => this.#heard(data));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        resolve(false);
        if (this.#wanted && this.#socket === socket && this.#synced === null) this.#options.told.lost += 1;
      });
    });
  }

  #heard(data: Buffer): void {
    const at = systemClock.now();
    const { told } = this.#options;
    const text = data.toString();
    told.messages += 1;
    told.bytes += frameBytes(data.length);
    const envelope = ENVELOPE.exec(text);
    if (envelope === null) {
      if (!text.startsWith('{"v":1,"type":"reply"')) told.unread += 1;
      return;
    }
    const [, seq = '', type = '', ts = ''] = envelope;
    if (type === 'welcome') this.#welcomed(text, Number(seq));
    else if (type === 'snapshot') this.#sawWhole(Number(seq));
    else if (type === 'error') told.unread += 1;
    else this.#changed(Number(seq), type, text, at, at - Date.parse(ts));
  }

  #welcomed(text: string, seq: number): void {
    const { epoch, resumed } = (JSON.parse(text) as { data: { epoch: string; resumed: boolean } }).data;
    if (resumed) {
      if (seq < this.#seq) this.#options.told.doubles += 1;
      if (seq > this.#seq) this.#options.told.gaps += 1;
      this.#options.told.resumed += 1;
      this.#sync();
    }
    this.#epoch = epoch;
  }

  #sawWhole(seq: number): void {
    this.#seq = seq;
    this.#options.told.snapshots += 1;
    this.#sync();
  }

  #sync(): void {
    this.#synced?.();
    this.#synced = null;
  }

  #changed(seq: number, type: string, text: string, at: number, tookMs: number): void {
    const { told, agent, popped, cleared } = this.#options;
    if (seq <= this.#seq) told.doubles += 1;
    else told.gaps += seq - this.#seq - 1;
    this.#seq = seq;
    if (type === 'queueStats') told.figuresMs.push(tookMs);
    else told.changeMs.push(tookMs);
    if (type === 'callOffered') this.offers += 1;
    else if (type === 'callCleared') cleared(agent, at);
    else if (type === 'screenPop') popped(agent, (JSON.parse(text) as { data: { caller: { number: string } } }).data.caller.number, at);
  }
}
