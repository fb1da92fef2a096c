/** A party that speaks any codec: tones go out by its encoder, what it hears comes back by its decoder. */
import { pause, systemClock } from '../../kernel/clock.ts';
import { type CodecName, FACTS, MOST_FRAME_BYTES, type SampleRate } from '../../media/codec/codec.ts';
import { makeDecoder, makeEncoder } from '../../media/codec/coders.ts';
import { type Heard, Party } from './party.ts';
import type { House } from './support.ts';

const NUMBER: Readonly<Record<CodecName, number>> = { PCMA: 8, PCMU: 0, G722: 9, opus: 96 };
const ENCODING: Readonly<Record<CodecName, string>> = { PCMA: 'PCMA/8000', PCMU: 'PCMU/8000', G722: 'G722/8000', opus: 'opus/48000/2' };
const AMPLITUDE = 8000;
let last = 0;

export class Speaker {
  readonly id: string;
  readonly party: Party;
  readonly codec: CodecName;
  readonly rate: SampleRate;
  #stop: (() => void) | null = null;
  #sample = 0;
  #timestamp = 7;
  readonly #encoder;

  private constructor(id: string, party: Party, codec: CodecName) {
    this.id = id;
    this.party = party;
    this.codec = codec;
    this.rate = FACTS[codec].sampleRate;
    this.#encoder = makeEncoder(codec);
  }

  /** The same party, speaking another codec. */
  as(codec: CodecName): Speaker {
    return new Speaker(this.id, this.party, codec);
  }

  /** Opened in the group by an offer of this one codec. */
  static async open(house: House, codec: CodecName, group: string): Promise<Speaker> {
    last += 1;
    const speaker = new Speaker(`${group}.${last}`, await Party.open({ eventType: 101 }), codec);
    const { sdp } = await house.media.open({ endpointId: speaker.id, offer: speaker.offer(), signallingAddress: '127.0.0.1', timeoutMs: 0, group });
    speaker.party.aim(sdp);
    return speaker;
  }

  offer(direction = 'sendrecv', codec: CodecName = this.codec): string {
    const clock = FACTS[codec].clockRate;
    return [
      ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', `m=audio ${this.party.port} RTP/AVP ${NUMBER[codec]} 101`],
      ...[`a=rtpmap:${NUMBER[codec]} ${ENCODING[codec]}`, `a=rtpmap:101 telephone-event/${clock}`, `a=${direction}`, ''],
    ].join('\r\n');
  }

  /** 50 packets a second by the clock; 0 Hz = silence. */
  say(hz: number): this {
    this.hush();
    const startMs = systemClock.now();
    let sent = 0;
    this.#stop = systemClock.every(10, () => {
      for (; sent * 20 <= systemClock.now() - startMs; sent += 1) this.frame(hz);
    });
    return this;
  }

  hush(): void {
    this.#stop?.();
    this.#stop = null;
  }

  frame(hz: number): void {
    const samples = Int16Array.from({ length: this.rate / 50 }, (_, at) =>
      Math.round(AMPLITUDE * Math.sin((2 * Math.PI * hz * (this.#sample + at)) / this.rate)),
    );
    this.#sample += samples.length;
    this.#timestamp = (this.#timestamp + FACTS[this.codec].frameTicks) >>> 0;
    const payload = Buffer.alloc(MOST_FRAME_BYTES);
    this.party.send(NUMBER[this.codec], payload.subarray(0, this.#encoder.encode(samples, payload, 0)), this.#timestamp);
  }

  get packets(): Heard[] {
    return this.party.heard.filter((each) => each.payloadType !== 101);
  }

  get #mine(): Heard[] {
    return this.party.heard.filter((each) => each.payloadType === NUMBER[this.codec]);
  }

  /** The last `ms` of what was heard. */
  sound(ms: number): Int16Array {
    const decoder = makeDecoder(this.codec, this.rate);
    const packets = this.#mine.slice(-(ms / 20 + 10));
    const out = new Int16Array((packets.length + 6) * (this.rate / 50));
    let written = 0;
    for (const { payload } of packets) written += decoder.decode(payload, 0, payload.length, out, written);
    decoder.close();
    return out.slice(Math.max(0, written - (ms * this.rate) / 1000), written);
  }

  /** Level of the tone in the last `ms`, in dB under what a speaker says. */
  level(hz: number, ms = 400): number {
    const sound = this.sound(ms);
    let [inPhase, quadrature] = [0, 0];
    for (const [at, sample] of sound.entries()) {
      inPhase += sample * Math.cos((2 * Math.PI * hz * at) / this.rate);
      quadrature += sample * Math.sin((2 * Math.PI * hz * at) / this.rate);
    }
    return 20 * Math.log10((2 * Math.hypot(inPhase, quadrature)) / Math.max(1, sound.length) / AMPLITUDE + 1e-9);
  }

  /** The longest hole, in ms, in the last `ms` of what was heard. */
  gap(ms: number): number {
    const [sound, step] = [this.sound(ms), this.rate / 100];
    let [hole, longest] = [0, 0];
    for (let at = 0; at + step <= sound.length; at += step) {
      hole = sound.subarray(at, at + step).every((sample) => Math.abs(sample) < 300) ? hole + 10 : 0;
      longest = Math.max(longest, hole);
    }
    return longest;
  }

  close(): void {
    this.hush();
    this.#encoder.close();
    this.party.close();
  }
}

const LOOK_EACH_MS = 80;

/** Waits until it holds of the sound; looking costs decoding, so that it is done less often than for other states. */
export async function until(what: string, holds: () => boolean, withinMs = 12_000): Promise<void> {
  const deadline = systemClock.now() + withinMs;
  while (!holds()) {
    if (systemClock.now() > deadline) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await pause(systemClock, LOOK_EACH_MS);
  }
}

/** What is wrong with the order of what was heard: one source, one number after another, time that goes on in step. */
export function faultsOf(packets: readonly Heard[], frameTicks = 160): string[] {
  const faults: string[] = [];
  for (const [at, each] of packets.slice(1).entries()) {
    const before = packets[at] as Heard;
    const step = (each.timestamp - before.timestamp) | 0;
    if (each.ssrc !== before.ssrc) faults.push(`packet ${at}: another SSRC`);
    if (((each.sequence - before.sequence) & 0xffff) !== 1) faults.push(`packet ${at}: ${before.sequence} then ${each.sequence}`);
    if (step < frameTicks || step > frameTicks * 1000) faults.push(`packet ${at}: a step of ${step}`);
  }
  return faults;
}
