/**
 * Our end of one leg's audio. What comes in goes past source lock and flood guard into statistics, keys and recordings, and on to
 * whoever listens; what goes out is the speaker's.
 */
import { type CodecName, FACTS, isLaw } from '../codec/codec.ts';
import type { Codec } from '../codec/g711.ts';
import { Keys, type KeysState } from '../dtmf/keys.ts';
import { Mask } from '../dtmf/mask.ts';
import type { Conference, Party } from '../mix/conference.ts';
import type { EndpointStats } from '../port.ts';
import { COMFORT_NOISE_TYPE } from '../quality/comfort-noise.ts';
import { type Reported, Reporter, type ReporterState } from '../quality/reporter.ts';
import type { Tap } from '../record/recording.ts';
import { type IncomingState, IncomingStream } from '../rtp/incoming.ts';
import { emptyHeader, isRtcp, type RtpHeader, readRtp } from '../rtp/packet.ts';
import { type LockState, type Remote, SourceLock } from '../rtp/source-lock.ts';
import { type Opened, type Shield, type ShieldState, shieldFor, type Wire } from '../webrtc/shield.ts';
import type { Agreement, OpenEndpoint } from './messages.ts';
import { Narrow } from './narrow.ts';
import { Overheard } from './overheard.ts';
import { type Allowance, Joined, Shortcut } from './shortcut.ts';
import type { Descriptors, RtpSockets, SocketOwner } from './sockets.ts';
import { Speaker, type SpeakerState } from './speaker.ts';
import type { Surroundings } from './surroundings.ts';

/** RFC 3551 §6: these two numbers mean the same to everybody, so a party that changes codec in mid-call is understood. */
const CODEC_OF: Readonly<Record<number, Codec>> = { 0: 'PCMU', 8: 'PCMA' };
/** Packets beyond this from one party are a flood: they are dropped unread and forwarded to nobody. */
const MOST_PACKETS_A_SECOND = 300;
const BURST_PACKETS = 100;
const REPORT_EACH_MS = 5000;
const ALARM_STRANGERS_A_SECOND = 50;
const LAST_PORT = 65_535;

/** All of an endpoint that is simply relayed, to go on with in another thread. */
export interface EndpointState {
  setup: OpenEndpoint;
  agreed: Agreement | null;
  lock: LockState | null;
  shield: ShieldState | null;
  aim: Remote | null;
  muted: boolean;
  allowance: Pick<Allowance, 'left' | 'atMs'>;
  strangers: number;
  strangersTold: number;
  heardAtMs: number;
  timedOut: boolean;
  reportAtMs: number;
  heard: IncomingState;
  speaker: SpeakerState;
  keys: KeysState;
  reporter: ReporterState;
}

export class Endpoint implements SocketOwner, Party {
  readonly id: string;
  readonly speaker: Speaker;
  readonly #setup: OpenEndpoint;
  readonly #world: Surroundings;
  readonly #timeoutMs: number;
  readonly #in = new IncomingStream();
  readonly keys = new Keys();
  readonly #mask = new Mask();
  readonly #header: RtpHeader = emptyHeader();
  /** Of what the party says, and of what it hears while it is mixed. */
  readonly taps = new Joined<Tap>(() => this.told());
  readonly overheard = new Overheard();
  /** Nobody hears it, nor does any recording; its keys are told. */
  muted = false;
  #sockets: RtpSockets | null = null;
  #agreed: Agreement | null = null;
  #lock: SourceLock | null = null;
  /** Where audio is protected, everything goes through it. */
  #shield: Shield | null = null;
  /** Where our line is connected to, and which lock it has followed there. */
  #aim: Remote | null = null;
  #followed: Remote | null = null;
  #seat: Conference | null = null;
  #listener: Endpoint | null = null;
  readonly #shortcut = new Shortcut();
  /** Whose shortcut leads here. */
  #feeder: Endpoint | null = null;
  #narrow: Narrow | null = null;
  #strangers = 0;
  #strangersTold = 0;
  readonly #allowance = { perMs: MOST_PACKETS_A_SECOND / 1000, most: BURST_PACKETS, left: BURST_PACKETS, atMs: 0 };
  #heardAtMs = 0;
  #timedOut = false;
  #reportAtMs: number;
  readonly #reporter: Reporter;

