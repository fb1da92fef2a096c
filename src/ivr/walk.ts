/**
 * The ivr room: leads each caller through the tenant's dialplan. A call keeps the version it began with; once it is with a person
 * the flow is over, unless a queue it is sent to later gives it back.
 */
import type { CallId, QueueId, TenantId } from '../../kernel/ids.ts';
import type { CallEvent } from '../call/event.ts';
import type { Notice } from '../call/notice.ts';
import type { TimePassed } from '../call/turn.ts';
import { Deadlines, type Wait } from './deadlines.ts';
import type { IvrEvent } from './event.ts';
import { hear } from './hear.ts';
import { liveQueues, type QueuesNow } from './live.ts';
import type { Standing } from './notices.ts';
import type { Plan } from './plan.ts';
import { type IvrTurn, type LoadedPlan, loadPlan, openWalk, type Walk, type WalkStateName } from './state.ts';
import { release } from './steps.ts';

/** Words of the acd this room listens to: declared here because the acd is to its right. */
type QueueWord =
  | { type: 'queueConfigured'; queue: { queueId: QueueId; music: string | null } }
  | { type: 'queueSwitched'; queueId: QueueId; state: string; until: number | null; notice?: Notice }
  | { type: 'queueRemoved'; queueId: QueueId };
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
  /** Flows that agents may send this call to, or (null) one that comes now, and how they are called. */
  fromDesk(tenantId: TenantId, callId: CallId | null): NonNullable<Plan['fromDesk']>;
  /** Plans and music, for a journal that begins anew; calls under way are not in it. */
  snapshot(): IvrSnapshot;
  restore(snapshot: IvrSnapshot): void;
  /** Calls under way, each with the version it walks. */
  walks(): WalksSnapshot;
  restoreWalks(snapshot: WalksSnapshot): void;
}

/** Plain JSON. */
export interface IvrSnapshot {
  plans: Plan[];
  music: [QueueId, string | null][];
  /** Absent in older ones. */
  notices?: [QueueId, Standing][];
}

/** Maps and sets in it: `journal/plain.ts` makes JSON of it. */
export interface WalksSnapshot {
  /** Versions that calls walk. */
  plans: Plan[];
  walks: (Omit<Walk, 'loaded' | 'queues'> & { version: string | null })[];
  deadlines: ReturnType<Deadlines['entries']>;
}

const waits: Record<WalkStateName, Wait | null> = {
  identifying: 'customer',
  answering: 'answer',
  playing: 'sound',
  asking: 'sound',
  authenticating: 'sound',
  looking_up: 'lookup',
  delivering: 'delivery',
  // Answered in the same turn.
  calling_back: 'lookup',
  // The acd and the phone keep these two within bounds.
  queued: null,
  transferring: null,
  echoing: null,
  served: null,
  over: null,
};

class Walks implements Ivr {
  readonly name = 'ivr';
  readonly #walks = new Map<CallId, Walk>();
  readonly #plans = new Map<TenantId, LoadedPlan>();
  readonly #music = new Map<QueueId, string | null>();
  readonly #notices = new Map<QueueId, Standing>();
  readonly #deadlines = new Deadlines();
  readonly #queuesNow: QueuesNow;

  constructor(queuesNow: QueuesNow) {
    this.#queuesNow = queuesNow;
  }

  decide(event: Passing, now: number): IvrTurn {
    const turn: IvrTurn = { events: [], commands: [], wakeAt: null };
    if (isHeard(event)) this.#hear(event, turn, now);
    turn.wakeAt = this.#deadlines.soonest();
    return turn;
  }

  plan(tenantId: TenantId): Plan | undefined {
    return this.#plans.get(tenantId)?.plan;
  }

  walk(callId: CallId): WalkView | undefined {
    const walk = this.#walks.get(callId);
    return walk === undefined ? undefined : { state: walk.state.at, version: walk.loaded?.plan.version ?? null };
  }

  versionsInUse(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { loaded } of this.#walks.values()) if (loaded !== null) counts.set(loaded.plan.version, (counts.get(loaded.plan.version) ?? 0) + 1);
    return counts;
  }

  fromDesk(tenantId: TenantId, callId: CallId | null): NonNullable<Plan['fromDesk']> {
    const loaded = callId === null ? this.#plans.get(tenantId) : this.#walks.get(callId)?.loaded;
    return loaded?.plan.fromDesk ?? {};
  }

