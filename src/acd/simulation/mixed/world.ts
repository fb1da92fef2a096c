/** What happens in a mixed shift, as the dice will have it: callers who wait, hang up or are called back, chats and mails, and three agents. */
import { type AgentId, agentIdOf, asId, type CallId, type LegId, legIdOf, queueIdOf, type UserId } from '../../../../kernel/ids.ts';
import type { EndingCause } from '../../../call/ending.ts';
import type { Event } from '../../../vocabulary.ts';
import type { Dice } from '../dice.ts';
import { CHANNELS, NUMBERS, RULES, TENANT } from './house.ts';
import type { MixedWatch } from './watch.ts';

const QUEUE = queueIdOf(TENANT, 'service');
const SUPERVISOR = asId<UserId>('demo:supervisor');
const MOST_CALLS = 12;
const MOST_INTERACTIONS = 12;
const CALLEE = { number: '10086', raw: '10086' };

export class MixedWorld {
  readonly #dice: Dice;
  readonly #seen: MixedWatch;
  #serial = 0;

  constructor(dice: Dice, seen: MixedWatch) {
    this.#dice = dice;
    this.#seen = seen;
  }

  opening(): Event[] {
    const dice = this.#dice;
    const rules = { skills: [], maxWaitMs: null, maxWaiting: 50, leaveWhenNoAgents: false, ringTimeoutMs: 15_000, record: false, music: null };
    const callback = {
      first: dice.chance(0.5) ? ('agent' as const) : ('customer' as const),
      attempts: dice.between(1, 2),
      retryMs: dice.between(1_000, 30_000),
    };
    const name = { zh: 'service', en: 'service' };
    const wrapUpMs = dice.chance(0.5) ? 0 : dice.between(1, 5_000);
    const queue = { queueId: QUEUE, tenantId: TENANT, name, ...rules, wrapUpMs, answerWithinMs: 15_000, redialMs: 60_000, callback };
    return [{ type: 'queueConfigured', queue }, ...NUMBERS.flatMap((number) => [this.#configured(number), ...this.#comes(agentIdOf(TENANT, number))])];
  }

  next(): Event[] {
    for (let tries = 0; tries < 20; tries += 1) {
      const events = this.#dice.pick(this.#deck)?.();
      if (events !== undefined && events.length > 0) return events;
    }
    return [];
  }

  /** The last events of a shift. */
  closing(): Event[] {
    const callbacks = [...this.#seen.callbacks.keys()].map((callbackId): Event => ({ type: 'callbackCancelled', callbackId, by: SUPERVISOR }));
    const written = [...this.#seen.live.keys()].map((id): Event => ({ type: 'interactionClosed', interactionId: asId<CallId>(id), by: SUPERVISOR }));
    return [...[...this.#seen.calls.keys()].flatMap((callId) => this.#over(callId)), ...written, ...callbacks];
  }

  readonly #deck: (() => Event[])[] = (
    [
      [3, () => this.#caller(false)],
      [1, () => this.#caller(true)],
      [8, () => this.#answers()],
      [2, () => this.#fails()],
      [4, () => this.#stops()],
      [2, () => this.#hangsUp()],
      [4, () => this.#comes(this.#anyAgent())],
      [1, () => [{ type: 'agentWentNotReady', agentId: this.#anyAgent(), reason: 'break' }]],
      [0.5, () => [{ type: 'agentSignedOut', agentId: this.#anyAgent() }]],
      [0.5, () => [{ type: 'deskLost', agentId: this.#anyAgent() }]],
      [0.5, () => [{ type: 'phoneLost', agentId: this.#anyAgent() }]],
      [3, () => this.#asks()],
      [4, () => this.#takes(0.85)],
      [3, () => this.#serves()],
      [0.5, () => this.#turnsBack()],
      [0.5, () => this.#cancels()],
    ] satisfies [number, () => Event[]][]
  ).flatMap(([weight, act]) => Array.from({ length: weight * 2 }, () => act));

  #anyAgent = (): AgentId => agentIdOf(TENANT, this.#dice.pick(NUMBERS) ?? '8001');

  #configured(number: string): Event {
    const agent = { agentId: agentIdOf(TENANT, number), tenantId: TENANT, number, name: number, queues: [QUEUE], skills: {}, staticContact: null };
    return { type: 'agentConfigured', agent: { ...agent, ...RULES[number] } };
  }

  #comes = (agentId: AgentId): Event[] => [
    { type: 'deskConnected', agentId },
    { type: 'phoneReachable', agentId },
    { type: 'agentSignedIn', agentId },
    { type: 'agentWentReady', agentId },
  ];

  /** With a wish: she would rather be called back, if she has to wait, and hangs up. */
  #caller(wishes: boolean): Event[] {
    if (this.#seen.calls.size >= MOST_CALLS) return [];
    this.#serial += 1;
    const callId = asId<CallId>(`c${this.#serial}`);
    const number = `+86139000000${this.#dice.between(10, 19)}`;
    const caller = { number, raw: number };
    const came: Event[] = [
      { type: 'callArrived', callId, legId: legIdOf(callId, 0), tenantId: TENANT, caller, callee: CALLEE, trunk: 't', sipCallId: callId },
      { type: 'callQueued', callId, queueId: QUEUE, priority: 0, skills: [], maxWaitMs: null },
    ];
    const wish = { queueId: QUEUE, number, callee: CALLEE, priority: 0, skills: [], language: 'zh' as const, data: {} };
    return wishes ? [...came, { type: 'callbackAsked', callId, ...wish }, ...this.#over(callId)] : came;
  }

  #leg = (...states: string[]): [LegId, { callId: CallId; agentId: string | null }] | undefined =>
    this.#dice.pick([...this.#seen.legs].filter(([, { state }]) => states.includes(state)));

  /** When an agent has taken a callback, the call room dials its customer: here she is at the phone at once, or is not. */
  #answers(): Event[] {
    const [legId, leg] = this.#leg('ringing') ?? [];
    if (legId === undefined || leg === undefined) return [];
    const taken: Event = { type: 'legAnswered', callId: leg.callId, legId };
    const call = this.#seen.calls.get(leg.callId);
    if (leg.agentId === null || call?.isCallback !== true || this.#isUp(legIdOf(leg.callId, 0))) return [taken];
    return this.#dice.chance(0.7) ? [taken, { ...taken, legId: legIdOf(leg.callId, 0) }] : [taken, ...this.#over(leg.callId, this.#failure())];
  }

  #isUp = (legId: LegId): boolean => this.#seen.legs.get(legId)?.state === 'up';
  #failure = (): EndingCause => this.#dice.pick(['no_answer', 'busy', 'rejected'] as const) ?? 'busy';

  #fails(): Event[] {
    const [legId, leg] = this.#leg('ringing') ?? [];
    if (legId === undefined || leg === undefined) return [];
    return leg.agentId === null ? this.#over(leg.callId, this.#failure()) : [this.#ended(leg.callId, legId, this.#failure())];
  }

  /** A phone that was told to stop. */
  #stops(): Event[] {
    const [legId, leg] = this.#leg('released') ?? [];
    return legId === undefined || leg === undefined ? [] : [this.#ended(leg.callId, legId, 'normal')];
  }

  #hangsUp(): Event[] {
    const callId = this.#dice.pick([...this.#seen.calls.keys()]);
    return callId === undefined ? [] : this.#over(callId);
  }

  #ended = (callId: CallId, legId: LegId, cause: EndingCause): Event => ({ type: 'legEnded', callId, legId, ending: { cause, by: 'far_end' } });

  /** The customer's leg ends, then every other, then the call. */
  #over(callId: CallId, cause: EndingCause = 'normal'): Event[] {
    const own = legIdOf(callId, 0);
    const others = [...this.#seen.legs].filter(([legId, leg]) => leg.callId === callId && legId !== own);
    const legs = others.map(([legId]) => this.#ended(callId, legId, 'normal'));
    return [this.#ended(callId, own, cause), ...legs, { type: 'callEnded', callId, ending: { cause, by: 'far_end' } }];
  }

  #asks(): Event[] {
    if (this.#seen.live.size >= MOST_INTERACTIONS) return [];
    this.#serial += 1;
    const asked = { queueId: QUEUE, priority: this.#dice.between(0, 2), skills: [], externalId: null, from: '', data: {} };
    const maxWaitMs = this.#dice.chance(0.3) ? this.#dice.between(1, 20_000) : null;
    const channel = this.#dice.pick(CHANNELS) ?? 'chat';
    return [{ type: 'interactionAsked', interactionId: asId<CallId>(`i${this.#serial}`), tenantId: TENANT, channel, ...asked, maxWaitMs }];
  }

  #takes(likely: number): Event[] {
    const [id, agent] = this.#dice.pick([...this.#seen.shown]) ?? [];
    if (id === undefined || agent === undefined) return [];
    const word = { interactionId: asId<CallId>(id), agentId: asId<AgentId>(agent) };
    return [this.#dice.chance(likely) ? { type: 'interactionAccepted', ...word } : { type: 'interactionDeclined', ...word }];
  }

  #serves(): Event[] {
    const [id, one] = this.#dice.pick([...this.#seen.running]) ?? [];
    if (id === undefined || one === undefined) return [];
    const word = { interactionId: asId<CallId>(id), agentId: asId<AgentId>(one.agentId) };
    return [this.#dice.chance(0.6) ? { type: 'interactionDone', ...word, disposition: null } : { type: 'interactionWrapUpEnded', ...word }];
  }

  #turnsBack(): Event[] {
    const id = this.#dice.pick([...this.#seen.live.keys()]);
    if (id === undefined) return [];
    const interactionId = asId<CallId>(id);
    if (this.#dice.chance(0.5)) return [{ type: 'interactionClosed', interactionId, by: SUPERVISOR }];
    return [{ type: 'interactionRequeued', interactionId, queueId: QUEUE, by: SUPERVISOR }];
  }

  #cancels(): Event[] {
    const callbackId = this.#dice.pick([...this.#seen.callbacks.keys()]);
    return callbackId === undefined ? [] : [{ type: 'callbackCancelled', callbackId, by: SUPERVISOR }];
  }
}
