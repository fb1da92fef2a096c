/**
 * Folds events into one record a call. Written when the call ends, and again (same key, next revision) when something
 * is learnt behind: wrap-up ended, the recording is on disk, the desk changed the call's data.
 *
 * After a restart every call that was open is closed at the time of the last event seen: the heartbeat, at worst.
 */
import type { AgentId, CallId } from '../../kernel/ids.ts';
import type { AcdEvent } from '../acd/event.ts';
import type { CallEvent } from '../call/event.ts';
import type { TimePassed, Turn } from '../call/turn.ts';
import type { CdrCommand } from './command.ts';
import { close, endLeg, isSettled, type OpenCall, type OpenLeg, type Part, recordOf, retrieve } from './open.ts';

/** Words of other rooms pass by: this room hears only its own. */
interface Passing {
  type: string;
}
type Heard = CallEvent | AcdEvent | TimePassed | { type: 'serverStarted' } | { type: 'heartbeat' };
type CdrTurn = Turn<never, CdrCommand>;
/** A handler returns the call whose record it changed. */
type Handlers = { [T in Heard['type']]?: (state: State, event: Extract<Heard, { type: T }>, at: number) => OpenCall | undefined };

const MOST_PATH_STEPS = 64;
/** A caller rung past by phones that nobody answers for hours: the oldest fruitless offers go, with their legs. */
const MOST_OFFERS = 100;
/** How long a settled record can still change (a late disposition). */
const LINGER_MS = 120_000;
/** What has not settled by then never will: an agent was removed, a recording lost. */
const UNSETTLED_MS = 7_200_000;
const MOST_ENDED = 10_000;

interface State {
  calls: Map<CallId, OpenCall>;
  /** Ended calls that may still change, in about the order of their end. */
  ended: Set<CallId>;
  /** The call an agent talks in or wraps up. */
  serving: Map<AgentId, CallId>;
  /** Time of the last event. */
  lastAt: number;
}

export interface CdrSnapshot {
  calls: OpenCall[];
  ended: CallId[];
  serving: [AgentId, CallId][];
  lastAt: number;
}

export interface CdrRoom {
  name: 'cdr';
  decide(event: Passing, now: number): CdrTurn;
  /** Calls that are still up, as far as their record is known. */
  open: { get(callId: CallId): OpenCall | undefined; readonly size: number };
  snapshot(): CdrSnapshot;
  restore(snapshot: CdrSnapshot): void;
}

export function createCdr(): CdrRoom {
  const state: State = { calls: new Map(), ended: new Set(), serving: new Map(), lastAt: 0 };
  return {
    name: 'cdr',
    decide: (event, now) => decide(state, event, Math.floor(now)),
    open: {
      get: (callId) => live(state, callId),
      get size() {
        return state.calls.size - state.ended.size;
      },
    },
    snapshot: () => copied({ calls: [...state.calls.values()], ended: [...state.ended], serving: [...state.serving], lastAt: state.lastAt }),
    restore(snapshot) {
      const { calls, ended, serving, lastAt } = copied(snapshot);
      Object.assign(state, { calls: new Map(calls.map((call) => [call.callId, call])), ended: new Set(ended), serving: new Map(serving), lastAt });
    },
  };
}

const copied = (snapshot: CdrSnapshot): CdrSnapshot => JSON.parse(JSON.stringify(snapshot)) as CdrSnapshot;

function decide(state: State, event: Passing, at: number): CdrTurn {
  const turn: CdrTurn = { events: [], commands: [], wakeAt: null };
  if (event.type === 'serverStarted') for (const call of closeAfterRestart(state)) write(call, turn);
  const handle = Object.hasOwn(handlers, event.type)
    ? (handlers[event.type as Heard['type']] as (s: State, e: Passing, at: number) => OpenCall | undefined)
    : undefined;
  const changed = handle?.(state, event, at);
  if (changed !== undefined) write(changed, turn);
  forget(state, at);
  state.lastAt = at;
  return turn;
}

