/**
 * Estimates of waits against what happened, on seeded floors the routing core runs itself: in a steady state, in a ramp, with agents shared by two
 * queues. Compared with the estimate of the textbooks: place × handle time ÷ agents.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { CallId } from '../../kernel/ids.ts';
import { type Acd, createAcd } from '../../src/acd/acd.ts';
import { learnPatience, newPatience, patienceLeft, survivalOf } from '../../src/acd/estimate/patience.ts';
import { coverageOf, isCalibrated, newScore, pinball, scoreLost, scoreWait } from '../../src/acd/estimate/score.ts';
import { drawable, learn, logNormal, noCounts, remaining } from '../../src/acd/estimate/spread.ts';
import { OrderedList } from '../../src/acd/ordered.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';
import type { Event } from '../../src/vocabulary.ts';
import {
  agentConfigured,
  Floor as CoreFloor,
  callArrived,
  callEnded,
  callQueued,
  legAnswered,
  legEnded,
  queueConfigured,
  queueId,
  signedIn,
  wentNotReady,
  wentReady,
} from './floor.ts';

interface Shift {
  seed: number;
  /** Which queues each agent has. */
  agents: string[][];
  /** Calls an hour at this minute, by queue. */
  callsPerHour: Record<string, (minute: number) => number>;
  handleMs: Record<string, number>;
  patienceMs: number;
  minutes: number;
  /** What comes before is for learning. */
  fromMinute: number;
}

interface Judged {
  n: number;
  within50: number;
  within90: number;
  loss: number;
  naiveLoss: number;
  calibratedShare: number;
}

/** Log-normal with this mean, as handle times are. */
const SIGMA = 0.9;

class Floor {
  readonly #acd: Acd = createAcd();
  readonly #dice: Dice;
  readonly #shift: Shift;
  readonly #due = new OrderedList<{ at: number; n: number; happens: () => void }>((a, b) => a.at - b.at || a.n - b.n);
  readonly #came = new Map<CallId, { at: number; queue: string; said: { p50Ms: number; p90Ms: number; calibrated: boolean } | null; naive: number }>();
  readonly #waits: { wait: number; p50: number; p90: number; naive: number; calibrated: boolean }[] = [];
  #now = 0;
  #planned = 0;
  #calls = 0;

  constructor(shift: Shift) {
    this.#shift = shift;
    this.#dice = new Dice(shift.seed);
    for (const queue of Object.keys(shift.callsPerHour)) this.#tell(queueConfigured(queue, { maxWaiting: 1_000_000, wrapUpMs: 0 }));
    for (const [n, queues] of shift.agents.entries()) {
      const number = `${8001 + n}`;
      this.#tell(agentConfigured(number, { staticContact: `sip:${number}@127.0.0.1`, queues: queues.map(queueId) }));
      this.#tell(signedIn(number));
      this.#tell(wentReady(number));
    }
  }

