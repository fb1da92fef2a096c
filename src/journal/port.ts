/** The append-only log of every event, as the switchboard and readers see it. */
import type { Event, Recorded } from '../vocabulary.ts';

export interface Journal {
  /** Numbers the event and keeps it for the next `write`, in order. */
  append(event: Event, at: number, derived: boolean): Recorded;
  /** Gives what was appended to the operating system, at once and in one go; on disk and fsynced within 50 ms. */
  write(): void;
  /** Resolves when everything appended so far is on disk (fsynced). */
  settled(): Promise<void>;
  close(): Promise<void>;
}
