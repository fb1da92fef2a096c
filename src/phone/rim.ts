/** What the parts of the phone rim share. Made once, in `phone.ts`. */
import type { Clock } from '../../kernel/clock.ts';
import type { AgentId, CallId, LegId, TenantId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { MediaServer } from '../../media/port.ts';
import type { CallsView } from '../call/call.ts';
import type { Directory } from '../tenants/directory.ts';
import type { TollView } from '../toll/room.ts';
import type { Event } from '../vocabulary.ts';
import type { Authenticator } from './authenticate.ts';
import type { Bindings } from './bindings.ts';
import type { SipAgent } from './srf.ts';
import type { Standby } from './standby.ts';
import type { CallerVerifier } from './stir/verify.ts';
import type { FailureThrottle } from './throttle.ts';
import type { Trunks } from './trunk/trunks.ts';

export interface Rim {
  /** The agent of the connection that stands now. */
  readonly sip: SipAgent;
  clock: Clock;
  log: Logger;
  /** At most 100 lines a second of a kind: for what strangers can cause. */
  warn: (kind: string, fields: object) => void;
  take: (event: Event) => void;
  media: MediaServer;
  directory: Directory;
  calls: CallsView;
  authenticator: Authenticator;
  bindings: Bindings;
  trunks: Trunks;
  /** Who may dial what outside. */
  toll: TollView;
  /** How often strangers asked for a call in vain. */
  probes: FailureThrottle;
  /** Host part of the URIs we write. */
  publicAddress: string;
  /** Whether carriers' signatures on callers' numbers are looked at. */
  callerVerifier: CallerVerifier | null;
  /** Whether the host of a URI means this house. */
  isOurs: (host: string) => boolean;
  newCallId: () => CallId;
  /** Whether calls of this tenant may be taken as far as recording goes: false while one must be recorded and cannot be. */
  recordable: (tenantId: TenantId) => boolean;
  legs: LegsView;
  /** Endpoints for those who have waited longest. */
  standby: Standby;
  /** A key came by signalling. */
  pressed: (legId: LegId, key: string) => void;
  /** Told by each leg as it ends. */
  forget: (legId: LegId) => void;
  /** Something of ours threw in what is this leg's own (A13): while its phones are being rung the leg ends, else its call. */
  broke: (legId: LegId, error: unknown) => void;
}

/** What others than the switchboard call for a leg (dialogs, timers): whatever is thrown or rejected in it is that leg's alone. */
export const guarded =
  <A extends unknown[]>(rim: Pick<Rim, 'broke'>, { legId }: Pick<DialogLeg, 'legId'>, handle: (...args: A) => unknown): ((...args: A) => void) =>
  (...args) => {
    try {
      const doing = handle(...args);
      if (doing instanceof Promise) doing.catch((error: unknown) => rim.broke(legId, error));
    } catch (error) {
      rim.broke(legId, error);
    }
  };

/** What the parts of the rim may ask about its legs. */
export interface LegsView {
  get(legId: LegId): DialogLeg | undefined;
  bySipCall(sipCallId: string): DialogLeg | undefined;
  /** A dialog of this Call-ID was ours and is over. */
  endedLately(sipCallId: string): boolean;
  ofAgent(agentId: AgentId): readonly DialogLeg[];
  named(legId: LegId, sipCallId: string): void;
  /** It rings, or stands. */
  changed(legId: LegId): void;
}

/** Whose leg it is decides what it may ask for: only agents transfer. */
export type LegOwner = { is: 'outside' } | { is: 'agent'; agentId: AgentId };

/** One SIP dialog as RFC 3891 names it; null tags are not known (yet). */
export interface DialogName {
  sipCallId: string;
  localTag: string | null;
  remoteTag: string | null;
  state: 'early' | 'confirmed';
  /** Whose INVITE it began with. */
  initiator: 'us' | 'them';
}

/** What the handlers of a dialog see of its leg. */
export interface DialogLeg {
  readonly callId: CallId;
  readonly legId: LegId;
  readonly owner: LegOwner;
  readonly ended: boolean;
  /** Before it stands: whether it rings. */
  readonly rings: boolean;
  /** The SIP dialogs (or attempts) it has. */
  readonly dialogs: readonly DialogName[];
  /** Only legs of one group can be joined. */
  readonly mediaGroup: string;
}

/** Silence of a talking party after which the media server reports it (faults: a phone that vanished in mid-call). */
export const MEDIA_TIMEOUT_MS = 30_000;
