/** A supervisor at her wall: why, alerts, a thousand agents; in both languages and both looks; the pictures are kept. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser, Locator } from 'playwright-core';
import { systemClock } from '../../kernel/clock.ts';
import { type AgentId, agentIdOf, asId, type CallId, legIdOf, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { eventOfWish } from '../../src/acd/offering/wish.ts';
import type { AlertBounds } from '../../src/acd/sections.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import { createDesk } from '../../src/cti/desk.ts';
import { Desks } from '../../src/cti/desks.ts';
import { FloorFeeds } from '../../src/cti/floor/feeds.ts';
import type { FloorQueue, FloorTrunk } from '../../src/cti/protocol.ts';
import { DeskSockets } from '../../src/cti/socket.ts';
import type { Directory } from '../../src/tenants/directory.ts';
import type { Event } from '../../src/vocabulary.ts';
import { type FakeHouse, openFakeHouse, PASSWORD } from '../api/fake-house.ts';
import { shots } from '../support/at-the-desk.ts';
import { breaches } from '../support/axe.ts';
import { builtWeb } from '../support/built-web.ts';
import { openShell } from '../support/chromium.ts';
import { countedDay } from '../support/counted-day.ts';
import { dialling } from '../support/dialling.ts';
import { RecordingsPage } from '../support/recordings-page.ts';

const DEMO = asId<TenantId>('demo');
const SERVICE = queueIdOf(DEMO, 'service');
const agent = (number: string): AgentId => agentIdOf(DEMO, number);
const NAMES: Record<string, string> = { 8001: '王芳', 8002: '李静', 8003: '赵敏', 8004: '陈燕' };

let browser: Browser;
let house: FakeHouse;
let url = '';
let desks: Desks;
let feeds: FloorFeeds;
let sockets: DeskSockets;
const said: object[] = [];
let floorBounds: AlertBounds = {};
/** Tells the routing core something, and the wall what came of it. */
let tellFloor: (event: Event) => void = () => undefined;

