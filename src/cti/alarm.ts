/** An alarm of the toll room as a supervisor's desk is told it. */
import type { TollAlarm } from '../toll/alarm.ts';
import type { DeskNews } from './event.ts';
import { iso } from './pop.ts';

export function alarmForDesk(alarm: TollAlarm): Extract<DeskNews, { type: 'alarm' }>['data'] {
  const { account, what } = alarm;
  const said = { at: iso(alarm.at), what, account };
  if (alarm.what === 'blocked') return { ...said, callId: null, number: null, address: null, why: alarm.why, until: iso(alarm.until) };
  return { ...said, callId: alarm.callId, number: alarm.number, address: alarm.location?.address ?? null, why: null, until: null };
}
