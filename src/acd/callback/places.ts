/**
 * Callbacks: a caller hangs up and the place in the line stays. What stands there is a call of ours, one for each try, that has no leg yet.
 *
 *   held ──its time has come──▶ standing ──an agent is offered it──▶ on the phone ──the two talked──▶ ended
 *    ▲ │                           │ ▲  (customer first: dialled ahead, then standing again)   │
 *    │ └── too old, cancelled ─────┴─┼─────────────────────────────────▶ ended                 │
 *    └──────── nobody answered: after a while, in the same place ◀─────────────────────────────┘
 */
import { asId, type CallbackId, type CallId, type QueueId } from '../../../kernel/ids.ts';
import type { EndingCause } from '../../call/ending.ts';
import type { CallbackEnd, CallbackRefusal } from '../../call/event.ts';
import { look, placeOf } from '../estimate/estimate.ts';
import { type Call, type Floor, type Moment, newCall, type Queue, type Waiting } from '../floor.ts';
import { leave } from '../offers.ts';
import { enter, stand, stepOut } from '../waiting.ts';
import { announce } from './announce.ts';
import { type Asked, type Booked, type Callback, callbackOf, expiresAt, keyOf, rulesOf } from './callback.ts';
import { windowAt } from './rules.ts';

/** Of all tenants. */
const MOST_CALLBACKS = 20_000;
/** A callback that was taken up so often and never dialled circles. */
const MOST_TRIES = 50;
/** Customers answer within this time or so, and an agent is free as soon. */
const AHEAD_MS = 15_000;
/** How often one whose turn may come is looked at. */
const LOOK_MS = 2_000;
/** An agent hung up before the customer could answer: the next one gets it, but not at once. */
const BREATH_MS = 5_000;

/** What a try that came to nothing says of the customer's phone; null = nothing, it was ours. */
const endOfCause: Partial<Record<EndingCause, CallbackEnd>> = {
  no_answer: 'no_answer',
  busy: 'busy',
  rejected: 'rejected',
  unreachable: 'network',
  not_found: 'network',
  congestion: 'network',
  incompatible_media: 'network',
  sip_failure: 'network',
  not_allowed: 'not_allowed',
};

export function ask(m: Moment, asked: Asked): void {
  const { callId, queueId } = asked;
  const call = m.floor.calls.get(callId);
  const why = refusal(m.floor, call, asked);
  if (why !== null || call === undefined) m.events.push({ type: 'callbackRefused', callId, queueId, why: why ?? 'not_offered' });
  else place(m, call, asked);
}

const refusal = (floor: Floor, call: Call | undefined, { queueId, number }: Asked): CallbackRefusal | null =>
  call === undefined ? 'not_offered' : refusalOf(floor, { tenantId: call.tenantId, queueId, number });

export function refusalOf(floor: Floor, { tenantId, queueId, number }: Pick<Callback, 'tenantId' | 'queueId' | 'number'>): CallbackRefusal | null {
  if (rulesOf(floor, queueId) === undefined) return 'not_offered';
  if (floor.callbackOfNumber.has(keyOf(tenantId, number))) return 'already';
  return floor.callbacks.size >= MOST_CALLBACKS ? 'full' : null;
}

function place(m: Moment, call: Call, asked: Asked): void {
  const { floor, now } = m;
  const { type: _, callId: of, ...wish } = asked;
  if (call.waiting !== null) leave(m, call.waiting, 'transferred');
  if (call.placedAt === null) {
    floor.seq += 1;
    call.placedAt = now;
    call.placeSeq = floor.seq;
  }
  const callbackId = asId<CallbackId>(`${of}-b`);
  const { tenantId, placedAt, placeSeq } = call;
  // There is one place, and it is the callback's now.
  call.placedAt = null;
  keep(m, { ...wish, callbackId, of, tenantId, askedAt: now, placedAt, placeSeq, ...untried(of, now) });
}

const untried = (callId: CallId, notBefore: number) => ({
  ...{ attempts: 0, serial: 0, callId, announced: false, dialled: false, reached: false, served: false, notBefore },
});

