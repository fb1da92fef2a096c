import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Guard } from '../guard/guard.ts';
import type { Transactions } from '../transaction/transactions.ts';
import type { RegisteredFlows } from '../transport/flows.ts';
import type { Hop, Transport } from '../transport/hop.ts';
import type { Ledger } from './ledger.ts';
import type { CallRecords } from './records.ts';

/** With each refusal that another try may mend. */
export const RETRY_AFTER_S = 5;

/** Fresh random names; a simulation gives seeded ones. */
export interface Names {
  /** For applications: a transaction id. */
  transaction(): string;
  /** At least 64 random bits. */
  tag(): string;
  branch(): string;
  callId(): string;
  /** A first CSeq. */
  seq(): number;
}

/** What the two sides of the agent stand on. */
export interface Stack {
  readonly clock: Clock;
  readonly log: Logger;
  readonly names: Names;
  readonly transport: Transport;
  /** Who is let in. */
  readonly guard: Guard;
  readonly transactions: Transactions;
  readonly ledger: Ledger;
  readonly records: CallRecords;
  readonly flows: RegisteredFlows;
  /** The hop of a URI; throws or rejects when there is none. */
  resolve(uri: string): Hop | Promise<Hop>;
  /** Whether a connection is still open. */
  isOpen(flow: string | undefined): boolean;
  isMine(hop: Hop): boolean;
  /** The peer of that connection asks for requests to `host:port` over it; granted to whom that address is (RFC 5923). */
  alias(flow: string, host: string, port: number): void;
  /** Our own names, in lower case. */
  readonly domains?: ReadonlySet<string>;
  /** Where new requests of applications go that name no other way, and no registered phone; a URI. */
  readonly outboundProxy?: string | undefined;
  /** Who asks only whether we are there: an OPTIONS of these User-Agents is answered 200 without any application. */
  readonly probeAgents?: ReadonlySet<string>;
  /** A short mark of `text` that nobody can make without our key. */
  sign(text: string): string;
  readonly counters: Counters;
}

/** What went through and what was turned away, since the start. */
export interface Counters {
  requestsIn: number;
  responsesIn: number;
  /** By what was wrong. */
  readonly malformed: Map<string, number>;
  strays: number;
  refusedNoApplication: number;
  refusedOverload: number;
  silentApplications: number;
}
export const noCounts = (): Counters => ({
  requestsIn: 0,
  responsesIn: 0,
  malformed: new Map(),
  strays: 0,
  refusedNoApplication: 0,
  refusedOverload: 0,
  silentApplications: 0,
});
