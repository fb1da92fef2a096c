/** The floor as others may see it: copies, so that nobody changes it from outside. */
import type { TenantId } from '../../kernel/ids.ts';
import { callOf, pausedUntilOf, publicState, shownReasons } from './agent.ts';
import { stateUntil } from './calendar/openings.ts';
import { callbacksOf } from './callback/callback.ts';
import { refusalOf } from './callback/places.ts';
import { watchInteractions } from './channels/seen.ts';
import { estimate, scoreOf } from './estimate/estimate.ts';
import { type Agent, type Floor, isReachable, type Queue, signedIn } from './floor.ts';
import { afterThisCall, seenAs } from './offering/seen.ts';
import { extendableMs } from './offering/wrap-up.ts';
import type { AcdView, AgentView, QueueView } from './view.ts';

const MOST_CALLS_SHOWN = 100;

/** `toldAt`: ms since 1970 of the last event. */
export function watch(floor: () => Floor, toldAt: () => number): AcdView {
  return {
    ...watchInteractions(floor),
    agent(agentId) {
      const agent = floor().agents.get(agentId);
      return agent === undefined ? undefined : viewOfAgent(floor(), agent);
    },
    agents: (tenantId) => ofTenant(floor().agents.values(), tenantId).map((agent) => viewOfAgent(floor(), agent)),
    queue(queueId) {
      const queue = floor().queues.get(queueId);
      return queue === undefined ? undefined : viewOfQueue(floor(), queue);
    },
    queues: (tenantId) => ofTenant(floor().queues.values(), tenantId).map((queue) => viewOfQueue(floor(), queue)),
    estimate: (queueId, place) => estimate(floor(), queueId, place, toldAt()),
    callbacks: (tenantId) => callbacksOf(floor(), tenantId),
    callsBack: (tenantId) => callsBack(floor(), tenantId),
    callbackRefusal: (wish) => refusalOf(floor(), wish),
    estimateScore: (queueId) => scoreOf(floor(), queueId),
  };
}

function callsBack({ queues }: Floor, tenantId: TenantId): boolean {
  for (const { configuration, removed } of queues.values())
    if (!removed && configuration.tenantId === tenantId && configuration.callback !== undefined) return true;
  return false;
}

const ofTenant = <T extends { configuration: { tenantId: TenantId } }>(all: Iterable<T>, tenantId: TenantId): T[] =>
  [...all].filter(({ configuration }) => configuration.tenantId === tenantId);

function viewOfAgent(floor: Floor, agent: Agent): AgentView {
  const { activity, configuration, since } = agent;
  const { agentId, tenantId, number, name, team, queues, skills } = configuration;
  return {
    agentId,
    tenantId,
    number,
    name,
    ...(team === undefined ? {} : { team }),
    state: publicState(activity),
    activity: seenAs(agent),
    afterwards: afterThisCall(activity),
    reasons: [...shownReasons(activity)],
    heldBy: agent.hold === undefined || configuration.liftsHold === true || activity.state === 'signed_out' ? null : { ...agent.hold },
    since,
    callId: callOf(activity),
    wrapUpUntil: activity.state === 'wrapping_up' ? activity.until : null,
    wrapUpExtendableMs: extendableMs(activity),
    pausedUntil: pausedUntilOf(activity),
    queues: [...queues],
    skills: { ...skills },
    phoneReachable: isReachable(floor, agent),
    deskConnected: agent.hasDesk,
    ...(configuration.channels === undefined ? {} : { channels: { ...configuration.channels } }),
  };
}

function viewOfQueue(floor: Floor, queue: Queue): QueueView {
  const { configuration, order, entered, reserves } = queue;
  const { queueId, tenantId } = configuration;
  const group = floor.groups.get(queueId);
  const [oldest] = entered;
  const callIds = [];
  for (const { call } of order) {
    if (callIds.length === MOST_CALLS_SHOWN) break;
    callIds.push(call.callId);
  }
  return {
    queueId,
    tenantId,
    configuration,
    ...{ state: queue.state, stateUntil: stateUntil(floor, queue), switched: queue.switched !== null, notice: queue.switched?.notice ?? null },
    waiting: order.size,
    oldestSince: oldest?.queuedAt ?? null,
    signedIn: signedIn(floor, queueId),
    ready: group?.counts.ready ?? 0,
    talking: group?.counts.talking ?? 0,
    wrappingUp: group?.counts.wrapping_up ?? 0,
    reserves: [...reserves.open].map(([name, since]) => ({ name, since })),
    callIds,
  };
}
