import { isIP } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import { Connection, type Line } from './connection.ts';
import type { Pass } from './gate.ts';
import type { Hop } from './hop.ts';
import { Reader, type ReaderUser } from './reader.ts';

export interface ConnectionsUser extends ReaderUser {
  onClosed(connection: Connection): void;
}

/** All open connections, found by id and, where a new request may take them again, by the peer's address. */
export class Connections {
  readonly #byId = new Map<string, Connection>();
  readonly #byPeer = new Map<string, Connection>();
  readonly #clock: Clock;
  readonly #user: ConnectionsUser;
  #made = 0;

  constructor(user: ConnectionsUser, clock: Clock) {
    this.#user = user;
    this.#clock = clock;
  }

  get size(): number {
    return this.#byId.size;
  }

  find(id: string | undefined): Connection | undefined {
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /** RFC 3261 §18: an open connection to that address and port is used again. */
  to(hop: Hop): Connection | undefined {
    return this.#byPeer.get(peerKey(hop));
  }

  /** `pass`: of one that was accepted. Returns the connection, its reader, and what to call when the line has closed. */
  open(about: Connection['about'], line: Line, pass: Pass | undefined): Opened {
    this.#made += 1;
    const connection = new Connection(`${about.protocol}-${this.#made}`, about, line);
    const reader = new Reader(connection, pass, this.#clock, this.#user);
    this.#byId.set(connection.id, connection);
    // A TLS peer is found by the address and port it is connected from; by a name only when we dialled it, or by `alias`.
    this.#byPeer.set(peerKey(about), connection);
    const closed = (): void => {
      reader.stop();
      this.#byId.delete(connection.id);
      for (const key of [peerKey(about), ...connection.aliases]) if (this.#byPeer.get(key) === connection) this.#byPeer.delete(key);
      this.#user.onClosed(connection);
    };
    return { connection, reader, closed };
  }

  /**
   * RFC 5923: a peer that puts `alias` into its Via asks for requests to its sent-by address over this very connection. Anybody can write a Via: over TLS it
   * is granted for a name, or an address, that the peer's verified certificate is for, over TCP for the very address that the connection comes from.
   */
  alias(connection: Connection, host: string, port: number): void {
    const { about } = connection;
    if (about.listener === undefined || connection.aliases.length > 0 || !mayBeCalled(about, host)) return;
    // A hop to an address has no name to ask a certificate for (resolve.ts).
    const isAddress = isIP(host) !== 0;
    const key = peerKey({ protocol: about.protocol, address: isAddress ? host : about.address, port, name: isAddress ? undefined : host });
    // What we dialled ourselves is surely who it was meant to be.
    const known = this.#byPeer.get(key);
    if (known !== undefined && known.about.listener === undefined) return;
    connection.aliases.push(key);
    this.#byPeer.set(key, connection);
  }

  close(): void {
    for (const { line } of this.#byId.values()) line.destroy();
  }
}

interface Opened {
  connection: Connection;
  reader: Reader;
  closed: () => void;
}

const mayBeCalled = ({ protocol, address, isPeerNamed }: Connection['about'], host: string): boolean =>
  protocol === 'tcp' ? host === address : protocol === 'tls' && isPeerNamed?.(host) === true;

const peerKey = ({ protocol, address, port, name }: Pick<Hop, 'protocol' | 'address' | 'port' | 'name'>): string =>
  `${protocol} ${address} ${port} ${name ?? ''}`;
