/** What the media servers tell, for whoever is in place to hear it: until then it waits, in its order. */
import { asId, type LegId } from '../../kernel/ids.ts';
import type { MediaEvent } from '../../media/port.ts';
import type { AudioTrouble } from '../call/event.ts';

/** They keep no more for us themselves. */
const MOST_WAITING = 20_000;

/** `sound` first: false = it was not sound's. */
interface Hearers {
  sound: { hear(event: MediaEvent): boolean };
  phone: {
    mediaTimedOut(legId: LegId, silentMs: number): void;
    audioTroubled(legId: LegId, trouble: AudioTrouble | 'none'): void;
    partyAway(legId: LegId, away: boolean): void;
    endpointLost(legId: LegId): void;
    /** Something of ours threw as it heard of this leg. */
    broke(legId: LegId, error: unknown): void;
  };
}

export class MediaEar {
  readonly #hearers: () => Hearers;
  #waiting: MediaEvent[] | null = [];

  /** Asked with each event: they are made after the media servers that they speak to. */
  constructor(hearers: () => Hearers) {
    this.#hearers = hearers;
  }

  take(event: MediaEvent): void {
    if (this.#waiting === null) this.#hear(event);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(event);
  }

  /** What it is about is one leg's alone, and so is what goes wrong with it (A13). */
  #hear(event: MediaEvent): void {
    try {
      this.#pass(event);
    } catch (error) {
      this.#hearers().phone.broke(asId<LegId>('endpointId' in event ? event.endpointId : ''), error);
    }
  }

  #pass(event: MediaEvent): void {
    const { sound, phone } = this.#hearers();
    if (sound.hear(event)) return;
    if (event.type === 'mediaTimeout') phone.mediaTimedOut(asId<LegId>(event.endpointId), event.silentMs);
    else if (event.type === 'audioTrouble') phone.audioTroubled(asId<LegId>(event.endpointId), event.trouble);
    else if (event.type === 'partyAway') phone.partyAway(asId<LegId>(event.endpointId), event.away);
    else if (event.type === 'endpointLost') phone.endpointLost(asId<LegId>(event.endpointId));
  }

  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const event of waiting) this.#hear(event);
  }

  /** Sounds whose end waits to be told, by `endpoint playId`. */
  get ends(): ReadonlySet<string> {
    return new Set((this.#waiting ?? []).flatMap((event) => (event.type === 'playEnded' ? [`${event.endpointId} ${event.playId}`] : [])));
  }
}
