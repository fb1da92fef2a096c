/**
 * Connections over TLS and WebSocket that send INVITEs as fast as they are told, as a process of its own: one that floods, or thousands that each send now and then.
 * Told `open`, it says when all stand; told `go`, it sends, and tells what came of it.
 */
import { pause, systemClock } from '../../kernel/clock.ts';
import { type Secure, type SecureLine, secureLine } from './sip-secure.ts';

export interface CrowdOrder {
  ports: Partial<Record<Secure, number>>;
  connections: number;
  /** Local addresses, used in turn. */
  from: readonly string[];
  /** Of all connections together. */
  perSecond: number;
  seconds: number;
  /** 0: answered 483 by the server alone, whoever asks. */
  maxForwards: number;
}
export interface CrowdCounts {
  opened: number;
  /** Closed by the server before the end. */
  closed: number;
  sent: number;
  /** Not sent in its time: the server had not read what was sent before. */
  heldBack: number;
  answers: Record<string, number>;
}

const OPENING_AT_ONCE = 20;
const TICK_MS = 10;
const MOST_UNSENT_BYTES = 256 * 1024;
/** For the last answers. */
const SETTLE_MS = 1_000;
const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n';

class Crowd {
  readonly counts: CrowdCounts = { opened: 0, closed: 0, sent: 0, heldBack: 0, answers: {} };
  readonly #order: CrowdOrder;
  readonly #lines: { line: SecureLine; protocol: Secure; from: string }[] = [];

  constructor(order: CrowdOrder) {
    this.#order = order;
  }

  async open(): Promise<void> {
    const { connections } = this.#order;
    let next = 0;
    const opener = async (): Promise<void> => {
      for (let nth = next++; nth < connections; nth = next++) await this.#openOne(nth);
    };
    await Promise.all(Array.from({ length: OPENING_AT_ONCE }, opener));
  }

  async #openOne(nth: number): Promise<void> {
    const { ports, from } = this.#order;
    const protocols = Object.entries(ports) as [Secure, number][];
    const [protocol, port] = protocols[nth % protocols.length] ?? ['tls', 0];
    const address = from[nth % from.length] ?? '127.0.0.9';
    const line = await secureLine(
      protocol,
      port,
      address,
      (bytes) => this.#heard(bytes),
      () => {
        this.counts.closed += 1;
      },
    );
    this.counts.opened += 1;
    this.#lines.push({ line, protocol, from: address });
    // Who says nothing is let go after a while.
    line.write(this.#invite(protocol, address));
  }

  #heard(bytes: Buffer): void {
    const status = bytes.toString('latin1', 8, 11);
    this.counts.answers[status] = (this.counts.answers[status] ?? 0) + 1;
  }

  async flood(): Promise<void> {
    const { perSecond, seconds } = this.#order;
    const began = systemClock.now();
    for (let elapsed = 0, tried = 0; elapsed < seconds; elapsed = (systemClock.now() - began) / 1_000) {
      for (; tried < elapsed * perSecond; tried += 1) this.#sendNext(tried);
      await pause(systemClock, TICK_MS);
    }
    await pause(systemClock, SETTLE_MS);
  }

  #sendNext(nth: number): void {
    const one = this.#lines[nth % this.#lines.length];
    if (one === undefined) return;
    if (one.line.unsent > MOST_UNSENT_BYTES) this.counts.heldBack += 1;
    else one.line.write(this.#invite(one.protocol, one.from));
  }

  #invite(protocol: Secure, from: string): Buffer {
    const nth = this.counts.sent;
    this.counts.sent += 1;
    const lines = [
      `INVITE sip:${1_000 + (nth % 9_000)}@127.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/${protocol.toUpperCase()} crowd.invalid;branch=z9hG4bK${process.pid}n${nth}`,
      `From: <sip:100@${from}>;tag=f${nth}`,
      `To: <sip:${1_000 + (nth % 9_000)}@127.0.0.1>`,
      `Call-ID: crowd-${process.pid}-${nth}`,
      'CSeq: 1 INVITE',
      'Contact: <sip:100@crowd.invalid>',
      `Max-Forwards: ${this.#order.maxForwards}`,
      'Content-Type: application/sdp',
      `Content-Length: ${SDP.length}`,
    ];
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${SDP}`);
  }
}

process.once('message', (order: CrowdOrder) => {
  const crowd = new Crowd(order);
  void crowd.open().then(() => process.send?.('open'));
  process.once('message', () => void crowd.flood().then(() => process.send?.(crowd.counts, () => process.exit(0))));
});