/** Only of calls that have ended: what is still up has no record yet. */
function write(call: OpenCall, turn: CdrTurn): void {
  if (call.ended === null) return;
  call.revision += 1;
  turn.commands.push({ type: 'writeCdr', record: recordOf(call, call.ended) });
}

const handlers: Handlers = {
  callArrived(state, event, at) {
    if (state.calls.has(event.callId)) return undefined;
    const { callId, tenantId, caller, callee, trunk, sipCallId } = event;
    const leg = newLeg({ legId: event.legId, role: 'caller', agentId: null, offerId: null, target: null }, at);
    const call: OpenCall = { callId, tenantId, caller, callee, trunk, sipCallId, arrivedAt: at, legs: [leg], ...nothingYet() };
    state.calls.set(callId, call);
    return undefined;
  },
  legRinging(state, event, at) {
    const leg = liveLeg(state, event);
    if (leg !== undefined && leg.answeredAt === null) leg.ringingAt ??= at;
    return undefined;
  },
  legAnswered(state, event, at) {
    const leg = liveLeg(state, event);
    if (leg === undefined || leg.answeredAt !== null) return undefined;
    leg.answeredAt = at;
    if (leg.agentId !== null) beginPart(state, event.callId, leg.agentId, at);
    return undefined;
  },
  legHeld(state, event, at) {
    const leg = liveLeg(state, event);
    if (leg !== undefined && leg.answeredAt !== null) leg.heldSince ??= at;
    return undefined;
  },
  legRetrieved(state, event, at) {
    const leg = liveLeg(state, event);
    if (leg !== undefined) retrieve(leg, at);
    return undefined;
  },
  legEnded(state, event, at) {
    const leg = liveLeg(state, event);
    if (leg !== undefined) endLeg(leg, at, event.ending);
    return undefined;
  },
  callTransferred(state, event, at) {
    if (event.legId === null || event.target.kind !== 'number') return undefined;
    live(state, event.callId)?.legs.push(newLeg({ legId: event.legId, role: 'target', agentId: null, offerId: null, target: event.target.number }, at));
    return undefined;
  },
  customerFound(state, event) {
    const call = live(state, event.callId);
    if (call === undefined) return undefined;
    call.authLevel = event.authLevel;
    if (event.customer === null) return undefined;
    const { customerId, tier, language } = event.customer;
    Object.assign(call, { customerId, tier, language });
    return undefined;
  },
  authenticationEnded(state, event) {
    const call = live(state, event.callId);
    if (call !== undefined) call.authLevel = event.authLevel;
    return undefined;
  },
  languageChosen(state, event) {
    const call = live(state, event.callId);
    if (call !== undefined) call.language = event.language;
    return undefined;
  },
  flowEntered(state, event) {
    const call = live(state, event.callId);
    if (call === undefined) return undefined;
    call.dialplanVersion = event.version;
    if (call.ivrPath.length < MOST_PATH_STEPS) call.ivrPath.push(`${event.flow}/${event.step}`);
    return undefined;
  },
  dataSet(state, event) {
    const call = state.calls.get(event.callId);
    if (call === undefined || Object.entries(event.data).every(([key, value]) => call.data[key] === value)) return undefined;
    call.data = { ...call.data, ...event.data };
    return call;
  },
  callQueued(state, event, at) {
    const call = live(state, event.callId);
    const last = call?.visits.at(-1);
    if (call === undefined || (last?.leftAt === null && last.queueId === event.queueId)) return undefined;
    if (last?.leftAt === null) Object.assign(last, { leftAt: at, exit: 'transferred' });
    call.visits.push({ queueId: event.queueId, enteredAt: at, leftAt: null, exit: null, presumed: false });
    return undefined;
  },
  callLeftQueue(state, event, at) {
    const call = state.calls.get(event.callId);
    const visit = call?.visits.findLast((found) => found.queueId === event.queueId && (found.leftAt === null || found.presumed));
    if (visit === undefined) return undefined;
    const presumedRight = visit.presumed && visit.exit === event.exit;
    Object.assign(visit, { leftAt: visit.leftAt ?? at, exit: event.exit, presumed: false });
    return presumedRight ? undefined : call;
  },
  callOffered(state, event, at) {
    const call = live(state, event.callId);
    if (call === undefined) return undefined;
    const { offerId, agentId, queueId, legId } = event;
    makeRoom(call);
    call.offers.push({ offerId, agentId, queueId, legId, offeredAt: at, endedAt: null, end: null, presumed: false });
    call.legs.push(newLeg({ legId, role: 'agent', agentId, offerId, target: null }, at));
    return undefined;
  },
  offerEnded(state, event, at) {
    const call = state.calls.get(event.callId);
    const offer = call?.offers.findLast((found) => found.offerId === event.offerId && (found.endedAt === null || found.presumed));
    if (offer === undefined) return undefined;
    const presumedRight = offer.presumed && offer.end === event.end;
    Object.assign(offer, { endedAt: offer.endedAt ?? at, end: event.end, presumed: false });
    return presumedRight ? undefined : call;
  },
  recordingStarted(state, event, at) {
    const call = state.calls.get(event.callId);
    if (call === undefined || call.recordings.some((known) => known.recordingId === event.recordingId)) return undefined;
    call.recordings.push({ recordingId: event.recordingId, path: event.path, startedAt: at, durationMs: null, complete: false });
    return call;
  },
  recordingEnded(state, event, at) {
    const { callId, recordingId, path, durationMs, complete } = event;
    const call = state.calls.get(callId);
    if (call === undefined) return undefined;
    const known = call.recordings.find((found) => found.recordingId === recordingId);
    const ended = { recordingId, path, startedAt: known?.startedAt ?? at - durationMs, durationMs, complete };
    if (known === undefined) call.recordings.push(ended);
    else Object.assign(known, ended);
    return call;
  },
  callEnded(state, event, at) {
    const call = live(state, event.callId);
    if (call === undefined) return undefined;
    close(call, at, event.ending, 'caller_gone');
    state.ended.add(call.callId);
    return call;
  },
  agentStateChanged(state, event, at) {
    const callId = event.state === 'wrapping_up' ? (event.callId ?? state.serving.get(event.agentId)) : state.serving.get(event.agentId);
    const call = callId === undefined ? undefined : state.calls.get(callId);
    const part = call?.parts.find((found) => found.agentId === event.agentId);
    if (call === undefined || part === undefined || part.phase === 'done' || event.state === 'talking') return undefined;
    if (event.state === 'wrapping_up') {
      if (part.phase === 'talking') Object.assign(part, { phase: 'wrapping', since: at });
      return undefined;
    }
    const stillTalks = call.legs.some((leg) => leg.agentId === event.agentId && leg.answeredAt !== null && leg.endedAt === null);
    return stillTalks ? undefined : endPart(state, call, part, at);
  },
  wrapUpEnded(state, event, at) {
    const call = state.calls.get(event.callId);
    const part = call?.parts.find((found) => found.agentId === event.agentId);
    if (call === undefined || part === undefined) return undefined;
    const { disposition, notes } = event;
    if (disposition !== null) call.disposition = part.disposition = disposition;
    if (notes !== null) call.notes = part.notes = notes;
    const ended = part.phase === 'wrapping' ? endPart(state, call, part, at) : undefined;
    return disposition !== null || notes !== null ? call : ended;
  },
  agentRemoved(state, event, at) {
    const callId = state.serving.get(event.agentId);
    const call = callId === undefined ? undefined : state.calls.get(callId);
    const part = call?.parts.find((found) => found.agentId === event.agentId);
    return call === undefined || part === undefined ? undefined : endPart(state, call, part, at);
  },
};

