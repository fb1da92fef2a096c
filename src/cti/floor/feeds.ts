/**
 * The feed of each tenant's floor, or of the part that some may see, to the walls that look at it: events mark what may have changed, and four times a second at most the rows that did
 * change are told, to all walls the same text. A tenant at whose floor nobody looks costs nothing but its alerts.
 */
import type { Clock } from '../../../kernel/clock.ts';
import { type AgentId, type QueueId, randomToken, type TenantId } from '../../../kernel/ids.ts';
import type { AlertBounds } from '../../acd/sections.ts';
import type { AcdView, AgentView } from '../../acd/view.ts';
import type { CallsView } from '../../call/call.ts';
import { Feed } from '../feed.ts';
import type { FloorAlert, FloorQueue, FloorTrunk } from './messages.ts';
import { agentRow, queueRow, tenantOf } from './rows.ts';
import { AlertWatch } from './watch.ts';

/** From the message before: with the way there and what it takes to draw, an event is on the screen well within a second. */
const EVERY_MS = 240;
/** Not before the turn that moved something, and its neighbours, are over. */
const SETTLE_MS = 30;
/** What a queue's estimate says holds for so long: it is played forward anew each time. */
const ESTIMATE_MS = 2_000;
/** Trunks and alerts are looked at so often, estimates each … */
const LOOK_MS = 1_000;
/** … so many looks: they move by themselves. */
const ESTIMATE_LOOKS = 5;
/** How long a floor is followed for a wall that may come back. */
const FORGET_MS = 120_000;
/** At some 230 bytes a row a snapshot of them is 2.3 MB. */
export const MOST_AGENTS = 10_000;
/** A wall that has not read so much is told no change until it has: then what it missed, or a snapshot. */
export const MOST_OWED_BYTES = 65_536;

export interface FloorFeedsOptions {
  clock: Clock;
  acd: AcdView;
  calls: Pick<CallsView, 'get'>;
  tenants(): TenantId[];
  trunks(tenantId: TenantId): FloorTrunk[];
  /** The day's figures of a queue; null: they are not kept. */
  today(queueId: QueueId): FloorQueue['today'];
  /** When the whole floor of the tenant calls for help. */
  bounds(tenantId: TenantId): AlertBounds;
}

/** What a wall may be shown: the floor of a tenant, or that part of it. */
export interface Sight {
  tenantId: TenantId;
  /** Agents of these teams; null = all. */
  teams: readonly string[] | null;
  /** With its trunks. */
  trunks: boolean;
}

export interface Wall {
  send(text: string): void;
  /** Bytes it was sent and has not read. */
  owes(): number;
}

/** Of all walls that may see the same. */
interface Floor {
  tenantId: TenantId;
  sight: Sight;
  feed: Feed;
  /** Which message each was told last. */
  walls: Map<Wall, number>;
  /** The last one, for as long as it says what another would. */
  snapshot: { seq: number; text: string } | null;
  /** Rows as they were told. */
  agents: Map<string, string>;
  queues: Map<string, string>;
  trunks: string;
  movedAgents: Set<AgentId>;
  movedQueues: Set<QueueId>;
  /** Alerts that changed, and ids of what is gone, since the last message. */
  alerts: Map<string, FloorAlert>;
  gone: Set<string>;
  toldAt: number;
  cancelTimer: (() => void) | null;
  forgetAt: number | null;
}

export class FloorFeeds {
  readonly #options: FloorFeedsOptions;
  /** By what is seen. */
  readonly #floors = new Map<string, Floor>();
  readonly #watch: AlertWatch;
  readonly #cancelLook: () => void;
  readonly #estimates = new Map<QueueId, { at: number; wait: FloorQueue['expectedWait'] }>();
  #looks = 0;

  constructor(options: FloorFeedsOptions) {
    this.#options = options;
    this.#watch = new AlertWatch({ acd: options.acd, bounds: options.bounds, row: (queueId) => this.#queueRow(queueId) });
    this.#cancelLook = options.clock.every(LOOK_MS, () => this.#look());
  }

