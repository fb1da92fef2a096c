/**
 * The sound rim: what legs hear and which keys they press, by way of any media server behind `media/port.ts`.
 * Endpoints bear the ids of their legs; the phone rim opens and closes them.
 *
 * Keys of a masked step (passwords) end here: they are checked and forgotten, and no event, log line or record holds them.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import type { CallId, CustomerId, LegId, TenantId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { MediaEvent, MediaServer, Source } from '../../media/port.ts';
import type { CallsView } from '../call/call.ts';
import type { CallCommand, Collecting, Sound } from '../call/command.ts';
import type { AuthenticationResult, CallEvent, CollectEnd } from '../call/event.ts';
import { type CollectOutput, type Collector, createCollector } from '../ivr/collect.ts';
import { sourceOf } from './sources.ts';

export interface SoundOptions {
  media: MediaServer;
  clock: Clock;
  log: Logger;
  take: (event: CallEvent) => void;
  calls: CallsView;
  dialplansFolder: string;
  recordingsFolder: string;
  verifyServicePassword(tenantId: TenantId, customerId: CustomerId, digits: string): Promise<AuthenticationResult>;
}

type SoundCommandType =
  | 'playSounds'
  | 'collectDigits'
  | 'authenticate'
  | 'stopSounds'
  | 'echoLeg'
  | 'joinLegs'
  | 'partLegs'
  | 'startRecording'
  | 'stopRecording';
type Of<T> = Extract<CallCommand, { type: T }>;
export type SoundCarriers = { [T in SoundCommandType]: (command: Of<T>) => void };

/** Keys pressed ahead of the question; more are lost. */
const MOST_KEYS_AHEAD = 16;

/** What one leg is busy with. */
type Playing =
  | { kind: 'prompt'; callId: CallId; playId: string }
  | { kind: 'keys'; callId: CallId; playId: string; collector: Collector; cancelTimer: () => void; finished: (digits: string, end: CollectEnd) => void };

interface LegSound {
  playing: Playing | null;
  /** Keys pressed ahead of the next question; null while keys mean nothing (music, talk, a prompt that must be heard). */
  ahead: string[] | null;
}

export interface SoundRim {
  carriers: SoundCarriers;
  /** Every event of the media server that concerns sound; true when it was ours. */
  hear(event: MediaEvent): boolean;
  /** The leg is over: whatever it was busy with is forgotten. */
  forget(legId: LegId): void;
}

