/**
 * `npm run bench -- cti [--desks N] [--calls PER_SECOND] [--floor AGENTS] [--seconds N]`: the whole server with 1,000 desks on the feed at 50 calls a second, then two storms
 * while the calls go on: every desk is cut off at once and comes back within 5 s, resuming at its number, and once more as pages loaded anew. Calls are set up,
 * routed, bridged and ended like any others; nobody sends sound, which is `bench -- media`'s business. The load is a process of its own (`cti-floor.ts`).
 * Then, in a house of its own, a supervisor's wall of 3,000 agents (`cti-wall.ts`; `--floor 0`: not). Each part tells its line as JSON when it is over.
 * It fails where a number was left out or told twice, or a phone rang whose desk was not told.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../kernel/clock.ts';
import { agentIdOf, asId, randomToken, type TenantId, type UserId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { openStore } from '../../src/store/store.ts';
import { putAgent } from '../../src/store/tenants.ts';
import { insertSession, insertUser } from '../../src/store/users.ts';
import { benchAgents } from '../../src/tenants/load.ts';
import { freeRange } from '../../test/support/ports.ts';
import type { FloorFigures, FloorOrder, PhaseName, Said } from './cti-floor.ts';
import { measureWall } from './cti-wall.ts';
import { type Leads, Wire } from './cti-wire.ts';
import { type House, openHouse, type Program, programs, quantile, round } from './house.ts';
import { rssMbOf } from './proc.ts';

const DESKS = 1_000;
const CALLS_PER_SECOND = 50;
const TALK_MS = 5_000;
const STORM_MS = 5_000;
/** A storm is watched so long at least, that it can be seen to end. */
const LEAST_WATCH_MS = 8_000;
/** Two ports for each leg, and 32 s of quarantine for those that ended. */
const RTP_PORTS = 12_000;
const TENANT = asId<TenantId>('demo');
const SESSION_MS = 3_600_000;
/** G2. */
const BACK_WITHIN_SECONDS = 10;

const WALL_AGENTS = 3_000;
/** Beside a browser on the same machine. */
const WALL_CALLS_PER_SECOND = 25;
const LEAST_WALL_SECONDS = 10;

interface Options {
  seconds: number;
  desks?: number;
  calls?: number;
  floor?: number;
}

export async function run({ seconds, desks = DESKS, calls = CALLS_PER_SECOND, floor = WALL_AGENTS }: Options): Promise<object> {
  // Looked for once: what the first house has left behind it would be in the way.
  const rtp = { rtp: await freeRange(RTP_PORTS), rtpPorts: RTP_PORTS };
  const feed = await measureFeed({ seconds, desks, calls }, rtp);
  const wall =
    floor === 0
      ? { figures: {}, faults: [] }
      : await measureWall({
          ...rtp,
          agents: floor,
          callsPerSecond: Math.min(calls, WALL_CALLS_PER_SECOND),
          seconds: Math.max(LEAST_WALL_SECONDS, seconds / 4),
        }).catch((error: unknown) => ({ figures: {}, faults: [`the wall was not measured: ${String(error)}`] }));
  if (floor !== 0) tellPart('wall', wall.figures);
  const faults = [...feed.faults, ...wall.faults];
  if (faults.length > 0) process.exitCode = 1;
  return { ...feed.figures, ...wall.figures, faults };
}

const tellPart = (part: string, figures: object): void => void process.stdout.write(`${JSON.stringify({ bench: 'cti', part, ...figures })}\n`);

async function measureFeed({ seconds, desks, calls }: Required<Omit<Options, 'floor'>>, rtp: { rtp: number; rtpPorts: number }) {
  const house = await openHouse({ ...rtp, benchAgents: desks });
  const marks = new Marks(house);
  try {
    const seats = await giveSeats(house, desks);
    process.stderr.write(`${desks} agents have a user and a session\n`);
    const found = await load(marks, {
      ...{ host: house.base.replace('http://', ''), sipPort: house.ports.sip, agentPort: house.ports.agents, seats },
      ...{ callsPerSecond: calls, talkMs: TALK_MS, steadyMs: seconds * 500, stormMs: STORM_MS, watchMs: Math.max(LEAST_WATCH_MS, seconds * 250) },
    });
    return figures(found, marks, await marks.captured(), desks);
  } finally {
    await marks.end();
    await house.stop();
  }
}

