/** The floor as plain JSON and back: what is indexed is not stored but made anew. */
import type { AgentId, CallId, QueueId } from '../../kernel/ids.ts';
import type { QueueExit } from '../call/event.ts';
import type { Activity } from './agent.ts';
import { newAgent, reindex } from './agents.ts';
import type { CalendarConfiguration, QueueState, Switch } from './calendar/calendar.ts';
import { watchCalendar, watchSwitch } from './calendar/follow.ts';
import { newCalendar } from './calendar/openings.ts';
import { type Callback, restoreCallback } from './callback/callback.ts';
import type { Drop } from './callback/drops.ts';
import { VOICE } from './channels/channel.ts';
import { type Interaction, isWritten, noOthers, type Over, type Written } from './channels/interaction.ts';
import { externalKey } from './channels/left.ts';
import { watchDesk, watchLife } from './channels/serving.ts';
import { awaitAnnouncement } from './door/announcing.ts';
import { type LearnedRows, learnedOf, rowsOf, type Said } from './estimate/forecast.ts';
import type { AgentConfiguration, QueueConfiguration } from './event.ts';
import { type Agent, type Call, emptyFloor, type Floor, type FloorCalendar, type Skill, type Waiting } from './floor.ts';
import { lineFor } from './line.ts';
import { type Awaited, indexAwaited } from './matching/awaited.ts';
import { placeOf } from './matching/place.ts';
import type { Served } from './matching/served.ts';
import type { Work } from './matching/work.ts';
import { ringAlong } from './offering/along.ts';
import type { Served as ServedInTime } from './overflow/level.ts';
import { keepStaffing, newQueue, stand } from './waiting.ts';
import { type ReservesRow, restoreReserves, rowOfReserves } from './widening/reserves.ts';

const VERSION = 1;

interface AgentRow {
  configuration: AgentConfiguration;
  activity: Activity;
  since: number;
  idleSince: number | null;
  idleSeq: number;
  said: string;
  failures?: Agent['failures'];
  hold?: Agent['hold'];
  work?: Work;
  awayUntil?: number;
}

interface WaitingRow {
  queueId: QueueId;
  priority: number;
  skills: readonly Skill[];
  prefers?: readonly Skill[];
  place?: string | null;
  virtualWaitMs?: number;
  steps?: number;
  awaited?: Awaited | null;
  queuedAt: number;
  leaveAt: number | null;
  said?: Said;
  held?: boolean;
  announce?: { at: number; count: number };
  limitMs?: number;
  overflow?: { at: number | null };
  also?: readonly QueueId[];
}

interface CallRow extends Omit<Call, 'waiting' | 'ringing' | 'agentLegs' | 'interaction'> {
  waiting: WaitingRow | null;
  interaction?: Omit<Interaction, 'deadline'>;
}

export interface AcdSnapshot {
  version: typeof VERSION;
  /** Absent in old ones. */
  toldAt?: number;
  seq: number;
  queues: {
    configuration: QueueConfiguration;
    removed: boolean;
    switched?: Switch;
    state?: QueueState;
    reserves?: ReservesRow;
    served?: ServedInTime[];
    deserted?: string;
  }[];
  calendars?: { configuration: CalendarConfiguration; hours: FloorCalendar['hours'] }[];
  phones: AgentId[];
  desks?: AgentId[];
  agents: AgentRow[];
  calls: CallRow[];
  /** In the order in which they leave. */
  leaving: [CallId, QueueExit][];
  unsaid: AgentId[];
  behind: boolean;
  recordingFull?: boolean;
  intakeShut?: boolean;
  /** Absent in snapshots of before anything was learned. */
  learned?: LearnedRows;
  lots?: number;
  served?: [string, Served][];
  callbacks?: Callback[];
  drops?: [string, Drop][];
  over?: Over[];
}

const rowOfAgent = ({ configuration, activity, since, idleSince, idleSeq, said, failures, hold, work, others }: Agent): AgentRow => ({
  configuration,
  activity,
  since,
  idleSince,
  idleSeq,
  said,
  ...(failures === null ? {} : { failures }),
  ...(hold === undefined ? {} : { hold: { ...hold } }),
  work: { ...work, turns: { ...work.turns } },
  ...(others === null || others.awayUntil === null ? {} : { awayUntil: others.awayUntil }),
});