  run(queue: string): Judged {
    for (const name of Object.keys(this.#shift.callsPerHour)) this.#nextCall(name);
    for (let next = this.#due.first(); next !== undefined; next = this.#due.first()) {
      this.#due.remove(next);
      this.#now = next.at;
      next.happens();
    }
    const score = this.#acd.view.estimateScore(queueId(queue));
    assert.ok(score !== null && score.n > 0, 'the core scores itself');
    const waits = this.#waits;
    const mean = (of: (one: (typeof waits)[number]) => number): number => waits.reduce((sum, one) => sum + of(one), 0) / waits.length;
    return {
      n: waits.length,
      within50: mean(({ wait, p50 }) => (wait <= p50 ? 1 : 0)),
      within90: mean(({ wait, p90 }) => (wait <= p90 ? 1 : 0)),
      loss: mean(({ wait, p50, p90 }) => pinball(0.5, p50, wait) + pinball(0.9, p90, wait)),
      naiveLoss: mean(({ wait, naive }) => pinball(0.5, naive, wait) + pinball(0.9, naive, wait)),
      calibratedShare: mean(({ calibrated }) => (calibrated ? 1 : 0)),
    };
  }

  #nextCall(queue: string): void {
    const { callsPerHour, minutes } = this.#shift;
    const rate = callsPerHour[queue]?.(this.#now / 60_000) ?? 0;
    this.#in(3_600_000 / rate, () => {
      if (this.#now > minutes * 60_000) return;
      this.#arrive(queue);
      this.#nextCall(queue);
    });
  }

  #arrive(queue: string): void {
    this.#calls += 1;
    const name = `c${this.#calls}`;
    const { view } = this.#acd;
    this.#tell(callArrived(name));
    const said = view.estimate(queueId(queue));
    const place = (view.queue(queueId(queue))?.waiting ?? 0) + 1;
    const serving = this.#shift.agents.filter((queues) => queues.includes(queue)).length;
    const naive = (place * (this.#shift.handleMs[queue] ?? 0)) / serving;
    const ready = (view.queue(queueId(queue))?.ready ?? 0) > 0;
    this.#came.set(name as CallId, { at: this.#now, queue, said: ready ? null : said, naive });
    this.#tell(callQueued(name, queue));
    this.#in(this.#shift.patienceMs, () => this.#loseHeart(name));
  }

  #loseHeart(name: string): void {
    if (this.#came.delete(name as CallId)) this.#hangUp(name, null);
  }

  #hangUp(name: string, leg: string | null): void {
    this.#tell(legEnded(`${name}.0`));
    if (leg !== null) this.#tell(legEnded(leg));
    this.#tell(callEnded(name));
  }

  #in(meanMs: number, happens: () => void): void {
    this.#plan(-Math.log(1 - this.#dice.fraction()) * meanMs, happens);
  }

  #plan(ms: number, happens: () => void): void {
    this.#planned += 1;
    this.#due.add({ at: this.#now + ms, n: this.#planned, happens });
  }

  #handleMs(queue: string): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.#dice.fraction())) * Math.cos(2 * Math.PI * this.#dice.fraction());
    return (this.#shift.handleMs[queue] ?? 0) * Math.exp(SIGMA * normal - (SIGMA * SIGMA) / 2);
  }

  #tell(event: Event): void {
    for (const command of this.#acd.decide(event, this.#now).commands) {
      if (command.type !== 'ringLeg') continue;
      const { callId, legId } = command;
      const came = this.#came.get(callId);
      if (came === undefined) continue;
      this.#came.delete(callId);
      const ringMs = 2_000 + 4_000 * this.#dice.fraction();
      this.#plan(ringMs, () => {
        this.#served(came);
        this.#tell(legAnswered(legId));
        this.#plan(this.#handleMs(came.queue), () => this.#hangUp(callId, legId));
      });
    }
  }

  #served({ at, said, naive }: { at: number; said: { p50Ms: number; p90Ms: number; calibrated: boolean } | null; naive: number }): void {
    if (said === null || at < this.#shift.fromMinute * 60_000) return;
    this.#waits.push({ wait: this.#now - at, p50: said.p50Ms, p90: said.p90Ms, naive, calibrated: said.calibrated });
  }
}

function judge(shift: Omit<Shift, 'seed'>, queue: string, seeds: number[]): Judged {
  const all = seeds.map((seed) => new Floor({ seed, ...shift }).run(queue));
  const n = all.reduce((sum, one) => sum + one.n, 0);
  const mean = (of: (one: Judged) => number): number => all.reduce((sum, one) => sum + of(one) * one.n, 0) / n;
  return {
    n,
    within50: mean(({ within50 }) => within50),
    within90: mean(({ within90 }) => within90),
    loss: mean(({ loss }) => loss),
    naiveLoss: mean(({ naiveLoss }) => naiveLoss),
    calibratedShare: mean(({ calibratedShare }) => calibratedShare),
  };
}

const agentsOf = (...groups: [number, string[]][]): string[][] => groups.flatMap(([count, queues]) => Array.from({ length: count }, () => queues));

