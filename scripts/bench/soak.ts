/**
 * `npm run bench -- soak [--minutes N] [--calls-per-second N]`: the whole server under seven tenths of what the box carries, for as long as one likes, with one call in a
 * hundred going wrong: callers who vanish without a BYE, who hang up as the agent is rung, and until half-time a media server that is killed each five minutes. Printed is what
 * creeps: memory an hour of each program since it was last started, by the line through its samples after a warm-up: as it comes (it moves with V8's moods), and right after all that can be
 * collected was, beside what is alive in their heaps then but for code (the measures of a leak); descriptors and timers, calls that are stuck, how late the loop was.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeRange } from '../../test/support/ports.ts';
import { type House, openHouse, quantile, round } from './house.ts';
import { COLLECT_MS, type Collected, collectedBy } from './live-heap.ts';
import { rssMbOf } from './proc.ts';
import { type CallTimes, SipLoad } from './sip-load.ts';

const MINUTES = 60;
/** Seven tenths of the 20 a second that two cores carry with the callers beside them. */
const CALLS_PER_SECOND = 14;
const AGENTS = 200;
const RTP_PORTS = 6_000;
const TALK_MS = 4_000;
/** Of a program's first so much nothing is said: code is compiled, pools are filled, and some of what is over is kept for ten minutes. */
const WARM_UP_SHARE = 0.4;
const SAMPLE_MS = 5_000;
/** So long after a collection nothing is said of the loop. */
const AFTER_COLLECTION_MS = 10_000;
const HOUR_MS = 3_600_000;
/** Node measures from one tick of its watch to the next; what is beyond is how late the loop was. */
const TICK_MS = 10;
const KILL_MEDIA_MS = 300_000;
/** Who vanished is noticed by her silence, and what is over rests for the 32 s of RFC 3261. */
const REST_MS = 90_000;

const vanishes = (n: number): boolean => n % 200 === 0;
/** One without audio: who has hung up hears nobody. */
const hangsUpAtOnce = (n: number): boolean => n % 200 === 101;

interface Options {
  minutes?: number;
  'calls-per-second'?: number;
}
const ours = ['app', 'sip', 'media'] as const;
type Ours = (typeof ours)[number];
interface Sample {
  at: number;
  pids: Record<Ours, number>;
  rssMb: Record<Ours, number>;
}

export async function run({ minutes = MINUTES, 'calls-per-second': callsPerSecond = CALLS_PER_SECOND }: Options): Promise<object> {
  const collecting = mkdtempSync(join(tmpdir(), 'huawu-soak-'));
  const env = { LIVE_HEAP: collecting, NODE_OPTIONS: `--import ${new URL('./live-heap.js', import.meta.url).href}` };
  const house = await openHouse({ rtp: await freeRange(RTP_PORTS), rtpPorts: RTP_PORTS, benchAgents: AGENTS, env });
  try {
    const before = await standing(house);
    const load = new SipLoad({
      ...{ server: { host: '127.0.0.1', port: house.ports.sip }, agentPort: house.ports.agents, number: '700', callsPerSecond, seconds: minutes * 60 },
      ...{ talkMs: (n: number) => (hangsUpAtOnce(n) ? 0 : TALK_MS), vanishes },
    });
    const watch = new Watch(house, collecting, minutes * 30_000);
    await Promise.race([load.run(() => undefined), house.ended()]);
    watch.stop();
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    const after = await standing(house);
    if (after.calls > 0) process.exitCode = 1;
    return { minutes, callsPerSecond, ...asSeen([...load.calls.values()]), ...watch.figures(), stuckCalls: after.calls, before, after };
  } finally {
    await house.stop();
    rmSync(collecting, { recursive: true });
  }
}

/** Looks each five seconds, and kills the media server now and then. */
class Watch {
  readonly #house: House;
  readonly #folder: string;
  readonly #samples: Sample[] = [];
  /** p99 of each five seconds. */
  readonly #lateMs: number[] = [];
  #mostLateMs = 0;
  readonly #timers: NodeJS.Timeout[];
  #killed = 0;
  /** When the load ended: what is alive is less from then on. */
  #until = Number.POSITIVE_INFINITY;

