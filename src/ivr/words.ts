/** What of a dialplan others may name: the configuration of queues does. */
import { type Plan, surveysOf } from './plan.ts';

export interface DialplanWords {
  /** Its flows, and the exits that `queue` steps have for an overflow. */
  exits: string[];
  flows: string[];
  /** Of these, the ones that queues may have their callers asked in. */
  surveys: string[];
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
  const surveys = surveysOf({ nodes }).sort();
  return { exits: [...new Set([...flows, ...ofSteps])].sort(), flows, surveys, numbers, prompts: [...new Set([...prompts.zh, ...prompts.en])], music };
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

/** The same of a flow in which a queue has its callers asked. */
export function lostSurveys(before: DialplanWords | null, after: DialplanWords, named: readonly { queue: string; flow: string }[]): string[] {
  if (before === null) return [];
  const lost = named.filter(({ flow }) => before.surveys.includes(flow) && !after.surveys.includes(flow));
  return lost.map(
    ({ queue, flow }) =>
      `callers of the queue "${queue}" are asked in the flow "${flow}", which would no longer rate: keep its \`rate\` step, or change the queue first`,
  );
}
