/** Tells the floor which calendars, queues and agents there are: all at the start, and what differs after a change in the directory. */
import type { AgentId, CalendarId, QueueId } from '../../kernel/ids.ts';
import type { AcdEvent } from '../acd/event.ts';
import type { AcdView } from '../acd/view.ts';
import type { Directory, Tenant } from './directory.ts';

export class Floor {
  readonly #take: (event: AcdEvent) => void;
  /** What was told last, as text. */
  #calendars = new Map<CalendarId, string>();
  #queues = new Map<QueueId, string>();
  #agents = new Map<AgentId, string>();

  constructor(take: (event: AcdEvent) => void) {
    this.#take = take;
  }

  tell(directory: Pick<Directory, 'calendars' | 'queues' | 'agents'>): void {
    const calendars = new Map(directory.calendars().map((calendar) => [calendar.calendarId, JSON.stringify(calendar)]));
    // Before the queues that go by them.
    for (const calendar of directory.calendars())
      if (this.#calendars.get(calendar.calendarId) !== calendars.get(calendar.calendarId)) this.#take({ type: 'calendarConfigured', calendar });
    const queues = new Map(directory.queues().map((queue) => [queue.queueId, JSON.stringify(queue)]));
    const agents = new Map(directory.agents().map((agent) => [agent.agentId, JSON.stringify(agent)]));
    for (const queue of directory.queues()) if (this.#queues.get(queue.queueId) !== queues.get(queue.queueId)) this.#take({ type: 'queueConfigured', queue });
    for (const agent of directory.agents()) if (this.#agents.get(agent.agentId) !== agents.get(agent.agentId)) this.#take({ type: 'agentConfigured', agent });
    for (const queueId of this.#queues.keys()) if (!queues.has(queueId)) this.#take({ type: 'queueRemoved', queueId });
    for (const agentId of this.#agents.keys()) if (!agents.has(agentId)) this.#take({ type: 'agentRemoved', agentId });
    for (const calendarId of this.#calendars.keys()) if (!calendars.has(calendarId)) this.#take({ type: 'calendarRemoved', calendarId });
    this.#calendars = calendars;
    this.#queues = queues;
    this.#agents = agents;
  }

  /** Who is on the floor from an earlier run and in no directory any more: agents for measuring, agents that were removed. */
  removeUnknown(floor: AcdView, tenants: readonly Tenant[]): void {
    for (const { tenantId } of tenants) {
      for (const { queueId } of floor.queues(tenantId)) if (!this.#queues.has(queueId)) this.#take({ type: 'queueRemoved', queueId });
      for (const { agentId } of floor.agents(tenantId)) if (!this.#agents.has(agentId)) this.#take({ type: 'agentRemoved', agentId });
    }
  }
}
