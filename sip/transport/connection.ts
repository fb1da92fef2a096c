import type { StreamProtocol } from './hop.ts';
import type { Listener } from './listener.ts';

/** A peer that does not read what it is sent is given up at this. */
const MOST_UNREAD_BYTES = 1024 * 1024;

/** What carries the messages of one connection: a byte stream, or a WebSocket. */
export interface Line {
  /** `done` is called later, with the error when the bytes could not leave. */
  write(bytes: Buffer, done: (error?: Error | null) => void): void;
  /** Bytes given to it that the peer has not taken yet. */
  readonly unread: number;
  /** Nothing more is read until `resume`. */
  pause(): void;
  resume(): void;
  /** Closes behind what has been written. */
  end(): void;
  /** Closes at once; writers hear of the error. */
  destroy(error?: Error): void;
}

interface About {
  readonly protocol: StreamProtocol;
  readonly address: string;
  readonly port: number;
  /** Undefined for one that we dialled. */
  readonly listener: Listener | undefined;
  /** The domain whose certificate we asked for. */
  readonly name?: string | undefined;
  /** Whether the peer's certificate is for that host; only of one that was verified. */
  readonly isPeerNamed?: ((host: string) => boolean) | undefined;
}

/** One connection, accepted or dialled. */
export class Connection {
  readonly id: string;
  readonly about: About;
  readonly line: Line;
  /** Further names in the table of connections. */
  readonly aliases: string[] = [];
  constructor(id: string, about: About, line: Line) {
    this.id = id;
    this.about = about;
    this.line = line;
  }

  send(bytes: Buffer, onFault: (error: Error) => void): void {
    if (this.line.unread > MOST_UNREAD_BYTES) this.line.destroy(new Error('the peer does not read'));
    this.line.write(bytes, (error) => {
      if (error !== undefined && error !== null) onFault(error);
    });
  }
}
