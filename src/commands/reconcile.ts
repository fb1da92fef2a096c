/**
 * `huawu reconcile [--day YYYY-MM-DD] [--zone ZONE] [--tenant TENANT] [--journal FOLDER]`: proves a day. Three questions of each five minutes that were written:
 * do the interval's own sums agree; are there as many records of calls as it has counted; and does the journal, counted anew, give the same rows. The first
 * difference of each is named. Only reads, also beside a server that runs.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../kernel/clock.ts';
import { asId, type TenantId } from '../../kernel/ids.ts';
import { openLog } from '../../kernel/log.ts';
import { parseFlags } from '../../kernel/settings.ts';
import { type Config, readConfig } from '../config.ts';
import type { HouseSnapshot } from '../journal/replay.ts';
import { type JournalStart, startsOf, walk } from '../journal/walk.ts';
import { dayStart } from '../ledger/calendar.ts';
import { firstDifference } from '../ledger/compare.ts';
import { createLedger } from '../ledger/fold.ts';
import { BASE_MS, startOf } from '../ledger/interval.ts';
import { discrepancies } from '../ledger/reconcile.ts';
import type { LedgerRecord } from '../ledger/record.ts';
import { type LedgerInterval, ledgerIntervals, ledgerRows, ledgerTenants, unequalCalls } from '../store/ledger.ts';
import { openStore, type Store } from '../store/store.ts';
import { CHINA } from '../tenants/calendar.ts';
import { isTimeZone } from '../tenants/zone.ts';

const USAGE = `usage: huawu reconcile [--day YYYY-MM-DD] [--zone ZONE] [--tenant TENANT] [--journal FOLDER]
  --day       the day to prove, in the zone (today)
  --zone      whose day it is (${CHINA})
  --tenant    of one tenant (all)
  --journal   where the journal lies (DATA_DIR/journal)
`;
const FLAGS = ['DAY', 'ZONE', 'TENANT', 'JOURNAL'];
const LONGEST_DAY_MS = 26 * 3_600_000;

interface Day {
  name: string;
  zone: string;
  from: number;
  to: number;
}

/** Exit codes: 0 proved, 1 something differs, 2 wrong usage. */
export async function main(args: readonly string[], config?: Config): Promise<number> {
  const { flags, words } = parseFlags(args);
  const zone = flags.ZONE ?? CHINA;
  const day = dayOf(flags.DAY, zone);
  const unknown = Object.keys(flags).filter((name) => !FLAGS.includes(name));
  if (unknown.length > 0 || words.length > 0 || day === null) return complain(USAGE);
  const { databaseUrl, dataDir, logLevel } = config ?? readConfig([]);
  const log = openLog('reconcile', logLevel === 'info' ? 'warn' : logLevel);
  const store = await openStore({ databaseUrl: databaseUrl ?? undefined, dataDir, guest: true, log, clock: systemClock });
  try {
    return await prove(store, day, flags.TENANT === undefined ? null : asId<TenantId>(flags.TENANT), flags.JOURNAL ?? join(dataDir, 'journal'));
  } finally {
    await store.close();
  }
}

function dayOf(name: string | undefined, zone: string): Day | null {
  if (!isTimeZone(zone)) return null;
  // Midday in UTC lies in this day or the next one, wherever the zone is.
  const near = name === undefined ? systemClock.now() : Date.parse(`${name}T12:00:00Z`);
  if (Number.isNaN(near)) return null;
  const from = dayStart(zone, near);
  const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(from);
  if (name !== undefined && shown !== name) return null;
  return { name: shown, zone, from, to: dayStart(zone, from + LONGEST_DAY_MS) };
}

async function prove(store: Store, day: Day, only: TenantId | null, folder: string): Promise<number> {
  const tenants = only === null ? await ledgerTenants(store.db, day.from, day.to) : [only];
  say(`${day.name}, ${day.zone}: ${iso(day.from)} to ${iso(day.to)}\n`);
  if (tenants.length === 0) return done(['nothing was written of this day'], []);
  const again = recount(folder, day);
  const faults: string[] = [];
  for (const tenantId of tenants) {
    const intervals = await ledgerIntervals(store.db, tenantId, day.from, day.to);
    const [sums, calls, rows] = [ownSums(intervals), await againstRecords(store, tenantId, day), await againstJournal(store, tenantId, intervals, again)];
    faults.push(...[sums.fault, calls.fault, rows.fault].filter((fault) => fault !== null).map((fault) => `${tenantId}: ${fault}`));
    say(`${tenantId}: ${intervals.length} intervals, ${sums.said}; ${calls.said}; ${rows.said}\n`);
  }
  return done([], faults);
}

