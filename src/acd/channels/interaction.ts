/**
 * Interactions of other channels than voice. In the core each is a `Call` without legs: it waits in the same lines, by the same order, and is
 * offered to the same agents.
 *
 *   asked ─▶ waiting ─▶ offered ─▶ active ─▶ wrapping_up ─▶ gone
 *              ▲ ▲         │          │ │        (counts against capacity)
 *              │ └─────────┘          │ └─ no wrap-up: gone at once
 *              │  declined, no        │
 *              │  answer, desk lost   │ requeued, desk lost for a minute, signed out: back to its place
 *              └──────────────────────┘
 */
import type { AgentId, CallId, OfferId, QueueId, TenantId } from '../../../kernel/ids.ts';
import type { Call, Deadline } from '../floor.ts';
import type { Channel } from './channel.ts';
import type { InteractionEnd } from './event.ts';

/** An interaction is a call to the core: its id is a CallId. */
export type InteractionId = CallId;

/** What was asked for, kept for a requeue and a restart. */
export interface Asked {
  queueId: QueueId;
  priority: number;
  skills: { skill: string; level: number }[];
  maxWaitMs: number | null;
  /** The name it has in the operator's system; one interaction a name and tenant. */
  externalId: string | null;
  /** Who writes: a number or an address; '' = not said. */
  from: string;
  data: Record<string, string>;
}

export type Life =
  | { state: 'waiting' }
  | { state: 'offered'; agentId: AgentId; offerId: OfferId; until: number }
  | { state: 'active'; agentId: AgentId }
  | { state: 'wrapping_up'; agentId: AgentId; until: number };

export interface Interaction extends Asked {
  channel: Channel;
  /** ms since 1970 */
  askedAt: number;
  since: number;
  life: Life;
  /** What its agent has said came of it; absent = nothing yet. */
  disposition?: string;
  deadline: Deadline | null;
}

/** One that is over, remembered for whoever asks how it went, and so that its name is not taken twice. */
export interface Over {
  interactionId: InteractionId;
  tenantId: TenantId;
  channel: Channel;
  queueId: QueueId;
  externalId: string | null;
  askedAt: number;
  endedAt: number;
  end: InteractionEnd;
  /** Whose it was last. */
  agentId: AgentId | null;
  disposition?: string;
}

/** What an agent has of other channels; null in `Agent` = she takes calls alone. An index of what lies in the interactions. */
export interface Others {
  offered: Call | null;
  running: Set<Call>;
  /** Her desk is gone, and what she has is given back then; null = it is there, or she has nothing. */
  awayUntil: number | null;
  deadline: Deadline | null;
}

export const noOthers = (): Others => ({ offered: null, running: new Set(), awayUntil: null, deadline: null });

/** A call whose interaction is known. */
export type Written = Call & { interaction: Interaction };
export const isWritten = (call: Call | undefined): call is Written => call?.interaction !== undefined;
