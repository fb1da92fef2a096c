import type { Timer } from './timers.ts';

/**
 * What a transaction may do on an input. `send` is its request (client) or its newest response (server); `tell` hands the message to the user
 * of the transaction. `set E at T2` is timer E at its longest from the first.
 */
export type Action = 'send' | 'sendAck' | 'tell' | 'tellTimeout' | 'tellTransportError' | `set ${Timer}` | 'set E at T2' | `stop ${Timer}`;

export interface Step<State extends string> {
  readonly next: State;
  readonly does: readonly Action[];
}

/** Total: an outcome for each input in each state. */
export type Table<State extends string, Input extends string> = Readonly<Record<State, Readonly<Record<Input, Step<State>>>>>;

export const to = <State extends string>(next: State, ...does: Action[]): Step<State> => ({ next, does });
