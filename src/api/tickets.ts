/**
 * Tickets for a player: an audio element fetches ranges by itself and cannot show a token, so it is given an address that works for one recording, or
 * for those of one call, for a while, and no longer than the sign-in it came from.
 */
import { randomToken } from '../../kernel/ids.ts';

const TICKET_BYTES = 24;
/** A long call listened to with interruptions. */
const GOOD_FOR_MS = 2 * 3_600_000;
/** Beyond this the oldest go. */
const MOST_TICKETS = 5_000;

/** What is played. */
export type Played = `recording/${string}` | `call/${string}`;

interface Ticket {
  played: Played;
  /** Of the sign-in. */
  token: string;
  until: number;
}

export class Tickets {
  readonly #tickets = new Map<string, Ticket>();

  issue(played: Played, token: string, now: number): { ticket: string; until: number } {
    const ticket = randomToken(TICKET_BYTES);
    const until = now + GOOD_FOR_MS;
    for (const [old, { until }] of this.#tickets) {
      if (this.#tickets.size < MOST_TICKETS && until > now) break;
      this.#tickets.delete(old);
    }
    this.#tickets.set(ticket, { played, token, until });
    return { ticket, until };
  }

  /** The token it stands for; null = not for this, or not any more. */
  tokenOf(ticket: string, played: Played, now: number): string | null {
    const found = this.#tickets.get(ticket);
    return found === undefined || found.played !== played || found.until <= now ? null : found.token;
  }
}
