/**
 * The house as an agent's desk meets it: the real call, acd and desk rooms, the real switchboard and desks; only the edge
 * of the world is played (phones that ring and answer, a customer found at once, a journal that is always on disk).
 * No I/O of its own: with a fake clock it is deterministic.
 */
import type { Clock } from '../../kernel/clock.ts';
import {
  type AgentId,
  agentIdOf,
  asId,
  type CallId,
  type CustomerId,
  type LegId,
  legIdOf,
  type QueueId,
  queueIdOf,
  type TenantId,
  type UserId,
} from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { type Acd, createAcd } from '../../src/acd/acd.ts';
import type { QueueDesk } from '../../src/acd/desk-section.ts';
import type { QueueConfiguration } from '../../src/acd/event.ts';
import type { Leg } from '../../src/call/call.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { AuthLevel, CustomerCard } from '../../src/call/event.ts';
import type { SurveyRule } from '../../src/call/survey.ts';
import { createDesk, type Desk } from '../../src/cti/desk.ts';
import { Desks, type DeskUser } from '../../src/cti/desks.ts';
import { FloorFeeds } from '../../src/cti/floor/feeds.ts';
import type { Snapshot } from '../../src/cti/protocol.ts';
import { Switchboard } from '../../src/switchboard.ts';
import type { Carriers, Event } from '../../src/vocabulary.ts';
import { dialling } from './dialling.ts';

export const TENANT = asId<TenantId>('demo');
export const AGENT = agentIdOf(TENANT, '8001');
const QUEUES = { service: { zh: '普通服务', en: 'Service' }, vip: { zh: '贵宾专席', en: 'VIP desk' }, elder: { zh: '爱心专席', en: 'Senior service' } };
/** In no queue: calls come to them from her alone. */
export const staff = [
  { number: '8002', name: '李强', ready: true },
  { number: '8003', name: '陈静', ready: true },
  { number: '8004', name: '欧阳娜', ready: false },
] as const;
export type QueueName = keyof typeof QUEUES;

/** Lets a supervisor in who has no phone and no desk. */
export const SUPERVISOR_TOKEN = 'supervisor-token';
const supervisor: DeskUser = { userId: asId<UserId>('u2'), tenantId: TENANT, agentId: null, name: '张班长', role: 'supervisor', language: 'zh' };

export interface CallerStory {
  number: string;
  queue: QueueName;
  customer?: CustomerCard | null;
  authLevel?: AuthLevel;
  ivrPath?: string[];
  data?: Record<string, string>;
}

/** The demo tenant's gold customer, with an open ticket. */
export const goldCustomer: CustomerCard = {
  customerId: asId<CustomerId>('demo:1'),
  name: '李秀英',
  number: '+8613800001001',
  tier: 'gold',
  language: 'zh',
  age: 46,
  specialNeeds: [],
  region: '广东广州',
  marketingConsent: 'refused',
  openTickets: [{ ticketId: 'CS20261119-000123', title: '宽带晚间频繁掉线', status: '处理中', openedAt: '2026-11-19T12:04:00.000Z' }],
  recentContacts: [
    {
      callId: 'c-old-2',
      at: '2026-11-20T02:15:00.000Z',
      queue: 'demo:faults',
      agent: 'demo:8004',
      summary: 'fault_reported: 报修宽带掉线，已派单，承诺 48 小时内回复',
    },
    { callId: 'i-old-1', channel: 'chat', at: '2026-11-10T08:31:00.000Z', queue: 'demo:service', agent: 'demo:8004', summary: 'handled' },
    { callId: 'c-old-1', at: '2026-11-06T08:31:00.000Z', queue: 'demo:service', agent: null, summary: 'abandoned' },
  ],
};
export const goldStory: CallerStory = {
  number: '+8613800001001',
  queue: 'service',
  customer: goldCustomer,
  authLevel: 2,
  ivrPath: ['main-menu/main-menu', 'balance/authenticate', 'balance/lookup:balance', 'balance/balance', 'agent/play', 'vip/queue:vip'],
  data: { topic: 'plan-change', reason: '余额有疑问', lastTopUp: '2026-11-01' },
};
export const blindStory: CallerStory = {
  number: '+8613800001003',
  queue: 'elder',
  customer: {
    ...goldCustomer,
    customerId: asId<CustomerId>('demo:3'),
    name: '张建国',
    tier: 'two_star',
    age: 72,
    specialNeeds: ['vision', 'elder'],
    openTickets: [],
    recentContacts: [],
  },
  authLevel: 1,
  ivrPath: ['read-bill-aloud/lookup:bill', 'read-bill-aloud/bill', 'elder/queue:elder'],
};

