/** The keys of one party, however they come: telephone-events, tones in the audio, signalling; one press is one key. */
import { type Codec, toLinear } from '../codec/g711.ts';
import type { RtpHeader } from '../rtp/packet.ts';
import { timestampAhead } from '../rtp/packet.ts';
import { ToneReceiver } from './inband.ts';
import { KeyMerge, type Press } from './merge.ts';
import { KEYS, KeyReceiver, type KnownEvent } from './receive.ts';

/** Tones are looked for: where the party has no telephone-events (`auto`), in any case, or not at all. */
export type ToneListening = 'auto' | 'always' | 'never';

/** A longer hole in the audio ends whatever was held down. */
const LONGEST_HOLE_SAMPLES = 480;
/** Of one packet no more than this is looked at; longer ones are no telephone's. */
const MOST_SAMPLES = 2048;
/** One packet is decoded at a time, whoever's it is. */
const scratch = new Int16Array(MOST_SAMPLES);

/** What it has noted down, to go on with in another thread while no key is held; tones are listened for anew. */
export interface KeysState {
  event: KnownEvent;
  presses: readonly Press[];
  listening: ToneListening;
}

export class Keys {
  readonly #events = new KeyReceiver();
  readonly #merge = new KeyMerge();
  #tones: ToneReceiver | null = null;
  #listening: ToneListening = 'auto';
  #hasEvents = true;
  /** The timestamp at which audio goes on. */
  #next: number | null = null;

  /** Whether offer and answer agreed on telephone-events from the party. */
  agree(hasEvents: boolean): void {
    this.#hasEvents = hasEvents;
    this.#choose();
  }

  listen(listening: ToneListening): void {
    this.#listening = listening;
    this.#choose();
  }

  /** The key that went down with an event packet, or null. */
  event(packet: Buffer, header: RtpHeader, nowMs: number): string | null {
    const key = this.#events.heard(packet, header.payloadStart, header.payloadEnd, header.timestamp);
    return key !== null && this.#merge.heard(key, 'event', nowMs) ? key : null;
  }

  /** The key that went down in a packet of audio, or null; costs nothing where tones are not listened for. */
  audio(packet: Buffer, header: RtpHeader, codec: Codec, nowMs: number): string | null {
    const tones = this.#tones;
    if (tones === null) return null;
    const count = Math.min(header.payloadEnd - header.payloadStart, MOST_SAMPLES);
    const hole = this.#next === null ? 0 : timestampAhead(header.timestamp, this.#next);
    // What comes late has been overtaken: the press it belongs to was heard without it.
    if (hole < 0 && hole > -MOST_SAMPLES) return null;
    if (hole !== 0 && Math.abs(hole) > LONGEST_HOLE_SAMPLES) tones.reset();
    this.#next = (header.timestamp + count) >>> 0;
    const table = toLinear[codec];
    for (let at = 0; at < count; at += 1) scratch[at] = table[packet[header.payloadStart + at] as number] as number;
    for (const key of tones.heard(scratch, count)) if (this.#merge.heard(key, 'tone', nowMs)) return key;
    return null;
  }

  /** A key that came by signalling; false = its press is known already, or it is none. */
  signalled(key: string, nowMs: number): boolean {
    return KEYS.includes(key) && this.#merge.heard(key, 'signalling', nowMs);
  }

  /** The party has begun a new stream. */
  reset(): void {
    this.#events.reset();
    this.#tones?.reset();
    this.#next = null;
  }

  carry(): KeysState {
    return { event: this.#events.known, presses: this.#merge.presses, listening: this.#listening };
  }

  resume({ event, presses, listening }: KeysState): void {
    this.#events.resume(event);
    this.#merge.resume(presses);
    this.listen(listening);
  }

  get looksForTones(): boolean {
    return this.#tones !== null;
  }

  /** A key is held down. */
  get held(): boolean {
    return this.#events.held || this.#tones?.held === true;
  }

  #choose(): void {
    const wanted = this.#listening === 'always' || (this.#listening === 'auto' && !this.#hasEvents);
    if (!wanted) this.#tones = null;
    else if (this.#tones === null) {
      this.#tones = new ToneReceiver();
      this.#next = null;
    }
  }
}
