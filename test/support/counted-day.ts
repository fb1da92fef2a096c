/** A day as the ledger would have counted it: a morning that fills up, a lunch break, an hour in which too few agents were there. */
import type { AgentId, QueueId, TenantId } from '../../kernel/ids.ts';
import { BASE_MS } from '../../src/ledger/interval.ts';
import { type AgentRow, handledMeasures, offerMeasures, timeMeasures, type VisitRow, visitMeasures, zero } from '../../src/ledger/measures.ts';
import { reconcile } from '../../src/ledger/reconcile.ts';
import { type LedgerRecord, type LedgerRows, ledgerIdOf } from '../../src/ledger/record.ts';

const HOUR_MS = 3_600_000;
const CHINA_MS = 8 * HOUR_MS;

interface Staff {
  tenantId: TenantId;
  queues: readonly QueueId[];
  agents: readonly AgentId[];
}

/** Intervals from `from` to `to`, none after `now`. */
export function countedDay({ tenantId, queues, agents }: Staff, from: number, to: number, now: number): LedgerRecord[] {
  const records: LedgerRecord[] = [];
  for (let start = Math.ceil(from / BASE_MS) * BASE_MS; start < Math.min(to, now); start += BASE_MS) {
    const hour = ((start + CHINA_MS) % (24 * HOUR_MS)) / HOUR_MS;
    const busy = busyness(hour);
    const ledger: LedgerRows = {
      visits: queues.map((queueId, at) => visitsOf(queueId, busy, hour, at)),
      handled: agents.map((agentId) => ({
        ...{ ...zero(handledMeasures), handled: busy > 0.3 ? 1 : 0, talkMs: 140_000 * busy, wrapUpMs: 20_000 * busy },
        ...{ agentId, team: '', queueId: queues[0] ?? '', number: '10086', channel: 'voice', disposition: '' },
      })),
      agents: busy === 0 ? [] : agents.map((agentId, at) => timeOf(agentId, busy, hour, at)),
      calls: [],
    };
    const reconciliation = reconcile(ledger, { legMs: new Map(), presentMs: 0 });
    records.push({ callId: ledgerIdOf(tenantId, start), revision: 1, tenantId, arrivedAt: start, ledger, reconciliation });
  }
  return records;
}

/** 0 at night, 1 when it is fullest. */
const busyness = (hour: number): number =>
  hour < 7 || hour > 22 ? 0 : Math.max(0, 0.55 + 0.35 * Math.sin((hour - 7) / 2.1) + (hour > 10 && hour < 11 ? 0.25 : 0));

function visitsOf(queueId: QueueId, busy: number, hour: number, at: number): VisitRow {
  const entered = Math.round((at === 0 ? 22 : 9) * busy);
  const short = hour > 10 && hour < 11 ? 0.3 : 0.04;
  const abandoned = Math.round(entered * short);
  const answered = entered - abandoned;
  return {
    ...{ ...zero(visitMeasures), entered, answered, abandoned, answeredWithin: Math.round(answered * (1 - 2 * short)) },
    ...{ answerWaitMs: answered * (6_000 + 60_000 * short), abandonWaitMs: abandoned * 45_000, longestWaitMs: entered === 0 ? 0 : 20_000 + 400_000 * short },
    ...{ queueId, number: '10086', channel: 'voice' },
  };
}

function timeOf(agentId: AgentId, busy: number, hour: number, at: number): AgentRow {
  const lunch = hour > 12 && hour < 13.5 && at % 2 === 0;
  const talkingMs = lunch ? 0 : BASE_MS * 0.62 * busy;
  const wrappingUpMs = lunch ? 0 : BASE_MS * 0.14 * busy;
  const ringingMs = lunch ? 0 : BASE_MS * 0.05 * busy;
  const notReadyMs = lunch ? BASE_MS : BASE_MS * 0.08;
  const readyMs = BASE_MS - talkingMs - wrappingUpMs - ringingMs - notReadyMs;
  return {
    ...{ ...zero(timeMeasures), ...zero(offerMeasures), talkingMs, wrappingUpMs, ringingMs, notReadyMs, readyMs },
    ...{ offers: 2, taken: 2, agentId, team: '', queueId: '', reasons: {} },
  };
}
