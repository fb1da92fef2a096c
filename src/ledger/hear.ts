/** What each event does to the ledger. */
import { type AgentId, type CallId, type LegId, legIdOf } from '../../kernel/ids.ts';

import type { AcdEvent } from '../acd/event.ts';
import type { CallEvent } from '../call/event.ts';
import * as agents from './agents.ts';
import { addHandled, arrive, beginPart, disposeOf, endOffer, enter, latestPart, leave, offer, settleEnd, waitingIn, writtenUntilNow } from './contacts.ts';
import type { AgentLeg, Contact, State } from './state.ts';

/** Numbers one call is sent to. */
const MOST_TARGETS = 50;

type Heard = CallEvent | AcdEvent;
type EventOf<T extends Heard['type']> = Extract<Heard, { type: T }>;
type Handlers = { [T in Heard['type']]?: (state: State, event: EventOf<T>) => void };

const live = (state: State, id: CallId): Contact | undefined => {
  const contact = state.contacts.get(id);
  return contact?.settled === false ? contact : undefined;
};

const registered = (state: State, { legId, ...leg }: AgentLeg & { legId: LegId }): void => void state.legs.set(legId, leg);

/** Stands where an agent dialled a number outside from her phone. */
const OUTSIDE = 'outside';

const handlers: Handlers = {
  queueConfigured(state, { queue: { queueId, tenantId, answerWithinMs } }) {
    state.queues.set(queueId, { tenantId, answerWithinMs });
  },
  queueRemoved(state, { queueId }) {
    state.queues.delete(queueId);
  },
  agentConfigured(state, { agent: { agentId, tenantId, team = '' } }) {
    agents.configured(state, agentId, tenantId, team);
  },
  agentRemoved(state, { agentId }) {
    agents.removed(state, agentId);
  },
  agentStateChanged(state, event) {
    agents.stateChanged(state, event);
  },

  callArrived(state, { callId, tenantId, callee, dialled, callback, outbound }) {
    if (state.contacts.has(callId)) return;
    const made = outbound === undefined ? (dialled === undefined ? 'voice' : 'internal') : outbound.target.kind === 'agent' ? 'internal' : 'outbound';
    const channel = callback !== undefined ? 'callback' : made;
    // Figures go by numbers of ours: whom an agent calls outside is in the call's record alone, and is erased with it.
    const number = dialled?.target?.kind === 'number' ? OUTSIDE : callee.number;
    arrive(state, { id: callId, tenantId, number, channel }, true);
  },
  flowEntered(state, { callId }) {
    const contact = live(state, callId);
    if (contact !== undefined) contact.inFlow = true;
  },
  callQueued(state, { callId, queueId }) {
    const contact = live(state, callId);
    if (contact !== undefined) enter(state, contact, queueId);
  },
  callLeftQueue(state, { callId, queueId, exit }) {
    const contact = live(state, callId);
    const visit = contact === undefined ? undefined : waitingIn(contact, queueId, exit);
    if (contact !== undefined && visit !== undefined) leave(state, contact, visit, exit);
  },
  callbackPlaced(state, { callId, by }) {
    const contact = live(state, callId);
    if (contact !== undefined && by === undefined) contact.callbackKept = true;
  },
  callOffered(state, { callId, queueId, offerId, legId, agentId }) {
    const contact = live(state, callId);
    if (contact === undefined) return;
    registered(state, { legId, agentId, callId, queueId: queueId ?? '', up: false });
    agents.offered(state, agentId, callId, queueId ?? '');
    offer(state, contact, offerId, agentId, queueId ?? '');
  },
  offerEnded(state, { callId, offerId, legId, end }) {
    // A second phone that answers in the same moment has no talk.
    if (end !== 'answered') agents.legDown(state, legId);
    const contact = live(state, callId);
    if (contact !== undefined) endOffer(state, contact, offerId, end);
  },
  takeoverAsked(state, { callId, legId, agentId }) {
    if (live(state, callId) !== undefined) registered(state, { legId, agentId, callId, queueId: '', up: false });
  },
  legReplaced(state, { legId, replaces, agentId }) {
    const before = state.legs.get(replaces);
    if (before?.agentId === agentId) agents.legOwedTo(state, legId, before.queueId);
  },
  legAnswered(state, { callId, legId }) {
    const contact = live(state, callId);
    if (contact === undefined) return;
    const leg = state.legs.get(legId);
    if (leg !== undefined) agents.legUp(state, legId);
    else if (legId === legIdOf(callId, 0)) contact.answered = true;
    else if (contact.targets.includes(legId)) contact.served = true;
  },
  legEnded(state, { legId }) {
    agents.legDown(state, legId);
  },
  leaseExpired(state, { agentId, legId }) {
    if (state.legs.get(legId)?.agentId === agentId) agents.legDown(state, legId);
  },
  callTransferred(state, { callId, legId, by }) {
    const contact = live(state, callId);
    if (legId !== null && contact !== undefined && contact.targets.length < MOST_TARGETS) contact.targets.push(legId);
    const agentId = by === 'flow' ? undefined : state.legs.get(by)?.agentId;
    if (contact !== undefined && agentId !== undefined) sentOn(state, contact, agentId);
  },
  callsMerged(state, { callId, from, legId, agentId, up, by, byOther }) {
    for (const [id, leg] of [
      [callId, by],
      [from, byOther],
      [from, by],
      [callId, byOther],
    ] as const) {
      const contact = live(state, id);
      const sender = state.legs.get(leg);
      if (contact !== undefined && sender?.callId === id) sentOn(state, contact, sender.agentId);
    }
    if (agentId === null) return;
    const known = state.legs.get(legId);
    if (known === undefined) registered(state, { legId, agentId, callId, queueId: '', up: false });
    else {
      agents.legOwedTo(state, legId, '');
      known.callId = callId;
    }
    if (up) agents.legUp(state, legId);
  },
  surveyAsked(state, { callId, agentId }) {
    const contact = live(state, callId);
    const part = latestPart(state, callId, agentId);
    if (contact === undefined || part === undefined) return;
    contact.surveyOf = agentId;
    addHandled(state, contact, part, { surveyed: 1 });
  },
  surveyAnswered(state, { callId, rating }) {
    const contact = live(state, callId);
    const part = contact?.surveyOf === undefined ? undefined : latestPart(state, callId, contact.surveyOf);
    if (contact === undefined || part === undefined || part.sums.rated >= part.sums.surveyed) return;
    addHandled(state, contact, part, { rated: 1, [`rated${rating}`]: 1 });
  },
  wrapUpEnded(state, { callId, agentId, disposition }) {
    const contact = state.contacts.get(callId);
    if (contact !== undefined && disposition !== null) disposeOf(state, contact, agentId, disposition);
  },
  callEnded(state, { callId, ending }) {
    const contact = live(state, callId);
    if (contact === undefined || contact.ended !== null) return;
    contact.ended = { at: state.now, ending };
    state.closing.push(callId);
  },

  interactionAsked(state, { interactionId: id, tenantId, channel }) {
    state.asked = { id, tenantId, channel };
  },
  interactionQueued(state, { interactionId, queueId }) {
    const contact = written(state, interactionId);
    // After a restart it is told again of what waits.
    if (contact !== undefined && waitingIn(contact, queueId) === undefined) enter(state, contact, queueId);
  },
  interactionLeftQueue(state, { interactionId, queueId, exit }) {
    const contact = written(state, interactionId);
    if (contact === undefined) return;
    // Refused at the door, it never was told to wait.
    if (waitingIn(contact, queueId) === undefined) enter(state, contact, queueId);
    const visit = waitingIn(contact, queueId);
    if (visit !== undefined) leave(state, contact, visit, exit);
  },
  interactionOffered(state, { interactionId, offerId, agentId, queueId }) {
    const contact = written(state, interactionId);
    if (contact !== undefined) offer(state, contact, offerId, agentId, queueId);
  },
  interactionOfferEnded(state, { interactionId, offerId, end }) {
    const contact = written(state, interactionId);
    if (contact !== undefined) endOffer(state, contact, offerId, end);
  },
  interactionAssigned(state, { interactionId, agentId, queueId }) {
    const team = state.agents.get(agentId)?.team ?? '';
    if (written(state, interactionId) !== undefined) beginPart(state, interactionId, agentId, { team, work: { callId: interactionId, queueId } }, true);
  },
  interactionWrapUpBegan(state, { interactionId, agentId }) {
    const contact = state.contacts.get(interactionId);
    const part = contact === undefined ? undefined : writtenUntilNow(state, contact, agentId);
    if (part?.written) part.written.wrapsUp = true;
  },
  interactionGivenBack(state, { interactionId, agentId }) {
    const contact = state.contacts.get(interactionId);
    const part = contact === undefined ? undefined : writtenUntilNow(state, contact, agentId);
    if (part !== undefined) part.written = null;
  },
  interactionEnded(state, { interactionId, agentId, disposition }) {
    const contact = live(state, interactionId);
    if (contact === undefined) return;
    if (agentId !== null) {
      const part = writtenUntilNow(state, contact, agentId);
      if (part !== undefined) part.written = null;
      if (disposition !== undefined) disposeOf(state, contact, agentId, disposition);
    }
    contact.ended = { at: state.now, ending: { cause: 'normal', by: 'server' } };
    settleEnd(state, contact);
    state.ended.add(contact.id);
  },
};

function sentOn(state: State, contact: Contact, agentId: AgentId): void {
  const part = contact.parts.findLast((found) => found.agentId === agentId);
  if (part !== undefined) addHandled(state, contact, part, { transfers: 1 });
}

function written(state: State, id: CallId): Contact | undefined {
  const known = live(state, id);
  if (known !== undefined || state.asked?.id !== id) return known;
  const { tenantId, channel } = state.asked;
  state.asked = null;
  return arrive(state, { id, tenantId, number: '', channel }, false);
}

/** Words of other rooms pass by. */
export function hear(state: State, event: { type: string }): void {
  if (!Object.hasOwn(handlers, event.type)) return;
  // The table is typed by event: the key and the argument belong together, which the compiler cannot see through a lookup.
  const handle = handlers[event.type as Heard['type']] as ((state: State, event: { type: string }) => void) | undefined;
  handle?.(state, event);
}
