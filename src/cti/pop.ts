/** What one agent's desk holds of her call, and how it is shown. */

import type { CallId, LegId, OfferId, QueueId } from '../../kernel/ids.ts';
import type { QueueView } from '../acd/view.ts';
import type { Call } from '../call/call.ts';
import { mayRecord } from '../call/consent.ts';
import { pausedUntil } from '../call/pausing.ts';
import type { DeskCall, Pop } from './protocol.ts';

export interface DeskRecord {
  callId: CallId;
  legId: LegId;
  offerId: OfferId | null;
  queueId: QueueId | null;
  recorded: boolean;
  ringUntil: number | null;
  phase: DeskCall['phase'];
  phaseSince: number;
  establishedAt: number | null;
  audio: DeskCall['audio'];
  /** A blind transfer of hers is under way; the caller may yet come back. */
  transferring: boolean;
  /** Nobody hears her; absent = that was never asked. */
  muted?: boolean;
  /** Whom we call rings; absent = not yet, or it is no such call. */
  ringing?: true;
  /** Whether one of the phones that ring can be told to go off-hook; absent = as those she has registered said. */
  pickable?: boolean;
  /** Who asked her in, as long as the customer is not hers. */
  askedBy?: NonNullable<Pop['askedBy']>;
  /** As last shown: what is left to show when the call itself is forgotten. */
  pop: Pop | null;
}

/** Nobody hears her yet. */
export const isBefore = ({ phase }: Pick<DeskRecord, 'phase'>): boolean => phase === 'offered' || phase === 'calling';

export const iso = (ms: number): string => new Date(ms).toISOString();
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

type QueueOf = (queueId: QueueId) => QueueView | undefined;

/** It is a colleague who calls, and this is not her own leg. */
const isCalled = ({ outbound, legs }: Call, legId: LegId): boolean => outbound?.target.kind === 'agent' && legs.get(legId)?.agentId !== outbound.by;

const partiesOf = ({ caller, callee }: Call, called: boolean): Pick<Pop, 'caller' | 'callee'> =>
  called ? { caller: shown(callee), callee: shown(caller) } : { caller: shown(caller), callee: shown(callee) };

/** Everything about the call that an agent should see before her first word. */
export function popOf(call: Call, record: DeskRecord, queueOf: QueueOf): Pop {
  const { customer } = call;
  const queue = record.queueId === null ? undefined : queueOf(record.queueId);
  return {
    callId: call.callId,
    offerId: record.offerId,
    legId: record.legId,
    arrivedAt: iso(call.arrivedAt),
    ...partiesOf(call, isCalled(call, record.legId)),
    queue: queue === undefined ? null : { queueId: queue.queueId, name: queue.configuration.name },
    customer,
    tier: customer?.tier ?? null,
    language: call.language,
    specialNeeds: customer?.specialNeeds ?? [],
    openTickets: customer?.openTickets ?? [],
    recentContacts: customer?.recentContacts ?? [],
    authLevel: call.authLevel,
    ivrPath: [...call.ivrPath],
    data: { ...call.data },
    recorded: record.recorded && mayRecord(call),
    ...unrecordedOf(call, record),
    recordingPausedUntil: isoOrNull(pausedUntil(call)),
    recordingPausedBy: [...call.pauses.keys()],
    ringUntil: isoOrNull(record.ringUntil),
    ...callbackOf(call),
    ...outboundOf(call, isCalled(call, record.legId)),
    ...(record.askedBy === undefined ? {} : { askedBy: record.askedBy }),
    ...overflowOf(call, queueOf),
  };
}

function unrecordedOf(call: Call, { recorded }: DeskRecord): Pick<Pop, 'unrecorded'> {
  if (!recorded || mayRecord(call)) return {};
  return { unrecorded: call.consent === 'refused' ? 'refused' : call.consentNeed === 'given' ? 'not_agreed' : 'not_announced' };
}

function callbackOf({ callback }: Call): Pick<Pop, 'callback'> {
  if (callback === null) return {};
  const { of, askedAt, attempt, first } = callback;
  return { callback: { of, askedAt: iso(askedAt), attempt, first } };
}

function outboundOf({ outbound, callee }: Call, called: boolean): Pick<Pop, 'outbound'> {
  return outbound === null || called ? {} : { outbound: { number: callee.number, name: callee.name ?? null } };
}

function overflowOf({ overflows }: Call, queueOf: QueueOf): Pick<Pop, 'overflow'> {
  if (overflows === undefined) return {};
  return {
    overflow: overflows.map(({ queueId, step, at, alsoWaits }) => ({ queue: { queueId, name: nameOf(queueId, queueOf) }, step, at: iso(at), alsoWaits })),
  };
}

/** A queue that is gone goes by the last part of its id. */
function nameOf(queueId: QueueId, queueOf: QueueOf): { zh: string; en: string } {
  const own = queueId.slice(queueId.indexOf(':') + 1);
  return queueOf(queueId)?.configuration.name ?? { zh: own, en: own };
}

const shown = (party: Call['caller']): Pop['caller'] => (party.name === undefined ? { number: party.number } : { number: party.number, name: party.name });
