/** A small tenant for tests of the phone rim: agents 8001–8003 with passwords, a static phone, a queue, the number 10086. */
import { type AgentId, agentIdOf, asId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import type { AgentConfiguration, PhoneSettings, QueueConfiguration } from '../../src/acd/event.ts';
import { ha1Of } from '../../src/phone/digest.ts';
import { type Directory, SIP_REALM, type SipAccount, type Tenant } from '../../src/tenants/directory.ts';
import type { TrunkConfiguration, TrunkSecret } from '../../src/tenants/trunk.ts';
import { type OutsideRules, usualRules } from '../../src/toll/policy.ts';

export const demo = asId<TenantId>('demo');
export const other = asId<TenantId>('other');
export const agentId = (number: string): AgentId => agentIdOf(demo, number);
export const passwordOf = (number: string): string => `secret-${number}`;

const agent = (number: string, staticContact: string | null): AgentConfiguration => ({
  ...{ agentId: agentId(number), tenantId: demo, number, name: `坐席${number}`, queues: [], skills: {}, staticContact },
});

const account = (number: string): SipAccount => ({
  ...{ agentId: agentId(number), tenantId: demo, username: number },
  ha1Md5: ha1Of('MD5', number, SIP_REALM, passwordOf(number)),
  ha1Sha256: ha1Of('SHA-256', number, SIP_REALM, passwordOf(number)),
});

const service: QueueConfiguration = {
  ...{ queueId: queueIdOf(demo, 'service'), tenantId: demo, name: { zh: '服务', en: 'Service' }, skills: [], maxWaitMs: null, maxWaiting: 100 },
  ...{ leaveWhenNoAgents: false, ringTimeoutMs: 15_000, wrapUpMs: 0, record: false, music: null, answerWithinMs: 20_000 },
};

export interface TestTrunk {
  configuration: TrunkConfiguration;
  secret: TrunkSecret | null;
}

/** `staticPhones`: number → contact. */
export function phoneDirectory(
  staticPhones: Readonly<Record<string, string>> = {},
  trunks: readonly TestTrunk[] = [],
  rules: OutsideRules = usualRules,
  settings: Readonly<Record<string, PhoneSettings>> = {},
): Directory {
  const tenants: Tenant[] = [
    { tenantId: demo, name: 'Demo', numbers: ['10086'], sipDomains: [] },
    { tenantId: other, name: 'Other', numbers: ['10010'], sipDomains: [] },
  ];
  const agents = [
    ...['8001', '8002', '8003'].map((number) => ({ ...agent(number, null), phone: settings[number] ?? {} })),
    ...Object.entries(staticPhones).map(([number, uri]) => agent(number, uri)),
  ];
  // 8003's phone is let in by SHA-256 alone.
  const accounts = new Map([account('8001'), account('8002'), { ...account('8003'), ha1Md5: '' }].map((each) => [each.username, each]));
  return {
    tenants: () => tenants,
    tenantOfNumber: (number) => tenants.find(({ numbers }) => numbers.includes(number)) ?? null,
    sipAccount: (username) => accounts.get(username) ?? null,
    agent: (id) => agents.find((one) => one.agentId === id) ?? null,
    agentByNumber: (tenantId, number) => agents.find((one) => one.tenantId === tenantId && one.number === number) ?? null,
    agents: () => agents,
    disabledAgents: () => [],
    queue: (id) => (id === service.queueId ? service : null),
    queues: () => [service],
    calendars: () => [],
    outsideRules: () => rules,
    floorAlerts: () => ({}),
    trunks: () => trunks.map(({ configuration }) => configuration),
    trunkSecret: (trunkId) => trunks.find(({ configuration }) => configuration.trunkId === trunkId)?.secret ?? null,
  };
}
