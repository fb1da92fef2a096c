/** Reports: sums of intervals by what is asked for, and the figures that are worked out of them. Live figures are the same of the day so far. */
import type { AgentId, QueueId } from '../../kernel/ids.ts';
import { binOf } from './calendar.ts';
import { callFigures, contactFigures, handlingFigures, offerFigures, type ServiceLevelVariant, timeFigures } from './definitions.ts';
import {
  add,
  type CallCounts,
  callMeasures,
  type Handled,
  handledMeasures,
  type Offers,
  offerMeasures,
  ratingMeasures,
  type Times,
  timeMeasures,
  type Visits,
  visitMeasures,
  zero,
} from './measures.ts';
import type { LedgerRecord, LedgerRows } from './record.ts';

export const reportSubjects = ['queue', 'agent', 'team', 'tenant', 'number', 'disposition'] as const;
export type ReportSubject = (typeof reportSubjects)[number];

type Table = keyof LedgerRows;
export type Group = 'contacts' | 'handling' | 'time' | 'offers' | 'calls';

interface Source {
  table: Table;
  groups: readonly Group[];
}
const contacts: Source = { table: 'visits', groups: ['contacts'] };
const handling: Source = { table: 'handled', groups: ['handling'] };
const agents: Source = { table: 'agents', groups: ['time', 'offers'] };
const calls: Source = { table: 'calls', groups: ['calls'] };

/** What there is to say of each subject, from which rows, and by which of their names they are told apart. */
export const subjects: Record<ReportSubject, { key: 'queueId' | 'agentId' | 'team' | 'number' | 'disposition' | null; sources: readonly Source[] }> = {
  // Of a queue nobody is ready: agents are, for all of theirs.
  queue: { key: 'queueId', sources: [contacts, handling, { table: 'agents', groups: ['offers'] }] },
  agent: { key: 'agentId', sources: [handling, agents] },
  team: { key: 'team', sources: [handling, agents] },
  tenant: { key: null, sources: [contacts, handling, agents, calls] },
  number: { key: 'number', sources: [contacts, handling, calls] },
  disposition: { key: 'disposition', sources: [handling] },
};

const measuresOf = { contacts: visitMeasures, handling: handledMeasures, time: timeMeasures, offers: offerMeasures, calls: callMeasures } as const;

export interface Filter {
  queueId?: QueueId;
  agentId?: AgentId;
  /** One, or one of these. */
  team?: string | readonly string[];
  number?: string;
  channel?: string;
}

interface Sums {
  contacts: Visits;
  handling: Handled;
  time: Times;
  offers: Offers;
  calls: CallCounts;
}

/** Sums of one interval and key; which groups there are says the subject. */
export type Line = { bin: number; key: string } & Partial<Sums>;
type Row = Record<string, unknown>;

export class Report {
  readonly #by: ReportSubject;
  readonly #bounds: readonly number[];
  readonly #lines = new Map<string, Line>();

  constructor(by: ReportSubject, bounds: readonly number[]) {
    this.#by = by;
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#lines.size;
  }

  /** Sums that were made elsewhere of the same intervals. */
  addSums(groups: readonly Group[], rows: readonly (Row & { bin: number })[]): void {
    const { key } = subjects[this.#by];
    for (const row of rows) this.#add(row.bin, key === null ? '' : String(row[key]), groups, row);
  }

  /** An interval that is in memory. */
  addRecord({ arrivedAt, ledger }: LedgerRecord, filter: Filter): void {
    const bin = binOf(this.#bounds, arrivedAt);
    if (bin < 0) return;
    const { key, sources } = subjects[this.#by];
    for (const { table, groups } of sources) {
      const rows: readonly Row[] = ledger[table].map((row): Row => ({ ...row }));
      for (const row of rows) if (passes(row, filter)) this.#add(bin, key === null ? '' : String(row[key]), groups, row);
    }
  }

  /** In the order of time, then of keys. */
  lines(): Line[] {
    return [...this.#lines.values()].sort((a, b) => a.bin - b.bin || (a.key < b.key ? -1 : 1));
  }

  #add(bin: number, key: string, groups: readonly Group[], row: Row): void {
    const name = `${bin} ${key}`;
    let line = this.#lines.get(name);
    if (line === undefined) {
      line = { bin, key };
      for (const { groups: all } of subjects[this.#by].sources) for (const group of all) Object.assign(line, { [group]: zero(measuresOf[group]) });
      this.#lines.set(name, line);
    }
    for (const group of groups) {
      const sums = line[group];
      // A row has every measure of its groups, and each measure is a number.
      if (sums !== undefined) add(sums as Record<string, number>, row as Record<string, number>, measuresOf[group]);
    }
  }
}

/** What a row has no name for is not filtered by. */
const passes = (row: Row, filter: Filter): boolean =>
  Object.entries(filter).every(
    ([name, value]) => value === undefined || !(name in row) || (Array.isArray(value) ? value.includes(row[name]) : row[name] === value),
  );

/** What agents do not see of themselves, so that no rating can be bought or begged for. */
const ofRatings: ReadonlySet<string> = new Set([
  ...ratingMeasures,
  ...(['surveyed', 'rated', 'customerSatisfaction', 'ratingRate', 'surveyRate', 'averageRating'] as const),
]);
export const withoutRatings = <T extends object>(group: T): T => Object.fromEntries(Object.entries(group).filter(([name]) => !ofRatings.has(name))) as T;

/** The sums with the figures worked out of them. */
export function figuresOf({ contacts: visits, handling: handled, time, offers, calls: counts }: Line, variant: ServiceLevelVariant) {
  return {
    ...(visits === undefined ? {} : { contacts: { ...visits, ...contactFigures(visits, variant) } }),
    ...(handled === undefined ? {} : { handling: { ...handled, ...handlingFigures(handled) } }),
    ...(time === undefined ? {} : { time: { ...time, ...timeFigures(time) } }),
    ...(offers === undefined ? {} : { offers: { ...offers, ...offerFigures(offers) } }),
    ...(counts === undefined ? {} : { calls: { ...counts, ...callFigures(counts) } }),
  };
}
