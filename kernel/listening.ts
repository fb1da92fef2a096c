/** A listening socket that takes nothing in while descriptors are few, and listens again when there are enough. What is connected goes on. */
import { once } from 'node:events';
import { type ListenOptions, Server } from 'node:net';
import type { Descriptors } from './descriptors.ts';

/** Listening again that failed is tried again after so long. */
const AGAIN_MS = 1_000;

export interface ListeningOptions {
  descriptors: Descriptors;
  onError: (error: Error) => void;
  /** Our own programs come to it: the reserve is for them too, and it closes only when nothing is left. */
  isPrivate?: boolean;
  /** It listens, for the first time or again: what a socket file needs besides. */
  onListening?: () => void;
}

/** Also for servers of HTTP and TLS: they are servers of `node:net`. */
export class Listening {
  readonly #server: Server;
  readonly #where: ListenOptions;
  readonly #options: ListeningOptions;
  readonly #stopHearing: () => void;
  #cancelAgain: () => void = () => undefined;
  #isReleased = false;

  /** `server` listens at `where`. */
  constructor(server: Server, where: ListenOptions, options: ListeningOptions) {
    this.#server = server;
    this.#options = options;
    const bound = server.address();
    this.#where = typeof bound === 'object' && bound !== null ? { ...where, port: bound.port } : where;
    server.on('connection', () => options.descriptors.tookIn());
    server.on('error', (error: NodeJS.ErrnoException) => this.#failed(error));
    server.on('listening', () => this.#listens());
    this.#stopHearing = options.descriptors.onChange(() => this.#follow());
    this.#listens();
  }

  /** Rejects with the error of the bind. */
  static async open(server: Server, where: ListenOptions, options: ListeningOptions): Promise<Listening> {
    const ready = once(server, 'listening');
    server.listen(where);
    await ready;
    return new Listening(server, where, options);
  }

  /** 0 at a socket file. */
  get port(): number {
    return this.#where.port ?? 0;
  }

  /** For good. Cuts no connection. */
  close(): void {
    this.release();
    this.#server.close();
  }

  /** Leaves the server from now on to whoever closes it. */
  release(): void {
    this.#isReleased = true;
    this.#stopHearing();
    this.#cancelAgain();
  }

  get #mayListen(): boolean {
    const { descriptors, isPrivate = false } = this.#options;
    return isPrivate ? descriptors.supply !== 'none' : descriptors.supply === 'enough';
  }

  #listens(): void {
    if (this.#isReleased) return;
    this.#options.onListening?.();
    this.#follow();
  }

  /**
   * Who knocks meanwhile is refused by the system, at once, and can go elsewhere: Node has no way to leave him waiting that does not keep the loop awake. Of an HTTP
   * server it is the `close` of `node:net` that is meant: its own cuts idle connections.
   */
  #follow(): void {
    if (this.#isReleased || this.#server.listening === this.#mayListen) return;
    this.#cancelAgain();
    if (this.#server.listening) Server.prototype.close.call(this.#server);
    else this.#server.listen(this.#where);
  }

  /** Of accepting, or of listening again. */
  #failed(error: NodeJS.ErrnoException): void {
    this.#options.onError(error);
    if (error.code === 'EMFILE' || error.code === 'ENFILE') this.#options.descriptors.ranOut();
    if (this.#isReleased || this.#server.listening) return;
    this.#cancelAgain();
    this.#cancelAgain = this.#options.descriptors.clock.after(AGAIN_MS, () => this.#follow());
  }
}
