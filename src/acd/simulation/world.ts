/** The rest of the house as the dice will have it: callers, agents, phones, admins, and now and then a fault of one of them. */
import {
  type AgentId,
  agentIdOf,
  asId,
  type CallId,
  calendarIdOf,
  type LegId,
  legIdOf,
  type QueueId,
  queueIdOf,
  type TenantId,
  type UserId,
} from '../../../kernel/ids.ts';
import { type Ending, endingCauses } from '../../call/ending.ts';
import type { QueueWishes } from '../../call/event.ts';
import type { Event } from '../../vocabulary.ts';
import { type CalendarConfiguration, WEEKDAYS } from '../calendar/calendar.ts';
import type { DoorRules } from '../door/rules.ts';
import type { AgentConfiguration, NotReadyReason, QueueConfiguration } from '../event.ts';
import { type FailurePolicy, type Offering, offerFailures } from '../offering/offering.ts';
import type { Dice } from './dice.ts';
import { agentMatching, overflow, queueMatching, queueWishes, widening } from './draws.ts';
import type { Observer } from './observer.ts';

const TENANT = asId<TenantId>('demo');
const SKILLS = ['mandarin', 'english', 'broadband', 'elder'];
const REASONS: NotReadyReason[] = ['break', 'meal', 'training', 'meeting', 'other', 'client_lost', 'supervisor'];
const SUPERVISOR = asId<UserId>('demo:supervisor');
const MOST_CALLS = 25;
const MINUTE_MS = 60_000;

/** HH:MM, in UTC */
const clockOf = (at: number): string => new Date(at).toISOString().slice(11, 16);

type Act = (world: World) => Event | null;

export class World {
  readonly #dice: Dice;
  readonly #seen: Observer;
  readonly #queueIds: QueueId[];
  readonly #agentIds: AgentId[];
  #calls = 0;

  constructor(dice: Dice, seen: Observer) {
    this.#dice = dice;
    this.#seen = seen;
    this.#queueIds = Array.from({ length: dice.between(1, 4) }, (_, n) => queueIdOf(TENANT, `q${n}`));
    this.#agentIds = Array.from({ length: dice.between(2, 10) }, (_, n) => agentIdOf(TENANT, `${8001 + n}`));
  }

  /** What the house is told before the first call. */
  opening(): Event[] {
    return [
      ...this.#queueIds.map((queueId): Event => ({ type: 'queueConfigured', queue: this.queue(queueId) })),
      ...this.#agentIds.map((agentId): Event => ({ type: 'agentConfigured', agent: this.agent(agentId) })),
    ];
  }

  next(): Event {
    for (let tries = 0; tries < 30; tries += 1) {
      const event = this.#dice.pick(DECK)?.(this);
      if (event) return event;
    }
    return { type: 'timePassed' };
  }

  /** The last events of a day: everybody hangs up. */
  closing(): Event | null {
    return hangUp(this) ?? legEnds(this) ?? callEnds(this);
  }

  queue(queueId: QueueId): QueueConfiguration {
    const dice = this.#dice;
    return {
      queueId,
      tenantId: TENANT,
      name: { zh: queueId, en: queueId },
      skills: this.skills(0.15),
      maxWaitMs: dice.chance(0.5) ? dice.between(0, 60_000) : null,
      maxWaiting: dice.between(0, 12),
      leaveWhenNoAgents: dice.chance(0.5),
      ringTimeoutMs: dice.between(1_000, 20_000),
      wrapUpMs: dice.chance(0.4) ? 0 : dice.between(1, 20_000),
      record: dice.chance(0.5),
      music: null,
      answerWithinMs: 15_000,
      ...(dice.chance(0.5) ? { door: this.door() } : {}),
      ...(dice.chance(0.3)
        ? { announcements: { firstMs: dice.between(1_000, 20_000), everyMs: dice.between(5_000, 30_000), position: true, estimate: dice.chance(0.5) } }
        : {}),
      ...(dice.chance(0.5) ? { offering: this.offering() } : {}),
      ...(dice.chance(0.6) ? { matching: queueMatching(dice) } : {}),
      ...(dice.chance(0.5) ? { widening: widening(dice) } : {}),
      ...(dice.chance(0.5) ? { overflow: overflow(dice) } : {}),
    };
  }

