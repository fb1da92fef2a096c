/** Queues and agents of a tenant's file as the routing core knows them. */
import { agentIdOf, asId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import type { AgentConfiguration, QueueConfiguration } from '../acd/event.ts';
import type { TenantFile } from './file.ts';
import { sectionsOfAgent, sectionsOfQueue } from './sections.ts';

export function queuesIn(file: TenantFile): QueueConfiguration[] {
  const tenantId = asId<TenantId>(file.tenant);
  return file.queues.map(({ name, displayName, recording, media, ...queue }) => ({
    queueId: queueIdOf(tenantId, name),
    tenantId,
    name: displayName,
    skills: queue.skills,
    maxWaitMs: queue.maxWaitMs,
    maxWaiting: queue.maxWaiting,
    leaveWhenNoAgents: queue.leaveWhenNoAgents,
    ringTimeoutMs: queue.ringTimeoutMs,
    wrapUpMs: queue.wrapUpMs,
    record: queue.record,
    music: queue.music,
    answerWithinMs: queue.answerWithinMs,
    ...sectionsOfQueue(queue),
    ...(recording === undefined ? {} : { recording }),
    ...(media === undefined ? {} : { media }),
  }));
}

export function agentsIn(file: TenantFile): AgentConfiguration[] {
  const tenantId = asId<TenantId>(file.tenant);
  return file.agents.map(({ number, name, queues, skills, phone, ...agent }) => ({
    agentId: agentIdOf(tenantId, number),
    tenantId,
    number,
    name,
    queues: queues.map((queue) => queueIdOf(tenantId, queue)),
    skills,
    staticContact: null,
    ...sectionsOfAgent(agent),
    ...(phone === undefined ? {} : { phone }),
  }));
}