  /** Snapshot or what was missed, then what happens. */
  subscribe(wall: Wall, sight: Sight, resume: { epoch: string; seq: number } | null): void {
    const floor = this.#floorOf(sight);
    floor.forgetAt = null;
    const missed = resume === null ? { result: 'lost' as const } : floor.feed.since(resume.epoch, resume.seq);
    if (missed.result === 'resumed') for (const { text } of missed.messages) wall.send(text);
    else wall.send(this.#snapshot(floor));
    floor.walls.set(wall, floor.feed.last);
  }

  unsubscribe(wall: Wall): void {
    for (const floor of this.#floors.values()) {
      if (floor.walls.delete(wall) && floor.walls.size === 0) floor.forgetAt = this.#options.clock.now() + FORGET_MS;
    }
  }

  /** What the event names may have changed; whether it did is seen when it is told. */
  hear(event: { type: string }): void {
    if (this.#floors.size === 0) return;
    const { agentId, queueId, agent, queue } = event as {
      agentId?: AgentId | null;
      queueId?: QueueId | null;
      agent?: { agentId?: AgentId };
      queue?: { queueId?: QueueId };
    };
    const moved = [agentId ?? agent?.agentId, queueId ?? queue?.queueId];
    if (moved[0] !== undefined) this.#moved(moved[0], 'movedAgents');
    if (moved[1] !== undefined) this.#moved(moved[1], 'movedQueues');
  }

  /** false: there is no such alert, or it is over. */
  acknowledge(tenantId: TenantId, alertId: string, by: string): boolean {
    const alert = this.#watch.acknowledge(tenantId, alertId, by, this.#options.clock.now());
    if (alert === null) return false;
    for (const floor of this.#floorsOf(tenantId)) {
      floor.alerts.set(alertId, alert);
      this.#tellSoon(floor);
    }
    return true;
  }

  close(): void {
    this.#cancelLook();
    for (const floor of this.#floors.values()) floor.cancelTimer?.();
    this.#floors.clear();
  }

  #moved(id: AgentId | QueueId, what: 'movedAgents' | 'movedQueues'): void {
    for (const floor of this.#floorsOf(tenantOf(id))) {
      (floor[what] as Set<string>).add(id);
      this.#tellSoon(floor);
    }
  }

  #tellSoon(floor: Floor): void {
    if (floor.cancelTimer !== null) return;
    const { clock } = this.#options;
    const now = clock.now();
    floor.cancelTimer = clock.after(Math.max(SETTLE_MS, floor.toldAt + EVERY_MS - now), () => {
      floor.cancelTimer = null;
      this.#tell(floor);
    });
  }

  #tell(floor: Floor): void {
    const parts = this.#changes(floor);
    let latest: string | null = null;
    if (parts.length > 0) {
      floor.toldAt = this.#options.clock.now();
      latest = floor.feed.append((seq) => this.#envelope('floorChanged', seq, `{${parts.join(',')}}`)).text;
    }
    for (const [wall, told] of floor.walls) if (told < floor.feed.last && wall.owes() <= MOST_OWED_BYTES) this.#bringUp(floor, wall, told, latest);
  }

  /** The latest change, as a rule; what it was not told yet, where it did not read; all anew, where it did not for too long. */
  #bringUp(floor: Floor, wall: Wall, told: number, latest: string | null): void {
    const { epoch, last } = floor.feed;
    floor.walls.set(wall, last);
    const missed = latest !== null && told === last - 1 ? { result: 'resumed' as const, messages: [{ text: latest }] } : floor.feed.since(epoch, told);
    if (missed.result === 'resumed') for (const { text } of missed.messages) wall.send(text);
    else wall.send(this.#snapshot(floor));
  }

  /** Members of the message's data, as JSON. */
  #changes(floor: Floor): string[] {
    const agents = this.#changedAgents(floor);
    const queues = this.#changedQueues(floor);
    const trunks = this.#trunksOf(floor.sight);
    const parts: string[] = [];
    if (queues.length > 0) parts.push(`"queues":[${queues.join(',')}]`);
    if (agents.length > 0) parts.push(`"agents":[${agents.join(',')}]`);
    if (trunks !== floor.trunks) parts.push(`"trunks":${trunks}`);
    floor.trunks = trunks;
    if (floor.alerts.size > 0) parts.push(`"alerts":${JSON.stringify([...floor.alerts.values()])}`);
    if (floor.gone.size > 0) parts.push(`"gone":${JSON.stringify([...floor.gone])}`);
    floor.alerts.clear();
    floor.gone.clear();
    return parts;
  }

  #changedAgents(floor: Floor): string[] {
    const changed: string[] = [];
    for (const agentId of floor.movedAgents) {
      const view = this.#options.acd.agent(agentId);
      // Her queues count her.
      for (const queueId of view?.queues ?? []) floor.movedQueues.add(queueId);
      const known = floor.agents.has(agentId);
      if (view === undefined || !isSeen(floor.sight, view)) {
        if (floor.agents.delete(agentId)) floor.gone.add(agentId);
      } else if (known || floor.agents.size < MOST_AGENTS) keep(floor.agents, agentId, this.#agentText(view), changed);
    }
    floor.movedAgents.clear();
    return changed;
  }

  #changedQueues(floor: Floor): string[] {
    const changed: string[] = [];
    for (const queueId of floor.movedQueues) {
      const row = this.#queueRow(queueId);
      if (row !== null) keep(floor.queues, queueId, JSON.stringify(row), changed);
      else if (floor.queues.delete(queueId)) {
        floor.gone.add(queueId);
        for (const alertId of this.#watch.forget(floor.tenantId, queueId)) for (const other of this.#floorsOf(floor.tenantId)) other.gone.add(alertId);
      }
    }
    floor.movedQueues.clear();
    return changed;
  }

