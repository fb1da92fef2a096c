/**
 * The one RTP stream an endpoint sends, whatever feeds it. Prompts, forwarded packets and key events come one after another as
 * *runs*; over all of them SSRC, sequence numbers and timestamps go on without a jump, and each run begins with the marker bit
 * (RFC 3551 §4.1: "the first packet of a talkspurt … SHOULD be distinguished by setting the marker bit").
 */
import { type CodecFacts, FACTS } from '../codec/codec.ts';
import { FLOW, type Flow, fieldOf } from './flow.ts';
import { type RtpHeader, sequenceAhead } from './packet.ts';

export interface Stamp {
  marker: boolean;
  sequence: number;
  timestamp: number;
}

/** RFC 3550 appendix A.1 MAX_DROPOUT, MAX_MISORDER: beyond them the source has started anew. */
const MOST_AHEAD = 3000;
const MOST_BEHIND = 100;

type Run =
  | { kind: 'none' }
  | { kind: 'own' }
  | { kind: 'event'; timestamp: number }
  | { kind: 'forward'; ssrc: number; sequenceShift: number; timestampShift: number; highest: number; sinceFirst: number };

/** What it has noted down, to go on with in another thread. */
export interface OutgoingState {
  packets: number;
  octets: number;
  run: Run;
  sequence: number;
  timestamp: number;
  lastSamples: number;
  sentAtMs: number | null;
}

export class OutgoingStream {
  readonly ssrc: number;
  packets = 0;
  octets = 0;
  #run: Run = { kind: 'none' };
  #sequence: number;
  #timestamp: number;
  #lastSamples = 0;
  #facts: CodecFacts = FACTS.PCMA;
  #sentAtMs: number | null = null;
  readonly #stamp: Stamp = { marker: false, sequence: 0, timestamp: 0 };

  constructor(ssrc: number, sequence: number, timestamp: number) {
    this.ssrc = ssrc;
    this.#sequence = sequence;
    this.#timestamp = timestamp;
  }

  /** Timestamps count by this codec's clock from now on. */
  clock(facts: CodecFacts): void {
    this.#facts = facts;
    this.cut();
  }

  /** What comes next is a new run. */
  cut(): void {
    this.#run = { kind: 'none' };
  }

  /** The next 20 ms of our own making; `skipped` frames before it were never sent (we were late). The result is valid until the next call. */
  own(nowMs: number, skipped: number, payloadBytes: number): Stamp {
    const first = this.#run.kind !== 'own';
    if (first) this.#run = { kind: 'own' };
    const timestamp = first ? this.#timestampNow(nowMs) : this.#timestamp + this.#lastSamples + skipped * this.#facts.frameTicks;
    return this.#send(first, this.#sequence + 1, timestamp, nowMs, this.#facts.frameTicks, payloadBytes);
  }

