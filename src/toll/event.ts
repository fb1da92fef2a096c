/** What happens on the account of those who have us call numbers outside. In the journal, so that a restart forgives nobody. */
import type { CallId, LegId, TenantId, UserId } from '../../kernel/ids.ts';
import type { DialAccount } from '../call/command.ts';
import type { Caps, DestinationKind, Refusal } from './policy.ts';

interface OnAccount {
  tenantId: TenantId;
  account: DialAccount;
}

export type TollEvent =
  /** A leg of ours goes to a number outside. `caps`: the rules it began under. */
  | ({ type: 'outsideDialled'; callId: CallId; legId: LegId; kind: DestinationKind; country: string | null; caps: Caps; blockHours: number } & OnAccount)
  | ({ type: 'outsideRefused'; callId: CallId; legId: LegId; kind: DestinationKind; country: string | null; why: Refusal; blockHours: number } & OnAccount)
  /** Established by the toll room: nothing goes out on this account until then (ms since 1970), and what was out is cut. */
  | ({ type: 'tollBlocked'; why: 'refusals' | 'minutes'; until: number } & OnAccount)
  | ({ type: 'tollLifted'; by: UserId } & OnAccount);
