/** The played house's tenant: a dialplan with a menu, a password, a card number, a number to be put through to; two queues, a survey, and a few agents. */
import { agentIdOf, asId, type CustomerId, type DialplanVersion, queueIdOf, type TenantId } from '../../../kernel/ids.ts';
import type { AgentConfiguration, QueueConfiguration } from '../../../src/acd/event.ts';
import type { CustomerCard } from '../../../src/call/event.ts';
import { compileDialplan } from '../../../src/ivr/compile.ts';
import { faultLine } from '../../../src/ivr/fault.ts';
import type { Plan } from '../../../src/ivr/plan.ts';

export const TENANT = asId<TenantId>('demo');
/** What is keyed in unheard, and may stand nowhere; longer than a checksum, in which it could stand by chance. */
export const PASSWORD = '739184265';
export const CARD = '6222739184550077';
export const AGENTS = ['8001', '8002', '8003'] as const;
export const HOTLINE = '10086';
export const OUTSIDE = ['02012345678', '02087654321'] as const;
export const FORMS = { payment: { card: { least: 13, most: 19 } } };

const PROMPTS = ['welcome', 'menu', 'enter-password', 'wrong', 'balance-is', 'enter-card', 'thanks', 'sorry', 'rate', 'why'];
const DIALPLAN = `
language: zh
languages: [zh, en]
agentFlow: agent
fromDesk: { balance: { zh: 余额, en: Balance } }
numbers: { "${HOTLINE}": main }
flows:
  main:
    - answer
    - play: welcome
    - when: 'customer.tier == "gold"'
      then: [{ queue: { name: vip, timeout: agent, noAgents: agent, full: agent, closed: agent } }]
      else: menu
  menu:
    - menu: { prompt: menu, silencePrompt: sorry, errorPrompt: wrong, firstKeySeconds: 4, keys: { "1": agent, "2": balance, "3": pay, "4": shop, "5": colleague } }
  balance:
    - authenticate: { prompt: enter-password, wrongPrompt: wrong, digits: 9, attempts: 2, otherwise: agent, locked: agent }
    - lookup: { what: balance, otherwise: agent }
    - play: balance-is
    - goto: menu
  pay:
    - collect: { prompt: enter-card, into: card, least: 13, most: 19, masked: true, errorPrompt: wrong, otherwise: agent }
    - deliver: { to: payment, secrets: [card], otherwise: agent }
    - play: thanks
    - hangup
  shop:
    - transfer: { number: "${OUTSIDE[0]}", timeoutSeconds: 10, otherwise: agent }
  colleague:
    - transfer: { agent: "8003", otherwise: agent }
  agent:
    - queue: { name: service, timeout: sorry, noAgents: sorry, full: sorry, closed: sorry }
  sorry:
    - play: sorry
    - hangup
  survey:
    - rate: { prompt: rate, unhappy: why, otherwise: sorry }
    - play: thanks
  why:
    - reason: { prompt: why, reasons: { "1": waited, "2": manner } }
`;

function compiled(): Plan {
  const { plan, faults } = compileDialplan({
    ...{ tenantId: TENANT, version: asId<DialplanVersion>('demo@played'), files: [{ path: 'played.yaml', text: DIALPLAN }] },
    ...{ prompts: { zh: PROMPTS, en: PROMPTS }, music: ['default'], queues: ['service', 'vip'], agents: [...AGENTS], numbers: [HOTLINE], forms: ['payment'] },
  });
  if (plan === null) throw new Error(faults.map(faultLine).join('\n'));
  return plan;
}
export const plan = compiled();

const queue = (name: string, rules: Partial<QueueConfiguration>): QueueConfiguration => ({
  ...{ queueId: queueIdOf(TENANT, name), tenantId: TENANT, name: { zh: name, en: name }, skills: [], maxWaitMs: 60_000, maxWaiting: 6 },
  ...{ leaveWhenNoAgents: false, ringTimeoutMs: 8_000, wrapUpMs: 4_000, record: true, music: 'default', answerWithinMs: 15_000 },
  ...rules,
});
export const queues: readonly QueueConfiguration[] = [
  queue('service', { survey: { flow: 'survey', asks: 'always', everyDays: 1 }, offering: { wrapUpExtension: { stepMs: 2_000, mostMs: 6_000 } } }),
  queue('vip', { leaveWhenNoAgents: true, maxWaitMs: 9_000, wrapUpMs: 0, recording: 'mandatory' }),
];
export const agents: readonly AgentConfiguration[] = AGENTS.map((number, at) => ({
  ...{ agentId: agentIdOf(TENANT, number), tenantId: TENANT, number, name: `agent ${number}`, skills: {}, staticContact: null },
  queues: [queueIdOf(TENANT, 'service'), ...(at % 2 === 0 ? [queueIdOf(TENANT, 'vip')] : [])],
}));

export const customer = (number: string, isGold: boolean): CustomerCard => ({
  ...{ customerId: asId<CustomerId>(`k${number}`), name: '李秀英', number, tier: isGold ? 'gold' : 'none', language: 'zh', age: 46 },
  ...{ specialNeeds: [], openTickets: [], recentContacts: [] },
});
