/**
 * `npm run bench -- acd`: the routing core alone, on one core. A full floor: everybody talks, the queues are long, each call
 * that ends frees an agent who at once gets the next one. An event counts when it comes from outside; the facts the core
 * establishes are told to it again, as the switchboard does, and cost time but do not count. Seconds are of processor time, the
 * bench's own and the collector's threads' with it, so that a busy machine does not make the core look slow.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type AgentId, agentIdOf, asId, type CallId, type LegId, legIdOf, type QueueId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import { type Acd, createAcd } from '../../src/acd/acd.ts';
import { strategies } from '../../src/acd/matching/rules.ts';
import type { QueueSections } from '../../src/acd/sections.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';
import type { QueueWishes } from '../../src/call/event.ts';
import type { Command, Event, Turn } from '../../src/vocabulary.ts';
import { runCalls } from './acd-calls.ts';
import { runDay } from './acd-day.ts';

export interface AcdFigures {
  agents: number;
  waiting: number;
  eventsPerSecond: number;
  turnP50Ms: number;
  turnP99Ms: number;
  bytesPerAgent: number;
  bytesPerWaiting: number;
  /** One look forward at a full queue, that of an API, a desk or a dialplan; ms of this machine. */
  estimateP50Ms: number;
  estimateP99Ms: number;
}

interface Options {
  seconds: number;
  /** With calls and phones through the whole server instead: see `acd-calls.ts`. */
  calls?: boolean | number;
  /** A simulated day instead, of so many `agents` and `calls`: see `acd-day.ts`. */
  day?: boolean;
  agents?: number;
  talk?: number;
}

type Rules = 'usual' | 'mixed';

interface Size {
  agents: number;
  waiting: number;
}

const TENANT = asId<TenantId>('bench');
const QUEUES = 60;
const SKILLS = 120;
const STANDARD: Size = { agents: 8_000, waiting: 5_000 };
const OTHERS: Size[] = [
  { agents: 80, waiting: 50 },
  { agents: 800, waiting: 500 },
  { agents: 32_000, waiting: 20_000 },
];
const LOOKS = 200;
const MOST_TURNS_TIMED = 5_000_000;

/**
 * The standard size gets a third of the time; `growth` has the same figures of the other sizes. `mixed`: the standard size with another strategy in each queue, weights,
 * head starts, preferred skills, preferred and last agents, and two steps of widening for nearly every caller.
 */
export async function run({ seconds, calls, day, ...more }: Options): Promise<object> {
  if (day === true) return runDay({ agents: more.agents, calls: typeof calls === 'number' ? calls : undefined });
  if (calls === true) return runCalls({ seconds, ...more });
  const third = (seconds * 1000) / 3;
  const standard = measure(STANDARD, third, 'usual');
  const growth = OTHERS.map((size) => measure(size, third / OTHERS.length, 'usual'));
  return { ...standard, growth, mixed: measure(STANDARD, third, 'mixed') };
}

function measure(size: Size, ms: number, rules: Rules): AcdFigures {
  const empty = heapBytes();
  const floor = new BusyFloor(size, rules);
  const staffed = heapBytes();
  floor.fill();
  const filled = heapBytes();
  const { events, cpuMs, turns } = floor.work(ms);
  turns.sort();
  const looks = floor.estimates(LOOKS);
  return {
    ...size,
    eventsPerSecond: Math.round(events / (cpuMs / 1000)),
    turnP50Ms: round(turns[Math.floor(turns.length * 0.5)] ?? 0),
    turnP99Ms: round(turns[Math.floor(turns.length * 0.99)] ?? 0),
    bytesPerAgent: Math.round((staffed - empty) / size.agents),
    // Calls that are talked on are in memory too: they are the agents', so only who waits on top of them is divided here.
    bytesPerWaiting: Math.round((filled - staffed) / (size.waiting + size.agents)),
    estimateP50Ms: round(looks[Math.floor(looks.length * 0.5)] ?? 0),
    estimateP99Ms: round(looks[Math.floor(looks.length * 0.99)] ?? 0),
  };
}

const round = (ms: number): number => Math.round(ms * 10_000) / 10_000;

class BusyFloor {
  readonly #acd: Acd = createAcd();
  readonly #dice = new Dice(10086);
  readonly #size: Size;
  readonly #rules: Rules;
  #wakeAt: number | null = null;
  readonly #agentIds: AgentId[] = [];
  readonly #talking = new Bag<{ callId: CallId; legId: LegId }>();
  readonly #waiting = new Bag<CallId>();
  #calls = 0;
  #events = 0;
  #now = 1_700_000_000_000;
  #timed: Float64Array = new Float64Array(0);