  constructor(setup: OpenEndpoint, world: Surroundings) {
    this.id = setup.endpointId;
    this.#setup = setup;
    this.#timeoutMs = setup.timeoutMs;
    this.#world = world;
    this.speaker = new Speaker(setup, world, {
      overheard: () => this.told(),
      send: (packet) => this.#send(packet),
      // Where it is protected, another packet is made of it.
      keeps: () => this.#shield === null && this.#sockets?.keepsPackets !== false,
      // What is sent this way goes out as it is: true only where nothing is protected.
      shares: () => this.#shield === null,
      sendBehind: (header, payload) => this.#sockets?.sendBehind(header, payload),
    });
    this.#reportAtMs = world.now() + REPORT_EACH_MS;
    this.#reporter = new Reporter(this.#in, this.speaker.stream);
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
    this.speaker.agree(agreed);
    this.keys.agree(agreed.eventIn !== null);
    this.#protect(agreed, before);
    const remote = agreed.remote;
    if (remote === null) return;
    const moved = before?.remote?.address !== remote.address || before.remote.port !== remote.port;
    const locked = this.#lock?.locked;
    // A party behind NAT may have moved without knowing: its lock opens with every agreement.
    if (moved || locked?.address !== remote.address || locked.port !== remote.port) this.#lock = new SourceLock(remote, agreed.signallingAddress);
    if (moved) await this.#aimAt({ address: remote.address, port: remote.port });
  }

  get codec(): CodecName | null {
    return this.#agreed?.codec ?? null;
  }

  get speaks(): boolean {
    return this.#agreed?.mustSend === true;
  }

  get listener(): Endpoint | null {
    return this.#listener;
  }

