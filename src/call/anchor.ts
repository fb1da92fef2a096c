/**
 * A media server or a worker of it dies in mid-call. The SIP dialogs stand, so nobody need hang up: each leg that lost its audio is put on
 * another endpoint, and what it heard goes on from there. Waiting, offers and agents are not touched.
 *
 *   legMediaLost ──reanchorLeg──▶ legMediaRestored ──▶ joined again, recorded on, or its prompt and music again
 *                      └──────────▶ legEnded (media_failure)
 */
import { type Call, isUp, type Leg } from './call.ts';
import { backInConference } from './conference.ts';
import { type CallTurn, isHeld, partnerOf, recordAnew } from './joining.ts';

export function loseMedia(call: Call, leg: Leg, turn: CallTurn): void {
  if (!isUp(leg)) return;
  call.adrift.add(leg.legId);
  turn.commands.push({ type: 'reanchorLeg', callId: call.callId, legId: leg.legId });
}

export function restoreMedia(call: Call, leg: Leg, turn: CallTurn): void {
  call.adrift.delete(leg.legId);
  if (!isUp(leg)) return;
  if (leg.muted === true) turn.commands.push({ type: 'muteLeg', callId: call.callId, legId: leg.legId, muted: true });
  if (call.conference?.legIds.includes(leg.legId) === true) {
    backInConference(call, turn);
    return;
  }
  const partner = call.legs.get(partnerOf(call, leg.legId) ?? leg.legId);
  if (call.joined === null || partner === undefined || partner === leg) resume(call, leg, turn);
  // Of two the later one sees to both.
  else if (!call.adrift.has(partner.legId)) {
    if (isHeld(leg) || isHeld(partner)) for (const one of [leg, partner]) if (!isHeld(one)) resume(call, one, turn);
    if (!isHeld(leg) && !isHeld(partner)) turn.commands.push({ type: 'joinLegs', callId: call.callId, legIds: call.joined });
    recordAnew(call, turn);
  }
}

const resume = ({ callId }: Call, { legId }: Leg, turn: CallTurn): void => void turn.commands.push({ type: 'resumeSounds', callId, legId });