const trunks: FloorTrunk[] = [{ trunkId: 'demo:city', name: 'city', calls: 3, most: 30, up: 1, addresses: 2 }];
const today: FloorQueue['today'] = {
  ...{ offered: 412, answered: 388, abandoned: 17, asaMs: 9_400, timeZone: 'Asia/Shanghai', since: '2026-03-01T16:00:00.000Z' },
  serviceLevel: { pct: 91.4, variant: 'A_T/(A+B)', withinMs: 20_000 },
};

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
  browser = await openShell();
  const webDir = await builtWeb();
  let now = Date.now() - 95_000;
  house = await openFakeHouse(({ core }) => {
    const calls = story(core, now);
    now += 95_000;
    return {
      ...{ webDir, calls, acd: core.view },
      setAgentState: (agentId, wish, by, byName) => {
        const facts: Event[] = [eventOfWish(agentId, wish, by, byName)];
        for (const fact of facts) {
          facts.push(...core.decide(fact, now).events);
          feeds.hear(fact);
        }
      },
      clock: { now: () => now, after: () => () => undefined, every: () => () => undefined },
      ledger: {
        memory: (tenantId, from, to) => countedDay({ tenantId, queues: [SERVICE], agents: ['8001', '8002', '8003'].map(agent) }, from, to, now),
        ...{ sums: async () => [], intervals: async () => [], resolution: async () => [] },
      },
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
  const { view } = house.core;
  const configured = ['8001', '8002', '8003', '8004'].flatMap((number) => view.agent(agent(number)) ?? []).map((known) => ({ ...known, staticContact: null }));
  Object.assign(house.ports.directory, {
    ...{ agents: () => configured, agent: (agentId: AgentId) => configured.find((one) => one.agentId === agentId) ?? null, floorAlerts: () => floorBounds },
  } satisfies Partial<Directory>);
  house.ports.configuration.saveFloorAlerts = async (_, bounds) => {
    floorBounds = bounds;
  };
  tellFloor = (event) => {
    const facts = [event];
    for (const fact of facts) {
      facts.push(...house.core.decide(fact, Date.now()).events);
      feeds.hear(fact);
    }
  };
  feeds = new FloorFeeds({
    clock: systemClock,
    calls: house.ports.calls,
    acd: view,
    tenants: () => [DEMO],
    trunks: () => trunks,
    today: () => today,
    bounds: () => floorBounds,
  });
  desks = new Desks({
    press: () => undefined,
    ...{
      clock: systemClock,
      log: silentLog,
      journal: { settled: async () => undefined },
      acd: view,
      calls: house.ports.calls,
      forms: () => ({}),
      ...dialling(),
      floor: feeds,
    },
    ...{ desk: createDesk(house.ports.calls, view), take: tellFloor },
    directory: {
      agent: house.ports.directory.agent,
      agentByNumber: (_, number) => house.ports.directory.agent(agent(number)),
      queue: (queueId) => view.queue(queueId)?.configuration ?? null,
    },
    carryOut: async ({ action, after, events }) => {
      said.push({ action, ...(after as object) });
      for (const event of events) tellFloor(event);
    },
    userOfToken: (token) => house.ports.sessions.identify(token, ''),
  });
  sockets = new DeskSockets({ clock: systemClock, log: silentLog, desks });
  sockets.attach(house.app.server);
  await house.app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(house.app.server.address() as AddressInfo).port}`;
});
after(async () => {
  sockets.close();
  desks.close();
  feeds.close();
  await house.app.close();
  await browser.close();
});

/** Where each page has what it is looked at for. */
const pages: [name: string, hash: string, there: string][] = [
  ['live', '#live', '.agent-tile'],
  ['day', '#day', '[data-chart="agents"] svg'],
  ['wallboard', '#wallboard', '.wallboard-tile'],
  ['queues', '#queues', '.queue-row'],
  ['calls', '#calls', '.trail'],
  ['alerts', '#alerts', '[data-rules="floor"]'],
];

/** `PICTURES=all`: also of the other look. */
const looksOf = (first: 'light' | 'dark'): ('light' | 'dark')[] => (process.env.PICTURES === 'all' ? [first, first === 'light' ? 'dark' : 'light'] : [first]);

for (const [language, first] of [
  ['zh', 'light'],
  ['en', 'dark'],
] as const) {
  test(`every page of the supervisor's console is whole at 1280×800 and has nothing against people who hear it, in ${language}, ${first}`, async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    const desk = new RecordingsPage(page);
    await page.goto(`${url}/supervisor#live`);
    await desk.signIn('supervisor', PASSWORD);
    await page.locator('.agent-tile').first().waitFor();
    const found: string[] = [];
    for (const look of looksOf(first)) {
      await desk.shows(language, look);
      for (const [name, hash, there] of pages) {
        await page.goto(`${url}/supervisor${hash}`);
        await page.locator(there).first().waitFor();
        await page.screenshot({ path: `${shots}supervisor-${name}-${language}-${look}.png` });
        if (look === first) for (const breach of await breaches(page, look === 'dark' ? 'colours' : 'all')) found.push(`${name}: ${breach}`);
        const over = (await page.evaluate('document.documentElement.scrollWidth - innerWidth')) as number;
        assert.ok(over <= 0, `${name} is ${over} px too wide`);
      }
      await page.goto(`${url}/supervisor#live`);
      await page.locator('.agent-tile').first().waitFor();
    }
    assert.deepEqual([found, complaints], [[], []]);
    await context.close();
  });
}

