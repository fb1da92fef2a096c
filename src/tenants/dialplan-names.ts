/** What a dialplan of a tenant may name, and what it must know of, as the directory has it now. */
import type { TenantId } from '../../kernel/ids.ts';
import type { TenantNames } from '../ivr/files.ts';
import type { Directory } from './directory.ts';
import { newNumber, numberNames } from './numbers.ts';

export function dialplanNames(directory: Pick<Directory, 'queues' | 'agents' | 'disabledAgents' | 'tenants'>, tenantId: TenantId): TenantNames {
  const own = <T extends { tenantId: TenantId }>(all: T[]): T[] => all.filter((one) => one.tenantId === tenantId);
  return {
    queues: own(directory.queues()).map(({ queueId }) => queueId.slice(tenantId.length + 1)),
    agents: own([...directory.agents(), ...directory.disabledAgents()]).map(({ number }) => number),
    ...numberNames(own(directory.tenants()).flatMap(({ numbers, hotlines }) => hotlines ?? numbers.map((number) => newNumber(number)))),
    surveys: own(directory.queues()).flatMap(({ queueId, survey }) =>
      survey === undefined ? [] : [{ queue: queueId.slice(tenantId.length + 1), flow: survey.flow }],
    ),
    exits: own(directory.queues()).flatMap(({ queueId, overflow = [] }) =>
      overflow.flatMap(({ to }) => {
        const exit = 'exit' in to ? to.exit : 'offer' in to ? 'callback' : null;
        return exit === null ? [] : [{ queue: queueId.slice(tenantId.length + 1), exit }];
      }),
    ),
  };
}
