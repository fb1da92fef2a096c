/** Tells the steps of a demo as they happen, each with its time, and keeps what failed. */
const startedAt = performance.now();

export class StepFailed extends Error {}

const clockText = (): string => `${((performance.now() - startedAt) / 1000).toFixed(2).padStart(7)} s`;

export function tell(line: string): void {
  process.stdout.write(`${clockText()}  ${line}\n`);
}

/** Runs one step; a failure names it. */
export async function step<T>(title: string, doing: () => Promise<T>): Promise<T> {
  try {
    const result = await doing();
    tell(`✔ ${title}`);
    return result;
  } catch (error) {
    tell(`✘ ${title}`);
    throw new StepFailed(`${title}: ${(error as Error).message}`);
  }
}

export function must(fact: boolean, otherwise: string): void {
  if (!fact) throw new Error(otherwise);
}

/** Something to look at, set off from the steps. */
export function show(title: string, value: unknown): void {
  const lines = JSON.stringify(value, null, 2).split('\n');
  process.stdout.write(`\n   ── ${title}\n${lines.map((line) => `   │ ${line}`).join('\n')}\n\n`);
}
