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
import { MediaError, type MediaEvent, type MediaServer } from '../../media/port.ts';
import type { CallsView } from '../call/call.ts';
import type { CallCommand, Sound } from '../call/command.ts';
import type { AuthenticationResult, CallEvent, CollectEnd, PromptEnd } from '../call/event.ts';
import { type CollectOutput, type Collector, createCollector } from '../ivr/collect.ts';
import { type AskedSound, holdPlayId } from './asked.ts';
import { plainName, sourcesOf, unspoken } from './sources.ts';
import type { Speech } from './tts/port.ts';

export interface SoundOptions {
  media: MediaServer;
  clock: Clock;
  log: Logger;
  take: (event: CallEvent) => void;
  /** Something of ours threw in what is this leg's own. */
  broke: (legId: LegId, error: unknown) => void;
  calls: CallsView;
  dialplansFolder: string;
  speech: Speech;
  /** What was keyed in secretly is given away here, and known nowhere else. */
  keepSecret: (callId: CallId, name: string, digits: string) => void;
  recordings: { dir: string; sealed: boolean; format: 'pcm16' | 'alaw' | 'opus' };
  verifyServicePassword(tenantId: TenantId, customerId: CustomerId, digits: string): Promise<AuthenticationResult>;
}

type SoundCommandType =
  | 'playSounds'
  | 'collectDigits'
  | 'captureKeys'
  | 'cancelCapture'
  | 'authenticate'
  | 'stopSounds'
  | 'resumeSounds'
  | 'echoLeg'
  | 'joinLegs'
  | 'partLegs'
  | 'conferLegs'
  | 'muteLeg'
  | 'startRecording'
  | 'pauseRecording'
  | 'resumeRecording'
  | 'moveRecording'
  | 'stopRecording';
type Of<T> = Extract<CallCommand, { type: T }>;
export type SoundCarriers = { [T in SoundCommandType]: (command: Of<T>) => void | Promise<void> };

/** Keys pressed ahead of the question; more are lost. */
const MOST_KEYS_AHEAD = 16;

/** However patient the question is. */
const LONGEST_MASK_MS = 300_000;

/** What is played, kept so that it can be played again on another endpoint. */
interface Played {
  playId: string;
  sounds: Sound[];
  tenantId: TenantId;
  how: { loop: boolean; bargeIn: boolean };
}
interface Prompt extends Played {
  kind: 'prompt';
  callId: CallId;
}
interface Keys extends Played {
  kind: 'keys';
  /** The question is still being asked. */
  asking: boolean;
  collector: Collector;
  cancelTimer: () => void;
  finished: (digits: string, end: CollectEnd) => void;
  /** Nobody may hear these keys; null = everybody may. */
  secret: Secret | null;
}

/** What is to be done about keys that nobody may hear, beside collecting them. */
interface Secret {
  /** Keys count only once nobody hears them: two talk meanwhile. */
  strict: boolean;
  /** From now on nobody hears them. */
  begun: () => void;
  pressed: () => void;
  /** The leg turned to something else. */
  dropped: () => void;
}
const nothingToDo = (): void => undefined;
const quiet: Secret = { strict: false, begun: nothingToDo, pressed: nothingToDo, dropped: nothingToDo };

interface LegSound {
  /** What the leg is busy with. */
  playing: Prompt | Keys | { kind: 'echo'; playId: null } | null;
  /** Keys pressed ahead of the next question; null while keys mean nothing (music, talk, a prompt that must be heard). */
  ahead: string[] | null;
  /** Counts what was to be heard: while a text is being spoken, the leg may turn to something else. */
  turns: number;
}

export class SoundRim {
  readonly #options: SoundOptions;
  readonly #legs = new Map<string, LegSound>();
  readonly #recordings = new Map<string, { callId: CallId; paused: boolean }>();
  /** Legs for which a sound was not taken because their media server is away: it comes back, or they are put elsewhere, or they end. */
  readonly #refused = new Set<LegId>();
  /** What is being asked plays already: a run of ours before this one began it. */
  #isPlaying = false;

