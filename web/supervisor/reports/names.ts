/** How keys and intervals of a report are called. */
import { useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { label, languageNow, ownName } from '../../shared/labels.ts';
import { useQueueNames } from '../queues.ts';
import type { Subject } from './report.ts';
import { useWords } from './words.ts';
import type { ReportInterval } from './zone.ts';

/** Of a key, whatever it is of. The API names queues in the language of her account; here they go by the page's. */
export function useKeyName(token: string, { by, items }: { by: Subject; items: readonly { key: string; name: string | null }[] }): (key: string) => string {
  const { t } = useTranslation();
  const w = useWords();
  const queueName = useQueueNames(token);
  const names = useMemo(() => new Map(items.map(({ key, name }) => [key, name])), [items]);
  return useCallback(
    (key) => {
      const name = names.get(key) ?? null;
      if (by === 'tenant') return name ?? w('subject.tenant');
      if (key === '') return w(`none.${by}`);
      if (by === 'agent') return name === null ? ownName(key) : `${name} ${ownName(key)}`;
      if (by === 'disposition') return label(t, 'disposition', key);
      return by === 'queue' ? queueName(key) : (name ?? key);
    },
    [by, names, queueName, t, w],
  );
}

/** Subjects that have keys: of the tenant there is one. */
export const hasKeys = (by: Subject): boolean => by !== 'tenant';

/** `28 Nov, 09:00–09:30` on the clocks of the zone; of a day or a month no clock. */
export function useIntervalName(interval: ReportInterval, timeZone: string): (startMs: number, endMs: number | null) => string {
  const locale = languageNow() === 'zh' ? 'zh-CN' : 'en-GB';
  return useMemo(() => {
    const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { timeZone, ...options });
    if (interval === 'month') {
      const month = format({ year: 'numeric', month: 'short' });
      return (start) => month.format(start);
    }
    const day = format({ month: 'short', day: 'numeric', weekday: 'short' });
    if (interval === 'day') return (start) => day.format(start);
    const full = format({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false });
    const clock = format({ hour: '2-digit', minute: '2-digit', hour12: false });
    const endOf = interval === 'total' ? full : clock;
    return (start, end) => (end === null ? full.format(start) : `${full.format(start)}–${endOf.format(end)}`);
  }, [interval, timeZone, locale]);
}
