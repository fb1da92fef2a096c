/**
 * The load of `bench -- cti` as a process of its own: callers, the phones of a floor and its desks. All are read off one clock, so that what lies between
 * an INVITE, a pop and an INVITE is measured, whoever else has the box. Nobody sends sound. Told an order, it tells when each phase begins and ends, and
 * what it found.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pause, systemClock } from '../../kernel/clock.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';
import { FloorPhones } from './acd-phones.ts';
import { FeedDesk, Told } from './cti-desk.ts';
import { quantile, round } from './house.ts';

export interface FloorOrder {
  host: string;
  sipPort: number;
  agentPort: number;
  /** Agents' numbers and their tokens. */
  seats: { agent: string; token: string }[];
  callsPerSecond: number;
  talkMs: number;
  steadyMs: number;
  /** For each of the two storms: so long until the last has tried to come back, and so long it is watched. */
  stormMs: number;
  watchMs: number;
}

export type PhaseName = 'empty' | 'seated' | 'steady' | 'resuming' | 'anew';
export type Said = { phase: PhaseName; is: 'begun' | 'over' } | { figures: FloorFigures } | { failed: string };
export type FloorFigures = Awaited<ReturnType<Floor['run']>>;

const SEATING_AT_ONCE = 20;
const WARM_UP_MS = 4_000;
const BACK_WITHIN_MS = 60_000;
const BREATH_MS = 1_500;
/** Without a phone's answer a call is up to this much longer. */
const DRAIN_MS = 3_000;
/** Of a caller's number as `FloorPhones` makes it; what a tenant writes before it is not ours to know. */
const CALLER_DIGITS = 8;
/** At which a generator is so late that what it reads says more about itself. */
const LOOP_RESOLUTION_MS = 5;

class Floor {
  readonly #order: FloorOrder;
  readonly #dice = new Dice(10086);
  readonly #told = new Told();
  readonly #desks: FeedDesk[];
  readonly #phones: FloorPhones;
  readonly #loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  /** Pops nobody's phone has rung for yet, by agent and caller: when they were read. */
  readonly #popped = new Map<string, number>();
  readonly #placedAt = new Map<string, number>();
  readonly #hungUpAt = new Map<string, number>();
  readonly #rung = new Map<string, number>();
  #leadMs: number[] = [];
  #unpopped = 0;
  #inviteToPopMs: number[] = [];
  #byeToClearedMs: number[] = [];