  /**
   * One packet of an RFC 4733 event: all packets of one key carry the timestamp of its beginning.
   * `first` begins the key; `samples` is how long it has lasted.
   */
  event(nowMs: number, first: boolean, samples: number, payloadBytes: number): Stamp {
    if (first || this.#run.kind !== 'event') this.#run = { kind: 'event', timestamp: this.#timestampNow(nowMs) };
    return this.#send(first, this.#sequence + 1, this.#run.timestamp, nowMs, samples, payloadBytes);
  }

  /** Another party's packet on its way through; null = it belongs before the run and must not be sent. */
  forward(header: RtpHeader, nowMs: number, samples: number, payloadBytes: number): Stamp | null {
    let run = this.#run;
    let first = false;
    if (run.kind !== 'forward' || run.ssrc !== header.ssrc || startedAnew(header.sequence, run.highest)) {
      first = true;
      run = {
        kind: 'forward',
        ssrc: header.ssrc,
        sequenceShift: this.#sequence + 1 - header.sequence,
        timestampShift: this.#timestampNow(nowMs) - header.timestamp,
        highest: header.sequence,
        sinceFirst: 0,
      };
      this.#run = run;
    }
    const ahead = sequenceAhead(header.sequence, run.highest);
    if (ahead < 0 && -ahead > run.sinceFirst) return null;
    if (ahead > 0) {
      run.highest = header.sequence;
      run.sinceFirst += ahead;
    }
    return this.#send(first || header.marker, header.sequence + run.sequenceShift, header.timestamp + run.timestampShift, nowMs, samples, payloadBytes);
  }

  /** Writes down how an engine is to send on what `ssrc` sends after its packet `highest`; false = that would not go on from what was sent last. */
  lend(flow: Flow, ssrc: number | null, highest: number): boolean {
    const run = this.#run;
    if (run.kind !== 'forward' || run.ssrc !== ssrc || run.highest !== highest) return false;
    if (((highest + run.sequenceShift) & 0xffff) !== this.#sequence) return false;
    flow[FLOW.ssrcOut] = this.ssrc;
    flow[FLOW.sequenceShift] = run.sequenceShift & 0xffff;
    flow[FLOW.timestampShift] = run.timestampShift >>> 0;
    return true;
  }

  /** Takes over what the engine has sent; `samples` in each of these packets, null = one a byte. */
  takeBack(flow: Flow, samples: number | null): void {
    const packets = fieldOf(flow, FLOW.packets);
    this.packets += packets;
    this.octets += fieldOf(flow, FLOW.octets);
    this.#sequence = (this.#sequence + packets) & 0xffff;
    this.#timestamp = fieldOf(flow, FLOW.timestampOut);
    this.#lastSamples = samples ?? fieldOf(flow, FLOW.payloadBytes);
    this.#sentAtMs = fieldOf(flow, FLOW.atMs);
    if (this.#run.kind !== 'forward') return;
    this.#run.highest = (this.#run.highest + packets) & 0xffff;
    this.#run.sinceFirst += packets;
  }

  carry(): OutgoingState {
    const [run, sequence, timestamp] = [this.#run, this.#sequence, this.#timestamp];
    return { packets: this.packets, octets: this.octets, run, sequence, timestamp, lastSamples: this.#lastSamples, sentAtMs: this.#sentAtMs };
  }

  /** By the clock that was agreed on; the run under way goes on. */
  resume(state: OutgoingState): void {
    this.packets = state.packets;
    this.octets = state.octets;
    this.#run = state.run;
    this.#sequence = state.sequence;
    this.#timestamp = state.timestamp;
    this.#lastSamples = state.lastSamples;
    this.#sentAtMs = state.sentAtMs;
  }

  /** The RTP timestamp that belongs to this moment, for sender reports. */
  timestampAt(nowMs: number): number {
    return this.#timestampNow(nowMs) >>> 0;
  }

  #timestampNow(nowMs: number): number {
    if (this.#sentAtMs === null) return this.#timestamp;
    return this.#timestamp + Math.max(this.#lastSamples, Math.round(((nowMs - this.#sentAtMs) * this.#facts.clockRate) / 1000));
  }

  #send(marker: boolean, sequence: number, timestamp: number, nowMs: number, samples: number, payloadBytes: number): Stamp {
    const stamp = this.#stamp;
    stamp.marker = marker;
    stamp.sequence = sequence & 0xffff;
    stamp.timestamp = timestamp >>> 0;
    // A packet that was overtaken on its way to us does not turn the stream back.
    if (sequenceAhead(stamp.sequence, this.#sequence) > 0) {
      this.#sequence = stamp.sequence;
      this.#timestamp = stamp.timestamp;
      this.#lastSamples = samples;
      this.#sentAtMs = nowMs;
    }
    this.packets += 1;
    this.octets += payloadBytes;
    return stamp;
  }
}

function startedAnew(sequence: number, highest: number): boolean {
  const ahead = sequenceAhead(sequence, highest);
  return ahead > MOST_AHEAD || ahead < -MOST_BEHIND;
}
