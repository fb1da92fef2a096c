/** A condition an exit code hangs on: `serviceLevel>=0.8`, `demo:vip.waitP90<30`; several are separated by commas. */
import { type Comparison, type Metric, metrics } from './compare.ts';

export interface Gate {
  text: string;
  /** null = the whole day */
  queue: string | null;
  metric: Metric;
  holds(value: number): boolean;
}

const tests: Record<string, (value: number, bound: number) => boolean> = {
  '>=': (value, bound) => value >= bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '<': (value, bound) => value < bound,
};

/** Throws with what is wrong and how to write it. */
export function readGates(text: string): Gate[] {
  return text.split(',').map((each) => {
    const [, queue, name, operator = '', bound] = /^\s*(?:([\w:-]+)\.)?([A-Za-z0-9]+)\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(each) ?? [];
    const metric = metrics.find((known) => known === name);
    const test = tests[operator];
    if (metric === undefined || test === undefined)
      throw new Error(`--gate "${each}": write serviceLevel>=0.8 or demo:vip.waitP90<30; figures: ${metrics.join(' ')}`);
    return { text: each.trim(), queue: queue ?? null, metric, holds: (value) => test(value, Number(bound)) };
  });
}

/** Of the draft where there is one: what does not hold. */
export function failing(gates: readonly Gate[], { today, draft }: Comparison): string[] {
  const side = draft ?? today;
  return gates.flatMap(({ text, queue, metric, holds }) => {
    const id = queue === null ? null : Object.keys(side.queues).find((known) => known === queue || known.endsWith(`:${queue}`));
    const found = id === null ? side.figures[metric] : id === undefined ? undefined : side.queues[id]?.[metric];
    if (found === undefined) return [`${text}: no figure of that name, or no calls in that queue`];
    return holds(found.mean) ? [] : [`${text}: it is ${found.mean.toFixed(4)}`];
  });
}
