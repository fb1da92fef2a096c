/**
 * All endpoints of the process: who owns each, in which worker it lives, what was negotiated. One instance carries out what every
 * connection asks; the packets themselves are the workers' business.
 */
import type { Clock } from '../../kernel/clock.ts';
import { randomBelow } from '../../kernel/ids.ts';
import { isLoopback } from '../../kernel/loopback.ts';
import type { CodecName } from '../codec/codec.ts';
import type { MediaConfig } from '../config.ts';
import {
  type Answerer,
  type Capabilities,
  type EndpointStats,
  type Kept,
  MediaError,
  type MediaEvent,
  type Opened,
  type OpenRequest,
  type PlayOptions,
  type ServerReport,
  type Source,
} from '../port.ts';
import { canonicalAddress, refusedTarget } from '../sdp/address.ts';
import { encodingOf } from '../sdp/formats.ts';
import { type Agreed, Negotiation, readOffer } from '../sdp/negotiate.ts';
import type { Direction } from '../sdp/parse.ts';
import { profileOf, Security } from '../sdp/security.ts';
import { type CertificateFiles, fingerprintOf, makeCertificate } from '../webrtc/dtls/certificate.ts';
import type { Agreement, OneEndpointOrder, Orders } from '../worker/messages.ts';
import type { WorkerPool } from '../worker/pool.ts';
import { chooseWorker, type WorkerState } from './choice.ts';
import { Conferences } from './conferences.ts';
import { Moves } from './moves.ts';
import type { PortPool } from './ports.ts';
import { Reporter } from './report.ts';
import { LEAST_FREE, SparePorts } from './spares.ts';

interface Row {
  endpointId: string;
  owner: string;
  group: string;
  worker: number;
  port: number;
  signallingAddress: string;
  negotiation: Negotiation;
  security: Security;
  /** As it was asked last: what an application that was started anew finds. */
  joined: string | null;
  playing: string | null;
}

/** Told in one answer, which must fit into a frame. */
const MOST_KEPT_TOLD = 2_000;
const PORT_TRIES = 50;
const MOST_ENDPOINTS = 20_000;
/** Ids in a request lie no deeper. */
const DEEPEST_ID = 4;
const LOOPBACK: Readonly<Record<4 | 6, string>> = { 4: '127.0.0.1', 6: '::1' };

export class Endpoints {
  readonly conferences: Conferences;
  readonly #config: MediaConfig;
  readonly #clock: Clock;
  readonly #pool: WorkerPool;
  readonly #ports: PortPool;
  readonly #spares: SparePorts;
  readonly #tell: (owner: string, event: MediaEvent) => void;
  readonly #rows = new Map<string, Row>();
  /** Opening: an id is taken before its port is bound, and may be closed before it is open. */
  readonly #opening = new Map<string, { owner: string; closed: boolean }>();
  readonly #groups = new Map<string, { worker: number; endpoints: number }>();
  readonly #load: number[];
  readonly #moves: Moves;
  readonly #reporter: Reporter;
  #draining = false;
  /** For DTLS, one a process. */
  readonly #certificate: CertificateFiles;
  readonly #fingerprint: string;

