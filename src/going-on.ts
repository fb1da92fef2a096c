/**
 * A start of ours while calls are up: the servers beside us have kept dialogs and audio (`sip/PROTOCOL.md`, `media/README.md`), the journal says what the calls are. Legs are
 * put back in place, what nobody knows is ended, and what still has to be said (`call/resuming.ts`) is said. Nobody who talks hears anything of it.
 */
import type { Clock } from '../kernel/clock.ts';
import type { LegId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/log.ts';
import type { CallsView } from './call/call.ts';
import type { CallCommand } from './call/command.ts';
import { type Found, LOST, resume } from './call/resuming.ts';
import type { Underway } from './journal/keep.ts';
import type { KeptLeg } from './phone/claim.ts';
import type { Phone } from './phone/phone.ts';
import { playIdOf } from './sound/asked.ts';
import type { MediaEar } from './sound/ear.ts';
import type { Fleet } from './sound/fleet.ts';
import type { SoundRim } from './sound/sound.ts';
import type { Event } from './vocabulary.ts';

export interface GoingOn {
  calls: CallsView;
  underway: Underway;
  phone: Pick<Phone, 'claim' | 'carriers'>;
  media: Pick<Fleet, 'claim' | 'close'>;
  sound: Pick<SoundRim, 'carriers' | 'goOn' | 'goOnRecording'>;
  ear: Pick<MediaEar, 'ends'>;
  clock: Clock;
  log: Logger;
  take: (event: Event) => void;
  /** Tells the rooms what they established in a turn that was cut. */
  finish: (facts: readonly Event[]) => void;
}

export async function goOn(parts: GoingOn): Promise<void> {
  const { calls, clock, log, take, finish, underway } = parts;
  const startedAt = clock.now();
  const [legs, kept] = await Promise.all([parts.phone.claim(keptLegs(calls, underway)), parts.media.claim()]);
  const endpoints = new Map(kept.endpoints.map((endpoint) => [endpoint.endpointId, endpoint]));
  const found: Found = { ...legs, endpoints, recordings: new Set(kept.recordings.map(({ recordingId }) => recordingId)) };
  // An endpoint whose leg is gone; its id may be wanted at once.
  const idle = kept.endpoints.filter(({ endpointId }) => !legs.up.has(endpointId as LegId));
  await Promise.allSettled(idle.map(({ endpointId }) => parts.media.close(endpointId)));
  // As it was at our death: what rings from here on rings for this run.
  const { events, commands, recordings } = resume([...calls.values()], found);
  for (const [recordingId, { callId, paused }] of recordings) parts.sound.goOnRecording(recordingId, callId, paused);
  soundOn(parts, found, endpoints);
  const known = new Set([...calls.values()].flatMap((call) => [...call.legs.keys()]));
  // First, as they belong to the turn that was cut.
  finish(underway.lastTurn.facts);
  take({ type: 'serverResumed' });
  for (const event of neverRung(parts, known)) take(event);
  for (const event of underway.lastTurn.afterFaults) take(event);
  for (const command of [...lettingGo(underway.lastTurn.commands), ...commands]) carryOut(parts, command);
  for (const event of events) take(event);
  log.info(
    { calls: calls.size, legs: legs.up.size, ended: events.length, ms: Math.round(clock.now() - startedAt) },
    'calls go on that were up before the restart',
  );
}

/** Legs that were up, with where they are to be found. */
function keptLegs(calls: CallsView, { legs }: Underway): KeptLeg[] {
  return [...calls.values()].flatMap(({ callId, legs: own }) =>
    [...own.values()].flatMap(({ legId, progress }) => {
      const stands = legs.get(legId);
      return stands === undefined || progress.state !== 'up' ? [] : [{ ...stands, callId, legId }];
    }),
  );
}

/** Who heard something goes on hearing it; what nobody plays any more begins again. */
function soundOn({ underway, sound, ear }: GoingOn, { up }: Found, endpoints: ReadonlyMap<string, { playing: string | null }>): void {
  const { ends } = ear;
  for (const [legId, asked] of underway.sounds) {
    if (!up.has(legId)) continue;
    const playId = playIdOf(asked);
    const endpoint = endpoints.get(legId);
    // One whose audio is gone hears it as soon as it is put elsewhere.
    sound.goOn(asked, endpoint === undefined || (playId !== null && (endpoint.playing === playId || ends.has(`${legId} ${playId}`))));
  }
}

/** Legs that came only with the end of the turn that was cut: it was to ring them, and nobody does. */
function neverRung({ calls, underway }: GoingOn, known: ReadonlySet<LegId>): Event[] {
  return underway.lastTurn.commands.flatMap((command) => {
    if ((command.type !== 'ringLeg' && command.type !== 'dialLeg') || known.has(command.legId)) return [];
    const { callId, legId } = command;
    return calls.get(callId)?.legs.has(legId) === true ? [{ type: 'legEnded', callId, legId, ending: LOST }] : [];
  });
}

/** What was asked in the last turn, was perhaps not heard, and harms nobody when it is asked twice. */
const askedTwice = ['releaseLeg', 'partLegs', 'muteLeg', 'stopRecording', 'pauseRecording', 'resumeRecording', 'moveRecording'] as const;

function lettingGo(commands: Underway['lastTurn']['commands']): CallCommand[] {
  return commands.filter((command): command is CallCommand => askedTwice.some((type) => type === command.type));
}

function carryOut({ phone, sound }: GoingOn, command: CallCommand): void {
  const { releaseLeg } = phone.carriers;
  const { joinLegs, partLegs, conferLegs, muteLeg, startRecording, stopRecording, pauseRecording, resumeRecording, moveRecording } = sound.carriers;
  const carriers = { releaseLeg, joinLegs, partLegs, conferLegs, muteLeg, startRecording, stopRecording, pauseRecording, resumeRecording, moveRecording };
  if (command.type in carriers) (carriers[command.type as keyof typeof carriers] as (command: CallCommand) => void)(command);
}
