/**
 * The ledger: folds the journal's events into intervals in which every second of an agent who is signed in, every visit to a queue and every
 * call lies in one bucket. Live figures are these intervals as they stand; reports are the same ones as they were written.
 *
 * An interval is handed out when it is over, and again at the end of a later one when something has changed in it since: a contact counts where it
 * came, however long it lasts.
 */
import type { AgentId, CallId, LegId, QueueId, TenantId } from '../../kernel/ids.ts';
import type { Turn } from '../call/turn.ts';
import { restarted, settleAll } from './agents.ts';
import { type BlockSnapshot, Blocks, recordOf } from './blocks.ts';
import { forget, settleEnd } from './contacts.ts';
import { hear } from './hear.ts';
import { BASE_MS, startOf } from './interval.ts';
import { handledMeasures, zero } from './measures.ts';
import { type LedgerRecord, readLedgerId, type WriteLedger } from './record.ts';
import type { AgentLeg, AgentState, Contact, QueueState, Standing, State } from './state.ts';

/** Words of other rooms pass by: this room hears only its own. */
interface Passing {
  type: string;
}
type LedgerTurn = Turn<never, WriteLedger>;

/** How long a late word (a disposition) is still waited for. */
const LINGER_MS = 120_000;
/** What an agent has not let go of by then she never will. */
const UNSETTLED_MS = 7_200_000;
const MOST_ENDED = 20_000;

export interface LedgerSnapshot {
  now: number;
  handedOutAt: number;
  agents: [AgentId, AgentState][];
  queues: [QueueId, QueueState][];
  contacts: Contact[];
  ended: CallId[];
  closing: CallId[];
  legs: [LegId, AgentLeg][];
  standing: [AgentId, Standing][];
  blocks: BlockSnapshot[];
}

export interface LedgerView {
  /** The tenant's intervals in [from, to) that are still in memory, as they stand now, oldest first; what is not among them is in the database as it is there. */
  intervals(tenantId: TenantId, now: number, from?: number, to?: number): LedgerRecord[];
}

export interface LedgerRoom {
  name: 'ledger';
  decide(event: Passing, now: number): LedgerTurn;
  view: LedgerView;
  snapshot(): LedgerSnapshot;
  restore(snapshot: LedgerSnapshot): void;
}

export function createLedger(): LedgerRoom {
  const state = emptyState();
  return {
    name: 'ledger',
    decide: (event, now) => decide(state, event, Math.floor(now)),
    view: { intervals: (tenantId, now, from = 0, to = Number.POSITIVE_INFINITY) => intervals(state, tenantId, Math.floor(now), { from, to }) },
    // Written at once by who asks for it: a copy of all rows would hold the floor up.
    snapshot: () => snapshotOf(state),
    restore: (snapshot) => restore(state, copied(snapshot)),
  };
}

const emptyState = (): State => ({
  ...{ now: 0, handedOutAt: 0, present: 0, asked: null, agents: new Map(), queues: new Map(), contacts: new Map(), ended: new Set(), closing: [] },
  ...{ legs: new Map(), standing: new Map(), blocks: new Blocks() },
});

function decide(state: State, event: Passing, told: number): LedgerTurn {
  const turn: LedgerTurn = { events: [], commands: [], wakeAt: null };
  const before = state.now;
  const now = Math.max(before, told);
  if (now > before) closeEnded(state);
  state.now = now;
  if (event.type === 'serverStarted' && before > 0) comeBack(state, before);
  if (startOf(now) > state.handedOutAt) handOut(state, turn);
  if (event.type === 'cdrWritten') confirm(state, event as Passing & { callId: CallId; revision: number });
  hear(state, event);
  tidy(state);
  turn.wakeAt = wakeAt(state);
  return turn;
}

function handOut(state: State, turn: LedgerTurn): void {
  state.handedOutAt = startOf(state.now);
  settleAll(state);
  for (const record of state.blocks.due(state.now)) turn.commands.push({ type: 'writeLedger', record });
}