function demandCalibrated(what: string, { n, within50, within90, loss, naiveLoss }: Judged, band: { p50: [number, number]; p90: [number, number] }): void {
  const figures = `${what}: ${n} callers, ${(within50 * 100).toFixed(1)} % within P50, ${(within90 * 100).toFixed(1)} % within P90, loss ${Math.round(loss)} ms, naive ${Math.round(naiveLoss)} ms`;
  assert.ok(n > 300, figures);
  assert.ok(within90 >= band.p90[0] && within90 <= band.p90[1], figures);
  assert.ok(within50 >= band.p50[0] && within50 <= band.p50[1], figures);
  assert.ok(loss < naiveLoss * 0.85, figures);
}

test('in a steady state nine of ten wait no longer than the P90, half no longer than the P50, and the estimate beats place × handle time ÷ agents', () => {
  const shift = { agents: agentsOf([20, ['service']]), callsPerHour: { service: () => 400 }, handleMs: { service: 180_000 }, patienceMs: 240_000 };
  const judged = judge({ ...shift, minutes: 240, fromMinute: 60 }, 'service', [1, 2, 3]);
  demandCalibrated('steady', judged, { p50: [0.43, 0.62], p90: [0.86, 0.96] });
  assert.ok(judged.calibratedShare > 0.7, `announced for ${judged.calibratedShare}`);
});

test('in a ramp to twice the calls the estimate keeps up', () => {
  const rate = (minute: number): number => 240 + 360 * Math.min(1, Math.max(0, (minute - 60) / 60));
  const shift = { agents: agentsOf([20, ['service']]), callsPerHour: { service: rate }, handleMs: { service: 180_000 }, patienceMs: 300_000 };
  const judged = judge({ ...shift, minutes: 180, fromMinute: 60 }, 'service', [1, 2, 3]);
  demandCalibrated('ramp', judged, { p50: [0.42, 0.62], p90: [0.85, 0.96] });
});

test('a floor of which only a part is played is judged as well', () => {
  const shift = { agents: agentsOf([200, ['service']]), callsPerHour: { service: () => 4_050 }, handleMs: { service: 180_000 }, patienceMs: 240_000 };
  const judged = judge({ ...shift, minutes: 60, fromMinute: 20 }, 'service', [1, 2]);
  demandCalibrated('big', judged, { p50: [0.4, 0.68], p90: [0.84, 0.97] });
});

test('agents who serve two queues count for each with their share', () => {
  const agents = agentsOf([6, ['service']], [10, ['service', 'sales']], [4, ['sales']]);
  const shift = { agents, callsPerHour: { service: () => 190, sales: () => 160 }, handleMs: { service: 150_000, sales: 300_000 }, patienceMs: 300_000 };
  const judged = judge({ ...shift, minutes: 240, fromMinute: 60 }, 'service', [1, 2, 3]);
  demandCalibrated('shared', judged, { p50: [0.42, 0.62], p90: [0.85, 0.96] });
});

test('patience is learned from those who hung up and from those who were answered before they could', () => {
  const dice = new Dice(7);
  const exponential = (mean: number): number => -Math.log(1 - dice.fraction()) * mean;
  const patience = newPatience();
  for (let n = 0; n < 1_500; n += 1) {
    const [heart, served] = [exponential(120_000), exponential(60_000)];
    learnPatience(patience, Math.min(heart, served), heart < served);
  }
  const survival = survivalOf(patience);
  for (const waited of [0, 30_000, 90_000]) {
    const median = patienceLeft(survival, waited, 0.5);
    assert.ok(
      Math.abs(median - 83_000) < 15_000,
      `half hang up within ${Math.round(median)} ms more after ${waited} ms; of an exponential patience of 120 s it is 83 s`,
    );
  }
  assert.ok(patienceLeft(survival, 0, 0.9) < patienceLeft(survival, 0, 0.1), 'the lucky wait less');
});

