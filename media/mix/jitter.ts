/**
 * The jitter buffer of one leg whose sound is mixed or transcoded: packets come as the network brings them, 20 ms are taken each
 * 20 ms. What is played trails the quickest packets by as much as nearly all others need (`delay.ts`); where it trails by more or less,
 * the sound is made shorter or longer by a pitch period. What is missing is concealed. Pure: time is told.
 *
 *   waiting ──enough has come──▶ playing ──nothing came for 60 ms, a pause between talkspurts, another stream──▶ waiting
 */

import { type CodecName, type Decoder, FACTS, LONGEST_PACKET_MS, type SampleRate } from '../codec/codec.ts';
import { makeDecoder } from '../codec/coders.ts';
import { type RtpHeader, sequenceAhead, timestampAhead } from '../rtp/packet.ts';
import { DelayEstimate } from './delay.ts';
import { lengthen, neededToStretch, shorten } from './stretch.ts';

const FRAME_MS = 20;
/** Packets that may wait: 1.28 s of 20 ms each, several times the longest delay. */
const SLOTS = 64;
/** Nothing is played later than this after it could have been. */
const MOST_DELAY_MS = 240;
/** Packets do not begin where frames do: playing trails by up to a frame more than lateness asks for. */
const ALIGNMENT_MS = 12;
/** Trailing by so much less or more than wanted is left alone: each correction costs a little of the sound. */
const TOLERATED_EARLY_MS = 5;
const TOLERATED_LATE_MS = 15;
/** Nothing came for so long: the talkspurt is over, or the network is. */
const UNDERRUN_MS = 60;
/** RFC 3550 appendix A.1: beyond this the source has started anew. */
const MOST_BEHIND = 100;
const MOST_PAYLOAD_BYTES = 1500;
/** A timestamp so far from where the clock says belongs to a clock that was set anew. */
const CLOCK_JUMP_MS = 1000;
/** A talkspurt that begins later than this after the one before is a new beginning, not a lost packet. */
const PAUSE_MS = 10;

interface Slot {
  sequence: number;
  timestampMs: number;
  codec: CodecName;
  bytes: number;
  payload: Buffer;
}

export interface JitterFigures {
  delayMs: number;
  /** 20 ms frames, or packets, in whose place something was made up. */
  concealed: number;
  late: number;
}

export class JitterBuffer {
  readonly #rate: SampleRate;
  readonly #perMs: number;
  readonly #delay = new DelayEstimate();
  readonly #slots: (Slot | null)[] = Array.from({ length: SLOTS }, () => null);
  readonly #spare: Slot[] = [];
  readonly #decoders = new Map<CodecName, Decoder>();
  #current: Decoder | null = null;
  /** What was played last, then what is decoded and not played yet. */
  readonly #line: Int16Array;
  readonly #history: number;
  #pending = 0;
  #playing = false;
  #ssrc: number | null = null;
  #clockRate = 8000;
  /** Sequence numbers and timestamps without wrap. */
  #highest = 0;
  #highestTicks = 0;
  #next = 0;
  /** The timestamp that follows on what was decoded last. */
  #nextMs = 0;
  #packetMs = FRAME_MS;
  #underrunMs = 0;
  /** Made up while nothing was there, of what since turned out to be lost or late. */
  #madeUpMs = 0;
  #quiet = true;
  #concealed = 0;
  #late = 0;
  #delayMs = 0;

  constructor(rate: SampleRate) {
    this.#rate = rate;
    this.#perMs = rate / 1000;
    this.#history = neededToStretch(rate);
    this.#line = new Int16Array(this.#history + (LONGEST_PACKET_MS + 4 * FRAME_MS) * this.#perMs);
  }

  /** By how much what is played next trails the quickest packets. */
  get delayMs(): number {
    return this.#delayMs;
  }

