/** Whom a line may offer its callers to, beside having the skills: who has what the queue wants of her desk. */
import type { Agent, Queue } from '../floor.ts';

export const passesGate = ({ configuration }: Queue, agent: Agent): boolean => configuration.offering?.needsDesk !== true || agent.hasDesk;
