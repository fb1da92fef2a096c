/** What desks, walls and the API may see of agents and queues. */
import type { AgentId, CallId, QueueId, TenantId } from '../../kernel/ids.ts';
import type { AgentState, NotReadyReason, QueueConfiguration } from './event.ts';

export interface AgentView {
  agentId: AgentId;
  tenantId: TenantId;
  number: string;
  name: string;
  state: AgentState;
  reasons: NotReadyReason[];
  /** ms since 1970: when this state began */
  since: number;
  callId: CallId | null;
  wrapUpUntil: number | null;
  /** She failed to take a call and is offered none until then; null = she does not pause. */
  pausedUntil: number | null;
  queues: QueueId[];
  skills: Record<string, number>;
  phoneReachable: boolean;
  deskConnected: boolean;
}

export interface QueueView {
  queueId: QueueId;
  tenantId: TenantId;
  configuration: QueueConfiguration;
  waiting: number;
  /** ms since 1970 at which the longest waiting caller came; null = nobody waits */
  oldestSince: number | null;
  signedIn: number;
  ready: number;
  talking: number;
  wrappingUp: number;
  /** Position (1 = next) → call, in the order of service; at most 100. */
  callIds: CallId[];
}

export interface AcdView {
  agent(agentId: AgentId): AgentView | undefined;
  agents(tenantId: TenantId): AgentView[];
  queue(queueId: QueueId): QueueView | undefined;
  queues(tenantId: TenantId): QueueView[];
}
