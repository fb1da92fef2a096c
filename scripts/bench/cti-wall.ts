/**
 * The supervisor's wall of `bench -- cti`, on a floor of 3,000 agents while calls come: how long it takes from what happens to the message that tells it
 * (a socket that reads every row), and to the screen (Chromium, on the page as it is shipped, with the talking agents before it). Calls and socket are a
 * process of their own, which is this file too. Without Chromium nothing is said of the screen.
 */
import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { systemClock } from '../../kernel/clock.ts';
import { CTI_PATH, CTI_SUBPROTOCOL, type FloorAgent, parseServerMessage } from '../../src/cti/protocol.ts';
import { openChromium } from '../../test/support/chromium.ts';
import { FloorPhones } from './acd-phones.ts';
import { type House, openHouse, PASSWORD, quantile, round } from './house.ts';

const TALK_MS = 5_000;
const WARM_UP_MS = 4_000;
const OPENS_WITHIN_MS = 30_000;
/** A floor of tiles that are all in sight. */
const VIEWPORT = { width: 1920, height: 2_400 };

interface WallOrder {
  host: string;
  token: string;
  sipPort: number;
  agentPort: number;
  callsPerSecond: number;
}
type Said = { ready: true } | { figures: SocketFigures };
interface SocketFigures {
  toSocketMs: number[];
  messages: number;
  bytes: number;
  gaps: number;
  snapshotBytes: number;
  seconds: number;
  calls: number;
}

export interface WallOptions {
  agents: number;
  callsPerSecond: number;
  seconds: number;
  /** The first of so many free ports. */
  rtp: number;
  rtpPorts: number;
}