test('the day is read by mouse, by arrow keys and as a table; alert bounds are set, called by and shown as its target; a past call says why it was whose', async () => {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
  const page = await context.newPage();
  const desk = new RecordingsPage(page);
  await page.goto(`${url}/supervisor#alerts`);
  await desk.signIn('supervisor', PASSWORD);
  const { words } = desk;
  const ofFloor = page.locator('[data-rules="floor"]');
  await ofFloor.getByLabel(words.alertBound.serviceLevelPct).fill('80');
  await ofFloor.getByLabel(words.alertBound.notReadyMs).fill('1');
  await ofFloor.getByRole('button', { name: words.alertRules.save }).click();
  await ofFloor.getByText(words.alertRules.saved).waitFor();
  assert.deepEqual(floorBounds, { serviceLevelPct: 80, notReadyMs: 60_000 });
  await page.getByRole('link', { name: words.day.title }).click();
  const level = page.locator('[data-chart="level"]');
  await level.locator('svg').getByText(words.day.target.replace('{{target}}', '80.0%')).waitFor();
  await page.getByText('A(≤T) / (A + B) ·', { exact: false }).waitFor();
  await page.getByText('Asia/Shanghai', { exact: false }).first().waitFor();
  await page.screenshot({ path: `${shots}supervisor-day-1080-zh-light.png` });
  const contacts = page.locator('[data-chart="contacts"]');
  await contacts.locator('.day-canvas').focus();
  await page.keyboard.press('Home');
  await contacts.getByRole('status').getByText('00:00–00:30', { exact: false }).waitFor({ state: 'attached' });
  await page.getByText(words.dayShape.table, { exact: true }).click();
  await contacts.getByRole('columnheader', { name: words.daySeries.abandoned }).waitFor();
  await contacts.getByRole('rowheader', { name: '00:00–00:30' }).waitFor();
  await page.screenshot({ path: `${shots}supervisor-day-table-zh-light.png` });
  await page.getByRole('link', { name: words.live.title }).click();
  await page.locator('[data-alert="not_ready"]').getByText('8002 李静', { exact: false }).waitFor();
  await page.getByRole('region', { name: words.live.agents, exact: true }).getByRole('button', { name: '8001' }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByRole('region', { name: words.agentDay.title }).locator('svg').first().waitFor();
  await page.screenshot({ path: `${shots}supervisor-agent-day-zh-light.png` });
  await drawer.getByRole('button', { name: words.controls.close }).click();
  await page.getByRole('link', { name: words.calls.title }).click();
  await page.locator('[data-call]').first().click();
  await page.getByRole('region', { name: words.course.title }).locator('.course-offer .why-list').first().waitFor();
  await page.getByRole('region', { name: words.trail.title }).waitFor();
  await page.screenshot({ path: `${shots}supervisor-course-zh-light.png` });
  floorBounds = {};
  await context.close();
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
    await shoot('wall');
    await page.getByRole('link', { name: words.calls.title }).click();
    await list(words.calls.list).waitFor();
    await context.close();
  });
}

const THOUSAND = Array.from({ length: 1_000 }, (_, n) => String(10_000 + n));
const BULK = queueIdOf(DEMO, 'bulk');