  figures(): JitterFigures {
    return { delayMs: this.#delayMs, concealed: this.#concealed, late: this.#late };
  }

  put(packet: Uint8Array, header: RtpHeader, codec: CodecName, nowMs: number): void {
    const bytes = header.payloadEnd - header.payloadStart;
    if (bytes === 0 || bytes > MOST_PAYLOAD_BYTES) return;
    const { clockRate } = FACTS[codec];
    const perMs = clockRate / 1000;
    const ahead = sequenceAhead(header.sequence, this.#highest & 0xffff);
    if (this.#ssrc !== header.ssrc || this.#clockRate !== clockRate || ahead >= SLOTS || ahead < -MOST_BEHIND) this.#beginStream(header, clockRate);
    let ticks = this.#highestTicks + timestampAhead(header.timestamp, this.#highestTicks >>> 0);
    if (this.#delay.jumps(nowMs - ticks / perMs, CLOCK_JUMP_MS)) {
      this.#beginStream(header, clockRate);
      ticks = this.#highestTicks;
    }
    const sequence = this.#highest + sequenceAhead(header.sequence, this.#highest & 0xffff);
    if (sequence >= this.#highest) {
      this.#highest = sequence;
      this.#highestTicks = ticks;
    }
    this.#delay.heard(nowMs, ticks / perMs);
    if (sequence < this.#next) {
      this.#late += 1;
      return;
    }
    if (sequence >= this.#next + SLOTS) this.#skipTo(sequence - SLOTS + 1);
    this.#keep(sequence, ticks / perMs, codec, packet, header.payloadStart, bytes);
  }

  /** The next 20 ms; false = nothing is heard in them (and `out` is all zero). */
  take(out: Int16Array, nowMs: number): boolean {
    const frame = out.length;
    if (!this.#playing) this.#startIfDue(nowMs);
    let heard = this.#playing && this.#fill(frame, nowMs);
    if (!heard && this.#pending < frame) heard = this.#makeUp(frame - this.#pending);
    if (this.#playing) this.#correct(frame, nowMs);
    const line = this.#line;
    for (let at = 0; at < frame; at += 1) out[at] = line[this.#history + at] as number;
    line.copyWithin(0, frame, this.#history + this.#pending);
    this.#pending -= frame;
    this.#quiet = !heard;
    return heard;
  }

  close(): void {
    for (const decoder of this.#decoders.values()) decoder.close();
    this.#decoders.clear();
    this.#current = null;
  }

  // -- packets

  #beginStream(header: RtpHeader, clockRate: number): void {
    this.#clockRate = clockRate;
    this.#skipTo(this.#highest + SLOTS);
    this.#ssrc = header.ssrc;
    this.#highest = header.sequence + 65_536;
    this.#highestTicks = header.timestamp;
    this.#next = this.#highest;
    this.#delay.rebase();
    this.#playing = false;
  }

  #keep(sequence: number, timestampMs: number, codec: CodecName, packet: Uint8Array, start: number, bytes: number): void {
    const at = sequence % SLOTS;
    if (this.#slots[at] !== null) return;
    const slot = this.#spare.pop() ?? { sequence: 0, timestampMs: 0, codec, bytes: 0, payload: Buffer.alloc(0) };
    if (slot.payload.length < bytes) slot.payload = Buffer.alloc(Math.max(160, bytes));
    for (let each = 0; each < bytes; each += 1) slot.payload[each] = packet[start + each] as number;
    slot.sequence = sequence;
    slot.timestampMs = timestampMs;
    slot.codec = codec;
    slot.bytes = bytes;
    this.#slots[at] = slot;
  }

  #release(sequence: number): void {
    const slot = this.#slots[sequence % SLOTS];
    if (slot === null || slot === undefined) return;
    this.#slots[sequence % SLOTS] = null;
    this.#spare.push(slot);
  }

  #skipTo(sequence: number): void {
    for (let each = this.#next; each < Math.min(sequence, this.#next + SLOTS); each += 1) this.#release(each);
    this.#next = sequence;
  }

  #slotAt(sequence: number): Slot | null {
    const slot = this.#slots[sequence % SLOTS] ?? null;
    return slot !== null && slot.sequence === sequence ? slot : null;
  }

  // -- playing

  get #wantedMs(): number {
    return Math.min(MOST_DELAY_MS, this.#delay.latenessMs + ALIGNMENT_MS);
  }

  /** How far what is played next trails the quickest packets, if `timestampMs` were played now. */
  #trails(timestampMs: number, nowMs: number): number {
    return nowMs - this.#delay.baseMs - timestampMs;
  }

  #startIfDue(nowMs: number): void {
    for (let sequence = this.#next; sequence <= this.#highest; sequence += 1) {
      const slot = this.#slotAt(sequence);
      if (slot === null) continue;
      const trails = this.#trails(slot.timestampMs, nowMs);
      // What has waited for longer than anything should is left out.
      if (trails > this.#wantedMs + FRAME_MS && sequence < this.#highest) continue;
      if (trails < this.#wantedMs) return;
      this.#skipTo(sequence);
      this.#nextMs = slot.timestampMs;
      this.#playing = true;
      this.#underrunMs = 0;
      this.#madeUpMs = 0;
      return;
    }
  }

  /** Decodes until a frame is there; false = it could not be filled with anything that came. */
  #fill(frame: number, nowMs: number): boolean {
    if (this.#trails(this.#playMs, nowMs) > MOST_DELAY_MS + FRAME_MS && this.#underrunMs === 0) this.#catchUp(nowMs);
    while (this.#pending < frame) {
      const slot = this.#slotAt(this.#next);
      if (slot !== null && slot.timestampMs > this.#nextMs + PAUSE_MS && this.#trails(slot.timestampMs, nowMs) < this.#wantedMs) {
        this.#playing = false;
        return false;
      }
      if (slot !== null) this.#decode(slot);
      else if (this.#next <= this.#highest) this.#recover();
      else return this.#underrun(frame);
    }
    this.#underrunMs = 0;
    return true;
  }

  get #playMs(): number {
    return this.#nextMs - this.#pending / this.#perMs;
  }

  #decode(slot: Slot): void {
    const decoder = this.#decoderFor(slot.codec);
    const made = decoder.decode(slot.payload, 0, slot.bytes, this.#line, this.#history + this.#pending);
    if (made > 0) {
      this.#packetMs = made / this.#perMs;
      this.#pending += made;
    } else this.#conceal(decoder, null);
    this.#nextMs = slot.timestampMs + this.#packetMs;
    this.#madeUpMs = 0;
    this.#release(this.#next);
    this.#next += 1;
  }

  /** A packet is missing before others that are there. */
  #recover(): void {
    const after = this.#slotAt(this.#next + 1);
    // Sequence numbers went on while the clock did not: it held no sound (a key, for example).
    const silent = after !== null && after.timestampMs < this.#nextMs + this.#packetMs / 2;
    if (!silent && this.#madeUpMs >= this.#packetMs) {
      // It was made up for already, when it could still have been late.
      this.#madeUpMs -= this.#packetMs;
      this.#nextMs += this.#packetMs;
    } else if (!silent) {
      this.#conceal(this.#current, after);
      this.#nextMs += this.#packetMs;
    }
    this.#next += 1;
  }

  #conceal(decoder: Decoder | null, after: Slot | null): void {
    const samples = this.#packetMs * this.#perMs;
    const from = this.#history + this.#pending;
    if (decoder === null) this.#line.fill(0, from, from + samples);
    else decoder.conceal(this.#line, from, samples, after?.payload.subarray(0, after.bytes) ?? null);
    this.#pending += samples;
    this.#concealed += 1;
  }

  /** Nothing is there: what is late may still be played, for a while. */
  #underrun(frame: number): boolean {
    this.#underrunMs += FRAME_MS;
    if (this.#underrunMs > UNDERRUN_MS) {
      this.#playing = false;
      return false;
    }
    this.#concealed += 1;
    this.#madeUpMs += (frame - this.#pending) / this.#perMs;
    return this.#makeUp(frame - this.#pending);
  }

  /** Fills up with concealment that fades away; false = it has. */
  #makeUp(samples: number): boolean {
    const from = this.#history + this.#pending;
    this.#pending += samples;
    if (this.#current === null || this.#quiet) {
      this.#line.fill(0, from, from + samples);
      return false;
    }
    this.#current.conceal(this.#line, from, samples, null);
    return this.#line.subarray(from, from + samples).some((sample) => Math.abs(sample) > 8);
  }

  /** Too much has gathered (the network stood still and let go): the oldest is left out. */
  #catchUp(nowMs: number): void {
    while (this.#next < this.#highest && this.#trails(this.#nextMs, nowMs) > this.#wantedMs) {
      this.#nextMs = this.#slotAt(this.#next + 1)?.timestampMs ?? this.#nextMs + this.#packetMs;
      this.#release(this.#next);
      this.#next += 1;
    }
  }

  /** Brings what is played nearer to, or further from, the quickest packets. */
  #correct(frame: number, nowMs: number): void {
    this.#delayMs = this.#trails(this.#playMs, nowMs);
    if (this.#underrunMs > 0) return;
    const excess = this.#delayMs - this.#wantedMs;
    if (excess < -TOLERATED_EARLY_MS) this.#pending = lengthen(this.#line, this.#history + this.#pending, this.#rate) - this.#history;
    else if (excess > TOLERATED_LATE_MS) this.#hurry(frame);
  }

  #hurry(frame: number): void {
    const slot = this.#slotAt(this.#next);
    if (this.#pending < frame * 2 && slot !== null && slot.timestampMs <= this.#nextMs + PAUSE_MS) this.#decode(slot);
    if (this.#pending < frame * 2) return;
    this.#pending = shorten(this.#line, this.#history + this.#pending, this.#rate) - this.#history;
  }

  #decoderFor(codec: CodecName): Decoder {
    let decoder = this.#decoders.get(codec);
    if (decoder === undefined) {
      decoder = makeDecoder(codec, this.#rate);
      this.#decoders.set(codec, decoder);
    }
    this.#current = decoder;
    return decoder;
  }
}
