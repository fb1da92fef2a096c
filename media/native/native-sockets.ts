/**
 * Sockets by our own packet path. Everything a worker hears comes in batches: the packets lie in an arena that is used again for the next
 * batch. No object is made for a packet of a length and source that came before.
 */
import { getSystemErrorName } from 'node:util';
import { FLOW_FIELDS, type Flow } from '../rtp/flow.ts';
import type { Remote } from '../rtp/source-lock.ts';
import { type Descriptors, PortTaken, RECEIVE_BUFFER_BYTES, type RtpSockets, type SocketEngine, type SocketOwner } from '../worker/sockets.ts';
import type { PacketPath } from './addon.ts';

/** No longer packet is heard: more than any path of the Internet carries unbroken. */
const SLOT_BYTES = 2048;
const SLOTS = 128;
const INBOX_FIELDS = 3;
/** Views of this length and less are kept: audio of 20 ms, events, reports. */
const KEPT_VIEW_BYTES = 512;
const SAME_SOURCE = -1;
const NOBODY = -1;
const HEADER_BYTES = 12;
/** Listeners of one payload that are sent to together. */
const MOST_LISTENERS = 128;
/** Parties of one worker that may be sent on by the engine itself; those beyond are told as ever. */
const MOST_FLOWS = 4096;

/** One socket, and who hears it. */
interface End {
  owner: SocketOwner;
  rtcp: boolean;
  address: string;
  port: number;
}

export class NativeEngine implements SocketEngine {
  readonly name: 'io_uring' | 'epoll';
  readonly path: PacketPath;
  readonly #arena = Buffer.allocUnsafeSlow(SLOTS * SLOT_BYTES);
  readonly #inbox = new Int32Array(SLOTS * INBOX_FIELDS);
  /** By slot and length. */
  readonly #views: (Buffer | undefined)[] = Array.from({ length: SLOTS * KEPT_VIEW_BYTES }, () => undefined);
  /** By the number of the socket. */
  readonly #ends: (End | null)[] = [];

  /** What waits to be sent behind one payload: the sockets of its listeners, and the header for each. */
  readonly #listeners = new Int32Array(MOST_LISTENERS);
  readonly #headers = Buffer.allocUnsafeSlow(MOST_LISTENERS * HEADER_BYTES);
  #listening = 0;
  readonly #flows = new Float64Array(MOST_FLOWS * FLOW_FIELDS);
  readonly #freeFlows = Array.from({ length: MOST_FLOWS }, (_, at) => MOST_FLOWS - 1 - at);
  #payload: Buffer | null = null;

  /** `nowMs`: by the clock of those who will read what the engine notes of its flows. */
  constructor(path: PacketPath, nowMs: number, ring: boolean) {
    this.path = path;
    const fault = path.start(this.#arena, SLOT_BYTES, this.#inbox, (count) => this.#hear(count), this.#flows, nowMs, ring);
    this.name = fault === 0 ? 'io_uring' : 'epoll';
  }

  async open(family: 4 | 6, host: string, port: number, owner: SocketOwner): Promise<RtpSockets> {
    const address = addressOf(family, host);
    const rtcp = this.bind(address, port + 1, false, owner, true);
    try {
      return new NativeSockets(this, address, port, owner, rtcp, this.bind(address, port, true, owner, false));
    } catch (error) {
      this.close(rtcp);
      throw error;
    }
  }

  async adopt(descriptors: Descriptors, _: Remote | null, family: 4 | 6, host: string, port: number, owner: SocketOwner): Promise<RtpSockets> {
    if (descriptors === null) throw new Error('no descriptors were handed over');
    const [rtcp, door] = [this.#adopted(descriptors.rtcp, owner, true), this.#adopted(descriptors.door, owner, false)];
    const line = descriptors.line === null ? null : this.#adopted(descriptors.line, owner, false);
    return new NativeSockets(this, addressOf(family, host), port, owner, rtcp, door, line);
  }

  /** What lies in a socket goes with it; what io_uring has read from it would not. */
  async caughtUp(): Promise<void> {
    this.path.drain();
  }

  #adopted(descriptor: number, owner: SocketOwner, rtcp: boolean): number {
    return this.#owned(this.path.adopt(descriptor), 'adopt', owner, rtcp);
  }

  /** Its file descriptor. */
  release(socket: number): number {
    this.flush();
    this.#ends[socket] = null;
    return this.path.release(socket);
  }

  bind(host: string, port: number, shared: boolean, owner: SocketOwner, rtcp: boolean): number {
    return this.#owned(this.path.bind(host, port, shared, RECEIVE_BUFFER_BYTES), 'bind', owner, rtcp);
  }

  #owned(socket: number, call: string, owner: SocketOwner, rtcp: boolean): number {
    if (socket < 0) throw faultOf(socket, call);
    this.#ends[socket] = { owner, rtcp, address: '', port: 0 };
    return socket;
  }