  offering(): Offering {
    const dice = this.#dice;
    const policy = (): FailurePolicy => {
      const signOutAfter = dice.chance(0.2) ? dice.between(1, 4) : undefined;
      return dice.chance(0.3) ? { action: 'not_ready', signOutAfter } : { action: 'pause', pauseMs: dice.between(1_000, 10_000), signOutAfter };
    };
    return {
      afterFailure: Object.fromEntries(dice.some(offerFailures, 0.7).map((failure) => [failure, policy()])),
      needsDesk: dice.chance(0.2),
      ...(dice.chance(0.5) ? { ringAtOnce: dice.between(1, 4) } : {}),
      ...(dice.chance(0.5) ? { wrapUpExtension: { stepMs: dice.between(1_000, 5_000), mostMs: dice.between(1_000, 10_000) } } : {}),
    };
  }

  door(): DoorRules {
    const dice = this.#dice;
    const staffing = (): DoorRules['join'] => ({
      needs: dice.pick(['signed_in', 'on_duty', 'ready'] as const) ?? 'ready',
      wrapUpCounts: dice.pick([true, false, undefined]),
    });
    return {
      ...{ calendar: dice.chance(0.7) ? this.anyCalendar() : undefined, whenClosed: dice.pick(['stay', 'leave', undefined]) },
      ...{ join: dice.chance(0.2) ? staffing() : undefined, leave: dice.chance(0.2) ? staffing() : undefined },
      dissuade: dice.chance(0.2) ? { waiting: dice.between(0, 6) } : undefined,
    };
  }

