/** A desk for tests: one WebSocket to `/cti`, commands with their replies, and every message it was told. */
import { WebSocket } from 'ws';
import { pause, systemClock, within } from '../../kernel/clock.ts';
import { CTI_SUBPROTOCOL, type DeskCommandType, type Reply, type ServerMessage, type ServerMessageOf, type ServerMessageType } from '../../src/cti/protocol.ts';

const PATIENCE_MS = 10_000;
const POLL_MS = 5;

export class DeskClient {
  /** Everything but replies, in order, with the time it came (ms, monotonic since 1970). */
  readonly messages: { at: number; message: ServerMessage }[] = [];
  readonly #socket: WebSocket;
  readonly #replies = new Map<string, (reply: Reply) => void>();
  #seen = 0;
  #commands = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#hear(JSON.parse(String(data)) as ServerMessage));
    socket.on('error', () => undefined);
  }

  /** `base`: `http://127.0.0.1:8080`. Says hello and waits for its snapshot. */
  static async connect(base: string, token: string): Promise<DeskClient> {
    const socket = new WebSocket(`${base.replace(/^http/, 'ws')}/cti`, CTI_SUBPROTOCOL);
    const desk = new DeskClient(socket);
    const open = new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    await within(systemClock, PATIENCE_MS, open, () => new Error('the desk could not connect'));
    await desk.must('hello', { token });
    await desk.until('snapshot');
    return desk;
  }

  /** Whose desk it is, as the server welcomed it. */
  get agentId(): string {
    const welcome = this.messages.find(({ message }) => message.type === 'welcome')?.message;
    return welcome?.type === 'welcome' ? (welcome.data.agentId ?? '') : '';
  }

  /** What it was told of one call. */
  about(callId: string): ServerMessage[] {
    return this.messages.map(({ message }) => message).filter((message) => 'data' in message && 'callId' in message.data && message.data.callId === callId);
  }

  /** Resolves with the reply, whatever it says. */
  send(type: DeskCommandType, data: object = {}): Promise<Reply> {
    this.#commands += 1;
    const id = String(this.#commands);
    const reply = new Promise<Reply>((resolve) => this.#replies.set(id, resolve));
    this.#socket.send(JSON.stringify({ v: 1, id, type, data }));
    return within(systemClock, PATIENCE_MS, reply, () => new Error(`no reply to ${type}`));
  }

  /** As `send`, and rejects when it is refused. */
  async must(type: DeskCommandType, data: object = {}): Promise<void> {
    const { ok, error } = await this.send(type, data);
    if (!ok) throw new Error(`${type} was refused: ${JSON.stringify(error)}`);
  }

  /** The next message of this type (and, where given, of this kind) that no earlier `until` has passed over. */
  async until<T extends ServerMessageType>(
    type: T,
    fits: (message: ServerMessageOf<T>) => boolean = () => true,
    withinMs = PATIENCE_MS,
  ): Promise<ServerMessageOf<T>> {
    const deadline = systemClock.now() + withinMs;
    while (systemClock.now() < deadline) {
      for (let at = this.#seen; at < this.messages.length; at += 1) {
        const message = this.messages[at]?.message;
        if (message?.type !== type || !fits(message as ServerMessageOf<T>)) continue;
        this.#seen = at + 1;
        return message as ServerMessageOf<T>;
      }
      await pause(systemClock, POLL_MS);
    }
    const told = this.messages.slice(this.#seen).map(({ message }) => JSON.stringify(message).slice(0, 200));
    throw new Error(`the desk was not told ${type} within ${withinMs} ms, only:\n${told.join('\n')}`);
  }

  close(): void {
    this.#socket.close();
  }

  #hear(message: ServerMessage): void {
    if (message.type !== 'reply') {
      this.messages.push({ at: systemClock.now(), message });
      return;
    }
    this.#replies.get(message.id)?.(message);
    this.#replies.delete(message.id);
  }
}
