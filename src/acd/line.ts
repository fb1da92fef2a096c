/** Lines: which agents can serve which callers, without asking each. */
import { publicState } from './agent.ts';
import { type Agent, before, type Floor, groupOf, type Line, longerIdle, type Queue, type Skill } from './floor.ts';
import { passesGate } from './offering/gate.ts';
import { OrderedList } from './ordered.ts';

/** A queue keeps so many empty lines for the next caller of the kind; dialplans name few combinations of skills. */
const MOST_EMPTY_LINES = 64;

/** The queue's skills and the call's own together, the higher level of each, by name. */
function needsOf(queueSkills: readonly Skill[], own: readonly Skill[]): Skill[] {
  const levels = new Map<string, number>();
  for (const { skill, level } of [...queueSkills, ...own]) levels.set(skill, Math.max(level, levels.get(skill) ?? 0));
  return [...levels].map(([skill, level]) => ({ skill, level })).sort((a, b) => (a.skill < b.skill ? -1 : 1));
}

const keyOf = (needs: readonly Skill[]): string => needs.map(({ skill, level }) => `${skill}\n${level}`).join('\n\n');

const has = (agent: Agent, needs: readonly Skill[]): boolean =>
  needs.every(({ skill, level }) => Object.hasOwn(agent.configuration.skills, skill) && (agent.configuration.skills[skill] ?? 0) >= level);

export function lineFor(floor: Floor, queue: Queue, own: readonly Skill[]): Line {
  const needs = needsOf(queue.configuration.skills, own);
  const key = keyOf(needs);
  const known = queue.lines.get(key);
  if (known !== undefined) return known;
  const line: Line = { queue, key, needs, members: new Set(), callers: new OrderedList(before), idle: new OrderedList(longerIdle) };
  queue.lines.set(key, line);
  for (const agent of groupOf(floor, queue.configuration.queueId).members) if (has(agent, needs)) admit(line, agent);
  return line;
}

/** Forgets a line nobody waits in when the queue has many. */
export function closeIfSpare(floor: Floor, line: Line): void {
  if (line.callers.size === 0 && line.queue.lines.size > MOST_EMPTY_LINES) closeLine(floor, line);
}

export function closeLine(floor: Floor, line: Line): void {
  line.queue.lines.delete(line.key);
  floor.unpaired.delete(line);
  for (const agent of line.members) agent.lines.delete(line);
}

function admit(line: Line, agent: Agent): void {
  line.members.add(agent);
  agent.lines.add(line);
  if (agent.activity.state === 'ready' && passesGate(line.queue, agent)) line.idle.add(agent);
}

/** Her configuration counts from here on. */
export function joinGroups(floor: Floor, agent: Agent): void {
  for (const queueId of new Set(agent.configuration.queues)) {
    const group = groupOf(floor, queueId);
    agent.groups.push(group);
    group.members.add(agent);
    group.counts[publicState(agent.activity)] += 1;
    for (const line of floor.queues.get(queueId)?.lines.values() ?? []) {
      if (!has(agent, line.needs)) continue;
      admit(line, agent);
      if (line.callers.size > 0) floor.unpaired.add(line);
    }
  }
}

export function leaveGroups(floor: Floor, agent: Agent): void {
  stopIdling(agent);
  for (const line of agent.lines) line.members.delete(agent);
  agent.lines.clear();
  for (const group of agent.groups) {
    group.members.delete(agent);
    group.counts[publicState(agent.activity)] -= 1;
    floor.forsaken.add(group.queueId);
    if (group.members.size === 0) floor.groups.delete(group.queueId);
  }
  agent.groups = [];
}

export function startIdling(floor: Floor, agent: Agent): void {
  for (const line of agent.lines) {
    if (!passesGate(line.queue, agent)) continue;
    line.idle.add(agent);
    if (line.callers.size > 0) floor.unpaired.add(line);
  }
}

export function stopIdling(agent: Agent): void {
  for (const line of agent.lines) line.idle.remove(agent);
}
