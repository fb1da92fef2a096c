/**
 * What one endpoint says: one stream, fed by the first of these that has something to say: keys, what plays, the joined party.
 */
import { type CodecName, FACTS, isLaw } from '../codec/codec.ts';
import { type Codec, recodeInPlace, SILENCE } from '../codec/g711.ts';
import { EVENT_PAYLOAD_BYTES, KeySender } from '../dtmf/send.ts';
import { keyAudio } from '../play/clip.ts';
import type { Playing } from '../play/playing.ts';
import type { Playlist } from '../play/playlist.ts';
import type { Player } from '../play/tick.ts';
import { MediaError, type MediaEvent, type PlayChange, type PlayState } from '../port.ts';
import { COMFORT_NOISE_TYPE, noiseFrame, noiseLevel } from '../quality/comfort-noise.ts';
import { type OutgoingState, OutgoingStream } from '../rtp/outgoing.ts';
import { FRAME_SAMPLES, RTP_HEADER_BYTES, type RtpHeader, writeRtpHeader } from '../rtp/packet.ts';
import type { Agreement, OpenEndpoint } from './messages.ts';
import { Joined } from './shortcut.ts';
import type { Surroundings } from './surroundings.ts';
import { Voice } from './voice.ts';

type PlayEnd = Extract<MediaEvent, { type: 'playEnded' }>['end'];

const SILENT_FRAME: Readonly<Record<Codec, Buffer>> = { PCMA: Buffer.alloc(FRAME_SAMPLES, SILENCE.PCMA), PCMU: Buffer.alloc(FRAME_SAMPLES, SILENCE.PCMU) };

/** Where its packets go. */
export interface SpeakerWire {
  /** Somebody wants to hear along. */
  overheard(): void;
  send(packet: Buffer): void;
  /** What is sent may not be changed afterwards. */
  keeps(): boolean;
  /** Whether a payload may be sent as it is, behind a header of this party's own: never where packets are protected. */
  shares(): boolean;
  sendBehind(header: Buffer, payload: Buffer): void;
}

const sharedHeader = Buffer.alloc(RTP_HEADER_BYTES);

/** Hears what the party is sent, where it is G.711. */
export interface Ear {
  heard(packet: Buffer, start: number, end: number, codec: Codec): void;
}

/** To go on with in another thread, while it does nothing but pass on. */
export interface SpeakerState {
  stream: OutgoingState;
  noise: number | null;
}

