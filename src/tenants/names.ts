/** What queues and agents name must be there: other queues, calendars, teams, the dialplan's exits, prompts and music. What is not, is said with how to mend it. */
import type { Overflow } from '../acd/overflow/rules.ts';
import type { AgentSections, QueueSections } from '../acd/sections.ts';
import type { GroupName } from '../acd/widening/rules.ts';
import { nearest } from '../ivr/fault.ts';
import type { DialplanWords } from '../ivr/words.ts';

export interface NameFault {
  /** Below the queue or the agent: `overflow 0 to queue`. */
  at: (string | number)[];
  message: string;
}

/** What a tenant has; names are its own, without it in front. */
export interface Names {
  queues: readonly string[];
  calendars: readonly string[];
  /** Of its agents. */
  teams: readonly string[];
  /** Numbers it may show to those it calls. */
  numbers: readonly string[];
  /** null = not known, so not checked. */
  dialplan: DialplanWords | null;
}

export type NamedQueue = QueueSections & { music?: string | null };
type NamedAgent = Pick<AgentSections, 'matching'> & { queues?: readonly string[] };

/** `name`: its own. */
export function queueFaults(name: string, queue: NamedQueue, names: Names): NameFault[] {
  const { door, announcements, callback, widening, music, survey } = queue;
  const { dialplan } = names;
  const groups = [
    ...(widening?.steps ?? []).map(({ open = [] }, at) => ({ open, at: ['widening', 'steps', at, 'open'] })),
    ...(widening?.reserves ?? []).map(({ open }, at) => ({ open, at: ['widening', 'reserves', at, 'open'] })),
  ];
  return [
    ...unknown(['door', 'calendar'], door?.calendar, 'calendar', names.calendars),
    ...overflowFaults(name, queue, names),
    ...groups.flatMap(({ open, at }) => open.flatMap((group, n) => groupFault(group, [...at, n], names))),
    ...(announcements?.messages ?? []).flatMap((prompt, n) => unknown(['announcements', 'messages', n], prompt, 'prompt', dialplan?.prompts ?? null)),
    ...unknown(['music'], music ?? undefined, 'music', dialplan?.music ?? null),
    ...unknown(['survey', 'flow'], survey?.flow, 'survey', dialplan?.surveys ?? null),
    ...unknown(['callback', 'display'], callback?.display, 'number', names.numbers),
  ];
}

export function agentFaults({ queues = [], matching }: NamedAgent, names: Names): NameFault[] {
  return [
    ...queues.flatMap((queue, n) => unknown(['queues', n], queue, 'queue', names.queues)),
    ...Object.keys(matching?.ranks ?? {}).flatMap((queue) => unknown(['matching', 'ranks', queue], queue, 'queue', names.queues)),
  ];
}

/** The shortest way by overflow from a queue back to it; null = there is none. Allowed, for a call never comes to a queue twice, but worth knowing. */
export function circleThrough(name: string, queues: readonly OverflowingQueue[]): string[] | null {
  const came = new Map<string, string>();
  const next = [name];
  for (let from = next.shift(); from !== undefined; from = next.shift()) {
    for (const to of targetsOf(from, queues)) {
      if (to === name) return pathTo(from, name, came);
      if (to === from || came.has(to)) continue;
      came.set(to, from);
      next.push(to);
    }
  }
  return null;
}

/** Every one once, of the first of its queues. */
export function circlesIn(queues: readonly OverflowingQueue[]): string[][] {
  const circles = queues.flatMap(({ name }) => [circleThrough(name, queues) ?? []]).filter((circle) => circle.length > 0);
  return [...new Map(circles.toReversed().map((circle) => [circle.toSorted().join(), circle])).values()].toReversed();
}

export const circleNote = (circle: readonly string[]): string =>
  `${[...circle, circle[0]].join(' → ')}: these queues overflow into one another. A caller comes to each of them once, and stays in the last`;

interface OverflowingQueue {
  name: string;
  overflow?: Overflow | undefined;
}

const targetsOf = (name: string, queues: readonly OverflowingQueue[]): string[] =>
  (queues.find((queue) => queue.name === name)?.overflow ?? []).flatMap(({ to }) => ('queue' in to && to.alsoWaits !== true ? [to.queue] : []));

function pathTo(last: string, first: string, came: ReadonlyMap<string, string>): string[] {
  const path = [last];
  for (let at: string | undefined = last; at !== undefined && at !== first; ) {
    at = came.get(at);
    if (at !== undefined) path.unshift(at);
  }
  return path;
}

const ADD_IT: Record<string, string> = {
  queue: 'add it first, or name another',
  calendar: 'add it first',
  team: 'give it to an agent first, or name another',
  exit: 'add a flow of that name, or give a queue step of the dialplan `overflow` with it',
  prompt: 'put its recording into the prompts folder of the dialplan',
  music: 'put its recording into the music folder of the dialplan',
  survey: 'write a flow of that name with a `rate` step, or name another',
  number: 'give one of the tenant’s numbers or of its trunks’ displayNumbers',
};

function unknown(at: NameFault['at'], name: string | undefined, what: string, known: readonly string[] | null): NameFault[] {
  if (name === undefined || known === null || known.includes(name)) return [];
  return [{ at, message: `there is no ${what} "${name}"${nearest(name, known)}: ${ADD_IT[what]}` }];
}

function groupFault(group: GroupName, at: NameFault['at'], { queues, teams }: Names): NameFault[] {
  return 'queue' in group ? unknown([...at, 'queue'], group.queue, 'queue', queues) : unknown([...at, 'team'], group.team, 'team', teams);
}

function overflowFaults(name: string, { overflow = [], callback }: NamedQueue, { queues, dialplan }: Names): NameFault[] {
  return overflow.flatMap(({ to }, n): NameFault[] => {
    const at = ['overflow', n, 'to'];
    if ('exit' in to) return unknown([...at, 'exit'], to.exit, 'exit', dialplan?.exits ?? null);
    if ('offer' in to) {
      const message = 'this queue has no section `callback`, so this step is never taken: add the section, or take the step out';
      return callback === undefined ? [{ at: [...at, 'offer'], message }] : unknown([...at, 'offer'], 'callback', 'exit', dialplan?.exits ?? null);
    }
    if (to.queue === name) return [{ at: [...at, 'queue'], message: `a queue cannot overflow into itself ("${name}"): name another` }];
    return unknown([...at, 'queue'], to.queue, 'queue', queues);
  });
}
