/**
 * A call of ours to a customer who asked to be called back. Leg 0 is the customer's, and has no dialog until it is dialled: when the agent has
 * answered (she hears it ring), or ahead of her; who answers then hears music until she does.
 */
import { type Call, callerLeg, isEnded, isUp, type Leg } from './call.ts';
import type { CallEvent } from './event.ts';
import { type CallTurn, joinWithCaller } from './joining.ts';

/** The call is there: the customer is looked up, and dialled at once where the customer comes first. */
export function reachCallback(call: Call, turn: CallTurn): boolean {
  if (call.callback === null) return false;
  const { callId, tenantId, caller } = call;
  turn.commands.push({ type: 'findCustomer', callId, tenantId, number: caller.number });
  if (call.callback.first === 'customer') dialCustomer(call, turn);
  return true;
}

/** One of the two answered: true when the other is yet to. */
export function callbackAnswered(call: Call, leg: Leg, turn: CallTurn): boolean {
  const customer = callerLeg(call);
  if (call.callback === null || customer === undefined) return false;
  if (leg !== customer) {
    if (isUp(customer) || isEnded(customer)) return false;
    ringback(call, leg, turn);
    dialCustomer(call, turn);
    return true;
  }
  const agent = [...call.legs.values()].find((other) => other.role === 'agent' && isUp(other));
  if (agent !== undefined) joinWithCaller(call, agent, turn);
  else playMusic(call, customer, turn);
  return true;
}

/** The agent is gone before the customer answered: nobody is to be rung for her any more. */
export function callbackLeft(call: Call, leg: Leg, turn: CallTurn): void {
  const customer = callerLeg(call);
  if (call.callback?.first !== 'agent' || leg.role !== 'agent' || !call.callbackDialled) return;
  if (customer === undefined || isUp(customer) || isEnded(customer)) return;
  turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId: customer.legId, cause: 'normal', by: 'server' });
}

/** Whoever keeps the place gave it up: a leg that was never dialled has nothing to end by. */
export function callbackOver(call: Call, { end }: Extract<CallEvent, { type: 'callbackEnded' }>, turn: CallTurn, now: number): boolean {
  const customer = callerLeg(call);
  if (call.callback === null || customer === undefined || isEnded(customer) || end === 'served') return false;
  if (call.callbackDialled) {
    turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId: customer.legId, cause: 'normal', by: 'server' });
    return false;
  }
  call.ending = { cause: 'normal', by: 'server' };
  customer.progress = { state: 'ended', at: now, ending: call.ending };
  return true;
}

function dialCustomer(call: Call, turn: CallTurn): void {
  const customer = callerLeg(call);
  if (call.callback === null || customer === undefined || call.callbackDialled) return;
  call.callbackDialled = true;
  const { callId, tenantId, caller, callee } = call;
  const { ringMs, display } = call.callback;
  const shown = display === undefined ? {} : { display };
  const from = { number: callee.number };
  turn.commands.push({ type: 'dialLeg', callId, legId: customer.legId, tenantId, target: caller.number, from, timeoutMs: ringMs, account: 'flow', ...shown });
}

function ringback({ callId, tenantId }: Call, { legId }: Leg, turn: CallTurn): void {
  const sounds = [{ kind: 'tone' as const, name: 'ringback' as const }];
  turn.commands.push({ type: 'playSounds', callId, legId, playId: `${legId}.ringback`, tenantId, sounds, loop: true, bargeIn: false });
}

function playMusic({ callId, tenantId, callback }: Call, { legId }: Leg, turn: CallTurn): void {
  if (callback === null || callback.music === null) return;
  const sounds = [{ kind: 'music' as const, name: callback.music }];
  turn.commands.push({ type: 'playSounds', callId, legId, playId: `${legId}.music`, tenantId, sounds, loop: true, bargeIn: false });
}
