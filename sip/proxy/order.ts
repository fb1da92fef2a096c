import type { Response } from '../message/message.ts';
import type { Hop } from '../transport/hop.ts';

/** What an application wants done with a request it was given. */
export interface Order {
  readonly targets: readonly string[];
  readonly simultaneous: boolean;
  readonly followRedirects: boolean;
  /** We stay in the path of the dialog, or of the registration. */
  readonly remain: boolean;
  readonly provisionalMs: number | undefined;
  readonly finalMs: number | undefined;
  /** Headers it adds. */
  readonly added: readonly (readonly [string, string])[];
}

/** Who asked for a passage. */
export interface Hearer {
  /** A final response of a target, or what was made of its silence (no `from`). */
  onFinal(response: Response, from: Hop | undefined, time: number): void;
  onSent(): void;
  onDone(): void;
}