export async function measureWall({ agents, callsPerSecond, seconds, rtp, rtpPorts }: WallOptions): Promise<{ figures: object; faults: string[] }> {
  const house = await openHouse({ rtp, rtpPorts, benchAgents: agents });
  try {
    const token = await signIn(house);
    const load = fork(fileURLToPath(new URL(`./cti-wall${extname(import.meta.url)}`, import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const heard = new Promise<SocketFigures>((resolve, reject) => {
      load.on('message', (said: Said) => 'figures' in said && resolve(said.figures));
      load.once('exit', (code) => reject(new Error(`the wall's load ended (${code}) and told nothing`)));
    });
    const began = new Promise<void>((resolve) => load.on('message', (said: Said) => 'ready' in said && resolve()));
    const { sip, agents: agentPort } = house.ports;
    load.send({ host: house.base.replace('http://', ''), token, sipPort: sip, agentPort, callsPerSecond } satisfies WallOrder);
    try {
      await Promise.race([began, heard]);
      const onScreen = await screen(house, seconds);
      load.send('enough');
      return shown(await heard, onScreen, agents, callsPerSecond);
    } finally {
      load.kill();
    }
  } finally {
    await house.stop();
  }
}

async function signIn({ base }: House): Promise<string> {
  const response = await fetch(`${base}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'supervisor', password: PASSWORD }),
  });
  const { token } = (await response.json()) as { token?: string };
  if (token === undefined) throw new Error(`the supervisor was not let in (${response.status})`);
  return token;
}

/** Of tiles that came before the talking agents: when the task after the one that drew them ran, against the server's time of what they show. */
const WATCH = `(() => {
  const shown = [];
  window.benchShown = shown;
  const from = Date.now();
  new MutationObserver((records) => {
    const sinces = new Set();
    for (const { addedNodes, target, type } of records) {
      if (type === 'attributes') sinces.add(target.dataset.since);
      for (const node of addedNodes) {
        const tile = node.nodeType === 1 ? node.querySelector('[data-since]') : null;
        if (tile !== null) sinces.add(tile.dataset.since);
      }
    }
    const fresh = [...sinces].map((since) => Date.parse(since)).filter((since) => since > from);
    if (fresh.length > 0) setTimeout(() => { const now = Date.now(); for (const since of fresh) shown.push(now - since); }, 0);
  }).observe(document.querySelector('.wall-agents'), { subtree: true, childList: true, attributes: true, attributeFilter: ['data-since'] });
})()`;

/** null: there is no browser here. */
async function screen({ base }: House, seconds: number): Promise<{ toScreenMs: number[]; drawMsPerSecond: number } | null> {
  const browser = await openChromium().catch((error: unknown) => {
    process.stderr.write(`nothing of the screen: ${String(error)}\n`);
    return null;
  });
  if (browser === null) {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    return null;
  }
  try {
    const page = await (await browser.newContext({ viewport: VIEWPORT, locale: 'en-GB' })).newPage();
    page.setDefaultTimeout(OPENS_WITHIN_MS);
    await page.goto(`${base}/supervisor#live`);
    await page.locator('input[type=password]').waitFor();
    await page.locator('input:not([type=password])').first().fill('supervisor');
    await page.locator('input[type=password]').fill(PASSWORD);
    await page.locator('button[type=submit]').click();
    await page.locator('.wall-state.is-talking').click();
    await page.locator('.agent-tile.is-talking').first().waitFor();
    await page.evaluate(WATCH);
    const busySeconds = await busyClock(page);
    const before = await busySeconds();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    const drawMsPerSecond = round((1_000 * ((await busySeconds()) - before)) / seconds);
    return { toScreenMs: (await page.evaluate('window.benchShown')) as number[], drawMsPerSecond };
  } finally {
    await browser.close();
  }
}

/** Of the page's main thread, from now on. */
async function busyClock(page: Page): Promise<() => Promise<number>> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  return async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  };
}

const spread = (values: readonly number[]) => ({
  ...{ n: values.length, p50: round(quantile(values, 0.5)), p99: round(quantile(values, 0.99)) },
  most: round(values.reduce((most, value) => Math.max(most, value), 0)),
});

function shown(heard: SocketFigures, onScreen: Awaited<ReturnType<typeof screen>>, agents: number, callsPerSecond: number) {
  const { toSocketMs, messages, bytes, gaps, snapshotBytes, seconds, calls } = heard;
  const figures = {
    ...{ wallAgents: agents, wallCallsPerSecond: callsPerSecond, wallCalls: calls, eventToWallMs: spread(toSocketMs) },
    eventToScreenMs: onScreen === null ? null : spread(onScreen.toScreenMs),
    pageBusyMsPerSecond: onScreen?.drawMsPerSecond ?? null,
    ...{ wallMessagesPerSecond: round(messages / seconds), wallBytesPerSecond: round(bytes / seconds), wallSnapshotBytes: snapshotBytes, wallGaps: gaps },
  };
  const faults = [
    ...(gaps > 0 ? ['a wall was not told something'] : []),
    ...(toSocketMs.length === 0 ? ['a wall was told nothing'] : []),
    ...(onScreen !== null && onScreen.toScreenMs.length === 0 ? ['nothing was seen on the wall’s screen'] : []),
  ];
  return { figures, faults };
}

/** The other process: calls, and a wall that reads all it is told. */
class Load {
  readonly #order: WallOrder;
  readonly #rows = new Map<string, FloorAgent>();
  #figures: SocketFigures = { toSocketMs: [], messages: 0, bytes: 0, gaps: 0, snapshotBytes: 0, seconds: 0, calls: 0 };
  #seq = 0;

  constructor(order: WallOrder) {
    this.#order = order;
  }

  async run(enough: () => boolean): Promise<SocketFigures> {
    const { sipPort, agentPort, callsPerSecond } = this.#order;
    const phones = new FloorPhones({ server: { host: '127.0.0.1', port: sipPort }, agentPort, number: '700', mostWaiting: 200, talkMs: TALK_MS });
    await phones.open();
    const socket = await this.#watch();
    const warm = performance.now() + WARM_UP_MS;
    await phones.call(callsPerSecond, () => performance.now() > warm);
    this.#figures = { ...this.#figures, toSocketMs: [], messages: 0, bytes: 0 };
    phones.forget();
    process.send?.({ ready: true } satisfies Said);
    const startedAt = performance.now();
    await phones.call(callsPerSecond, enough);
    const found = { ...this.#figures, seconds: (performance.now() - startedAt) / 1_000, calls: phones.ended };
    socket.close();
    phones.close();
    return found;
  }

  #watch(): Promise<WebSocket> {
    const { host, token } = this.#order;
    const socket = new WebSocket(`ws://${host}${CTI_PATH}`, CTI_SUBPROTOCOL, { perMessageDeflate: false });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.on('open', () => {
        socket.send(JSON.stringify({ v: 1, id: 'hello', type: 'hello', data: { token, as: 'supervisor' } }));
        socket.send(JSON.stringify({ v: 1, id: 'floor', type: 'subscribe', data: { topic: 'floor' } }));
      });
      socket.on('message', (data: Buffer) => {
        if (this.#heard(data.toString(), systemClock.now())) resolve(socket);
      });
    });
  }

  /** true: the floor is there whole. */
  #heard(text: string, at: number): boolean {
    const message = parseServerMessage(text);
    if (message?.type !== 'floorSnapshot' && message?.type !== 'floorChanged') return false;
    const { agents = [] } = message.data;
    if (message.type === 'floorSnapshot') this.#figures.snapshotBytes = text.length;
    else {
      this.#figures.messages += 1;
      this.#figures.bytes += text.length;
      this.#figures.gaps += message.seq - this.#seq - 1;
      for (const row of agents) if (row.since !== this.#rows.get(row.agentId)?.since) this.#figures.toSocketMs.push(at - Date.parse(row.since));
    }
    this.#seq = message.seq;
    for (const row of agents) this.#rows.set(row.agentId, row);
    return message.type === 'floorSnapshot';
  }
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  let isEnough = false;
  process.on('message', (told: WallOrder | 'enough') => {
    if (told === 'enough') isEnough = true;
    else
      new Load(told)
        .run(() => isEnough)
        .then(
          (figures) => void process.send?.({ figures } satisfies Said, () => process.exit(0)),
          (error: unknown) => {
            process.stderr.write(`${String(error)}\n`);
            process.exit(1);
          },
        );
  });
}
