/**
 * An agent makes a call from her desk (rule 31): she is offered it herself, by the queue's rules on whose behalf she calls, and when her phone has answered
 * a colleague whom she calls is offered it too, on the leg of the party that is served.
 */
import type { Outbound } from '../../call/event.ts';
import type { Event } from '../../vocabulary.ts';
import type { Agent, Call, Moment } from '../floor.ts';
import { type Asking, goesBy, offerDirectly, withdrawFrom } from '../offers.ts';

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>;

export function callOut(m: Moment, call: Call, { by, queueId }: Outbound): void {
  const queue = queueId === null ? undefined : m.floor.queues.get(queueId);
  if (queue !== undefined) goesBy(call, queue.configuration);
  call.outboundBy = by;
  offerDirectly(m, call, m.floor.agents.get(by), by, { own: true });
}

export function callColleague(m: Moment, { callId, legId, by, target }: EventOf<'destinationCalled'>): void {
  const call = m.floor.calls.get(callId);
  if (call === undefined || target.kind !== 'agent') return;
  const caller = m.floor.agents.get(by)?.configuration;
  const asking: Asking = caller === undefined ? call.from : { number: caller.number, name: caller.name };
  offerDirectly(m, call, m.floor.agents.get(target.agentId), target.agentId, { asking, legId });
}

/** She hung up while the colleague's phone still rang. */
export function outboundLegEnded(m: Moment, call: Call, agent: Agent): void {
  if (call.outboundBy !== agent.configuration.agentId) return;
  for (const called of [...call.ringing]) {
    const { activity } = called;
    if (activity.state === 'offered' && activity.offer.legId === call.callerLeg)
      withdrawFrom(m, called, 'caller_gone', { cause: 'abandoned', by: 'other_party' });
  }
}
