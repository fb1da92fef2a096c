/** What a supervisor's wall shows, folded from a snapshot and the changes after it. Pure: what did not change is the same object, so that a page may compare by identity. */
import type { FloorChange, FloorSnapshot } from './messages.ts';

type Rows<K extends keyof FloorSnapshot> = FloorSnapshot[K] extends readonly (infer R)[] ? R : never;

export interface Floor {
  queues: ReadonlyMap<string, Rows<'queues'>>;
  agents: ReadonlyMap<string, Rows<'agents'>>;
  trunks: readonly Rows<'trunks'>[];
  alerts: ReadonlyMap<string, Rows<'alerts'>>;
  agentsNotShown: number;
}

export function floorOf({ queues, agents, trunks, alerts, agentsNotShown }: FloorSnapshot): Floor {
  return { queues: byId(queues, 'queueId'), agents: byId(agents, 'agentId'), trunks, alerts: byId(alerts, 'alertId'), agentsNotShown };
}

export function afterChange(floor: Floor, { queues, agents, trunks, alerts, gone = [] }: FloorChange): Floor {
  return {
    queues: after(floor.queues, queues, 'queueId', gone),
    agents: after(floor.agents, agents, 'agentId', gone),
    trunks: trunks ?? floor.trunks,
    alerts: after(floor.alerts, alerts, 'alertId', gone),
    agentsNotShown: floor.agentsNotShown,
  };
}

const byId = <K extends string, T extends Record<K, string>>(rows: readonly T[], key: K): Map<string, T> => new Map(rows.map((row) => [row[key], row]));

function after<K extends string, T extends Record<K, string>>(
  rows: ReadonlyMap<string, T>,
  changed: readonly T[] = [],
  key: K,
  gone: readonly string[],
): ReadonlyMap<string, T> {
  if (changed.length === 0 && !gone.some((id) => rows.has(id))) return rows;
  const next = new Map(rows);
  for (const row of changed) next.set(row[key], row);
  for (const id of gone) next.delete(id);
  return next;
}
