/**
 * Everything the routing core knows. Terms: a *group* is the agents of one queue; a *line* is those callers of one queue
 * who need the same skills, with the agents who have them; a *place* is where a caller stands (since when it waits at all).
 *
 * Indexes: a *circle* is those of one group who have what such callers ask for, an agent knows hers; a *pool* is a circle as one queue sees it, with the
 * idle agents in the order in which it chooses them; a line has its callers in the order of service and the pools it is served from. After a
 * turn no line has both a caller and an idle agent (SPEC, invariant 2), but for lines in `unpaired`.
 */
import { type AgentId, type CalendarId, type CallbackId, type CallId, type LegId, legIdOf, type QueueId, type TenantId } from '../../kernel/ids.ts';
import type { ConsentNeed } from '../call/consent.ts';
import type { OfferEnd, QueueExit, RecordingRule } from '../call/event.ts';
import type { SurveyRule } from '../call/survey.ts';
import type { Command, Event } from '../vocabulary.ts';
import type { Activity } from './agent.ts';
import type { Calendar, CalendarConfiguration, Hours, QueueState, Switch } from './calendar/calendar.ts';
import type { Callback } from './callback/callback.ts';
import type { Drop } from './callback/drops.ts';
import { type Channel, capacityOf, VOICE } from './channels/channel.ts';
import type { Interaction, Others, Over, Written } from './channels/interaction.ts';
import { type Learned, nothingLearned, type Said } from './estimate/forecast.ts';
import type { AgentConfiguration, AgentState, QueueConfiguration } from './event.ts';
import type { Awaited } from './matching/awaited.ts';
import type { IdleAgents } from './matching/idle.ts';
import type { Served } from './matching/served.ts';
import type { Work } from './matching/work.ts';
import type { Hold } from './offering/hold.ts';
import type { WrapUpExtension } from './offering/offering.ts';
import { OrderedList } from './ordered.ts';
import type { Served as ServedInTime } from './overflow/level.ts';
import type { Reserves } from './widening/reserves.ts';

export interface Skill {
  skill: string;
  /** 1–10 */
  level: number;
}

export interface Agent {
  configuration: AgentConfiguration;
  activity: Activity;
  /** ms since 1970: when the state others see began */
  since: number;
  /** End of her last call, or when she was first ready since she signed in; null = not ready yet since then. */
  idleSince: number | null;
  /** Orders agents with the same `idleSince`. */
  idleSeq: number;
  /** One a queue of hers. */
  groups: Group[];
  /** Those of her groups' circles she has the skills for. */
  circles: Set<Circle>;
  work: Work;
  deadline: Deadline | null;
  /** Live calls she dialled herself. */
  ownCalls: Set<CallId>;
  /** Her desk is connected. */
  hasDesk: boolean;
  /** Offers to her that failed in the same way in a row, since she last took one or signed in. */
  failures: { end: OfferEnd; inARow: number } | null;
  /** What she has of other channels; null = she takes calls alone. */
  others: Others | null;
  /** A supervisor has made her not ready; absent = nobody. */
  hold?: Hold;
  /** What the last agentStateChanged of hers said. */
  said: string;
}

export interface Group {
  queueId: QueueId;
  members: Set<Agent>;
  /** How many of them are in which state. */
  counts: Record<AgentState, number>;
  /** By what they are asked for. */
  circles: Map<string, Circle>;
  /** Skill → who has it at any level; of skills that were asked for since somebody came or went last. */
  holders: Map<string, Agent[]>;
}

export interface Queue {
  configuration: QueueConfiguration;
  /** Removed: nobody comes in any more, and it is gone when the last caller has left. */
  removed: boolean;
  /** What somebody has switched it to; null = it goes by its calendar. */
  switched: Switch | null;
  /** As was told last. */
  state: QueueState;
  /** When the switch ends. */
  deadline: Deadline | null;
  lines: Map<string, Line>;
  pools: Map<string, Pool>;
  reserves: Reserves;
  /** All who wait, also those being offered, in the order of service. */
  order: OrderedList<Waiting>;
  /** The same in the order they came to this queue. */
  entered: Set<Waiting>;
  /** Of late, where its overflow goes by the service level. */
  served?: ServedInTime[];
  /** For which steps of its overflow nobody was there when that was looked at last: a digit each. */
  deserted?: string;
}

export interface FloorCalendar {
  configuration: CalendarConfiguration;
  calendar: Calendar;
  /** What it says, from `at` on; null = not looked at yet. */
  hours: (Hours & { at: number }) | null;
  deadline: Deadline | null;
}

export interface Line {
  queue: Queue;
  channel: Channel;
  key: string;
  needs: readonly Skill[];
  prefers: readonly Skill[];
  place: string | null;
  /** Opened to its callers beside the queue's own agents. */
  groups: readonly QueueId[];
  /** Its callers wait for this agent alone; null = for whoever may serve them. */
  only: AgentId | null;
  /** Asked in this order. */
  pools: Pool[];
  /** Only those with no live offer. */
  callers: OrderedList<Waiting>;
  /** Those who ring at one agent at least, and may ring at more (`offering.ringAtOnce`). */
  along: OrderedList<Waiting>;
}

