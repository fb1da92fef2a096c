/** Names of things that come from the server: ours where we have one, else as they came. */
import type { TFunction } from 'i18next';
import i18next from 'i18next';
import type { Language } from './language.ts';

type Table =
  | 'tier'
  | 'step'
  | 'ticketStatus'
  | 'reason'
  | 'state'
  | 'activity'
  | 'auth'
  | 'need'
  | 'spoken'
  | 'disposition'
  | 'errors'
  | 'channel'
  | 'dataName'
  | 'formName'
  | 'topic'
  | 'cause'
  | 'comparator'
  | 'queueStands'
  | 'staffing'
  | 'daySeries'
  | 'superviseMode'
  | 'queueExit'
  | 'offerEnd'
  | 'surveyEnd'
  | 'surveyReason';

export function label(t: TFunction, table: Table, name: string | number): string {
  const key = `${table}.${name}`;
  return i18next.exists(key) ? (t as (key: string) => string)(key) : String(name);
}

export const languageNow = (): Language => (i18next.language === 'zh' ? 'zh' : 'en');

/**
 * `flow/step` of the dialplan as a trail a person reads: each flow she came through, and within it the steps that have a
 * name of their own (a password asked, a bill read aloud). Menus, lookups and queues go by the flow they are in.
 */
export function trail(t: TFunction, ivrPath: readonly string[]): string[] {
  const words: string[] = [];
  let flowBefore = '';
  for (const passed of ivrPath) {
    const [flow = '', step = ''] = passed.split('/');
    if (flow !== flowBefore) words.push(label(t, 'step', flow).replaceAll(/[-_]/g, ' '));
    if (step !== flow && i18next.exists(`step.${step}`)) words.push(label(t, 'step', step));
    flowBefore = flow;
  }
  return words.filter((word, at) => word !== words[at - 1]);
}

/** How an earlier contact went: `<outcome>: <notes>`, or how the call ended where nobody wrote anything; names of ours become words. */
export function shownSummary(t: TFunction, summary: string): string {
  const [, name = '', rest = ''] = /^(\w+)(: .*)?$/s.exec(summary) ?? [];
  if (i18next.exists(`disposition.${name}`)) return `${label(t, 'disposition', name)}${rest}`;
  return rest === '' && i18next.exists(`cause.${name}`) ? label(t, 'cause', name) : summary;
}

/** `demo:8001` → `8001`: within a tenant its name goes without saying. */
export const ownName = (id: string): string => id.slice(id.indexOf(':') + 1);

/** `+8613800001001` → `138 0000 1001`, its middle hidden unless `whole`; short and foreign numbers as they are. */
export function shownNumber(number: string, whole: boolean): string {
  const mobile = /^(?:\+?86)?(1[3-9]\d)(\d{4})(\d{4})$/.exec(number);
  if (mobile === null) return number;
  const [, head, middle, tail] = mobile;
  return `${head} ${whole ? middle : '****'} ${tail}`;
}

const locale = (): string => (languageNow() === 'zh' ? 'zh-CN' : 'en-GB');

/** Day and time in this machine's zone. */
export function shownTime(iso: string): string {
  return new Intl.DateTimeFormat(locale(), { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false }).format(new Date(iso));
}

/** As short as it is clear: `18:00` today, `Mon 09:00` within the week, else with its date. */
export function shownSoon(iso: string, now: number): string {
  const at = new Date(iso);
  const days = (at.getTime() - now) / 86_400_000;
  if (days > 6) return shownTime(iso);
  const clock = new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', hour12: false }).format(at);
  const isToday = at.toDateString() === new Date(now).toDateString();
  return isToday ? clock : `${new Intl.DateTimeFormat(locale(), { weekday: 'short' }).format(at)} ${clock}`;
}

export const zoneName = (): string => {
  const parts = new Intl.DateTimeFormat(locale(), { timeZoneName: 'short' }).formatToParts(new Date());
  const short = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
  return `${Intl.DateTimeFormat().resolvedOptions().timeZone} (${short})`;
};
