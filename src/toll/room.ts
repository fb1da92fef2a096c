/**
 * The toll room: keeps the ledgers, blocks accounts, has fraud that is under way cut. What may be dialled is judged before it is (`judge`);
 * everything it knows is folded from the journal, with a snapshot when the journal's older files go: a restart forgives nobody.
 */
import type { LegId, TenantId } from '../../kernel/ids.ts';
import type { CallCommand, DialAccount } from '../call/command.ts';
import type { CallEvent } from '../call/event.ts';
import type { TimePassed, Turn } from '../call/turn.ts';
import { alarmIn, type BlockCause, type TollAlarm } from './alarm.ts';
import type { TollEvent } from './event.ts';
import { isIdle, type Ledger, newLedger, note, noteAlarm, noteRefusal, type OutsideCall, usageOf } from './ledger.ts';
import { type Destination, judge, type OutsideRules, type Refusal, spent, type Usage, type Verdict } from './policy.ts';

export interface TollCounts {
  refused: Partial<Record<Refusal, number>>;
  blocked: number;
  emergencies: number;
}

export interface TollView {
  judge(tenantId: TenantId, account: DialAccount, destination: Destination, rules: OutsideRules, now: number): Verdict;
  usage(tenantId: TenantId, account: DialAccount, now: number): Usage;
  blocked(tenantId: TenantId, now: number): { account: DialAccount; until: number }[];
  /** Of the last day, newest first. */
  alarms(tenantId: TenantId, now: number): TollAlarm[];
  /** Since the start. */
  readonly counts: TollCounts;
}

export interface TollRoom extends TollView {
  name: 'toll';
  decide(event: { type: string }, now: number): TollTurn;
  snapshot(): Ledger[];
  restore(snapshot: readonly Ledger[]): void;
}

type TollTurn = Turn<TollEvent, CallCommand>;
type Heard = TollEvent | Extract<CallEvent, { type: 'legAnswered' | 'legEnded' }> | TimePassed | { type: 'serverStarted' };
type Handlers = { [T in Heard['type']]: (event: Extract<Heard, { type: T }>, turn: TollTurn, now: number) => void };

/** While somebody talks outside, minutes are looked at this often: a block comes within the minute that H1 asks for. */
const LOOK_MS = 10_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Idle ledgers are thrown away when there are more. */
const TIDY_ABOVE = 1_000;

class Toll implements TollRoom {
  readonly name = 'toll';
  readonly #ledgers = new Map<string, Ledger>();
  readonly #live = new Map<LegId, { call: OutsideCall; ledger: Ledger }>();
  #lastAt = 0;
  readonly counts: TollCounts = { refused: {}, blocked: 0, emergencies: 0 };

  judge(tenantId: TenantId, account: DialAccount, destination: Destination, rules: OutsideRules, now: number): Verdict {
    return judge(destination, rules, account === 'flow' ? rules.flow : rules.agent, this.usage(tenantId, account, now), now);
  }

