/** A callback: what is known of it, who may see it. */
import type { AgentId, CallbackId, CallId, QueueId, TenantId } from '../../../kernel/ids.ts';
import type { CallEvent } from '../../call/event.ts';
import type { Call, Floor, Queue } from '../floor.ts';
import type { CallbackView } from '../view.ts';
import { type WholeRules, wholeRules, windowAt } from './rules.ts';

export type Asked = Extract<CallEvent, { type: 'callbackAsked' }>;
export type Booked = Extract<CallEvent, { type: 'callbackBooked' }>;

export interface Callback extends Pick<Asked, 'queueId' | 'number' | 'priority' | 'skills' | 'language' | 'data' | 'callee'> {
  callbackId: CallbackId;
  /** The call in which it was asked for. */
  of: CallId;
  tenantId: TenantId;
  /** ms since 1970 */
  askedAt: number;
  /** The place it keeps. */
  placedAt: number;
  placeSeq: number;
  /** Tries that came to nothing. */
  attempts: number;
  /** Number of the call that stands for it now. */
  serial: number;
  callId: CallId;
  /** The others have heard of that call. */
  announced: boolean;
  /** Its customer was dialled ahead of an agent. */
  dialled: boolean;
  /** Its customer answered; an agent did. */
  reached: boolean;
  served: boolean;
  /** Not to be dialled before; ms since 1970. */
  notBefore: number;
  /** Nor after; absent = as long as the queue keeps it. */
  notAfter?: number;
  /** The agent who booked it; absent = the caller asked for it. */
  by?: AgentId;
}

export const keyOf = (tenantId: TenantId, number: string): string => `${tenantId} ${number}`;

export const callbackOf = (floor: Floor, call: Call | undefined): Callback | undefined =>
  call?.callback === undefined ? undefined : floor.callbacks.get(call.callback);

/** undefined = the queue calls nobody back, or is gone. */
export function rulesOf(floor: Floor, queueId: QueueId): WholeRules | undefined {
  const queue = floor.queues.get(queueId);
  const rules = queue === undefined || queue.removed ? undefined : queue.configuration.callback;
  return rules === undefined ? undefined : wholeRules(rules);
}

/** When it is given up. */
export const expiresAt = ({ notAfter, askedAt }: Callback, { keepMs }: Pick<WholeRules, 'keepMs'>): number => notAfter ?? askedAt + keepMs;

/** Out of a snapshot. */
export function restoreCallback({ callbacks, callbackOfNumber }: Floor, callback: Callback): void {
  callbacks.set(callback.callbackId, callback);
  callbackOfNumber.set(keyOf(callback.tenantId, callback.number), callback.callbackId);
}

const MOST_SHOWN = 1_000;

/** Of a tenant, in the order in which they were asked for. */
export function callbacksOf(floor: Floor, tenantId: TenantId): CallbackView[] {
  const shown: CallbackView[] = [];
  for (const callback of floor.callbacks.values()) {
    if (callback.tenantId !== tenantId) continue;
    if (shown.length === MOST_SHOWN) break;
    shown.push(viewOf(floor, callback));
  }
  return shown;
}

function viewOf(floor: Floor, callback: Callback): CallbackView {
  const { callbackId, of, tenantId, number, queueId, askedAt, placedAt, attempts, dialled, reached, announced, callId } = callback;
  const call = floor.calls.get(callId);
  const waiting = call?.waiting ?? null;
  const standing = waiting?.held === true ? 'held' : (call?.ringing.size ?? 0) > 0 ? 'offered' : 'waiting';
  const state = waiting !== null && (!dialled || reached) ? standing : reached ? 'talking' : 'dialling';
  const dueAt = waiting?.held === true && !dialled ? dueFrom(floor, callback, waiting.queue) : null;
  const booked = { bookedBy: callback.by ?? null, notAfter: callback.notAfter ?? null, note: callback.data.callback_note ?? null };
  return { callbackId, of, tenantId, number, queueId, askedAt, placedAt, attempts, state, dueAt, callId: announced ? callId : null, ...booked };
}

/** Its next try or the opening of its window, whichever is later; null = its turn alone is waited for, or that the queue opens. */
function dueFrom({ toldAt, intakeShut }: Floor, { notBefore }: Callback, { state, configuration: { callback: rules } }: Queue): number | null {
  if (state !== 'open' || intakeShut || rules === undefined) return null;
  const soonest = Math.max(toldAt, notBefore);
  const { open, until } = windowAt(rules, soonest);
  if (!open) return until;
  return soonest > toldAt ? soonest : null;
}