  constructor(options: SoundOptions) {
    this.#options = options;
  }

  readonly carriers: SoundCarriers = {
    playSounds: (command) => this.#playSounds(command),
    collectDigits: (command) => {
      const { callId, legId, playId, bargeIn, secret } = command;
      if (secret !== undefined) this.#collect(command, bargeIn, quiet, (digits, end) => this.#keepCollected(command, secret, digits, end));
      else this.#collect(command, bargeIn, null, (digits, end) => this.#options.take({ type: 'digitsCollected', callId, legId, playId, digits, end }));
    },
    captureKeys: (command) => this.#capture(command),
    cancelCapture: ({ legId }) => {
      const playing = this.#legs.get(legId)?.playing;
      if (playing?.kind === 'keys' && playing.secret?.strict === true) this.#busy(legId, null, null);
    },
    authenticate: (command) =>
      this.#collect(command, true, quiet, (digits) => {
        this.#authenticate(command, digits).catch((error: unknown) => this.#options.broke(command.legId, error));
      }),
    stopSounds: ({ legId }) => {
      this.#busy(legId, null, null);
      this.#try('a sound could not be stopped', { legId }, this.#options.media.stop(legId));
    },
    resumeSounds: ({ legId }) => this.#resume(legId),
    echoLeg: ({ legId }) => {
      this.#busy(legId, { kind: 'echo', playId: null }, null);
      this.#try('a leg could not be echoed', { legId }, this.#options.media.echo(legId));
    },
    joinLegs: ({ callId, legIds }) => {
      for (const legId of legIds) this.#busy(legId, null, null);
      const joined = this.#options.media.join(...legIds).then(
        () => this.#options.take({ type: 'legsJoined', callId, legIds }),
        (error: Error) => {
          this.#options.log.warn({ err: error, callId, legIds }, 'two legs could not be joined');
          // They stand, and hear nothing: nobody would ever tell.
          if (!(error instanceof MediaError) || error.code === 'internal') this.#options.take({ type: 'callBroke', callId, where: 'joinLegs' });
        },
      );
      return joined;
    },
    partLegs: (command) => this.#part(command),
    conferLegs: (command) => this.#confer(command),
    muteLeg: ({ legId, muted }) => this.#try('a leg could not be muted or heard again', { legId, muted }, this.#options.media.mute(legId, muted)),
    startRecording: (command) => this.#record(command),
    pauseRecording: ({ recordingId }) => this.#pauseRecording(recordingId, true),
    resumeRecording: ({ recordingId }) => this.#pauseRecording(recordingId, false),
    moveRecording: ({ recordingId, left, right }) =>
      this.#try('a recording could not follow its call', { recordingId }, this.#options.media.moveRecording(recordingId, left, right)),
    stopRecording: ({ recordingId }) => this.#try('a recording could not be stopped', { recordingId }, this.#options.media.stopRecording(recordingId)),
  };

  /** Hears every event of the media server; true when it was sound's. */
  hear(event: MediaEvent): boolean {
    switch (event.type) {
      case 'playEnded':
        this.#endPlay(event.endpointId as LegId, event.playId, event.end);
        return true;
      case 'digit':
        this.#press(event.endpointId as LegId, event.key, event.masked === true);
        return true;
      case 'recordingEnded': {
        // One that an earlier life of ours had begun is told of too, once its file has been mended: its name says of which call it is.
        const callId = this.#recordings.get(event.recordingId)?.callId ?? callOf(event.recordingId);
        this.#recordings.delete(event.recordingId);
        if (callId !== null) this.#options.take({ ...event, callId });
        return true;
      }
      case 'maskEnded':
        if (event.end === 'timeout') this.#exposed(event.endpointId as LegId);
        return true;
      default:
        return false;
    }
  }

  /** After a restart: the leg goes on with this. `isPlaying`: it is still to be heard, or its end is about to be told; else it begins again. */
  goOn(asked: AskedSound, isPlaying: boolean): void {
    this.#isPlaying = isPlaying;
    if (asked.type === 'partLegs') this.#playHeld(asked);
    else if (asked.type === 'playSounds') this.carriers.playSounds(asked);
    else if (asked.type === 'collectDigits') this.carriers.collectDigits(asked);
    else if (asked.type === 'authenticate') this.carriers.authenticate(asked);
    else this.carriers.echoLeg(asked);
    this.#isPlaying = false;
  }

  /** After a restart: this recording runs on. */
  goOnRecording(recordingId: string, callId: CallId, paused: boolean): void {
    this.#recordings.set(recordingId, { callId, paused });
  }

  /** A key by SIP INFO: the media server knows whether the same press was heard, and tells it if not. */
  signalledKey(legId: LegId, key: string): void {
    this.#try('a key by signalling could not be told', { legId }, this.#options.media.signalledKey(legId, key));
  }

  /** Keys that somebody of the house presses for the parties of these legs. */
  press(legIds: readonly LegId[], keys: string): void {
    for (const legId of legIds) this.#try('keys could not be sent', { legId }, this.#options.media.sendDigits(legId, keys));
  }

  /** The leg is over: whatever it was busy with is forgotten. */
  forget(legId: LegId): void {
    this.#busy(legId, null, null);
    this.#legs.delete(legId);
    this.#refused.delete(legId);
  }

  /** The media server is there (again): what it did not take while it was away, and is still wanted, it is asked for once more. */
  mediaBack(): void {
    const refused = [...this.#refused];
    this.#refused.clear();
    for (const legId of refused) this.#resume(legId);
  }

  #leg(legId: LegId): LegSound {
    let leg = this.#legs.get(legId);
    if (leg === undefined) {
      leg = { playing: null, ahead: null, turns: 0 };
      this.#legs.set(legId, leg);
    }
    return leg;
  }

  /** The leg turns to something new; what it was busy with is dropped without a word, as the core has moved on. */
  #busy(legId: LegId, playing: LegSound['playing'], ahead: string[] | null): void {
    const leg = this.#leg(legId);
    const before = leg.playing;
    if (before?.kind === 'keys') this.#endKeys(legId, before);
    leg.playing = playing;
    if (before?.kind === 'keys') before.secret?.dropped();
    leg.ahead = ahead;
    leg.turns += 1;
  }

  #playSounds({ callId, legId, playId, sounds, tenantId, loop, bargeIn }: Of<'playSounds'>): void {
    const prompt: Prompt = { kind: 'prompt', callId, playId, sounds, tenantId, how: { loop, bargeIn } };
    this.#busy(legId, prompt, bargeIn ? (this.#leg(legId).ahead ?? []) : null);
    this.#play(legId, prompt);
  }

  /** What the leg was hearing, from its beginning; a question that was heard to its end is not asked again. */
  #resume(legId: LegId): void {
    const playing = this.#legs.get(legId)?.playing;
    if (playing == null) return;
    if (playing.kind === 'keys' && playing.secret !== null) this.#mask(legId, playing, playing.secret);
    if (playing.kind === 'echo') this.#try('a leg could not be echoed', { legId }, this.#options.media.echo(legId));
    else if (playing.kind === 'prompt' || playing.asking) this.#play(legId, playing);
  }

  #play(legId: LegId, playing: Prompt | Keys, sounds = playing.sounds): void {
    const { playId, tenantId, how } = playing;
    const leg = this.#leg(legId);
    leg.turns += 1;
    if (this.#isPlaying) return;
    const turn = leg.turns;
    const spoken = sounds.some(({ kind }) => kind === 'speech');
    const isWanted = (): boolean => this.#legs.get(legId)?.turns === turn && (playing.kind === 'prompt' || playing.asking);
    sourcesOf(sounds, tenantId, this.#options)
      .then(async (sources) => {
        if (spoken && !isWanted()) return;
        if (sources.length > 0) await this.#options.media.play(legId, playId, sources, how);
        else this.#endPlay(legId, playId, 'failed');
      })
      .catch((error: Error) => {
        this.#options.log.warn({ err: error, legId, playId }, 'a sound could not be played');
        if (isAway(error)) this.#refused.add(legId);
        // A media server elsewhere does not find what we have had spoken.
        else if (spoken && isWanted()) this.#play(legId, playing, unspoken(sounds));
        else this.#endPlay(legId, playId, 'failed');
      });
  }

  #endPlay(legId: LegId, playId: string, end: PromptEnd): void {
    const leg = this.#legs.get(legId);
    const playing = leg?.playing;
    if (leg === undefined || playing == null || playing.kind === 'echo' || playing.playId !== playId) return;
    if (playing.kind === 'keys') {
      playing.asking = false;
      this.#follow(legId, playing, playing.collector.promptEnded(this.#options.clock.now()));
      return;
    }
    leg.playing = null;
    this.#options.take({ type: 'promptEnded', callId: playing.callId, legId, playId, end });
  }

  #collect(command: Of<'collectDigits'> | Of<'authenticate'>, bargeIn: boolean, secret: Secret | null, finished: Keys['finished']): void {
    const { legId, playId, sounds } = command;
    const { clock } = this.#options;
    const ahead = bargeIn ? (this.#leg(legId).ahead ?? []) : [];
    // Who has begun to answer already needs no question.
    const asking = sounds.length > 0 && ahead.length === 0;
    const keys: Keys = {
      ...{ kind: 'keys', playId, sounds, tenantId: command.tenantId, how: { loop: false, bargeIn }, asking, secret },
      ...{ collector: createCollector(command.collecting, bargeIn), cancelTimer: () => undefined, finished },
    };
    this.#busy(legId, keys, bargeIn ? [] : null);
    if (secret !== null) this.#mask(legId, keys, secret);
    for (const key of ahead) this.#press(legId, key, false);
    if (this.#legs.get(legId)?.playing !== keys) return;
    if (asking) this.#play(legId, keys);
    else this.#follow(legId, keys, keys.collector.promptEnded(clock.now()));
  }

  /** An agent talks with the party of this leg: what that presses is collected as for a question that has been asked. */
  #capture({ callId, legId, captureId, tenantId, by, form, field, collecting }: Of<'captureKeys'>): void {
    const { clock, take } = this.#options;
    const told = { type: 'captureChanged' as const, callId, legId, captureId, by, form, field };
    let count = 0;
    const secret: Secret = {
      strict: true,
      begun: () => take({ ...told, state: 'keying', count }),
      pressed: () => {
        count += 1;
        take({ ...told, state: 'keying', count });
      },
      dropped: () => take({ ...told, state: 'cancelled', count }),
    };
    const finished: Keys['finished'] = (digits, end) => {
      const valid = isSecret(digits, collecting.least);
      if (valid) this.#options.keepSecret(callId, field, digits);
      take({ ...told, state: end === 'failed' ? 'failed' : valid ? 'kept' : digits === '' ? 'silent' : 'invalid', count: digits.length });
    };
    const keys: Keys = {
      ...{ kind: 'keys', playId: captureId, sounds: [], tenantId, how: { loop: false, bargeIn: true }, asking: false, secret },
      ...{ collector: createCollector(collecting, true), cancelTimer: nothingToDo, finished },
    };
    this.#busy(legId, keys, null);
    this.#mask(legId, keys, secret);
    this.#follow(legId, keys, keys.collector.promptEnded(clock.now()));
  }

  #keepCollected({ callId, legId, playId, collecting }: Of<'collectDigits'>, name: string, digits: string, end: CollectEnd): void {
    const valid = isSecret(digits, collecting.least);
    if (valid) this.#options.keepSecret(callId, name, digits);
    const alone = digits.length === 1 && collecting.least > 1 ? digits : null;
    this.#options.take({ type: 'secretCollected', callId, legId, playId, name, count: digits.length, valid, end, alone });
  }

  /** Keys that cannot be made secret are not asked for. A media server that is away is asked again when it is back, unless two talk. */
  #mask(legId: LegId, keys: Keys, secret: Secret): void {
    const isWanted = (): boolean => this.#legs.get(legId)?.playing === keys;
    this.#options.media.maskKeys(legId, LONGEST_MASK_MS).then(
      () => {
        if (isWanted()) secret.begun();
      },
      (error: Error) => {
        this.#options.log.warn({ err: error, legId }, 'keys could not be masked');
        if (isWanted() && (secret.strict || !isAway(error))) this.#giveUp(legId, keys, 'failed');
      },
    );
  }

  /** The mask was taken off by its time: what is pressed now is heard, so that nothing secret may be asked for any more. */
  #exposed(legId: LegId): void {
    const playing = this.#legs.get(legId)?.playing;
    if (playing?.kind === 'keys' && playing.secret !== null) this.#giveUp(legId, playing, 'timeout');
  }

  #giveUp(legId: LegId, keys: Keys, end: CollectEnd): void {
    this.#endKeys(legId, keys);
    const leg = this.#leg(legId);
    Object.assign(leg, { playing: null, ahead: null });
    if (keys.asking) this.#try('a prompt could not be stopped', { legId }, this.#options.media.stop(legId));
    keys.finished('', end);
  }

  #endKeys(legId: LegId, keys: Keys): void {
    keys.cancelTimer();
    if (keys.secret !== null) this.#try('keys could not be unmasked', { legId }, this.#options.media.unmaskKeys(legId));
  }

  /** Does what the collector says: stop the prompt, wait for the next key, or finish. */
  #follow(legId: LegId, keys: Keys, output: CollectOutput): void {
    const { clock, media } = this.#options;
    keys.cancelTimer();
    if (output.stopPrompt === true) keys.asking = false;
    if (output.stopPrompt === true) this.#try('a prompt could not be stopped', { legId }, media.stop(legId));
    if (output.done !== undefined) {
      this.#endKeys(legId, keys);
      const leg = this.#leg(legId);
      leg.playing = null;
      // What is pressed behind a secret may still be part of it.
      if (keys.secret !== null) leg.ahead = null;
      keys.finished(output.done.digits, output.done.end);
    } else if (output.until !== null) {
      keys.cancelTimer = clock.after(Math.ceil(output.until - clock.now()), () => {
        try {
          if (this.#legs.get(legId)?.playing === keys) this.#follow(legId, keys, keys.collector.timePassed(clock.now()));
        } catch (error) {
          this.#options.broke(legId, error);
        }
      });
    }
  }

  #press(legId: LegId, key: string, masked: boolean): void {
    const leg = this.#legs.get(legId);
    const playing = leg?.playing;
    if (playing?.kind === 'keys') {
      if (playing.secret?.strict === true && !masked) return;
      const output = playing.collector.key(key, this.#options.clock.now());
      if (output.done === undefined) playing.secret?.pressed();
      this.#follow(legId, playing, output);
    } else if (masked) return;
    else if (leg?.ahead != null && leg.ahead.length < MOST_KEYS_AHEAD) leg.ahead.push(key);
  }

  async #authenticate({ callId, legId, playId, tenantId, customerId }: Of<'authenticate'>, digits: string): Promise<void> {
    let result: AuthenticationResult = 'unavailable';
    try {
      if (digits === '') result = 'no_input';
      else if (customerId !== null) result = await this.#options.verifyServicePassword(tenantId, customerId, digits);
    } catch (error) {
      this.#options.log.warn({ err: error, callId }, 'a service password could not be checked');
    }
    const authLevel = result === 'ok' ? 2 : (this.#options.calls.get(callId)?.authLevel ?? 0);
    this.#options.take({ type: 'authenticationEnded', callId, legId, playId, result, authLevel });
  }

  #part(command: Of<'partLegs'>): void {
    const { callId, legIds, musicTo } = command;
    const parted = this.#options.media.part(...legIds);
    this.#try('two legs could not be parted', { callId, legIds }, parted);
    const waiting = this.#holdMusic(command);
    if (waiting === null || musicTo === null) return;
    const play = (): void => {
      if (this.#legs.get(musicTo)?.playing === waiting) this.#play(musicTo, waiting);
    };
    parted.then(play, play);
  }

  /** The two were parted by a run of ours before this one. */
  #playHeld(command: Of<'partLegs'>): void {
    const waiting = this.#holdMusic(command);
    if (waiting !== null && command.musicTo !== null) this.#play(command.musicTo, waiting);
  }

  #holdMusic({ callId, musicTo, music }: Of<'partLegs'>): Prompt | null {
    const tenantId = this.#options.calls.get(callId)?.tenantId;
    if (musicTo === null || tenantId === undefined) return null;
    const waiting: Prompt = {
      ...{ kind: 'prompt', callId, playId: holdPlayId(musicTo) },
      ...{ sounds: [{ kind: 'music', name: music }], tenantId, how: { loop: true, bargeIn: false } },
    };
    this.#busy(musicTo, waiting, null);
    return waiting;
  }

  /** One for each call: whoever is not named any more is out of it. */
  #confer({ callId, legIds, gains = [] }: Of<'conferLegs'>): void {
    const { media, log, take } = this.#options;
    const conferenceId = `${callId}.conference`;
    for (const legId of legIds) this.#busy(legId, null, null);
    const done = legIds.length < 2 ? media.endConference(conferenceId) : media.conference({ conferenceId, members: legIds, gains });
    done.catch((error: Error) => {
      log.warn({ err: error, callId, legIds }, 'legs could not hear one another in a conference');
      if (!isAway(error)) take({ type: 'conferenceFailed', callId });
    });
  }

  async #record({ callId, tenantId, recordingId, left, right, paused }: Of<'startRecording'>): Promise<void> {
    const { clock, media, recordings, take, log } = this.#options;
    const { dir, sealed, format } = recordings;
    const folder = join(dir, plainName(tenantId), new Date(clock.now()).toISOString().slice(0, 10));
    const path = join(folder, `${plainName(recordingId)}${sealed ? '.hws' : '.wav'}`);
    const running = { callId, paused };
    this.#recordings.set(recordingId, running);
    try {
      await mkdir(folder, { recursive: true });
      await media.record({ recordingId, path, left, right, sealed, format, paused: running.paused });
      take({ type: 'recordingStarted', callId, recordingId, path });
    } catch (error) {
      this.#recordings.delete(recordingId);
      log.warn({ err: error, callId }, 'a call could not be recorded');
      take({ type: 'recordingEnded', callId, recordingId, path, durationMs: 0, complete: false, reason: (error as Error).message });
    }
  }

  /** One that is being begun begins as it was asked last. */
  #pauseRecording(recordingId: string, paused: boolean): void {
    const running = this.#recordings.get(recordingId);
    if (running !== undefined) running.paused = paused;
    const { media, log } = this.#options;
    const doing = paused ? media.pauseRecording(recordingId) : media.resumeRecording(recordingId);
    doing.catch((error: Error) => log.error({ err: error, recordingId, paused }, 'ALARM: a recording could not be paused or resumed'));
  }

  /** What fails here is logged and no more: the leg it concerns ends by its own path. */
  #try(what: string, ids: object, doing: Promise<unknown>): void {
    doing.catch((error: Error) => this.#options.log.warn({ err: error, ...ids }, what));
  }
}

/** All digits, and enough of them. */
const isSecret = (digits: string, least: number): boolean => digits.length >= least && /^[0-9]+$/.test(digits);
/** No answer about the sound itself: its media server is not there, or has lost the endpoint. */
const isAway = (error: Error): boolean => error instanceof MediaError && (error.code === 'unavailable' || error.code === 'unknown_endpoint');
/** `<call>.r<n>` */
const callOf = (recordingId: string): CallId | null => (/^(c-[0-9a-f]+)\.r\d+$/.exec(recordingId)?.[1] as CallId | undefined) ?? null;
