import type { Clock } from '../../kernel/clock.ts';
import type { Descriptors } from '../../kernel/descriptors.ts';
import type { Stack } from '../agent/stack.ts';
import type { OperationConfig } from '../config.ts';
import type { Guard } from '../guard/guard.ts';
import type { Hop } from '../transport/hop.ts';
import { openOperation } from './http.ts';
import { Metrics, type Watched } from './metrics.ts';
import { Trace } from './trace.ts';
import { Traffic } from './traffic.ts';

/** Everything about this server that somebody may want to look at. */
export class Watch {
  readonly #clock: Clock;
  readonly #descriptors: Descriptors;
  readonly #config: OperationConfig;
  readonly #traffic = new Traffic();
  readonly #trace: Trace;
  #metrics: Metrics | undefined;
  #close: () => void = () => undefined;
  /** 0: off. */
  metricsPort = 0;

  constructor(clock: Clock, descriptors: Descriptors, config: OperationConfig) {
    this.#clock = clock;
    this.#descriptors = descriptors;
    this.#config = config;
    this.#trace = new Trace(config.traceMessages);
  }

  note(direction: 'in' | 'out', bytes: Buffer, peer: Hop, guard: Guard): void {
    this.#traffic.note(direction, bytes, peer.protocol);
    if (!this.#trace.isOn) return;
    const now = this.#clock.now();
    this.#trace.note(direction, bytes, peer, now, guard.isUnknown(peer, now));
  }

  lag(ms: number): void {
    this.#metrics?.lag(ms);
  }

  /** Rejects when a port or socket file cannot be bound. */
  async open(stack: Stack, applications: Pick<Watched, 'applications' | 'backlogBytes'>): Promise<void> {
    const { metricsPort, socket } = this.#config;
    if (metricsPort === undefined && socket === undefined) return;
    const metrics = new Metrics({ stack, traffic: this.#traffic, ...applications });
    this.#metrics = metrics;
    const { port, close } = await openOperation(
      {
        contentType: metrics.contentType,
        metrics: () => metrics.text(),
        trace: (callIds, huawuCallId) => this.#trace.of(callIds, huawuCallId),
        trust: (networks) => stack.guard.trust.tell(networks),
      },
      this.#descriptors,
      { port: metricsPort, socket },
    );
    this.metricsPort = port;
    this.#close = close;
  }

  close(): void {
    this.#close();
  }
}