interface Finding {
  said: string;
  /** The first difference; null = none. */
  fault: string | null;
}

function ownSums(intervals: readonly LedgerInterval[]): Finding {
  for (const { start, reconciliation } of intervals) {
    const [first] = discrepancies(reconciliation);
    if (first !== undefined) return { said: 'sums that differ', fault: `${iso(start)}: ${first.what} was counted as ${JSON.stringify(first.counts)}` };
  }
  return { said: 'all sums agree', fault: null };
}

async function againstRecords(store: Store, tenantId: TenantId, { from, to }: Day): Promise<Finding> {
  const [first] = await unequalCalls(store.db, tenantId, from, to);
  if (first === undefined) return { said: 'as many records of calls as were counted', fault: null };
  const { start, records, over, open } = first;
  return {
    said: 'other records of calls than were counted',
    fault: `${iso(start)}: ${records} records of calls, and the ledger has counted ${over}${open === 0 ? '' : `, and ${open} that were still up`}`,
  };
}

/** Each interval as the journal has it, in the revision in which it was handed out last. */
interface Recount {
  records: Map<string, LedgerRecord>;
  /** What began no earlier is in it whole. */
  since: number;
}

async function againstJournal(store: Store, tenantId: TenantId, intervals: readonly LedgerInterval[], { records, since }: Recount): Promise<Finding> {
  let compared = 0;
  for (const { start, revision } of intervals) {
    const record = records.get(`${tenantId} ${start}`);
    // The journal of that time is gone, or has gone on since.
    if (start < since || record === undefined || record.revision !== revision) continue;
    const found = firstDifference(await ledgerRows(store.db, tenantId, start), record.ledger);
    if (found !== null) {
      const { table, row, measure, one, other } = found;
      return { said: 'the journal differs', fault: `${iso(start)}: ${table} ${row}: ${measure} is ${one} in the database and ${other} by the journal` };
    }
    compared += 1;
  }
  return { said: `${compared} of them counted anew from the journal, and the same`, fault: null };
}

/** From the latest start that has a ledger and lies before the day; else from the earliest there is, whose first interval is not whole. */
function recount(folder: string, day: Day): Recount {
  const records = new Map<string, LedgerRecord>();
  const start = existsSync(folder) ? chosen(startsOf(folder), day.from) : undefined;
  if (start === undefined) return { records, since: Number.POSITIVE_INFINITY };
  const ledger = createLedger();
  const snapshot = start.read === null ? undefined : (start.read() as HouseSnapshot).ledger;
  if (snapshot !== undefined) ledger.restore(snapshot);
  let first: number | null = snapshot === undefined ? null : 0;
  for (const { event, at } of walk(folder, start.seq, () => undefined)) {
    first ??= startOf(at) + BASE_MS;
    for (const { record } of ledger.decide(event, at).commands) records.set(`${record.tenantId} ${record.arrivedAt}`, record);
  }
  return { records, since: start.seq === 0 ? 0 : (first ?? 0) };
}

function chosen(starts: readonly JournalStart[], from: number): JournalStart | undefined {
  const before = starts.findLast((start) => {
    const ledger = start.read === null ? undefined : (start.read() as HouseSnapshot).ledger;
    return ledger !== undefined && ledger.now <= from;
  });
  return before ?? starts[0];
}

const iso = (at: number): string => new Date(at).toISOString();
const say = (text: string): void => void process.stdout.write(text);

function done(notes: readonly string[], faults: readonly string[]): number {
  for (const note of notes) say(`${note}\n`);
  for (const fault of faults) say(`DIFFERS ${fault}\n`);
  if (faults.length === 0) say('proved: nothing differs\n');
  return faults.length === 0 ? 0 : 1;
}

function complain(text: string): number {
  process.stderr.write(text);
  return 2;
}