const queue = (name: QueueName, wrapUpMs: number): QueueConfiguration => ({
  ...{ queueId: queueIdOf(TENANT, name), tenantId: TENANT, name: QUEUES[name], skills: [], maxWaitMs: null, maxWaiting: 100 },
  ...{ leaveWhenNoAgents: false, ringTimeoutMs: 20_000, wrapUpMs, record: true, music: null, answerWithinMs: 15_000 },
  offering: { wrapUpExtension: { stepMs: 20_000, mostMs: 30_000 } },
  callback: {},
});

export interface DeskHouseOptions {
  clock: Clock;
  wrapUpMs?: number;
  /** What callers of her queues are asked after the talk. */
  survey?: SurveyRule;
  /** false: her phone must be picked up by hand (`phoneAnswers`). */
  picksUpByItself?: boolean;
  /** false: her phone did not say `Allow-Events: talk`, so nobody tells it to go off-hook. */
  talks?: boolean;
  /** What her queues have for her desk. */
  queueDesk?: QueueDesk;
  /** true: `staff` sits at other desks. */
  hasStaff?: boolean;
  /** Numbers of other agents of the same queues, each with a phone and the token `token-<number>`. */
  colleagues?: readonly string[];
  /** What else hears each event, before the rooms' news go out. */
  heard?: (event: Event) => void;
}

export class DeskHouse {
  readonly desk: Desk;
  readonly desks: Desks;
  readonly acd: Acd;
  readonly floor: FloorFeeds;
  readonly events: Event[] = [];
  role: DeskUser['role'] = 'agent';
  /** Those that who has the token leads, if the role is a lead's. */
  teams: string[] = [];
  auditFails = false;
  /** Keys that her desk has sent into calls. */
  pressed = '';
  readonly queueDesk: QueueDesk;
  /** Tokens that let the agent in. */
  readonly tokens = new Set<string>(['token']);
  readonly #switchboard: Switchboard;
  readonly #stories = new Map<CallId, CallerStory>();
  readonly #room = createCallRoom();
  #calls = 0;

