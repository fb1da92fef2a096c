/**
 * The control connection to the SIP server, seen by drachtio-srf as one that never ends: a TCP connection that is cut is dialled again, the server gives back by
 * our name what was ours (sip/README.md: `name:`, `run:`), and what we asked for meanwhile goes out then. Only when the server does not know us any more is it lost.
 *
 *   dialling ──took us──▶ up ──cut──▶ away ──has kept what is ours──▶ up
 *                                      └──refused · forgotten · not back in time · too much to keep──▶ lost
 */
import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../kernel/clock.ts';
import { encodeFrame, readFrames, writeFrame } from '../../kernel/frames.ts';
import { newUuid } from '../../kernel/ids.ts';

export interface SipServerAddress {
  host: string;
  port: number;
  secret: string;
  tls?: boolean;
}

export interface WireOptions {
  server: SipServerAddress;
  tags: readonly string[];
  clock: Clock;
  /** It took us: the first time (`kept`: it still has what was a run's of ours before this one), or again with all that was ours. */
  onUp: (kept: boolean) => void;
  /** Cut; being dialled again. */
  onAway: () => void;
  /** Once: nothing of what was ours is there any more, or `wrongSecret`. */
  onLost: (why: 'lost' | 'wrongSecret') => void;
  /** A message of the server, the answers to our own `authenticate` left out. */
  onMessage: (text: string) => void;
}

/** As long as the SIP server keeps what is a named application's. */
const BACK_WITHIN_MS = 30_000;
const REDIAL_MS = 200;
const MOST_FRAME_BYTES = 1024 * 1024;
/** What is asked for while it is away; beyond, it is as good as lost. */
const MOST_KEPT_FRAMES = 10_000;
const MOST_KEPT_BYTES = 8 * 1024 * 1024;
/** The server's word, behind its version, that what was ours is still there. */
const KEPT = /\+kept$/;

type State = 'dialling' | 'up' | 'away' | 'over';

export class Wire extends EventEmitter {
  /** Read by drachtio-srf. */
  readonly isClient = true;
  readonly #options: WireOptions;
  #state: State = 'dialling';
  #socket: Socket | null = null;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  /** Told to the server again after each cut: it takes no new requests to who was away. */
  readonly #routes = new Set<string>();
  #cancelDeadline: () => void = () => undefined;
  #cancelRedial: () => void = () => undefined;

  constructor(options: WireOptions) {
    super();
    this.#options = options;
  }

  dial(): void {
    const { host, port, tls = false } = this.#options.server;
    const socket = tls ? connectTls({ host, port }) : connect({ host, port });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    const id = newUuid();
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      const { server, tags } = this.#options;
      socket.write(encodeFrame(`${id}|authenticate|${server.secret}|${tags.join(',')}`));
    });
    let taken = false;
    const take = (text: string): void => {
      if (taken) this.#options.onMessage(text);
      else taken = this.#authenticated(socket, text, id);
    };
    readFrames(socket, MOST_FRAME_BYTES, take, () => undefined);
    let refused = false;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      refused = error.code === 'ECONNREFUSED';
    });
    socket.once('close', () => this.#closed(socket, refused));
  }

  /** Called by drachtio-srf, with the one socket it believes in; the frame's id. */
  send(_socket: unknown, text: string): string {
    const id = newUuid();
    if (text.startsWith('route|')) this.#routes.add(text);
    const frame = encodeFrame(`${id}|${text}`);
    if (this.#state === 'up' && this.#socket !== null) writeFrame(this.#socket, frame);
    else if (this.#state === 'away') this.#keep(frame);
    return id;
  }

  /** Called by drachtio-srf; pings of its own are not wanted. */
  startPinging(): void {
    // The server asks the socket itself whether it lives (SO_KEEPALIVE).
  }

  /** Ends it; nothing is told any more. */
  close(): void {
    this.#over();
    this.#socket?.end();
  }

  /** true: it took us. */
  #authenticated(socket: Socket, text: string, id: string): boolean {
    const [, verb, to, verdict, , version = ''] = text.split('|');
    if (verb !== 'response' || to !== id || this.#state === 'over') return false;
    if (verdict !== 'OK') this.#lost('wrongSecret');
    else if (this.#state === 'away' && !KEPT.test(version)) this.#lost('lost');
    else this.#isUp(KEPT.test(version));
    if (this.#is('up')) return true;
    socket.destroy();
    return false;
  }

  #isUp(kept: boolean): void {
    this.#cancelDeadline();
    const wasAway = this.#state === 'away';
    this.#state = 'up';
    if (wasAway) for (const route of this.#routes) this.#socket?.write(encodeFrame(`${newUuid()}|${route}`));
    for (const frame of this.#kept.splice(0)) this.#socket?.write(frame);
    this.#keptBytes = 0;
    this.#options.onUp(kept);
  }

  #closed(socket: Socket, refused: boolean): void {
    if (this.#state === 'over' || socket !== this.#socket) return;
    const { clock, onAway } = this.#options;
    if (this.#state === 'up') {
      this.#state = 'away';
      this.#cancelDeadline = clock.after(BACK_WITHIN_MS, () => this.#lost('lost'));
      onAway();
      if (this.#is('away')) this.dial();
      return;
    }
    // Nobody listens there: the server has gone, and its dialogs with it. One that was never there is waited for by who dials.
    if (refused || this.#state === 'dialling') this.#lost('lost');
    else this.#cancelRedial = clock.after(REDIAL_MS, () => this.dial());
  }

  #keep(frame: Buffer): void {
    this.#kept.push(frame);
    this.#keptBytes += frame.length;
    if (this.#kept.length > MOST_KEPT_FRAMES || this.#keptBytes > MOST_KEPT_BYTES) this.#lost('lost');
  }

  #lost(why: 'lost' | 'wrongSecret'): void {
    if (this.#state === 'over') return;
    this.#over();
    this.#socket?.destroy();
    this.#options.onLost(why);
  }

  #over(): void {
    this.#state = 'over';
    this.#kept = [];
    this.#cancelDeadline();
    this.#cancelRedial();
  }

  #is(state: State): boolean {
    return this.#state === state;
  }
}
