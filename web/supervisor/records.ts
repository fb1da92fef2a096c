/** What the API says of calls and their recordings, as far as this page shows it (see /api/docs). */
import { useQuery } from '@tanstack/react-query';
import { get } from '../shared/api.ts';
import { isEnding } from '../shared/reveal.tsx';
import type { Reach } from './places.ts';

export interface CallRow {
  callId: string;
  /** RFC 3339 */
  arrivedAt: string;
  endedAt: string;
  caller: string;
  callee: string;
  cause: string;
  queueId: string | null;
  agentId: string | null;
  recording: 'none' | 'complete' | 'partial';
  talkMs: number;
  disposition: string | null;
  notes: string | null;
  /** What the caller was told of recording, or answered; null = nothing was said of it. */
  consent: { state: 'announced' | 'given' | 'refused'; how: 'notice' | 'key' | 'no_key' | 'wrong_keys' | 'failed'; at: string } | null;
  /** What the caller said of it afterwards; null = her queue does not ask, or the user does not see it. */
  survey: {
    askedAt: string | null;
    /** 1 very satisfied to 5 */
    rating: 1 | 2 | 3 | 4 | 5 | null;
    reason: string | null;
    end: string;
  } | null;
}

export interface Recording {
  recordingId: string;
  /** Who talked with the customer in it. */
  agentId: string | null;
  /** Where it begins in the sound of the whole call; null = it was erased. */
  offsetMs: number | null;
  startedAt: string;
  durationMs: number | null;
  complete: boolean;
  pauses: { fromMs: number; toMs: number | null }[];
  legalHold: boolean;
  erasedAt: string | null;
}

export interface Peaks {
  stepMs: number;
  /** 0 silent … 1 loudest */
  left: number[];
  right: number[];
}

export interface Filter {
  /** As it stands in the record, the 11 digits of a mobile number, or its last four. */
  caller: string;
  /** An agent's number. */
  agent: string;
  /** `1`, `4-5`; '' = however it was rated, or not. */
  rating: string;
  /** What its agent said came of it, by name; '' = anything. */
  disposition: string;
  /** `name=value` of what was attached to it. */
  data: string;
  /** announced, given, refused; '' = whatever was said of recording. */
  consent: string;
}

interface Me {
  tenantId: string;
  /** Action → how far it reaches; what is missing she may not. */
  may: Record<string, Reach>;
  name: string;
  username: string;
}

const PAGE = 50;
/** A list of calls grows as they end. */
const LOOK_EACH_MS = 15_000;

export const useMe = (token: string) => useQuery({ queryKey: ['me', token], queryFn: () => get<Me>(token, '/api/v1/me'), staleTime: Number.POSITIVE_INFINITY });

/** `138 0000 1001` and `13800001001` are +8613800001001. */
function wholeNumber(typed: string): string {
  const digits = typed.replaceAll(/[\s-]/g, '');
  return /^1[3-9]\d{9}$/.test(digits) ? `+86${digits}` : digits;
}

export const isNumber = (typed: string): boolean => /^\+?[0-9]{1,20}$/.test(wholeNumber(typed));

/** A name, `=`, and the whole value. */
export const isData = (typed: string): boolean => /^[^=]{1,64}=.*$/.test(typed);

function asked(tenantId: string | undefined, { caller, agent, ...others }: Filter): URLSearchParams {
  const query = new URLSearchParams({ limit: String(PAGE) });
  if (isEnding(caller)) query.set('callerEnds', caller);
  else if (caller !== '') query.set('caller', wholeNumber(caller));
  if (agent !== '') query.set('agentId', `${tenantId}:${agent}`);
  for (const [name, value] of Object.entries(others)) if (value !== '') query.set(name, value);
  return query;
}

export const useCalls = (token: string, tenantId: string | undefined, filter: Filter, pages: number) =>
  useQuery({
    queryKey: ['calls', token, filter, pages],
    enabled: tenantId !== undefined,
    refetchInterval: LOOK_EACH_MS,
    placeholderData: (before: { items: CallRow[]; nextCursor: string | null } | undefined) => before,
    queryFn: async () => {
      const items: CallRow[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < pages; page += 1) {
        const query = asked(tenantId, filter);
        if (cursor !== null) query.set('cursor', cursor);
        const got: { items: CallRow[]; nextCursor: string | null } = await get(token, `/api/v1/calls?${query}`);
        items.push(...got.items);
        cursor = got.nextCursor;
        if (cursor === null) break;
      }
      return { items, nextCursor: cursor };
    },
  });

export const useRecordings = (token: string, callId: string) =>
  useQuery({ queryKey: ['recordings', callId], queryFn: () => get<{ items: Recording[] }>(token, `/api/v1/calls/${encodeURIComponent(callId)}/recordings`) });

/** Of all recordings of the call, one after another. */
export const usePeaks = (token: string, callId: string) =>
  useQuery({
    queryKey: ['peaks', callId],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => get<Peaks>(token, `/api/v1/calls/${encodeURIComponent(callId)}/recording/peaks?steps=600`),
  });
