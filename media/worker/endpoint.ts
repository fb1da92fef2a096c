/**
 * Our end of one leg's audio. Inward: source lock, flood guard, statistics, keys, recording, and on to whoever listens. Outward:
 * one stream, fed by the first of these that has something to say: keys, what plays, the joined party.
 */
import { type Codec, recodeInPlace, SILENCE } from '../codec/g711.ts';
import { KeyReceiver } from '../dtmf/receive.ts';
import { EVENT_PAYLOAD_BYTES, KeySender } from '../dtmf/send.ts';
import { keyAudio } from '../play/clip.ts';
import type { Playlist } from '../play/playlist.ts';
import type { Player, Tick } from '../play/tick.ts';
import type { EndpointStats, MediaEvent } from '../port.ts';
import type { Tap } from '../record/recording.ts';
import { IncomingStream } from '../rtp/incoming.ts';
import { OutgoingStream } from '../rtp/outgoing.ts';
import { emptyHeader, FRAME_SAMPLES, RTP_HEADER_BYTES, type RtpHeader, readRtp, writeRtpHeader } from '../rtp/packet.ts';
import { senderReport } from '../rtp/rtcp.ts';
import { type Remote, SourceLock } from '../rtp/source-lock.ts';
import type { Agreement, OpenEndpoint } from './messages.ts';
import type { RtpSockets, SocketOwner } from './sockets.ts';

export interface Surroundings {
  tick: Tick;
  now(): number;
  tell(event: MediaEvent): void;
  /** Many strangers at one endpoint. */
  alarm(endpointId: string, strangersASecond: number): void;
}

type PlayEnd = Extract<MediaEvent, { type: 'playEnded' }>['end'];

interface Playing {
  playId: string;
  bargeIn: boolean;
  /** null while the sources are being read. */
  list: Playlist | null;
}

/** RFC 3551 §6: these two numbers mean the same to everybody, so a party that changes codec in mid-call is understood. */
const CODEC_OF: Readonly<Record<number, Codec>> = { 0: 'PCMU', 8: 'PCMA' };
/** Packets beyond this from one party are a flood: they are dropped unread and forwarded to nobody. */
const MOST_PACKETS_A_SECOND = 300;
const BURST_PACKETS = 100;
const REPORT_EACH_MS = 5000;
const ALARM_STRANGERS_A_SECOND = 50;
const SILENT_FRAME: Readonly<Record<Codec, Buffer>> = { PCMA: Buffer.alloc(FRAME_SAMPLES, SILENCE.PCMA), PCMU: Buffer.alloc(FRAME_SAMPLES, SILENCE.PCMU) };

export class Endpoint implements Player, SocketOwner {
  readonly id: string;
  readonly #world: Surroundings;
  readonly #timeoutMs: number;
  readonly #in = new IncomingStream();
  readonly #out: OutgoingStream;
  readonly #keysIn = new KeyReceiver();
  readonly #keysOut = new KeySender();
  readonly #header: RtpHeader = emptyHeader();
  readonly taps = new Set<Tap>();
  #sockets: RtpSockets | null = null;
  #agreed: Agreement | null = null;
  #lock: SourceLock | null = null;
  /** Where our line is connected to, and which lock it has followed there. */
  #aim: Remote | null = null;
  #followed: Remote | null = null;
  #listener: Endpoint | null = null;
  #playing: Playing | null = null;
  #strangers = 0;
  #strangersTold = 0;
  #allowance = BURST_PACKETS;
  #allowanceAtMs = 0;
  #heardAtMs = 0;
  #timedOut = false;
  #reportAtMs: number;

  constructor(setup: OpenEndpoint, world: Surroundings) {
    this.id = setup.endpointId;
    this.#timeoutMs = setup.timeoutMs;
    this.#world = world;
    this.#out = new OutgoingStream(setup.ssrc, setup.sequence, setup.timestamp);
    this.#reportAtMs = world.now() + REPORT_EACH_MS;
  }