/** By an agent, for later perhaps: its place is that of one who comes now, and the call it was booked in goes on. */
export function book(m: Moment, booked: Booked): void {
  const { floor, now } = m;
  const { type: _, callId: of, notBefore, notAfter, ...wish } = booked;
  const why = refusalOf(floor, wish);
  if (why !== null) {
    m.events.push({ type: 'callbackRefused', callId: of, queueId: wish.queueId, why });
    return;
  }
  floor.seq += 1;
  const from = Math.max(now, notBefore ?? now);
  const until = notAfter ?? from + (rulesOf(floor, wish.queueId)?.keepMs ?? 0);
  keep(m, { ...wish, of, askedAt: now, placedAt: now, placeSeq: floor.seq, notAfter: until, ...untried(of, from) });
}

function keep(m: Moment, callback: Callback): void {
  const { callbackId, tenantId, number, of, queueId, by } = callback;
  m.floor.callbacks.set(callbackId, callback);
  m.floor.callbackOfNumber.set(keyOf(tenantId, number), callbackId);
  m.events.push({ type: 'callbackPlaced', callId: of, callbackId, queueId, number, ...(by === undefined ? {} : { by }) });
  lineUp(m, callback);
}

/** In its place again, as a new call. */
export function lineUp(m: Moment, callback: Callback): void {
  const { floor } = m;
  const queue = floor.queues.get(callback.queueId);
  if (rulesOf(floor, callback.queueId) === undefined || queue === undefined) end(m, callback, 'queue_gone');
  else if (callback.serial >= MOST_TRIES) end(m, callback, 'network');
  else standAnew(m, callback, queue);
}

function standAnew(m: Moment, callback: Callback, queue: Queue): void {
  callback.serial += 1;
  const callId = asId<CallId>(`${callback.callbackId}${callback.serial}`);
  Object.assign(callback, { callId, announced: false, dialled: false, reached: false, served: false });
  const { tenantId, number, placedAt, placeSeq, callbackId, priority, skills } = callback;
  const call: Call = { ...newCall(callId, tenantId, null, { number }), placedAt, placeSeq, callback: callbackId };
  m.floor.calls.set(callId, call);
  enter(m, call, queue, { queueId: callback.queueId, priority, skills, maxWaitMs: null });
  m.arrived = null;
  if (call.waiting !== null) lookAgain(m, call.waiting, callback);
}

/** Its time has come, or is over for today: true when it was a callback that stands there. */
export function due(m: Moment, waiting: Waiting): boolean {
  const callback = callbackOf(m.floor, waiting.call);
  if (callback === undefined) return false;
  lookAgain(m, waiting, callback);
  return true;
}

/** Stands or is held, as the rules have it now, and until when that stays so. */
function lookAgain(m: Moment, waiting: Waiting, callback: Callback): void {
  const { floor, now } = m;
  const rules = rulesOf(floor, callback.queueId);
  const expires = rules === undefined ? now : expiresAt(callback, rules);
  if (rules === undefined || now >= expires) {
    end(m, callback, rules === undefined ? 'queue_gone' : 'expired');
    return;
  }
  const { open: inWindow, until } = windowAt(rules, Math.max(now, callback.notBefore));
  // While the queue or the house is closed nobody knows for how long: it is looked at again when it opens.
  const open = inWindow && waiting.queue.state === 'open' && !floor.intakeShut;
  const isDue = open && callback.notBefore <= now;
  const next = Math.min(expires, (callback.notBefore > now && open ? callback.notBefore : until) ?? expires);
  if (callback.dialled) hold(floor, waiting, !callback.reached, expires);
  else if (rules.first === 'agent' || !isDue) hold(floor, waiting, !isDue, next);
  else if (isSoon(m, waiting)) dialAhead(m, waiting, callback, expires);
  else hold(floor, waiting, true, Math.min(next, now + LOOK_MS));
}

/** Stands (`held` false) or is held, and is looked at again then. */
function hold(floor: Floor, waiting: Waiting, held: boolean, until: number): void {
  stepOut(floor, waiting);
  waiting.held = held;
  waiting.leaveAt = until;
  stand(floor, waiting);
}

/**
 * An agent is predicted free for this very place by the time the customer answers. Whoever stands before, in the air or on the line, counts in
 * it, so that no more are dialled than agents come free.
 */
function isSoon(m: Moment, waiting: Waiting): boolean {
  const { queue } = waiting;
  const expected = look(m, queue, placeOf(queue, waiting));
  return expected !== null && expected.p50Ms <= AHEAD_MS;
}

function dialAhead(m: Moment, waiting: Waiting, callback: Callback, expires: number): void {
  callback.dialled = true;
  announce(m, waiting.call);
  hold(m.floor, waiting, true, expires);
}