test('what is left of a talk depends on how long it has lasted', () => {
  const counts = noCounts();
  for (let n = 0; n < 100; n += 1) learn(counts, n % 2 === 0 ? 60_000 : 600_000);
  const drawn = drawable(counts);
  assert.ok(remaining(drawn, 0, 0.25) < 80_000, 'half of the talks last a minute');
  const left = remaining(drawn, 120_000, 0.5);
  assert.ok(left > 350_000 && left < 600_000, `one that has lasted two minutes is one of the long ones: ${left} ms`);
  assert.ok(remaining(drawn, 3_600_000, 0.5) <= 3_600_000, 'one that is longer than any known has an end in sight');
  assert.ok(remaining(drawable(logNormal(107_000, 0.96, 5)), 0, 0.5) > 90_000, 'before anything is known a bank’s calls are assumed');
});

test('a score says calibrated only of enough callers, and no longer when they wait longer than was said', () => {
  const score = newScore();
  for (let n = 0; n < 10; n += 1) scoreWait(score, { p50Ms: 10_000, p90Ms: 20_000 }, n < 5 ? 9_000 : n < 9 ? 15_000 : 25_000);
  assert.equal(isCalibrated(score), false, 'ten are too few');
  for (let n = 0; n < 90; n += 1) scoreWait(score, { p50Ms: 10_000, p90Ms: 20_000 }, n % 10 < 5 ? 9_000 : n % 10 < 9 ? 15_000 : 25_000);
  assert.deepEqual(coverageOf(score), { n: 100, p50: 0.5, p90: 0.9 });
  assert.equal(isCalibrated(score), true);
  scoreLost(score, { p90Ms: 20_000 }, 5_000);
  assert.deepEqual(coverageOf(score), { n: 100, p50: 0.5, p90: 0.9 }, 'of who hung up early nothing is known');
  for (let n = 0; n < 25; n += 1) scoreLost(score, { p90Ms: 20_000 }, 30_000);
  assert.equal(isCalibrated(score), false);
  assert.equal(pinball(0.9, 20_000, 30_000), 9_000);
  assert.equal(pinball(0.9, 20_000, 10_000).toFixed(3), '1000.000');
});

function smallFloor(): CoreFloor {
  const floor = new CoreFloor();
  floor.tell(queueConfigured('service'), agentConfigured('8001'), agentConfigured('8002'));
  return floor;
}

test('asked twice in the same second it says the same, a core restored from a snapshot too; asking changes nothing', () => {
  const floor = smallFloor();
  floor.ready('8001', '8002');
  for (let n = 1; n <= 8; n += 1) floor.tell(callArrived(`c${n}`), callQueued(`c${n}`));
  const before = JSON.stringify(floor.acd.snapshot());
  const said = floor.acd.view.estimate(queueId('service'), 3);
  assert.ok(said !== null && said.p50Ms > 0 && said.p90Ms > said.p50Ms && !said.calibrated, JSON.stringify(said));
  assert.deepEqual(floor.acd.view.estimate(queueId('service'), 3), said);
  assert.equal(JSON.stringify(floor.acd.snapshot()), before);
  const twin = createAcd();
  twin.restore(JSON.parse(before));
  twin.decide({ type: 'heartbeat' }, floor.now);
  assert.deepEqual(twin.view.estimate(queueId('service'), 3), said);
  const further = floor.acd.view.estimate(queueId('service'), 6);
  assert.ok((further?.p50Ms ?? 0) > said.p50Ms, 'further behind is later');
});

test('where nobody is who could serve, there is no estimate', () => {
  const floor = smallFloor();
  floor.tell(callArrived('c1'), callQueued('c1'));
  assert.equal(floor.acd.view.estimate(queueId('service')), null);
  floor.ready('8001');
  assert.notEqual(floor.acd.view.estimate(queueId('service')), null);
  floor.tell(wentNotReady('8001', 'break'));
  floor.after(1_000);
  assert.equal(floor.acd.view.estimate(queueId('service')), null, 'she goes to her break after this call');
});