  attach(sockets: RtpSockets): void {
    this.#sockets = sockets;
  }

  /** What offer and answer agreed on, at first and after each change. */
  async agree(agreed: Agreement): Promise<void> {
    const before = this.#agreed;
    this.#agreed = agreed;
    this.#heardAtMs = this.#world.now();
    this.#timedOut = false;
    this.#out.cut();
    const remote = agreed.remote;
    if (remote === null) return;
    const moved = before?.remote?.address !== remote.address || before.remote.port !== remote.port;
    const locked = this.#lock?.locked;
    // A party behind NAT may have moved without knowing: its lock opens with every agreement.
    if (moved || locked?.address !== remote.address || locked.port !== remote.port) this.#lock = new SourceLock(remote, agreed.signallingAddress);
    if (moved) await this.#aimAt({ address: remote.address, port: remote.port });
  }

  // -- what the application asks for

  startPlay(playId: string, bargeIn: boolean): void {
    this.endPlay('stopped');
    this.#playing = { playId, bargeIn, list: null };
  }

  /** The sources are read. Does nothing when it was stopped meanwhile. */
  play(playId: string, list: Playlist): void {
    if (this.#playing?.playId !== playId || this.#playing.list !== null) return;
    this.#playing.list = list;
    this.#out.cut();
    this.#world.tick.add(this);
  }

  endPlay(end: PlayEnd, reason?: string, playId?: string): void {
    const playing = this.#playing;
    if (playing === null || (playId !== undefined && playing.playId !== playId)) return;
    this.#playing = null;
    this.#out.cut();
    this.#world.tell({ type: 'playEnded', endpointId: this.id, playId: playing.playId, end, ...(reason === undefined ? {} : { reason }) });
  }

  /** Throws on characters that are no keys; false = too many are waiting. */
  sendKeys(keys: string): boolean {
    if (!this.#keysOut.add(keys)) return false;
    this.#world.tick.add(this);
    return true;
  }

  get listener(): Endpoint | null {
    return this.#listener;
  }

  /** Who hears this party from the next packet on; itself = echo. */
  set listener(listener: Endpoint | null) {
    this.#listener = listener;
  }

  /** One frame of silence: parties that wait to be spoken to first, and NATs between us, would else wait for one another for ever. */
  greet(): void {
    const agreed = this.#agreed;
    if (agreed?.hears === true) this.#sendOwn(agreed, SILENT_FRAME[agreed.codec], 0, this.#world.now());
    this.#out.cut();
  }

  stats(): EndpointStats {
    const { received, lost, jitterMs } = this.#in;
    return { packetsIn: received, packetsOut: this.#out.packets, lost, jitterMs: Math.round(jitterMs * 10) / 10, strangers: this.#strangers };
  }

  close(): void {
    this.endPlay('stopped');
    this.#world.tick.remove(this);
    if (this.#listener !== null && this.#listener !== this) this.#listener.listener = null;
    this.#listener = null;
    this.#sockets?.close();
    this.#sockets = null;
  }

  // -- inward

  heardRtp(packet: Buffer, address: string, port: number): void {
    const agreed = this.#agreed;
    const verdict = this.#lock?.hear(address, port);
    // Before there is an agreement nobody is a stranger, but nobody is heard either.
    if (agreed === null || verdict === undefined) return;
    if (verdict === 'stranger') {
      this.#strangers += 1;
      return;
    }
    const nowMs = this.#world.now();
    if (!this.#allows(nowMs) || !readRtp(packet, this.#header)) return;
    const locked = this.#lock?.locked ?? null;
    if (locked !== null && locked !== this.#followed) this.#followLock(locked);
    this.#heardAtMs = nowMs;
    this.#timedOut = false;
    if (this.#in.heard(this.#header, nowMs)) this.#keysIn.reset();
    if (this.#header.payloadType === agreed.eventIn) this.#heardEvent(packet, nowMs);
    else this.#heardAudio(packet, nowMs, agreed);
  }

  heardRtcp(_packet: Buffer, address: string): void {
    const source = this.#lock?.locked ?? this.#agreed?.remote;
    if (source?.address !== address) return;
    this.#heardAtMs = this.#world.now();
    this.#timedOut = false;
  }

  /** Where the lock is, there we send. */
  #followLock(locked: Remote): void {
    this.#followed = locked;
    if (locked.address !== this.#aim?.address || locked.port !== this.#aim.port) void this.#aimAt(locked).catch(() => undefined);
  }

  async #aimAt(remote: Remote): Promise<void> {
    this.#aim = remote;
    await this.#sockets?.aim(remote);
  }

  #heardAudio(packet: Buffer, nowMs: number, agreed: Agreement): void {
    const header = this.#header;
    const codec = header.payloadType === agreed.payloadType ? agreed.codec : CODEC_OF[header.payloadType];
    if (codec === undefined) return;
    for (const tap of this.taps) tap.heard(packet, header, codec, nowMs);
    this.#listener?.forwardAudio(packet, header, codec, nowMs);
  }

  #heardEvent(packet: Buffer, nowMs: number): void {
    const header = this.#header;
    const key = this.#keysIn.heard(packet, header.payloadStart, header.payloadEnd, header.timestamp, nowMs);
    this.#listener?.forwardEvent(packet, header, nowMs);
    if (key === null) return;
    if (this.#playing?.bargeIn === true) this.endPlay('barge_in');
    this.#world.tell({ type: 'digit', endpointId: this.id, key });
  }

  #allows(nowMs: number): boolean {
    this.#allowance = Math.min(BURST_PACKETS, this.#allowance + ((nowMs - this.#allowanceAtMs) * MOST_PACKETS_A_SECOND) / 1000);
    this.#allowanceAtMs = nowMs;
    if (this.#allowance < 1) return false;
    this.#allowance -= 1;
    return true;
  }

  // -- outward

  /** The joined party's packet, sent on as it came; it is ours to change. */
  forwardAudio(packet: Buffer, header: RtpHeader, codec: Codec, nowMs: number): void {
    const agreed = this.#agreed;
    if (agreed === null || !this.#mayForward(agreed)) return;
    if (codec !== agreed.codec) recodeInPlace(packet, codec, header.payloadStart, header.payloadEnd);
    this.#forward(packet, header, agreed.payloadType, header.payloadEnd - header.payloadStart, nowMs);
  }

  forwardEvent(packet: Buffer, header: RtpHeader, nowMs: number): void {
    const agreed = this.#agreed;
    if (agreed === null || agreed.eventOut === null || !this.#mayForward(agreed)) return;
    this.#forward(packet, header, agreed.eventOut, FRAME_SAMPLES, nowMs);
  }

  #mayForward(agreed: Agreement): boolean {
    return agreed.hears && this.#playing?.list == null && !this.#keysOut.busy;
  }

  #forward(packet: Buffer, header: RtpHeader, payloadType: number, samples: number, nowMs: number): void {
    const payloadBytes = header.payloadEnd - header.payloadStart;
    const stamp = this.#out.forward(header, nowMs, samples, payloadBytes);
    if (stamp === null) return;
    // Contributing sources and extensions stay behind: our header goes directly before the payload, which never is nearer than 12 bytes.
    const start = header.payloadStart - RTP_HEADER_BYTES;
    const whole = start === 0 && header.payloadEnd === packet.length ? packet : packet.subarray(start, header.payloadEnd);
    writeRtpHeader(whole, stamp.marker, payloadType, stamp.sequence, stamp.timestamp, this.#out.ssrc);
    this.#sockets?.send(whole);
  }

  beat(frame: number, skipped: number, nowMs: number): void {
    const agreed = this.#agreed;
    const list = this.#playing?.list;
    if (this.#keysOut.busy) this.#beatKey(agreed, nowMs);
    else if (list == null) this.#world.tick.remove(this);
    else if (agreed !== null) this.#beatPlay(agreed, list, frame, skipped, nowMs);
  }

  #beatPlay(agreed: Agreement, list: Playlist, frame: number, skipped: number, nowMs: number): void {
    const packet = Buffer.allocUnsafe(RTP_HEADER_BYTES + FRAME_SAMPLES);
    if (!list.fill(packet, RTP_HEADER_BYTES, agreed.codec, frame)) {
      this.endPlay('finished');
      return;
    }
    // A party on hold misses what plays; it goes on all the same, so that a dialplan does not wait for the hold to end.
    if (!agreed.hears) return;
    const stamp = this.#out.own(nowMs, skipped, FRAME_SAMPLES);
    writeRtpHeader(packet, stamp.marker, agreed.payloadType, stamp.sequence, stamp.timestamp, this.#out.ssrc);
    this.#sockets?.send(packet);
  }

  #beatKey(agreed: Agreement | null, nowMs: number): void {
    const event = this.#keysOut.next();
    if (event === null) this.#out.cut();
    if (event === null || agreed === null || !agreed.hears) return;
    if (agreed.eventOut === null) {
      const from = event.samples - FRAME_SAMPLES;
      this.#sendOwn(agreed, keyAudio(event.key)[agreed.codec].subarray(from, event.samples), 0, nowMs);
      return;
    }
    for (let sent = 0; sent < event.times; sent += 1) {
      const stamp = this.#out.event(nowMs, event.first && sent === 0, event.samples, EVENT_PAYLOAD_BYTES);
      const packet = Buffer.allocUnsafe(RTP_HEADER_BYTES + EVENT_PAYLOAD_BYTES);
      writeRtpHeader(packet, event.first && sent === 0, agreed.eventOut, stamp.sequence, stamp.timestamp, this.#out.ssrc);
      event.payload.copy(packet, RTP_HEADER_BYTES);
      this.#sockets?.send(packet);
    }
  }

  #sendOwn(agreed: Agreement, audio: Buffer, skipped: number, nowMs: number): void {
    const stamp = this.#out.own(nowMs, skipped, audio.length);
    const packet = Buffer.allocUnsafe(RTP_HEADER_BYTES + audio.length);
    writeRtpHeader(packet, stamp.marker, agreed.payloadType, stamp.sequence, stamp.timestamp, this.#out.ssrc);
    audio.copy(packet, RTP_HEADER_BYTES);
    this.#sockets?.send(packet);
  }

  // -- once a second

  check(nowMs: number): void {
    const agreed = this.#agreed;
    if (agreed === null) return;
    if (agreed.mustSend && this.#timeoutMs > 0 && !this.#timedOut && nowMs - this.#heardAtMs > this.#timeoutMs) {
      this.#timedOut = true;
      this.#world.tell({ type: 'mediaTimeout', endpointId: this.id });
    }
    if (nowMs >= this.#reportAtMs) this.#report(agreed, nowMs);
    const strangers = this.#strangers - this.#strangersTold;
    this.#strangersTold = this.#strangers;
    if (strangers >= ALARM_STRANGERS_A_SECOND) this.#world.alarm(this.id, strangers);
  }

  #report(agreed: Agreement, nowMs: number): void {
    this.#reportAtMs = nowMs + REPORT_EACH_MS;
    if (agreed.remote === null || this.#out.packets === 0) return;
    const { ssrc, packets, octets } = this.#out;
    const block = this.#in.ssrc === null ? null : { ssrc: this.#in.ssrc, ...this.#in.report() };
    const locked = this.#lock?.locked;
    const signalled = locked == null || (locked.address === agreed.remote.address && locked.port === agreed.remote.port);
    const to = signalled ? { address: agreed.remote.address, port: agreed.remote.rtcpPort } : { address: locked.address, port: locked.port + 1 };
    this.#sockets?.sendRtcp(senderReport({ ssrc, nowMs, timestamp: this.#out.timestampAt(nowMs), packets, octets }, block), to);
  }
}
