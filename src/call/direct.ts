/**
 * `direct` media: where nothing has to hear them (no recording, no browser), the phones of the two send their audio to one another, and the media
 * server has no part in it. A queue's setting. Whatever needs the media server again brings it back first:
 *
 *   anchored ──legsJoined: directLegs──▶ asking ──legsDirect──▶ direct ──hold, transfer, another leg, capture, directEnded──▶ anchored
 *                                          └──directEnded────▶ anchored
 *
 * Bringing back is what is done when a media server died (`anchor.ts`): each leg gets an endpoint by re-INVITE, and the two are joined there again,
 * or hear what they are to hear by then. While it is direct, a media server that dies is none of its business.
 */
import { type Call, isEnded, isUp } from './call.ts';
import type { CallCommand } from './command.ts';
import type { CallEvent } from './event.ts';
import { type CallTurn, isHeld } from './joining.ts';
import { asksAnybody } from './party.ts';

type EventOf<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;
/** `unwanted`: asked for, but meanwhile the media server is needed. */
export type DirectState = 'asking' | 'direct' | 'unwanted';

/** A phone that answers each change with one of its own would be sent to and fro for ever. */
const MOST_TRIES = 8;

export function askDirect(call: Call | undefined, { legIds }: EventOf<'legsJoined'>, turn: CallTurn): void {
  if (call === undefined || call.direct !== null || call.recordingId !== null || call.capture !== null || call.adrift.size > 0 || asksAnybody(call)) return;
  const legs = legIds.map((legId) => call.legs.get(legId));
  const stands = legs.every((leg) => leg !== undefined && isUp(leg) && !isHeld(leg) && call.joined?.includes(leg.legId) === true);
  if (!stands || !legs.some((leg) => leg?.direct === true) || legs.some((leg) => leg?.record === true || leg?.muted === true)) return;
  if (call.directs >= MOST_TRIES) return;
  call.directs += 1;
  call.direct = 'asking';
  turn.commands.push({ type: 'directLegs', callId: call.callId, legIds });
}

export function becameDirect(call: Call | undefined, turn: CallTurn): void {
  if (call === undefined) return;
  const wanted = call.direct === 'asking';
  call.direct = 'direct';
  if (!wanted) bringBack(call, turn);
}

/** `legIds`: it could not be, and is not tried again with these two; null: a phone changed its audio. `moved` false: nothing was changed at either phone. */
export function directEnded(call: Call | undefined, { legIds, moved }: EventOf<'directEnded'>, turn: CallTurn): void {
  if (call === undefined || call.direct === null) return;
  for (const legId of legIds ?? []) {
    const leg = call.legs.get(legId);
    if (leg !== undefined) leg.direct = false;
  }
  if (moved) bringBack(call, turn);
  else call.direct = null;
}

/** The media server is needed. */
export function anchor(call: Call, turn: CallTurn): void {
  if (call.direct === 'asking') call.direct = 'unwanted';
  if (call.direct === 'direct') bringBack(call, turn);
}

/** What a turn asks of the media server for a direct call it can only do once the audio is there: it is fetched first. */
export function anchorFirst(calls: { live(callId: Call['callId']): Call | undefined }, turn: CallTurn): void {
  for (const command of [...turn.commands]) {
    if (!needsMedia.has(command.type) || !('callId' in command)) continue;
    const call = calls.live(command.callId);
    if (call === undefined || call.direct === null) continue;
    const asked = turn.commands.splice(0);
    anchor(call, turn);
    turn.commands.push(...asked);
  }
}

const needsMedia = new Set<CallCommand['type']>(['joinLegs', 'partLegs', 'conferLegs', 'muteLeg', 'startRecording']);

function bringBack(call: Call, turn: CallTurn): void {
  const { callId } = call;
  call.direct = null;
  for (const leg of call.legs.values()) {
    if (!isUp(leg) || isEnded(leg) || call.adrift.has(leg.legId)) continue;
    call.adrift.add(leg.legId);
    turn.commands.push({ type: 'reanchorLeg', callId, legId: leg.legId });
  }
}
