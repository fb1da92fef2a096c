/** What an agent's phone is doing now, of what this rim knows of her legs. */
import type { AgentId } from '../../../kernel/ids.ts';
import type { Call } from '../../call/call.ts';
import { hostPart, userPart } from '../address.ts';
import type { DialogLeg, Rim } from '../rim.ts';
import type { WatchedDialog } from './dialog-info.ts';

type Known = Pick<Rim, 'legs' | 'calls' | 'publicAddress'>;

export const watchedDialogs = (rim: Known, agentId: AgentId): WatchedDialog[] =>
  rim.legs.ofAgent(agentId).flatMap((leg) => {
    const dialog = watchedDialog(rim, leg);
    return dialog === null ? [] : [dialog];
  });

function watchedDialog(rim: Known, leg: DialogLeg): WatchedDialog | null {
  const [name] = leg.dialogs;
  if (name === undefined || leg.ended) return null;
  const call = rim.calls.get(leg.callId);
  const progress = call?.legs.get(leg.legId)?.progress;
  const initiator = name.initiator === 'them';
  return {
    ...{ id: leg.legId, callId: name.sipCallId, localTag: name.remoteTag, remoteTag: name.localTag },
    state: name.state === 'confirmed' ? 'confirmed' : leg.rings ? 'early' : 'trying',
    direction: initiator ? 'initiator' : 'recipient',
    held: progress?.state === 'up' && progress.held,
    remote: remoteOf(rim, call, initiator),
  };
}

function remoteOf({ publicAddress }: Known, call: Call | undefined, initiator: boolean): WatchedDialog['remote'] {
  const party = initiator ? call?.callee : call?.caller;
  if (party === undefined || party.number === '') return null;
  return { uri: `sip:${userPart(party.raw === '' ? party.number : party.raw)}@${hostPart(publicAddress)}`, name: party.name ?? null };
}
