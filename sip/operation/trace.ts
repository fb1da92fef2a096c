/** The last messages of all calls, so that those of one can be shown when somebody asks why it went as it did. */

import { uriHost } from '../message/uri.ts';
import type { Hop } from '../transport/hop.ts';
import { masked } from './mask.ts';

const MOST_BYTES = 16 * 1024 * 1024;
const STRANGERS_SHARE = 0.1;
/** Of one message; what is longer is cut. */
const MOST_KEPT_BYTES = 8 * 1024;
/** Of one call in an answer. */
const MOST_SHOWN = 1_000;

interface Kept {
  order: number;
  at: number;
  direction: 'in' | 'out';
  peer: Hop;
  bytes: Buffer;
}

export interface TracedMessage {
  /** RFC 3339 */
  at: string;
  direction: 'in' | 'out';
  /** `udp/192.0.2.7:5060` */
  peer: string;
  callId: string;
  text: string;
}

/** Two rings: a flood of strangers pushes out other strangers' messages, and nobody's calls. */
export class Trace {
  readonly #known: Ring;
  readonly #strangers: Ring;
  #noted = 0;

  /** `most` messages of calls; 0: none are kept. */
  constructor(most: number) {
    this.#known = new Ring(most, MOST_BYTES);
    this.#strangers = new Ring(Math.ceil(most * STRANGERS_SHARE), MOST_BYTES * STRANGERS_SHARE);
    this.isOn = most > 0;
  }
  readonly isOn: boolean;

  get bytesHeld(): number {
    return this.#known.bytesHeld + this.#strangers.bytesHeld;
  }

  note(direction: 'in' | 'out', bytes: Buffer, peer: Hop, at: number, isStranger: boolean): void {
    this.#noted += 1;
    // A copy: a slice would keep the whole chunk of a stream alive.
    const kept = { order: this.#noted, at, direction, peer, bytes: Buffer.from(bytes.subarray(0, MOST_KEPT_BYTES)) };
    (isStranger ? this.#strangers : this.#known).put(kept);
  }

  /** What was said under these Call-IDs, and in dialogs whose first request bears this X-Huawu-Call-Id; oldest first, secrets masked. */
  of(callIds: readonly string[], huawuCallId: string | undefined): TracedMessage[] {
    const all = [...this.#known.all(), ...this.#strangers.all()];
    const wanted = new Set(callIds);
    if (huawuCallId !== undefined) for (const { bytes } of all) if (bears(bytes, huawuCallId)) wanted.add(callIdOf(bytes));
    const marks = [...wanted].filter((id) => id !== '').map((id) => Buffer.from(id));
    const found = all.filter(({ bytes }) => marks.some((mark) => bytes.includes(mark)) && wanted.has(callIdOf(bytes)));
    return found
      .sort((a, b) => a.order - b.order)
      .slice(-MOST_SHOWN)
      .map(shown);
  }
}

class Ring {
  readonly #most: number;
  readonly #mostBytes: number;
  readonly #rows: (Kept | undefined)[] = [];
  #next = 0;
  #held = 0;
  constructor(most: number, mostBytes: number) {
    this.#most = most;
    this.#mostBytes = mostBytes;
  }

  get bytesHeld(): number {
    return this.#held;
  }

  put(kept: Kept): void {
    if (this.#most === 0) return;
    this.#drop(this.#next);
    this.#rows[this.#next] = kept;
    this.#held += kept.bytes.length;
    this.#next = (this.#next + 1) % this.#most;
    for (let oldest = this.#next; this.#held > this.#mostBytes; oldest = (oldest + 1) % this.#most) this.#drop(oldest);
  }
  all(): Kept[] {
    return this.#rows.filter((kept) => kept !== undefined);
  }
  #drop(at: number): void {
    this.#held -= this.#rows[at]?.bytes.length ?? 0;
    this.#rows[at] = undefined;
  }
}

const shown = ({ at, direction, peer, bytes }: Kept): TracedMessage => ({
  ...{ at: new Date(at).toISOString(), direction, peer: `${peer.protocol}/${uriHost(peer.address)}:${peer.port}` },
  ...{ callId: callIdOf(bytes), text: masked(bytes) },
});

const bears = (bytes: Buffer, huawuCallId: string): boolean => bytes.includes(huawuCallId) && headOf(bytes).includes(`\r\nX-Huawu-Call-Id: ${huawuCallId}\r\n`);

function headOf(bytes: Buffer): string {
  const end = bytes.indexOf('\r\n\r\n');
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end + 2);
}
const callIdOf = (bytes: Buffer): string => /^(?:call-id|i)[ \t]*:\s*(\S+)/im.exec(headOf(bytes))?.[1] ?? '';
