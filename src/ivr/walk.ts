/**
 * The ivr room: leads each caller through the tenant's dialplan. A call keeps the version it began with; once it is with a person
 * the flow is over, unless a queue it is sent to later gives it back.
 */
import type { CallId, QueueId, TenantId } from '../../kernel/ids.ts';
import type { CallEvent } from '../call/event.ts';
import type { TimePassed } from '../call/turn.ts';
import { Deadlines, type Wait } from './deadlines.ts';
import type { IvrEvent } from './event.ts';
import { hear } from './hear.ts';
import type { Plan } from './plan.ts';
import { type IvrTurn, type LoadedPlan, loadPlan, openWalk, type Walk, type WalkStateName } from './state.ts';
import { release } from './steps.ts';

/** Words of the acd this room listens to: declared here because the acd is to its right. */
type QueueWord = { type: 'queueConfigured'; queue: { queueId: QueueId; music: string | null } } | { type: 'queueRemoved'; queueId: QueueId };
type Heard = CallEvent | IvrEvent | QueueWord | TimePassed | { type: 'serverStarted' };
/** Words of other rooms pass by. */
interface Passing {
  type: string;
}

/** What tests and the API may see of a call's walk. */
export interface WalkView {
  state: WalkStateName;
  /** Version the call walks; null until it begins. */
  version: string | null;
}

export interface Ivr {
  name: 'ivr';
  decide(event: Passing, now: number): IvrTurn;
  /** The version new calls of a tenant take. */
  plan(tenantId: TenantId): Plan | undefined;
  walk(callId: CallId): WalkView | undefined;
  /** Calls under way, by the version they walk. */
  versionsInUse(): Map<string, number>;
  /** Plans and music, for a journal that begins anew; calls under way are not in it. */
  snapshot(): IvrSnapshot;
  restore(snapshot: IvrSnapshot): void;
}

/** Plain JSON. */
export interface IvrSnapshot {
  plans: Plan[];
  music: [QueueId, string | null][];
}

const waits: Record<WalkStateName, Wait | null> = {
  identifying: 'customer',
  answering: 'answer',
  playing: 'sound',
  asking: 'sound',
  authenticating: 'sound',
  looking_up: 'lookup',
  // The acd and the phone keep these two within bounds.
  queued: null,
  transferring: null,
  echoing: null,
  served: null,
  over: null,
};

export function createIvr(): Ivr {
  const walks = new Map<CallId, Walk>();
  const plans = new Map<TenantId, LoadedPlan>();
  const music = new Map<QueueId, string | null>();
  const deadlines = new Deadlines();

  const settle = (walk: Walk, before: Walk['state'], now: number): void => {
    if (walk.state !== before) deadlines.set(walk.callId, waits[walk.state.at], now);
  };

  const tell = (walk: Walk, event: CallEvent | TimePassed, turn: IvrTurn, now: number): void => {
    const before = walk.state;
    try {
      hear({ walk, plans, music, turn, now }, event);
    } catch {
      // A fault of ours in one walk ends that call, with a name, and no other.
      release(walk, turn, 'internal');
    }
    settle(walk, before, now);
  };

  const close = (callId: CallId): void => {
    walks.delete(callId);
    deadlines.set(callId, null, 0);
  };

  const ofCall = (event: Extract<CallEvent, { callId: CallId }>, turn: IvrTurn, now: number): void => {
    if (event.type === 'callArrived') {
      if (walks.has(event.callId)) return;
      walks.set(event.callId, openWalk(event));
      deadlines.set(event.callId, waits.identifying, now);
      return;
    }
    const walk = walks.get(event.callId);
    if (walk === undefined) return;
    // Whatever state she hung up in: nobody is there to be told anything any more.
    if (event.type === 'callEnded' || (event.type === 'legEnded' && event.legId === walk.legId)) close(event.callId);
    else tell(walk, event, turn, now);
  };

  const hearAll = (event: Heard, turn: IvrTurn, now: number): void => {
    if ('callId' in event) ofCall(event, turn, now);
    else if (event.type === 'dialplanPublished') plans.set(event.tenantId, loadPlan(event.plan as Plan));
    else if (event.type === 'queueConfigured') music.set(event.queue.queueId, event.queue.music);
    else if (event.type === 'queueRemoved') music.delete(event.queueId);
    else if (event.type === 'serverStarted') {
      walks.clear();
      deadlines.clear();
    } else if (event.type === 'timePassed') {
      for (const callId of deadlines.takeExpired(now)) {
        const walk = walks.get(callId);
        if (walk !== undefined) tell(walk, event, turn, now);
      }
    }
  };

  return {
    name: 'ivr',
    decide(event, now) {
      const turn: IvrTurn = { events: [], commands: [], wakeAt: null };
      if (isHeard(event)) hearAll(event, turn, now);
      turn.wakeAt = deadlines.soonest();
      return turn;
    },
    plan: (tenantId) => plans.get(tenantId)?.plan,
    walk(callId) {
      const walk = walks.get(callId);
      return walk === undefined ? undefined : { state: walk.state.at, version: walk.loaded?.plan.version ?? null };
    },
    versionsInUse() {
      const counts = new Map<string, number>();
      for (const { loaded } of walks.values()) if (loaded !== null) counts.set(loaded.plan.version, (counts.get(loaded.plan.version) ?? 0) + 1);
      return counts;
    },
    snapshot: () => ({ plans: [...plans.values()].map(({ plan }) => plan), music: [...music] }),
    restore(snapshot) {
      for (const plan of snapshot.plans) plans.set(plan.tenantId, loadPlan(plan));
      for (const [queueId, name] of snapshot.music) music.set(queueId, name);
    },
  };
}

/** Desks' words carry a callId too, but none of this room's types: they fall through `hear`. */
const isHeard = (event: Passing): event is Heard => true;
