/** Queues by the names their people gave them, in the language of whoever looks. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../shared/api.ts';
import { languageNow, ownName } from '../shared/labels.ts';

interface QueueRow {
  queueId: string;
  name: { zh: string; en: string };
}

const PAGE = 100;
/** A tenant has tens of them; names of those beyond are not asked for. */
const MOST_PAGES = 5;
const FRESH_MS = 60_000;

async function allQueues(token: string): Promise<Map<string, QueueRow['name']>> {
  const names = new Map<string, QueueRow['name']>();
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const got: { items: QueueRow[]; nextCursor: string | null } = await get(token, `/api/v1/queues?limit=${PAGE}${query}`);
    for (const { queueId, name } of got.items) names.set(queueId, name);
    cursor = got.nextCursor;
    if (cursor === null) break;
  }
  return names;
}

/** One that is not there any more goes by the name in its id; null is none. */
export function useQueueNames(token: string): (queueId: string | null) => string {
  const { data } = useQuery({ queryKey: ['queues', token], staleTime: FRESH_MS, queryFn: () => allQueues(token) });
  return (queueId) => (queueId === null ? '—' : (data?.get(queueId)?.[languageNow()] ?? ownName(queueId)));
}