test('a wall of 1,000 agents shows what happens within a second, is told at most four times a second, sounds an alert once and is acknowledged by name', async () => {
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
  const page = await context.newPage();
  let frames = 0;
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => (frames += String(payload).includes('"floorChanged"') ? 1 : 0)));
  const desk = new RecordingsPage(page);
  const queue = { queueId: BULK, tenantId: DEMO, name: { zh: '大队列', en: 'Bulk' }, skills: [], maxWaitMs: null, maxWaiting: 100, leaveWhenNoAgents: false };
  const rules = { ringTimeoutMs: 20_000, wrapUpMs: 30_000, record: true, music: null, answerWithinMs: 20_000, alerts: { waiting: 2 } };
  tellFloor({ type: 'queueConfigured', queue: { ...queue, ...rules } });
  for (const number of THOUSAND) {
    const team = number.endsWith('7') ? '南区' : '北区';
    const configuration = { agentId: agent(number), tenantId: DEMO, number, name: `坐席${number}`, queues: [BULK], skills: {}, team };
    tellFloor({ type: 'agentConfigured', agent: { ...configuration, staticContact: `sip:${number}@127.0.0.1` } });
    tellFloor({ type: 'agentSignedIn', agentId: agent(number) });
    if (!number.endsWith('3')) tellFloor({ type: 'agentWentReady', agentId: agent(number) });
  }
  await page.goto(`${url}/supervisor#live`);
  await desk.signIn('supervisor', PASSWORD);
  const { words } = desk;
  const agents = page.getByRole('region', { name: words.live.agents, exact: true });
  await agents.getByRole('button', { name: '10000' }).waitFor();
  assert.ok((await agents.locator('.agent-tile').count()) < 200, 'only what is in sight is drawn');
  await page.screenshot({ path: `${shots}wall-thousand-zh-light.png` });

  // From the event to the screen, five times.
  const took: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    const number = String(10_000 + n);
    const began = Date.now();
    const reason = (['break', 'meal'] as const)[n % 2] ?? 'break';
    tellFloor({ type: 'agentWentNotReady', agentId: agent(number), reason });
    await page.locator(`[data-agent="${agent(number)}"].is-not_ready`).waitFor({ timeout: 5_000 });
    took.push(Date.now() - began);
  }
  took.sort((a, b) => a - b);
  console.log(`event to screen with 1,000 agents: p50 ${took[2]} ms, most ${took[4]} ms`);
  assert.ok((took[2] ?? 0) < 2_000, `half of them within ${took[2]} ms`);

  // A busy floor: a hundred changes a second for two seconds.
  const before = frames;
  const began = Date.now();
  for (let n = 0; Date.now() - began < 2_000; n += 1) {
    for (let each = 0; each < 10; each += 1) {
      const number = THOUSAND[(n * 37 + each * 101) % 1_000] ?? '';
      tellFloor(n % 2 === 0 ? { type: 'agentWentNotReady', agentId: agent(number), reason: 'meal' } : { type: 'agentWentReady', agentId: agent(number) });
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const told = frames - before;
  const seconds = (Date.now() - began) / 1000;
  console.log(`${told} messages in ${seconds.toFixed(1)} s`);
  assert.ok(told >= 1 && told <= seconds / 0.24 + 1, `${told} messages in ${seconds} s`);

  // What is on the screen is the floor.
  const ready = house.core.view.agents(DEMO).filter(({ state }) => state === 'ready').length;
  await agents.getByRole('button', { name: new RegExp(`^${words.state.ready} ${ready}$`) }).waitFor({ timeout: 5_000 });
  await agents.getByLabel(words.wall.search).fill('10999');
  await agents.getByRole('button', { name: '10999' }).waitFor();
  assert.equal(await agents.locator('.agent-tile').count(), 1);
  await agents.getByLabel(words.wall.search).fill('');

  for (const number of THOUSAND) tellFloor({ type: 'agentSignedOut', agentId: agent(number) });
  for (const n of [1, 2, 3]) {
    const callId = asId<CallId>(`c-demo-bulk${n}`);
    const party = { number: `+861380000200${n}`, raw: `1380000200${n}` };
    tellFloor({ type: 'callArrived', callId, legId: legIdOf(callId, 0), tenantId: DEMO, caller: party, callee: party, trunk: 't', sipCallId: 's' });
    tellFloor({ type: 'callQueued', callId, queueId: BULK, priority: 0, skills: [], maxWaitMs: null });
  }
  const alert = page.locator('[data-alert="waiting"]');
  await alert.waitFor();
  await page.screenshot({ path: `${shots}wall-alert-zh-light.png` });
  await alert.getByRole('button', { name: words.wall.acknowledge }).click();
  await alert.getByText('supervisor of demo').waitFor();
  await agents.getByLabel(words.say.to.replace('{{name}}', words.say.everybody)).fill('五分钟后开晨会');
  await agents.getByRole('button', { name: words.say.send }).click();
  await agents.getByText(words.say.done.replace('{{name}}', words.say.everybody)).waitFor();
  assert.deepEqual(said.at(-1), { action: 'agent.message', to: { kind: 'all' }, text: '五分钟后开晨会', heard: 3 });
  await page.getByRole('region', { name: words.live.waiting, exact: true }).getByRole('button', { name: '138 **** 1002' }).click();
  await page.getByLabel(words.moveCall.queue).click();
  await page.getByTitle('大队列').click();
  await page.getByRole('button', { name: words.moveCall.move }).click();
  await page.getByText(words.moveCall.done).waitFor();
  assert.equal(house.core.view.queue(BULK)?.waiting, 4);
  await page.screenshot({ path: `${shots}wall-move-zh-light.png` });
  await page.getByRole('button', { name: words.controls.close }).click();
  await page.getByRole('link', { name: words.wallboard.title }).click();
  await page.getByRole('region', { name: '大队列' }).waitFor();
  await page.screenshot({ path: `${shots}wallboard-zh-light.png` });
  await page.getByRole('link', { name: words.wallboard.back }).click();
  await page.locator('[data-queue="demo:bulk"]').getByRole('button').click();
  await agents.getByText('1000', { exact: true }).first().waitFor();
  await desk.shows('en', 'dark');
  await page.screenshot({ path: `${shots}wall-queue-en-dark.png` });
  await page.goto(`${url}/supervisor#wallboard`);
  await page.getByRole('region', { name: 'Bulk' }).waitFor();
  await page.screenshot({ path: `${shots}wallboard-en-dark.png` });
  await context.close();
});