export function createSound(options: SoundOptions): SoundRim {
  const { media, clock, log, take } = options;
  const legs = new Map<string, LegSound>();
  const recordings = new Map<string, { callId: CallId; path: string }>();

  const legSound = (legId: string): LegSound => {
    let sound = legs.get(legId);
    if (sound === undefined) {
      sound = { playing: null, ahead: null };
      legs.set(legId, sound);
    }
    return sound;
  };

  /** Ends what the leg was busy with as stopped; the next thing takes its place. */
  const replace = (legId: string, next: Playing | null): void => {
    const sound = legSound(legId);
    const before = sound.playing;
    sound.playing = next;
    if (before?.kind === 'keys') before.cancelTimer();
  };

  const sourcesOf = (sounds: Sound[], tenantId: TenantId): Source[] => sounds.map((sound) => sourceOf(sound, options.dialplansFolder, tenantId));

  const play = (legId: LegId, playId: string, sounds: Sound[], tenantId: TenantId, how: { loop: boolean; bargeIn: boolean }): void => {
    Promise.resolve()
      .then(() => media.play(legId, playId, sourcesOf(sounds, tenantId), how))
      .catch((error: Error) => {
        log.warn({ err: error, legId, playId }, 'a sound could not be played');
        endPlay(legId, playId, 'failed');
      });
  };

  const endPlay = (legId: string, playId: string, end: 'finished' | 'barge_in' | 'stopped' | 'failed'): void => {
    const playing = legs.get(legId)?.playing;
    if (playing == null || playing.playId !== playId) return;
    if (playing.kind === 'prompt') {
      legSound(legId).playing = null;
      take({ type: 'promptEnded', callId: playing.callId, legId: legId as LegId, playId, end });
    } else follow(legId, playing, playing.collector.promptEnded(clock.now()));
  };

  /** Does what the collector says: stop the prompt, wait for the next key, or finish. */
  const follow = (legId: string, keys: Extract<Playing, { kind: 'keys' }>, output: CollectOutput): void => {
    keys.cancelTimer();
    if (output.stopPrompt === true) media.stop(legId).catch(() => undefined);
    if (output.done !== undefined) {
      legSound(legId).playing = null;
      keys.finished(output.done.digits, output.done.end);
    } else if (output.until !== null) {
      keys.cancelTimer = clock.after(Math.ceil(output.until - clock.now()), () => {
        if (legs.get(legId)?.playing === keys) follow(legId, keys, keys.collector.timePassed(clock.now()));
      });
    }
  };

  const collect = (
    command: { callId: CallId; legId: LegId; playId: string; tenantId: TenantId; sounds: Sound[]; collecting: Collecting },
    bargeIn: boolean,
    finished: (digits: string, end: CollectEnd) => void,
  ): void => {
    const { callId, legId, playId } = command;
    const keys = { kind: 'keys' as const, callId, playId, collector: createCollector(command.collecting, bargeIn), cancelTimer: () => undefined, finished };
    replace(legId, keys);
    const sound = legSound(legId);
    const ahead = bargeIn ? (sound.ahead ?? []) : [];
    sound.ahead = bargeIn ? [] : null;
    for (const key of ahead) {
      if (sound.playing === keys) follow(legId, keys, keys.collector.key(key, clock.now()));
    }
    if (sound.playing !== keys) return;
    if (command.sounds.length === 0 || ahead.length > 0) follow(legId, keys, keys.collector.promptEnded(clock.now()));
    else play(legId, playId, command.sounds, command.tenantId, { loop: false, bargeIn });
  };

  const checkSecret = async (command: Of<'authenticate'>, digits: string): Promise<AuthenticationResult> => {
    if (digits === '') return 'no_input';
    if (command.customerId === null) return 'unavailable';
    return options.verifyServicePassword(command.tenantId, command.customerId, digits);
  };

  const failed = (what: string, ids: object) => (error: Error) => log.warn({ err: error, ...ids }, what);

  const carriers: SoundCarriers = {
    playSounds(command) {
      const { callId, legId, playId } = command;
      replace(legId, { kind: 'prompt', callId, playId });
      const sound = legSound(legId);
      sound.ahead = command.bargeIn ? (sound.ahead ?? []) : null;
      play(legId, playId, command.sounds, command.tenantId, command);
    },
    collectDigits(command) {
      const { callId, legId, playId } = command;
      collect(command, command.bargeIn, (digits, end) => take({ type: 'digitsCollected', callId, legId, playId, digits, end }));
    },
    authenticate(command) {
      const { callId, legId, playId } = command;
      collect(command, true, (digits) => {
        checkSecret(command, digits)
          .catch((error: Error): AuthenticationResult => {
            log.warn({ err: error, callId }, 'a service password could not be checked');
            return 'unavailable';
          })
          .then((result) => {
            const authLevel = result === 'ok' ? 2 : (options.calls.get(callId)?.authLevel ?? 0);
            take({ type: 'authenticationEnded', callId, legId, playId, result, authLevel });
          });
      });
    },
    stopSounds({ legId }) {
      replace(legId, null);
      media.stop(legId).catch(failed('a sound could not be stopped', { legId }));
    },
    echoLeg({ legId }) {
      replace(legId, null);
      legSound(legId).ahead = null;
      media.echo(legId).catch(failed('a leg could not be echoed', { legId }));
    },
    joinLegs({ callId, legIds }) {
      const [a, b] = legIds;
      for (const legId of legIds) {
        replace(legId, null);
        legSound(legId).ahead = null;
      }
      media.join(a, b).then(() => take({ type: 'legsJoined', callId, legIds }), failed('two legs could not be joined', { callId }));
    },
    partLegs({ callId, legIds, musicTo, music }) {
      const tenantId = options.calls.get(callId)?.tenantId;
      const parted = media.part(legIds[0], legIds[1]).catch(failed('two legs could not be parted', { callId }));
      if (musicTo === null || tenantId === undefined) return;
      const playId = `hold-${musicTo}`;
      replace(musicTo, { kind: 'prompt', callId, playId });
      void parted.then(() => {
        if (legs.get(musicTo)?.playing?.playId === playId) play(musicTo, playId, [{ kind: 'music', name: music }], tenantId, { loop: true, bargeIn: false });
      });
    },
    startRecording({ callId, tenantId, recordingId, left, right }) {
      const day = new Date(clock.now()).toISOString().slice(0, 10);
      const folder = join(options.recordingsFolder, tenantId, day);
      const path = join(folder, `${recordingId}.wav`);
      recordings.set(recordingId, { callId, path });
      mkdir(folder, { recursive: true })
        .then(() => media.record({ recordingId, path, left, right }))
        .then(() => take({ type: 'recordingStarted', callId, recordingId, path }))
        .catch((error: Error) => {
          recordings.delete(recordingId);
          failed('a call could not be recorded', { callId })(error);
          take({ type: 'recordingEnded', callId, recordingId, path, durationMs: 0, complete: false });
        });
    },
    stopRecording({ recordingId }) {
      media.stopRecording(recordingId).catch(failed('a recording could not be stopped', { recordingId }));
    },
  };

  const press = (legId: string, key: string): void => {
    const sound = legs.get(legId);
    if (sound === undefined) return;
    if (sound.playing?.kind === 'keys') follow(legId, sound.playing, sound.playing.collector.key(key, clock.now()));
    else if (sound.ahead !== null && sound.ahead.length < MOST_KEYS_AHEAD) sound.ahead.push(key);
  };

  return {
    carriers,
    forget(legId) {
      replace(legId, null);
      legs.delete(legId);
    },
    hear(event) {
      switch (event.type) {
        case 'playEnded':
          endPlay(event.endpointId, event.playId, event.end);
          return true;
        case 'digit':
          press(event.endpointId, event.key);
          return true;
        case 'recordingEnded': {
          const recording = recordings.get(event.recordingId);
          recordings.delete(event.recordingId);
          const { recordingId, path, durationMs, complete } = event;
          if (recording !== undefined) take({ type: 'recordingEnded', callId: recording.callId, recordingId, path, durationMs, complete });
          return true;
        }
        default:
          return false;
      }
    },
  };
}