function live(state: State, callId: CallId): OpenCall | undefined {
  const call = state.calls.get(callId);
  return call?.ended === null ? call : undefined;
}

const liveLeg = (state: State, at: { callId: CallId; legId: string }): OpenLeg | undefined =>
  live(state, at.callId)?.legs.find((leg) => leg.legId === at.legId && leg.endedAt === null);

const newLeg = (named: Pick<OpenLeg, 'legId' | 'role' | 'agentId' | 'offerId' | 'target'>, at: number): OpenLeg => ({
  ...named,
  startedAt: at,
  ringingAt: null,
  answeredAt: null,
  endedAt: null,
  holdMs: 0,
  heldSince: null,
  ending: null,
});

const nothingYet = () =>
  ({
    revision: 0,
    ended: null,
    customerId: null,
    tier: null,
    language: 'zh',
    authLevel: 0,
    dialplanVersion: null,
    ivrPath: [],
    data: {},
    visits: [],
    offers: [],
    parts: [],
    recordings: [],
    disposition: null,
    notes: null,
  }) satisfies Partial<OpenCall>;

function makeRoom(call: OpenCall): void {
  if (call.offers.length < MOST_OFFERS) return;
  const at = call.offers.findIndex((offer) => offer.endedAt !== null && offer.end !== 'answered');
  const [gone] = at < 0 ? [] : call.offers.splice(at, 1);
  call.legs = call.legs.filter((leg) => leg.offerId === null || leg.offerId !== gone?.offerId || leg.endedAt === null);
}

