/**
 * Keys nobody may hear: while a party is masked, nothing of what it sends goes to whoever listens, nor into a recording. Forwarding leaves no
 * time to look first whether a packet holds the beginning of a key, so that all its audio is covered: with silence, and with one flat tone for
 * each press, the same for every key.
 */
import { type Codec, SILENCE, toCode } from '../codec/g711.ts';
import { type RtpHeader, timestampAhead } from '../rtp/packet.ts';
import { LATEST_SAMPLES } from './receive.ts';

/** The longest a mask may be asked for: one that was forgotten must not take the conversation with it. */
export const LONGEST_MASK_MS = 600_000;
/** A key may still be down when the mask is taken off, and the line behind it may be late. */
const TAIL_MS = 400;
/** The cover of one key. */
const TONE_SAMPLES = 1600;
const TONE_HZ = 400;
const TONE_AMPLITUDE = 2600;
const ROUND = 8000 / TONE_HZ;
const tone = (codec: Codec): Buffer =>
  Buffer.from(Array.from({ length: ROUND }, (_, n) => toCode[codec][Math.round(TONE_AMPLITUDE * Math.sin((2 * Math.PI * n) / ROUND)) & 0xffff] ?? 0));
const TONE: Readonly<Record<Codec, Buffer>> = { PCMA: tone('PCMA'), PCMU: tone('PCMU') };

type State = { kind: 'off' } | { kind: 'on'; untilMs: number } | { kind: 'ending'; untilMs: number };

export class Mask {
  #state: State = { kind: 'off' };
  #toneLeft = 0;
  #phase = 0;
  /** Timestamp of the newest event that was secret. */
  #secretEvent: number | null = null;

  begin(untilMs: number): void {
    this.#state = { kind: 'on', untilMs };
  }

  /** Asked to end; false = it was off. */
  end(nowMs: number): boolean {
    if (this.#state.kind !== 'on') return false;
    this.#state = { kind: 'ending', untilMs: nowMs + TAIL_MS };
    return true;
  }

  /** true, once, when its time is over. */
  expired(nowMs: number): boolean {
    return this.#state.kind === 'on' && nowMs >= this.#state.untilMs && this.end(nowMs);
  }

  /** Keys are secret and audio is covered, now. `held`: a key is down. */
  covers(nowMs: number, held: boolean): boolean {
    const state = this.#state;
    if (state.kind !== 'ending') return state.kind === 'on';
    if (held) state.untilMs = nowMs + TAIL_MS;
    if (nowMs < state.untilMs) return true;
    this.#state = { kind: 'off' };
    return false;
  }

  /**
   * This packet of a key's event goes to nobody. `covered`: its time is secret. A key that was secret stays so however late its last packets
   * come: all of them, and those of the keys before it, carry no later timestamp.
   */
  hides(timestamp: number, covered: boolean): boolean {
    const ahead = this.#secretEvent === null ? null : timestampAhead(timestamp, this.#secretEvent);
    const isLate = ahead !== null && ahead <= 0 && ahead > -LATEST_SAMPLES;
    if (covered && !isLate) this.#secretEvent = timestamp;
    return covered || isLate;
  }

  pressed(): void {
    this.#toneLeft = TONE_SAMPLES;
  }

  /** Puts the cover where the audio was. */
  cover(packet: Buffer, header: RtpHeader, codec: Codec): void {
    const from = TONE[codec];
    const toned = Math.min(this.#toneLeft, header.payloadEnd - header.payloadStart);
    for (let at = 0; at < toned; at += 1) {
      packet[header.payloadStart + at] = from[this.#phase] as number;
      this.#phase = (this.#phase + 1) % ROUND;
    }
    this.#toneLeft -= toned;
    packet.fill(SILENCE[codec], header.payloadStart + toned, header.payloadEnd);
  }
}
