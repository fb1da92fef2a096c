/** What became of the records of calls, as the API shows them, against the calls that were placed. */
import { type House, PASSWORD, round } from './house.ts';
import type { CallTimes } from './sip-load.ts';

const PAGE = 200;

export interface KeptRecords {
  answered: number;
  lost: number;
  doubled: number;
  /** Until the last of them was there. */
  allThereAfterSeconds: number;
}

/** Each call that was answered has one record, `withinMs` from now on. */
export async function recordsOfCalls(house: House, calls: readonly CallTimes[], withinMs: number): Promise<KeptRecords> {
  const askedAt = performance.now();
  const answered = calls.filter(({ answeredAt }) => answeredAt !== null);
  const until = askedAt + withinMs;
  for (;;) {
    // Of a database that comes back the first who ask may hear a 503.
    const counts = await recordsOf(house).catch(() => new Map<string, number>());
    const lost = answered.filter(({ number }) => !counts.has(number));
    const doubled = answered.filter(({ number }) => (counts.get(number) ?? 0) > 1);
    if (lost.length === 0 || performance.now() > until)
      return { answered: answered.length, lost: lost.length, doubled: doubled.length, allThereAfterSeconds: round((performance.now() - askedAt) / 1000) };
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** How many records there are of each caller, by the number it called with. */
async function recordsOf(house: House): Promise<Map<string, number>> {
  const ask = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const response = await fetch(`${house.base}${path}`, init);
    if (!response.ok) throw new Error(`${path} is answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
  const body = JSON.stringify({ tenant: 'demo', username: 'supervisor', password: PASSWORD });
  const { token } = (await ask('/api/v1/sessions', { method: 'POST', headers: { 'content-type': 'application/json' }, body })) as { token: string };
  const counts = new Map<string, number>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await ask(`/api/v1/calls?limit=${PAGE}${query}`, { headers: { authorization: `Bearer ${token}` } })) as {
      items: { caller: string }[];
      nextCursor: string | null;
    };
    for (const { caller } of page.items) {
      const number = caller.slice(-8);
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    cursor = page.nextCursor;
  }
  return counts;
}