export class Speaker implements Player {
  readonly ears = new Joined<Ear>(() => this.#wire.overheard());
  readonly stream: OutgoingStream;
  readonly #endpointId: string;
  readonly #world: Surroundings;
  readonly #wire: SpeakerWire;
  readonly #keys = new KeySender();
  #agreed: Agreement | null = null;
  #voice = new Voice('PCMA');
  /** One frame, with its header: the same again and again where nobody keeps it. */
  #frame: Buffer | null = null;
  #playing: Playing | null = null;
  /** The joined party is silent: the level of the noise that is made meanwhile. */
  #noise: number | null = null;

  constructor(setup: OpenEndpoint, world: Surroundings, wire: SpeakerWire) {
    this.#endpointId = setup.endpointId;
    this.#world = world;
    this.#wire = wire;
    this.stream = new OutgoingStream(setup.ssrc, setup.sequence, setup.timestamp);
  }

  agree(agreed: Agreement): void {
    this.#agreed = agreed;
    this.stream.clock(FACTS[agreed.codec]);
    if (agreed.codec === this.#voice.codec) return;
    this.#voice.close();
    this.#voice = new Voice(agreed.codec);
    this.#frame = null;
  }

  /** null = it plays or sends keys, or somebody hears along. */
  carry(): SpeakerState | null {
    const passesOn = this.#playing === null && !this.#keys.busy && this.ears.size === 0;
    return passesOn ? { stream: this.stream.carry(), noise: this.#noise } : null;
  }

  /** Once it has been told what was agreed on. */
  resume({ stream, noise }: SpeakerState): void {
    this.stream.resume(stream);
    this.#noise = noise;
    if (noise !== null) this.#world.tick.add(this);
  }

  startPlay(playing: Playing): void {
    this.endPlay('stopped');
    this.#playing = playing;
  }

  changePlay(playId: string, change: PlayChange): PlayState {
    if (this.#playing?.playId !== playId) throw new MediaError('bad_request', `${playId} does not play on ${this.#endpointId}`);
    return this.#playing.change(change);
  }

  /** The sources are read. Does nothing when it was stopped meanwhile. */
  play(playId: string, list: Playlist): void {
    if (this.#playing?.playId !== playId || this.#playing.ready) return;
    this.#playing.begin(list);
    this.stream.cut();
    this.#world.tick.add(this);
  }

  endPlay(end: PlayEnd, reason?: string, playId?: string): void {
    const playing = this.#playing;
    if (playing === null || (playId !== undefined && playing.playId !== playId)) return;
    this.#playing = null;
    this.stream.cut();
    this.#world.tell({ type: 'playEnded', endpointId: this.#endpointId, playId: playing.playId, end, ...(reason === undefined ? {} : { reason }) });
  }

  /** Throws on characters that are no keys; false = too many are waiting. */
  sendKeys(keys: string): boolean {
    if (!this.#keys.add(keys)) return false;
    this.#world.tick.add(this);
    return true;
  }

  /** A key was pressed. */
  bargeIn(): void {
    if (this.#playing?.bargeIn === true) this.endPlay('barge_in');
  }

  /** One frame of silence: parties that wait to be spoken to first, and NATs between us, would else wait for one another for ever. */
  greet(): void {
    const agreed = this.#agreed;
    if (agreed?.hears === true) this.#sendOwn(agreed, SILENT_FRAME[this.#voice.law], 0, this.#world.now());
    this.stream.cut();
  }

  close(): void {
    this.endPlay('stopped');
    this.#voice.close();
    this.#world.tick.remove(this);
  }

  /** The joined party's packet, sent on as it came; it is ours to change. false = it would have to be transcoded. */
  forwardAudio(packet: Buffer, header: RtpHeader, codec: CodecName, nowMs: number): boolean {
    const agreed = this.#agreed;
    this.#noise = null;
    if (agreed === null || !this.#mayForward(agreed)) return true;
    const law = isLaw(codec);
    if (codec !== agreed.codec) {
      if (!law || !isLaw(agreed.codec)) return false;
      recodeInPlace(packet, codec, header.payloadStart, header.payloadEnd);
    }
    if (law) this.#letHear(packet, header.payloadStart, header.payloadEnd, agreed.codec);
    this.#forward(packet, header, agreed.payloadType, law ? header.payloadEnd - header.payloadStart : FACTS[codec].frameTicks, nowMs);
    return true;
  }

  /** As what payload type it is sent audio of this codec on as it came, and nothing but that; null = there is more to do. */
  sentOnAs(codec: CodecName): number | null {
    const agreed = this.#agreed;
    const alone = this.#playing === null && !this.#keys.busy && this.#noise === null && this.ears.size === 0;
    return alone && agreed?.hears === true && agreed.codec === codec ? agreed.payloadType : null;
  }

  /** The joined party is silent and says how silent. */
  forwardNoise(packet: Buffer, header: RtpHeader, nowMs: number): void {
    const agreed = this.#agreed;
    if (agreed === null || !this.#mayForward(agreed)) return;
    if (agreed.comfortNoise) {
      this.#forward(packet, header, COMFORT_NOISE_TYPE, 0, nowMs);
      return;
    }
    if (this.#noise === null) this.stream.cut();
    this.#noise = noiseLevel(packet, header.payloadStart, header.payloadEnd);
    this.#world.tick.add(this);
  }

  endNoise(): void {
    this.#noise = null;
  }

  /** 20 ms of a conference. */
  mixed(samples: Int16Array, skipped: number, nowMs: number): void {
    const agreed = this.#agreed;
    if (agreed === null || !this.#mayForward(agreed)) return;
    const packet = this.#blank();
    const bytes = this.#voice.fromSamples(samples, packet, RTP_HEADER_BYTES);
    this.#letHear(packet, RTP_HEADER_BYTES, RTP_HEADER_BYTES + bytes, agreed.codec);
    this.#sendFrame(agreed, packet, bytes, skipped, nowMs);
  }

  forwardEvent(packet: Buffer, header: RtpHeader, nowMs: number): void {
    const agreed = this.#agreed;
    if (agreed === null || agreed.eventOut === null || !this.#mayForward(agreed)) return;
    this.#forward(packet, header, agreed.eventOut, FACTS[agreed.codec].frameTicks, nowMs);
  }

  #letHear(packet: Buffer, start: number, end: number, codec: CodecName): void {
    if (isLaw(codec)) for (const ear of this.ears) ear.heard(packet, start, end, codec);
  }

  #mayForward(agreed: Agreement): boolean {
    return agreed.hears && this.#playing?.ready !== true && !this.#keys.busy;
  }

  #forward(packet: Buffer, header: RtpHeader, payloadType: number, samples: number, nowMs: number): void {
    const payloadBytes = header.payloadEnd - header.payloadStart;
    const stamp = this.stream.forward(header, nowMs, samples, payloadBytes);
    if (stamp === null) return;
    // Contributing sources and extensions stay behind: our header goes directly before the payload, which never is nearer than 12 bytes.
    const start = header.payloadStart - RTP_HEADER_BYTES;
    const whole = start === 0 && header.payloadEnd === packet.length ? packet : packet.subarray(start, header.payloadEnd);
    writeRtpHeader(whole, stamp.marker, payloadType, stamp.sequence, stamp.timestamp, this.stream.ssrc);
    this.#wire.send(whole);
  }

  beat(frame: number, skipped: number, nowMs: number): void {
    const agreed = this.#agreed;
    const playing = this.#playing;
    if (this.#keys.busy) this.#beatKey(agreed, nowMs);
    else if (playing?.ready !== true) this.#beatNoise(agreed, frame, skipped, nowMs);
    else if (agreed !== null) this.#beatPlay(agreed, playing, frame, skipped, nowMs);
  }

  #beatNoise(agreed: Agreement | null, frame: number, skipped: number, nowMs: number): void {
    if (this.#noise === null || agreed === null) this.#world.tick.remove(this);
    else if (agreed.hears) this.#sendOwn(agreed, noiseFrame(this.#voice.law, this.#noise, frame, FRAME_SAMPLES), skipped, nowMs);
  }

  #beatPlay(agreed: Agreement, playing: Playing, frame: number, skipped: number, nowMs: number): void {
    const { law, codec } = this.#voice;
    const shared = law === codec && agreed.hears && this.ears.size === 0 ? playing.shared(law, frame) : null;
    if (shared !== null && this.#sendShared(agreed, shared, skipped, nowMs)) return;
    const packet = this.#blank();
    if (!playing.fill(packet, RTP_HEADER_BYTES, this.#voice.law, frame)) {
      this.endPlay('finished');
      return;
    }
    // A party on hold misses what plays; it goes on all the same, so that a dialplan does not wait for the hold to end.
    if (!agreed.hears) return;
    this.#letHear(packet, RTP_HEADER_BYTES, RTP_HEADER_BYTES + FRAME_SAMPLES, this.#voice.law);
    this.#sendFrame(agreed, packet, this.#voice.fromLaw(packet, RTP_HEADER_BYTES), skipped, nowMs);
  }

  /** What many hear: our header alone is made for this one. false = it has to be sent as any other packet. */
  #sendShared(agreed: Agreement, payload: Buffer, skipped: number, nowMs: number): boolean {
    if (!this.#wire.shares()) return false;
    const stamp = this.stream.own(nowMs, skipped, payload.length);
    writeRtpHeader(sharedHeader, stamp.marker, agreed.payloadType, stamp.sequence, stamp.timestamp, this.stream.ssrc);
    this.#wire.sendBehind(sharedHeader, payload);
    return true;
  }

  #beatKey(agreed: Agreement | null, nowMs: number): void {
    const event = this.#keys.next();
    if (event === null) this.stream.cut();
    if (event === null || agreed === null || !agreed.hears) return;
    if (agreed.eventOut === null) {
      const from = event.samples - FRAME_SAMPLES;
      this.#sendOwn(agreed, keyAudio(event.key)[this.#voice.law].subarray(from, event.samples), 0, nowMs);
      return;
    }
    for (let sent = 0; sent < event.times; sent += 1) {
      const stamp = this.stream.event(nowMs, event.first && sent === 0, event.samples * (FACTS[agreed.codec].clockRate / 8000), EVENT_PAYLOAD_BYTES);
      const packet = Buffer.allocUnsafe(RTP_HEADER_BYTES + EVENT_PAYLOAD_BYTES);
      writeRtpHeader(packet, event.first && sent === 0, agreed.eventOut, stamp.sequence, stamp.timestamp, this.stream.ssrc);
      event.payload.copy(packet, RTP_HEADER_BYTES);
      // RFC 4733 §2.3.5: the duration counts by the clock of the event's own payload type.
      packet.writeUInt16BE(event.samples * (agreed.eventRate / 8000), RTP_HEADER_BYTES + 2);
      this.#wire.send(packet);
    }
  }

  #blank(): Buffer {
    if (this.#wire.keeps()) return Buffer.allocUnsafe(RTP_HEADER_BYTES + this.#voice.room);
    this.#frame ??= Buffer.allocUnsafe(RTP_HEADER_BYTES + this.#voice.room);
    return this.#frame;
  }

  /** 20 ms in the law of the voice. */
  #sendOwn(agreed: Agreement, audio: Buffer, skipped: number, nowMs: number): void {
    const packet = this.#blank();
    audio.copy(packet, RTP_HEADER_BYTES);
    this.#sendFrame(agreed, packet, this.#voice.fromLaw(packet, RTP_HEADER_BYTES), skipped, nowMs);
  }

  #sendFrame(agreed: Agreement, packet: Buffer, bytes: number, skipped: number, nowMs: number): void {
    const stamp = this.stream.own(nowMs, skipped, bytes);
    writeRtpHeader(packet, stamp.marker, agreed.payloadType, stamp.sequence, stamp.timestamp, this.stream.ssrc);
    this.#wire.send(RTP_HEADER_BYTES + bytes === packet.length ? packet : packet.subarray(0, RTP_HEADER_BYTES + bytes));
  }
}
