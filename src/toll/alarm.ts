/** What a supervisor must know of at once: somebody calls for help, or an account was blocked. */
import type { CallId, TenantId } from '../../kernel/ids.ts';
import type { DialAccount } from '../call/command.ts';
import type { Location } from '../call/location.ts';
import type { TollEvent } from './event.ts';

/** Why an account is blocked: it went on after being refused, or its minutes or its money are spent. */
export type BlockCause = 'refusals' | 'minutes' | 'money';

export type TollAlarm = { at: number } & (
  | { what: 'emergency'; account: DialAccount; callId: CallId; number: string; location: Location | null }
  | { what: 'blocked'; account: DialAccount; why: BlockCause; until: number }
);

/** null: nothing to be alarmed about. */
export function alarmIn(event: { type: string } | TollEvent, at: number): { tenantId: TenantId; alarm: TollAlarm } | null {
  const heard = event as TollEvent;
  if (heard.type === 'tollBlocked') {
    const { tenantId, account, why, until } = heard;
    return { tenantId, alarm: { at, what: 'blocked', account, why, until } };
  }
  if (heard.type !== 'outsideDialled' || heard.help === undefined) return null;
  const { tenantId, account, callId, help } = heard;
  return { tenantId, alarm: { at, what: 'emergency', account, callId, ...help } };
}
