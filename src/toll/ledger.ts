/** What one account has dialled outside within a day, and whether it is blocked. Plain JSON, so that it can lie in a snapshot. */
import type { CallId, LegId, TenantId } from '../../kernel/ids.ts';
import type { DialAccount } from '../call/command.ts';
import type { TollAlarm } from './alarm.ts';
import type { Caps, Rate, Usage } from './policy.ts';

export interface OutsideCall {
  callId: CallId;
  legId: LegId;
  startedAt: number;
  answeredAt: number | null;
  endedAt: number | null;
  /** Absent on calls that were written down before there were rates. */
  rate?: Pick<Rate, 'perMinute' | 'perCall'>;
}

export interface Ledger {
  tenantId: TenantId;
  account: DialAccount;
  /** In the order of their start; those of the last day. */
  calls: OutsideCall[];
  /** Times of the last refusals. */
  refusedAt: number[];
  /** ms since 1970; 0 = not blocked. */
  blockedUntil: number;
  /** Of the call that began last. */
  caps: Caps | null;
  blockHours: number;
  /** The last of the day, newest last. */
  alarms?: TollAlarm[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MINUTE_MS = 60_000;
/** As many as the largest cap lets through in a day; beyond, the oldest are forgotten. */
const MOST_CALLS = 25_000;
/** Whoever goes on after so many refusals in ten minutes is no mistaken colleague (fault row H1). */
export const MOST_REFUSALS = 10;
const REFUSALS_WITHIN_MS = 600_000;
const MOST_ALARMS = 20;

export const newLedger = (tenantId: TenantId, account: DialAccount): Ledger => ({
  ...{ tenantId, account, calls: [], refusedAt: [], blockedUntil: 0, caps: null, blockHours: 24 },
});

export function usageOf(ledger: Ledger | undefined, now: number): Usage {
  const usage: Usage = {
    live: 0,
    callsHour: 0,
    minutesHour: 0,
    callsDay: 0,
    minutesDay: 0,
    spentHour: 0,
    spentDay: 0,
    blocked: ledger !== undefined && ledger.blockedUntil > now,
  };
  for (const call of ledger?.calls ?? []) {
    if (call.endedAt === null) usage.live += 1;
    if (call.startedAt > now - HOUR_MS) usage.callsHour += 1;
    if (call.startedAt > now - DAY_MS) usage.callsDay += 1;
    usage.minutesHour += talkedSince(call, now - HOUR_MS, now) / MINUTE_MS;
    usage.minutesDay += talkedSince(call, now - DAY_MS, now) / MINUTE_MS;
    usage.spentHour += spentSince(call, now - HOUR_MS, now);
    usage.spentDay += spentSince(call, now - DAY_MS, now);
  }
  return usage;
}

function talkedSince({ answeredAt, endedAt }: OutsideCall, since: number, now: number): number {
  return answeredAt === null ? 0 : Math.max(0, (endedAt ?? now) - Math.max(answeredAt, since));
}

/** A minute that was begun is paid whole. */
function spentSince(call: OutsideCall, since: number, now: number): number {
  const { rate, answeredAt } = call;
  if (rate === undefined || answeredAt === null) return 0;
  return (answeredAt > since ? rate.perCall : 0) + Math.ceil(talkedSince(call, since, now) / MINUTE_MS) * rate.perMinute;
}

export function note(ledger: Ledger, call: OutsideCall, now: number): void {
  ledger.calls = ledger.calls.filter(({ endedAt }) => endedAt === null || endedAt > now - DAY_MS);
  ledger.calls.push(call);
  if (ledger.calls.length > MOST_CALLS) ledger.calls.shift();
}

/** true: that was one too many. */
export function noteRefusal(ledger: Ledger, now: number): boolean {
  ledger.refusedAt = [...ledger.refusedAt.filter((at) => at > now - REFUSALS_WITHIN_MS), now].slice(-MOST_REFUSALS);
  return ledger.refusedAt.length >= MOST_REFUSALS;
}

export function noteAlarm(ledger: Ledger, alarm: TollAlarm): void {
  ledger.alarms = [...(ledger.alarms ?? []).filter(({ at }) => at > alarm.at - DAY_MS), alarm].slice(-MOST_ALARMS);
}

/** Nothing in it counts any more. */
export const isIdle = (ledger: Ledger, now: number): boolean =>
  ledger.blockedUntil <= now &&
  ledger.calls.every(({ endedAt }) => endedAt !== null && endedAt <= now - DAY_MS) &&
  ledger.refusedAt.every((at) => at <= now - DAY_MS) &&
  (ledger.alarms ?? []).every(({ at }) => at <= now - DAY_MS);
