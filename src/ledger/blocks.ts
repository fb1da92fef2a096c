/**
 * The intervals that are still in memory, each with its rows. One is let go when it is over, nobody who came in it is still here, and what
 * was written of it last is confirmed; so what memory and database have between them is always all.
 */
import type { AgentId, QueueId, TenantId } from '../../kernel/ids.ts';
import { BASE_MS } from './interval.ts';
import {
  type AgentRow,
  type CallRow,
  callMeasures,
  type HandledRow,
  handledMeasures,
  type LedgerChannel,
  offerMeasures,
  timeMeasures,
  type VisitRow,
  visitMeasures,
  zero,
} from './measures.ts';
import { reconcile } from './reconcile.ts';
import { type LedgerRecord, type LedgerRows, ledgerIdOf } from './record.ts';

/** Of each kind, an interval. Beyond it what is new counts under `other`. */
const MOST_ROWS = 50_000;
/** Of all tenants, while the database confirms nothing. Beyond it the oldest that were handed to the writer are let go. */
const MOST_BLOCKS = 3_000;
export const OTHER = 'other';

export interface Block {
  tenantId: TenantId;
  start: number;
  /** Of the record handed out last; 0 = none yet. */
  revision: number;
  /** Revision that the database is known to have. */
  confirmed: number;
  dirty: boolean;
  /** Contacts that are still here and may change it. */
  holds: number;
  visits: Map<string, VisitRow>;
  handled: Map<string, HandledRow>;
  agents: Map<string, AgentRow>;
  calls: Map<string, CallRow>;
  legMs: Map<QueueId | '', number>;
  presentMs: number;
}

export interface BlockSnapshot extends Pick<Block, 'tenantId' | 'start' | 'revision' | 'confirmed' | 'dirty' | 'presentMs'>, LedgerRows {
  legMs: [QueueId | '', number][];
}

export const visitKey = ({ queueId, number, channel }: Pick<VisitRow, 'queueId' | 'number' | 'channel'>): string => `${queueId}\t${number}\t${channel}`;
const handledKey = (row: Pick<HandledRow, 'agentId' | 'team' | 'queueId' | 'number' | 'channel' | 'disposition'>): string =>
  `${row.agentId}\t${row.team}\t${row.queueId}\t${row.number}\t${row.channel}\t${row.disposition}`;
const agentKey = (row: Pick<AgentRow, 'agentId' | 'team' | 'queueId'>): string => `${row.agentId}\t${row.team}\t${row.queueId}`;
const callKey = (row: Pick<CallRow, 'number' | 'channel'>): string => `${row.number}\t${row.channel}`;

export class Blocks {
  readonly #blocks = new Map<string, Block>();

  get size(): number {
    return this.#blocks.size;
  }

  all(): Iterable<Block> {
    return this.#blocks.values();
  }

  find(tenantId: TenantId, start: number): Block | undefined {
    return this.#blocks.get(`${tenantId} ${start}`);
  }

  /** To be changed: it will be written (again). */
  at(tenantId: TenantId, start: number): Block {
    const key = `${tenantId} ${start}`;
    let block = this.#blocks.get(key);
    if (block === undefined) {
      block = emptyBlock(tenantId, start);
      this.#blocks.set(key, block);
    }
    block.dirty = true;
    return block;
  }

  /** The records of what is over and was changed since it was handed out last. */
  due(now: number): LedgerRecord[] {
    const records: LedgerRecord[] = [];
    for (const block of this.#blocks.values()) {
      if (!block.dirty || block.start + BASE_MS > now) continue;
      block.dirty = false;
      block.revision += 1;
      records.push(recordOf(block));
    }
    this.#letGo(now);
    return records;
  }

  /** A contact that is still here may change it. */
  hold(tenantId: TenantId, start: number): void {
    const block = this.find(tenantId, start);
    if (block !== undefined) block.holds += 1;
  }

  confirm(tenantId: TenantId, start: number, revision: number): void {
    const block = this.find(tenantId, start);
    if (block !== undefined) block.confirmed = Math.max(block.confirmed, revision);
  }

