import type { Socket } from 'node:net';
import { writeFrame } from '../../kernel/frames.ts';
import { ownsNothing } from '../agent/ledger.ts';
import type { Asker } from './verbs.ts';

/** It reads too slowly: no new calls for it, and what it asks for waits in its own socket until it has read what it was told. */
const BUSY_BYTES = 1024 * 1024;
/** It does not read at all: it is as good as gone. */
const LOST_BYTES = 16 * 1024 * 1024;

/** One application's TCP connection. */
export class ApplicationConnection implements Asker {
  readonly socket: Socket;
  readonly owned = ownsNothing();
  tags: ReadonlySet<string> = new Set();
  isAuthenticated = false;
  /** We dialled it for one call: such connections come and go, a name says nothing of them. */
  wasDialled = false;
  isGone = false;
  readonly isAway = false;
  /** Whom calls made and taken over it belong to: itself, or the application of that name. */
  app: Asker = this;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  get isBusy(): boolean {
    return this.socket.writableLength > BUSY_BYTES;
  }

  deliver(frame: Buffer): void {
    if (this.isGone || this.socket.destroyed) return;
    if (this.socket.writableLength > LOST_BYTES) return void this.socket.destroy(new Error('the application does not read'));
    writeFrame(this.socket, frame);
    if (this.isBusy) this.#pushBack();
  }

  #pushBack(): void {
    if (this.socket.isPaused()) return;
    this.socket.pause();
    this.socket.once('drain', () => this.socket.resume());
  }

  /** Sends a last frame and closes. */
  dismiss(frame: Buffer): void {
    this.deliver(frame);
    this.socket.end();
  }
}
