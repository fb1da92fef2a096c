/** A call of ours: to all phones of an agent, or to a number outside. */
import type { AgentId } from '../../kernel/ids.ts';
import type { Call } from '../call/call.ts';
import { type PhoneWord, wordsIn } from '../call/control.ts';
import type { Ending } from '../call/ending.ts';
import type { CommandOf } from '../vocabulary.ts';
import { parseSipUri } from './address.ts';
import { alertHeaders } from './answer.ts';
import { inTurn, type Target, targetOf } from './bindings.ts';
import { descriptionOf } from './description.ts';
import { statusOfCause } from './endings.ts';
import { openEndpoint } from './endpoint.ts';
import { shownToPhone } from './identity.ts';
import { ALLOWED_METHODS } from './inbound.ts';
import { Leg } from './leg.ts';
import { pickNext } from './pickup.ts';
import { guarded, type LegOwner, type Rim } from './rim.ts';
import { Fork, type Invitation } from './ring.ts';
import type { SipDialog, SipHeaders } from './srf.ts';
import { destinationOf } from './trunk/number.ts';
import { dialOutside } from './trunk/outside.ts';
import { writeUui } from './uui.ts';

export function ringAgent(rim: Rim, keep: (leg: Leg) => void, command: CommandOf<'ringLeg'>): Promise<void> {
  return place(rim, keep, command, { is: 'agent', agentId: command.agentId }, phonesOf(rim, command.agentId), true);
}

/** `target`: an agent's number, a SIP address (from a dialplan), or a number outside that a trunk takes. */
export function dialNumber(rim: Rim, keep: (leg: Leg) => void, command: CommandOf<'dialLeg'>): Promise<void> {
  const destination = destinationOf(command.target, rim.trunks.dialling(command.tenantId));
  const agent = rim.directory.agentByNumber(command.tenantId, command.target);
  if (agent !== null && destination?.kind !== 'emergency') {
    return place(rim, keep, command, { is: 'agent', agentId: agent.agentId }, phonesOf(rim, agent.agentId), true);
  }
  if (destination !== null) {
    return dialOutside(rim, keep, command, destination);
  }
  const uri = addressOf(command.target);
  const target = { uri: uri ?? '', proxy: null, address: parseSipUri(uri ?? '')?.host ?? '', takes: null, isBrowser: false, isPrivate: false };
  return place(rim, keep, command, { is: 'outside' }, { first: uri === null ? [] : [target], others: [] }, false);
}

/** `others`: rung where none of the first can be reached. */
interface Phones {
  first: readonly Target[];
  others: readonly Target[];
}

/** Her static contact, or wherever she registered. */
function phonesOf(rim: Rim, agentId: AgentId): Phones {
  const contact = rim.directory.agent(agentId)?.staticContact ?? null;
  if (contact === null) {
    const { first, others } = inTurn(rim.bindings.of(agentId));
    return { first: first.map(targetOf), others: others.map(targetOf) };
  }
  const fixed = { uri: contact, proxy: null, address: parseSipUri(contact)?.host ?? '', takes: null, isBrowser: false, isPrivate: false };
  return { first: [fixed], others: [] };
}

const addressOf = (target: string): string | null => (/^sips?:/i.test(target) && parseSipUri(target) !== null ? target : null);

type Wanted = CommandOf<'ringLeg'> | CommandOf<'dialLeg'>;

async function place(rim: Rim, keep: (leg: Leg) => void, wanted: Wanted, owner: LegOwner, phones: Phones, impatient: boolean): Promise<void> {
  const leg = new Leg(rim, wanted.callId, wanted.legId, owner, { at: 'opening' });
  keep(leg);
  const [first] = phones.first;
  if (first === undefined) {
    leg.end({ cause: 'unreachable', by: 'server', q850: statusOfCause.unreachable.q850 });
    return;
  }
  leg.endUnlessUpWithin(wanted.timeoutMs, { cause: 'no_answer', by: 'server' });
  await invite(rim, leg, phones, first.address, { headers: headersOf(rim, wanted, owner), impatient });
}

