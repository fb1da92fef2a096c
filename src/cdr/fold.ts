/**
 * Folds events into one record a call. Written when the call ends, and again (same key, next revision) when something
 * is learnt behind: wrap-up ended, the recording is on disk, the desk changed the call's data.
 *
 * After a restart every call that was open is closed at the time of the last event seen: the heartbeat, at worst.
 */
import type { AgentId, CallId } from '../../kernel/ids.ts';
import type { Turn } from '../call/turn.ts';
import type { CdrCommand } from './command.ts';
import { hear } from './hear.ts';
import { foldInteractions, type InteractionFold, type OpenInteraction } from './interactions.ts';
import { close, isSettled, type OpenCall, recordOf } from './open.ts';
import { endPart, live, type State } from './state.ts';

/** Words of other rooms pass by: this room hears only its own. */
interface Passing {
  type: string;
}
type CdrTurn = Turn<never, CdrCommand>;

/** How long a settled record can still change (a late disposition). */
const LINGER_MS = 120_000;
/** What has not settled by then never will: an agent was removed, a recording lost. */
const UNSETTLED_MS = 7_200_000;
const MOST_ENDED = 10_000;

export interface CdrSnapshot {
  calls: OpenCall[];
  ended: CallId[];
  serving: [AgentId, CallId][];
  lastAt: number;
  /** Absent in snapshots of before they had records. */
  interactions?: OpenInteraction[];
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
  const interactions = foldInteractions();
  return {
    name: 'cdr',
    decide: (event, now) => decide(state, interactions, event, Math.floor(now)),
    open: {
      get: (callId) => live(state, callId),
      get size() {
        return state.calls.size - state.ended.size;
      },
    },
    // Written at once by who asks for it: a copy would hold the floor up.
    snapshot: () => ({
      ...{ calls: [...state.calls.values()], ended: [...state.ended], serving: [...state.serving], lastAt: state.lastAt },
      ...(interactions.size === 0 ? {} : { interactions: interactions.snapshot() }),
    }),
    restore(snapshot) {
      const { calls, ended, serving, lastAt, interactions: open = [] } = copied(snapshot);
      interactions.restore(open);
      const known = new Map(calls.map((call) => [call.callId, call]));
      // Calls of who was erased are not in it.
      Object.assign(state, { calls: known, ended: new Set(ended.filter((callId) => known.has(callId))), serving: new Map(serving), lastAt });
    },
  };
}

const copied = (snapshot: CdrSnapshot): CdrSnapshot => JSON.parse(JSON.stringify(snapshot)) as CdrSnapshot;

function decide(state: State, interactions: InteractionFold, event: Passing, at: number): CdrTurn {
  const turn: CdrTurn = { events: [], commands: [], wakeAt: null };
  if (event.type === 'serverStarted') for (const call of closeAfterRestart(state)) write(call, turn);
  const changed = hear(state, event, at);
  if (changed !== undefined) write(changed, turn);
  const over = interactions.hear(event, at);
  if (over !== undefined) turn.commands.push({ type: 'writeInteraction', record: over });
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
