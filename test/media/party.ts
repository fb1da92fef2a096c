/** A party to a call as raw RTP: sends what a test wants, keeps every packet it hears with its header. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { systemClock } from '../../kernel/clock.ts';
import { randomBelow } from '../../kernel/ids.ts';
import { isRtcp } from '../../media/rtp/packet.ts';
import { alawDecode, sine, ulawDecode } from '../support/tone.ts';
import { alawEncode, ulawEncode } from './g711-reference.ts';

export interface Heard {
  payloadType: number;
  marker: boolean;
  sequence: number;
  timestamp: number;
  ssrc: number;
  payload: Buffer;
  from: string;
  atMs: number;
}
export interface PartyOptions {
  address?: string;
  port?: number;
  codec?: 'PCMA' | 'PCMU';
  eventType?: number | null;
}

/** What a party with protected audio does to its packets. null = not sent, or not heard. */
export interface Cover {
  seal(packet: Buffer): Buffer | null;
  open(packet: Buffer): Buffer | null;
}

export class Party {
  readonly heard: Heard[] = [];
  readonly rtcp: Buffer[] = [];
  readonly #socket: Socket;
  readonly #address: string;
  readonly codec: 'PCMA' | 'PCMU';
  readonly eventType: number | null;
  ssrc = randomBelow(2 ** 32);
  sequence = randomBelow(2 ** 16);
  timestamp = randomBelow(2 ** 32);
  #to: { address: string; port: number } | null = null;
  #stop: (() => void) | null = null;
  #sample = 0;
  #closed = false;
  cover: Cover | null = null;

  private constructor(socket: Socket, address: string, options: PartyOptions) {
    this.#socket = socket;
    this.#address = address;
    this.codec = options.codec ?? 'PCMA';
    this.eventType = options.eventType === undefined ? 101 : options.eventType;
    socket.on('error', () => undefined);
    socket.on('message', (packet, from) => this.#hear(packet, from.address));
  }

  static async open(options: PartyOptions = {}): Promise<Party> {
    const address = options.address ?? '127.0.0.1';
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.bind(options.port ?? 0, address);
    await once(socket, 'listening');
    return new Party(socket, address, options);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  offer(changes: { direction?: string; address?: string; port?: number; extra?: string[]; comfortNoise?: boolean } = {}): string {
    const type = this.#address.includes(':') ? 'IP6' : 'IP4';
    const number = this.codec === 'PCMA' ? 8 : 0;
    const event = this.eventType;
    return [
      'v=0',
      `o=- 1 1 IN ${type} ${this.#address}`,
      's=-',
      `c=IN ${type} ${changes.address ?? this.#address}`,
      't=0 0',
      `m=audio ${changes.port ?? this.port} RTP/AVP ${number}${changes.comfortNoise === true ? ' 13' : ''}${event === null ? '' : ` ${event}`}`,
      `a=rtpmap:${number} ${this.codec}/8000`,
      ...(event === null ? [] : [`a=rtpmap:${event} telephone-event/8000`, `a=fmtp:${event} 0-15`]),
      `a=${changes.direction ?? 'sendrecv'}`,
      ...(changes.extra ?? []),
      '',
    ].join('\r\n');
  }

  /** Where our SDP says. */
  aim(sdp: string): this {
    const address = /c=IN IP[46] (\S+)/.exec(sdp)?.[1] ?? '';
    this.#to = { address, port: Number(/m=audio ([0-9]+)/.exec(sdp)?.[1]) };
    return this;
  }

  get target(): { address: string; port: number } | null {
    return this.#to;
  }

  /** A tone (0 = silence), 50 packets a second by the clock until `hush`. */
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

  frame(hz: number, marker = false): void {
    const encode = this.codec === 'PCMA' ? alawEncode : ulawEncode;
    const samples = hz === 0 ? new Int16Array(160) : sine(hz, this.#sample, 160);
    this.#sample += 160;
    this.timestamp = (this.timestamp + 160) >>> 0;
    this.send(this.codec === 'PCMA' ? 8 : 0, Buffer.from(samples.map(encode)), this.timestamp, marker);
  }

  send(payloadType: number, payload: Buffer, timestamp: number, marker = false): void {
    const head = Buffer.alloc(12);
    this.sequence = (this.sequence + 1) & 0xffff;
    head[0] = 0x80;
    head[1] = (marker ? 0x80 : 0) | payloadType;
    head.writeUInt16BE(this.sequence, 2);
    head.writeUInt32BE(timestamp, 4);
    head.writeUInt32BE(this.ssrc, 8);
    this.raw(Buffer.concat([head, payload]));
  }

  raw(packet: Buffer): void {
    const sealed = this.cover === null ? packet : this.cover.seal(packet);
    if (sealed !== null) this.naked(sealed);
  }

  /** As it is, whatever covers the rest. */
  naked(packet: Buffer): void {
    if (this.#to !== null) this.#socket.send(packet, this.#to.port, this.#to.address);
  }

  /** One key press as phones send it: five packets of growing duration, the last three times. */
  press(key: string): void {
    const code = '0123456789*#ABCD'.indexOf(key);
    this.timestamp = (this.timestamp + 800) >>> 0;
    const timestamp = this.timestamp;
    for (const [at, [duration, end]] of (
      [
        [160, 0],
        [320, 0],
        [480, 0],
        [640, 0],
        [800, 0x80],
        [800, 0x80],
        [800, 0x80],
      ] as const
    ).entries()) {
      this.send(this.eventType ?? 101, Buffer.from([code, end | 10, duration >> 8, duration & 0xff]), timestamp, at === 0);
    }
    this.timestamp = (this.timestamp + 800) >>> 0;
  }

  audio(): Int16Array {
    return Int16Array.from(
      this.heard
        .filter((each) => each.payloadType === 0 || each.payloadType === 8)
        .flatMap((each) => [...Int16Array.from(each.payload, each.payloadType === 8 ? alawDecode : ulawDecode)]),
    );
  }

  /** Distinct events heard, as keys. */
  keys(): string {
    const starts = new Map<number, number>();
    for (const each of this.heard) if (each.payloadType === this.eventType) starts.set(each.timestamp, each.payload[0] ?? 0);
    return [...starts.values()].map((code) => '0123456789*#ABCD'[code] ?? '?').join('');
  }

  close(): void {
    this.hush();
    if (!this.#closed) this.#socket.close();
    this.#closed = true;
  }

  #hear(sealed: Buffer, from: string): void {
    const packet = this.cover === null ? sealed : this.cover.open(sealed);
    if (packet === null) return;
    if (isRtcp(packet)) {
      this.rtcp.push(packet);
      return;
    }
    this.heard.push({
      payloadType: (packet[1] ?? 0) & 0x7f,
      marker: ((packet[1] ?? 0) & 0x80) !== 0,
      sequence: packet.readUInt16BE(2),
      timestamp: packet.readUInt32BE(4),
      ssrc: packet.readUInt32BE(8),
      payload: packet.subarray(12),
      from,
      atMs: systemClock.now(),
    });
  }
}