  constructor({
    clock,
    wrapUpMs = 30_000,
    survey,
    picksUpByItself = true,
    talks = true,
    queueDesk = {},
    colleagues = [],
    hasStaff = false,
    heard,
  }: DeskHouseOptions) {
    this.queueDesk = queueDesk;
    this.acd = createAcd();
    this.desk = createDesk(this.#room.calls, this.acd.view);
    const agents = [{ number: '8001', name: '王丽' }, ...staff];
    const nobody = {
      agent: () => null,
      agentByNumber: (_: TenantId, wanted: string) => {
        const known = agents.find(({ number }) => number === wanted);
        return known === undefined ? null : { ...known, agentId: agentIdOf(TENANT, wanted), tenantId: TENANT, queues: [], skills: {}, staticContact: null };
      },
      queue: (queueId: QueueId) => {
        const configuration = this.acd.view.queue(queueId)?.configuration;
        return configuration === undefined ? null : { ...configuration, desk: queueDesk };
      },
    };
    this.floor = new FloorFeeds({
      clock,
      calls: this.#room.calls,
      acd: this.acd.view,
      tenants: () => [TENANT],
      trunks: () => [],
      today: () => null,
      bounds: () => ({}),
    });
    this.desks = new Desks({
      press: (_, keys) => {
        this.pressed += keys;
      },
      ...{ clock, log: silentLog, journal: { settled: () => Promise.resolve() }, desk: this.desk, acd: this.acd.view, calls: this.#room.calls },
      directory: nobody,
      forms: () => ({ payment: { card: { least: 13, most: 19 } } }),
      ...dialling(agents.map(({ number }) => number)),
      take: (event) => this.take(event),
      carryOut: async ({ events }) => {
        if (this.auditFails) throw new Error('no audit trail');
        for (const event of events) this.take(event);
      },
      floor: this.floor,
      userOfToken: (token) => Promise.resolve(token === SUPERVISOR_TOKEN ? supervisor : this.tokens.has(token) ? this.#user(token) : null),
    });
    let seq = 0;
    this.#switchboard = new Switchboard({
      ...{ clock, log: silentLog, rooms: [this.#room, this.acd, this.desk], carriers: this.#carriers(picksUpByItself) },
      journal: {
        append: (event, at) => ({ seq: ++seq, at, event }),
        write: () => undefined,
        settled: () => Promise.resolve(),
        close: () => Promise.resolve(),
      },
      watchers: [
        ({ event }) => {
          this.events.push(event);
          this.floor.hear(event);
          heard?.(event);
        },
      ],
    });
    for (const name of ['service', 'vip', 'elder'] as const)
      this.take({ type: 'queueConfigured', queue: { ...queue(name, wrapUpMs), ...(survey === undefined ? {} : { survey }) } });
    this.take({
      type: 'agentConfigured',
      agent: {
        ...{ agentId: AGENT, tenantId: TENANT, number: '8001', name: '王丽', skills: {}, staticContact: null },
        queues: [queueIdOf(TENANT, 'service'), queueIdOf(TENANT, 'vip'), queueIdOf(TENANT, 'elder')],
      },
    });
    for (const number of colleagues) {
      const agentId = agentIdOf(TENANT, number);
      this.tokens.add(`token-${number}`);
      const agent = { agentId, tenantId: TENANT, number, name: number, skills: {}, staticContact: null, queues: [queueIdOf(TENANT, 'service')] };
      this.take({ type: 'agentConfigured', agent });
      this.take({ type: 'phoneReachable', agentId });
    }
    for (const { number, name, ready } of hasStaff ? staff : []) {
      const agentId = agentIdOf(TENANT, number);
      this.take({ type: 'agentConfigured', agent: { agentId, tenantId: TENANT, number, name, skills: {}, staticContact: null, queues: [] } });
      this.take({ type: 'agentSignedIn', agentId });
      this.take({ type: 'phoneReachable', agentId });
      if (ready) this.take({ type: 'agentWentReady', agentId });
    }
    this.phoneComesBack();
    const allowEvents = talks ? ['talk'] : [];
    const registered = { uri: 'sip:8001@127.0.0.1', source: 'udp/127.0.0.1:5060', callId: 'r', cseq: 1, userAgent: 'a desk phone', allowEvents };
    this.take({ type: 'bindingsChanged', agentId: AGENT, bindings: [{ ...registered, expiresAt: clock.now() + 3_600_000 }] });
  }

  /** What the customer keys in unheard, as the sound room tells it. */
  customerKeys(callId: CallId, state: 'keying' | 'invalid', count: number): void {
    const asked = this.events.findLast((event) => event.type === 'deskCaptureAsked');
    if (asked?.type !== 'deskCaptureAsked') throw new Error('nobody asked for keys');
    const { agentId, form, field } = asked;
    this.take({ type: 'captureChanged', callId, legId: legIdOf(callId, 0), captureId: `${callId}.k1`, by: agentId, form, field, state, count });
  }

  take(event: Event): void {
    this.#switchboard.take(event);
  }

  /** A caller comes through the dialplan into a queue. */
  callArrives(story: CallerStory): CallId {
    this.#calls += 1;
    const callId = asId<CallId>(`c-${this.#calls}`);
    const legId = legIdOf(callId, 0);
    this.#stories.set(callId, story);
    const party = { number: story.number, raw: story.number };
    this.take({
      type: 'callArrived',
      callId,
      legId,
      tenantId: TENANT,
      caller: party,
      callee: { number: '10086', raw: '10086' },
      trunk: 'test',
      sipCallId: callId,
    });
    this.take({ type: 'legAnswered', callId, legId });
    for (const step of story.ivrPath ?? []) {
      const [flow = '', name = ''] = step.split('/');
      this.take({ type: 'flowEntered', callId, version: asId('demo@1'), flow, step: name });
    }
    if (story.data !== undefined) this.take({ type: 'dataSet', callId, data: story.data, by: 'flow' });
    this.take({ type: 'callQueued', callId, queueId: queueIdOf(TENANT, story.queue), priority: 0, skills: [], maxWaitMs: null });
    return callId;
  }

  callerHangsUp(callId: CallId): void {
    this.#legEnds(callId, legIdOf(callId, 0));
  }

  /** The number she has asked in answers, or does not. */
  numberAnswers(): void {
    const leg = this.#legs(({ role, progress }) => role === 'target' && progress.state === 'dialling')[0];
    if (leg !== undefined) this.take({ type: 'legAnswered', ...leg });
  }

  /** Whom we call answers. */
  calledAnswers(): void {
    const leg = this.#legs(({ role, progress }) => role === 'caller' && progress.state === 'dialling')[0];
    if (leg !== undefined) this.take({ type: 'legAnswered', ...leg });
  }

  /** She does with her phone what she could also do with her desk. */
  phoneAnswers(): void {
    const leg = this.#agentLeg();
    if (leg !== null) this.take({ type: 'legAnswered', callId: leg.callId, legId: leg.legId });
  }

  phoneHangsUp(): void {
    const leg = this.#agentLeg();
    if (leg !== null) this.#legEnds(leg.callId, leg.legId);
  }

  /** It was told to go off-hook, and has not. */
  phoneStaysOnHook(): void {
    const leg = this.#agentLeg();
    if (leg !== null) this.take({ type: 'legControlFailed', ...leg, control: 'answer', why: 'unmoved' });
  }

  phoneRejects(): void {
    const leg = this.#agentLeg();
    if (leg !== null) this.take({ type: 'legEnded', ...leg, ending: { cause: 'busy', by: 'far_end', sip: 486 } });
  }

  /** Whom she has asked picks up, or hangs up. */
  colleagueAnswers(number: string): void {
    const leg = this.#agentLeg(agentIdOf(TENANT, number));
    if (leg !== null) this.take({ type: 'legAnswered', ...leg });
  }

  colleagueHangsUp(number: string): void {
    const leg = this.#agentLeg(agentIdOf(TENANT, number));
    if (leg !== null) this.#legEnds(leg.callId, leg.legId);
  }

  /** As the phone rim does, only a change of direction is told. */
  phoneHolds(held: boolean): void {
    const leg = this.#agentLeg();
    const progress = leg === null ? undefined : this.#room.calls.get(leg.callId)?.legs.get(leg.legId)?.progress;
    if (leg !== null && progress?.state === 'up' && progress.held !== held) this.take({ type: held ? 'legHeld' : 'legRetrieved', ...leg });
  }

  phoneGoesAway(): void {
    this.take({ type: 'phoneLost', agentId: AGENT });
  }

  phoneComesBack(): void {
    this.take({ type: 'phoneReachable', agentId: AGENT });
  }

  liveCalls(): CallId[] {
    return [...this.#room.calls.values()].map((call) => call.callId);
  }

  close(): void {
    this.desks.close();
    this.floor.close();
    this.#switchboard.close();
  }

  #user(token: string) {
    const colleague = token.startsWith('token-') ? token.slice('token-'.length) : null;
    const agentId: AgentId | null = colleague === null ? AGENT : agentIdOf(TENANT, colleague);
    return {
      userId: asId<UserId>(`u1${colleague ?? ''}`),
      tenantId: TENANT,
      agentId,
      name: '王丽',
      role: this.role,
      teams: this.teams,
      language: 'zh' as const,
    };
  }

  #legEnds(callId: CallId, legId: LegId): void {
    this.take({ type: 'legEnded', callId, legId, ending: { cause: 'normal', by: 'far_end' } });
  }

  #agentLeg(agentId = AGENT): { callId: CallId; legId: LegId } | null {
    return this.#legs((leg) => leg.agentId === agentId && leg.progress.state !== 'ended')[0] ?? null;
  }

  #legs(of: (leg: Leg) => boolean): { callId: CallId; legId: LegId }[] {
    return [...this.#room.calls.values()].flatMap(({ callId, legs }) => [...legs.values()].filter(of).map(({ legId }) => ({ callId, legId })));
  }

  #carriers(picksUpByItself: boolean): Carriers {
    const nothing = () => undefined;
    return {
      popScreen: (command) => this.desks.popScreen(command),
      tellDesk: (command) => this.desks.tellDesk(command),
      ringLeg: ({ callId, legId }) => this.take({ type: 'legRinging', callId, legId }),
      pickUpLeg: ({ callId, legId }) => {
        if (picksUpByItself) this.take({ type: 'legAnswered', callId, legId });
      },
      releaseLeg: ({ callId, legId, cause, by }) => this.take({ type: 'legEnded', callId, legId, ending: { cause, by } }),
      joinLegs: ({ callId, legIds }) => this.take({ type: 'legsJoined', callId, legIds }),
      captureKeys: ({ callId, legId, captureId, by, form, field }) =>
        this.take({ type: 'captureChanged', callId, legId, captureId, by, form, field, state: 'keying', count: 0 }),
      findCustomer: ({ callId }) => {
        const { customer = null, authLevel = 1 } = this.#stories.get(callId) ?? {};
        this.take({ type: 'customerFound', callId, customer, authLevel });
      },
      ...{
        askCallback: nothing,
        controlPhone: nothing,
        answerLeg: nothing,
        alertLeg: nothing,
        moveLeg: nothing,
        refuseTransfer: nothing,
        dialLeg: nothing,
        playSounds: nothing,
        collectDigits: nothing,
        authenticate: nothing,
        stopSounds: nothing,
      },
      ...{ reanchorLeg: nothing, resumeSounds: nothing, directLegs: nothing, cancelCapture: nothing, deliverSecrets: nothing },
      ...{
        echoLeg: nothing,
        partLegs: nothing,
        conferLegs: nothing,
        muteLeg: nothing,
        startRecording: nothing,
        stopRecording: nothing,
        pauseRecording: nothing,
        resumeRecording: nothing,
        moveRecording: nothing,
        lookUp: nothing,
        writeCdr: nothing,
        writeInteraction: nothing,
        writeLedger: nothing,
      },
    };
  }
}

/** A picture without the estimates: they are of the moment they were asked in, and what a desk was told is of an earlier one. */
export const atRest = (desk: Snapshot | null | undefined) =>
  desk == null ? desk : { ...desk, queues: desk.queues.map(({ expectedWait: _estimate, ...queue }) => queue) };