/** Our own word about a call that stands there already. */
export const isOwnWord = (call: Call | undefined, queueId: QueueId): boolean =>
  call?.callback !== undefined && call.waiting?.queue.configuration.queueId === queueId && !call.callerGone;

/** Somebody answered: the customer, or (`served`) an agent. */
export function answered(m: Moment, call: Call | undefined, by: 'customer' | 'agent'): void {
  const callback = callbackOf(m.floor, call);
  if (callback === undefined) return;
  if (by === 'agent') callback.served = true;
  else {
    callback.reached = true;
    if (call?.waiting != null && callback.dialled) lookAgain(m, call.waiting, callback);
  }
}

/** A call that stood for a callback is over. */
export function tryOver(m: Moment, call: Call, cause: EndingCause): void {
  const callback = callbackOf(m.floor, call);
  if (callback === undefined || callback.callId !== call.callId) return;
  if (callback.reached) end(m, callback, callback.served ? 'served' : 'abandoned');
  else tryAgain(m, callback, endOfCause[cause]);
}

/** `why` undefined: the try says nothing of the customer, and does not count. */
function tryAgain(m: Moment, callback: Callback, why: CallbackEnd | undefined): void {
  const { attempts = 0, retryMs = 0 } = rulesOf(m.floor, callback.queueId) ?? {};
  if (why !== undefined) callback.attempts += 1;
  if (why === 'not_allowed' || (why !== undefined && callback.attempts >= attempts)) end(m, callback, why);
  else {
    callback.notBefore = m.now + (why === undefined ? BREATH_MS : retryMs);
    lineUp(m, callback);
  }
}

/** Asked for by somebody of the house, or made needless by the customer. One whose agent has answered goes on. */
export function cancel(m: Moment, callbackId: CallbackId, why: 'cancelled' | 'called_again'): void {
  const callback = m.floor.callbacks.get(callbackId);
  if (callback !== undefined && isWaiting(m.floor, callback)) end(m, callback, why);
}

const isWaiting = ({ calls }: Floor, { callId, reached }: Callback): boolean => !reached && calls.get(callId)?.waiting != null;

/** A customer whose callback still stands has called again: the place is taken, and nobody calls back any more. */
export function takePlace(m: Moment, call: Call, queueId: QueueId): void {
  const callbackId = call.callback === undefined ? m.floor.callbackOfNumber.get(keyOf(call.tenantId, call.from.number)) : undefined;
  const callback = callbackId === undefined ? undefined : m.floor.callbacks.get(callbackId);
  if (callback === undefined || callback.queueId !== queueId || !isWaiting(m.floor, callback)) return;
  if (call.placedAt === null || call.placedAt > callback.placedAt) Object.assign(call, { placedAt: callback.placedAt, placeSeq: callback.placeSeq });
  cancel(m, callback.callbackId, 'called_again');
}

/** The queue is gone, or callbacks are not made any more. */
export function sweep(m: Moment, queueId: QueueId): void {
  for (const callback of m.floor.callbacks.values()) {
    const waiting = m.floor.calls.get(callback.callId)?.waiting;
    if (callback.queueId !== queueId || waiting == null) continue;
    if (waiting.call.ringing.size === 0) lookAgain(m, waiting, callback);
  }
}

/** Calls did not outlive the restart; places do. Whose customer was reached has been called back. */
export function afterRestart(m: Moment): void {
  for (const callback of [...m.floor.callbacks.values()]) {
    if (callback.reached) end(m, callback, callback.served ? 'served' : 'abandoned');
    else lineUp(m, callback);
  }
}

/** The one way out. */
function end(m: Moment, callback: Callback, why: CallbackEnd): void {
  const { callbackId, callId, announced, of, queueId } = callback;
  const call = m.floor.calls.get(callId);
  forget(m.floor, callback);
  if (call !== undefined) delete call.callback;
  if (call?.waiting != null) leave(m, call.waiting, 'ended');
  if (!announced) m.floor.calls.delete(callId);
  m.events.push({ type: 'callbackEnded', callbackId, callId, of, queueId, end: why });
}

function forget({ callbacks, callbackOfNumber }: Floor, { callbackId, tenantId, number }: Callback): void {
  callbacks.delete(callbackId);
  callbackOfNumber.delete(keyOf(tenantId, number));
}