  sendBehind(socket: number, header: Buffer, payload: Buffer): void {
    if (payload !== this.#payload || this.#listening === MOST_LISTENERS) this.#sendListening();
    this.#payload = payload;
    this.#listeners[this.#listening] = socket;
    const at = this.#listening * HEADER_BYTES;
    for (let byte = 0; byte < HEADER_BYTES; byte += 1) this.#headers[at + byte] = header[byte] as number;
    this.#listening += 1;
  }

  gather(): void {
    this.path.gather();
  }

  flush(): void {
    this.#sendListening();
    this.path.flush();
  }

  #sendListening(): void {
    if (this.#listening > 0 && this.#payload !== null) this.path.sendMany(this.#listeners, this.#headers, this.#listening, this.#payload);
    this.#listening = 0;
    this.#payload = null;
  }

  close(socket: number): void {
    this.flush();
    this.#ends[socket] = null;
    this.path.close(socket);
  }

  openFlow(): number | undefined {
    return this.#freeFlows.pop();
  }

  flow(number: number): Flow {
    return this.#flows.subarray(number * FLOW_FIELDS, (number + 1) * FLOW_FIELDS);
  }

  closeFlow(number: number): void {
    this.#flows.fill(0, number * FLOW_FIELDS, (number + 1) * FLOW_FIELDS);
    this.#freeFlows.push(number);
  }

  #hear(count: number): void {
    const inbox = this.#inbox;
    for (let slot = 0; slot < count; slot += 1) {
      const socket = inbox[slot * INBOX_FIELDS] as number;
      // Closed by what came before it in this batch.
      const end = this.#ends[socket];
      if (end == null) continue;
      const port = inbox[slot * INBOX_FIELDS + 2] as number;
      if (port !== SAME_SOURCE) {
        end.address = this.path.source(socket);
        end.port = port;
      }
      const packet = this.#view(slot, inbox[slot * INBOX_FIELDS + 1] as number);
      if (end.rtcp) end.owner.heardRtcp(packet, end.address);
      else end.owner.heardRtp(packet, end.address, end.port);
    }
  }

  #view(slot: number, length: number): Buffer {
    if (length >= KEPT_VIEW_BYTES) return this.#arena.subarray(slot * SLOT_BYTES, slot * SLOT_BYTES + length);
    const at = slot * KEPT_VIEW_BYTES + length;
    let view = this.#views[at];
    if (view === undefined) {
      view = this.#arena.subarray(slot * SLOT_BYTES, slot * SLOT_BYTES + length);
      this.#views[at] = view;
    }
    return view;
  }
}

class NativeSockets implements RtpSockets {
  readonly keepsPackets = false;
  readonly #engine: NativeEngine;
  readonly #host: string;
  readonly #port: number;
  readonly #owner: SocketOwner;
  readonly #rtcp: number;
  readonly #door: number;
  #line: number | null = null;
  #flow: { number: number; fields: Flow } | null = null;
  #closed = false;

  constructor(engine: NativeEngine, host: string, port: number, owner: SocketOwner, rtcp: number, door: number, line: number | null = null) {
    this.#engine = engine;
    this.#host = host;
    this.#port = port;
    this.#owner = owner;
    this.#rtcp = rtcp;
    this.#door = door;
    this.#line = line;
  }

  async aim(remote: Remote): Promise<void> {
    if (this.#closed) return;
    const line = this.#engine.bind(this.#host, this.#port, true, this.#owner, false);
    const fault = this.#engine.path.connect(line, remote.address, remote.port);
    if (fault < 0) {
      this.#engine.close(line);
      throw faultOf(fault, 'connect');
    }
    if (this.#line !== null) this.#engine.close(this.#line);
    this.#line = line;
  }

  send(packet: Buffer): boolean {
    if (this.#line === null) return false;
    this.#engine.path.send(this.#line, packet);
    return true;
  }

  sendBehind(header: Buffer, payload: Buffer): boolean {
    if (this.#line === null) return false;
    this.#engine.sendBehind(this.#line, header, payload);
    return true;
  }

  sendTo(packet: Buffer, remote: Remote): void {
    if (!this.#closed) this.#engine.path.sendTo(this.#door, packet, remote.address, remote.port);
  }

  sendRtcp(packet: Buffer, remote: Remote): void {
    if (!this.#closed) this.#engine.path.sendTo(this.#rtcp, packet, remote.address, remote.port);
  }

  flowTo(to: RtpSockets | null): Flow | null {
    const other = to === null ? NOBODY : to instanceof NativeSockets && to.#engine === this.#engine ? to.#line : null;
    const flow = this.#line === null || other === null ? null : this.#ownFlow();
    return flow !== null && this.#engine.path.through(this.#line ?? NOBODY, other ?? NOBODY, flow.number) === 0 ? flow.fields : null;
  }

  #ownFlow(): { number: number; fields: Flow } | null {
    if (this.#flow !== null) return this.#flow;
    const number = this.#engine.openFlow();
    if (number !== undefined) this.#flow = { number, fields: this.#engine.flow(number) };
    return this.#flow;
  }

  handOver(): Descriptors {
    if (this.#closed) return null;
    this.#end();
    const release = (socket: number): number => this.#engine.release(socket);
    const line = this.#line;
    this.#line = null;
    return { rtcp: release(this.#rtcp), door: release(this.#door), line: line === null ? null : release(line) };
  }

  #end(): void {
    this.#closed = true;
    if (this.#flow !== null) this.#engine.closeFlow(this.#flow.number);
    this.#flow = null;
  }

  close(): void {
    if (this.#closed) return;
    this.#end();
    for (const socket of [this.#door, this.#line, this.#rtcp]) if (socket !== null) this.#engine.close(socket);
    this.#line = null;
  }
}

/** As node:dgram has it, no address is the unspecified one of the family. */
const addressOf = (family: 4 | 6, host: string): string => (family === 6 && host === '' ? '::' : host);

function faultOf(errno: number, call: string): Error {
  const code = getSystemErrorName(errno);
  return code === 'EADDRINUSE' ? new PortTaken() : Object.assign(new Error(`${call} ${code}`), { code, errno, syscall: call });
}
