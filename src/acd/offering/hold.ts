/**
 * A supervisor's "not ready": who holds an agent so, and why. It stands beside her own reasons until a supervisor makes her ready, and she
 * cannot end it, not by a sign-out either, unless her configuration has it (`liftsHold`).
 */
import type { UserId } from '../../../kernel/ids.ts';
import type { AcdEvent } from '../event.ts';
import type { Agent } from '../floor.ts';

export interface Hold {
  by: UserId;
  /** For people: the supervisor's name, and her words. */
  name: string | null;
  note: string | null;
}

/** The latest stands. */
export function hold(agent: Agent, { reason, by, byName, note }: Extract<AcdEvent, { type: 'agentWentNotReady' }>): void {
  if (reason !== 'supervisor' || by === undefined || agent.activity.state === 'signed_out') return;
  agent.hold = { by, name: byName ?? null, note: note ?? null };
}

/** Somebody says that she is ready; `by` absent = she herself. true: nobody holds her any more. */
export function lift(agent: Agent, { by }: Extract<AcdEvent, { type: 'agentWentReady' }>): boolean {
  if (by !== undefined || agent.configuration.liftsHold === true) delete agent.hold;
  return agent.hold === undefined;
}