  /** `folder`: where each program writes what it collected. */
  constructor(house: House, folder: string, killForMs: number) {
    this.#house = house;
    this.#folder = folder;
    const killing = setInterval(() => this.#kill(), KILL_MEDIA_MS);
    this.#timers = [
      setInterval(() => void this.#look(), SAMPLE_MS),
      setInterval(() => this.#tell(), COLLECT_MS),
      killing,
      // A kill that is due right then is the last.
      setTimeout(() => clearInterval(killing), killForMs + SAMPLE_MS),
    ];
  }

  stop(): void {
    this.#until = Date.now();
    for (const timer of this.#timers) clearInterval(timer);
  }

  figures(): object {
    const pids = this.#samples.at(-1)?.pids;
    if (pids === undefined) throw new Error('nothing was looked at: let it run for a minute at least');
    const collected = (name: Ours): Collected[] => collectedBy(this.#folder, pids[name]).filter(({ at }) => at < this.#until);
    const since = (name: Ours): Sample[] => this.#samples.filter((sample) => sample.pids[name] === pids[name]);
    return {
      rssMbPerHour: ofEach((name) => perHour(since(name).map(({ at, rssMb }) => [at, rssMb[name]]))),
      collectedRssMbPerHour: ofEach((name) => perHour(collected(name).map(({ at, rssMb }) => [at, rssMb]))),
      liveMbPerHour: ofEach((name) => perHour(collected(name).map(({ at, liveMb }) => [at, liveMb]))),
      collectedRssMb: ofEach((name) => collected(name).map(({ rssMb }) => Math.round(rssMb))),
      liveMb: ofEach((name) => collected(name).map(({ liveMb }) => round(liveMb))),
      codeMb: ofEach((name) => collected(name).map(({ codeMb }) => round(codeMb))),
      mediaKilled: this.#killed,
      loopLagP99Ms: round(quantile(this.#lateMs, 0.99)),
      loopLagMostMs: round(this.#mostLateMs),
    };
  }

  #tell(): void {
    const pids = this.#pids();
    if (pids === null) return;
    const told = ofEach((name) => collectedBy(this.#folder, pids[name]).at(-1));
    console.error(
      `soak: alive in MB, RSS: ${ours.map((name) => `${name} ${told[name]?.liveMb.toFixed(1) ?? '–'}, ${told[name]?.rssMb.toFixed(0) ?? '–'}`).join('; ')}`,
    );
  }

  async #look(): Promise<void> {
    const pids = this.#pids();
    if (pids === null) return;
    this.#samples.push({ at: Date.now(), pids, rssMb: ofEach((name) => rssMbOf([pids[name]])) });
    const collectedAt = collectedBy(this.#folder, pids.app).at(-1)?.at ?? 0;
    // Told of the time since it was told last.
    const lag = await metrics(this.#house, 'nodejs_eventloop_lag_p99_seconds', 'nodejs_eventloop_lag_max_seconds').catch(() => null);
    if (lag === null || isHeldUp(collectedAt)) return;
    const [late, most] = lag.map((seconds) => Math.max(0, seconds * 1000 - TICK_MS)) as [number, number];
    this.#lateMs.push(late);
    this.#mostLateMs = Math.max(this.#mostLateMs, most);
  }

  /** null: one is being started anew. */
  #pids(): Record<Ours, number> | null {
    try {
      const pids = this.#house.pids();
      return ofEach((name) => pids[name][0] ?? 0);
    } catch {
      return null;
    }
  }

  #kill(): void {
    const pid = this.#pids()?.media;
    if (pid === undefined) return;
    try {
      process.kill(pid, 'SIGKILL');
      this.#killed += 1;
    } catch {
      // It is being started anew.
    }
  }
}

interface Standing {
  calls: number;
  timers: number;
  descriptors: Record<string, number>;
}

async function standing(house: House): Promise<Standing> {
  const pids = house.pids();
  const descriptors = Object.fromEntries(ours.map((name) => [name, readdirSync(`/proc/${pids[name][0]}/fd`).length]));
  const [calls, timers] = (await metrics(house, 'huawu_calls_live', 'nodejs_active_resources{type="Timeout"}')) as [number, number];
  return { calls, timers, descriptors };
}

async function metrics(house: House, ...names: string[]): Promise<number[]> {
  const lines = (await (await fetch(`${house.base}/metrics`)).text()).split('\n');
  return names.map((name) => {
    const line = lines.find((each) => each.startsWith(`${name} `));
    if (line === undefined) throw new Error(`/metrics does not tell ${name}`);
    return Number(line.slice(name.length + 1));
  });
}

/** A collection was, or is due: it was us who held it up. */
const isHeldUp = (collectedAt: number): boolean => Date.now() - collectedAt < AFTER_COLLECTION_MS || Date.now() - collectedAt > COLLECT_MS - SAMPLE_MS;
const ofEach = <T>(figure: (name: Ours) => T): Record<Ours, T> => ({ app: figure('app'), sip: figure('sip'), media: figure('media') });
/** Of points [ms, MB], but for those of the warm-up. */
const perHour = (points: readonly (readonly [number, number])[]): number =>
  round(slope(points.slice(Math.floor(points.length * WARM_UP_SHARE)).map(([at, mb]) => [at / HOUR_MS, mb])));

/** Through points [x, y], by least squares. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1): number => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0);
  return over / points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
}

function asSeen(calls: readonly CallTimes[]): object {
  const failures: Record<string, number> = {};
  for (const { failure } of calls) if (failure !== null) failures[failure] = (failures[failure] ?? 0) + 1;
  return { calls: calls.length, served: calls.filter(({ failure }) => failure === null).length, failures };
}
