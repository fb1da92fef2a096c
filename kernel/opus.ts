/**
 * Opus (RFC 6716) by libopus as WebAssembly. The package brings JavaScript of its own, which copies every buffer; we take its
 * wasm file alone and speak libopus' C interface, with one packet and one frame of samples as the buffers of the whole thread.
 * It decodes and encodes at 8 or 16 kHz itself, so that nothing is ever resampled from 48 kHz. In the kernel because two programs speak it: what
 * the media server sends and records, the application plays.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Node has it; its types belong to a browser's. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: Record<string, Record<string, () => void>>) => { exports: unknown };
};

interface Wasm {
  memory: { readonly buffer: ArrayBuffer };
  malloc(bytes: number): number;
  free(pointer: number): void;
  _initialize(): void;
  opus_decoder_get_size(channels: number): number;
  opus_decoder_init(decoder: number, rate: number, channels: number): number;
  opus_decode(decoder: number, packet: number, bytes: number, samples: number, most: number, fromNext: number): number;
  opus_decoder_ctl_set(decoder: number, request: number, value: number): number;
  opus_encoder_get_size(channels: number): number;
  opus_encoder_init(encoder: number, rate: number, channels: number, application: number): number;
  opus_encode(encoder: number, samples: number, frame: number, packet: number, most: number): number;
  opus_encoder_ctl_set(encoder: number, request: number, value: number): number;
}

type SampleRate = 8000 | 16_000;

/** opus_defines.h */
const VOIP = 2048;
const SET_BITRATE = 4002;
const SET_VBR = 4006;
const SET_COMPLEXITY = 4010;
const SET_INBAND_FEC = 4012;
const SET_PACKET_LOSS_PERCENT = 4014;
const SET_SIGNAL = 4024;
const SIGNAL_VOICE = 3001;
const RESET_STATE = 4028;

/** Fair speech at either rate, with room for the second copy of what may be lost. */
const BITRATE: Readonly<Record<SampleRate, number>> = { 8000: 16_000, 16000: 28_000 };
/** Of 10. Higher costs more than it is heard on a telephone. */
const COMPLEXITY = 4;
/** Of what is kept: at 16 kbit/s it is as good, for half the work. */
const COMPLEXITY_KEPT = 2;
/** What the encoder is told to prepare for: from a few percent on it sends the second copy. */
const EXPECTED_LOSS_PERCENT = 10;
/** Of a frame of ours. */
const MOST_FRAME_BYTES = 400;
const LONGEST_PACKET_MS = 120;
/** RFC 6716 §3.4: a packet holds at most 120 ms, a frame at most 1275 bytes. */
const MOST_PACKET_BYTES = 1275 * 6;
const MOST_SAMPLES = LONGEST_PACKET_MS * 16;

class Library {
  readonly wasm: Wasm;
  readonly packet: number;
  readonly samples: number;
  #bytes = new Uint8Array();
  #words = new Int16Array();

  constructor() {
    const path = createRequire(import.meta.url).resolve('@evan/opus/wasm/simd.wasm');
    const nothing = (): void => undefined;
    const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)), {
      // libopus touches no files; its C library would, if it had to abort.
      wasi_snapshot_preview1: { fd_seek: nothing, fd_write: nothing, fd_close: nothing, proc_exit: nothing },
      env: { emscripten_notify_memory_growth: nothing },
    });
    const wasm = instance.exports as Wasm; // what a wasm file exports has no type: these are the names of opus.h
    wasm._initialize();
    this.wasm = wasm;
    this.packet = wasm.malloc(MOST_PACKET_BYTES);
    this.samples = wasm.malloc(MOST_SAMPLES * 2);
  }

  /** Memory that grows is another buffer: the old views are empty from then on. */
  get bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.wasm.memory.buffer, this.packet, MOST_PACKET_BYTES);
    return this.#bytes;
  }

  get words(): Int16Array {
    if (this.#words.length === 0) this.#words = new Int16Array(this.wasm.memory.buffer, this.samples, MOST_SAMPLES);
    return this.#words;
  }

  allocate(bytes: number): number {
    const pointer = this.wasm.malloc(bytes);
    if (pointer === 0) throw new Error('no memory for one more Opus codec');
    return pointer;
  }
}

let library: Library | null = null;

/** Loaded when the first leg speaks Opus, once a thread. */
function theLibrary(): Library {
  library ??= new Library();
  return library;
}

function checked(result: number): void {
  if (result < 0) throw new Error(`libopus: error ${result}`);
}