  /** Opens and closes within the next hour. */
  calendar(): CalendarConfiguration {
    const name = this.anyCalendar();
    const spans = Array.from({ length: this.#dice.between(0, 3) }, () => {
      const from = this.#seen.now + this.#dice.between(-30, 30) * MINUTE_MS;
      return { from: clockOf(from), to: clockOf(from + this.#dice.between(1, 40) * MINUTE_MS) };
    });
    const week = Object.fromEntries(WEEKDAYS.map((day) => [day, spans]));
    return { calendarId: calendarIdOf(TENANT, name), tenantId: TENANT, name: { zh: name, en: name }, timeZone: 'UTC', offsets: [], week, days: [] };
  }

  /** ms since 1970, from now on */
  later = (mostMs: number): number => this.#seen.now + this.#dice.between(0, mostMs);
  anyCalendar = (): string => this.#dice.pick(['office', 'night']) ?? 'office';
  agent(agentId: AgentId): AgentConfiguration {
    const dice = this.#dice;
    const number = agentId.split(':')[1] ?? '';
    const skills = Object.fromEntries(dice.some(SKILLS, 0.7).map((skill) => [skill, dice.between(1, 10)]));
    const staticContact = dice.chance(0.3) ? `sip:${number}@127.0.0.1:5970` : null;
    return { agentId, tenantId: TENANT, number, name: number, queues: dice.some(this.#queueIds, 0.7), skills, staticContact, ...agentMatching(dice) };
  }

  skills(probability: number): { skill: string; level: number }[] {
    return this.#dice.some(SKILLS, probability).map((skill) => ({ skill, level: this.#dice.between(1, 6) }));
  }

  newCallId(): CallId | null {
    if (this.#seen.calls.size >= MOST_CALLS) return null;
    this.#calls += 1;
    return asId<CallId>(`c${this.#calls}`);
  }

  ending(): Ending {
    return { cause: this.#dice.pick(endingCauses) ?? 'normal', by: this.#dice.chance(0.8) ? 'far_end' : 'server' };
  }

  anyQueue = (): QueueId => this.#dice.pick(this.#queueIds) ?? queueIdOf(TENANT, 'none');
  anyAgent = (): AgentId => this.#dice.pick(this.#agentIds) ?? agentIdOf(TENANT, 'nobody');
  anyReason = (): NotReadyReason => this.#dice.pick(REASONS) ?? 'break';
  wishes = (): QueueWishes => queueWishes(this.#dice, this.anyAgent);
  chance = (probability: number): boolean => this.#dice.chance(probability);
  between = (least: number, most: number): number => this.#dice.between(least, most);

  /** A call of those that `fits`. */
  call(fits: (call: { gone: boolean; waiting: boolean; offered: boolean }) => boolean): CallId | null {
    const fitting = [...this.#seen.calls.values()].filter((call) => fits({ gone: call.gone, waiting: call.waits.length > 0, offered: call.offers.size > 0 }));
    return this.#dice.pick(fitting)?.callId ?? null;
  }

  /** An agent's leg in one of these states; `gone`: of a call whose caller has left. */
  leg(states: string[], gone: boolean | null): { callId: CallId; legId: LegId; agentId: AgentId } | null {
    const fitting = [...this.#seen.legs].filter(([, leg]) => states.includes(leg.state) && (gone === null || this.#gone(leg.callId) === gone));
    const found = this.#dice.pick(fitting);
    return found === undefined ? null : { legId: found[0], callId: found[1].callId, agentId: found[1].agentId };
  }

  hasLegs(callId: CallId): boolean {
    return [...this.#seen.legs.values()].some((leg) => leg.callId === callId);
  }

  wrapUp(): { agentId: AgentId; callId: CallId } | null {
    const wrapping = [...this.#seen.agents].filter(([, { state }]) => state === 'wrapping_up');
    const found = this.#dice.pick(wrapping);
    return found?.[1].callId == null ? null : { agentId: found[0], callId: found[1].callId };
  }

  #gone(callId: CallId): boolean {
    return this.#seen.calls.get(callId)?.gone ?? true;
  }
}

const arrive: Act = (world) => {
  const callId = world.newCallId();
  if (callId === null) return null;
  const caller = { number: '+8613800001001', raw: '13800001001' };
  return { type: 'callArrived', callId, legId: legIdOf(callId, 0), tenantId: TENANT, caller, callee: caller, trunk: 't', sipCallId: callId };
};

const queued = (world: World, callId: CallId | null): Event | null => {
  if (callId === null) return null;
  const priority = world.chance(0.8) ? 0 : world.between(1, 3);
  const maxWaitMs = world.chance(0.3) ? world.between(0, 30_000) : null;
  return { type: 'callQueued', callId, queueId: world.anyQueue(), priority, skills: world.skills(0.1), maxWaitMs, ...world.wishes() };
};
const queueIdle: Act = (world) =>
  queued(
    world,
    world.call(({ gone, waiting, offered }) => !gone && !waiting && !offered),
  );
const queueAnew: Act = (world) =>
  queued(
    world,
    world.call(() => true),
  );

const transfer: Act = (world) => {
  const callId = world.call(() => true);
  if (callId === null) return null;
  if (world.chance(0.8)) return { type: 'callTransferred', callId, legId: null, target: { kind: 'agent', agentId: world.anyAgent() }, by: 'flow' };
  return { type: 'callTransferred', callId, legId: legIdOf(callId, 1001), target: { kind: 'number', number: '10010' }, by: 'flow' };
};

const answered: Act = (world) => {
  const leg = world.leg(world.chance(0.95) ? ['ringing'] : ['ringing', 'released', 'up'], null);
  return leg === null ? null : { type: 'legAnswered', callId: leg.callId, legId: leg.legId };
};
const legEnds: Act = (world) => {
  const leg = world.leg(['released'], null) ?? world.leg(['up', 'ringing'], true);
  return leg === null ? null : { type: 'legEnded', callId: leg.callId, legId: leg.legId, ending: world.ending() };
};
const agentHangsUp: Act = (world) => {
  const leg = world.leg(['up'], null);
  return leg === null ? null : { type: 'legEnded', callId: leg.callId, legId: leg.legId, ending: world.ending() };
};
const legVanishes: Act = (world) => {
  const leg = world.leg(['ringing', 'up', 'released'], null);
  return leg === null ? null : { type: 'leaseExpired', agentId: world.chance(0.9) ? leg.agentId : world.anyAgent(), legId: leg.legId };
};
const ringingFails: Act = (world) => {
  const leg = world.leg(['ringing'], null);
  if (leg === null) return null;
  if (world.chance(0.5)) return { type: 'deskRejected', agentId: leg.agentId, callId: leg.callId };
  return { type: 'legEnded', callId: leg.callId, legId: leg.legId, ending: world.ending() };
};
const hangUp: Act = (world) => {
  const callId = world.call(({ gone }) => !gone);
  return callId === null ? null : { type: 'legEnded', callId, legId: legIdOf(callId, 0), ending: world.ending() };
};
const callEnds: Act = (world) => {
  const callId = world.call(({ gone }) => gone);
  return callId === null || world.hasLegs(callId) ? null : { type: 'callEnded', callId, ending: world.ending() };
};
const callEndsAbruptly: Act = (world) => {
  const callId = world.call(() => true);
  return callId === null ? null : { type: 'callEnded', callId, ending: world.ending() };
};

const signedIn: Act = (world) => ({ type: 'agentSignedIn', agentId: world.anyAgent() });
const bySupervisor = (world: World): { by?: UserId } => (world.chance(0.3) ? { by: SUPERVISOR } : {});
const signedOut: Act = (world) => ({ type: 'agentSignedOut', agentId: world.anyAgent(), ...bySupervisor(world) });
const wentReady: Act = (world) => ({ type: 'agentWentReady', agentId: world.anyAgent(), ...bySupervisor(world) });
const wentNotReady: Act = (world) => ({ type: 'agentWentNotReady', agentId: world.anyAgent(), reason: world.anyReason(), ...bySupervisor(world) });
const reachable: Act = (world) => ({ type: 'phoneReachable', agentId: world.anyAgent() });
const lost: Act = (world) => ({ type: 'phoneLost', agentId: world.anyAgent() });
const deskConnects: Act = (world) => ({ type: 'deskConnected', agentId: world.anyAgent() });
const deskGoes: Act = (world) => ({ type: 'deskLost', agentId: world.anyAgent() });
const wrapped: Act = (world) => {
  const found = world.wrapUp();
  return found === null ? null : { type: 'wrapUpEnded', ...found, disposition: null, notes: null };
};
const keyPressed: Act = (world) => {
  const callId = world.call(({ waiting }) => waiting);
  return callId === null ? null : { type: 'queueKeyPressed', callId, queueId: world.anyQueue(), key: '1' };
};
const door: Act = (world) => {
  if (world.chance(0.4)) return { type: 'calendarConfigured', calendar: world.calendar() };
  if (world.chance(0.1)) return { type: 'calendarRemoved', calendarId: calendarIdOf(TENANT, world.anyCalendar()) };
  const state = (['open', 'closed', 'emergency', 'calendar', 'calendar', 'calendar'] as const)[world.between(0, 5)] ?? 'calendar';
  return { type: 'queueSwitched', queueId: world.anyQueue(), state, until: world.chance(0.9) ? world.later(90_000) : null, by: asId<UserId>('demo:admin') };
};
const wrapsLonger: Act = (world) => {
  const found = world.wrapUp();
  return found === null ? null : { type: 'wrapUpExtended', ...found };
};
const rings: Act = (world) => {
  const leg = world.leg(['ringing'], null);
  return leg === null ? null : { type: 'legRinging', callId: leg.callId, legId: leg.legId };
};
const holds: Act = (world) => {
  const leg = world.leg(['up'], null);
  return leg === null ? null : { type: world.chance(0.5) ? 'legHeld' : 'legRetrieved', callId: leg.callId, legId: leg.legId };
};
const nothing: Act = () => ({ type: 'timePassed' });
const heartbeat: Act = () => ({ type: 'heartbeat' });

const admin: Act = (world) => {
  switch (world.between(0, 5)) {
    case 0:
      return { type: 'queueRemoved', queueId: world.anyQueue() };
    case 1:
      return { type: 'agentRemoved', agentId: world.anyAgent() };
    case 2:
    case 3:
      return { type: 'queueConfigured', queue: world.queue(world.anyQueue()) };
    default:
      return { type: 'agentConfigured', agent: world.agent(world.anyAgent()) };
  }
};
const restart: Act = (world) => (world.chance(0.1) ? { type: 'serverStarted' } : null);
/** Doubled, late and foreign words. */
const stray: Act = (world) => {
  const callId = asId<CallId>(`c${world.between(0, 500)}`);
  const legId = legIdOf(callId, world.between(0, 3));
  if (world.chance(0.3)) return { type: 'legAnswered', callId, legId };
  if (world.chance(0.3)) return { type: 'legEnded', callId, legId, ending: world.ending() };
  if (world.chance(0.3)) return { type: 'deskRejected', agentId: world.anyAgent(), callId };
  if (world.chance(0.5)) return { type: 'wrapUpEnded', agentId: world.anyAgent(), callId, disposition: null, notes: null };
  return { type: 'callEnded', callId, ending: world.ending() };
};

/** How often each happens. */
const DECK: Act[] = (
  [
    [14, arrive],
    [16, queueIdle],
    [2, queueAnew],
    [3, transfer],
    [12, answered],
    [10, legEnds],
    [6, agentHangsUp],
    [5, ringingFails],
    [0.5, legVanishes],
    [4, hangUp],
    [6, callEnds],
    [0.5, callEndsAbruptly],
    [8, signedIn],
    [1, signedOut],
    [24, wentReady],
    [3, wentNotReady],
    [8, reachable],
    [1, lost],
    [3, deskConnects],
    [1, deskGoes],
    [3, wrapped],
    [2, wrapsLonger],
    [6, rings],
    [3, holds],
    [1, nothing],
    [1, heartbeat],
    [1, admin],
    [1, door],
    [1, keyPressed],
    [1, restart],
    [2, stray],
  ] satisfies [number, Act][]
).flatMap(([weight, act]) => Array.from({ length: weight * 2 }, () => act));
