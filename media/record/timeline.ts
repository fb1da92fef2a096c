/**
 * Where a party's packets belong in a recording. Packets are placed by their RTP timestamps, which carry no network jitter, from
 * an anchor in arrival time, which both parties share. The anchor follows the quickest packet of the last seconds, so that a
 * clock that runs a little fast or slow never takes one side out of step with the other.
 */
import { timestampAhead } from '../rtp/packet.ts';

const WINDOW_SAMPLES = 8000 * 4;
/** Smaller errors are left alone: each correction is a small click. */
const TOLERATED_SAMPLES = 160;
/** A packet this far from where its timestamp says belongs to a stream that has started anew. */
const JUMP_SAMPLES = 8000;

export class Timeline {
  #ssrc: number | null = null;
  #anchorTimestamp = 0;
  #anchorPosition = 0;
  #windowEnds = 0;
  #quickest = Number.POSITIVE_INFINITY;

  /** Sample of the recording at which this packet's audio begins; `arrival` is now, counted the same way. */
  place(ssrc: number, timestamp: number, arrival: number): number {
    if (this.#ssrc !== ssrc) this.#anchor(ssrc, timestamp, arrival);
    let position = this.#anchorPosition + timestampAhead(timestamp, this.#anchorTimestamp);
    const late = arrival - position;
    if (Math.abs(late) > JUMP_SAMPLES) {
      this.#anchor(ssrc, timestamp, arrival);
      return arrival;
    }
    this.#quickest = Math.min(this.#quickest, late);
    if (arrival >= this.#windowEnds) {
      if (Math.abs(this.#quickest) > TOLERATED_SAMPLES) {
        this.#anchorPosition += this.#quickest;
        position += this.#quickest;
      }
      this.#windowEnds = arrival + WINDOW_SAMPLES;
      this.#quickest = Number.POSITIVE_INFINITY;
      // A moved anchor keeps the difference of timestamps far from its wrap.
      this.#anchorPosition = position;
      this.#anchorTimestamp = timestamp;
    }
    return position;
  }

  #anchor(ssrc: number, timestamp: number, arrival: number): void {
    this.#ssrc = ssrc;
    this.#anchorTimestamp = timestamp;
    this.#anchorPosition = arrival;
    this.#windowEnds = arrival + WINDOW_SAMPLES;
    this.#quickest = Number.POSITIVE_INFINITY;
  }
}
