/**
 * After a restart of ours: the SIP server and the media server have kept calls, and the rooms know them again as they were. Here is what still has to be said and done so
 * that both agree: legs that are gone, audio that is gone, and what was asked in the moment of our death and perhaps never heard. Pure.
 *
 *   leg up, dialog and endpoint there  nothing, or joined, held and recorded once more where the media server does not know it
 *   leg up, endpoint gone              legMediaLost: its audio is put elsewhere
 *   leg up, dialog gone                legEnded: with the BYE that came meanwhile, else server_restart
 *   leg not up yet                     legEnded server_restart: who rang is offered anew, who was not answered was told to call again
 */
import type { CallId, LegId } from '../../kernel/ids.ts';
import { type Call, callerLeg, isEnded, isUp, type Leg } from './call.ts';
import type { CallCommand } from './command.ts';
import type { Ending } from './ending.ts';
import type { CallEvent } from './event.ts';
import { isHeld, partnerOf } from './joining.ts';
import { mixOf } from './supervising.ts';

/** What was found of the legs that were up. */
export interface Found {
  up: ReadonlySet<LegId>;
  ended: ReadonlyMap<LegId, Ending>;
  /** Endpoints, and whom each is joined with. */
  endpoints: ReadonlyMap<string, { joined: string | null }>;
  recordings: ReadonlySet<string>;
}

/** To be told and carried out in this order: what is told first may end what is carried out then. */
interface Resumption {
  events: CallEvent[];
  commands: CallCommand[];
  /** Recordings that run on: of which call each is, and whether it is silent. */
  recordings: Map<string, { callId: CallId; paused: boolean }>;
}

export const LOST: Ending = { cause: 'server_restart', by: 'server', q850: 41 };

export function resume(calls: Iterable<Call>, found: Found): Resumption {
  const all: Resumption = { events: [], commands: [], recordings: new Map() };
  for (const call of calls) resumeCall(call, found, all);
  return all;
}

function resumeCall(call: Call, found: Found, all: Resumption): void {
  const { callId } = call;
  const gone = [...call.legs.values()].filter((leg) => isGone(call, leg, found));
  for (const { legId } of gone) all.events.push({ type: 'legEnded', callId, legId, ending: found.ended.get(legId) ?? LOST });
  const there = [...call.legs.values()].filter((leg) => isUp(leg) && found.up.has(leg.legId));
  for (const leg of there) resumeLeg(call, leg, found, all);
  if (call.capture?.state === 'keying') all.events.push(captureLost(call, call.capture));
  // Their audio was on its way past the media server, or back: it comes back, and goes again from there.
  if (call.direct !== null && there.length > 0) all.events.push({ type: 'directEnded', callId, legIds: null, moved: true });
  if (call.direct !== null) return;
  joinAgain(call, found, all);
  if (call.recordingId !== null) recordOn(call, call.recordingId, found, all);
}

/** A customer who asked to be called back has no dialog before it is dialled. */
function isGone(call: Call, leg: Leg, { up }: Found): boolean {
  if (isEnded(leg) || up.has(leg.legId)) return false;
  return !(call.callback !== null && leg === callerLeg(call) && leg.progress.state === 'dialling' && !call.callbackDialled);
}

function isAdrift({ adrift, direct }: Call, { legId }: Leg, { endpoints }: Found): boolean {
  return direct === null && (adrift.has(legId) || !endpoints.has(legId));
}

function resumeLeg(call: Call, leg: Leg, found: Found, all: Resumption): void {
  const { callId } = call;
  const { legId } = leg;
  if (isAdrift(call, leg, found)) all.events.push({ type: 'legMediaLost', callId, legId });
  // Its call was over for it, or its offer: it was being let go.
  const isLeft = leg.offerEnd !== undefined || (call.ending !== null && leg.role !== 'caller' && !isTogether(call, legId));
  if (isLeft) all.commands.push({ type: 'releaseLeg', callId, legId, cause: 'normal', by: 'other_party' });
}

const isTogether = (call: Call, legId: LegId): boolean =>
  partnerOf(call, legId) !== null || call.conference?.legIds.includes(legId) === true || call.consult !== null || call.transfer !== null;

/** They stand, and so does their audio. */
const areThere = (call: Call, legIds: readonly LegId[], { up, endpoints }: Found): boolean =>
  legIds.every((legId) => up.has(legId) && endpoints.has(legId) && !call.adrift.has(legId));

function joinAgain(call: Call, found: Found, all: Resumption): void {
  const { callId, joined, conference, supervision } = call;
  const mixed =
    supervision?.answered === true ? mixOf(call, supervision) : { legIds: conference?.legIds.filter((legId) => !conference.away.includes(legId)) ?? [] };
  // The mix is made anew: whoever is in it already is not disturbed.
  if (mixed.legIds.length > 0 && areThere(call, mixed.legIds, found)) all.commands.push({ type: 'conferLegs', callId, ...mixed });
  else if (mixed.legIds.length === 0 && joined !== null && areThere(call, joined, found)) {
    const [a, b] = joined;
    const legs = [call.legs.get(a), call.legs.get(b)];
    const talk = legs.every((leg) => leg !== undefined && isUp(leg) && !isHeld(leg));
    if (talk && found.endpoints.get(a)?.joined !== b) all.commands.push({ type: 'joinLegs', callId, legIds: joined });
  }
}

/** One that had not begun begins; one that ended meanwhile is told of by the media server. */
function recordOn(call: Call, recordingId: string, found: Found, all: Resumption): void {
  const { callId, tenantId, recorded, recordingRuns } = call;
  const paused = call.pauses.size > 0;
  if (found.recordings.has(recordingId)) all.recordings.set(recordingId, { callId, paused });
  else if (!recordingRuns && recorded !== null && areThere(call, recorded, found))
    all.commands.push({ type: 'startRecording', callId, tenantId, recordingId, left: recorded[0], right: recorded[1], paused });
}

/** What was keyed in was in memory alone: she asks again. */
function captureLost({ callId }: Call, { captureId, legId, by, form, field }: NonNullable<Call['capture']>): CallEvent {
  return { type: 'captureChanged', callId, legId, captureId, by, form, field, state: 'failed', count: 0 };
}
