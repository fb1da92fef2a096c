/** What queues and agents may name: a change that names what is not there is refused, and what is gone since is told as a warning. */
import type { TenantId } from '../../kernel/ids.ts';
import type { AgentConfiguration, QueueConfiguration } from '../acd/event.ts';
import { agentFaults, circleNote, circleThrough, type NameFault, type Names, queueFaults } from '../tenants/names.ts';
import { numbersOf } from '../tenants/trunk.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';

/** Without the tenant in front. */
const own = (id: string): string => id.slice(id.indexOf(':') + 1);

/** Of one tenant, for one answer. */
export function namesOf({ directory, dialplans }: ApiPorts, tenantId: TenantId): Names {
  const mine = <T extends { tenantId: TenantId }>(all: readonly T[]): T[] => all.filter((each) => each.tenantId === tenantId);
  return {
    queues: mine(directory.queues()).map(({ queueId }) => own(queueId)),
    calendars: mine(directory.calendars()).map(({ calendarId }) => own(calendarId)),
    teams: [...new Set(mine(directory.agents()).flatMap(({ team = [] }) => team))],
    numbers: [
      ...mine(directory.tenants()).flatMap(({ numbers }) => numbers),
      ...directory.trunks().flatMap((trunk) => (trunk.tenantId === tenantId || trunk.shared ? numbersOf(trunk) : [])),
    ],
    dialplan: dialplans.words(tenantId),
  };
}

const faultsOf = (queue: QueueConfiguration, names: Names): NameFault[] => queueFaults(own(queue.queueId), queue, names);

/** Throws with every name that this change brings and that stands for nothing. What was wrong before may stay: something else is being changed. */
export function demandQueueNames(ports: ApiPorts, before: QueueConfiguration, after: QueueConfiguration): void {
  const names = namesOf(ports, after.tenantId);
  demand(faultsOf(before, names), faultsOf(after, names));
}

export function demandAgentNames(ports: ApiPorts, before: AgentConfiguration | undefined, after: AgentConfiguration): void {
  const names = namesOf(ports, after.tenantId);
  const faults = ({ matching }: AgentConfiguration): NameFault[] => (matching === undefined ? [] : agentFaults({ matching }, names));
  demand(before === undefined ? [] : faults(before), faults(after));
}

function demand(before: NameFault[], after: NameFault[]): void {
  const known = new Set(before.map(sameAs));
  const errors = after.filter((fault) => !known.has(sameAs(fault))).map(shown);
  if (errors.length > 0) throw new Problem('validation_failed', '', errors);
}

/** Also where it has moved up, because a step before it was taken out. */
const sameAs = ({ at, message }: NameFault): string => `${at.filter((step) => typeof step === 'string').join('.')} ${message}`;

const shown = ({ at, message }: NameFault): { at: string; message: string } => ({ at: ['body', ...at].join('.'), message });

/** What is not refused and should be known: names of what is gone since, and queues that overflow into one another. */
export function warningsOf({ directory }: Pick<ApiPorts, 'directory'>, queue: QueueConfiguration, names: Names): { at: string; message: string }[] {
  const circle = queue.overflow === undefined ? null : circleThrough(own(queue.queueId), queuesOf(directory.queues(), queue));
  const gone = faultsOf(queue, names).map(({ at, message }) => ({ at: at.join('.'), message }));
  return [...gone, ...(circle === null ? [] : [{ at: 'overflow', message: circleNote(circle) }])];
}

const queuesOf = (all: readonly QueueConfiguration[], { tenantId, queueId, overflow }: QueueConfiguration) => [
  { name: own(queueId), overflow },
  ...all.flatMap((each) => (each.tenantId === tenantId && each.queueId !== queueId ? [{ name: own(each.queueId), overflow: each.overflow }] : [])),
];
