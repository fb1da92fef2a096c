/** What of a dialplan others may name: the configuration of queues does. */
import type { Plan } from './plan.ts';

export interface DialplanWords {
  /** Its flows, and the exits that `queue` steps have for an overflow. */
  exits: string[];
  flows: string[];
  /** Number → the flow it enters, as the dialplan says. */
  numbers: Record<string, string>;
  /** Recorded in one language at least. */
  prompts: string[];
  music: string[];
}

export function wordsOf({ nodes, prompts, numbers: entries }: Plan, music: string[]): DialplanWords {
  const flows = Object.keys(nodes).flatMap((id) => /^([^/]+)\/0$/.exec(id)?.[1] ?? []);
  const ofSteps = Object.values(nodes).flatMap((node) => (node.verb === 'queue' ? Object.keys(node.overflow ?? {}) : []));
  const numbers = Object.fromEntries(Object.entries(entries).map(([number, node]) => [number, node?.split('/')[0] ?? '']));
  return { exits: [...new Set([...flows, ...ofSteps])].sort(), flows, numbers, prompts: [...new Set([...prompts.zh, ...prompts.en])], music };
}

/** What cannot go: a queue overflows to it. What was not there before either is not the new dialplan's fault. */
export function lostExits(before: DialplanWords | null, after: DialplanWords, named: readonly { queue: string; exit: string }[]): string[] {
  if (before === null) return [];
  const lost = named.filter(({ exit }) => before.exits.includes(exit) && !after.exits.includes(exit));
  return lost.map(
    ({ queue, exit }) =>
      `the queue "${queue}" overflows to the exit "${exit}", which would be gone: keep the flow of that name (or the \`overflow\` of a queue step), or change the queue first`,
  );
}