  usage(tenantId: TenantId, account: DialAccount, now: number): Usage {
    return usageOf(this.#ledgers.get(keyOf(tenantId, account)), now);
  }

  blocked(tenantId: TenantId, now: number): { account: DialAccount; until: number }[] {
    const mine = [...this.#ledgers.values()].filter((ledger) => ledger.tenantId === tenantId && ledger.blockedUntil > now);
    return mine.map(({ account, blockedUntil }) => ({ account, until: blockedUntil }));
  }

  alarms(tenantId: TenantId, now: number): TollAlarm[] {
    const mine = [...this.#ledgers.values()].flatMap((ledger) => (ledger.tenantId === tenantId ? (ledger.alarms ?? []) : []));
    return mine.filter(({ at }) => at > now - DAY_MS).sort((a, b) => b.at - a.at);
  }

  decide(event: { type: string }, now: number): TollTurn {
    const turn: TollTurn = { events: [], commands: [], wakeAt: null };
    const alarming = alarmIn(event, now);
    if (alarming !== null) noteAlarm(this.#ledgerOf(alarming.tenantId, alarming.alarm.account, now), alarming.alarm);
    const handle = Object.hasOwn(this.#handlers, event.type) ? this.#handlers[event.type as Heard['type']] : undefined;
    (handle as ((event: { type: string }, turn: TollTurn, now: number) => void) | undefined)?.(event, turn, now);
    this.#lastAt = now;
    if (this.#live.size > 0) turn.wakeAt = (Math.floor(now / LOOK_MS) + 1) * LOOK_MS;
    return turn;
  }

  snapshot(): Ledger[] {
    return [...this.#ledgers.values()].filter((ledger) => !isIdle(ledger, this.#lastAt));
  }

  restore(snapshot: readonly Ledger[]): void {
    for (const ledger of snapshot) {
      this.#ledgers.set(keyOf(ledger.tenantId, ledger.account), ledger);
      for (const call of ledger.calls) if (call.endedAt === null) this.#live.set(call.legId, { call, ledger });
    }
  }

  readonly #handlers: Handlers = {
    outsideDialled: ({ tenantId, account, callId, legId, kind, caps, rate, blockHours }, _turn, now) => {
      // H6: calls for help are not on anybody's account.
      if (kind === 'emergency') {
        this.counts.emergencies += 1;
        return;
      }
      const ledger = this.#ledgerOf(tenantId, account, now);
      const call: OutsideCall = { callId, legId, startedAt: now, answeredAt: null, endedAt: null, ...(rate === undefined ? {} : { rate }) };
      Object.assign(ledger, { caps, blockHours });
      note(ledger, call, now);
      this.#live.set(legId, { call, ledger });
    },
    outsideRefused: ({ tenantId, account, why, blockHours }, turn, now) => {
      const ledger = this.#ledgerOf(tenantId, account, now);
      ledger.blockHours = blockHours;
      this.counts.refused[why] = (this.counts.refused[why] ?? 0) + 1;
      const oneTooMany = noteRefusal(ledger, now);
      if (oneTooMany && why !== 'blocked') block(ledger, 'refusals', turn, now);
    },
    legAnswered: ({ legId }, _turn, now) => {
      const live = this.#live.get(legId);
      if (live !== undefined) live.call.answeredAt ??= now;
    },
    legEnded: ({ legId }, _turn, now) => {
      const live = this.#live.get(legId);
      if (live !== undefined) live.call.endedAt = now;
      this.#live.delete(legId);
    },
    timePassed: (_event, turn, now) => {
      for (const ledger of new Set([...this.#live.values()].map(({ ledger }) => ledger)))
        if (ledger.caps !== null && ledger.blockedUntil <= now) {
          const what = spent(ledger.caps, usageOf(ledger, now));
          if (what !== null) block(ledger, what, turn, now);
        }
    },
    // Our own words, told again at a replay.
    tollBlocked: ({ tenantId, account, until }, _turn, now) => {
      this.#ledgerOf(tenantId, account, now).blockedUntil = until;
      this.counts.blocked += 1;
    },
    tollLifted: ({ tenantId, account }, _turn, now) => {
      Object.assign(this.#ledgerOf(tenantId, account, now), { blockedUntil: 0, refusedAt: [] });
    },
    /** What was out ended with us, at the last moment we know of. */
    serverStarted: () => {
      for (const { call } of this.#live.values()) call.endedAt = Math.max(this.#lastAt, call.answeredAt ?? call.startedAt);
      this.#live.clear();
    },
  };

  #ledgerOf(tenantId: TenantId, account: DialAccount, now: number): Ledger {
    const key = keyOf(tenantId, account);
    const ledger = this.#ledgers.get(key) ?? newLedger(tenantId, account);
    this.#ledgers.set(key, ledger);
    if (this.#ledgers.size > TIDY_ABOVE) for (const [other, idle] of this.#ledgers) if (idle !== ledger && isIdle(idle, now)) this.#ledgers.delete(other);
    return ledger;
  }
}

function block(ledger: Ledger, why: BlockCause, turn: TollTurn, now: number): void {
  const { tenantId, account } = ledger;
  ledger.blockedUntil = now + ledger.blockHours * HOUR_MS;
  turn.events.push({ type: 'tollBlocked', tenantId, account, why, until: ledger.blockedUntil });
  for (const { callId, legId, endedAt } of ledger.calls)
    if (endedAt === null) turn.commands.push({ type: 'releaseLeg', callId, legId, cause: 'not_allowed', by: 'server' });
}

const keyOf = (tenantId: TenantId, account: DialAccount): string => `${tenantId} ${account}`;

export const createToll = (): TollRoom => new Toll();
