/**
 * Tickets for a player: an audio element fetches ranges by itself and cannot show a token, so it is given an address that works for one recording, for
 * a while, and no longer than the sign-in it came from.
 */
import { randomToken } from '../../kernel/ids.ts';

const TICKET_BYTES = 24;
/** A long call listened to with interruptions. */
const GOOD_FOR_MS = 2 * 3_600_000;
/** Beyond this the oldest go. */
const MOST_TICKETS = 5_000;

interface Ticket {
  recordingId: string;
  /** Of the sign-in. */
  token: string;
  until: number;
}

export class Tickets {
  readonly #tickets = new Map<string, Ticket>();

  issue(recordingId: string, token: string, now: number): { ticket: string; until: number } {
    const ticket = randomToken(TICKET_BYTES);
    const until = now + GOOD_FOR_MS;
    for (const [old, { until }] of this.#tickets) {
      if (this.#tickets.size < MOST_TICKETS && until > now) break;
      this.#tickets.delete(old);
    }
    this.#tickets.set(ticket, { recordingId, token, until });
    return { ticket, until };
  }

  /** The token it stands for; null = not for this recording, or not any more. */
  tokenOf(ticket: string, recordingId: string, now: number): string | null {
    const found = this.#tickets.get(ticket);
    return found === undefined || found.recordingId !== recordingId || found.until <= now ? null : found.token;
  }
}