  constructor(config: MediaConfig, clock: Clock, pool: WorkerPool, ports: PortPool, tell: (owner: string, event: MediaEvent) => void) {
    this.#config = config;
    this.#clock = clock;
    this.#pool = pool;
    this.#ports = ports;
    this.#spares = new SparePorts(pool, ports, clock, config.hosts[4], config.workers);
    this.#tell = tell;
    this.conferences = new Conferences(pool, (endpointId) => this.#row(endpointId).worker);
    this.#reporter = new Reporter(clock, pool);
    this.#moves = new Moves(pool);
    this.#certificate = makeCertificate(clock.now());
    this.#fingerprint = fingerprintOf(this.#certificate.der);
    this.#load = Array.from({ length: config.workers }, () => 0);
  }

  capabilities(): Capabilities {
    return {
      codecs: this.#config.codecs.map(encodingOf),
      record: true,
      mix: true,
      webrtc: true,
      packetPath: this.#pool.engine === 'plain' ? 'plain' : 'native',
    };
  }

  async open(owner: string, request: OpenRequest): Promise<Opened> {
    const { endpointId } = request;
    if (request.ahead === true && this.#ports.free < LEAST_FREE) throw new MediaError('no_ports', 'ports are few: none is held ready');
    if (this.#rows.has(endpointId) || this.#opening.has(endpointId)) throw new MediaError('bad_request', `endpoint ${endpointId} is open already`);
    if (this.#rows.size >= MOST_ENDPOINTS) throw new MediaError('no_ports', `${MOST_ENDPOINTS} endpoints are open`);
    const wanted = request.group ?? groupNamedBy(endpointId);
    if (this.#draining && !this.#groups.has(wanted)) throw new MediaError('unavailable', 'the media server is draining: it takes no new calls');
    const opening = { owner, closed: false };
    this.#opening.set(endpointId, opening);
    const group = this.#enterGroup(wanted);
    try {
      const row = await this.#openRow(owner, request, group);
      this.#rows.set(endpointId, row);
      this.#opening.delete(endpointId);
      if (opening.closed) throw new MediaError('unknown_endpoint', 'closed while it was being opened');
      return await this.#negotiate(row, request);
    } catch (error) {
      this.#opening.delete(endpointId);
      if (this.#rows.has(endpointId)) await this.close(endpointId);
      else this.#leaveGroup(group);
      throw error;
    }
  }

  async accept(endpointId: string, answer: string, from?: Answerer): Promise<void> {
    const row = this.#row(endpointId);
    if (from !== undefined) {
      row.signallingAddress = canonicalAddress(from.signallingAddress);
      row.security.privateSignalling = from.privateSignalling;
    }
    await this.#agree(row, row.negotiation.accept(answer));
  }

  async renegotiate(endpointId: string, offer: string): Promise<{ sdp: string; direction: Direction }> {
    const row = this.#row(endpointId);
    const { sdp, agreed } = row.negotiation.answer(offer, this.#codecOfGroup(row.group, row));
    await this.#agree(row, agreed);
    return { sdp, direction: agreed.direction };
  }

  async play(endpointId: string, playId: string, sources: Source[], options: PlayOptions): Promise<void> {
    const row = this.#row(endpointId);
    row.playing = playId;
    await this.#pool.order(row.worker, 'play', { endpointId, playId, sources, ...options });
  }

  async stop(endpointId: string): Promise<void> {
    await this.#pool.order(this.#row(endpointId).worker, 'stop', { endpointId });
  }

  async sendDigits(endpointId: string, keys: string): Promise<void> {
    await this.#pool.order(this.#row(endpointId).worker, 'sendDigits', { endpointId, keys });
  }

  /** An order that concerns one endpoint alone. */
  async order<Name extends OneEndpointOrder>(name: Name, params: Orders[Name]['params']): Promise<Orders[Name]['result']> {
    return this.#pool.order(this.#row(params.endpointId).worker, name, params);
  }

  async join(a: string, b: string): Promise<void> {
    await this.#pool.order(this.workerOfBoth(a, b), 'join', { a, b });
    this.#apart(a, b);
    Object.assign(this.#row(a), { joined: b });
    Object.assign(this.#row(b), { joined: a });
    for (const endpointId of [a, b]) this.conferences.left(endpointId);
  }

  async part(a: string, b: string): Promise<void> {
    await this.#pool.order(this.workerOfBoth(a, b), 'part', { a, b });
    this.#apart(a, b);
  }

  async echo(endpointId: string): Promise<void> {
    await this.#pool.order(this.#row(endpointId).worker, 'echo', { endpointId });
    this.#apart(endpointId);
    this.conferences.left(endpointId);
  }

  stats(endpointId: string): Promise<EndpointStats> {
    return this.#pool.order(this.#row(endpointId).worker, 'stats', { endpointId });
  }

  async close(endpointId: string): Promise<EndpointStats | null> {
    const opening = this.#opening.get(endpointId);
    if (opening !== undefined) opening.closed = true;
    const named = this.#rows.get(endpointId);
    if (named !== undefined && this.#moves.isUnder(named.group)) await this.#moves.settled([named.group]);
    const row = this.#rows.get(endpointId);
    if (row === undefined) return null;
    try {
      return await this.#pool.order(row.worker, 'close', { endpointId });
    } finally {
      // Only now: what ends with the endpoint is still told to its owner.
      if (this.#forget(endpointId) !== undefined) this.#ports.giveBack(row.port, this.#clock.now());
    }
  }

  /** Groups that are here may grow; no other begins. */
  drain(): void {
    this.#draining = true;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Of this application's, from the one with this number on. */
  kept(owner: string, from: number): Pick<Kept, 'endpoints' | 'more'> {
    const own = [...this.#rows.values()].filter((row) => row.owner === owner);
    const rows = own.slice(from, from + MOST_KEPT_TOLD);
    return {
      endpoints: rows.map(({ endpointId, group, joined, playing }) => ({ endpointId, group, joined, playing })),
      more: own.length > from + rows.length,
    };
  }

  /** They are joined with nobody any more. */
  #apart(...endpointIds: string[]): void {
    for (const endpointId of endpointIds) {
      const row = this.#rows.get(endpointId);
      const other = this.#rows.get(row?.joined ?? '');
      if (other?.joined === endpointId) other.joined = null;
      if (row !== undefined) row.joined = null;
    }
  }

  report(): ServerReport {
    return { ...this.#reporter.report(this.#rows.size, this.#draining), moved: this.#moves.moved };
  }

  // -- from one worker to another

  get workers(): WorkerState[] {
    return this.#load.map((endpoints, at) => ({ ...this.#pool.stateOf(at), endpoints }));
  }

  *groupsOf(worker: number): Generator<string> {
    for (const [group, each] of this.#groups) if (each.worker === worker) yield group;
  }

  /** false = it stays: more is done with it than to relay it. Its streams go on as if nothing had been. */
  async move(group: string, to: number): Promise<boolean> {
    const known = this.#groups.get(group);
    const rows = [...this.#rows.values()].filter((row) => row.group === group);
    // Of one that is being opened the worker knows already.
    if (known === undefined || known.worker === to || rows.length !== known.endpoints || this.#moves.isUnder(group)) return false;
    const from = known.worker;
    const endpointIds = rows.map(({ endpointId }) => endpointId);
    return this.#moves.move(group, { endpointIds, from, to, place: () => this.#place(group, rows, to), lost: (reason) => this.#lost(rows, reason) });
  }

  /** What is asked of a group on its way waits until it has arrived; undefined = these params name none. */
  settled(params: unknown): Promise<void> | undefined {
    if (this.#moves.none) return undefined;
    const groups = [...wordsIn(params, DEEPEST_ID)].flatMap((word) => [this.#rows.get(word)?.group ?? groupNamedBy(word), word]);
    return groups.some((group) => this.#moves.isUnder(group)) ? this.#moves.settled([...new Set(groups)]) : undefined;
  }

  #place(group: string, rows: readonly Row[], to: number): void {
    const known = this.#groups.get(group);
    if (known === undefined) return;
    this.#load[known.worker] = (this.#load[known.worker] ?? known.endpoints) - known.endpoints;
    this.#load[to] = (this.#load[to] ?? 0) + known.endpoints;
    known.worker = to;
    for (const row of rows) row.worker = to;
  }

  #lost(rows: readonly Row[], reason: string): void {
    for (const { endpointId, port, owner } of rows) {
      if (this.#forget(endpointId) === undefined) continue;
      this.#ports.giveBack(port, this.#clock.now());
      this.#tell(owner, { type: 'endpointLost', endpointId, reason });
    }
  }

  /** An event of a worker, for whoever owns the endpoint it is about. */
  heard(event: MediaEvent): void {
    if (event.type === 'recordingEnded') return;
    const owner = this.#rows.get(event.endpointId)?.owner ?? this.conferences.ownerOf(event.endpointId);
    if (event.type === 'playEnded') this.#playEnded(event);
    if (owner !== undefined) this.#tell(owner, event);
    // A worker tells so of one that never came to anything.
    if (event.type === 'endpointLost') void this.close(event.endpointId).catch(() => undefined);
  }

  #playEnded({ endpointId, playId }: Extract<MediaEvent, { type: 'playEnded' }>): void {
    const row = this.#rows.get(endpointId);
    if (row?.playing === playId) row.playing = null;
  }

  async closeAll(): Promise<void> {
    await Promise.allSettled([...this.#rows.keys()].map((endpointId) => this.close(endpointId)));
  }

  /** Its application is gone. */
  async closeAllOf(owner: string): Promise<void> {
    for (const opening of this.#opening.values()) if (opening.owner === owner) opening.closed = true;
    const mine = [...this.#rows.values()].filter((row) => row.owner === owner);
    await Promise.allSettled(mine.map((row) => this.close(row.endpointId)));
  }

  workerLost(worker: number): void {
    this.#spares.workerLost(worker);
    this.#lost(
      [...this.#rows.values()].filter((each) => each.worker === worker),
      'the media worker died',
    );
  }

  /** Legs that are heard or recorded together live in one worker. Throws a MediaError when these do not. */
  workerOfBoth(a: string, b: string): number {
    const worker = this.#row(a).worker;
    if (worker !== this.#row(b).worker) throw new MediaError('bad_request', `${a} and ${b} were opened in different groups`);
    return worker;
  }

  get size(): number {
    return this.#rows.size;
  }

  async #openRow(owner: string, request: OpenRequest, group: string): Promise<Row> {
    const worker = this.#groups.get(group)?.worker ?? 0;
    const signallingAddress = canonicalAddress(request.signallingAddress);
    // A broken offer costs no port.
    const offered = request.offer === undefined ? null : readOffer(request.offer, null, this.#config.codecs);
    // Where a browser is, ICE will say; the address it writes means nothing.
    const remote = offered === null || profileOf(offered.line) === 'webrtc' ? null : offered.agreed.remote;
    if (remote !== null) this.#targetOf(remote, signallingAddress);
    const family = remote?.family ?? 4;
    const ssrc = randomBelow(2 ** 32);
    const port = await this.#openPort(worker, family, request, ssrc);
    // A party on this very machine sends from, and listens at, loopback.
    const address = isLoopback(canonicalAddress(remote?.address ?? signallingAddress)) ? LOOPBACK[family] : this.#config.publicAddresses[family];
    const privateSignalling = request.privateSignalling === true || request.toPrivatePhones === true;
    const security = new Security({ fingerprint: this.#fingerprint, address, port, ssrc, privateSignalling });
    const negotiation = new Negotiation({ address, family, port, sessionId: randomBelow(2 ** 47), security }, this.#config.codecs);
    return { endpointId: request.endpointId, owner, group, worker, port, signallingAddress, negotiation, security, joined: null, playing: null };
  }

  /** A port that another program holds is left to it, for as long as one of ours would rest. */
  async #openPort(worker: number, family: 4 | 6, { endpointId, timeoutMs }: OpenRequest, ssrc: number): Promise<number> {
    const stream = { ssrc, sequence: randomBelow(2 ** 16), timestamp: randomBelow(2 ** 32) };
    const spare = family === 4 ? this.#spares.take(worker) : null;
    if (spare !== null) {
      this.#settleIn(worker, { endpointId, family, host: this.#config.hosts[family], port: spare, timeoutMs, ...stream });
      return spare;
    }
    for (let tries = 0; tries < PORT_TRIES; tries += 1) {
      const port = this.#ports.take(this.#clock.now()) ?? ((await this.#spares.release()) ? this.#ports.take(this.#clock.now()) : null);
      if (port === null) throw new MediaError('no_ports', 'no RTP port is free');
      try {
        const { taken } = await this.#pool.order(worker, 'open', { endpointId, family, host: this.#config.hosts[family], port, timeoutMs, ...stream });
        if (!taken) return port;
      } catch (error) {
        this.#ports.giveBack(port, this.#clock.now());
        throw error;
      }
      this.#ports.giveBack(port, this.#clock.now());
    }
    throw new MediaError('no_ports', `${PORT_TRIES} RTP ports in a row are held by other programs`);
  }

  /** Nobody waits for it: the port is bound, and whatever else the worker is told of the endpoint comes behind this. */
  #settleIn(worker: number, setup: Orders['open']['params']): void {
    const failed = (reason: string): void => {
      const row = this.#rows.get(setup.endpointId);
      if (row !== undefined) this.#lost([row], reason);
    };
    this.#pool.order(worker, 'open', setup).then(
      ({ taken }) => {
        if (taken) failed(`RTP port ${setup.port} is no longer ours`);
      },
      (error: Error) => failed(error.message),
    );
  }

  async #negotiate(row: Row, { offer, profile, toBrowsers, toPrivatePhones }: OpenRequest): Promise<Opened> {
    const preferred = this.#codecOfGroup(row.group, row);
    if (offer === undefined) {
      const sdp = row.negotiation.offer(preferred, profile);
      return {
        sdp,
        ...(toBrowsers === true ? { browserSdp: row.negotiation.offer(preferred, 'webrtc') } : {}),
        ...(toPrivatePhones === true ? { keyedSdp: row.negotiation.offer(preferred, 'sdes') } : {}),
      };
    }
    const { sdp, agreed } = row.negotiation.answer(offer, preferred);
    await this.#agree(row, agreed);
    return { sdp };
  }

  async #agree(row: Row, agreed: Agreed): Promise<void> {
    await this.#pool.order(row.worker, 'agree', { endpointId: row.endpointId, agreed: this.#agreement(row, agreed) });
  }

  #agreement(row: Row, { remote, direction, protection, ...agreed }: Agreed): Agreement {
    return {
      ...agreed,
      // ICE alone says where a browser is.
      remote: protection?.kind === 'dtls' ? null : this.#targetOf(remote, row.signallingAddress),
      signallingAddress: row.signallingAddress,
      hears: direction === 'sendrecv' || direction === 'recvonly',
      mustSend: direction === 'sendrecv',
      protection: protection?.kind === 'dtls' ? { ...protection, certificate: this.#certificate } : protection,
    };
  }

  /** Where to send; null = nowhere for now (the null address of an old hold, or no port). Throws when audio must never go there. */
  #targetOf(remote: Agreed['remote'], signallingAddress: string): Agreement['remote'] {
    const address = canonicalAddress(remote.address);
    if (remote.port === 0 || address === '0.0.0.0' || address === '::') return null;
    const refused = refusedTarget(address, remote.port) ?? this.#refusedHere(address, remote.port, signallingAddress);
    if (refused !== null) throw new MediaError('bad_request', `SDP: ${address} port ${remote.port}: ${refused}`);
    return { address, port: remote.port, rtcpPort: remote.rtcpPort };
  }

  #refusedHere(address: string, port: number, signallingAddress: string): string | null {
    const { publicAddresses, ownAddresses } = this.#config;
    const isOurs = (each: string): boolean => isLoopback(each) || ownAddresses.includes(each) || each === publicAddresses[4] || each === publicAddresses[6];
    // Audio sent to one of our own ports would go round for ever.
    if (isOurs(address) && this.#ports.inUse(port - (port & 1))) return 'this is one of our own ports';
    if (isLoopback(address) && !isOurs(signallingAddress)) return 'a party elsewhere has no business on our loopback';
    return null;
  }

  /** What the other leg of the call speaks, so that nothing need be transcoded. */
  #codecOfGroup(group: string, asking: Row): CodecName | null {
    for (const row of this.#rows.values()) if (row !== asking && row.group === group && row.negotiation.agreed !== null) return row.negotiation.agreed.codec;
    return null;
  }

  #enterGroup(group: string): string {
    const known = this.#groups.get(group);
    const worker = known?.worker ?? chooseWorker(this.workers);
    this.#groups.set(group, { worker, endpoints: (known?.endpoints ?? 0) + 1 });
    this.#load[worker] = (this.#load[worker] ?? 0) + 1;
    return group;
  }

  #leaveGroup(group: string): void {
    const known = this.#groups.get(group);
    if (known === undefined) return;
    known.endpoints -= 1;
    this.#load[known.worker] = (this.#load[known.worker] ?? 1) - 1;
    if (known.endpoints === 0) this.#groups.delete(group);
  }

  #forget(endpointId: string): Row | undefined {
    const row = this.#rows.get(endpointId);
    if (row === undefined) return undefined;
    this.#apart(endpointId);
    this.#rows.delete(endpointId);
    this.conferences.left(endpointId);
    this.#leaveGroup(row.group);
    return row;
  }

  #row(endpointId: string): Row {
    const row = this.#rows.get(endpointId);
    if (row === undefined) throw new MediaError('unknown_endpoint', `no endpoint ${endpointId}`);
    return row;
  }
}

/** Legs of one call are named `call.n`. */
const groupNamedBy = (endpointId: string): string => endpointId.replace(/\.[^.]*$/, '');

function* wordsIn(params: unknown, deepest: number): Generator<string> {
  if (typeof params === 'string') yield params;
  else if (typeof params === 'object' && params !== null && deepest > 0) for (const each of Object.values(params)) yield* wordsIn(each, deepest - 1);
}
