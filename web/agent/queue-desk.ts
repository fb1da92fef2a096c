/** What her queues have for her desk: script, outcomes, form, numbers. Read once a queue, before its first call rings. */
import { useQueries, useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import type { DeskCall, FormField, QueueDesk } from '../../src/cti/protocol.ts';
import { get } from '../shared/api.ts';
import { label, languageNow } from '../shared/labels.ts';
import { useDesk } from './desk-context.ts';
import { dispositions } from './dispositions.ts';

const FRESH_MS = 60_000;
const MOST_AHEAD = 30;

export type { FormField };

const nothing: QueueDesk = {};

const queryOf = (token: string, queueId: string) => ({
  queryKey: ['queueDesk', queueId],
  queryFn: async () => (await get<{ desk?: QueueDesk }>(token, `/api/v1/queues/${encodeURIComponent(queueId)}`)).desk ?? nothing,
  staleTime: FRESH_MS,
});

/** null: not known yet, or the call came by no queue. */
export function useQueueDesk(queueId: string | null): QueueDesk | null {
  const { token } = useDesk();
  const { data, isError } = useQuery({ ...queryOf(token, queueId ?? ''), enabled: queueId !== null });
  return queueId === null || isError ? nothing : (data ?? null);
}

/** So that nothing comes late when a call rings. */
export function useQueueDesksAhead(): void {
  const { token, desk } = useDesk();
  useQueries({ queries: desk.queues.slice(0, MOST_AHEAD).map(({ queueId }) => queryOf(token, queueId)) });
}

export const outcomesOf = (t: TFunction, desk: QueueDesk | null): { name: string; words: string }[] =>
  desk?.dispositions?.map(({ name, label: words }) => ({ name, words: words[languageNow()] })) ??
  dispositions.map((name) => ({ name, words: t(`disposition.${name}`) }));

export const isFilledIn = ({ required, name }: FormField, values: Readonly<Record<string, string>>): boolean =>
  required !== true || (values[name] ?? '').trim() !== '';

/** `{{name}}` stands for what is known of the call; what is not known is left out. */
export function filledIn(t: TFunction, script: string, { pop }: DeskCall, agent: { name: string; number: string }): string {
  const known: Record<string, string> = {
    ...pop.data,
    customer: pop.customer?.name ?? pop.caller.name ?? '',
    tier: pop.tier === null ? '' : label(t, 'tier', pop.tier),
    agent: agent.number,
    agentName: agent.name,
    number: pop.caller.number,
    queue: pop.queue?.name[languageNow()] ?? '',
  };
  return script.replaceAll(/\{\{\s*([\w.-]+)\s*\}\}/g, (_, name: string) => (Object.hasOwn(known, name) ? (known[name] ?? '') : ''));
}
