/** The legs there are now: by their id, by the agent whose phone it is, and by the Call-ID of their SIP dialogs. */
import type { AgentId, CallId, LegId } from '../../kernel/ids.ts';
import { legIdOf } from '../../kernel/ids.ts';
import type { CallsView } from '../call/call.ts';
import type { DialogLeg, LegsView } from './rim.ts';

/** Call-IDs of dialogs that are over are known for a while: RFC 3891 §3 tells them from those that never were. */
const MOST_ENDED_KEPT = 2_000;
/** Calls whose SIP Call-IDs are known, those that are over included: longer than the SIP server remembers their messages. */
const MOST_CALLS_KEPT = 10_000;

export class Legs<L extends DialogLeg> implements LegsView {
  readonly #byId = new Map<LegId, L>();
  readonly #ofAgent = new Map<AgentId, Set<L>>();
  readonly #bySipCall = new Map<string, L>();
  readonly #sipCallsOf = new Map<LegId, string[]>();
  readonly #sipCallsOfCall = new Map<CallId, string[]>();
  readonly #ended = new Set<string>();

  /** Told of the agent whose leg began, changed or ended. */
  onChange: (agentId: AgentId) => void = () => undefined;

  changed(legId: LegId): void {
    const owner = this.#byId.get(legId)?.owner;
    if (owner?.is === 'agent') this.onChange(owner.agentId);
  }

  get size(): number {
    return this.#byId.size;
  }

  add(leg: L): void {
    this.#byId.set(leg.legId, leg);
    if (leg.owner.is !== 'agent') return;
    const { agentId } = leg.owner;
    const own = this.#ofAgent.get(agentId) ?? new Set();
    this.#ofAgent.set(agentId, own.add(leg));
  }

  remove(legId: LegId): void {
    const leg = this.#byId.get(legId);
    if (leg === undefined) return;
    this.#byId.delete(legId);
    for (const sipCallId of this.#sipCallsOf.get(legId) ?? []) this.#end(sipCallId);
    this.#sipCallsOf.delete(legId);
    if (leg.owner.is !== 'agent') return;
    const own = this.#ofAgent.get(leg.owner.agentId);
    own?.delete(leg);
    if (own?.size === 0) this.#ofAgent.delete(leg.owner.agentId);
    this.onChange(leg.owner.agentId);
  }

  /** A dialog (or attempt) of the leg bears this Call-ID. */
  named(legId: LegId, sipCallId: string): void {
    const leg = this.#byId.get(legId);
    if (leg === undefined) return;
    this.#bySipCall.set(sipCallId, leg);
    this.changed(legId);
    this.#sipCallsOf.set(legId, [...(this.#sipCallsOf.get(legId) ?? []), sipCallId]);
    this.#sipCallsOfCall.set(leg.callId, [...(this.#sipCallsOfCall.get(leg.callId) ?? []), sipCallId]);
    for (const oldest of this.#sipCallsOfCall.keys()) {
      if (this.#sipCallsOfCall.size <= MOST_CALLS_KEPT) break;
      this.#sipCallsOfCall.delete(oldest);
    }
  }

  /** The Call-IDs of all dialogs of a call, also of one that is over. */
  sipCallsOf(callId: CallId): readonly string[] {
    return this.#sipCallsOfCall.get(callId) ?? [];
  }

  get(legId: LegId): L | undefined {
    return this.#byId.get(legId);
  }

  bySipCall(sipCallId: string): L | undefined {
    return this.#bySipCall.get(sipCallId);
  }

  endedLately(sipCallId: string): boolean {
    return this.#ended.has(sipCallId);
  }

  ofAgent(agentId: AgentId): readonly L[] {
    return [...(this.#ofAgent.get(agentId) ?? [])];
  }

  values(): L[] {
    return [...this.#byId.values()];
  }

  #end(sipCallId: string): void {
    this.#bySipCall.delete(sipCallId);
    this.#ended.add(sipCallId);
    if (this.#ended.size > MOST_ENDED_KEPT) this.#ended.delete(this.#ended.values().next().value ?? '');
  }
}

/** Legs that may ever be joined must lie in one media group: that of the call's other legs. */
export function mediaGroupOf(legs: LegsView, calls: CallsView, callId: CallId): string {
  const first = legs.get(legIdOf(callId, 0));
  if (first !== undefined) return first.mediaGroup;
  for (const legId of calls.get(callId)?.legs.keys() ?? []) {
    const leg = legs.get(legId);
    if (leg !== undefined) return leg.mediaGroup;
  }
  return callId;
}
