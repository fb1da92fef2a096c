/** Which address of which trunk is tried first, which next, and when another is tried at all. Pure: dice come in. */

export interface Candidate {
  /** Of the trunk, lowest first. */
  order: number;
  trunkId: string;
  uri: string;
  priority: number;
  weight: number;
  inRotation: boolean;
}

/** As many as can be silent for 4 s each before a caller gives up. */
const MOST_ATTEMPTS = 5;
/** Whoever calls for help waits longer than anybody. */
const MOST_URGENT = 16;

/**
 * Those in rotation, by order of the trunk, then priority, then by lot with weights; when all are out, all of them: a call that may fail is
 * better than one that must. `dice`: uniform in [0, 1). `urgent`: those that are out come behind the others, instead of not at all.
 */
export function inOrder<C extends Candidate>(candidates: readonly C[], dice: () => number, urgent = false): C[] {
  const fit = candidates.filter(({ inRotation }) => inRotation);
  if (urgent && fit.length > 0)
    return [
      ...ordered(fit, dice),
      ...ordered(
        candidates.filter(({ inRotation }) => !inRotation),
        dice,
      ),
    ].slice(0, MOST_URGENT);
  return ordered(fit.length > 0 ? fit : candidates, dice).slice(0, MOST_ATTEMPTS);
}

function ordered<C extends Candidate>(tried: readonly C[], dice: () => number): C[] {
  const groups = new Map<string, C[]>();
  for (const one of tried) {
    const key = `${one.order} ${one.trunkId} ${one.priority}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const sorted = [...groups.values()].sort(([a], [b]) => (a === undefined || b === undefined ? 0 : before(a, b)));
  return sorted.flatMap((group) => drawn(group, dice));
}

function before(a: Candidate, b: Candidate): number {
  return a.order - b.order || (a.trunkId < b.trunkId ? -1 : a.trunkId > b.trunkId ? 1 : a.priority - b.priority);
}

/** RFC 2782: one after the other, each with a chance as large as its weight; weight 0 comes last unless there is nothing else. */
function drawn<C extends Candidate>(group: readonly C[], dice: () => number): C[] {
  const left = [...group];
  const order: C[] = [];
  while (left.length > 0) {
    const sum = left.reduce((total, { weight }) => total + weight, 0);
    order.push(...left.splice(chosenOf(left, dice() * sum), 1));
  }
  return order;
}

function chosenOf(group: readonly Candidate[], lot: number): number {
  let upTo = 0;
  const at = group.findIndex(({ weight }) => {
    upTo += weight;
    return lot < upTo;
  });
  return Math.max(0, at);
}

/** What became of one attempt before anybody rang. */
export type AttemptEnd =
  /** `made`: by our SIP server, because nobody answered or nothing could be sent. */
  { is: 'status'; status: number; made: boolean } | { is: 'silence' } | { is: 'transport' };

/**
 * Another address is tried when the trunk failed, never when the called (or the network for them) answered: 486, 404, 603 … are final.
 * 401 and 407 are between us and the trunk: our password is wrong there, another may take the call.
 */
export function triesNext(end: AttemptEnd): boolean {
  if (end.is !== 'status') return true;
  const { status } = end;
  return status === 408 || status === 401 || status === 407 || (status >= 500 && status < 600);
}
