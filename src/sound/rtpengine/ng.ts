/**
 * One rtpengine's NG control socket: `<cookie> <bencoded dictionary>` over UDP, answered under the same cookie. What is not answered is sent again
 * with its cookie, by which rtpengine knows that it has done it already.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock } from '../../../kernel/clock.ts';
import { randomToken } from '../../../kernel/ids.ts';
import { MediaError } from '../../../media/port.ts';
import { bdecode, bencode, type Dictionary } from './bencode.ts';

const SEND_AGAIN_AFTER_MS = [150, 300, 500];
const GIVE_UP_AFTER_MS = 500;
const MOST_PENDING = 5000;

/** rtpengine answered that it cannot: `reason` in its own words. */
export class EngineRefused extends Error {}

interface Pending {
  resolve(answer: Dictionary): void;
  cancel: () => void;
}

export class NgSocket {
  readonly #clock: Clock;
  readonly #socket: Socket;
  #connected = false;
  readonly #pending = new Map<string, Pending>();

  /** `onRefused`: nobody listens there (ICMP). */
  constructor(host: string, port: number, clock: Clock, onRefused: () => void) {
    this.#clock = clock;
    this.#socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    this.#socket.on('message', (packet) => this.#heard(packet));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') onRefused();
    });
    // Connected, so that nobody else is heard, and a dead port is told.
    this.#socket.connect(port, host, () => {
      this.#connected = true;
    });
  }

  close(): void {
    for (const { cancel } of this.#pending.values()) cancel();
    this.#pending.clear();
    this.#socket.close();
  }

  /** Rejects `unavailable` when nothing is answered within 1.5 s, EngineRefused when rtpengine says `error`. */
  ask(command: string, words: Dictionary = {}): Promise<Dictionary> {
    if (this.#pending.size >= MOST_PENDING) return Promise.reject(new MediaError('unavailable', 'too many requests wait for rtpengine'));
    const cookie = randomToken(8);
    const packet = `${cookie} ${bencode({ command, ...words })}`;
    return new Promise((resolve, reject) => {
      const answered = (answer: Dictionary): void => {
        if (answer.result === 'error') reject(new EngineRefused(`rtpengine: ${command}: ${String(answer['error-reason'])}`));
        else resolve(answer);
      };
      this.#pending.set(cookie, { resolve: answered, cancel: () => undefined });
      this.#send(cookie, packet, 0, () => reject(new MediaError('unavailable', `rtpengine did not answer ${command}`)));
    });
  }

  #send(cookie: string, packet: string, times: number, giveUp: () => void): void {
    const pending = this.#pending.get(cookie);
    if (pending === undefined) return;
    if (times > SEND_AGAIN_AFTER_MS.length) {
      this.#pending.delete(cookie);
      giveUp();
      return;
    }
    if (this.#connected) this.#socket.send(packet, () => undefined);
    pending.cancel = this.#clock.after(SEND_AGAIN_AFTER_MS[times] ?? GIVE_UP_AFTER_MS, () => this.#send(cookie, packet, times + 1, giveUp));
  }

  #heard(packet: Buffer): void {
    const space = packet.indexOf(' ');
    const cookie = packet.toString('latin1', 0, Math.max(0, space));
    const pending = this.#pending.get(cookie);
    if (pending === undefined) return;
    try {
      const answer = bdecode(packet.subarray(space + 1));
      this.#pending.delete(cookie);
      pending.cancel();
      pending.resolve(answer);
    } catch {
      // Not of rtpengine's making: the right answer may come yet.
    }
  }
}