  constructor(size: Size, rules: Rules) {
    this.#size = size;
    this.#rules = rules;
    for (let n = 0; n < QUEUES; n += 1) this.#tell({ type: 'queueConfigured', queue: this.#queue(n) });
    for (let n = 0; n < size.agents; n += 1) {
      const agentId = agentIdOf(TENANT, `${10_000 + n}`);
      this.#agentIds.push(agentId);
      this.#tell(this.#agent(agentId, n));
      this.#tell({ type: 'agentSignedIn', agentId });
    }
  }

  /** Everybody ready and on a call, and the queues as long as asked for. */
  fill(): void {
    for (const agentId of this.#agentIds) this.#tell({ type: 'agentWentReady', agentId });
    for (let most = this.#size.agents * 4; most > 0 && this.#waiting.size < this.#size.waiting; most -= 1) this.#newCall();
  }

  work(ms: number): { events: number; cpuMs: number; turns: Float64Array } {
    this.#timed = new Float64Array(MOST_TURNS_TIMED);
    this.#events = 0;
    const cpu = process.cpuUsage();
    const until = performance.now() + ms;
    while (performance.now() < until && this.#events < MOST_TURNS_TIMED - 100) {
      this.#now += 1;
      this.#something();
    }
    const { user, system } = process.cpuUsage(cpu);
    return { events: this.#events, cpuMs: (user + system) / 1000, turns: this.#timed.subarray(0, this.#events) };
  }

  /** Each a second later, so that none is remembered. */
  estimates(count: number): Float64Array {
    const looks = new Float64Array(count);
    for (let n = 0; n < count; n += 1) {
      this.#now += 2_000;
      this.#acd.decide({ type: 'heartbeat' }, this.#now);
      const startedAt = performance.now();
      this.#acd.view.estimate(queueIdOf(TENANT, `q${n % QUEUES}`));
      looks[n] = performance.now() - startedAt;
    }
    return looks.sort();
  }

  #something(): void {
    const dice = this.#dice;
    if (this.#wakeAt !== null && this.#wakeAt <= this.#now) this.#tell({ type: 'timePassed' });
    if (dice.chance(0.05)) this.#abandon();
    if (dice.chance(0.02)) this.#tell({ type: 'agentWentNotReady', agentId: this.#anyAgent(), reason: 'break' });
    if (dice.chance(0.03)) this.#tell({ type: 'agentWentReady', agentId: this.#anyAgent() });
    this.#hangUp();
    while (this.#waiting.size < this.#size.waiting) this.#newCall();
  }

  #hangUp(): void {
    const talk = this.#talking.draw(this.#dice);
    if (talk === undefined) return;
    const { callId, legId } = talk;
    this.#tell({ type: 'legEnded', callId, legId: legIdOf(callId, 0), ending: { cause: 'normal', by: 'far_end' } });
    this.#tell({ type: 'legEnded', callId, legId, ending: { cause: 'normal', by: 'other_party' } });
    this.#tell({ type: 'callEnded', callId, ending: { cause: 'normal', by: 'far_end' } });
  }

  #abandon(): void {
    const callId = this.#waiting.draw(this.#dice);
    if (callId === undefined) return;
    this.#tell({ type: 'legEnded', callId, legId: legIdOf(callId, 0), ending: { cause: 'normal', by: 'far_end' } });
    this.#tell({ type: 'callEnded', callId, ending: { cause: 'abandoned', by: 'far_end' } });
  }

  #newCall(): void {
    this.#calls += 1;
    const callId = asId<CallId>(`c-${this.#calls}`);
    const party = { number: `+86138${this.#calls}`, raw: '' };
    this.#tell({ type: 'callArrived', callId, legId: legIdOf(callId, 0), tenantId: TENANT, caller: party, callee: party, trunk: 'city', sipCallId: callId });
    const priority = this.#dice.chance(0.1) ? 1 : 0;
    const skills = this.#dice.chance(0.2) ? [{ skill: `s${this.#dice.between(0, 9)}`, level: 3 }] : [];
    this.#waiting.add(callId);
    this.#tell({ type: 'callQueued', callId, queueId: this.#anyQueue(), priority, skills, maxWaitMs: null, ...this.#wishes() });
  }

  /** One turn of the switchboard, and what phones and callers do about it at once. */
  #tell(event: Event): void {
    const startedAt = performance.now();
    const turn = this.#acd.decide(event, this.#now);
    this.#timed[this.#events] = performance.now() - startedAt;
    this.#events += 1;
    this.#wakeAt = turn.wakeAt;
    for (const fact of turn.events) this.#acd.decide(fact, this.#now);
    this.#react(turn);
  }

