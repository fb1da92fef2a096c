/**
 * The feed of each tenant's floor to the walls that look at it: events mark what may have changed, and once a second at most the rows that did
 * change are told, to all walls the same text. A tenant at whose floor nobody looks costs nothing but its alerts.
 */
import type { Clock } from '../../../kernel/clock.ts';
import { type AgentId, type QueueId, randomToken, type TenantId } from '../../../kernel/ids.ts';
import type { AcdView, AgentView } from '../../acd/view.ts';
import type { CallsView } from '../../call/call.ts';
import { Feed } from '../feed.ts';
import { Alerts } from './alerts.ts';
import type { FloorAlert, FloorQueue, FloorTrunk } from './messages.ts';
import { agentRow, queueRow, tenantOf } from './rows.ts';

/** From the message before; with what it takes to draw, an event is on the screen within a second. */
const EVERY_MS = 950;
/** Not before the turn that moved something, and its neighbours, are over. */
const SETTLE_MS = 50;
/** Trunks and alerts are looked at so often, estimates each … */
const LOOK_MS = 1_000;
/** … so many looks: they move by themselves. */
const ESTIMATE_LOOKS = 5;
/** How long a floor is followed for a wall that may come back. */
const FORGET_MS = 120_000;
/** At some 230 bytes a row a snapshot stays below what a socket may owe (1 MB). */
export const MOST_AGENTS = 4_000;

export interface FloorFeedsOptions {
  clock: Clock;
  acd: AcdView;
  calls: Pick<CallsView, 'get'>;
  tenants(): TenantId[];
  trunks(tenantId: TenantId): FloorTrunk[];
  /** The day's figures of a queue; null: they are not kept. */
  today(queueId: QueueId): FloorQueue['today'];
}

export interface Wall {
  send(text: string): void;
}

interface TenantFloor {
  tenantId: TenantId;
  feed: Feed;
  walls: Set<Wall>;
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
  readonly #floors = new Map<TenantId, TenantFloor>();
  readonly #alerts = new Map<TenantId, Alerts>();
  readonly #cancelLook: () => void;
  #looks = 0;

  constructor(options: FloorFeedsOptions) {
    this.#options = options;
    this.#cancelLook = options.clock.every(LOOK_MS, () => this.#look());
  }

  /** Snapshot or what was missed, then what happens. */
  subscribe(wall: Wall, tenantId: TenantId, resume: { epoch: string; seq: number } | null): void {
    const floor = this.#floorOf(tenantId);
    floor.forgetAt = null;
    const missed = resume === null ? { result: 'lost' as const } : floor.feed.since(resume.epoch, resume.seq);
    if (missed.result === 'resumed') for (const { text } of missed.messages) wall.send(text);
    else wall.send(this.#snapshot(floor));
    floor.walls.add(wall);
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
    const alert = this.#alerts.get(tenantId)?.acknowledge(alertId, by, this.#options.clock.now()) ?? null;
    if (alert === null) return false;
    const floor = this.#floors.get(tenantId);
    floor?.alerts.set(alertId, alert);
    if (floor !== undefined) this.#tellSoon(floor);
    return true;
  }

  close(): void {
    this.#cancelLook();
    for (const floor of this.#floors.values()) floor.cancelTimer?.();
    this.#floors.clear();
  }

  #moved(id: AgentId | QueueId, what: 'movedAgents' | 'movedQueues'): void {
    const floor = this.#floors.get(tenantOf(id));
    if (floor === undefined) return;
    (floor[what] as Set<string>).add(id);
    this.#tellSoon(floor);
  }

  #tellSoon(floor: TenantFloor): void {
    if (floor.cancelTimer !== null) return;
    const { clock } = this.#options;
    const now = clock.now();
    floor.cancelTimer = clock.after(Math.max(SETTLE_MS, floor.toldAt + EVERY_MS - now), () => {
      floor.cancelTimer = null;
      this.#tell(floor);
    });
  }

  #tell(floor: TenantFloor): void {
    const parts = this.#changes(floor);
    if (parts.length === 0) return;
    floor.toldAt = this.#options.clock.now();
    const { text } = floor.feed.append((seq) => this.#envelope('floorChanged', seq, `{${parts.join(',')}}`));
    for (const wall of floor.walls) wall.send(text);
  }

  /** Members of the message's data, as JSON. */
  #changes(floor: TenantFloor): string[] {
    const agents = this.#changedAgents(floor);
    const queues = this.#changedQueues(floor);
    const trunks = this.#trunksOf(floor.tenantId);
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

