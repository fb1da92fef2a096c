/** The RTP workers and the recorder, as the main thread sees them: started, given orders, started again when they die. */
import { MessageChannel, type TransferListItem, type Worker } from 'node:worker_threads';
import type { Clock } from '../../kernel/clock.ts';
import { type Logger, limited } from '../../kernel/log.ts';
import { startThread } from '../../kernel/thread.ts';
import { MediaError, type MediaEvent } from '../port.ts';
import type { RecorderSettings, RecordingEnded, ToRecorderThread } from '../record/messages.ts';
import type { FromWorker, OrderName, Orders, WorkerSetup } from './messages.ts';
import type { EngineName } from './sockets.ts';

export interface PoolOptions {
  workers: number;
  engine: EngineName;
  recorder: RecorderSettings;
  clock: Clock;
  log: Logger;
  onEvent: (event: MediaEvent) => void;
  /** All endpoints of this worker are gone; a new one takes its place. */
  onWorkerLost: (worker: number) => void;
  onRecordingEnded: (ended: RecordingEnded) => void;
  /** Every recording under way is cut where its file stands. */
  onRecorderLost: () => void;
  /** Threads die as fast as they are started. */
  onGivenUp: (reason: string) => void;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: MediaError): void;
}
interface Slot {
  thread: Worker;
  pending: Map<number, Pending>;
  unansweredPings: number;
  lagMs: number;
}

const MOST_DEATHS = 5;
const DEATHS_WITHIN_MS = 60_000;
const RESTART_AFTER_MS = 100;
const PING_EACH_MS = 2000;
/** A thread that is busy this long is stuck: it is ended and started again. Counted in pings, so that a suspended machine is no reason. */
const MOST_UNANSWERED_PINGS = 3;

/**
 * node:dgram makes an object of each packet, which dies at once. Where the young are few they are swept often and briefly, and stay in the
 * processor's cache: with 300 calls some 30 MB less are held, and no sweep holds packets up for long.
 */