/**
 * Users and sessions as the API makes them, but for a thousand passwords hashed and checked (argon2), which would take longer than all the rest.
 * The agents of the bench are the directory's own; a user needs a row of theirs.
 */
async function giveSeats({ dataDir, ports }: House, desks: number): Promise<FloorOrder['seats']> {
  const store = await openStore({ dataDir, guest: true, log: silentLog, clock: systemClock });
  const now = Math.floor(systemClock.now());
  try {
    return await store.db.transaction().execute(async (trx) => {
      const seats: FloorOrder['seats'] = [];
      for (const agent of benchAgents({ agents: desks, contact: `127.0.0.1:${ports.agents}` })) {
        const { number } = agent;
        const userId = asId<UserId>(`${TENANT}:${number}`);
        const token = randomToken(32);
        await putAgent(trx, { ...agent, queues: [] });
        await insertUser(
          trx,
          { ...{ userId, tenantId: TENANT, username: number, name: number, role: 'agent', language: 'zh' }, agentId: agentIdOf(TENANT, number) },
          '',
        );
        await insertSession(trx, {
          tokenHash: createHash('sha256').update(token).digest(),
          userId,
          limited: false,
          createdAt: now,
          expiresAt: now + SESSION_MS,
        });
        seats.push({ agent: number, token });
      }
      return seats;
    });
  } finally {
    await store.close();
  }
}

interface Mark {
  at: number;
  cpuMs: Record<Program, number>;
  appRssMb: number;
  lateMaxMs: number;
}

/** Of the application's event loop, since it was last asked. */
async function lateMaxMs(base: string): Promise<number> {
  const text = await fetch(`${base}/metrics`).then((response) => response.text());
  return round(1_000 * Number(/^nodejs_eventloop_lag_max_seconds(?:\{[^}]*\})? (\S+)/m.exec(text)?.[1]));
}

/** What the server's programs had used when a phase began and when it was over. */
class Marks {
  readonly #house: House;
  readonly #marks = new Map<string, Mark>();
  readonly #wire = new Wire();
  /** null: not captured. */
  #captured: Promise<Leads | null> = Promise.resolve(null);

  constructor(house: House) {
    this.#house = house;
  }