  #letGo(now: number): void {
    for (const [key, block] of this.#blocks) {
      const over = block.start + BASE_MS <= now && !block.dirty && block.holds === 0;
      if (over && (block.confirmed >= block.revision || this.#blocks.size > MOST_BLOCKS)) this.#blocks.delete(key);
    }
  }

  snapshot(): BlockSnapshot[] {
    return [...this.#blocks.values()].map((block) => {
      const { tenantId, start, revision, confirmed, dirty, presentMs, legMs } = block;
      return { tenantId, start, revision, confirmed, dirty, presentMs, legMs: [...legMs], ...rowsOf(block) };
    });
  }

  restore(snapshots: readonly BlockSnapshot[]): void {
    this.#blocks.clear();
    for (const { visits, handled, agents, calls, legMs, ...kept } of snapshots) {
      this.#blocks.set(`${kept.tenantId} ${kept.start}`, {
        ...kept,
        holds: 0,
        visits: new Map(visits.map((row) => [visitKey(row), row])),
        handled: new Map(handled.map((row) => [handledKey(row), { ...zero(handledMeasures), ...row }])),
        agents: new Map(agents.map((row) => [agentKey(row), row])),
        calls: new Map(calls.map((row) => [callKey(row), row])),
        legMs: new Map(legMs),
      });
    }
  }
}

const emptyBlock = (tenantId: TenantId, start: number): Block => ({
  ...{ tenantId, start, revision: 0, confirmed: 0, dirty: true, holds: 0, presentMs: 0 },
  ...{ visits: new Map(), handled: new Map(), agents: new Map(), calls: new Map(), legMs: new Map() },
});

export const rowsOf = ({ visits, handled, agents, calls }: Block): LedgerRows => ({
  visits: [...visits.values()],
  handled: [...handled.values()],
  agents: [...agents.values()],
  calls: [...calls.values()],
});

/** Detached: what is handed out does not move with the interval. */
export function recordOf(block: Block): LedgerRecord {
  const { tenantId, start, revision } = block;
  const rows = rowsOf(block);
  const ledger: LedgerRows = {
    visits: rows.visits.map((row) => ({ ...row })),
    handled: rows.handled.map((row) => ({ ...row })),
    agents: rows.agents.map((row) => ({ ...row, reasons: { ...row.reasons } })),
    calls: rows.calls.map((row) => ({ ...row })),
  };
  return { callId: ledgerIdOf(tenantId, start), revision, tenantId, arrivedAt: start, ledger, reconciliation: reconcile(ledger, block) };
}

/** Finds the row of these names, or makes it. */
function rowOf<Names extends object, Row extends Names>(
  rows: Map<string, Row>,
  keyOf: (names: Names) => string,
  names: Names,
  rest: Names,
  make: (names: Names) => Row,
): Row {
  const known = rows.get(keyOf(names));
  if (known !== undefined) return known;
  const named = rows.size < MOST_ROWS ? names : rest;
  const key = keyOf(named);
  const row = rows.get(key) ?? make(named);
  rows.set(key, row);
  return row;
}

export type VisitNames = { queueId: QueueId; number: string; channel: LedgerChannel };
export const visitRow = (block: Block, names: VisitNames): VisitRow =>
  rowOf(block.visits, visitKey, names, { ...names, number: OTHER }, (of) => ({ ...of, ...zero(visitMeasures) }));

export type HandledNames = { agentId: AgentId; team: string; queueId: QueueId | ''; number: string; channel: LedgerChannel; disposition: string };
export const handledRow = (block: Block, names: HandledNames): HandledRow =>
  rowOf(block.handled, handledKey, names, { ...names, number: OTHER, disposition: OTHER }, (of) => ({ ...of, ...zero(handledMeasures) }));

export type AgentNames = { agentId: AgentId; team: string; queueId: QueueId | '' };
export const agentRow = (block: Block, names: AgentNames): AgentRow =>
  rowOf(block.agents, agentKey, names, names, (of) => ({ ...of, ...zero(timeMeasures), ...zero(offerMeasures), reasons: {} }));

export type CallNames = { number: string; channel: LedgerChannel };
export const callRow = (block: Block, names: CallNames): CallRow =>
  rowOf(block.calls, callKey, names, { ...names, number: OTHER }, (of) => ({ ...of, ...zero(callMeasures) }));