export function takeSnapshot(floor: Floor): AcdSnapshot {
  return {
    version: VERSION,
    toldAt: floor.toldAt,
    seq: floor.seq,
    lots: floor.lots,
    ...(floor.served.size === 0 ? {} : { served: [...floor.served].map(([key, last]): [string, Served] => [key, { ...last }]) }),
    queues: [...floor.queues.values()].map(({ configuration, removed, switched, state, reserves, served, deserted }) => ({
      ...{ configuration, removed },
      ...(switched === null ? {} : { switched }),
      ...(state === 'open' ? {} : { state }),
      ...(reserves.gapFrom === 0 && reserves.open.size === 0 && reserves.deadline === null ? {} : { reserves: rowOfReserves(reserves) }),
      ...(served === undefined ? {} : { served: [...served] }),
      ...(deserted === undefined ? {} : { deserted }),
    })),
    calendars: [...floor.calendars.values()].map(({ configuration, hours }) => ({ configuration, hours })),
    phones: [...floor.phones],
    ...(floor.desks.size === 0 ? {} : { desks: [...floor.desks] }),
    agents: [...floor.agents.values()].map(rowOfAgent),
    calls: [...floor.calls.values()].map(rowOfCall),
    leaving: [...floor.leaving].map(([waiting, exit]) => [waiting.call.callId, exit]),
    unsaid: [...floor.unsaid].map(({ configuration }) => configuration.agentId),
    behind: floor.behind,
    ...(floor.recordingFull ? { recordingFull: true } : {}),
    ...(floor.intakeShut ? { intakeShut: true } : {}),
    learned: rowsOf(floor.learned),
    ...(floor.callbacks.size > 0 ? { callbacks: [...floor.callbacks.values()].map((callback) => ({ ...callback })) } : {}),
    ...(floor.drops.size > 0 ? { drops: [...floor.drops] } : {}),
    ...(floor.over.size > 0 ? { over: [...floor.over.values()] } : {}),
  };
}

export function restoreFloor(json: unknown, mostATurn: number): Floor {
  const snapshot = json as AcdSnapshot; // written by takeSnapshot; the version says in which shape
  if (snapshot?.version !== VERSION) throw new Error(`acd: this snapshot is not of version ${VERSION}; replay the journal from its start`);
  const floor = emptyFloor(mostATurn);
  floor.toldAt = snapshot.toldAt ?? 0;
  floor.seq = snapshot.seq;
  floor.lots = snapshot.lots ?? floor.lots;
  floor.served = new Map(snapshot.served);
  floor.behind = snapshot.behind;
  floor.recordingFull = snapshot.recordingFull === true;
  floor.intakeShut = snapshot.intakeShut === true;
  floor.learned = learnedOf(snapshot.learned);
  for (const callback of snapshot.callbacks ?? []) restoreCallback(floor, { ...callback });
  floor.drops = new Map(snapshot.drops);
  for (const over of snapshot.over ?? []) {
    floor.over.set(over.interactionId, { ...over });
    if (over.externalId !== null) floor.externalIds.set(externalKey(over.tenantId, over.externalId), over.interactionId);
  }
  restoreQueues(floor, snapshot);
  restoreAgents(floor, snapshot);
  const exits = new Map(snapshot.leaving);
  const places = snapshot.calls.flatMap(({ callId, waiting }) => (waiting === null ? [] : [{ callId, waiting }]));
  places.sort((a, b) => a.waiting.queuedAt - b.waiting.queuedAt);
  for (const { callId, waiting } of places) putBack(floor, callId, waiting, exits.has(callId));
  for (const [callId, exit] of exits) {
    const waiting = floor.calls.get(callId)?.waiting;
    if (waiting) floor.leaving.set(waiting, exit);
  }
  for (const agentId of snapshot.unsaid) {
    const agent = floor.agents.get(agentId);
    if (agent !== undefined) floor.unsaid.add(agent);
  }
  return floor;
}

function restoreQueues(floor: Floor, snapshot: AcdSnapshot): void {
  for (const { configuration, hours } of snapshot.calendars ?? []) {
    const calendar = newCalendar(configuration, hours);
    floor.calendars.set(configuration.calendarId, calendar);
    watchCalendar(floor, calendar);
  }
  for (const { configuration, removed, switched = null, state = 'open', reserves, served, deserted } of snapshot.queues) {
    const late = { ...(served === undefined ? {} : { served: [...served] }), ...(deserted === undefined ? {} : { deserted }) };
    const queue = { ...newQueue(configuration), removed, switched, state, ...late };
    floor.queues.set(configuration.queueId, queue);
    keepStaffing(floor, configuration);
    if (!removed) watchSwitch(floor, queue);
    restoreReserves(floor, queue, reserves);
  }
}

