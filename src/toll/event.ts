/** What happens on the account of those who have us call numbers outside. In the journal, so that a restart forgives nobody. */
import type { CallId, LegId, TenantId, UserId } from '../../kernel/ids.ts';
import type { DialAccount } from '../call/command.ts';
import type { Location } from '../call/location.ts';
import type { BlockCause } from './alarm.ts';
import type { Caps, DestinationKind, Rate, Refusal } from './policy.ts';

interface OnAccount {
  tenantId: TenantId;
  account: DialAccount;
}

export type TollEvent =
  /** A leg of ours goes to a number outside. `caps` and `rate`: the rules it began under. `help`: it goes to an emergency service, from there. */
  | ({
      type: 'outsideDialled';
      callId: CallId;
      legId: LegId;
      kind: DestinationKind;
      country: string | null;
      caps: Caps;
      rate?: Pick<Rate, 'perMinute' | 'perCall'>;
      blockHours: number;
      help?: { number: string; location: Location | null };
    } & OnAccount)
  | ({ type: 'outsideRefused'; callId: CallId; legId: LegId; kind: DestinationKind; country: string | null; why: Refusal; blockHours: number } & OnAccount)
  /** Established by the toll room: nothing goes out on this account until then (ms since 1970), and what was out is cut. */
  | ({ type: 'tollBlocked'; why: BlockCause; until: number } & OnAccount)
  | ({ type: 'tollLifted'; by: UserId } & OnAccount);