  /** Who hears this party from the next packet on; itself = echo. */
  set listener(listener: Endpoint | null) {
    this.told();
    listener?.told();
    if (listener !== this.#listener) this.#listener?.speaker.endNoise();
    this.#listener = listener;
  }

  get seat(): Conference | null {
    return this.#seat;
  }

  /** The mixer it sits at; then it has no listener. */
  set seat(seat: Conference | null) {
    this.told();
    this.#seat = seat;
  }

  /** From now on everything of and for this party is told again, until a packet finds that it need not be. */
  told(): void {
    this.#endShortcut();
    if (this.#feeder !== null) this.#feeder.#endShortcut();
  }

  stats(): EndpointStats {
    this.#collect();
    const { received, lost, jitterMs } = this.#in;
    const quality = { codec: this.#agreed?.codec ?? null, ...this.#reporter.figures() };
    const packetsOut = this.speaker.stream.packets;
    return { packetsIn: received, packetsOut, lost, jitterMs: Math.round(jitterMs * 10) / 10, strangers: this.#strangers, quality };
  }

  close(): void {
    this.told();
    this.#feeder = null;
    // What came since the last look counts too.
    if (this.#agreed !== null) this.#reporter.interval(this.#party(this.#agreed), this.#world.now());
    this.speaker.close();
    this.#narrow?.close();
    this.#narrow = null;
    if (this.#listener !== null && this.#listener !== this) this.#listener.listener = null;
    this.#listener = null;
    this.#shield?.close();
    this.#sockets?.close();
    this.#sockets = null;
  }

  // -- from one thread to another

  /** null = more is done with its sound than to pass it on: it stays. */
  carry(): EndpointState | null {
    this.told();
    const shield = this.#shield?.carry() ?? null;
    const speaker = this.speaker.carry();
    const nowMs = this.#world.now();
    const looked = this.taps.size > 0 || this.overheard.taps.size > 0 || this.secret(nowMs) || this.keys.held;
    if (speaker === null || looked || this.#seat !== null || (this.#shield !== null && shield === null)) return null;
    const { left, atMs } = this.#allowance;
    return {
      ...{ setup: this.#setup, agreed: this.#agreed, lock: this.#lock?.carry() ?? null, shield, aim: this.#aim, muted: this.muted },
      ...{ allowance: { left, atMs }, strangers: this.#strangers, strangersTold: this.#strangersTold },
      ...{ heardAtMs: this.#heardAtMs, timedOut: this.#timedOut, reportAtMs: this.#reportAtMs },
      ...{ heard: this.#in.carry(), speaker, keys: this.keys.carry(), reporter: this.#reporter.carry() },
    };
  }

  /** Its sockets are another thread's from now on. */
  handOver(): Descriptors {
    this.#listener = null;
    this.#feeder = null;
    this.speaker.close();
    this.#narrow?.close();
    this.#shield?.close();
    const descriptors = this.#sockets?.handOver() ?? null;
    this.#sockets = null;
    return descriptors;
  }

  /** Goes on where one in another thread has left off; it has no sockets yet. */
  resume(state: EndpointState): void {
    const { agreed, lock, shield } = state;
    this.#agreed = agreed;
    if (agreed !== null) {
      this.speaker.agree(agreed);
      this.keys.agree(agreed.eventIn !== null);
      this.#protect(agreed, null);
    }
    if (shield !== null) this.#shield?.resume(shield);
    this.#lock = lock === null ? null : SourceLock.resumed(lock);
    this.#aim = state.aim;
    this.#followed = this.#lock?.locked ?? null;
    this.muted = state.muted;
    Object.assign(this.#allowance, state.allowance);
    this.#strangers = state.strangers;
    this.#strangersTold = state.strangersTold;
    this.#heardAtMs = state.heardAtMs;
    this.#timedOut = state.timedOut;
    this.#reportAtMs = state.reportAtMs;
    this.#in.resume(state.heard);
    this.speaker.resume(state.speaker);
    this.keys.resume(state.keys);
    this.#reporter.resume(state.reporter);
  }

  // -- inward

  heardRtp(packet: Buffer, address: string, port: number): void {
    const agreed = this.#agreed;
    // Before there is an agreement nobody is a stranger, but nobody is heard either.
    if (agreed === null) return;
    const nowMs = this.#world.now();
    const opened = this.#shield === null ? this.#inClear(packet, address, port) : this.#shield.open(packet, address, port, this.#lock, nowMs);
    if (opened === 'stranger') this.#strangers += 1;
    else if (opened !== null && this.#shield !== null && isRtcp(opened)) this.#heardReport(opened, nowMs);
    else if (opened !== null) this.#heardPacket(opened, agreed, nowMs);
  }

  #inClear(packet: Buffer, address: string, port: number): Opened {
    const verdict = this.#lock?.hear(address, port);
    if (verdict === undefined) return null;
    return verdict === 'stranger' ? 'stranger' : packet;
  }

  #heardPacket(packet: Buffer, agreed: Agreement, nowMs: number): void {
    this.#endShortcut();
    if (!this.#allows(nowMs) || !readRtp(packet, this.#header)) return;
    const locked = this.#lock?.locked ?? null;
    if (locked !== null && locked !== this.#followed) this.#followLock(locked);
    this.#heard(nowMs);
    if (this.#in.heard(this.#header, nowMs, FACTS[agreed.codec].clockRate / 1000)) this.keys.reset();
    if (this.#header.payloadType === agreed.eventIn) this.#heardEvent(packet, nowMs);
    else if (this.#header.payloadType === COMFORT_NOISE_TYPE) this.#heardNoise(packet, nowMs, agreed);
    else this.#heardAudio(packet, nowMs, agreed);
  }

  heardRtcp(packet: Buffer, address: string): void {
    const source = this.#lock?.locked ?? this.#agreed?.remote;
    if (source?.address !== address) return;
    const opened = this.#shield === null ? packet : this.#shield.openRtcp(packet);
    if (opened !== null) this.#heardReport(opened, this.#world.now());
  }

  #heardReport(packet: Buffer, nowMs: number): void {
    this.#reporter.heard(packet, nowMs);
    this.#heard(nowMs);
  }

  /** A sign of life. */
  #heard(nowMs: number): void {
    this.#heardAtMs = nowMs;
    this.#timedOut = false;
  }

  #protect({ protection }: Agreement, before: Agreement | null): void {
    const nowMs = this.#world.now();
    if (protection !== null && protection.kind === before?.protection?.kind) this.#shield?.agree(protection, nowMs);
    else {
      this.#shield?.close();
      this.#shield = protection === null ? null : shieldFor(protection, this.#wire(), nowMs);
    }
  }

  #wire(): Wire {
    return {
      sendTo: (packet, remote) => this.#sockets?.sendTo(packet, remote),
      aim: (remote) => void this.#aimAt(remote).catch(() => undefined),
      failed: (reason) => this.#world.tell({ type: 'endpointLost', endpointId: this.id, reason }),
      away: (away) => this.#world.tell({ type: 'partyAway', endpointId: this.id, away }),
    };
  }

  #send(packet: Buffer): void {
    const sealed = this.#shield === null ? packet : this.#shield.sealRtp(packet);
    if (sealed !== null) this.#sockets?.send(sealed);
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

  /** Its silence; a muted or secret party is silent already. */
  #heardNoise(packet: Buffer, nowMs: number, agreed: Agreement): void {
    if (agreed.comfortNoise && !this.muted && !this.secret(nowMs)) this.#listener?.speaker.forwardNoise(packet, this.#header, nowMs);
  }

  #heardAudio(packet: Buffer, nowMs: number, agreed: Agreement): void {
    const header = this.#header;
    const codec = this.#codecOf(header.payloadType, agreed);
    if (codec === undefined) return;
    if (isLaw(codec)) {
      this.#examine(packet, header, codec, nowMs);
      this.#passOn(packet, header, codec, nowMs);
      this.#shorten(codec, agreed, nowMs);
      return;
    }
    this.#narrow ??= new Narrow();
    const { packet: law, header: lawHeader, codec: lawCodec } = this.#narrow;
    const looked = this.#isExamined(nowMs) && this.#narrow.take(packet, header, codec);
    // What is covered is passed on in the law in which it was covered.
    if (looked && this.#examine(law, lawHeader, lawCodec, nowMs)) this.#passOn(law, lawHeader, lawCodec, nowMs);
    else if (!this.secret(nowMs)) this.#passOn(packet, header, codec, nowMs);
    this.#shorten(codec, agreed, nowMs);
  }

  /** This packet of audio was passed on and nothing else was done with it: what follows it may go past us. */
  #shorten(codec: CodecName, agreed: Agreement, nowMs: number): void {
    const [listener, sockets] = [this.#listener, this.#sockets];
    if (listener === this || sockets === null || !this.#passesOnly(agreed, codec, nowMs)) return;
    const payloadTypeOut = listener === null ? agreed.payloadType : listener.#takesFlow(codec);
    if (payloadTypeOut === null) return;
    const flow = sockets.flowTo(listener === null ? null : listener.#sockets);
    if (flow === null) return;
    const samples = isLaw(codec) ? null : FACTS[codec].frameTicks;
    const payloadTypes = { in: agreed.payloadType, out: payloadTypeOut };
    this.#shortcut.begin(flow, { from: this.#in, to: listener?.speaker.stream ?? null, payloadTypes, samples }, this.#allowance);
    if (listener !== null) listener.#feeder = this;
  }

  /** As what payload type it may be sent audio of this codec past us. */
  #takesFlow(codec: CodecName): number | null {
    return this.#shield === null && this.#sockets !== null ? this.speaker.sentOnAs(codec) : null;
  }

  #passesOnly(agreed: Agreement, codec: CodecName, nowMs: number): boolean {
    if (this.#shield !== null || this.#seat !== null || this.muted || this.keys.held || this.#isExamined(nowMs)) return false;
    if (codec !== agreed.codec || this.#header.payloadType !== agreed.payloadType) return false;
    const locked = this.#lock?.locked;
    return locked != null && locked.address === this.#aim?.address && locked.port === this.#aim.port;
  }

  #endShortcut(): void {
    const heardAtMs = this.#shortcut.end(this.#allowance);
    if (heardAtMs !== null) this.#heard(heardAtMs);
  }

  /** What went past us is known to its streams, and to those it was sent on by. */
  #collect(): void {
    this.#collectSaid();
    if (this.#feeder !== null) this.#feeder.#collectSaid();
  }

  #collectSaid(): void {
    const heardAtMs = this.#shortcut.collect(this.#allowance);
    if (heardAtMs !== null) this.#heard(heardAtMs);
  }

  #codecOf(payloadType: number, agreed: Agreement): CodecName | undefined {
    if (payloadType === agreed.payloadType) return agreed.codec;
    for (const each of agreed.understood) if (each.payloadType === payloadType) return each.codec;
    return CODEC_OF[payloadType];
  }

  /** Somebody looks into the audio itself, which is done in G.711. */
  #isExamined(nowMs: number): boolean {
    return this.taps.size > 0 || this.keys.looksForTones || this.secret(nowMs);
  }

  /** Keys, taps and mask; true = the audio is covered now. */
  #examine(packet: Buffer, header: RtpHeader, codec: Codec, nowMs: number): boolean {
    const key = this.keys.audio(packet, header, codec, nowMs);
    if (key !== null) this.#pressed(key, nowMs);
    const secret = this.secret(nowMs);
    // What the other side says meanwhile may repeat the keys.
    if (!secret && !this.muted && !this.#secretBeside(nowMs)) for (const tap of this.taps) tap.heard(packet, header, codec, nowMs);
    if (secret) this.#mask.cover(packet, header, codec);
    return secret;
  }

  #passOn(packet: Buffer, header: RtpHeader, codec: CodecName, nowMs: number): void {
    if (this.muted) return;
    if (this.seat !== null) this.seat.heard(this, packet, header, codec, nowMs);
    else if (this.#listener?.speaker.forwardAudio(packet, header, codec, nowMs) === false) {
      // From the next packet on it is transcoded.
      this.#world.unforwardable(this);
    }
  }

  #secretBeside(nowMs: number): boolean {
    return this.seat?.secretBeside(this, nowMs) ?? this.#listener?.secret(nowMs) === true;
  }

  #heardEvent(packet: Buffer, nowMs: number): void {
    const key = this.keys.event(packet, this.#header, nowMs);
    const hidden = this.#mask.hides(this.#header.timestamp, this.secret(nowMs));
    if (!hidden) this.#listener?.speaker.forwardEvent(packet, this.#header, nowMs);
    if (key === null) return;
    if (!hidden) this.seat?.pressed(this, key);
    this.#pressed(key, nowMs);
  }

  /** A key that came by signalling. */
  signalled(key: string): void {
    const nowMs = this.#world.now();
    if (this.keys.signalled(key, nowMs)) this.#pressed(key, nowMs);
  }

  #pressed(key: string, nowMs: number): void {
    const secret = this.secret(nowMs);
    if (secret) this.#mask.pressed();
    this.speaker.bargeIn();
    this.#world.tell({ type: 'digit', endpointId: this.id, key, ...(secret ? { masked: true as const } : {}) });
  }

  /** Its keys are masked now. */
  secret(nowMs: number): boolean {
    return this.#mask.covers(nowMs, this.keys.held);
  }

  // -- of the mixer

  mixed(samples: Int16Array, skipped: number, nowMs: number, delayMs: number): void {
    this.speaker.mixed(samples, skipped, nowMs);
    if (this.overheard.taps.size > 0 && !this.secret(nowMs)) this.overheard.heard(samples, skipped, nowMs, delayMs);
  }

  keyPassedOn(key: string): void {
    this.speaker.sendKeys(key);
  }

  mask(mostMs: number): void {
    this.told();
    this.#mask.begin(this.#world.now() + mostMs);
  }

  unmask(): void {
    if (this.#mask.end(this.#world.now())) this.#world.tell({ type: 'maskEnded', endpointId: this.id, end: 'asked' });
  }

  #allows(nowMs: number): boolean {
    const allowance = this.#allowance;
    allowance.left = Math.min(allowance.most, allowance.left + (nowMs - allowance.atMs) * allowance.perMs);
    allowance.atMs = nowMs;
    if (allowance.left < 1) return false;
    allowance.left -= 1;
    return true;
  }

  // -- once a second

  check(nowMs: number): void {
    this.#collect();
    this.#shield?.check(nowMs);
    if (this.#mask.expired(nowMs)) this.#world.tell({ type: 'maskEnded', endpointId: this.id, end: 'timeout' });
    const agreed = this.#agreed;
    if (agreed === null) return;
    const silentMs = nowMs - this.#heardAtMs;
    if (agreed.mustSend && this.#timeoutMs > 0 && !this.#timedOut && silentMs > this.#timeoutMs) {
      this.#timedOut = true;
      this.#world.tell({ type: 'mediaTimeout', endpointId: this.id, silentMs });
    }
    if (nowMs >= this.#reportAtMs) this.#report(agreed, nowMs);
    const strangers = this.#strangers - this.#strangersTold;
    this.#strangersTold = this.#strangers;
    if (strangers >= ALARM_STRANGERS_A_SECOND) this.#world.alarm(this.id, strangers);
  }

  #party({ codec, mustSend }: Agreement): Reported {
    return { codec, clockRate: FACTS[codec].clockRate, mustSend };
  }

  #report(agreed: Agreement, nowMs: number): void {
    this.#reportAtMs = nowMs + REPORT_EACH_MS;
    const { packet, trouble } = this.#reporter.interval(this.#party(agreed), nowMs);
    if (trouble !== null) this.#world.tell({ type: 'audioTrouble', endpointId: this.id, trouble });
    if (packet === null) return;
    const sealed = this.#shield === null ? packet : this.#shield.sealRtcp(packet);
    if (sealed === null) return;
    if (this.#shield?.muxed === true) this.#sockets?.send(sealed);
    else if (agreed.remote !== null) this.#sendReport(sealed, agreed.remote);
  }

  #sendReport(report: Buffer, remote: NonNullable<Agreement['remote']>): void {
    const locked = this.#lock?.locked;
    const signalled = locked == null || (locked.address === remote.address && locked.port === remote.port);
    const to = signalled ? { address: remote.address, port: remote.rtcpPort } : { address: locked.address, port: locked.port + 1 };
    // The last port has none above it for RTCP.
    if (to.port > LAST_PORT) return;
    this.#sockets?.sendRtcp(report, to);
  }
}