export class OpusDecoder {
  readonly #library = theLibrary();
  readonly #rate: SampleRate;
  #pointer: number;

  constructor(rate: SampleRate) {
    const { wasm } = this.#library;
    this.#rate = rate;
    this.#pointer = this.#library.allocate(wasm.opus_decoder_get_size(1));
    checked(wasm.opus_decoder_init(this.#pointer, rate, 1));
  }

  decode(payload: Uint8Array, start: number, end: number, out: Int16Array, at: number): number {
    const bytes = end - start;
    if (bytes < 1 || bytes > MOST_PACKET_BYTES) return 0;
    this.#load(payload, start, end);
    return this.#run(this.#library.packet, bytes, (LONGEST_PACKET_MS * this.#rate) / 1000, 0, out, at);
  }

  /** From the second copy in the packet after it (RFC 6716 §2.1.7), else by libopus' own concealment. */
  conceal(out: Int16Array, at: number, samples: number, next: Uint8Array | null): void {
    let made = 0;
    if (next !== null && next.length > 0 && next.length <= MOST_PACKET_BYTES) {
      this.#load(next, 0, next.length);
      made = this.#run(this.#library.packet, next.length, samples, 1, out, at);
    }
    if (made === 0) made = this.#run(0, 0, samples, 0, out, at);
    out.fill(0, at + made, at + samples);
  }

  reset(): void {
    this.#library.wasm.opus_decoder_ctl_set(this.#pointer, RESET_STATE, 0);
  }

  close(): void {
    if (this.#pointer !== 0) this.#library.wasm.free(this.#pointer);
    this.#pointer = 0;
  }

  #load(payload: Uint8Array, start: number, end: number): void {
    const { bytes } = this.#library;
    for (let at = start; at < end; at += 1) bytes[at - start] = payload[at] as number;
  }

  #run(packet: number, bytes: number, most: number, fromNext: number, out: Int16Array, at: number): number {
    if (this.#pointer === 0) return 0;
    const { wasm, samples } = this.#library;
    const made = wasm.opus_decode(this.#pointer, packet, bytes, samples, most, fromNext);
    if (made <= 0 || at + made > out.length) return 0;
    const { words } = this.#library;
    for (let each = 0; each < made; each += 1) out[at + each] = words[each] as number;
    return made;
  }
}

/** Request and value of a `ctl`. */
type Setting = readonly [request: number, value: number];

const FRAMES_A_SECOND = 50;
const BITS = 8;

export class OpusEncoder {
  readonly #library = theLibrary();
  readonly #most: number;
  #pointer: number;

  /** `packetBytes`: each packet of 20 ms has just so many, and no second copy of the one before: to be kept, not sent. */
  constructor(rate: SampleRate, packetBytes: number | null = null) {
    this.#most = packetBytes ?? MOST_FRAME_BYTES;
    const { wasm } = this.#library;
    this.#pointer = this.#library.allocate(wasm.opus_encoder_get_size(1));
    checked(wasm.opus_encoder_init(this.#pointer, rate, 1, VOIP));
    const sent: Setting[] = [
      [SET_BITRATE, BITRATE[rate]],
      [SET_INBAND_FEC, 1],
      [SET_PACKET_LOSS_PERCENT, EXPECTED_LOSS_PERCENT],
      [SET_COMPLEXITY, COMPLEXITY],
    ];
    const kept: Setting[] = [
      [SET_VBR, 0],
      [SET_BITRATE, (packetBytes ?? 0) * BITS * FRAMES_A_SECOND],
      [SET_COMPLEXITY, COMPLEXITY_KEPT],
    ];
    const voice: Setting = [SET_SIGNAL, SIGNAL_VOICE];
    for (const [request, value] of [...(packetBytes === null ? sent : kept), voice]) checked(wasm.opus_encoder_ctl_set(this.#pointer, request, value));
  }

  encode(samples: Int16Array, into: Uint8Array, at: number): number {
    if (this.#pointer === 0) return 0;
    const { wasm, words, bytes, packet } = this.#library;
    words.set(samples);
    const made = wasm.opus_encode(this.#pointer, this.#library.samples, samples.length, packet, this.#most);
    for (let each = 0; each < made; each += 1) into[at + each] = bytes[each] as number;
    return Math.max(0, made);
  }

  /** As if nothing had been said before. */
  reset(): void {
    this.#library.wasm.opus_encoder_ctl_set(this.#pointer, RESET_STATE, 0);
  }

  close(): void {
    if (this.#pointer !== 0) this.#library.wasm.free(this.#pointer);
    this.#pointer = 0;
  }
}
