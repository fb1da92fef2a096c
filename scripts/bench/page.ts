/**
 * `npm run bench -- page [--loads N]`: how long it takes from the address to a page that can be used, in a browser that has never been here: the agent's sign-in,
 * and the desk of an agent who is signed in, on the whole server. Usable: what is asked for is drawn, and the page has answered a first idle moment.
 */
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { chromiumPath } from '../../test/support/chromium.ts';
import { freeRange } from '../../test/support/ports.ts';
import { until } from '../../test/support/wait.ts';
import { type House, openHouse, PASSWORD, quantile, round } from './house.ts';

const LOADS = 10;
const RTP_PORTS = 40;
const LOADS_WITHIN_MS = 30_000;
/** Without a network between, on two cores. */
export const INTERACTIVE_WITHIN_MS = 2_000;

/** Runs in the page before its own code: when `selector` is there and the page has nothing else to do. */
const watch = (selector: string): string => `
  new MutationObserver((_, watcher) => {
    if (document.querySelector(${JSON.stringify(selector)}) === null) return;
    watcher.disconnect();
    requestIdleCallback(() => { window.usableAt = performance.now(); });
  }).observe(document, { childList: true, subtree: true, attributes: true });
`;

interface Load {
  ms: number;
  kilobytes: number;
}

export async function run({ loads = LOADS }: { loads?: number }): Promise<object> {
  const house = await openHouse({ rtp: await freeRange(RTP_PORTS), rtpPorts: RTP_PORTS });
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
  try {
    const token = await signIn(house);
    const signIns = await repeat(loads, () => load(browser, house, '#number', null));
    const desks = await repeat(loads, () => load(browser, house, '[data-state]', token));
    const figures = { loads, ...told('signIn', signIns), ...told('desk', desks) };
    if (Math.max(...[...signIns, ...desks].map(({ ms }) => ms)) > INTERACTIVE_WITHIN_MS) process.stderr.write('a load took longer than two seconds\n');
    return figures;
  } finally {
    await browser.close();
    await house.stop();
  }
}

async function signIn({ base }: House): Promise<string> {
  const body = JSON.stringify({ tenant: 'demo', username: '8001', password: PASSWORD });
  const response = await fetch(`${base}/api/v1/sessions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return ((await response.json()) as { token: string }).token;
}

async function repeat(times: number, once: () => Promise<Load>): Promise<Load[]> {
  const all: Load[] = [];
  for (let at = 0; at < times; at += 1) all.push(await once());
  return all;
}

/** In a context of its own: nothing is in its cache. */
async function load(browser: Browser, { base }: House, selector: string, token: string | null): Promise<Load> {
  const context: BrowserContext = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    if (token !== null) await page.addInitScript(`sessionStorage.setItem('huawu.token', ${JSON.stringify(token)})`);
    await page.addInitScript(watch(selector));
    await page.goto(`${base}/agent`, { waitUntil: 'commit' });
    // The page's policy lets no function of ours wait in it.
    await until('the page to be usable', () => page.evaluate('window.usableAt !== undefined'), LOADS_WITHIN_MS);
    const ms = Number(await page.evaluate('window.usableAt'));
    const bytes = Number(await page.evaluate(`performance.getEntriesByType('resource').reduce((all, { transferSize }) => all + transferSize, 0)`));
    return { ms, kilobytes: bytes / 1000 };
  } finally {
    await context.close();
  }
}

function told(name: 'signIn' | 'desk', all: readonly Load[]): Record<string, number> {
  const times = all.map(({ ms }) => ms);
  return {
    [`${name}UsableP50Ms`]: round(quantile(times, 0.5)),
    [`${name}UsableMaxMs`]: round(Math.max(...times)),
    [`${name}Kilobytes`]: round(
      quantile(
        all.map(({ kilobytes }) => kilobytes),
        0.5,
      ),
    ),
  };
}
