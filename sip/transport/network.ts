import { isIPv6 } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import { uriHost } from '../message/uri.ts';
import type { Hop, Protocol, Transport } from './hop.ts';
import { advertised, choose, type Listener } from './listener.ts';
import { type Connection, TcpConnections, type TcpListener } from './tcp.ts';
import { UdpListener } from './udp.ts';

/** Where a message came from, and what we call ourselves there. */
export interface Source extends Hop {
  readonly flow: string;
  readonly local: { address: string; port: number };
}

export interface NetworkUser {
  onMessage(bytes: Buffer, source: Source): void;
  onBroken(error: Error, source: Source): void;
  /** A socket's own trouble (EMFILE …): noted, never fatal. */
  onError(error: Error): void;
}

export interface Bind {
  /** IP addresses without brackets. An address in `optional` may fail to bind. */
  addresses: readonly string[];
  optional: ReadonlySet<string>;
  /** 0: any free one, the same for UDP and TCP of all addresses. */
  port: number;
  publicAddress: string | undefined;
}

const PORT_TRIES = 20;

/** The sockets of this server: UDP and TCP on each address. */
export class Network implements Transport {
  readonly #user: NetworkUser;
  readonly #tcp: TcpConnections;
  #udpListeners: UdpListener[] = [];
  #tcpListeners: TcpListener[] = [];
  #publicAddress: string | undefined;

  constructor(user: NetworkUser, clock: Clock) {
    this.#user = user;
    this.#tcp = new TcpConnections(
      {
        onMessage: (bytes, connection) => user.onMessage(bytes, this.#sourceOf(connection)),
        onBroken: (error, connection) => user.onBroken(error, this.#sourceOf(connection)),
        onError: (error) => user.onError(error),
      },
      clock,
    );
  }

  /** Rejects with the error of the first bind that may not fail. */
  async open(bind: Bind): Promise<void> {
    this.#publicAddress = bind.publicAddress;
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
    let { port } = bind;
    for (const address of bind.addresses) {
      try {
        const udp = await UdpListener.open(
          `udp-${this.#udpListeners.length}`,
          address,
          port,
          (bytes, from, fromPort, listener) => this.#user.onMessage(bytes, this.#sourceOfDatagram(from, fromPort, listener)),
          (error) => this.#user.onError(error),
        );
        this.#udpListeners.push(udp);
        port = udp.port;
        this.#tcpListeners.push(await this.#tcp.listen(`tcp:${this.#tcpListeners.length}`, address, port));
      } catch (error) {
        if (!bind.optional.has(address)) throw error;
        this.#user.onError(error as Error);
      }
    }
  }

  send(bytes: Buffer, to: Hop, onFault: (error: Error) => void): void {
    if (to.protocol === 'udp') {
      const listener = this.#udpListeners.find((each) => each.id === to.flow) ?? choose(this.#udpListeners, to.address);
      if (listener === undefined) process.nextTick(onFault, new Error('no UDP socket of that family'));
      else listener.send(bytes, to.address, to.port, onFault);
      return;
    }
    this.#tcp.send(bytes, this.#tcp.find(to.flow) ?? this.#tcp.to(to.address, to.port), onFault);
  }

  localFor(to: Hop): { address: string; port: number } | undefined {
    const listeners: readonly Listener[] = to.protocol === 'udp' ? this.#udpListeners : this.#tcpListeners;
    const listener = listeners.find((each) => each.id === to.flow) ?? this.#tcp.find(to.flow)?.listener ?? choose(listeners, to.address);
    return listener === undefined ? undefined : { address: advertised(listener, to.address, this.#publicAddress), port: listener.port };
  }

  /** Whether a connection of that id is still open. */
  isOpen(flow: string | undefined): boolean {
    return this.#tcp.find(flow) !== undefined;
  }

  /** Whether `address:port` is one of our own listeners. */
  isMine(protocol: Protocol, address: string, port: number): boolean {
    const listeners: readonly Listener[] = protocol === 'udp' ? this.#udpListeners : this.#tcpListeners;
    return listeners.some((each) => each.port === port && (each.address === address || advertised(each, address, this.#publicAddress) === address));
  }

  /** Families we can send to. */
  get families(): { v4: boolean; v6: boolean } {
    return { v4: this.#udpListeners.some((each) => !isIPv6(each.address)), v6: this.#udpListeners.some((each) => isIPv6(each.address)) };
  }

  /** `udp/1.2.3.4:5060,tcp/1.2.3.4:5060,…`: with the public address, or as bound here. */
  hostports(local: boolean): string {
    // Any address that is not this host's: what the rest of the world is told.
    const peer = (listener: Listener): string => (isIPv6(listener.address) ? '2001:db8::1' : '192.0.2.1');
    return [...this.#udpListeners, ...this.#tcpListeners]
      .map((each) => `${each.protocol}/${uriHost(advertised(each, peer(each), local ? undefined : this.#publicAddress))}:${each.port}`)
      .join(',');
  }

  /** Takes nothing more in and closes every connection. */
  close(): void {
    this.#closeListeners();
    this.#tcp.close();
  }

  #closeListeners(): void {
    for (const listener of [...this.#udpListeners, ...this.#tcpListeners]) listener.close();
    this.#udpListeners = [];
    this.#tcpListeners = [];
  }

  #sourceOfDatagram(address: string, port: number, listener: UdpListener): Source {
    return { protocol: 'udp', address, port, flow: listener.id, local: { address: advertised(listener, address, this.#publicAddress), port: listener.port } };
  }

  #sourceOf(connection: Connection): Source {
    const hop: Hop = { protocol: 'tcp', address: connection.address, port: connection.port, flow: connection.id };
    return {
      ...hop,
      flow: connection.id,
      local: this.localFor(hop) ?? { address: connection.socket.localAddress ?? '', port: connection.socket.localPort ?? 0 },
    };
  }
}
