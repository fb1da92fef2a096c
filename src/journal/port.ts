/** The append-only log of every event, as the switchboard and readers see it. */
import type { Event, Recorded } from '../vocabulary.ts';

export interface Journal {
  /** Numbers the event and puts it in the write buffer, in order; on disk and fsynced within 50 ms. */
  append(event: Event, at: number, derived: boolean): Recorded;
  /** Resolves when everything appended so far is on disk (fsynced). */
  settled(): Promise<void>;
  close(): Promise<void>;
}
