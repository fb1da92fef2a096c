/** Whom she can ask: the house's directory, as of now while its panel is open, and the entries she has marked herself. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { AgentStateData, QueueStats } from '../../../src/cti/protocol.ts';
import { get } from '../../shared/api.ts';
import { useDesk } from '../desk-context.ts';

const EVERY_MS = 3_000;
const SHOWN = 50;

export interface Colleague {
  number: string;
  name: string;
  activity: AgentStateData['activity'];
  since: string;
  reachable: boolean;
}
export interface QueueEntry {
  queue: string;
  name: { zh: string; en: string };
  state: QueueStats['state'];
  waiting: number;
  ready: number;
  oldestSince: string | null;
}
export interface Directory {
  agents: Colleague[];
  queues: QueueEntry[];
  numbers: { name: { zh: string; en: string }; number: string }[];
  more: number;
}

/** What was found before stays until the next is there: nothing flickers while she types. */
export function useDirectory(search: string): { directory: Directory | null; failed: boolean } {
  const { token } = useDesk();
  const { data, isError } = useQuery({
    queryKey: ['directory', search],
    queryFn: () => get<Directory>(token, `/api/v1/directory?limit=${SHOWN}&search=${encodeURIComponent(search)}`),
    refetchInterval: EVERY_MS,
    placeholderData: keepPreviousData,
  });
  return { directory: data ?? null, failed: isError };
}

const KEY = 'huawu.favourites';
const MOST_FAVOURITES = 50;

function keptFavourites(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((entry): entry is string => typeof entry === 'string').slice(0, MOST_FAVOURITES) : [];
  } catch {
    return [];
  }
}

/** Numbers of colleagues and outside that stand first; in this browser alone. */
export function useFavourites(): { has(number: string): boolean; toggle(number: string): void } {
  const [all, setAll] = useState(keptFavourites);
  const toggle = (number: string) => {
    const next = all.includes(number) ? all.filter((one) => one !== number) : [...all, number].slice(-MOST_FAVOURITES);
    setAll(next);
    try {
      localStorage.setItem(KEY, JSON.stringify(next));
    } catch {
      // Then they hold until the page is closed.
    }
  };
  return { has: (number) => all.includes(number), toggle };
}