  snapshot(): IvrSnapshot {
    return { plans: [...this.#plans.values()].map(({ plan }) => plan), music: [...this.#music], notices: [...this.#notices] };
  }

  restore(snapshot: IvrSnapshot): void {
    for (const plan of snapshot.plans) this.#plans.set(plan.tenantId, loadPlan(plan));
    for (const [queueId, name] of snapshot.music) this.#music.set(queueId, name);
    for (const [queueId, standing] of snapshot.notices ?? []) this.#notices.set(queueId, standing);
  }

  walks(): WalksSnapshot {
    const walks = [...this.#walks.values()];
    const plans = new Map(walks.flatMap(({ loaded }) => (loaded === null ? [] : [[`${loaded.plan.tenantId} ${loaded.plan.version}`, loaded.plan]])));
    return {
      plans: [...plans.values()],
      walks: walks.map(({ loaded, queues: _, ...walk }) => ({ ...walk, version: loaded?.plan.version ?? null })),
      deadlines: this.#deadlines.entries(),
    };
  }

  restoreWalks({ plans, walks, deadlines }: WalksSnapshot): void {
    const loaded = new Map(plans.map((plan) => [`${plan.tenantId} ${plan.version}`, this.#loadedAs(plan)]));
    for (const { version, ...walk } of walks) {
      const queues = liveQueues(walk.tenantId, this.#queuesNow);
      this.#walks.set(walk.callId, { ...walk, queues, loaded: loaded.get(`${walk.tenantId} ${version}`) ?? null });
    }
    this.#deadlines.restore(deadlines);
  }

  /** New calls and those under way share one, where it is the same version. */
  #loadedAs(plan: Plan): LoadedPlan {
    const current = this.#plans.get(plan.tenantId);
    return current?.plan.version === plan.version ? current : loadPlan(plan);
  }

  #hear(event: Heard, turn: IvrTurn, now: number): void {
    if ('callId' in event) this.#hearCall(event, turn, now);
    else if (event.type === 'dialplanPublished') this.#plans.set(event.tenantId, loadPlan(event.plan as Plan));
    else if (event.type === 'queueConfigured') this.#music.set(event.queue.queueId, event.queue.music);
    else if (event.type === 'queueSwitched') this.#note(event);
    else if (event.type === 'queueRemoved') {
      this.#music.delete(event.queueId);
      this.#notices.delete(event.queueId);
    } else if (event.type === 'timePassed') this.#hearTime(event, turn, now);
    else if (event.type === 'serverStarted') {
      this.#walks.clear();
      this.#deadlines.clear();
    }
  }

  #note({ queueId, state, until, notice }: Extract<QueueWord, { type: 'queueSwitched' }>): void {
    if (notice === undefined) this.#notices.delete(queueId);
    else this.#notices.set(queueId, { state, until, notice });
  }

  #hearCall(event: CallEvent, turn: IvrTurn, now: number): void {
    const { callId } = event;
    const walk = this.#walks.get(callId);
    if (event.type === 'callArrived' && walk === undefined && event.dialled?.target == null && event.outbound?.target.kind !== 'agent') {
      const opened = openWalk(event, liveQueues(event.tenantId, this.#queuesNow));
      const isOurs = event.callback !== undefined || event.outbound !== undefined;
      this.#walks.set(callId, isOurs ? { ...opened, loaded: this.#plans.get(event.tenantId) ?? null, ours: true, state: { at: 'served' } } : opened);
      if (!isOurs) this.#deadlines.set(callId, waits.identifying, now);
    }
    if (walk === undefined) return;
    if (event.type === 'callEnded' || (event.type === 'legEnded' && event.legId === walk.legId)) {
      // Whatever state she hung up in: nobody is there to be told anything any more.
      this.#walks.delete(callId);
      this.#deadlines.set(callId, null, now);
    } else this.#tell(walk, event, turn, now);
  }

  #hearTime(event: TimePassed, turn: IvrTurn, now: number): void {
    for (const callId of this.#deadlines.takeExpired(now)) {
      const walk = this.#walks.get(callId);
      if (walk !== undefined) this.#tell(walk, event, turn, now);
    }
  }

  #tell(walk: Walk, event: CallEvent | TimePassed, turn: IvrTurn, now: number): void {
    const before = walk.state;
    try {
      hear({ walk, plans: this.#plans, music: this.#music, notices: this.#notices, turn, now }, event);
    } catch {
      // A fault of ours in one walk ends that call, with a name, and no other.
      release(walk, turn, 'internal');
    }
    if (walk.state !== before) this.#deadlines.set(walk.callId, waits[walk.state.at], now);
  }
}

/** `queuesNow`: how queues stand, for expressions; without it there are none. */
export const createIvr = (queuesNow: QueuesNow = () => null): Ivr => new Walks(queuesNow);

/** Desks' words carry a callId too, but none of this room's types: they fall through `hear`. */
const isHeard = (event: Passing): event is Heard => true;
