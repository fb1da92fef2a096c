/**
 * `npm run bench -- sip --connections [2000]`: fault row E4 at a running server, over TLS and secure WebSockets. Honest calls of a trusted trunk over one connection of each
 * kind: alone; beside one connection of a stranger that floods, of each kind; beside one of a peer that is trusted, whom the guard does not hold off; beside thousands of open
 * connections; and beside these while each of them sends.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Authority } from '../../test/support/certificates.ts';
import { freePort } from '../../test/support/ports.ts';
import { type Caller, honestCalls, quantile, round, secureCaller } from './sip-callers.ts';
import type { CrowdCounts, CrowdOrder } from './sip-crowd.ts';
import type { Secure } from './sip-secure.ts';
import { SipStage } from './sip-stage.ts';

const HONEST = '127.0.0.1';
const TRUSTED_FLOODER = '127.0.0.2';
const STRANGER = '127.0.0.9';
/** Fifty connections each, each address in a network of its own: a crowd, not one source. */
const CROWD = Array.from({ length: 40 }, (_, nth) => `127.2.${nth}.1`);
const HONEST_PER_SECOND = 20;
const FLOOD_PER_SECOND = 1_000;
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

interface Beside {
  [field: string]: unknown;
  honestFailed: number;
  postDialP99Ms: number | null;
}

export async function benchConnections({ connections, seconds }: { connections: number; seconds: number }): Promise<object> {
  const authority = new Authority();
  const { certificate, key } = authority.sign('server', 'IP:127.0.0.1');
  const ports: Record<Secure, number> = { tls: await freePort(), wss: await freePort() };
  const stage = await SipStage.open({
    ...{ TRUSTED_TRUNKS: `${HONEST},${TRUSTED_FLOODER}`, SIP_CHALLENGE_REALM: 'bench', SIP_TLS_CERT_FILE: certificate, SIP_TLS_KEY_FILE: key },
    ...{ SIP_TLS_PORT: String(ports.tls), SIP_WSS_PORT: String(ports.wss) },
  });
  const callers = await Promise.all([secureCaller('tls', HONEST, ports.tls), secureCaller('wss', HONEST, ports.wss)]);
  const flood = { connections: 1, perSecond: FLOOD_PER_SECOND, seconds };
  const run = new Run(stage, callers, seconds);
  try {
    await honestCalls(stage, callers, HONEST_PER_SECOND, 2);
    const periods: Record<string, Beside> = {
      alone: await run.beside(null),
      floodOverTls: await run.beside({ ...flood, ports: { tls: ports.tls }, from: [STRANGER], maxForwards: 70 }),
      floodOverWss: await run.beside({ ...flood, ports: { wss: ports.wss }, from: [STRANGER], maxForwards: 70 }),
      floodOfTrustedPeer: await run.beside({ ...flood, ports: { tls: ports.tls }, from: [TRUSTED_FLOODER], maxForwards: 0 }),
      connectionsOpen: await run.beside({ ...flood, connections, perSecond: 0, ports, from: CROWD, maxForwards: 70 }),
      connectionsSending: await run.beside({ ...flood, connections, ports, from: CROWD, maxForwards: 70 }),
    };
    const all = Object.values(periods);
    return {
      ...periods,
      honestFailed: all.reduce((sum, { honestFailed }) => sum + honestFailed, 0),
      postDialP99Ms: Math.max(...all.map(({ postDialP99Ms }) => postDialP99Ms ?? Number.NaN)),
      alive: stage.isAlive,
    };
  } finally {
    for (const caller of callers) caller.close();
    await stage.close();
    authority.remove();
  }
}

class Run {
  readonly #stage: SipStage;
  readonly #callers: readonly Caller[];
  readonly #seconds: number;

  constructor(stage: SipStage, callers: readonly Caller[], seconds: number) {
    this.#stage = stage;
    this.#callers = callers;
    this.#seconds = seconds;
  }

  async beside(order: CrowdOrder | null): Promise<Beside> {
    const crowd = order === null ? null : await openCrowd(order);
    await this.#stage.loopLag();
    const counts = crowd === null ? null : flooding(crowd);
    const { delaysMs, failed, cpuMsPerSecond } = await honestCalls(this.#stage, this.#callers, HONEST_PER_SECOND, this.#seconds);
    const { p50Ms, p99Ms, maxMs } = await this.#stage.loopLag();
    const rssMb = this.#stage.rssMb().sip;
    return {
      honestCalls: delaysMs.length + failed,
      honestFailed: failed,
      postDialP50Ms: quantile(delaysMs, 0.5),
      postDialP99Ms: quantile(delaysMs, 0.99),
      sipCpuPct: round(cpuMsPerSecond / 10),
      rssMb,
      loopLagMs: { p50: p50Ms, p99: p99Ms, max: maxMs },
      ...(counts === null ? {} : await counts),
    };
  }
}

async function openCrowd(order: CrowdOrder): Promise<ChildProcess> {
  const child = fork(new URL(`./sip-crowd.${extension}`, import.meta.url).pathname, [], { execArgv: process.execArgv });
  process.once('exit', () => child.kill('SIGKILL'));
  child.send(order);
  const [said] = (await Promise.race([once(child, 'message'), once(child, 'exit').then(() => ['gone'])])) as [string];
  if (said !== 'open') throw new Error('the connections could not be opened');
  return child;
}

async function flooding(crowd: ChildProcess): Promise<CrowdCounts> {
  crowd.send('go');
  return ((await once(crowd, 'message')) as [CrowdCounts])[0];
}
