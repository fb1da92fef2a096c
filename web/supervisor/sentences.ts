/** Codes of the routing core as sentences. */
import type { TFunction } from 'i18next';
import { label } from '../shared/labels.ts';
import type { Change, Obstacle } from './floor.ts';

/** `demo:8001` → `8001 Wang Fang`, as far as her name is known. */
export type NameOf = (agentId: string) => string;

export function obstacleSentence(t: TFunction, { what, skill, level, has, reason }: Obstacle): string {
  return t(`obstacle.${what}`, { skill: skill ?? '', level: level ?? '', has: has ?? '', reason: reason === null ? '' : label(t, 'reason', reason) });
}

export function changeSentence(t: TFunction, { kind, agents, skill, level }: Change, nameOf: NameOf): string {
  const names = agents.map(nameOf).join(t('explain.comma'));
  if (agents.length > 1) return t('explain.together', { count: agents.length, agents: names });
  return t(`change.${kind}`, { agent: names, skill: skill ?? '', level: level ?? '' });
}
