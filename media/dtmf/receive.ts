/**
 * Keys from RFC 4733 telephone-events. A key is told when it goes down: at the first packet of its event that reaches us,
 * be it the last one sent. All packets of an event carry the timestamp of its beginning, so that doubled ends, lost ends and
 * lost beginnings each make one key.
 */
import { timestampAhead } from '../rtp/packet.ts';

export const KEYS = '0123456789*#ABCD';
const EVENT_BYTES = 4;
const LONGEST_DURATION = 0xffff;
/** A timestamp further back than this is not a packet that comes late but a sender that started its clock anew. */
export const LATEST_SAMPLES = 8000 * 5;

/** The event last heard of. */
export type KnownEvent = { code: number; timestamp: number; duration: number; ended: boolean } | null;

export class KeyReceiver {
  #event: KnownEvent = null;

  get known(): KnownEvent {
    return this.#event;
  }

  resume(known: KnownEvent): void {
    this.#event = known;
  }

  /** One event packet; returns the key that went down with it, or null. */
  heard(packet: Buffer, start: number, end: number, timestamp: number): string | null {
    if (end - start < EVENT_BYTES) return null;
    const code = packet[start] as number;
    const ended = ((packet[start + 1] as number) & 0x80) !== 0;
    const duration = packet.readUInt16BE(start + 2);
    const known = this.#event;
    if (known !== null) {
      const ahead = timestampAhead(timestamp, known.timestamp);
      if (ahead === 0 && known.code === code) {
        known.ended ||= ended;
        known.duration = Math.max(known.duration, duration);
        return null;
      }
      if (ahead <= 0 && ahead > -LATEST_SAMPLES) return null;
      if (isNextSegment(known, code, ahead)) {
        this.#event = { code, timestamp, duration, ended };
        return null;
      }
    }
    this.#event = { code, timestamp, duration, ended };
    return KEYS[code] ?? null;
  }

  /** A key is held down, as far as is known. */
  get held(): boolean {
    return this.#event !== null && !this.#event.ended;
  }

  /** The sender has another clock now (new SSRC). */
  reset(): void {
    this.#event = null;
  }
}

/** RFC 4733 §2.5.1.3: a press longer than the duration field can say goes on as a segment that begins where the last one ended. */
function isNextSegment(known: { code: number; duration: number; ended: boolean }, code: number, ahead: number): boolean {
  return known.code === code && !known.ended && ahead === LONGEST_DURATION;
}