  #react(turn: Turn<Event, Command>): void {
    for (const fact of turn.events) {
      if (fact.type === 'callLeftQueue' && fact.exit === 'answered') this.#waiting.remove(fact.callId);
    }
    for (const command of turn.commands) {
      if (command.type !== 'ringLeg') continue;
      const { callId, legId } = command;
      this.#tell({ type: 'legRinging', callId, legId });
      this.#tell({ type: 'legAnswered', callId, legId });
      this.#talking.add({ callId, legId });
    }
  }

  #queue(n: number) {
    return {
      queueId: queueIdOf(TENANT, `q${n}`),
      tenantId: TENANT,
      name: { zh: `q${n}`, en: `q${n}` },
      skills: [{ skill: `s${n}`, level: 2 }],
      maxWaitMs: 3_600_000,
      maxWaiting: 1_000_000,
      leaveWhenNoAgents: true,
      ringTimeoutMs: 15_000,
      wrapUpMs: 0,
      record: true,
      music: null,
      answerWithinMs: 15_000,
      ...(this.#rules === 'mixed' ? mixedRules(n) : {}),
    };
  }

  #wishes(): QueueWishes {
    const dice = this.#dice;
    if (this.#rules === 'usual') return {};
    return {
      ...(dice.chance(0.2) ? { preferredSkills: [{ skill: `s${dice.between(0, 9)}`, level: 5 }] } : {}),
      ...(dice.chance(0.1) ? { virtualWaitMs: dice.between(0, 5_000) } : {}),
      ...(dice.chance(0.05) ? { preferredAgent: { agentId: this.#anyAgent(), waitMs: 500 } } : {}),
    };
  }

  /** Three queues, their skills and ten others, of which the first ten are what callers may ask for. */
  #agent(agentId: AgentId, n: number): Event {
    const own = [n % QUEUES, (n * 7 + 3) % QUEUES, (n * 13 + 5) % QUEUES];
    const others = Array.from({ length: 10 }, () => this.#dice.between(0, SKILLS - 1));
    const skills = Object.fromEntries([...own, ...others].map((skill) => [`s${skill}`, this.#dice.between(2, 10)]));
    const queues = own.map((queue) => queueIdOf(TENANT, `q${queue}`));
    const number = `${10_000 + n}`;
    const agent = { agentId, tenantId: TENANT, number, name: number, queues, skills, staticContact: `sip:${number}@127.0.0.1:5970` };
    return { type: 'agentConfigured', agent };
  }

  #anyQueue = (): QueueId => queueIdOf(TENANT, `q${this.#dice.between(0, QUEUES - 1)}`);
  #anyAgent = (): AgentId => this.#dice.pick(this.#agentIds) ?? agentIdOf(TENANT, 'nobody');
}

/** A caller waits about five seconds of the bench's time. */
const mixedRules = (n: number): QueueSections => ({
  matching: {
    strategy: [strategies[n % strategies.length] ?? 'longest_idle'],
    ...(n % 3 === 0 ? { weight: 1 + (n % 5) / 2 } : {}),
    ...(n % 4 === 0 ? { headStartMs: 1_000 } : {}),
    ...(n % 2 === 0 ? { priorityMs: 2_000 } : {}),
    ...(n % 5 === 0 ? { lastAgent: { withinMs: 60_000, waitMs: 500 } } : {}),
  },
  widening: {
    steps: [
      { afterMs: 1_000, lower: [{ by: 1 }], dropPreferred: 'all' },
      { afterMs: 3_000, open: [{ queue: `q${(n + 1) % QUEUES}` }] },
    ],
    reserves: [{ name: 'next', open: [{ queue: `q${(n + 2) % QUEUES}` }], when: { longestWaitMs: 20_000 } }],
  },
});

/** Items in no order, any of which can be drawn or taken out at once. */
class Bag<T> {
  readonly #items: T[] = [];
  readonly #places = new Map<T, number>();

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    this.#places.set(item, this.#items.length);
    this.#items.push(item);
  }

  draw(dice: Dice): T | undefined {
    const item = dice.pick(this.#items);
    if (item !== undefined) this.remove(item);
    return item;
  }

  remove(item: T): void {
    const at = this.#places.get(item);
    const last = this.#items.pop();
    if (at === undefined || last === undefined) return;
    this.#places.delete(item);
    if (last === item) return;
    this.#items[at] = last;
    this.#places.set(last, at);
  }
}

function heapBytes(): number {
  setFlagsFromString('--expose_gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed;
}