  constructor(order: FloorOrder) {
    this.#order = order;
    const told = this.#told;
    this.#desks = order.seats.map(
      ({ agent, token }) =>
        new FeedDesk({
          ...{ host: order.host, token, agent, told },
          popped: (whose, caller, at) => this.#pop(whose, caller, at),
          cleared: (whose, at) => this.#cleared(whose, at),
        }),
    );
    this.#phones = new FloorPhones({
      ...{ server: { host: '127.0.0.1', port: order.sipPort }, agentPort: order.agentPort, number: '700', mostWaiting: 200, talkMs: order.talkMs },
      watch: {
        placed: (caller) => this.#placedAt.set(caller, systemClock.now()),
        rang: (agent, caller) => this.#rang(agent, caller, systemClock.now()),
        hungUp: (agent) => this.#hungUpAt.set(agent, systemClock.now()),
      },
    });
  }

  async run() {
    const { steadyMs, callsPerSecond } = this.#order;
    await this.#phones.open();
    await this.#phase('empty', () => pause(systemClock, 1_000).then(() => ({})));
    await this.#phase('seated', () => this.#seat());
    await this.#call(callsPerSecond, WARM_UP_MS);
    const steady = await this.#phase('steady', () => this.#call(callsPerSecond, steadyMs));
    const live = this.#live();
    // Who looks at the wire has stopped by then.
    await pause(systemClock, BREATH_MS);
    const resuming = await this.#phase('resuming', () => this.#storm(false));
    await this.#drained();
    // Who resumes has been told each offer; who begins anew sees some of them only in a snapshot.
    const untold = this.#desks.reduce((sum, desk) => sum + Math.abs(desk.offers - (this.#rung.get(desk.agent) ?? 0)), 0);
    const anew = await this.#phase('anew', () => this.#storm(true));
    await this.#drained();
    this.#phones.close();
    const { gaps, doubles, unread, retries, lost } = this.#told;
    for (const desk of this.#desks) desk.cut();
    return {
      steady: { ...steady, ...live },
      resuming,
      anew,
      offers: [...this.#rung.values()].reduce((a, b) => a + b, 0),
      untold,
      gaps,
      doubles,
      unread,
      retries,
      lost,
    };
  }

  async #phase<T extends object>(phase: PhaseName, work: () => Promise<T>) {
    process.send?.({ phase, is: 'begun' } satisfies Said);
    this.#told.forget();
    this.#phones.forget();
    [this.#leadMs, this.#inviteToPopMs, this.#byeToClearedMs, this.#unpopped] = [[], [], [], 0];
    this.#loop.enable();
    this.#loop.reset();
    const own = process.cpuUsage();
    const startedAt = performance.now();
    const found = await work();
    const tookMs = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(own);
    process.send?.({ phase, is: 'over' } satisfies Said);
    const told = this.#told;
    return {
      ...found,
      ...{ tookMs: round(tookMs), calls: this.#phones.ended, failed: [...this.#phones.failures.values()].reduce((a, b) => a + b, 0) },
      ...{ failures: Object.fromEntries(this.#phones.failures), messages: told.messages, bytes: told.bytes, resumed: told.resumed, snapshots: told.snapshots },
      ...{ changeMs: spread(told.changeMs), figuresMs: spread(told.figuresMs) },
      generator: { cpuPct: round((user + system) / 10 / tookMs), lateP99Ms: round(Math.max(0, this.#loop.percentile(99) / 1e6 - LOOP_RESOLUTION_MS)) },
    };
  }

  async #seat(): Promise<object> {
    let next = 0;
    const usher = async (): Promise<void> => {
      for (let desk = this.#desks[next++]; desk !== undefined; desk = this.#desks[next++]) await desk.sit();
    };
    await Promise.all(Array.from({ length: SEATING_AT_ONCE }, usher));
    await pause(systemClock, 2_000);
    return {};
  }

  async #call(callsPerSecond: number, ms: number): Promise<object> {
    const until = performance.now() + ms;
    await this.#phones.call(callsPerSecond, () => performance.now() > until);
    return {};
  }

  /** Everybody is cut off at once and comes back within `stormMs`, while calls go on. */
  async #storm(anew: boolean) {
    const { stormMs, watchMs, callsPerSecond } = this.#order;
    const cutAt = performance.now();
    for (const desk of this.#desks) desk.cut();
    let lastAt = cutAt;
    const back = this.#desks.map(async (desk) => {
      await pause(systemClock, this.#dice.between(0, stormMs));
      const took = await desk.sit(anew);
      lastAt = Math.max(lastAt, performance.now());
      return took;
    });
    const all = Promise.all(back);
    let isBack = false;
    void all.then(() => {
      isBack = true;
    });
    const calling = this.#phones.call(callsPerSecond, () => performance.now() > cutAt + (isBack ? watchMs : BACK_WITHIN_MS));
    const tookMs = await all;
    await calling;
    return { lastBackSeconds: round((lastAt - cutAt) / 1000), helloToBackMs: spread(tookMs) };
  }

  /** No new calls until those that were are over. */
  #drained(): Promise<void> {
    return pause(systemClock, this.#order.talkMs * 1.5 + DRAIN_MS);
  }

  #live() {
    const rang = this.#leadMs.length + this.#unpopped;
    return {
      inviteToPopMs: spread(this.#inviteToPopMs),
      byeToClearedMs: spread(this.#byeToClearedMs),
      popLeadMs: { ...spread(this.#leadMs), least: round(Math.min(...this.#leadMs)) },
      popBeforeInvitePct: round((100 * this.#leadMs.filter((lead) => lead > 0).length) / rang),
    };
  }

  #pop(agent: string, caller: string, at: number): void {
    const own = caller.slice(-CALLER_DIGITS);
    const key = `${agent} ${own}`;
    const placedAt = this.#placedAt.get(own);
    // A second pop of the same call brings what became known since.
    if (this.#popped.has(key) || placedAt === undefined) return;
    this.#popped.set(key, at);
    this.#inviteToPopMs.push(at - placedAt);
  }

  #rang(agent: string, caller: string, at: number): void {
    const key = `${agent} ${caller}`;
    const poppedAt = this.#popped.get(key);
    if (poppedAt === undefined) this.#unpopped += 1;
    else this.#leadMs.push(at - poppedAt);
    this.#placedAt.delete(caller);
    this.#rung.set(agent, (this.#rung.get(agent) ?? 0) + 1);
  }

  #cleared(agent: string, at: number): void {
    const hungUpAt = this.#hungUpAt.get(agent);
    if (hungUpAt !== undefined) this.#byeToClearedMs.push(at - hungUpAt);
    this.#hungUpAt.delete(agent);
  }
}

const spread = (values: readonly number[]) => ({ n: values.length, p50: round(quantile(values, 0.5)), p99: round(quantile(values, 0.99)) });

if (process.send !== undefined)
  process.once('message', (order: FloorOrder) => {
    const say = (said: Said): void => void process.send?.(said, () => process.exit(0));
    new Floor(order).run().then(
      (figures) => say({ figures }),
      (error: unknown) => say({ failed: String(error) }),
    );
  });
