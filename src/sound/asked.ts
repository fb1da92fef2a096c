/** What each leg was last asked to be busy with, folded from commands and events: what a later run of ours goes on with. Pure. */
import type { LegId } from '../../kernel/ids.ts';
import type { CallCommand } from '../call/command.ts';
import type { Command, Event } from '../vocabulary.ts';

type Of<T> = Extract<CallCommand, { type: T }>;
export type AskedSound = Of<'playSounds'> | Of<'collectDigits'> | Of<'authenticate'> | Of<'echoLeg'> | Of<'partLegs'>;

/** Of music to who is held; what others play has an id of its own. */
export const holdPlayId = (legId: LegId): string => `hold-${legId}`;

export const playIdOf = (asked: AskedSound): string | null =>
  asked.type === 'partLegs' ? (asked.musicTo === null ? null : holdPlayId(asked.musicTo)) : asked.type === 'echoLeg' ? null : asked.playId;

export class AskedSounds {
  readonly #of: Map<LegId, AskedSound>;

  constructor(rows: Iterable<readonly [LegId, AskedSound]> = []) {
    this.#of = new Map(rows);
  }

  entries(): [LegId, AskedSound][] {
    return [...this.#of];
  }

  clear(): void {
    this.#of.clear();
  }

  heed(command: Command): void {
    switch (command.type) {
      case 'playSounds':
      case 'collectDigits':
      case 'authenticate':
      case 'echoLeg':
        this.#of.set(command.legId, command);
        break;
      case 'partLegs':
        if (command.musicTo !== null) this.#of.set(command.musicTo, command);
        break;
      case 'stopSounds':
      case 'captureKeys':
        this.#of.delete(command.legId);
        break;
      case 'joinLegs':
      case 'conferLegs':
        for (const legId of command.legIds) this.#of.delete(legId);
        break;
    }
  }

  hear(event: Event): void {
    switch (event.type) {
      case 'promptEnded':
      case 'digitsCollected':
      case 'secretCollected':
      case 'authenticationEnded': {
        const asked = this.#of.get(event.legId);
        if (asked !== undefined && playIdOf(asked) === event.playId) this.#of.delete(event.legId);
        break;
      }
      case 'legEnded':
        this.#of.delete(event.legId);
        break;
    }
  }
}