/** She may serve the same call twice (transferred back): her part goes on. */
function beginPart(state: State, callId: CallId, agentId: AgentId, at: number): void {
  const call = live(state, callId);
  const part = call?.parts.find((found) => found.agentId === agentId);
  if (part !== undefined) Object.assign(part, { phase: 'talking', since: at });
  else call?.parts.push({ agentId, phase: 'talking', since: at, wrapUpMs: 0, disposition: null, notes: null });
  state.serving.set(agentId, callId);
}

/** Returns the call when its record changed by it. */
function endPart(state: State, call: OpenCall, part: Part, at: number): OpenCall | undefined {
  const tookMs = part.phase === 'wrapping' ? Math.max(0, at - part.since) : 0;
  Object.assign(part, { phase: 'done', since: at, wrapUpMs: part.wrapUpMs + tookMs });
  if (state.serving.get(part.agentId) === call.callId) state.serving.delete(part.agentId);
  return tookMs > 0 ? call : undefined;
}

/** We died and came back: what was open ended, as far as anybody can say, with the last event we saw. */
function closeAfterRestart(state: State): OpenCall[] {
  const changed: OpenCall[] = [];
  for (const call of state.calls.values()) {
    const at = Math.max(call.arrivedAt, state.lastAt);
    const wasUp = call.ended === null;
    if (wasUp) {
      close(call, at, { cause: 'server_restart', by: 'server' }, 'withdrawn');
      state.ended.add(call.callId);
    }
    const wrapped = call.parts.filter((part) => part.phase !== 'done' && endPart(state, call, part, at) !== undefined);
    if (wasUp || wrapped.length > 0) changed.push(call);
  }
  state.serving.clear();
  return changed;
}

function forget(state: State, at: number): void {
  for (let looked = 0; looked < 2; looked += 1) {
    const [callId] = state.ended;
    const call = callId === undefined ? undefined : state.calls.get(callId);
    if (callId === undefined || call === undefined || call.ended === null) return;
    const age = at - call.ended.at;
    const crowded = state.ended.size > MOST_ENDED;
    if (age <= LINGER_MS && !crowded) return;
    state.ended.delete(callId);
    if (crowded || isSettled(call) || age > UNSETTLED_MS) state.calls.delete(callId);
    else state.ended.add(callId); // to the back of the line: those behind it need not wait for it
  }
}
