/** A callback that an agent books for a customer: into which queue, when, and what is to be known of it. */
import { type AgentId, asId, type CallbackId, type CallId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import type { AcdView } from '../acd/view.ts';
import type { Call, CallsView } from '../call/call.ts';
import type { CallbackRefusal, CallData, Party } from '../call/event.ts';
import { LONGEST_AHEAD_MS } from './dialling.ts';
import type { CtiErrorCode } from './errors.ts';
import type { Outcome } from './obey.ts';
import type { DeskMessageOf } from './protocol.ts';

export interface Booking {
  acd: AcdView;
  calls: CallsView;
  newCallId(): CallId;
  /** ms since 1970 */
  now(): number;
  /** How a number is written that may be called back; null = it may not. */
  numberToCallBack(tenantId: TenantId, wished: string): string | null;
}

const codeOf: Record<CallbackRefusal, CtiErrorCode> = {
  not_offered: 'no_callbacks',
  already: 'callback_exists',
  full: 'callback_full',
  not_allowed: 'not_callable',
  no_number: 'bad_number',
};

/** `callId` '': she has no call, and names the number. */
export function requestCallback(
  { data }: DeskMessageOf<'requestCallback'>,
  { agentId, callId }: { agentId: AgentId; callId: CallId },
  house: Booking,
): Outcome {
  const agent = house.acd.agent(agentId);
  if (agent === undefined) return { ok: false, code: 'no_desk' };
  const { tenantId } = agent;
  const call = house.calls.get(callId);
  const wished = data.number ?? (call === undefined ? undefined : customerOf(call).number);
  if (wished === undefined) return { ok: false, code: 'no_call' };
  if (wished === '') return { ok: false, code: 'bad_number' };
  const queueId = queueIdOf(tenantId, data.queue);
  if (house.acd.queue(queueId)?.tenantId !== tenantId) return { ok: false, code: 'unknown_queue' };
  const window = windowOf(data, house.now());
  if (window === null) return { ok: false, code: 'bad_window' };
  const number = house.numberToCallBack(tenantId, wished);
  if (number === null) return { ok: false, code: 'not_callable' };
  const why = house.acd.callbackRefusal({ tenantId, queueId, number });
  if (why !== null) return { ok: false, code: codeOf[why] };
  const own = house.newCallId();
  const of = call?.callId ?? own;
  const booked = { callId: of, callbackId: asId<CallbackId>(`${own}-b`), tenantId, by: agentId, queueId, number, ...window };
  return { ok: true, events: [{ type: 'callbackBooked', ...booked, ...knownOf(call, agent), data: dataOf(call, data.note), priority: 0, skills: [] }] };
}

/** Whom the call is about: who called, or whom we called. */
const customerOf = ({ caller }: Call): Party => caller;

const knownOf = (call: Call | undefined, { number }: { number: string }) => ({
  // What the customer dialled shows where the callback comes from.
  callee: call === undefined || call.outbound !== null ? { number, raw: number } : call.callee,
  language: call?.language ?? ('zh' as const),
});

const dataOf = (call: Call | undefined, note: string | undefined): CallData => ({ ...call?.data, ...(note === undefined ? {} : { callback_note: note }) });

/** null: it ends before it begins, or is over, or too far ahead. */
function windowOf({ notBefore, notAfter }: { notBefore?: string | undefined; notAfter?: string | undefined }, now: number) {
  const from = notBefore === undefined ? null : Date.parse(notBefore);
  const until = notAfter === undefined ? null : Date.parse(notAfter);
  if ((from ?? 0) > now + LONGEST_AHEAD_MS || (until ?? 0) > now + LONGEST_AHEAD_MS) return null;
  if (until !== null && until <= Math.max(now, from ?? now)) return null;
  return { notBefore: from, notAfter: until };
}