  #changedAgents(floor: TenantFloor): string[] {
    const changed: string[] = [];
    for (const agentId of floor.movedAgents) {
      const view = this.#options.acd.agent(agentId);
      // Her queues count her.
      for (const queueId of view?.queues ?? []) floor.movedQueues.add(queueId);
      const known = floor.agents.has(agentId);
      if (view === undefined) {
        if (floor.agents.delete(agentId)) floor.gone.add(agentId);
      } else if (known || floor.agents.size < MOST_AGENTS) keep(floor.agents, agentId, this.#agentText(view), changed);
    }
    floor.movedAgents.clear();
    return changed;
  }

  #changedQueues(floor: TenantFloor): string[] {
    const changed: string[] = [];
    for (const queueId of floor.movedQueues) {
      const row = this.#queueRow(queueId);
      if (row !== null) keep(floor.queues, queueId, JSON.stringify(row), changed);
      else if (floor.queues.delete(queueId)) {
        floor.gone.add(queueId);
        for (const alertId of this.#alerts.get(floor.tenantId)?.forget(queueId) ?? []) floor.gone.add(alertId);
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
    return view === undefined ? null : queueRow(view, acd.estimate(queueId), today(queueId));
  }

  readonly #trunksOf = (tenantId: TenantId): string => JSON.stringify(this.#options.trunks(tenantId));

  #snapshot(floor: TenantFloor): string {
    const agentsNotShown = Math.max(0, this.#options.acd.agents(floor.tenantId).length - floor.agents.size);
    const rows = `"queues":[${[...floor.queues.values()].join(',')}],"agents":[${[...floor.agents.values()].join(',')}],"trunks":${floor.trunks}`;
    const alerts = JSON.stringify(this.#alerts.get(floor.tenantId)?.all ?? []);
    const data = `{"epoch":${JSON.stringify(floor.feed.epoch)},"agentsNotShown":${agentsNotShown},${rows},"alerts":${alerts}}`;
    return this.#envelope('floorSnapshot', floor.feed.last, data);
  }

  #envelope(type: string, seq: number, json: string): string {
    return `{"v":1,"topic":"floor","seq":${seq},"type":"${type}","ts":"${new Date(this.#options.clock.now()).toISOString()}","data":${json}}`;
  }

  #floorOf(tenantId: TenantId): TenantFloor {
    const known = this.#floors.get(tenantId);
    if (known !== undefined) return known;
    const floor: TenantFloor = {
      ...{ tenantId, feed: new Feed(randomToken(8)), walls: new Set(), agents: new Map(), queues: new Map(), trunks: this.#trunksOf(tenantId) },
      ...{ movedAgents: new Set(), movedQueues: new Set(), alerts: new Map(), gone: new Set(), toldAt: 0, cancelTimer: null, forgetAt: null },
    };
    const { acd } = this.#options;
    for (const view of acd.agents(tenantId).slice(0, MOST_AGENTS)) floor.agents.set(view.agentId, this.#agentText(view));
    for (const { queueId } of acd.queues(tenantId)) floor.queues.set(queueId, JSON.stringify(this.#queueRow(queueId)));
    this.#floors.set(tenantId, floor);
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
        this.#floors.delete(floor.tenantId);
        continue;
      }
      if (this.#looks % ESTIMATE_LOOKS === 0) for (const { queueId } of acd.queues(floor.tenantId)) floor.movedQueues.add(queueId);
      this.#tellSoon(floor);
    }
  }

  #lookForAlerts(tenantId: TenantId, now: number): void {
    const floor = this.#floors.get(tenantId);
    const alerts = this.#alerts.get(tenantId) ?? new Alerts();
    this.#alerts.set(tenantId, alerts);
    const all = new Set(alerts.all.map(({ queueId }) => queueId));
    for (const { queueId, configuration } of this.#options.acd.queues(tenantId)) {
      if (configuration.alerts === undefined && !all.has(queueId)) continue;
      const row = this.#queueRow(queueId);
      if (row === null) continue;
      const { raised, over } = alerts.look(row, now);
      for (const alert of raised) floor?.alerts.set(alert.alertId, alert);
      for (const alertId of over) floor?.gone.add(alertId);
    }
  }
}

/** Told only when it differs from what was told last. */
function keep(rows: Map<string, string>, id: string, text: string, changed: string[]): void {
  if (rows.get(id) === text) return;
  rows.set(id, text);
  changed.push(text);
}