async function invite(rim: Rim, leg: Leg, phones: Phones, address: string, invitation: { headers: SipHeaders; impatient: boolean }): Promise<void> {
  const targets = [...phones.first, ...phones.others];
  const besides = {
    ...(targets.some((target) => target.isBrowser) ? { toBrowsers: true } : {}),
    ...(targets.some((target) => target.isPrivate) ? { toPrivatePhones: true } : {}),
  };
  const signallingAddress = bare(address);
  leg.signallingAddress = signallingAddress;
  const standing = rim.standby.take(leg, signallingAddress);
  const ready = standing instanceof Promise ? await standing : standing;
  if (leg.ended) return;
  const opened = ready ?? (await openEndpoint(rim, leg, signallingAddress, besides));
  if (opened !== null && !leg.ended) ring(rim, leg, phones, { ...invitation, ...opened }, { rings: false, pickable: believedPickable(rim, leg) });
}

/** `told`: what the house knows of it. */
function ring(rim: Rim, leg: Leg, { first, others }: Phones, invitation: Invitation, told: { rings: boolean; pickable: boolean }): void {
  const tellPickable = (pickable: boolean): void => {
    if (pickable !== told.pickable) rim.take({ type: 'legPickable', callId: leg.callId, legId: leg.legId, pickable });
    told.pickable = pickable;
  };
  const fork = new Fork(rim, first, {
    sent: (sipCallId) => rim.legs.named(leg.legId, sipCallId),
    ringing: guarded(rim, leg, () => {
      rim.legs.changed(leg.legId);
      if (!told.rings) rim.take({ type: 'legRinging', callId: leg.callId, legId: leg.legId });
      told.rings = true;
    }),
    pickable: tellPickable,
    failed: guarded(rim, leg, (ending: Ending) => {
      if (ending.cause === 'unreachable' && others.length > 0) ring(rim, leg, { first: others, others: [] }, invitation, told);
      else leg.end(ending);
    }),
    answered: guarded(rim, leg, (dialog: SipDialog, target: Target, takes: readonly PhoneWord[]) => {
      const ours = dialog.local.sdp ?? invitation.sdp;
      // A page has no keys and lamps that were to follow.
      leg.takes = target.isBrowser ? [] : takes;
      leg.joined(dialog, ours);
      leg.agree(descriptionOf(dialog.remote.sdp), { signallingAddress: bare(target.address), privateSignalling: target.isPrivate });
    }),
  });
  leg.ringing(fork);
  tellPickable(fork.pickable !== null);
  fork.invite(invitation);
  if (leg.picked) pickNext(rim, leg, null);
}

/** Her desk goes by what her registered phones said; those that ring may be others. */
const believedPickable = (rim: Rim, { owner }: Leg): boolean =>
  owner.is === 'agent' && rim.bindings.of(owner.agentId).some(({ allowEvents }) => wordsIn(allowEvents).includes('talk'));

/** An IPv6 address stands in brackets in a URI alone. */
const bare = (address: string): string => address.replace(/^\[|\]$/g, '');

/** For an agent's phone, or for an address that a dialplan names. */
function headersOf(rim: Rim, wanted: Wanted, owner: LegOwner): SipHeaders {
  const { callId, from } = wanted;
  const call = rim.calls.get(callId);
  const caller = call?.caller;
  // Shown as it came from the network: what an agent sees is what she can call back.
  const number = caller !== undefined && caller.number === from.number && caller.raw !== '' ? caller.raw : from.number;
  const headers = { ...shownToPhone(rim.publicAddress, number, from.name), 'X-Huawu-Call-Id': callId, Allow: ALLOWED_METHODS };
  return owner.is === 'agent' ? { ...headers, ...phoneHeaders(rim, owner.agentId, call, 'autoAnswer' in wanted) } : headers;
}

/** How her phone rings, whether it answers by itself (`asked`: she makes the call from her desk), and what it is told beside the call. */
function phoneHeaders(rim: Rim, agentId: AgentId, call: Call | undefined, asked: boolean): SipHeaders {
  const { autoAnswer = 'never', userToUser = false } = rim.directory.agent(agentId)?.phone ?? {};
  const internal = call?.dialled?.target != null || call?.outbound?.target.kind === 'agent';
  const uui = userToUser && call !== undefined ? writeUui(call.data) : null;
  const alert = alertHeaders(
    rim.publicAddress,
    internal ? 'internal' : 'external',
    asked || autoAnswer === 'always' || (autoAnswer === 'customers' && !internal),
  );
  return { ...alert, ...(uui === null ? {} : { 'User-to-User': uui }) };
}
