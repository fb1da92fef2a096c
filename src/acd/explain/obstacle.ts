/** What stands between one agent and one caller. Who may serve a caller its line says; here is only put into words why not. */
import { reasonsOf } from '../agent.ts';
import { type Channel, capacityOf, VOICE } from '../channels/channel.ts';
import { hindranceOf } from '../channels/free.ts';
import type { Agent, Floor, Skill, Waiting } from '../floor.ts';
import { serves } from '../line.ts';
import { passesGate } from '../offering/gate.ts';
import type { Obstacle } from './explanation.ts';

const NOTHING: Omit<Obstacle, 'what'> = { skill: null, level: null, has: null, reason: null, channel: null };
const plain = (what: Obstacle['what']): Obstacle => ({ ...NOTHING, what });

/** null: nothing; she would get it if it were next. */
export function obstacleBetween(floor: Floor, agent: Agent, waiting: Waiting): Obstacle | null {
  return unfit(agent, waiting) ?? occupied(floor, agent, waiting) ?? (passesGate(waiting.queue, agent) ? null : plain('desk_lost'));
}

function occupied(floor: Floor, agent: Agent, { line, queue }: Waiting): Obstacle | null {
  if (line === null || agent.others === null) return engaged(agent);
  const { channel } = line;
  const what = hindranceOf(floor, agent, { channel, of: channel === VOICE ? null : queue.configuration.queueId });
  if (what === null || what === 'activity') return what === null ? null : engaged(agent);
  return what === 'channel_full' ? { ...plain(what), channel, level: capacityOf(agent.configuration, channel) } : plain(what);
}

/** Why she is not one of those who may serve it. */
export function unfit(agent: Agent, { line, queue }: Waiting): Obstacle | null {
  if (line === null || serves(line, agent)) return null;
  if (!agent.configuration.queues.includes(queue.configuration.queueId)) return plain('not_member');
  if (!takes(agent, line.channel)) return { ...plain('channel_not_hers'), channel: line.channel };
  const [lacking] = lacks(agent, line.needs);
  if (lacking === undefined) return plain('kept_out');
  const has = levelOf(agent, lacking.skill);
  return { ...NOTHING, what: has === 0 ? 'skill_missing' : 'level_too_low', skill: lacking.skill, level: lacking.level, has: has === 0 ? null : has };
}

/** Why she can be offered nothing now. A lost phone counts only when nothing else keeps her: it is mended last. */
export function engaged({ activity }: Agent): Obstacle | null {
  const { state } = activity;
  if (state === 'ready') return null;
  if (state !== 'not_ready') return plain(state);
  const reason = reasonsOf(activity).find((held) => held !== 'phone_lost');
  return reason === undefined ? plain('phone_lost') : { ...NOTHING, what: 'not_ready', reason };
}

const takes = ({ configuration }: Agent, channel: Channel): boolean => capacityOf(configuration, channel) > 0;

export const lacks = (agent: Agent, needs: readonly Skill[]): Skill[] => needs.filter(({ skill, level }) => levelOf(agent, skill) < level);

/** 0 = she does not have it. */
export const levelOf = ({ configuration: { skills } }: Agent, skill: string): number => (Object.hasOwn(skills, skill) ? (skills[skill] ?? 0) : 0);