function confirm(state: State, { callId, revision }: { callId: CallId; revision: number }): void {
  const named = readLedgerId(callId);
  if (named !== null) state.blocks.confirm(named.tenantId, named.start, revision);
}

/** Nothing more is told of the moment in which they ended. */
function closeEnded(state: State): void {
  if (state.closing.length === 0) return;
  for (const callId of state.closing.splice(0)) {
    const contact = state.contacts.get(callId);
    if (contact === undefined) continue;
    settleEnd(state, contact);
    state.ended.add(callId);
  }
}

/** Calls do not outlive the house; what is in writing does. */
function comeBack(state: State, lastAt: number): void {
  restarted(state, lastAt);
  for (const contact of state.contacts.values()) {
    if (contact.arrived === null || contact.settled) continue;
    contact.ended ??= { at: lastAt, ending: { cause: 'server_restart', by: 'server' } };
    settleEnd(state, contact);
    state.ended.add(contact.id);
  }
}

function tidy(state: State): void {
  for (let looked = 0; looked < 2; looked += 1) {
    const [callId] = state.ended;
    if (callId === undefined) return;
    const contact = state.contacts.get(callId);
    if (contact === undefined || contact.ended === null) {
      state.ended.delete(callId);
      continue;
    }
    const age = state.now - contact.ended.at;
    const crowded = state.ended.size > MOST_ENDED;
    if (age <= LINGER_MS && !crowded) return;
    state.ended.delete(callId);
    if (crowded || age > UNSETTLED_MS || !isWorkedOn(state, contact)) forget(state, contact);
    else state.ended.add(callId); // to the back of the line: those behind it need not wait for it
  }
}

const isWorkedOn = (state: State, { id, parts }: Contact): boolean => parts.some(({ agentId }) => state.agents.get(agentId)?.span?.callId === id);

/** Intervals end also while nothing happens, for as long as there is something to count. */
function wakeAt(state: State): number | null {
  return state.blocks.size === 0 && state.contacts.size === 0 && state.present === 0 ? null : startOf(state.now) + BASE_MS;
}

function intervals(state: State, tenantId: TenantId, now: number, { from, to }: { from: number; to: number }): LedgerRecord[] {
  state.now = Math.max(state.now, now);
  settleAll(state);
  const mine = [...state.blocks.all()].filter(({ tenantId: of, start }) => of === tenantId && start >= from && start < to);
  return mine.map(recordOf).sort((a, b) => a.arrivedAt - b.arrivedAt);
}

function snapshotOf(state: State): LedgerSnapshot {
  const { now, handedOutAt, agents, queues, contacts, ended, closing, legs, standing, blocks } = state;
  return {
    ...{ now, handedOutAt, agents: [...agents], queues: [...queues], contacts: [...contacts.values()], ended: [...ended], closing: [...closing] },
    ...{ legs: [...legs], standing: [...standing], blocks: blocks.snapshot() },
  };
}

const copied = (snapshot: LedgerSnapshot): LedgerSnapshot => JSON.parse(JSON.stringify(snapshot)) as LedgerSnapshot;

/** An earlier version did not count all of it. */
const whole = (contact: Contact): Contact => ({
  ...contact,
  parts: contact.parts.map((part) => ({ ...part, sums: { ...zero(handledMeasures), ...part.sums } })),
});

function restore(state: State, snapshot: LedgerSnapshot): void {
  const { agents, queues, contacts, ended, legs, standing, blocks, ...kept } = snapshot;
  state.blocks.restore(blocks);
  Object.assign(state, kept, {
    ...{ asked: null, present: agents.filter(([, { span }]) => span !== null).length },
    ...{ agents: new Map(agents), queues: new Map(queues), contacts: new Map(contacts.map((contact) => [contact.id, whole(contact)])) },
    ...{ ended: new Set(ended), legs: new Map(legs), standing: new Map(standing) },
  });
  for (const { tenantId, holds } of contacts) for (const start of holds) state.blocks.hold(tenantId, start);
}