  #agentText(view: AgentView): string {
    const supervision = view.callId === null ? null : (this.#options.calls.get(view.callId)?.supervision ?? null);
    const shown = supervision === null ? undefined : { by: supervision.byName, mode: supervision.mode, answered: supervision.answered };
    return JSON.stringify(agentRow(view, shown));
  }

  #queueRow(queueId: QueueId): FloorQueue | null {
    const { acd, today } = this.#options;
    const view = acd.queue(queueId);
    if (view === undefined) this.#estimates.delete(queueId);
    return view === undefined ? null : queueRow(view, this.#estimate(queueId), today(queueId));
  }

  #estimate(queueId: QueueId): FloorQueue['expectedWait'] {
    const now = this.#options.clock.now();
    const known = this.#estimates.get(queueId);
    if (known !== undefined && now - known.at < ESTIMATE_MS) return known.wait;
    const wait = this.#options.acd.estimate(queueId);
    this.#estimates.set(queueId, { at: now, wait });
    return wait;
  }

  readonly #trunksOf = ({ tenantId, trunks }: Sight): string => JSON.stringify(trunks ? this.#options.trunks(tenantId) : []);

  readonly #agentsOf = (sight: Sight): AgentView[] => this.#options.acd.agents(sight.tenantId).filter((view) => isSeen(sight, view));

  *#floorsOf(tenantId: TenantId): Iterable<Floor> {
    for (const floor of this.#floors.values()) if (floor.tenantId === tenantId) yield floor;
  }

  #snapshot(floor: Floor): string {
    if (floor.snapshot?.seq !== floor.feed.last) floor.snapshot = { seq: floor.feed.last, text: this.#wholeFloor(floor) };
    return floor.snapshot.text;
  }

  #wholeFloor(floor: Floor): string {
    const agentsNotShown = Math.max(0, this.#agentsOf(floor.sight).length - floor.agents.size);
    const rows = `"queues":[${[...floor.queues.values()].join(',')}],"agents":[${[...floor.agents.values()].join(',')}],"trunks":${floor.trunks}`;
    const alerts = JSON.stringify(this.#watch.all(floor.tenantId));
    const data = `{"epoch":${JSON.stringify(floor.feed.epoch)},"agentsNotShown":${agentsNotShown},${rows},"alerts":${alerts}}`;
    return this.#envelope('floorSnapshot', floor.feed.last, data);
  }

  #envelope(type: string, seq: number, json: string): string {
    return `{"v":1,"topic":"floor","seq":${seq},"type":"${type}","ts":"${new Date(this.#options.clock.now()).toISOString()}","data":${json}}`;
  }

  #floorOf(sight: Sight): Floor {
    const { tenantId } = sight;
    const key = keyOf(sight);
    const known = this.#floors.get(key);
    if (known !== undefined) return known;
    const floor: Floor = {
      ...{
        tenantId,
        sight,
        feed: new Feed(randomToken(8)),
        walls: new Map(),
        snapshot: null,
        agents: new Map(),
        queues: new Map(),
        trunks: this.#trunksOf(sight),
      },
      ...{ movedAgents: new Set(), movedQueues: new Set(), alerts: new Map(), gone: new Set(), toldAt: 0, cancelTimer: null, forgetAt: null },
    };
    const { acd } = this.#options;
    for (const view of this.#agentsOf(sight).slice(0, MOST_AGENTS)) floor.agents.set(view.agentId, this.#agentText(view));
    for (const { queueId } of acd.queues(tenantId)) floor.queues.set(queueId, JSON.stringify(this.#queueRow(queueId)));
    this.#floors.set(key, floor);
    return floor;
  }

  #look(): void {
    const { clock, acd, tenants } = this.#options;
    const now = clock.now();
    this.#looks += 1;
    for (const tenantId of tenants()) this.#lookForAlerts(tenantId, now);
    for (const floor of [...this.#floors.values()]) {
      if (floor.forgetAt !== null && now >= floor.forgetAt) {
        floor.cancelTimer?.();
        this.#floors.delete(keyOf(floor.sight));
        continue;
      }
      if (this.#looks % ESTIMATE_LOOKS === 0) for (const { queueId } of acd.queues(floor.tenantId)) floor.movedQueues.add(queueId);
      this.#tellSoon(floor);
    }
  }

  #lookForAlerts(tenantId: TenantId, now: number): void {
    const { raised, over } = this.#watch.look(tenantId, now);
    for (const floor of this.#floorsOf(tenantId)) {
      for (const alert of raised) floor.alerts.set(alert.alertId, alert);
      for (const alertId of over) floor.gone.add(alertId);
    }
  }
}

const isSeen = ({ teams }: Sight, { team }: AgentView): boolean => teams === null || (team !== undefined && teams.includes(team));

const keyOf = ({ tenantId, teams, trunks }: Sight): string => JSON.stringify([tenantId, teams === null ? null : [...teams].sort(), trunks]);

/** Told only when it differs from what was told last. */
function keep(rows: Map<string, string>, id: string, text: string, changed: string[]): void {
  if (rows.get(id) === text) return;
  rows.set(id, text);
  changed.push(text);
}
