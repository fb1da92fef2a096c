/** The SIP server's figures for Prometheus. No label holds an address, a number or a call: there are too many, and they are private. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Stack } from '../agent/stack.ts';
import type { Traffic } from './traffic.ts';

export interface Watched {
  stack: Stack;
  traffic: Traffic;
  applications: () => number;
  backlogBytes: () => number;
}

const LAG_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export class Metrics {
  readonly #registry = new Registry();
  readonly #lag: Histogram;

  constructor({ stack, traffic, applications, backlogBytes }: Watched) {
    const { guard, counters } = stack;
    collectDefaultMetrics({ register: this.#registry, prefix: 'huawu_sip_' });
    this.#lag = new Histogram({ name: 'huawu_sip_loop_lag_seconds', help: 'How late timers come', buckets: LAG_SECONDS, registers: [this.#registry] });
    this.#gauge('transactions', 'Transactions under way', () => stack.transactions.size);
    this.#gauge('dialogs', 'Dialogs under way', () => stack.ledger.dialogs);
    this.#gauge('requests_waiting', 'Requests that wait for an application', () => stack.ledger.incoming.size);
    this.#gauge('requests_unheard', 'New requests of which no application has said a word', () => guard.overload.unheard);
    this.#gauge('sources_tracked', 'Strangers whose rate is watched', () => guard.sourcesTracked);
    this.#gauge('flows_known', 'Socket addresses and connections that proved who they are', () => guard.trust.flows);
    this.#gauge('flows_registered', 'Contacts registered over a connection', () => stack.flows.size);
    this.#gauge('overload_pressure', '0 idle, 1 full', () => guard.overload.pressure);
    this.#gauge('applications', 'Applications connected', applications);
    this.#gauge('application_backlog_bytes', 'What the least loaded application has not read', backlogBytes);
    this.#counter('messages_total', 'Messages by method and transport', ['direction', 'method', 'transport'], () =>
      [...traffic.rows].map(({ count, ...labels }) => [labels, count]),
    );
    const byCause = (counts: Record<string, number>): [{ cause: string }, number][] => Object.entries(counts).map(([cause, count]) => [{ cause }, count]);
    this.#counter('dropped_total', 'Messages not answered, by cause', ['cause'], () => byCause(guard.counts.dropped));
    this.#counter('refused_total', 'Requests refused without an application, by cause', ['cause'], () =>
      byCause({ ...guard.counts.refused, 'no application': counters.refusedNoApplication, 'busy application': counters.refusedOverload }),
    );
    this.#counter('blocked_sources_total', 'Sources not listened to for a while, by cause', ['cause'], () => byCause(guard.counts.blocked));
    this.#counter('malformed_total', 'Messages that could not be read, by code', ['code'], () =>
      [...counters.malformed].map(([code, count]) => [{ code }, count]),
    );
    this.#counter('headers_stripped_total', 'Internal headers taken from those who may not say them', [], () => [[{}, guard.counts.headersStripped]]);
    this.#counter('stray_responses_total', 'Responses to nothing', [], () => [[{}, counters.strays]]);
    this.#counter('silent_applications_total', 'Requests an application left unanswered', [], () => [[{}, counters.silentApplications]]);
  }

  lag(ms: number): void {
    this.#lag.observe(ms / 1_000);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({ name: `huawu_sip_${name}`, help, registers: [this.#registry], collect: () => gauge.set(read()) });
  }
  /** Counted elsewhere: read when somebody asks. */
  #counter(name: string, help: string, labelNames: string[], read: () => [Record<string, string>, number][]): void {
    const counter = new Counter({
      ...{ name: `huawu_sip_${name}`, help, labelNames, registers: [this.#registry] },
      collect() {
        counter.reset();
        for (const [labels, count] of read()) counter.inc(labels, count);
      },
    });
  }
}
