/**
 * Endpoints opened before anybody asks, for those who have waited longest: whoever is free for one of them is rung at once, and not after the media
 * server has been asked. Who answers, and from where, is told to the media server with the answer (`MediaServer.accept`).
 */
import { type CallId, type LegId, legIdOf } from '../../kernel/ids.ts';
import { isLoopback } from '../../kernel/loopback.ts';
import { MediaError, type Opened } from '../../media/port.ts';
import type { Event } from '../vocabulary.ts';
import { mediaGroupOf } from './legs.ts';
import { type DialogLeg, MEDIA_TIMEOUT_MS, type Rim } from './rim.ts';

/** With 400 agents freed a second each stands ready for 80 ms: much longer than it takes to open one. */
const MOST_READY = 32;
/** Who is served at once needs none. */
const PATIENCE_MS = 250;
/** The media server had no ports to spare. */
const REST_MS = 30_000;

type Room = Pick<Rim, 'calls' | 'clock' | 'legs' | 'log' | 'media'>;
/** Whose endpoint is asked for. */
type Asking = Pick<DialogLeg, 'callId' | 'legId' | 'mediaGroup'>;

interface Ready {
  readonly legId: LegId;
  readonly group: string;
  /** For phones on this machine, or for others: our address in the offer depends on it. */
  readonly isHere: boolean;
  /** null = being opened. */
  opened: Opened | null;
  /** null = it came to nothing. */
  readonly opening: Promise<Opened | null>;
}

export class Standby {
  readonly #room: Room;
  /** Without an endpoint, in the order in which they came; since when. */
  readonly #waiting = new Map<CallId, number>();
  readonly #ready = new Map<CallId, Ready>();
  /** Being closed: their ids are not free yet. */
  readonly #closing = new Map<LegId, Promise<null>>();
  /** Numbers of the legs that agents of these calls had last. */
  readonly #lastLegs = new Map<CallId, number>();
  #stopTimer: (() => void) | null = null;
  #restUntil = 0;
  /** Who was rung last: the next one most likely signals from there too. */
  #signallingAddress: string;

  constructor(room: Room, signallingAddress: string) {
    this.#room = room;
    this.#signallingAddress = signallingAddress;
  }

  get size(): number {
    return this.#ready.size;
  }

  hear(event: Event): void {
    switch (event.type) {
      case 'callQueued':
        this.#await(event.callId);
        break;
      case 'callOffered':
        this.#counted(event.callId, event.legId);
        this.#waiting.delete(event.callId);
        break;
      case 'offerEnded':
        this.#counted(event.callId, event.legId);
        if (event.end === 'answered') this.#leave(event.callId);
        else if (this.#room.calls.get(event.callId)?.waiting === true) this.#await(event.callId);
        break;
      case 'callLeftQueue':
        this.#leave(event.callId);
        break;
      case 'callEnded':
        this.#leave(event.callId);
        this.#lastLegs.delete(event.callId);
        break;
    }
  }

  /** What stands ready for this very leg; null = it has to be opened, which then may be. */
  take(leg: Asking, signallingAddress: string): Opened | null | Promise<Opened | null> {
    this.#signallingAddress = signallingAddress;
    const ready = this.#ready.get(leg.callId);
    // Who left one queue may be offered out of the next in the same turn.
    if (ready?.legId !== leg.legId) return this.#closing.get(leg.legId) ?? null;
    this.#ready.delete(leg.callId);
    this.#fill();
    const fits = ready.group === leg.mediaGroup && ready.isHere === isLoopback(signallingAddress);
    return fits ? (ready.opened ?? ready.opening) : this.#discard(ready);
  }

  /** It went with its media server. */
  lost(legId: LegId): void {
    for (const [callId, ready] of this.#ready) {
      if (ready.legId !== legId) continue;
      this.#ready.delete(callId);
      this.#await(callId);
      return;
    }
  }

  close(): void {
    this.#stopTimer?.();
    this.#waiting.clear();
    for (const callId of [...this.#ready.keys()]) this.#leave(callId);
  }

  #await(callId: CallId): void {
    if (this.#ready.has(callId) || this.#waiting.has(callId)) return;
    this.#waiting.set(callId, this.#room.clock.now());
    this.#fill();
  }

  #leave(callId: CallId): void {
    this.#waiting.delete(callId);
    const ready = this.#ready.get(callId);
    if (ready === undefined) return;
    this.#ready.delete(callId);
    void this.#discard(ready);
    this.#fill();
  }

  /** The acd numbers the legs of a call's agents from 1. */
  #counted(callId: CallId, legId: LegId): void {
    this.#lastLegs.set(callId, Number(legId.slice(legId.lastIndexOf('.') + 1)));
  }

  #fill(): void {
    const now = this.#room.clock.now();
    this.#stopTimer?.();
    this.#stopTimer = null;
    for (const [callId, since] of this.#waiting) {
      if (this.#ready.size >= MOST_READY) return;
      const at = Math.max(since + PATIENCE_MS, this.#restUntil);
      if (at > now) {
        this.#stopTimer = this.#room.clock.after(at - now, () => this.#fill());
        return;
      }
      this.#waiting.delete(callId);
      this.#prepare(callId);
    }
  }

  #prepare(callId: CallId): void {
    const { calls, legs, media } = this.#room;
    // Its own leg says which media server it lies on.
    if (calls.get(callId)?.waiting !== true || legs.get(legIdOf(callId, 0)) === undefined) return;
    const legId = legIdOf(callId, (this.#lastLegs.get(callId) ?? 0) + 1);
    const group = mediaGroupOf(legs, calls, callId);
    const request = { endpointId: legId, group, signallingAddress: this.#signallingAddress, timeoutMs: MEDIA_TIMEOUT_MS, ahead: true };
    const opening = media.open({ ...request, toBrowsers: true, toPrivatePhones: true }).then(
      (opened) => {
        ready.opened = opened;
        return opened;
      },
      (error: unknown) => this.#failed(callId, ready, error),
    );
    const ready: Ready = { legId, group, isHere: isLoopback(this.#signallingAddress), opened: null, opening };
    this.#ready.set(callId, ready);
  }

  #failed(callId: CallId, ready: Ready, error: unknown): null {
    if (this.#ready.get(callId) === ready) this.#ready.delete(callId);
    if (error instanceof MediaError && error.code === 'no_ports') this.#restUntil = this.#room.clock.now() + REST_MS;
    this.#room.log.debug({ err: error, callId }, 'no endpoint stands ready');
    return null;
  }

  #discard({ legId, opening }: Ready): Promise<null> {
    const closing = this.#close(legId, opening).finally(() => this.#closing.delete(legId));
    this.#closing.set(legId, closing);
    return closing;
  }

  async #close(legId: LegId, opening: Ready['opening']): Promise<null> {
    if ((await opening) !== null) await this.#room.media.close(legId).catch(() => undefined);
    return null;
  }
}