  async set(phase: PhaseName, is: 'begun' | 'over'): Promise<void> {
    const { ports, base } = this.#house;
    if (phase === 'steady' && is === 'over') this.#captured = this.#captured.then(() => this.#wire.stop()).catch(() => null);
    const used = { at: performance.now(), cpuMs: this.#house.cpuMs(), appRssMb: rssMbOf(this.#house.pids().app) };
    this.#marks.set(`${phase} ${is}`, { ...used, lateMaxMs: await lateMaxMs(base) });
    if (phase === 'steady' && is === 'begun')
      this.#captured = this.#wire
        .start(ports.http, ports.agents)
        .then((on) =>
          on ? null : Promise.reject(new Error('the wire cannot be read: install the package tshark (dumpcap), and run as one who may capture on lo')),
        );
  }

  captured(): Promise<Leads | null> {
    return this.#captured;
  }

  /** Nothing is captured any more, however it went. */
  async end(): Promise<void> {
    await this.#captured.catch(() => null);
    this.#wire.end();
  }

  /** The latest that the application's event loop was. */
  lateMaxMs(phase: PhaseName): number {
    return this.#marks.get(`${phase} over`)?.lateMaxMs ?? Number.NaN;
  }

  appRssMb(phase: PhaseName): number {
    return this.#marks.get(`${phase} over`)?.appRssMb ?? Number.NaN;
  }

  cpuPct(phase: PhaseName): Record<string, number> {
    const [from, to] = [this.#marks.get(`${phase} begun`), this.#marks.get(`${phase} over`)];
    if (from === undefined || to === undefined) return {};
    return Object.fromEntries(programs.map((program) => [program, round((100 * (to.cpuMs[program] - from.cpuMs[program])) / (to.at - from.at))]));
  }
}

function load(marks: Marks, order: FloorOrder): Promise<FloorFigures> {
  const floor = fork(fileURLToPath(new URL(`./cti-floor${extname(import.meta.url)}`, import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return new Promise<FloorFigures>((resolve, reject) => {
    floor.on('message', (said: Said) => {
      if ('figures' in said) resolve(said.figures);
      else if ('failed' in said) reject(new Error(said.failed));
      else {
        void marks.set(said.phase, said.is).catch(reject);
        process.stderr.write(`${said.phase} ${said.is}\n`);
      }
    });
    floor.once('exit', (code) => reject(new Error(`the load ended (${code}) and told nothing`)));
    floor.send(order);
  }).finally(() => floor.kill());
}

function figures({ steady, resuming, anew, ...counted }: FloorFigures, marks: Marks, captured: Leads | null, desks: number) {
  const { gaps, doubles, untold, unread, lost } = counted;
  const seconds = steady.tookMs / 1000;
  const reconnectSeconds = Math.max(resuming.lastBackSeconds, anew.lastBackSeconds);
  const pop = captured === null ? { popBeforeInvitePct: steady.popBeforeInvitePct, popLeadMs: steady.popLeadMs, popSeenBy: 'reader' } : leadsOf(captured);
  const faults = [
    ...(gaps + doubles + unread + lost + untold > 0 ? ['the feed left something out, told it twice, or dropped a desk'] : []),
    ...(captured?.dropped === 0 && pop.popBeforeInvitePct < 100 ? ['a phone rang before its desk popped'] : []),
    ...(reconnectSeconds > BACK_WITHIN_SECONDS ? [`a storm lasted longer than ${BACK_WITHIN_SECONDS} s`] : []),
    ...(resuming.snapshots > 0 ? ['a desk that resumed at its number was sent a snapshot'] : []),
  ];
  const storm = (phase: 'resuming' | 'anew', found: FloorFigures['resuming']): object => ({
    ...{ lastBackSeconds: found.lastBackSeconds, helloToBackMs: found.helloToBackMs, resumed: found.resumed, snapshots: found.snapshots },
    ...{ calls: found.calls, failed: found.failed, eventToSocketMs: found.changeMs, kbPerDesk: round(found.bytes / 1024 / desks) },
    ...{ cpuPct: marks.cpuPct(phase), appLateMaxMs: marks.lateMaxMs(phase) },
  });
  const feed = {
    ...{ desks, eventToSocketP50Ms: steady.changeMs.p50, eventToSocketP99Ms: steady.changeMs.p99 },
    ...{ callsPerSecond: round(steady.calls / seconds), callsFailed: steady.failed + resuming.failed + anew.failed },
    figuresToSocketMs: steady.figuresMs,
    messagesPerSecond: round(steady.messages / seconds),
    bytesPerDeskPerSecond: round(steady.bytes / seconds / desks),
    memoryKbPerDesk: round(((marks.appRssMb('seated') - marks.appRssMb('empty')) * 1024) / desks),
    appRssMb: { empty: marks.appRssMb('empty'), seated: marks.appRssMb('seated'), steady: marks.appRssMb('steady'), after: marks.appRssMb('anew') },
    cpuPct: { ...marks.cpuPct('steady'), generator: steady.generator.cpuPct },
    appLateMaxMs: marks.lateMaxMs('steady'),
    generatorLateP99Ms: steady.generator.lateP99Ms,
    ...(Object.keys(steady.failures).length > 0 ? { failures: steady.failures } : {}),
  };
  const told = { ...{ reconnectSeconds, gaps, doubles, offers: counted.offers }, ...{ untold, unread, lost, retries: counted.retries } };
  const storms = { ...told, storms: { resuming: storm('resuming', resuming), anew: storm('anew', anew) } };
  const pops = { ...pop, inviteToPopMs: steady.inviteToPopMs, byeToClearedMs: steady.byeToClearedMs };
  tellPart('feed', feed);
  tellPart('storms', storms);
  tellPart('pop', pops);
  return { figures: { ...feed, ...storms, ...pops }, faults };
}

function leadsOf({ leadMs, unpopped, dropped }: Leads) {
  const before = leadMs.filter((lead) => lead > 0).length;
  const popLeadMs = { n: leadMs.length, p50: round(quantile(leadMs, 0.5)), p99: round(quantile(leadMs, 0.99)), least: round(Math.min(...leadMs)) };
  return { popBeforeInvitePct: round((100 * before) / (leadMs.length + unpopped)), popLeadMs, popSeenBy: 'kernel', dropped };
}
