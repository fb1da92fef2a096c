/** Why an agent has no call. */
import { callOf, publicState, shownReasons } from '../agent.ts';
import { VOICE } from '../channels/channel.ts';
import { hindranceOf } from '../channels/free.ts';
import { type Agent, type Floor, isReachable, type Queue } from '../floor.ts';
import { idleOf, serves } from '../line.ts';
import type { AgentExplanation, AgentQueue } from './explanation.ts';
import { engaged, obstacleBetween } from './obstacle.ts';

export function explainAgent(floor: Floor, agentId: AgentExplanation['agentId'], now: number): AgentExplanation | undefined {
  const agent = floor.agents.get(agentId);
  if (agent === undefined) return undefined;
  const { activity, configuration, since, idleSince } = agent;
  const queues = configuration.queues.flatMap((queueId) => {
    const queue = floor.queues.get(queueId);
    return queue === undefined ? [] : [queueOf(floor, agent, queue)];
  });
  return {
    agentId,
    tenantId: configuration.tenantId,
    at: now,
    why: whyNoCall(floor, agent, queues),
    state: publicState(activity),
    reasons: [...shownReasons(activity)],
    since,
    idleSince,
    callId: callOf(activity),
    phoneReachable: isReachable(floor, agent),
    queues,
  };
}

function whyNoCall(floor: Floor, agent: Agent, queues: readonly AgentQueue[]): AgentExplanation['why'] {
  const what = engaged(agent)?.what;
  if (what === 'signed_out' || what === 'not_ready' || what === 'phone_lost' || what === 'offered' || what === 'pausing') return what;
  if (what === 'releasing' || what === 'talking' || what === 'wrapping_up') return what;
  const hindrance = agent.others === null ? null : hindranceOf(floor, agent, { channel: VOICE, of: null });
  if (hindrance === 'offered' || hindrance === 'channel_full' || hindrance === 'other_work') return hindrance;
  if (queues.every(({ waiting }) => waiting === 0)) return 'nobody_waits';
  return queues.every(({ servable }) => servable === 0) ? 'nobody_fits' : 'others_first';
}

function queueOf(floor: Floor, agent: Agent, queue: Queue): AgentQueue {
  let [waiting, servable] = [0, 0];
  const idle = new Set<Agent>();
  for (const line of queue.lines.values()) {
    waiting += line.callers.size;
    if (!serves(line, agent)) continue;
    servable += line.callers.size;
    for (const other of idleOf(line)) {
      if (other === agent) break;
      idle.add(other);
    }
  }
  return {
    queueId: queue.configuration.queueId,
    waiting,
    servable,
    idleBefore: agent.activity.state === 'ready' ? idle.size : null,
    longest: longestOf(floor, agent, queue),
  };
}

function longestOf(floor: Floor, agent: Agent, queue: Queue): AgentQueue['longest'] {
  for (const waiting of queue.entered) {
    const { call, queuedAt } = waiting;
    if (call.ringing.size === 0 && waiting.line !== null) return { callId: call.callId, queuedAt, obstacle: obstacleBetween(floor, agent, waiting) };
  }
  return null;
}
