/** Queues: by the names their people gave them, in the language of whoever looks; and how they stand. */
import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { get, post, remove } from '../shared/api.ts';
import { languageNow, ownName } from '../shared/labels.ts';

export type QueueState = 'open' | 'closed' | 'emergency';
export type Notice = { prompt: string } | { text: { zh?: string; en?: string } };

export interface QueueRow {
  queueId: string;
  name: { zh: string; en: string };
  door?: { calendar?: string };
  desk?: { dispositions?: { name: string; label: { zh: string; en: string } }[] };
  /** null: the routing core does not know it (yet). */
  live: {
    state: QueueState;
    /** RFC 3339, like every time here. */
    stateUntil: string | null;
    switched: boolean;
    notice: Notice | null;
    coming: { at: string; state: QueueState }[];
    waiting: number;
    oldestSince: string | null;
    signedIn: number;
    ready: number;
    talking: number;
    wrappingUp: number;
    expectedWait: { p50Ms: number; p90Ms: number; calibrated: boolean } | null;
  } | null;
}

export interface CallbackRow {
  callbackId: string;
  number: string;
  queueId: string;
  askedAt: string;
  placedAt: string;
  attempts: number;
  state: 'held' | 'waiting' | 'offered' | 'dialling' | 'talking';
  dueAt: string | null;
}

export interface QueueSwitch {
  state: QueueState | 'calendar';
  until: string | null;
  notice: Notice | null;
}

const PAGE = 100;
/** A tenant has tens of them; names of those beyond are not asked for. */
const MOST_PAGES = 5;
const FRESH_MS = 60_000;

/** So often how they stand is asked for. */
const LOOK_EACH_MS = 5_000;

async function allQueues(token: string): Promise<QueueRow[]> {
  const rows: QueueRow[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const got: { items: QueueRow[]; nextCursor: string | null } = await get(token, `/api/v1/queues?limit=${PAGE}${query}`);
    rows.push(...got.items);
    cursor = got.nextCursor;
    if (cursor === null) break;
  }
  return rows;
}

/** One that is not there any more goes by the name in its id; null is none. */
export function useQueueNames(token: string): (queueId: string | null) => string {
  const { data } = useQuery({ queryKey: ['queues', token], staleTime: FRESH_MS, queryFn: () => allQueues(token) });
  const names = useMemo(() => new Map(data?.map(({ queueId, name }) => [queueId, name])), [data]);
  return useCallback((queueId) => (queueId === null ? '—' : (names.get(queueId)?.[languageNow()] ?? ownName(queueId))), [names]);
}

/** To choose from: how they stand is not looked at. */
export const useQueueChoice = (token: string) => useQuery({ queryKey: ['queues', token], staleTime: FRESH_MS, queryFn: () => allQueues(token) });

export const useQueues = (token: string) => useQuery({ queryKey: ['queues', token], refetchInterval: LOOK_EACH_MS, queryFn: () => allQueues(token) });

export const useCallbacks = (token: string) =>
  useQuery({ queryKey: ['callbacks', token], refetchInterval: LOOK_EACH_MS, queryFn: () => get<{ items: CallbackRow[] }>(token, '/api/v1/callbacks') });

export const switchQueue = (token: string, queueId: string, change: QueueSwitch): Promise<QueueRow> =>
  post(token, `/api/v1/queues/${encodeURIComponent(queueId)}/switch`, change);

export const cancelCallback = (token: string, callbackId: string, reason: string): Promise<void> =>
  remove(token, `/api/v1/callbacks/${encodeURIComponent(callbackId)}${reason === '' ? '' : `?reason=${encodeURIComponent(reason)}`}`);