export interface Pool {
  queue: Queue;
  key: string;
  circle: Circle;
  /** The circle's idle agents, as the queue chooses them. */
  order: IdleAgents;
  /** Whose callers they serve. */
  lines: Set<Line>;
}

export interface Circle {
  group: Group;
  key: string;
  /** Only this one of them; null = all. */
  only: AgentId | null;
  needs: readonly Skill[];
  /** Only who has her desk connected is idle here. */
  needsDesk: boolean;
  channel: Channel;
  /** The queue whose interactions of another channel they serve; null = calls, of whatever queue. */
  of: QueueId | null;
  members: Set<Agent>;
  /** In no order. */
  idle: Set<Agent>;
  /** Whose callers they serve, and in which order. */
  pools: Set<Pool>;
}

export interface Call {
  callId: CallId;
  tenantId: TenantId;
  from: { number: string; name?: string };
  /** The leg of the party that waits or is served. */
  callerLeg: LegId;
  /** The agent who dialled it; null = it came from outside. */
  dialledBy: AgentId | null;
  callerGone: boolean;
  /** Numbers of the last agent leg and the last offer; legs from 1001 are the call room's. */
  legs: number;
  offers: number;
  /** Its place: kept over requeue and transfer. */
  placedAt: number | null;
  placeSeq: number;
  /** As its last queue had it; what a direct offer goes by. */
  record: boolean;
  /** Absent = optional. */
  recording?: RecordingRule;
  /** What its recording needs of the customer; absent = nothing. */
  consent?: ConsentNeed;
  direct?: boolean;
  conferenceEnds?: true;
  survey?: SurveyRule;
  wrapUpMs: number;
  wrapUpExtension?: WrapUpExtension;
  waiting: Waiting | null;
  /** Agents whose phones ring for it; each has its offer in her activity. */
  ringing: Set<Agent>;
  /** Agents' live legs. */
  agentLegs: Set<LegId>;
  /** It stands for this callback, and is a call of ours. */
  callback?: CallbackId;
  /** Queues it was in, and steps of their overflow it has taken. */
  visited?: string;
  overflowed?: string;
  /** It is one of another channel, and has no legs. */
  interaction?: Interaction;
  /** The agent who makes it from her desk. */
  outboundBy?: AgentId;
}

export interface Waiting {
  call: Call;
  queue: Queue;
  channel: Channel;
  priority: number;
  /** What the call itself asks for, beside the queue's skills. */
  skills: readonly Skill[];
  /** Who has these is chosen first. */
  prefers: readonly Skill[];
  /** Where the call came in, as its dialplan has it; null = not said. */
  place: string | null;
  /** So much longer it counts as waiting. */
  virtualWaitMs: number;
  /** Its place, of `placeOf`: what goes before any wait, and since when it counts as waiting. */
  rank: number;
  virtualAt: number;
  queuedAt: number;
  /** ms since 1970; null = waits as long as it takes */
  leaveAt: number | null;
  /** null = may not be offered any more: it is about to leave */
  line: Line | null;
  /** Steps of the queue's widening that were taken. */
  steps: number;
  /** Whom it waits for alone; null = whoever may serve it. */
  awaited: Awaited | null;
  deadline: Deadline | null;
  /** When it is told next how it stands, and how often it was; absent = never. */
  announce?: { at: number; count: number; deadline: Deadline | null };
  /** What it was to expect when it came, where that was looked at. */
  said?: Said;
  /** In its place, but not to be offered now: a callback whose time has not come. */
  held?: boolean;
  /** Its own limit on the wait; absent = none. */
  limitMs?: number;
  /** When it is looked at next, whether it overflows; null = no more. Absent = the queue never does. */
  overflow?: { at: number | null; deadline: Deadline | null };
  /** Queues whose agents may serve it too, since it overflowed to them. */
  also?: readonly QueueId[];
}

export interface Deadline {
  at: number;
  /** Orders deadlines of the same millisecond. */
  key: string;
  owner: { agent: Agent } | { waiting: Waiting } | { overflow: Waiting } | { due: (m: Moment) => void };
}

