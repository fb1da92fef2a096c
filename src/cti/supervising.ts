/**
 * What a supervisor asks of others: whom she means and what becomes of it, or why it cannot be done. Takes nothing itself: an order is in the audit
 * trail before its events are taken.
 */
import { type AgentId, asId, type CallId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import { eventOfWish } from '../acd/offering/wish.ts';
import type { AgentView } from '../acd/view.ts';
import type { Call } from '../call/call.ts';
import type { SupervisionMode } from '../call/event.ts';
import { talkersOf } from '../call/supervising.ts';
import { type Action, type Asker, may, mayAtAll, type Resource } from '../users/user.ts';
import type { Event } from '../vocabulary.ts';
import type { DeskUser } from './desks.ts';
import type { CtiErrorCode } from './errors.ts';
import { type Addressee, addressed } from './floor/message.ts';
import type { Obeying } from './obey.ts';
import { type DeskMessage, type DeskMessageOf, type SupervisorCommand, supervisorCommands } from './protocol.ts';

/** One line of the audit trail, and what is done then. */
export interface Order {
  action: string;
  resource: string;
  before?: unknown;
  after?: unknown;
  events: Event[];
}
export type Ordering = { ok: true; order: Order } | { ok: false; code: CtiErrorCode };

export type SupervisorMessage = DeskMessageOf<SupervisorCommand>;
export type OrderMessage = DeskMessageOf<'setAgentState' | 'monitor' | 'whisper' | 'barge' | 'takeOver' | 'stopMonitor' | 'moveCall' | 'message'>;

export const isSupervisorMessage = (message: DeskMessage): message is SupervisorMessage => (supervisorCommands as readonly string[]).includes(message.type);

type Orders = { [T in OrderMessage['type']]: (message: DeskMessageOf<T>, user: DeskUser, house: Supervising) => Ordering };

/** `newId`: for what is made by an order. */
export type Supervising = Obeying & { newId(): string };

/** What each needs to be allowed. */
const actions: Record<SupervisorCommand, Action> = {
  subscribe: 'floor.watch',
  unsubscribe: 'floor.watch',
  acknowledgeAlert: 'alert.change',
  setAgentState: 'agent.setState',
  monitor: 'call.monitor',
  whisper: 'call.monitor',
  barge: 'call.monitor',
  takeOver: 'call.monitor',
  stopMonitor: 'call.monitor',
  moveCall: 'call.move',
  message: 'agent.message',
};

/** The words of a supervisor that are hers to say. Who may not look at the floor has none, though the table lets her set her own state. */
export const ordersOf = (user: Asker): SupervisorCommand[] =>
  mayAtAll(user, 'floor.watch') ? supervisorCommands.filter((type) => mayAtAll(user, actions[type])) : [];

const orders: Orders = {
  setAgentState({ data }, user, { acd, directory }) {
    const agentId = directory.agentByNumber(user.tenantId, data.number)?.agentId;
    const agent = agentId === undefined ? undefined : acd.agent(agentId);
    if (agent === undefined || !may(user, 'agent.setState', whose(agent))) return { ok: false, code: 'unknown_agent' };
    if (agent.state === 'signed_out' && data.state !== 'signed_out') return { ok: false, code: 'agent_signed_out' };
    const { reason = 'supervisor', note } = data.state === 'not_ready' ? data : {};
    const wish = data.state === 'not_ready' ? ({ state: 'not_ready', reason, ...(note === undefined ? {} : { note }) } as const) : { state: data.state };
    // Who sets her own state holds herself by nothing.
    const isOther = user.agentId !== agent.agentId;
    const event = eventOfWish(agent.agentId, wish, isOther ? user.userId : null, isOther ? user.name : undefined);
    const before = { state: agent.state, reasons: agent.reasons };
    return { ok: true, order: { action: 'agent.setState', resource: `agent/${agent.agentId}`, before, after: wish, events: [event] } };
  },
  monitor: ({ data }, user, house) => overhear('listen', data, user, house),
  whisper: ({ data }, user, house) => overhear('whisper', data, user, house),
  barge: ({ data }, user, house) => overhear('barge', data, user, house),
  takeOver: ({ data }, user, house) => overhear('take_over', data, user, house),
  stopMonitor({ data }, user, { calls }) {
    const call = liveCall(calls, data.callId, user);
    if (call?.supervision?.by !== user.userId) return refused('not_supervised');
    const { callId } = call;
    const event = { type: 'supervisionStopAsked', callId, by: user.userId } as const;
    return { ok: true, order: { action: 'call.stopMonitor', resource: `call/${callId}`, before: { mode: call.supervision.mode }, events: [event] } };
  },
  moveCall({ data }, user, { calls, directory, acd }) {
    const call = calls.get(asId<CallId>(data.callId));
    if (call === undefined || call.tenantId !== user.tenantId || call.endedAt !== null) return refused('unknown_call');
    const rings = [...call.legs.values()].some(({ offerId, progress }) => offerId !== null && (progress.state === 'dialling' || progress.state === 'ringing'));
    if (!call.waiting || call.queueId === null || rings) return refused('not_waiting');
    const queueId = data.queue === undefined ? call.queueId : directory.queue(queueIdOf(user.tenantId, data.queue))?.queueId;
    const queue = queueId === undefined ? undefined : acd.queue(queueId);
    if (queueId === undefined || queue === undefined) return refused('unknown_queue');
    const isOther = queueId !== call.queueId;
    if (isOther && (queue.state !== 'open' || (queue.configuration.leaveWhenNoAgents && queue.signedIn === 0))) return refused('queue_closed');
    const { callId } = call;
    const event = { type: 'callMoveAsked', callId, queueId, priority: data.priority ?? null, by: user.userId } as const;
    const after = { queueId, ...(data.priority === undefined ? {} : { priority: data.priority }) };
    return { ok: true, order: { action: 'call.move', resource: `call/${callId}`, before: { queueId: call.queueId }, after, events: [event] } };
  },
  message({ data: { to, text } }, user, { acd, directory, newId }) {
    const { tenantId, name } = user;
    const addressee = addresseeOf(to, tenantId, directory);
    if (addressee === null) return refused(to.kind === 'agent' ? 'unknown_agent' : 'unknown_queue');
    const reached = addressee.kind === 'agent' ? acd.agent(addressee.agentId) : undefined;
    const team = addressee.kind === 'team' ? addressee.team : null;
    if (!may(user, 'agent.message', reached === undefined ? { tenantId, team } : whose(reached)))
      return refused(to.kind === 'agent' ? 'unknown_agent' : 'not_allowed');
    const heard = addressed(acd, tenantId, addressee).length;
    if (heard === 0) return refused('nobody_there');
    const event = { type: 'messageSent', tenantId, messageId: newId(), to: addressee, text, byName: name } as const;
    return { ok: true, order: { action: 'agent.message', resource: `message/${event.messageId}`, after: { to, text, heard }, events: [event] } };
  },
};

const whose = ({ tenantId, agentId, team }: AgentView): Resource => ({ tenantId, agentId, team: team ?? null });

function liveCall(calls: Obeying['calls'], callId: string, { tenantId }: DeskUser): Call | undefined {
  const call = calls.get(asId<CallId>(callId));
  return call?.tenantId === tenantId && call.endedAt === null ? call : undefined;
}

/** Who is on it already is on it in another way; else her phone, or the one she names, is rung. */
function overhear(mode: SupervisionMode, data: DeskMessageOf<'monitor'>['data'], user: DeskUser, { calls, acd, directory }: Supervising): Ordering {
  const call = liveCall(calls, data.callId, user);
  if (call === undefined) return refused('unknown_call');
  const known = call.supervision;
  if (known !== null && known.by !== user.userId) return refused('supervised');
  const legs = talkersOf(call).flatMap((legId) => call.legs.get(legId) ?? []);
  const agents = legs.flatMap((leg) => (leg.role !== 'caller' && leg.agentId !== null ? [leg.agentId] : []));
  const mayHear = (agentId: AgentId): boolean => may(user, 'call.monitor', { tenantId: user.tenantId, agentId, team: acd.agent(agentId)?.team ?? null });
  const of = agents.find(mayHear);
  // A call of another's team does not exist for her; nor does one of which she cannot know whose it will be.
  if (of === undefined) return refused(agents.length > 0 || !may(user, 'call.monitor', { tenantId: user.tenantId }) ? 'unknown_call' : 'no_talk');
  if (!isAllowed(mode, call, of, directory)) return refused('supervision_forbidden');
  const phone = known?.phone ?? (data.phone === undefined ? user.agentId : (directory.agentByNumber(user.tenantId, data.phone)?.agentId ?? null));
  const view = phone === null ? undefined : acd.agent(phone);
  if (phone === null || !mayHear(phone) || (known === null && (view?.phoneReachable !== true || view.callId !== null))) return refused('no_phone');
  const { callId } = call;
  const asked = { type: 'supervisionAsked', callId, mode, phone, of, by: user.userId, byName: user.name } as const;
  // Who supervises is offered nothing meanwhile.
  const aside = known === null && view?.state === 'ready' ? [{ type: 'agentWentNotReady', agentId: phone, reason: 'other' } as const] : [];
  return { ok: true, order: { action: `call.${mode}`, resource: `call/${callId}`, after: { mode, agentId: of, phone }, events: [...aside, asked] } };
}

function isAllowed(mode: SupervisionMode, { queueId }: Call, of: AgentId, directory: Obeying['directory']): boolean {
  const allowed = queueId === null ? undefined : directory.queue(queueId)?.supervision;
  return directory.agent(of)?.supervision !== 'forbidden' && (allowed === undefined || allowed.includes(mode));
}

const refused = (code: CtiErrorCode): Ordering => ({ ok: false, code });

function addresseeOf(to: DeskMessageOf<'message'>['data']['to'], tenantId: TenantId, directory: Obeying['directory']): Addressee | null {
  if (to.kind === 'agent') {
    const agent = directory.agentByNumber(tenantId, to.number);
    return agent === null ? null : { kind: 'agent', agentId: agent.agentId };
  }
  if (to.kind !== 'queue') return to;
  const queue = directory.queue(queueIdOf(tenantId, to.queue));
  return queue === null ? null : { kind: 'queue', queueId: queue.queueId };
}

/** `not_allowed` or what stands against it; else the order, for the audit trail and then to be done. */
export function supervise(message: OrderMessage, user: DeskUser, house: Supervising): Ordering {
  if (!ordersOf(user).includes(message.type)) return refused('not_allowed');
  const order = orders[message.type] as (message: OrderMessage, user: DeskUser, house: Supervising) => Ordering;
  return order(message, user, house);
}
