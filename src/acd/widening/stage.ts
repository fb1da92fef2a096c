/** What a caller asks for and who may serve it, after so many steps. A required skill is dropped by a step that names it, and by nothing else. */
import { type QueueId, queueIdOf, type TenantId } from '../../../kernel/ids.ts';
import type { QueueConfiguration } from '../event.ts';
import type { Skill } from '../floor.ts';
import { teamGroup } from '../matching/groups.ts';
import type { GroupName, WideningStep } from './rules.ts';

export interface Stage {
  needs: Skill[];
  /** Who has these is chosen first. */
  prefers: Skill[];
  /** Beside the queue's own members. */
  groups: QueueId[];
}

/** `asked`: what the call itself asks for. */
export function stageOf(configuration: QueueConfiguration, asked: { skills: readonly Skill[]; prefers: readonly Skill[] }, steps: number): Stage {
  const all = configuration.widening?.steps ?? [];
  const taken = all.slice(0, steps);
  const held = asked.prefers.filter(({ skill }) => isHeld(skill, all, steps));
  const prefers = asked.prefers.filter(({ skill }) => !isHeld(skill, all, steps));
  return {
    needs: taken.reduce(lowered, together([...configuration.skills, ...asked.skills, ...held])),
    prefers: together(prefers),
    groups: [...new Set(taken.flatMap(({ open = [] }) => open.map((name) => groupNamed(configuration.tenantId, name))))],
  };
}

/** A preferred skill holds like a required one until the step that drops it; without such a step it never does. */
function isHeld(skill: string, steps: readonly WideningStep[], taken: number): boolean {
  return steps.findIndex(({ dropPreferred }) => dropPreferred === 'all' || dropPreferred?.includes(skill) === true) >= taken;
}

function lowered(needs: Skill[], { lower = [], drop = [] }: WideningStep): Skill[] {
  return needs
    .filter(({ skill }) => !drop.includes(skill))
    .map(({ skill, level }) => {
      const by = lower.reduce((sum, rule) => (rule.skill === undefined || rule.skill === skill ? sum + rule.by : sum), 0);
      return { skill, level: Math.max(1, level - by) };
    });
}

export const groupNamed = (tenantId: TenantId, name: GroupName): QueueId =>
  'queue' in name ? queueIdOf(tenantId, name.queue) : teamGroup(tenantId, name.team);

/** The higher level of each, by name. */
function together(skills: readonly Skill[]): Skill[] {
  const levels = new Map<string, number>();
  for (const { skill, level } of skills) levels.set(skill, Math.max(level, levels.get(skill) ?? 0));
  return [...levels].map(([skill, level]) => ({ skill, level })).sort((a, b) => (a.skill < b.skill ? -1 : 1));
}
