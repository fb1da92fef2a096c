/** What we know of the stream a party sends us: RFC 3550 §6.4.1 and appendix A.8. */
import { FLOW, type Flow, fieldOf } from './flow.ts';
import { type RtpHeader, sequenceAhead, timestampAhead } from './packet.ts';

const MOST_AHEAD = 3000;
const MOST_BEHIND = 100;

export interface IntervalReport {
  expected: number;
  lostNow: number;
  gaps: number;
  fractionLost: number;
  lost: number;
  highest: number;
  jitter: number;
}

/** What it has noted down, to go on with in another thread. */
export interface IncomingState {
  received: number;
  ssrc: number | null;
  lostBefore: number;
  first: number;
  highest: number;
  cycles: number;
  receivedOfThis: number;
  ticksPerMs: number;
  jitter: number;
  transit: number;
  reportedExpected: number;
  reportedReceived: number;
  gaps: number;
  reportedGaps: number;
}

export class IncomingStream {
  received = 0;
  ssrc: number | null = null;
  #lostBefore = 0;
  #first = 0;
  #highest = 0;
  #cycles = 0;
  #receivedOfThis = 0;
  #ticksPerMs = 8;
  #jitter = 0;
  #transit = 0;
  #reportedExpected = 0;
  #reportedReceived = 0;
  #gaps = 0;
  #reportedGaps = 0;

  /** Takes note of a packet whose timestamps count so many ticks a millisecond; true = the source is new or has started anew. */
  heard(header: RtpHeader, arrivalMs: number, ticksPerMs = 8): boolean {
    this.received += 1;
    this.#ticksPerMs = ticksPerMs;
    const arrival = Math.round(arrivalMs * ticksPerMs) | 0;
    const transit = timestampAhead(arrival, header.timestamp);
    const ahead = sequenceAhead(header.sequence, this.#highest);
    if (this.ssrc !== header.ssrc || ahead > MOST_AHEAD || ahead < -MOST_BEHIND) {
      this.#begin(header, transit);
      return true;
    }
    this.#receivedOfThis += 1;
    if (ahead > 0) {
      if (header.sequence < this.#highest) this.#cycles += 65_536;
      if (ahead > 1) this.#gaps += 1;
      this.#highest = header.sequence;
    }
    const change = Math.abs((transit - this.#transit) | 0);
    this.#transit = transit;
    this.#jitter += (change - this.#jitter) / 16;
    return false;
  }

  /** Writes down what an engine needs to take note of what comes in order. */
  lend(flow: Flow): void {
    flow[FLOW.ssrcIn] = this.ssrc ?? 0;
    flow[FLOW.next] = (this.#highest + 1) & 0xffff;
    flow[FLOW.ticksPerMs] = this.#ticksPerMs;
    flow[FLOW.transit] = this.#transit;
    flow[FLOW.jitter] = this.#jitter;
  }

  /** Takes over what the engine noted. */
  takeBack(flow: Flow): void {
    const packets = fieldOf(flow, FLOW.packets);
    this.received += packets;
    this.#receivedOfThis += packets;
    const highest = this.#highest + packets;
    this.#cycles += highest - (highest & 0xffff);
    this.#highest = highest & 0xffff;
    this.#transit = fieldOf(flow, FLOW.transit);
    this.#jitter = fieldOf(flow, FLOW.jitter);
  }

  carry(): IncomingState {
    return {
      ...{ received: this.received, ssrc: this.ssrc, lostBefore: this.#lostBefore, first: this.#first, highest: this.#highest, cycles: this.#cycles },
      ...{ receivedOfThis: this.#receivedOfThis, ticksPerMs: this.#ticksPerMs, jitter: this.#jitter, transit: this.#transit },
      ...{ reportedExpected: this.#reportedExpected, reportedReceived: this.#reportedReceived, gaps: this.#gaps, reportedGaps: this.#reportedGaps },
    };
  }

  resume(state: IncomingState): void {
    this.received = state.received;
    this.ssrc = state.ssrc;
    this.#lostBefore = state.lostBefore;
    this.#first = state.first;
    this.#highest = state.highest;
    this.#cycles = state.cycles;
    this.#receivedOfThis = state.receivedOfThis;
    this.#ticksPerMs = state.ticksPerMs;
    this.#jitter = state.jitter;
    this.#transit = state.transit;
    this.#reportedExpected = state.reportedExpected;
    this.#reportedReceived = state.reportedReceived;
    this.#gaps = state.gaps;
    this.#reportedGaps = state.reportedGaps;
  }

  /** The highest sequence number of its packets. */
  get highest(): number {
    return this.#highest;
  }

  get jitterMs(): number {
    return this.#jitter / this.#ticksPerMs;
  }

  get lost(): number {
    return this.#lostBefore + Math.max(0, this.#expected() - this.#receivedOfThis);
  }

  /** The figures of a report block, and of the reporting interval that each call ends: packets expected and lost, runs of lost ones. */
  report(): IntervalReport {
    const expected = this.#expected() - this.#reportedExpected;
    const lostNow = Math.max(0, expected - (this.#receivedOfThis - this.#reportedReceived));
    const gaps = this.#gaps - this.#reportedGaps;
    this.#reportedExpected = this.#expected();
    this.#reportedReceived = this.#receivedOfThis;
    this.#reportedGaps = this.#gaps;
    const fractionLost = expected <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expected));
    return { expected, lostNow, gaps, fractionLost, lost: this.lost, highest: (this.#cycles + this.#highest) >>> 0, jitter: Math.round(this.#jitter) };
  }

  #expected(): number {
    return this.ssrc === null ? 0 : this.#cycles + this.#highest - this.#first + 1;
  }

  #begin(header: RtpHeader, transit: number): void {
    this.#lostBefore = this.lost;
    this.ssrc = header.ssrc;
    this.#first = header.sequence;
    this.#highest = header.sequence;
    this.#cycles = 0;
    this.#receivedOfThis = 1;
    this.#transit = transit;
    this.#jitter = 0;
    this.#reportedExpected = 0;
    this.#reportedReceived = 0;
  }
}
