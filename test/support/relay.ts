/** A TCP relay whose connections can be cut, and which can be closed for a while: a network between two programs that both go on. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export class Relay {
  readonly #server: Server;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  /** New connections are reset at once; refused they are not. */
  #blocked = false;
  /** How often a connection was made through it. */
  made = 0;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (socket) => this.#take(socket));
  }

  /** To this port of 127.0.0.1. */
  static open(target: number): Promise<Relay> {
    const server = createServer();
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(new Relay(server, target))));
  }

  get port(): number {
    const bound = this.#server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : 0;
  }

  /** Resets what goes through it; `mend` lets new connections through again. */
  cut(): void {
    this.#blocked = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  mend(): void {
    this.#blocked = false;
  }

  /** What goes through it now stays open and arrives nowhere any more, as over a network that was left; new connections are let through. */
  strand(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.resume();
    }
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #take(near: Socket): void {
    near.on('error', () => undefined);
    if (this.#blocked) {
      near.resetAndDestroy();
      return;
    }
    this.made += 1;
    const far = connect(this.#target, '127.0.0.1');
    far.on('error', () => undefined);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.pipe(other);
      one.once('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}
