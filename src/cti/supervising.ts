/**
 * What a supervisor asks of others: whom she means and what becomes of it, or why it cannot be done. Takes nothing itself: an order is in the audit
 * trail before its events are taken.
 */
import { eventOfWish } from '../acd/offering/wish.ts';
import type { Event } from '../vocabulary.ts';
import type { DeskUser } from './desks.ts';
import type { Obeying } from './obey.ts';
import { type CtiErrorCode, type DeskMessage, type DeskMessageOf, type SupervisorCommand, supervisorCommands } from './protocol.ts';

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
export type OrderMessage = DeskMessageOf<'setAgentState'>;

export const isSupervisorMessage = (message: DeskMessage): message is SupervisorMessage => (supervisorCommands as readonly string[]).includes(message.type);

type Orders = { [T in OrderMessage['type']]: (message: DeskMessageOf<T>, user: DeskUser, house: Obeying) => Ordering };

const orders: Orders = {
  setAgentState({ data }, user, { acd, directory }) {
    const agentId = directory.agentByNumber(user.tenantId, data.number)?.agentId;
    const agent = agentId === undefined ? undefined : acd.agent(agentId);
    if (agent === undefined) return { ok: false, code: 'unknown_agent' };
    if (agent.state === 'signed_out' && data.state !== 'signed_out') return { ok: false, code: 'agent_signed_out' };
    const { reason = 'supervisor', note } = data.state === 'not_ready' ? data : {};
    const wish = data.state === 'not_ready' ? ({ state: 'not_ready', reason, ...(note === undefined ? {} : { note }) } as const) : { state: data.state };
    // Who sets her own state holds herself by nothing.
    const isOther = user.agentId !== agent.agentId;
    const event = eventOfWish(agent.agentId, wish, isOther ? user.userId : null, isOther ? user.name : undefined);
    const before = { state: agent.state, reasons: agent.reasons };
    return { ok: true, order: { action: 'agent.setState', resource: `agent/${agent.agentId}`, before, after: wish, events: [event] } };
  },
};

export function supervise(message: OrderMessage, user: DeskUser, house: Obeying): Ordering {
  if (user.role === 'agent') return { ok: false, code: 'not_allowed' };
  const order = orders[message.type] as (message: OrderMessage, user: DeskUser, house: Obeying) => Ordering;
  return order(message, user, house);
}