const MOST_YOUNG_MB = 4;

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #warn: (kind: string, fields: object) => void;
  readonly #slots: (Slot | null)[] = [];
  #recorder: Worker | null = null;
  #mends = false;
  #lastOrder = 0;
  #deaths: number[] = [];
  readonly #cancelPings: () => void;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#warn = limited(options.log, options.clock);
    this.#startRecorder();
    for (let at = 0; at < options.workers; at += 1) this.#startWorker(at);
    this.#cancelPings = options.clock.every(PING_EACH_MS, () => this.#pingAll());
  }

  get engine(): EngineName {
    return this.#options.engine;
  }

  get size(): number {
    return this.#slots.length;
  }

  /** Whether it is there, and how late it has been of late: asked every two seconds. */
  stateOf(worker: number): { alive: boolean; lagMs: number } {
    const slot = this.#slots[worker];
    if (slot == null) return { alive: false, lagMs: 0 };
    // The last ping may be on its way; one before it that is unanswered is late itself.
    return { alive: true, lagMs: Math.max(slot.lagMs, (slot.unansweredPings - 1) * PING_EACH_MS) };
  }

  order<Name extends OrderName>(
    worker: number,
    name: Name,
    params: Orders[Name]['params'],
    transfer: TransferListItem[] = [],
  ): Promise<Orders[Name]['result']> {
    const slot = this.#slots[worker];
    if (slot == null) return Promise.reject(new MediaError('unavailable', 'the media worker is being started again'));
    this.#lastOrder += 1;
    const id = this.#lastOrder;
    return new Promise((resolve, reject) => {
      slot.pending.set(id, { resolve: (result) => resolve(result as Orders[Name]['result']), reject });
      slot.thread.postMessage({ id, name, params }, transfer);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelPings();
    await Promise.all(this.#slots.map((slot) => slot?.thread.terminate()));
    await this.#recorder?.terminate();
  }

  #startWorker(at: number): void {
    if (this.#closed) return;
    const thread = startThread(new URL('./worker', import.meta.url), { engine: this.#options.engine } satisfies WorkerSetup, MOST_YOUNG_MB);
    const slot: Slot = { thread, pending: new Map(), unansweredPings: 0, lagMs: 0 };
    this.#slots[at] = slot;
    thread.on('message', (message: FromWorker) => this.#heard(slot, message));
    thread.on('error', (error) => this.#options.log.error({ err: error, worker: at }, 'media worker failed'));
    thread.on('exit', () => this.#workerDied(at, slot));
    this.#introduceRecorder(at);
  }

  /** Recordings that a death left open are closed, now and whenever the recorder dies. */
  mendRecordings(): void {
    this.#mends = true;
    this.#tellRecorder({ repair: true });
  }

  /** Ends a thread; another takes its place. */
  end(worker: number): void {
    void this.#slots[worker]?.thread.terminate();
  }

  #pingAll(): void {
    for (const [at, slot] of this.#slots.entries()) {
      if (slot === null) continue;
      if (slot.unansweredPings >= MOST_UNANSWERED_PINGS) {
        this.#options.log.error({ worker: at }, 'media worker is stuck: ended');
        this.end(at);
        continue;
      }
      slot.unansweredPings += 1;
      this.order(at, 'ping', null).then(
        (lagMs) => {
          slot.unansweredPings = 0;
          slot.lagMs = lagMs;
        },
        () => undefined,
      );
    }
  }

  #heard(slot: Slot, message: FromWorker): void {
    if ('event' in message) this.#options.onEvent(message.event);
    else if ('fault' in message) this.#warn('media fault', { fault: message.fault });
    else if ('alarm' in message) this.#warn('packets from strangers', message.alarm);
    else {
      const pending = slot.pending.get(message.id);
      slot.pending.delete(message.id);
      if ('error' in message) pending?.reject(new MediaError(message.error.code, message.error.message));
      else pending?.resolve(message.result);
    }
  }

  #workerDied(at: number, slot: Slot): void {
    this.#slots[at] = null;
    for (const pending of slot.pending.values()) pending.reject(new MediaError('unavailable', 'the media worker died'));
    if (this.#closed) return;
    this.#options.onWorkerLost(at);
    this.#again(() => this.#startWorker(at));
  }

  #startRecorder(): void {
    if (this.#closed) return;
    const recorder = startThread(new URL('../record/thread', import.meta.url), this.#options.recorder);
    this.#recorder = recorder;
    recorder.on('message', (ended: RecordingEnded) => this.#options.onRecordingEnded(ended));
    recorder.on('error', (error) => this.#options.log.error({ err: error }, 'recorder failed'));
    recorder.on('exit', () => {
      if (this.#closed) return;
      this.#recorder = null;
      this.#options.onRecorderLost();
      this.#again(() => this.#startRecorder());
    });
    if (this.#mends) this.#tellRecorder({ repair: true });
    for (const at of this.#slots.keys()) this.#introduceRecorder(at);
  }

  #tellRecorder(message: ToRecorderThread, transfer: TransferListItem[] = []): void {
    this.#recorder?.postMessage(message, transfer);
  }

  #introduceRecorder(at: number): void {
    if (this.#recorder === null || this.#slots[at] == null) return;
    const { port1, port2 } = new MessageChannel();
    this.#tellRecorder({ worker: port1 }, [port1]);
    this.order(at, 'recorder', { port: port2 }, [port2]).catch(() => undefined);
  }

  #again(start: () => void): void {
    const now = this.#options.clock.now();
    this.#deaths = [...this.#deaths.filter((at) => at > now - DEATHS_WITHIN_MS), now];
    if (this.#deaths.length >= MOST_DEATHS) this.#options.onGivenUp(`${MOST_DEATHS} threads died within ${DEATHS_WITHIN_MS / 1000} s`);
    else this.#options.clock.after(RESTART_AFTER_MS, start);
  }
}
