import { isIPv6 } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import type { Descriptors } from '../../kernel/descriptors.ts';
import { uriHost } from '../message/uri.ts';
import { Addresses, type AddressOptions } from './addresses.ts';
import type { Connection } from './connection.ts';
import type { Hop, Protocol, StreamProtocol, Transport } from './hop.ts';
import { KeepAlives } from './keep-alive.ts';
import type { Listener } from './listener.ts';
import { type StreamOptions, Streams } from './streams.ts';
import { UdpListener } from './udp.ts';

/** Where a message came from, and what we call ourselves there. */
export interface Source extends Hop {
  readonly flow: string;
  readonly local: { address: string; port: number };
}

export interface NetworkUser {
  onMessage(bytes: Buffer, source: Source): void;
  onBroken(error: Error, source: Source): void;
  /** A connection is gone, and with it what was to come over it. */
  onClosed(flow: string): void;
  /** A socket's own trouble (EMFILE …): noted, never fatal. */
  onError(error: Error): void;
  /** The certificate was renewed, or could not be. */
  onCertificate(error: Error | undefined): void;
}

export interface Bind {
  /** IP addresses without brackets. An address in `optional` may fail to bind. */
  readonly addresses: readonly string[];
  readonly optional: ReadonlySet<string>;
  /** 0: any free one, the same for UDP and TCP of all addresses. */
  readonly port: number;
  /** undefined: none of that kind. 0: any free one. */
  readonly tlsPort: number | undefined;
  readonly wsPort: number | undefined;
  readonly wssPort: number | undefined;
  /** A socket file on which the application hands on browsers. */
  readonly wsSocket: string | undefined;
}

export interface NetworkOptions extends AddressOptions, StreamOptions {}

const PORT_TRIES = 20;

/** The sockets of this server: each kind of them on each address. */
export class Network implements Transport {
  readonly #user: NetworkUser;
  readonly #addresses: Addresses;
  readonly #streams: Streams;
  readonly #keepAlives: KeepAlives;
  #udpListeners: UdpListener[] = [];

  /** Throws when the files of TLS cannot be used. */
  constructor(user: NetworkUser, clock: Clock, descriptors: Descriptors, options: NetworkOptions) {
    this.#user = user;
    this.#addresses = new Addresses(options, clock);
    this.#keepAlives = new KeepAlives(clock);
    const streamsUser = {
      onMessage: (bytes: Buffer, connection: Connection) => user.onMessage(bytes, this.#sourceOf(connection)),
      onBroken: (error: Error, connection: Connection) => user.onBroken(error, this.#sourceOf(connection)),
      onClosed: (connection: Connection) => user.onClosed(connection.id),
      onError: (error: Error) => user.onError(error),
      onCertificate: (error: Error | undefined) => user.onCertificate(error),
    };
    this.#streams = new Streams(streamsUser, clock, descriptors, options);
  }

  /** Rejects with the error of the first bind that may not fail. */
  async open(bind: Bind): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#openAt(bind);
        return;
      } catch (error) {
        this.#closeListeners();
        if (bind.port !== 0 || tries >= PORT_TRIES || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
  }

  async #openAt(bind: Bind): Promise<void> {
    const ports: Record<Protocol, number | undefined> = { udp: bind.port, tcp: bind.port, tls: bind.tlsPort, ws: bind.wsPort, wss: bind.wssPort };
    for (const address of bind.addresses) {
      try {
        const udp = await this.#openUdp(address, ports.udp ?? 0);
        ports.udp = udp.port;
        ports.tcp = udp.port;
        for (const protocol of STREAMS) {
          const port = ports[protocol];
          if (port !== undefined) ports[protocol] = await this.#streams.listen(protocol, address, port);
        }
      } catch (error) {
        if (!bind.optional.has(address)) throw error;
        this.#user.onError(error as Error);
      }
    }
    const [first] = this.#streams.listeners;
    if (bind.wsSocket !== undefined && first !== undefined) await this.#streams.listenBehindApplication(bind.wsSocket, first);
  }

  async #openUdp(address: string, port: number): Promise<UdpListener> {
    const listener = await UdpListener.open(
      `udp-${this.#udpListeners.length}`,
      address,
      port,
      (bytes, from, fromPort, listener) => {
        const answer = (pong: Buffer): void => listener.send(pong, from, fromPort, () => undefined);
        if (!this.#keepAlives.take(bytes, from, fromPort, answer)) this.#user.onMessage(bytes, this.#sourceOfDatagram(from, fromPort, listener));
      },
      (error) => this.#user.onError(error),
    );
    this.#udpListeners.push(listener);
    return listener;
  }

  send(bytes: Buffer, to: Hop, onFault: (error: Error) => void): string | undefined {
    if (to.protocol !== 'udp') return this.#streams.send(bytes, to, onFault);
    const listener = this.#udpListeners.find((each) => each.id === to.flow) ?? this.#addresses.choose(this.#udpListeners, to.address);
    if (listener === undefined) process.nextTick(onFault, new Error('no UDP socket of that family'));
    else listener.send(bytes, to.address, to.port, onFault);
    return undefined;
  }

  localFor(to: Hop): { address: string; port: number } | undefined {
    const listener = this.#listenerFor(to);
    return listener === undefined ? undefined : { address: this.#addresses.advertised(listener, to.address), port: listener.port };
  }

  /** A TLS peer can be dialled without a certificate of our own: then we name the TCP socket beside it. */
  #listenerFor(to: Hop): Listener | undefined {
    const open = to.protocol === 'udp' ? this.#udpListeners.find((each) => each.id === to.flow) : this.#streams.connections.find(to.flow)?.about.listener;
    if (open !== undefined) return open;
    return (
      this.#addresses.choose(this.#of(to.protocol), to.address) ?? (to.protocol === 'udp' ? undefined : this.#addresses.choose(this.#of('tcp'), to.address))
    );
  }

  #of(protocol: Protocol): readonly Listener[] {
    return protocol === 'udp' ? this.#udpListeners : this.#streams.listeners.filter((each) => each.protocol === protocol);
  }

