/**
 * An agent asks somebody in while a call has her: a colleague is offered the call directly (rule 10), whatever her reasons not to be ready. Who is only
 * asked has nothing to wrap up; once the customer is hers she wraps up as the call's queue has it.
 */
import type { Event } from '../../vocabulary.ts';
import { talkingOn } from '../agent.ts';
import { become } from '../agents.ts';
import type { Agent, Moment } from '../floor.ts';
import { type Asking, offerDirectly, withdrawFrom } from '../offers.ts';

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>;

export function askParty(m: Moment, { callId, how, by, agentId, kept, target }: EventOf<'partyAsked'>): void {
  const call = m.floor.calls.get(callId);
  if (call === undefined) return;
  if (kept !== null) call.callerLeg = kept;
  if (how === 'consult') consults(m, m.floor.agentOfLeg.get(by), true, false);
  if (target.kind !== 'agent') return;
  const asks = m.floor.agents.get(agentId);
  const asking: Asking = asks === undefined ? call.from : { number: asks.configuration.number, name: asks.configuration.name };
  offerDirectly(m, call, m.floor.agents.get(target.agentId), target.agentId, { asking });
}

export function partyAskEnded(m: Moment, { how, by, legId, end, held }: EventOf<'partyAskEnded'>): void {
  const asked = legId === null ? undefined : m.floor.agentOfLeg.get(legId);
  const isGivenUp = end === 'cancelled' || end === 'customer_left';
  if (isGivenUp && asked?.activity.state === 'offered') withdrawFrom(m, asked, 'withdrawn', { cause: 'normal', by: 'server' });
  if (how === 'consult') consults(m, m.floor.agentOfLeg.get(by), false, held);
}

function consults(m: Moment, agent: Agent | undefined, consulting: boolean, held: boolean): void {
  if (agent?.activity.state !== 'talking') return;
  const { consulting: _, ...activity } = agent.activity;
  become(m, agent, { ...activity, held, ...(consulting ? { consulting: true as const } : {}) });
}

/** The customer is hers: from who asked her, who goes. */
export function handOn(m: Moment, { callId, legId, by, kept }: EventOf<'callHandedOn'>): void {
  const call = m.floor.calls.get(callId);
  const agent = m.floor.agentOfLeg.get(legId);
  if (call === undefined) return;
  if (call.callerLeg === by) call.callerLeg = kept;
  if (agent?.activity.state !== 'talking') return;
  const { held } = agent.activity;
  become(m, agent, { ...talkingOn(call, legId, agent.activity.after), ...(held === true ? { held } : {}) });
}
