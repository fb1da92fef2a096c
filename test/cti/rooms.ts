/** The call, acd and desk rooms in a row, told events by hand: what the desk room commands comes back whole, turn by turn. */
import { type AgentId, agentIdOf, asId, type CallId, type CustomerId, type LegId, legIdOf, type QueueId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import { createAcd } from '../../src/acd/acd.ts';
import type { QueueConfiguration } from '../../src/acd/event.ts';
import type { QueueSections } from '../../src/acd/sections.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { CustomerCard } from '../../src/call/event.ts';
import { createDesk } from '../../src/cti/desk.ts';
import type { CtiCommand } from '../../src/cti/event.ts';
import type { Command, Event } from '../../src/vocabulary.ts';

export const TENANT = asId<TenantId>('demo');
export const SERVICE = queueIdOf(TENANT, 'service');
export const START = Date.parse('2026-03-01T08:00:00.000Z');
export const agent = (number: string): AgentId => agentIdOf(TENANT, number);
export const at = (ms: number): string => new Date(START + ms).toISOString();

export const card: CustomerCard = {
  customerId: asId<CustomerId>('c1'),
  name: '张伟',
  number: '+8613800001001',
  tier: 'gold',
  language: 'zh',
  specialNeeds: ['elder'],
  openTickets: [{ ticketId: 't1', title: '宽带', status: 'open', openedAt: '2026-02-01T00:00:00.000Z' }],
  recentContacts: [{ callId: 'c-0', at: '2026-02-01T00:00:00.000Z', queue: null, agent: null, summary: 'x' }],
};

export const queue: QueueConfiguration = {
  ...{ queueId: SERVICE, tenantId: TENANT, name: { zh: '服务', en: 'Service' }, skills: [], maxWaitMs: null, maxWaiting: 100 },
  ...{ leaveWhenNoAgents: false, ringTimeoutMs: 20_000, wrapUpMs: 30_000, record: true, music: null, answerWithinMs: 15_000 },
  offering: { wrapUpExtension: { stepMs: 20_000, mostMs: 30_000 } },
  callback: {},
};

/** Her phones; the usual one goes off-hook when told to. */
export const talksTo = (agentId: AgentId, allowEvents = ['talk']): Event => ({
  type: 'bindingsChanged',
  agentId,
  bindings: [{ uri: 'sip:8001@127.0.0.1', source: 'udp/127.0.0.1:5060', callId: 'r', cseq: 1, expiresAt: START + 3_600_000, userAgent: 'x', allowEvents }],
});

export class RoomsUnderTest {
  now = START;
  readonly call = createCallRoom();
  readonly acd = createAcd();
  readonly desk = createDesk(this.call.calls, this.acd.view);
  readonly heard: Event[] = [];
  /** What the other rooms asked of the world since it was last emptied. */
  readonly asked: Command[] = [];
  wakeAt: number | null = null;
  #calls = 0;

  constructor(agents: readonly string[] = ['8001'], sections: QueueSections = {}) {
    this.tell({ type: 'queueConfigured', queue: { ...queue, ...sections } });
    for (const number of agents) {
      const agentId = agent(number);
      const configuration = { agentId, tenantId: TENANT, number, name: `n${number}`, queues: [SERVICE], skills: {}, staticContact: null };
      this.tell({ type: 'agentConfigured', agent: configuration }, { type: 'phoneReachable', agentId }, talksTo(agentId));
    }
    this.later(5_000);
  }

  /** Each event with the facts it leads to, as the switchboard does; only the desk room's commands are returned. */
  tell(...events: Event[]): CtiCommand[] {
    const news: CtiCommand[] = [];
    for (const first of events) {
      const facts = [first];
      for (let next = facts.shift(); next !== undefined; next = facts.shift()) {
        this.heard.push(next);
        for (const room of [this.call, this.acd]) {
          const turn = room.decide(next, this.now);
          facts.push(...turn.events);
          this.asked.push(...turn.commands);
        }
        const turn = this.desk.decide(next, this.now);
        news.push(...turn.commands);
        this.wakeAt = turn.wakeAt;
      }
    }
    return news;
  }

  later(ms: number): CtiCommand[] {
    this.now += ms;
    return this.tell({ type: 'timePassed' });
  }

  ready(number = '8001'): CtiCommand[] {
    const agentId = agent(number);
    return this.tell({ type: 'agentSignedIn', agentId }, { type: 'agentWentReady', agentId });
  }

  /** A caller known to us waits in the queue; with a ready agent this already is the offer. */
  arrives(customer: CustomerCard | null = card, queueId: QueueId = SERVICE): { callId: CallId; caller: LegId; news: CtiCommand[] } {
    this.#calls += 1;
    const callId = asId<CallId>(`c-${this.#calls}`);
    const caller = legIdOf(callId, 0);
    const party = { number: '+8613800001001', raw: '013800001001' };
    const news = this.tell(
      { type: 'callArrived', callId, legId: caller, tenantId: TENANT, caller: party, callee: { number: '10086', raw: '10086' }, trunk: 't', sipCallId: 's' },
      { type: 'customerFound', callId, customer, authLevel: 1 },
      { type: 'legAnswered', callId, legId: caller },
      { type: 'flowEntered', callId, version: asId('demo@1'), flow: 'main', step: 'menu' },
      { type: 'dataSet', callId, data: { reason: 'bill' }, by: 'flow' },
      { type: 'callQueued', callId, queueId, priority: 0, skills: [], maxWaitMs: null },
    );
    return { callId, caller, news };
  }

  /** The leg of the offer under way to her. */
  offeredLeg(number = '8001'): LegId {
    const offered = this.heard.findLast((event) => event.type === 'callOffered' && event.agentId === agent(number));
    if (offered?.type !== 'callOffered') throw new Error(`nothing was offered to ${number}`);
    return offered.legId;
  }

  /** Her phone is picked up and the two are joined. */
  answered(callId: CallId, number = '8001'): CtiCommand[] {
    const legId = this.offeredLeg(number);
    return this.tell({ type: 'legAnswered', callId, legId }, { type: 'legsJoined', callId, legIds: [legIdOf(callId, 0), legId] });
  }
}

export const types = (news: readonly CtiCommand[]): string[] => news.map(({ message }) => message.type);