  /** Whether a connection of that id is still open. */
  isOpen(flow: string | undefined): boolean {
    return this.#streams.connections.find(flow) !== undefined;
  }

  /** RFC 5923: the peer of that connection asks for requests to `host:port` over it. */
  alias(flow: string, host: string, port: number): void {
    const connection = this.#streams.connections.find(flow);
    if (connection !== undefined) this.#streams.connections.alias(connection, host, port);
  }

  /** Whether `address:port` is one of our own listeners. */
  isMine(protocol: Protocol, address: string, port: number): boolean {
    return this.#of(protocol).some((each) => each.port === port && (each.address === address || this.#addresses.advertised(each, address) === address));
  }

  /** Families we can send to. */
  get families(): { v4: boolean; v6: boolean } {
    return { v4: this.#udpListeners.some((each) => !isIPv6(each.address)), v6: this.#udpListeners.some((each) => isIPv6(each.address)) };
  }

  /** `udp/1.2.3.4:5060,tcp/1.2.3.4:5060,…`: with the public address, or as bound here. */
  hostports(local: boolean): string {
    // Any address that is not this host's: what the rest of the world is told.
    const peer = (listener: Listener): string => (isIPv6(listener.address) ? '2001:db8::1' : '192.0.2.1');
    const named = (each: Listener): string => (local ? this.#addresses.bound(each) : this.#addresses.advertised(each, peer(each)));
    return ALL.flatMap((protocol) => this.#of(protocol).map((each) => `${protocol}/${uriHost(named(each))}:${each.port}`)).join(',');
  }

  /** Takes nothing more in and closes every connection. */
  close(): void {
    this.#closeListeners();
    this.#streams.close();
  }

  #closeListeners(): void {
    for (const listener of this.#udpListeners) listener.close();
    this.#udpListeners = [];
    this.#streams.closeListeners();
  }

  #sourceOfDatagram(address: string, port: number, listener: UdpListener): Source {
    return { protocol: 'udp', address, port, flow: listener.id, local: { address: this.#addresses.advertised(listener, address), port: listener.port } };
  }

  #sourceOf({ id, about }: Connection): Source {
    const { protocol, address, port } = about;
    const hop: Hop = { protocol, address, port, flow: id };
    return { ...hop, flow: id, local: this.localFor(hop) ?? { address: '', port: 0 } };
  }
}

const STREAMS: readonly StreamProtocol[] = ['tcp', 'tls', 'ws', 'wss'];
const ALL: readonly Protocol[] = ['udp', ...STREAMS];