/** With the calls whose legs and offers theirs are: the indexes between the two are made anew. */
function restoreAgents(floor: Floor, snapshot: AcdSnapshot): void {
  for (const agentId of snapshot.phones) floor.phones.add(agentId);
  for (const agentId of snapshot.desks ?? []) floor.desks.add(agentId);
  for (const row of snapshot.calls) restoreCall(floor, row);
  const held = heldBy(floor);
  for (const { awayUntil = null, ...row } of snapshot.agents) {
    const agent = Object.assign(newAgent(row.configuration, row.since), row, { hasDesk: floor.desks.has(row.configuration.agentId) });
    const own = held.get(row.configuration.agentId);
    if (own !== undefined) agent.others ??= noOthers();
    for (const call of own ?? []) holdAgain(agent, call);
    reindex(floor, agent);
    if (agent.others === null) continue;
    agent.others.awayUntil = awayUntil;
    watchDesk(floor, agent, agent.others);
  }
  for (const { callId, dialledBy, callerGone } of floor.calls.values()) if (dialledBy != null && !callerGone) floor.agents.get(dialledBy)?.ownCalls.add(callId);
}

function restoreCall(floor: Floor, { waiting: _placed, interaction, ...kept }: CallRow): void {
  const call: Call = { ...kept, waiting: null, ringing: new Set(), agentLegs: new Set() };
  floor.calls.set(kept.callId, call);
  if (interaction === undefined) return;
  call.interaction = { ...interaction, deadline: null };
  if (isWritten(call)) floor.written.set(call.callId, call);
}

/** What agents have of other channels, by agent. */
function heldBy(floor: Floor): Map<AgentId, Written[]> {
  const held = new Map<AgentId, Written[]>();
  for (const call of floor.written.values()) {
    const { externalId, life } = call.interaction;
    if (externalId !== null) floor.externalIds.set(externalKey(call.tenantId, externalId), call.callId);
    watchLife(floor, call);
    if (life.state !== 'waiting') held.set(life.agentId, [...(held.get(life.agentId) ?? []), call]);
  }
  return held;
}

function holdAgain(agent: Agent, call: Written): void {
  if (agent.others === null) return;
  if (call.interaction.life.state !== 'offered') agent.others.running.add(call);
  else {
    agent.others.offered = call;
    call.ringing.add(agent);
  }
}

function putBack(floor: Floor, callId: CallId, row: WaitingRow, leaving: boolean): void {
  const call = floor.calls.get(callId);
  const queue = floor.queues.get(row.queueId);
  if (call === undefined || queue === undefined) return;
  const { queueId: _named, announce, overflow, prefers = [], place = null, virtualWaitMs = 0, steps = 0, awaited = null, ...kept } = row;
  const { rank, virtualAt } = placeOf(queue.configuration.matching ?? {}, call.placedAt ?? 0, row.priority, virtualWaitMs);
  const waiting: Waiting = {
    ...kept,
    prefers,
    place,
    virtualWaitMs,
    rank,
    virtualAt,
    steps,
    awaited,
    call,
    queue,
    channel: call.interaction?.channel ?? VOICE,
    line: null,
    deadline: null,
  };
  if (overflow !== undefined) waiting.overflow = { ...overflow, deadline: null };
  if (!leaving) waiting.line = lineFor(floor, waiting);
  indexAwaited(floor, waiting);
  call.waiting = waiting;
  if (announce !== undefined) waiting.announce = { ...announce, deadline: null };
  awaitAnnouncement(floor, waiting);
  queue.order.add(waiting);
  queue.entered.add(waiting);
  if (call.ringing.size === 0) stand(floor, waiting);
  else ringAlong(floor, waiting);
}

function rowOfCall(call: Call): CallRow {
  const { waiting, agentLegs: _derived, ringing: _index, interaction, ...kept } = call;
  const row = { ...kept, waiting: waiting === null ? null : rowOfWaiting(waiting) };
  if (interaction === undefined) return row;
  const { deadline: _timer, ...plain } = interaction;
  return { ...row, interaction: { ...plain, life: { ...plain.life } } };
}

function rowOfWaiting({
  queue,
  priority,
  skills,
  prefers,
  place,
  virtualWaitMs,
  steps,
  awaited,
  queuedAt,
  leaveAt,
  said,
  held,
  announce,
  limitMs,
  overflow,
  also,
}: Waiting): WaitingRow {
  const { queueId } = queue.configuration;
  return {
    queueId,
    priority,
    skills,
    prefers,
    place,
    virtualWaitMs,
    steps,
    awaited: awaited === null ? null : { ...awaited },
    queuedAt,
    leaveAt,
    ...(said === undefined ? {} : { said }),
    ...(held === undefined ? {} : { held }),
    ...(limitMs === undefined ? {} : { limitMs }),
    ...(overflow === undefined ? {} : { overflow: { at: overflow.at } }),
    ...(also === undefined ? {} : { also }),
    ...(announce === undefined || announce.deadline === null ? {} : { announce: { at: announce.at, count: announce.count } }),
  };
}
