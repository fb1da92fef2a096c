/**
 * Circles: the agents of one group who have the skills that callers ask for. Lines of the same needs, of whatever queue and however their queues
 * choose, share one, so that her membership is settled once; it is kept for a while when nobody asks for it any more.
 */
import type { AgentId, QueueId } from '../../../kernel/ids.ts';
import { type Channel, capacityOf, VOICE } from '../channels/channel.ts';
import { isFree } from '../channels/free.ts';
import { type Agent, type Circle, type Floor, type Group, groupOf, type Skill } from '../floor.ts';
import { levelOf } from './order.ts';

/** A group with more of them keeps none that nobody is served from; dialplans name few combinations of skills. */
const MOST_KEPT = 256;

export interface Wanted {
  groupId: QueueId;
  /** Only this one; null = whoever has the skills. */
  only: AgentId | null;
  needs: readonly Skill[];
  needsDesk: boolean;
  channel: Channel;
  /** The queue whose interactions they are; null = any queue's calls. */
  of: QueueId | null;
}

export function circleFor(floor: Floor, { groupId, only, needs, needsDesk, channel, of }: Wanted): Circle {
  const group = groupOf(floor, groupId);
  const key = `${only ?? ''}\t${needsDesk}\t${keyOf(needs)}${channel === VOICE ? '' : `\t${channel}\t${of}`}`;
  const known = group.circles.get(key);
  if (known !== undefined) return known;
  const circle: Circle = { group, key, only, needs, needsDesk, channel, of, members: new Set(), idle: new Set(), pools: new Set() };
  group.circles.set(key, circle);
  const one = only === null ? undefined : floor.agents.get(only);
  for (const agent of only === null ? candidates(group, needs) : one !== undefined && group.members.has(one) ? [one] : []) admit(floor, circle, agent);
  return circle;
}

/** Those who have the rarest of the skills: a new combination asks them alone, and everybody but once a skill. */
function candidates(group: Group, needs: readonly Skill[]): Iterable<Agent> {
  let fewest: readonly Agent[] | null = null;
  for (const { skill } of needs) {
    const holders = holdersOf(group, skill);
    if (fewest === null || holders.length < fewest.length) fewest = holders;
  }
  return fewest ?? group.members;
}

function holdersOf({ members, holders }: Group, skill: string): Agent[] {
  const known = holders.get(skill);
  if (known !== undefined) return known;
  if (holders.size >= MOST_KEPT) holders.clear();
  const found = [...members].filter(({ configuration }) => levelOf(configuration.skills, skill) > 0);
  holders.set(skill, found);
  return found;
}

/** Nobody is served from it any more. */
export function spare(floor: Floor, circle: Circle): void {
  const { group, only } = circle;
  if (only !== null || group.circles.size > MOST_KEPT) {
    group.circles.delete(circle.key);
    for (const agent of circle.members) agent.circles.delete(circle);
  }
  dropIfEmpty(floor, group);
}

/** true when she is one of them. */
export function admit(floor: Floor, circle: Circle, agent: Agent): boolean {
  if (capacityOf(agent.configuration, circle.channel) === 0) return false;
  if ((circle.only !== null && circle.only !== agent.configuration.agentId) || !has(agent, circle.needs)) return false;
  circle.members.add(agent);
  agent.circles.add(circle);
  if (isFree(floor, agent, circle)) comeIdle(circle, agent);
  return true;
}

/** false when the queue wants something of her that she has not. */
export function comeIdle(circle: Circle, agent: Agent): boolean {
  if (circle.needsDesk && !agent.hasDesk) return false;
  circle.idle.add(agent);
  for (const { order } of circle.pools) order.add(agent);
  return true;
}

export function goBusy(circle: Circle, agent: Agent): void {
  if (!circle.idle.delete(agent)) return;
  for (const { order } of circle.pools) order.remove(agent);
}

export function dropIfEmpty(floor: Floor, group: Group): void {
  if (group.members.size > 0) return;
  for (const { pools } of group.circles.values()) if (pools.size > 0) return;
  floor.groups.delete(group.queueId);
}

export const keyOf = (skills: readonly Skill[]): string => skills.map(({ skill, level }) => `${skill}\n${level}`).join('\n\n');

export const has = (agent: Agent, needs: readonly Skill[]): boolean => needs.every(({ skill, level }) => levelOf(agent.configuration.skills, skill) >= level);
