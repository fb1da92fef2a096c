/** Whether an agent of several channels may be offered something of one of them now. Who takes calls alone is never asked. */
import type { QueueId } from '../../../kernel/ids.ts';
import type { Agent, Circle, Floor } from '../floor.ts';
import { openGroups } from '../widening/open.ts';
import { type Channel, capacityOf, letsIn, VOICE } from './channel.ts';

export function isFree(floor: Floor, agent: Agent, circle: Pick<Circle, 'channel' | 'of'>): boolean {
  return hindranceOf(floor, agent, circle) === null;
}

/** Why not, the first that holds. `activity`: what she is doing as an agent of calls. */
export type Hindrance = 'activity' | 'offered' | 'channel_full' | 'other_work' | 'desk_lost' | 'helps_elsewhere';

export function hindranceOf(floor: Floor, agent: Agent, { channel, of }: Pick<Circle, 'channel' | 'of'>): Hindrance | null {
  const { others, activity } = agent;
  if (others === null) return channel === VOICE && activity.state === 'ready' ? null : 'activity';
  // INV1: one live offer an agent, of whatever channel.
  if (others.offered !== null) return 'offered';
  if (!takesWork(agent, channel)) return 'activity';
  const room = lackOfRoom(agent, channel);
  if (room !== null || channel === VOICE) return room;
  if (!agent.hasDesk) return 'desk_lost';
  return isCalledOff(floor, agent, of) ? 'helps_elsewhere' : null;
}

/** Ready, or on a call that lets this channel in and after which she goes on. */
function takesWork({ activity, configuration }: Agent, channel: Channel): boolean {
  if (activity.state === 'ready') return true;
  if (channel === VOICE || (activity.state !== 'talking' && activity.state !== 'wrapping_up')) return false;
  return activity.after.leave === 'stay' && activity.after.reasons.length === 0 && letsIn(configuration, VOICE, channel);
}

function lackOfRoom({ others, configuration }: Agent, channel: Channel): 'channel_full' | 'other_work' | null {
  let load = 0;
  for (const { interaction } of others?.running ?? []) {
    if (interaction === undefined) continue;
    if (interaction.channel === channel) load += 1;
    else if (!letsIn(configuration, interaction.channel, channel)) return 'other_work';
  }
  return load < capacityOf(configuration, channel) ? null : 'channel_full';
}

/** A reserve she belongs to helps a queue out: she takes no new writing of other queues meanwhile, and what she has goes on. */
export function isCalledOff(floor: Floor, agent: Agent, queueId: QueueId | null): boolean {
  for (const { configuration, reserves } of floor.inNeed) {
    if (configuration.queueId === queueId) continue;
    const helping = openGroups(configuration, reserves.open);
    if (agent.groups.some((group) => helping.includes(group.queueId))) return true;
  }
  return false;
}
