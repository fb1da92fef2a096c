/** Codes of the routing core as sentences. */
import type { TFunction } from 'i18next';
import { asDuration } from '../shared/clock.ts';
import { label } from '../shared/labels.ts';
import type { Change, Obstacle, OverflowCondition, OverflowStep, WideningChange } from './floor.ts';

/** `demo:8001` → `8001 Wang Fang`, as far as her name is known. */
export type NameOf = (agentId: string) => string;

export function obstacleSentence(t: TFunction, { what, skill, level, has, ...named }: Obstacle): string {
  const [reason, channel] = (['reason', 'channel'] as const).map((of) => (named[of] === null ? '' : label(t, of, named[of])));
  return t(`obstacle.${what}`, { skill: skill ?? '', level: level ?? '', has: has ?? '', reason, channel });
}

export function changeSentence(t: TFunction, { kind, agents, skill, level }: Change, nameOf: NameOf): string {
  const names = agents.map(nameOf).join(t('explain.comma'));
  if (agents.length > 1) return t('explain.together', { count: agents.length, agents: names });
  return t(`change.${kind}`, { agent: names, skill: skill ?? '', level: level ?? '' });
}

export function overflowTarget(t: TFunction, { to }: OverflowStep, queueOf: (queueId: string) => string): string {
  return t(`overflowTo.${to.kind}`, { queue: 'queueId' in to ? queueOf(to.queueId) : '', exit: 'exit' in to ? to.exit : '' });
}

/** What it is now, and what it must be. */
export function conditionSentence(t: TFunction, { what, is, bound }: OverflowCondition): string {
  const shown = shownFigure[what];
  return t(`overflowWhen.${what}`, { is: shown(t, is), bound: shown(t, bound) });
}

type Shown = (t: TFunction, figure: number | string) => string;
const duration: Shown = (t, figure) => (typeof figure === 'number' ? asDuration(figure) : t('explain.unknownFigure'));
const staffing: Shown = (t, name) => label(t, 'staffing', name);
const states: Shown = (t, names) =>
  String(names)
    .split(',')
    .map((name) => label(t, 'queueStands', name))
    .join(t('explain.comma'));

const shownFigure: Record<OverflowCondition['what'], Shown> = {
  ...{ waited: duration, longest_wait: duration, estimate: duration, estimate_by_longest_wait: duration, estimate_by_pace: duration },
  waiting: (_, figure) => String(figure),
  service_level: (t, figure) => (typeof figure === 'number' ? `${Math.round(figure)} %` : t('explain.unknownFigure')),
  ...{ no_agents: staffing, state: states },
};

/** What the next step of a widening does. */
export function wideningSentence(t: TFunction, { lower = [], drop, dropPreferred, open = [] }: WideningChange, queueOf: (name: string) => string): string {
  const comma = t('explain.comma');
  return [
    ...lower.map(({ skill, by }) => t(skill === undefined ? 'widens.lowerAll' : 'widens.lower', { skill: skill ?? '', by })),
    ...(drop === undefined ? [] : [t('widens.drop', { skills: drop.join(comma) })]),
    ...(dropPreferred === undefined
      ? []
      : [dropPreferred === 'all' ? t('widens.dropPreferredAll') : t('widens.dropPreferred', { skills: dropPreferred.join(comma) })]),
    ...open.map((group) => ('queue' in group ? t('widens.queue', { name: queueOf(group.queue) }) : t('widens.team', { name: group.team }))),
  ].join(t('explain.semicolon'));
}