export interface Floor {
  /** ms since 1970: the last event's. It never goes back, and who looks at the floor between turns sees it as it was then. */
  toldAt: number;
  agents: Map<AgentId, Agent>;
  /** Agents whose phone is registered, known to us or not. */
  phones: Set<AgentId>;
  /** Agents whose desk is connected, known to us or not. */
  desks: Set<AgentId>;
  groups: Map<QueueId, Group>;
  queues: Map<QueueId, Queue>;
  calendars: Map<CalendarId, FloorCalendar>;
  calls: Map<CallId, Call>;
  agentOfLeg: Map<LegId, Agent>;
  deadlines: OrderedList<Deadline>;
  /** Lines that may have both a caller and an idle agent. */
  unpaired: Set<Line>;
  /** Lines that may have both a caller who may ring at more agents and an idle one. */
  ringAlong: Set<Line>;
  /** Queues an agent has left in this turn. */
  forsaken: Set<QueueId>;
  /** Queues that callers leave when too few agents are there: looked at whenever one of theirs changes. */
  fickle: Set<QueueId>;
  /** Whole queues being emptied: callers still to be sent back. */
  leaving: Map<Waiting, QueueExit>;
  /** Agents whose change was not yet told. */
  unsaid: Set<Agent>;
  /** So much of each kind of work a turn does. */
  mostATurn: number;
  /** Work was left for the next `timePassed`. */
  behind: boolean;
  /** There is no room to record: who must be recorded is not let in. */
  recordingFull: boolean;
  /** Calls that are made now could be lost to the records: nobody is called back. */
  intakeShut: boolean;
  callbacks: Map<CallbackId, Callback>;
  /** By tenant and number: one each. */
  callbackOfNumber: Map<string, CallbackId>;
  /** Places of those who were cut off. */
  drops: Map<string, Drop>;
  /** Of agents and callers, for estimates. */
  learned: Learned;
  /** Last number given to a place, an idle agent or a turn of a round. */
  seq: number;
  /** Where the lots go on from. */
  lots: number;
  /** By tenant and number, the longest ago first. */
  served: Map<string, Served>;
  /** Who waits for this agent alone. */
  awaiting: Map<AgentId, Set<Waiting>>;
  /** Queues that reserves help out. */
  inNeed: Set<Queue>;
  /** Live interactions of other channels than voice, in the order in which they were asked for. */
  written: Map<CallId, Written>;
  /** Those that are over, the longest ago first. */
  over: Map<CallId, Over>;
  /** By tenant and the operator's own name: one each, also of what is over. */
  externalIds: Map<string, CallId>;
  /** Agents who went, or whose desk did: what they have is given back within the turn. */
  strays: Set<Agent>;
  /** Agents who let an interaction's offer pass in this turn. */
  unanswered: Set<Agent>;
}

/** One turn as it is being decided. */
export interface Moment {
  floor: Floor;
  now: number;
  events: Event[];
  commands: Command[];
  /** Who came into a queue in this turn. */
  arrived: Waiting | null;
}

const FIRST_LOT = 10_086;

export function emptyFloor(mostATurn: number): Floor {
  return {
    toldAt: 0,
    mostATurn,
    agents: new Map(),
    phones: new Set(),
    desks: new Set(),
    groups: new Map(),
    queues: new Map(),
    calendars: new Map(),
    calls: new Map(),
    agentOfLeg: new Map(),
    deadlines: new OrderedList(sooner),
    unpaired: new Set(),
    ringAlong: new Set(),
    forsaken: new Set(),
    fickle: new Set(),
    leaving: new Map(),
    unsaid: new Set(),
    behind: false,
    seq: 0,
    lots: FIRST_LOT,
    served: new Map(),
    awaiting: new Map(),
    recordingFull: false,
    intakeShut: false,
    learned: nothingLearned(),
    callbacks: new Map(),
    callbackOfNumber: new Map(),
    drops: new Map(),
    inNeed: new Set(),
    written: new Map(),
    over: new Map(),
    externalIds: new Map(),
    strays: new Set(),
    unanswered: new Set(),
  };
}

export const longerIdle = (a: Agent, b: Agent): number => (a.idleSince ?? 0) - (b.idleSince ?? 0) || a.idleSeq - b.idleSeq;

const sooner = (a: Deadline, b: Deadline): number => a.at - b.at || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

export function groupOf(floor: Floor, queueId: QueueId): Group {
  let group = floor.groups.get(queueId);
  if (group === undefined) {
    group = {
      queueId,
      members: new Set(),
      counts: { signed_out: 0, not_ready: 0, ready: 0, offered: 0, talking: 0, wrapping_up: 0 },
      circles: new Map(),
      holders: new Map(),
    };
    floor.groups.set(queueId, group);
  }
  return group;
}

export function signedIn(floor: Floor, queueId: QueueId): number {
  const group = floor.groups.get(queueId);
  return group === undefined ? 0 : group.members.size - group.counts.signed_out;
}

/** A phone she needs is not there; who takes no calls needs none. */
export const lacksPhone = (floor: Floor, agent: Agent): boolean => !isReachable(floor, agent) && capacityOf(agent.configuration, VOICE) > 0;

export const isReachable = (floor: Floor, agent: Agent): boolean => agent.configuration.staticContact !== null || floor.phones.has(agent.configuration.agentId);

export function setDeadline(floor: Floor, holder: { deadline: Deadline | null }, deadline: Deadline | null): void {
  if (holder.deadline !== null) floor.deadlines.remove(holder.deadline);
  holder.deadline = deadline;
  if (deadline !== null) floor.deadlines.add(deadline);
}

export function newCall(callId: Call['callId'], tenantId: Call['tenantId'], dialledBy: Call['dialledBy'], from: Call['from']): Call {
  return {
    callId,
    tenantId,
    from,
    dialledBy,
    callerLeg: legIdOf(callId, 0),
    callerGone: false,
    legs: 0,
    offers: 0,
    placedAt: null,
    placeSeq: 0,
    record: false,
    wrapUpMs: 0,
    waiting: null,
    ringing: new Set(),
    agentLegs: new Set(),
  };
}
