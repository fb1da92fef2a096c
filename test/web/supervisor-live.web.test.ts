/** A supervisor asks why, in both languages and both looks; the pictures are kept. */
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser, Locator } from 'playwright-core';
import { type AgentId, agentIdOf, asId, type CallId, legIdOf, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import { eventOfWish } from '../../src/acd/offering/wish.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { Directory } from '../../src/tenants/directory.ts';
import type { Event } from '../../src/vocabulary.ts';
import { type FakeHouse, openFakeHouse, PASSWORD } from '../api/fake-house.ts';
import { shots } from '../support/at-the-desk.ts';
import { builtWeb } from '../support/built-web.ts';
import { openChromium } from '../support/chromium.ts';
import { RecordingsPage } from '../support/recordings-page.ts';

const DEMO = asId<TenantId>('demo');
const SERVICE = queueIdOf(DEMO, 'service');
const agent = (number: string): AgentId => agentIdOf(DEMO, number);
const NAMES: Record<string, string> = { 8001: '王芳', 8002: '李静', 8003: '赵敏', 8004: '陈燕' };

let browser: Browser;
let house: FakeHouse;
let url = '';

/** Three calls: one is talked on, two wait; 8001 talks, 8002 has a break, 8003 lacks a level, 8004 is signed out. */
function story(core: FakeHouse['core'], at: number) {
  const room = createCallRoom();
  const tell = (event: Event): void => {
    const facts = [event];
    for (const fact of facts) {
      facts.push(...core.decide(fact, at).events);
      room.decide(fact, at);
    }
  };
  const arrives = (n: number, number: string): void => {
    const callId = asId<CallId>(`c-demo-${n}`);
    const caller = { number, raw: number };
    tell({
      type: 'callArrived',
      callId,
      legId: legIdOf(callId, 0),
      tenantId: DEMO,
      caller,
      callee: { number: '10086', raw: '10086' },
      trunk: 't',
      sipCallId: 's',
    });
    tell({ type: 'callQueued', callId, queueId: SERVICE, priority: n === 3 ? 2 : 0, skills: [{ skill: 'english', level: 5 }], maxWaitMs: 600_000 });
  };
  tell({ type: 'callEnded', callId: asId('c-demo-1'), ending: { cause: 'normal', by: 'far_end' } });
  for (const [number, level] of [
    ['8001', 7],
    ['8002', 6],
    ['8003', 3],
    ['8004', 9],
  ] as const) {
    const configuration = { agentId: agent(number), tenantId: DEMO, number, name: NAMES[number] ?? '', queues: [SERVICE], skills: { english: level } };
    tell({ type: 'agentConfigured', agent: { ...configuration, staticContact: `sip:${number}@127.0.0.1` } });
    if (number === '8004') continue;
    tell({ type: 'agentSignedIn', agentId: agent(number) });
    tell({ type: 'agentWentReady', agentId: agent(number) });
  }
  tell({ type: 'agentWentNotReady', agentId: agent('8002'), reason: 'break' });
  arrives(11, '+8613800001001');
  tell({ type: 'legAnswered', callId: asId('c-demo-11'), legId: legIdOf(asId('c-demo-11'), 1) });
  arrives(3, '+8613800001003');
  arrives(2, '+8613800001002');
  return room.calls;
}

before(async () => {
  browser = await openChromium();
  const webDir = await builtWeb();
  let now = Date.now() - 95_000;
  house = await openFakeHouse(({ core }) => {
    const calls = story(core, now);
    now += 95_000;
    const agents = ['8001', '8002', '8003', '8004'].map((number) => core.view.agent(agent(number)));
    const configured = agents.flatMap((view) => (view === undefined ? [] : [{ ...view, staticContact: null }]));
    return {
      ...{ webDir, calls, acd: core.view },
      setAgentState: (agentId, wish, by, byName) => {
        const facts: Event[] = [eventOfWish(agentId, wish, by, byName)];
        for (const fact of facts) facts.push(...core.decide(fact, now).events);
      },
      clock: { now: () => now, after: () => () => undefined, every: () => () => undefined },
      directory: { agents: () => configured, agent: (agentId) => configured.find((one) => one.agentId === agentId) ?? null } as Partial<Directory> as Directory, // nothing else is asked of it here
      offersOf: async (_tenant, callId) => {
        const found = core.explain.call(callId, now);
        const choice = { by: ['longest_idle'], keys: [now - 300_000], runnerUp: { agentId: agent('8003'), keys: [now - 120_000] }, idle: 2 };
        if (found === undefined) return null;
        const place = (name: string) => ({ callId: asId<CallId>(name), priority: 0, placedAt: now - 40_000 });
        return [
          {
            ...{
              offerId: asId(`${callId}.o1`),
              agentId: agent('8001'),
              queueId: SERVICE,
              legId: legIdOf(callId, 1),
              offeredAt: now,
              endedAt: now,
              end: 'answered',
            },
            choice: { ...choice, caller: place(callId), nextCaller: place('c-demo-2') },
          },
        ];
      },
    };
  });
  await house.app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(house.app.server.address() as AddressInfo).port}`;
});
after(async () => {
  await house.app.close();
  await browser.close();
});

for (const [language, look] of [
  ['zh', 'light'],
  ['en', 'dark'],
] as const) {
  test(`a supervisor sees why a call waits, why it went to this agent and why an agent has none, in ${language}, ${look}`, async () => {
    const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
    const page = await context.newPage();
    const desk = new RecordingsPage(page);
    await page.goto(`${url}/supervisor#live`);
    await desk.signIn('supervisor', PASSWORD);
    await page.getByRole('heading', { name: desk.words.live.waiting }).waitFor();
    await desk.shows(language, look);
    const { words } = desk;
    const shoot = (name: string) => page.screenshot({ path: `${shots}${name}-${language}-${look}.png` });
    const drawer = page.getByRole('dialog');
    const says = async (within: Locator, sentence: string): Promise<void> => void (await within.getByText(sentence, { exact: false }).first().waitFor());
    const close = async (): Promise<void> => {
      await drawer.getByRole('button', { name: words.controls.close }).click();
      await drawer.waitFor({ state: 'hidden' });
    };
    const list = (name: string): Locator => page.getByRole('region', { name, exact: true });

    await list(words.live.waiting).getByRole('button', { name: '138 **** 1002' }).click();
    await says(drawer, words.precedence.priority.replace('{{count}}', '1'));
    await says(drawer, words.explain.helps);
    await says(drawer, words.obstacle.not_ready.replace('{{reason}}', words.reason.break));
    await shoot('why-call-waits');
    await close();

    await list(words.live.others).getByRole('button', { name: '138 **** 1001' }).click();
    await says(drawer, words.explain.idleOf.replace('{{count}}', '2').replace('{{agent}}', '8001 王芳'));
    await shoot('why-this-agent');
    await close();

    await list(words.live.agents).getByRole('button', { name: '8003' }).click();
    await says(drawer, words.whyNoCall.nobody_fits);
    await says(drawer, words.obstacle.level_too_low.replace('{{skill}}', 'english').replace('{{level}}', '5'));
    await shoot('why-agent-idle');
    await close();
    if (language === 'en') {
      await list(words.live.agents).getByRole('button', { name: '8002' }).click();
      await drawer.getByLabel(words.agentActions.note).fill('Please come to my desk');
      await drawer.getByRole('button', { name: words.agentActions.hold }).click();
      await says(drawer, words.status.heldByFor.replace('{{name}}', 'supervisor of demo').replace('{{note}}', 'Please come to my desk'));
      await shoot('agent-held');
      await drawer.getByRole('button', { name: words.agentActions.ready }).click();
      // Who waited is offered to her at once.
      await drawer.getByText(words.activity.reserved).waitFor();
      await close();
    }
    await page.getByRole('link', { name: words.calls.title }).click();
    await list(words.calls.list).waitFor();
    await context.close();
  });
}
