/** One agent's browser at a house of her own; all of it is gone when the story ends. */
import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { systemClock } from '../../kernel/clock.ts';
import type { CallId } from '../../kernel/ids.ts';
import { AgentPage, type PageLanguage } from './agent-page.ts';
import { DeskHouse, type DeskHouseOptions, goldStory } from './desk-house.ts';
import { DeskServer } from './desk-server.ts';
import { inProject } from './project.ts';

/** Where pictures are kept, with a slash at the end. */
export const shots = inProject('test-output/web/');
mkdirSync(shots, { recursive: true });

export interface Seat {
  house: DeskHouse;
  server: DeskServer;
  page: Page;
  agent: AgentPage;
  /** What the browser complained about. */
  complaints: string[];
}
interface Taste {
  language?: PageLanguage;
  dark?: boolean;
  house?: Partial<DeskHouseOptions>;
}

export async function atTheDesk(
  browser: Browser,
  { language = 'zh', dark = false, house: options = {} }: Taste,
  story: (seat: Seat) => Promise<void>,
): Promise<void> {
  const house = new DeskHouse({ clock: systemClock, ...options });
  const server = new DeskServer(house);
  await server.open();
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    timezoneId: 'Asia/Shanghai',
    colorScheme: dark ? 'dark' : 'light',
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (line) => line.type() === 'error' && !line.text().includes('net::ERR') && complaints.push(line.text()));
  try {
    const agent = new AgentPage(page, language);
    await agent.open(server.url);
    await story({ house, server, page, agent, complaints });
  } finally {
    await context.close();
    await server.close();
  }
}

export async function signedIn({ agent }: Seat): Promise<void> {
  await agent.signIn('8001', 'demo-pass');
  await agent.waitForState('not_ready');
}

export async function ringing(seat: Seat, story = goldStory): Promise<CallId> {
  await signedIn(seat);
  await seat.agent.goReady();
  const callId = seat.house.callArrives(story);
  await seat.agent.waitForPhase('offered');
  return callId;
}
