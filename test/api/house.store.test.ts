/** The API over HTTP on the real rooms and a real PostgreSQL with the demo tenant; only SIP, media and the journal are absent. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { readSheet } from 'read-excel-file/node';
import { WebSocket } from 'ws';
import { systemClock } from '../../kernel/clock.ts';
import { agentIdOf, asId, type CallId, legIdOf, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { readKeyRing } from '../../kernel/seal/keys.ts';
import { openHttp } from '../../src/api/open.ts';
import { AuditWatch } from '../../src/audit/watch.ts';
import type { CallRecord } from '../../src/cdr/record.ts';
import { Desks } from '../../src/cti/desks.ts';
import { FloorFeeds } from '../../src/cti/floor/feeds.ts';
import { CTI_SUBPROTOCOL, parseServerMessage, type ServerMessage } from '../../src/cti/protocol.ts';
import { Publisher } from '../../src/ivr/publisher.ts';
import { FileJournal } from '../../src/journal/file.ts';
import { recover } from '../../src/journal/read.ts';
import { Prompts } from '../../src/prompts/prompts.ts';
import { Recordings } from '../../src/recordings/recordings.ts';
import { openReportMail, type ReportMail } from '../../src/report-mail/report-mail.ts';
import { createRooms } from '../../src/rooms.ts';
import { listAudit } from '../../src/store/audit.ts';
import { writeRecords } from '../../src/store/records.ts';
import type { Store } from '../../src/store/store.ts';
import { Switchboard } from '../../src/switchboard.ts';
import { Floor } from '../../src/tenants/floor.ts';
import { loadDirectory } from '../../src/tenants/load.ts';
import { seedTenant } from '../../src/tenants/seed.ts';
import { ApiKeys } from '../../src/users/api-keys.ts';
import { Oidc } from '../../src/users/oidc.ts';
import type { OidcProvider } from '../../src/users/oidc-settings.ts';
import { SecondFactors } from '../../src/users/second-factor.ts';
import { createSessions } from '../../src/users/sessions.ts';
import { codeOf, STEP_MS } from '../../src/users/totp.ts';
import type { Carriers, Event } from '../../src/vocabulary.ts';
import { WebhookDispatcher } from '../../src/webhooks/dispatcher.ts';
import { WebhookFeed } from '../../src/webhooks/feed.ts';
import { isSigned } from '../../src/webhooks/signature.ts';
import { Webhooks } from '../../src/webhooks/webhooks.ts';
import { openCluster, type TestCluster } from '../store/cluster.ts';
import { FakeClock } from '../support/clock.ts';
import { type IdentityProvider, openIdentityProvider } from '../support/identity-provider.ts';
import { attachmentOf, PostOffice } from '../support/post-office.ts';
import { inProject } from '../support/project.ts';
import { until } from '../support/wait.ts';

const PASSWORD = 'a demo password';
const TENANT = asId<TenantId>('demo');
const dialplansDir = inProject('dialplans/demo');

/** Of second factors alone: a code is good once, and the next one comes half a minute later. */
const factorClock = { ...systemClock, ahead: 0, now: () => systemClock.now() + factorClock.ahead };

let idp: IdentityProvider;
let postOffice: PostOffice;
let reportMail: ReportMail;
const providerOf = ({ issuer, client }: IdentityProvider): OidcProvider => ({
  ...{ issuer, clientId: client.id, clientSecret: client.secret, publicUrl: 'http://127.0.0.1:1', name: { zh: '企业', en: 'Company' } },
  ...{ scope: 'openid', claim: 'preferred_username', roles: { claim: 'groups', of: { admins: 'admin', floor: 'supervisor' } } },
});

let cluster: TestCluster;
let store: Store;
let url: string;
let rooms: ReturnType<typeof createRooms>;
let recordingsDir: string;
let recordings: Recordings;
const closers: (() => unknown)[] = [];

before(async () => {
  cluster = await openCluster();
  store = await cluster.store();
  recordingsDir = join(cluster.dataDir, 'recordings');
  mkdirSync(recordingsDir);
  const keys = readKeyRing('ab'.repeat(32));
  const factors = new SecondFactors({ store, clock: factorClock, keys });
  const sessions = createSessions({ store, clock: systemClock, log: silentLog, factors });
  const logins = { loginsFile: join(cluster.dataDir, 'logins.json'), password: PASSWORD };
  await seedTenant({ store, sessions, tenantFile: join(dialplansDir, 'tenant.yaml'), ...logins });
  const directory = await loadDirectory({ store });
  rooms = createRooms();
  const nothing = () => undefined;
  const carriers: Carriers = {
    ...{
      answerLeg: nothing,
      moveLeg: nothing,
      askCallback: nothing,
      refuseTransfer: nothing,
      alertLeg: nothing,
      ringLeg: nothing,
      dialLeg: nothing,
      releaseLeg: nothing,
      pickUpLeg: nothing,
      controlPhone: nothing,
      playSounds: nothing,
      collectDigits: nothing,
    },
    ...{
      authenticate: nothing,
      stopSounds: nothing,
      echoLeg: nothing,
      joinLegs: nothing,
      partLegs: nothing,
      conferLegs: nothing,
      muteLeg: nothing,
      startRecording: nothing,
    },
    ...{ reanchorLeg: nothing, resumeSounds: nothing, directLegs: nothing, captureKeys: nothing, cancelCapture: nothing, deliverSecrets: nothing },
    ...{ pauseRecording: nothing, resumeRecording: nothing, moveRecording: nothing },
    ...{ stopRecording: nothing, findCustomer: nothing, lookUp: nothing, writeCdr: nothing, writeInteraction: nothing, writeLedger: nothing },
    popScreen: (command) => desks.popScreen(command),
    tellDesk: (command) => desks.tellDesk(command),
  };
  let seq = 0;
  const journal = {
    append: (event: never, at: number) => ({ seq: ++seq, at, event }),
    write: () => undefined,
    settled: async () => undefined,
    close: async () => undefined,
  };
  const switchboard = new Switchboard({ clock: systemClock, log: silentLog, journal, rooms: rooms.all, carriers });
  const take: Switchboard['take'] = (event) => switchboard.take(event);
  const wall = new FloorFeeds({
    clock: systemClock,
    calls: rooms.calls,
    acd: rooms.acd.view,
    tenants: () => [],
    trunks: () => [],
    today: () => null,
    bounds: () => ({}),
  });
  const desks = new Desks({
    press: () => undefined,
    ...{ clock: systemClock, log: silentLog, journal, take, directory, desk: rooms.desk, acd: rooms.acd.view, calls: rooms.calls },
    userOfToken: (token) => sessions.userOf(token),
    forms: () => ({}),
    ...{
      newCallId: () => asId<CallId>('c-out'),
      reach: () => ({ ok: false, why: 'no_trunk' }),
      accepting: () => true,
      now: () => 0,
      numberToCallBack: () => null,
      flows: () => ({}),
    },
    carryOut: async () => undefined,
    floor: wall,
  });
  const floor = new Floor(take);
  floor.tell(directory);
  const publisher = new Publisher({
    tenants: [{ tenantId: TENANT, folder: dialplansDir }],
    dataDir: cluster.dataDir,
    take,
    clock: systemClock,
    log: silentLog,
  });
  publisher.open();
  recordings = new Recordings({
    ...{ store, clock: systemClock, log: silentLog },
    dir: recordingsDir,
    keys: null,
    keysFile: join(cluster.dataDir, 'recording.keys'),
  });
  idp = await openIdentityProvider();
  postOffice = await PostOffice.open();
  closers.push(() => postOffice.close());
  closers.push(() => idp.close());
  const allowedHosts = new Set(['127.0.0.1']);
  const auditWatch = new AuditWatch({ store, clock: systemClock, log: silentLog, dataDir: cluster.dataDir });
  const dispatcher = new WebhookDispatcher({ ...{ store, clock: systemClock, log: silentLog }, keys, allowedHosts, version: 'test' });
  closers.push(
    () => auditWatch.close(),
    () => dispatcher.close(),
  );
  const mail = { url: `smtp://127.0.0.1:${postOffice.port}`, from: 'Huawu <reports@example.com>', domains: new Set(['example.com']) };
  reportMail = openReportMail({ mail, store, clock: systemClock, log: silentLog });
  closers.push(() => reportMail.close());
  const http = await openHttp({
    webhooks: new Webhooks({ store, clock: systemClock, keys, allowedHosts, look: () => dispatcher.look(), expect: () => undefined }),
    reportMail,
    oidc: new Oidc({ ...{ store, clock: systemClock, log: silentLog, sessions }, providers: { demo: providerOf(idp) } }),
    ...{ factors, auditWatch, apiKeys: new ApiKeys({ store, clock: systemClock, log: silentLog }) },
    ...{ clock: systemClock, log: silentLog, store, sessions, publisher, directory, desks, recordings },
    orders: { judge: () => ({ ok: false, code: 'unknown_call' }), carryOut: async () => undefined },
    ...{ setAgentState: () => undefined, pauseRecording: () => undefined, resumeRecording: () => undefined },
    ...{
      ledger: rooms.ledger.view,
      acd: rooms.acd.view,
      explain: rooms.acd.explain,
      openOffers: () => null,
      calls: rooms.calls,
      floor: {
        switchQueue: (queueId, state, until, by, notice) => take({ type: 'queueSwitched', queueId, state, until, by, ...(notice === null ? {} : { notice }) }),
        sayable: () => ({ prompts: new Set(), texts: true }),
      },
      trunks: { status: () => [], calls: () => 0 },
      webDir: join(cluster.dataDir, 'web'),
      version: '0.0.0-test',
      host: '127.0.0.1',
      port: 0,
      tls: null,
      browserPhones: null,
    },
    toll: { ...{ blocked: () => [], alarms: () => [], counts: rooms.toll.counts }, lift: () => undefined },
    directoryChanged: async () => {
      await directory.refresh();
      floor.tell(directory);
    },
    sipTrace: null,
    mediaServers: () => [],
    watched: () => ({ looks: 1, breaches: { INV1: 0, INV2: 0, INV6: 0, INV7: 0 }, healed: 0 }),
    prompts: new Prompts(cluster.dataDir),
    phoneContacts: () => [],
    trials: { start: () => null, get: () => null, cancel: () => false },
    cancelCallback: () => undefined,
    erasures: { begin: async () => null, list: async () => [] },
    tellInteraction: () => undefined,
    legAudio: async () => null,
    phonePasses: null,
    sipMetrics: async () => 'huawu_sip_dialogs 0\n',
    health: { parts: () => ({ store: { ok: store.health().state === 'ok', essential: false } }), draining: () => false },
  });
  url = http.url;
  // On a busy machine the loop was late while all this was opened: until it no longer is, the API refuses.
  await until('the API serves', async () => (await fetch(`${url}/api/v1/sign-in-ways`)).status === 200, 60_000);
  closers.push(
    () => http.close(),
    () => recordings.close(),
    () => publisher.close(),
    () => desks.close(),
    () => switchboard.close(),
    () => wall.close(),
    () => cluster.close(),
  );
});
after(async () => {
  for (const close of closers) await close();
});

async function ask(method: string, path: string, token: string | null, body?: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...headers,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: <T>(): T => JSON.parse(text) as T };
}

async function signIn(username: string, password = PASSWORD): Promise<string> {
  const answer = await ask('POST', '/api/v1/sessions', null, { username, password });
  assert.equal(answer.status, 201, answer.text);
  return answer.json<{ token: string }>().token;
}

test('every demo user signs in with the one password, and a wrong one is told apart by nobody', async () => {
  for (const username of ['8001', '8010', 'supervisor', 'admin']) {
    const me = (await ask('GET', '/api/v1/me', await signIn(username))).json<{ username: string; tenantId: string }>();
    assert.deepEqual([me.username, me.tenantId], [username, 'demo']);
  }
  const wrong = await ask('POST', '/api/v1/sessions', null, { username: '8002', password: 'nope' });
  const nobody = await ask('POST', '/api/v1/sessions', null, { username: '9999', password: 'nope' });
  assert.deepEqual([wrong.status, nobody.status], [401, 401]);
});

test('five wrong passwords are slowed down with a Retry-After', async () => {
  for (let n = 0; n < 5; n += 1) assert.equal((await ask('POST', '/api/v1/sessions', null, { username: '8009', password: 'nope' })).status, 401);
  const sixth = await ask('POST', '/api/v1/sessions', null, { username: '8009', password: PASSWORD });
  assert.equal(sixth.status, 429);
  assert.ok(Number(sixth.headers.get('retry-after')) > 0);
});

test('a changed queue is in the store, in the audit and on the floor', async () => {
  const token = await signIn('admin');
  const answer = await ask('PATCH', '/api/v1/queues/demo:service', token, { wrapUpMs: 12_345 });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(rooms.acd.view.queue(queueIdOf(TENANT, 'service'))?.configuration.wrapUpMs, 12_345);
  const row = await store.db.selectFrom('queues').select('wrap_up_ms').where('queue_id', '=', 'demo:service').executeTakeFirstOrThrow();
  assert.equal(row.wrap_up_ms, 12_345);
  const [entry] = await listAudit(store.db, TENANT, 1, null);
  assert.deepEqual([entry?.action, entry?.resource, entry?.userId], ['queue.update', 'queue/demo:service', 'demo:admin']);
});

test('a section of a queue or an agent is kept, survives the next change, and null takes it away', async () => {
  const token = await signIn('admin');
  const queue = () => rooms.acd.view.queue(queueIdOf(TENANT, 'service'))?.configuration;
  const team = async () => {
    const { items } = JSON.parse((await ask('GET', '/api/v1/agents', token)).text) as { items: { agentId: string; team?: string }[] };
    return items.find(({ agentId }) => agentId === 'demo:8001')?.team;
  };
  assert.equal((await ask('PATCH', '/api/v1/queues/demo:service', token, { matching: { strategy: ['best_skill', 'longest_idle'] } })).status, 200);
  assert.equal((await ask('PATCH', '/api/v1/agents/demo:8001', token, { team: '一组' })).status, 200);
  assert.equal((await ask('PATCH', '/api/v1/queues/demo:service', token, { wrapUpMs: 12_345 })).status, 200);
  assert.equal((await ask('PATCH', '/api/v1/agents/demo:8001', token, { name: '王小明' })).status, 200);
  const { rules } = await store.db.selectFrom('queues').select('rules').where('queue_id', '=', 'demo:service').executeTakeFirstOrThrow();
  assert.deepEqual(
    [{ matching: (rules as { matching?: unknown }).matching }, queue()?.matching, await team()],
    [{ matching: { strategy: ['best_skill', 'longest_idle'] } }, { strategy: ['best_skill', 'longest_idle'] }, '一组'],
  );
  assert.equal((await ask('PATCH', '/api/v1/queues/demo:service', token, { matching: null })).status, 200);
  assert.equal((await ask('PATCH', '/api/v1/agents/demo:8001', token, { team: null })).status, 200);
  assert.deepEqual([queue()?.matching, await team()], [undefined, undefined]);
  const wrong = await ask('PATCH', '/api/v1/queues/demo:service', token, { matching: { strategy: ['favourite'] } });
  assert.equal(wrong.status, 400, wrong.text);
});

test('a calendar with imported holidays opens and closes a queue that goes by it, is audited, and cannot be removed while it does', async () => {
  const admin = await signIn('admin');
  const always = Object.fromEntries(['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'].map((day) => [day, [{ from: '00:00', to: '24:00' }]]));
  const made = await ask('POST', '/api/v1/calendars', admin, { id: 'hotline', name: { zh: '热线', en: 'Hotline' }, week: always });
  assert.equal(made.status, 201, made.text);
  const missing = await ask('PATCH', '/api/v1/queues/demo:service', admin, { door: { calendar: 'nowhere' } });
  assert.match(missing.text, /body.door.calendar/);
  assert.equal((await ask('PATCH', '/api/v1/queues/demo:service', admin, { door: { calendar: 'hotline', whenClosed: 'leave' } })).status, 200);
  const state = () => rooms.acd.view.queue(queueIdOf(TENANT, 'service'))?.state;
  assert.equal(state(), 'open');

  const today = new Date(systemClock.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  const ical = ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', `DTSTART;VALUE=DATE:${today.replaceAll('-', '')}`, 'SUMMARY:司庆(休)', 'END:VEVENT', 'END:VCALENDAR'].join(
    '\n',
  );
  const refused = await ask('POST', '/api/v1/calendars/demo:hotline/import', admin, { format: 'csv', text: `date,name,hours\n${today},x,nine to five` });
  assert.deepEqual([refused.status, /body.text line 2/.test(refused.text)], [400, true], refused.text);
  const shipped = readFileSync(join(dialplansDir, '../holidays-cn-2026.csv'), 'utf8');
  assert.equal((await ask('POST', '/api/v1/calendars/demo:hotline/import', admin, { format: 'csv', text: shipped })).status, 200);
  const imported = await ask('POST', '/api/v1/calendars/demo:hotline/import', admin, { format: 'ical', text: ical });
  assert.equal(imported.status, 200, imported.text);
  const shown = JSON.parse(imported.text) as { open: boolean; days: { date: string; name: string }[] };
  assert.deepEqual([shown.open, shown.days.find(({ date }) => date === today)?.name, state()], [false, '司庆', 'closed']);
  assert.ok(shown.days.length >= 39, 'the shipped days stay beside it');
  const kept = await store.db.selectFrom('calendars').select('rules').where('calendar_id', '=', 'demo:hotline').executeTakeFirstOrThrow();
  assert.equal((kept.rules as { days: unknown[] }).days.length, shown.days.length);
  const [entry] = await listAudit(store.db, TENANT, 1, null);
  assert.deepEqual([entry?.action, entry?.resource, entry?.userId], ['calendar.update', 'calendar/demo:hotline', 'demo:admin']);

  assert.equal((await ask('DELETE', '/api/v1/calendars/demo:hotline', admin)).status, 409);
  assert.equal((await ask('PATCH', '/api/v1/queues/demo:service', admin, { door: null })).status, 200);
  assert.equal((await ask('DELETE', '/api/v1/calendars/demo:hotline', admin)).status, 204);
  assert.equal(state(), 'open');
});

test('a supervisor closes a queue at once until a time, and that is audited with its end; an agent may not', async () => {
  const supervisor = await signIn('supervisor');
  const until = new Date(systemClock.now() + 3_600_000).toISOString();
  const notice = { text: { zh: '线路检修,请一小时后再拨。' } };
  assert.equal((await ask('POST', '/api/v1/queues/demo:service/switch', await signIn('8001'), { state: 'closed' })).status, 403);
  const closed = await ask('POST', '/api/v1/queues/demo:service/switch', supervisor, { state: 'emergency', until, notice });
  assert.equal(closed.status, 200, closed.text);
  const { live } = JSON.parse(closed.text) as { live: object };
  assert.deepEqual({ ...live, ...{ state: 'emergency', stateUntil: until, switched: true, notice, coming: [{ at: until, state: 'open' }] } }, live);
  const [entry] = await listAudit(store.db, TENANT, 1, null);
  assert.deepEqual([entry?.action, entry?.userId, entry?.after], ['queue.switch', 'demo:supervisor', { state: 'emergency', until, notice }]);
  for (const refused of [
    { state: 'open', notice },
    { state: 'closed', notice: { prompt: 'unheard-of' } },
    { state: 'closed', notice: { text: {} } },
  ])
    assert.equal((await ask('POST', '/api/v1/queues/demo:service/switch', supervisor, refused)).status, 400);
  assert.equal((await ask('POST', '/api/v1/queues/demo:service/switch', supervisor, { state: 'closed', until: '2020-01-01T00:00:00Z' })).status, 400);
  assert.equal((await ask('POST', '/api/v1/queues/demo:service/switch', supervisor, { state: 'calendar' })).status, 200);
  assert.equal(rooms.acd.view.queue(queueIdOf(TENANT, 'service'))?.state, 'open');
});

test('a new agent with a user can sign in at her desk and take her queue’s calls', async () => {
  const admin = await signIn('admin');
  assert.equal((await ask('POST', '/api/v1/agents', admin, { number: '8020', name: '新人', queues: ['demo:service'], skills: { mandarin: 5 } })).status, 201);
  const user = { username: '8020', name: '新人', role: 'agent', agentId: 'demo:8020', password: 'her own password' };
  const made = await ask('POST', '/api/v1/users', admin, user);
  assert.equal(made.status, 201, made.text);
  assert.equal((await ask('POST', '/api/v1/users', admin, user)).status, 409);
  const token = await signIn('8020', 'her own password');
  const desk = openDesk(token);
  await until('her snapshot', () => desk.heard.some((message) => message.type === 'snapshot'));
  assert.equal(rooms.acd.view.agent(agentIdOf(TENANT, '8020'))?.state, 'not_ready');
  assert.equal((await ask('PATCH', '/api/v1/users/demo:8020', admin, { disabled: true })).status, 200);
  assert.equal((await ask('GET', '/api/v1/me', token)).status, 401);
  assert.equal(await until('her socket is closed', () => desk.closeCode()), 4401);
});

test('G11: signing out over the API closes the desk of that session at once', async () => {
  const token = await signIn('8003');
  const desk = openDesk(token);
  await until('her snapshot', () => desk.heard.some((message) => message.type === 'snapshot'));
  assert.equal((await ask('DELETE', '/api/v1/sessions/current', token)).status, 204);
  assert.equal(await until('the close', () => desk.closeCode(), 2_000), 4401);
});

test('a supervisor has a line and no desk: she is welcomed, and told no state of hers', async () => {
  const desk = openDesk(await signIn('supervisor'));
  await until('her welcome', () => desk.heard.some((message) => message.type === 'welcome'));
  assert.deepEqual([desk.closeCode(), desk.heard.some((message) => message.type === 'snapshot')], [null, false]);
});

test('the gold customer is found in whatever form her number is written', async () => {
  const token = await signIn('supervisor');
  for (const number of ['13800001001', '013800001001', '8613800001001', '+86 138 0000 1001', '0086-138-0000-1001']) {
    const { items } = (await ask('GET', `/api/v1/customers?number=${encodeURIComponent(number)}`, token)).json<{
      items: { tier: string; customerId: string }[];
    }>();
    assert.equal(items[0]?.tier, 'gold', number);
    assert.equal((await ask('GET', `/api/v1/customers/${items[0]?.customerId}`, token)).status, 200);
  }
});

test('the dialplan in use can be read, checked, published and rolled back; a fault names its place', async () => {
  const token = await signIn('admin');
  const list = (await ask('GET', '/api/v1/dialplans', token)).json<{ items: { version: string; current: boolean }[] }>();
  const first = list.items.find((row) => row.current);
  assert.ok(first, 'the folder was taken');
  const { files } = (await ask('GET', `/api/v1/dialplans/${first.version}`, token)).json<{ files: Record<string, string> }>();
  const checked = (await ask('POST', '/api/v1/dialplans/check', token, { files })).json<{ ok: boolean; faults: unknown[] }>();
  assert.deepEqual(checked, { ok: true, faults: [] });
  const broken = { ...files, 'main.yaml': `${files['main.yaml']}\nnonsense: true\n` };
  const refused = await ask('POST', '/api/v1/dialplans', token, { files: broken });
  assert.equal(refused.status, 422);
  assert.match(refused.json<{ errors: { at: string }[] }>().errors[0]?.at ?? '', /^main\.yaml:\d+:\d+$/);
  const edited = { ...files, 'main.yaml': `${files['main.yaml']}\n# edited\n` };
  const published = await ask('POST', '/api/v1/dialplans', token, { files: edited, note: 'a comment' });
  assert.equal(published.status, 201, published.text);
  const back = await ask('POST', `/api/v1/dialplans/${first.version}/roll-back`, token);
  assert.deepEqual(back.json(), { version: first.version });
});

function recordOf(n: number, agentNumber: string): CallRecord {
  const callId = asId<CallId>(`c-${String(n).padStart(4, '0')}`);
  const at = Date.now() - 60_000 + n * 1_000;
  const agentId = agentIdOf(TENANT, agentNumber);
  const party = { number: '+8613800001001', raw: '13800001001' };
  const queueId = queueIdOf(TENANT, 'service');
  return {
    ...{ callId, revision: 1, tenantId: TENANT, caller: party, callee: { number: '10086', raw: '10086' }, trunk: 't', sipCallId: `s${n}` },
    ...{ arrivedAt: at, answeredAt: at, agentAnsweredAt: at + 100, endedAt: at + 900, ending: { cause: 'normal', by: 'far_end' } },
    ...{ customerId: null, tier: 'gold', language: 'zh', authLevel: 1, dialplanVersion: null, ivrPath: ['main/menu'], data: { k: 'v' } },
    queues: [{ queueId, enteredAt: at, leftAt: at + 50, waitMs: 50, exit: 'answered' }],
    offers: [],
    agents: [
      { agentId, legId: legIdOf(callId, 1), answeredAt: at + 100, endedAt: at + 900, talkMs: 800, holdMs: 0, wrapUpMs: 0, disposition: null, notes: null },
    ],
    legs: [],
    recordings: [{ recordingId: `${callId}.r1`, path: join(recordingsDir, `${callId}.wav`), startedAt: at, durationMs: 800, complete: true }],
    ...{ queueWaitMs: 50, ringMs: 50, talkMs: 800, holdMs: 0, wrapUpMs: 0, disposition: null, notes: null, recording: 'complete' },
  };
}

test('call records are walked by cursor, seen by who had them, and their recordings play in ranges', async () => {
  const records = Array.from({ length: 7 }, (_, n) => recordOf(n, n % 2 === 0 ? '8001' : '8002'));
  await writeRecords(store.db, records);
  writeFileSync(join(recordingsDir, 'c-0000.wav'), Buffer.alloc(500, 7));
  const supervisor = await signIn('supervisor');
  const seen: string[] = [];
  let next: string | null = '';
  while (next !== null) {
    const answer = await ask('GET', `/api/v1/calls?limit=3${next === '' ? '' : `&cursor=${next}`}`, supervisor);
    const page = answer.json<{ items: { callId: string }[]; nextCursor: string | null }>();
    seen.push(...page.items.map((item) => item.callId));
    next = page.nextCursor;
  }
  assert.deepEqual(seen, records.map((record) => record.callId).reverse());
  assert.equal((await ask('GET', '/api/v1/calls?cursor=nonsense', supervisor)).status, 400);
  const agent = await signIn('8002');
  const own = (await ask('GET', '/api/v1/calls', agent)).json<{ items: { agentId: string }[] }>();
  assert.deepEqual([...new Set(own.items.map((item) => item.agentId))], ['demo:8002']);
  assert.equal((await ask('GET', '/api/v1/calls/c-0000', agent)).status, 404);
  const detail = (await ask('GET', '/api/v1/calls/c-0000', supervisor)).json<{ recordings: { recordingId: string }[]; data: object }>();
  assert.deepEqual([detail.recordings[0]?.recordingId, detail.data], ['c-0000.r1', { k: 'v' }]);
  const part = await ask('GET', '/api/v1/calls/c-0000/recording', supervisor, undefined, { range: 'bytes=100-149' });
  assert.deepEqual([part.status, part.headers.get('content-range'), part.text.length], [206, 'bytes 100-149/500', 50]);
  assert.equal((await ask('GET', '/api/v1/calls/c-0001/recording', supervisor)).status, 404, 'a file that is gone is not found');
});

test('G7: a lead reads the agents, calls, recordings and figures of her teams, whoever has moved into them now; new teams end her session', async () => {
  const admin = await signIn('admin');
  for (const [number, team] of [
    ['8001', '北组'],
    ['8002', '南组'],
  ])
    assert.equal((await ask('PATCH', `/api/v1/agents/demo:${number}`, admin, { team })).status, 200);
  const user = { username: 'lead', name: '组长', role: 'lead', teams: ['南组'], password: 'her own password' };
  const made = await ask('POST', '/api/v1/users', admin, user);
  assert.deepEqual([made.status, made.json<{ teams: string[] }>().teams], [201, ['南组']]);
  const token = await signIn('lead', 'her own password');
  const me = (await ask('GET', '/api/v1/me', token)).json<{ teams: string[]; may: Record<string, string> }>();
  assert.deepEqual([me.teams, me.may['call.monitor'], me.may['audit.read']], [['南组'], 'team', undefined]);
  const agentsOf = async (path: string): Promise<string[]> =>
    (await ask('GET', path, token)).json<{ items: { agentId: string }[] }>().items.map(({ agentId }) => agentId);
  assert.deepEqual(await agentsOf('/api/v1/agents'), ['demo:8002']);
  assert.deepEqual([...new Set(await agentsOf('/api/v1/calls'))], ['demo:8002']);
  const statuses = async (...paths: string[]) => Promise.all(paths.map(async (path) => (await ask('GET', `/api/v1/${path}`, token)).status));
  assert.deepEqual(
    await statuses('agents/demo:8001', 'calls/c-0000', 'calls/c-0000/recordings', 'calls?agentId=demo:8001', 'calls/c-0001'),
    [404, 404, 200, 403, 200],
  );
  assert.deepEqual((await ask('GET', '/api/v1/calls/c-0000/recordings', token)).json<{ items: object[] }>().items, []);
  assert.deepEqual(
    await statuses('reports/agent', 'reports/team?team=南组', 'reports/team?team=北组', 'reports/queue', 'interactions/records'),
    [200, 200, 403, 403, 200],
  );
  assert.equal((await ask('PATCH', '/api/v1/agents/demo:8002', token, { team: '北组' })).status, 403, 'she hands nobody to another lead');
  assert.equal((await ask('PATCH', '/api/v1/users/demo:lead', admin, { teams: ['北组'] })).status, 200);
  assert.equal((await ask('GET', '/api/v1/me', token)).status, 401);
  const again = await signIn('lead', 'her own password');
  assert.equal((await ask('GET', '/api/v1/calls/c-0000', again)).status, 200);
  for (const number of ['8001', '8002']) await ask('PATCH', `/api/v1/agents/demo:${number}`, admin, { team: null });
  assert.deepEqual((await ask('GET', '/api/v1/calls', again)).status, 403, 'a team that nobody is in has nothing');
});

test('I6: what is changed is in the audit trail with who, from where, before and after; what fails leaves nothing there, and the chain holds', async () => {
  const admin = await signIn('admin');
  const before = await listAudit(store.db, TENANT, 200, null);
  assert.equal((await ask('PATCH', '/api/v1/queues/demo:service', admin, { wrapUpMs: 12_000 })).status, 200);
  const taken = { username: '8001', name: 'X', role: 'agent', password: 'long enough' };
  assert.equal((await ask('POST', '/api/v1/users', admin, taken)).status, 409);
  await ask('POST', '/api/v1/sessions', null, { username: '8007', password: 'nope' });
  await until('the refused sign-in is told', async () => (await listAudit(store.db, TENANT, 1, null))[0]?.action === 'session.refuse');
  const [refused, changed, ...rest] = await listAudit(store.db, TENANT, 200, null);
  assert.equal(rest.length, before.length, 'a user that could not be made is in no trail');
  assert.deepEqual([refused?.action, refused?.resource, refused?.userId], ['session.refuse', 'user/demo:8007', null]);
  const waits = [changed?.before, changed?.after].map((side) => (side as { wrapUpMs: number }).wrapUpMs);
  assert.deepEqual([changed?.action, changed?.userId, changed?.source, waits[1]], ['queue.update', 'demo:admin', '127.0.0.1', 12_000]);
  assert.notEqual(waits[0], 12_000);
  const proof = (await ask('GET', '/api/v1/audit/proof', admin)).json<{ entries: number; breach: null }>();
  assert.deepEqual([proof.entries >= rest.length + 2, proof.breach], [true, null]);
});

test('a second factor: set up by its code, then asked for; each code is good once, a recovery code too; a role that must have one may set it up and nothing else', async () => {
  const credentials = { username: '8006', password: PASSWORD };
  const token = await signIn('8006');
  const { secret, uri, qr } = (await ask('POST', '/api/v1/me/second-factor', token)).json<{ secret: string; uri: string; qr: string }>();
  assert.match(uri, new RegExp(`^otpauth://totp/Huawu:8006%40demo\\?secret=${secret}&issuer=Huawu&`));
  assert.match(qr, /^<svg /);
  const seed = Buffer.from(
    [...secret]
      .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
      .join('')
      .match(/.{8}/g)
      ?.map((byte) => Number.parseInt(byte, 2)) ?? [],
  );
  const code = (): string => codeOf(seed, Math.floor(factorClock.now() / STEP_MS));
  assert.equal((await ask('POST', '/api/v1/sessions', null, credentials)).status, 201, 'it is not confirmed yet');
  assert.equal((await ask('POST', '/api/v1/me/second-factor/confirmation', token, { code: '000000' })).status, 400);
  const first = code();
  const { recoveryCodes } = (await ask('POST', '/api/v1/me/second-factor/confirmation', token, { code: first })).json<{ recoveryCodes: string[] }>();
  assert.equal(recoveryCodes.length, 10);
  const attempt = async (with_: string | undefined) => {
    const answer = await ask('POST', '/api/v1/sessions', null, { ...credentials, ...(with_ === undefined ? {} : { code: with_ }) });
    return answer.status === 201 ? 'in' : answer.json<{ code: string }>().code;
  };
  assert.equal(await attempt(undefined), 'second_factor_needed');
  assert.equal(await attempt(first), 'wrong_credentials', 'RFC 6238 §5.2: a code that was used is used');
  factorClock.ahead += STEP_MS;
  const second = code();
  assert.equal(await attempt(second), 'in');
  assert.equal(await attempt(second), 'wrong_credentials');
  assert.equal(await attempt(recoveryCodes[3]), 'in');
  assert.equal(await attempt(recoveryCodes[3]), 'wrong_credentials');
  const stored = (await store.db.selectFrom('second_factors').selectAll().execute()).map((row) => JSON.stringify(row)).join();
  assert.ok(!stored.includes(seed.toString('base64')) && !stored.includes(secret), 'the seed lies sealed');

  const admin = await signIn('admin');
  assert.equal((await ask('PATCH', '/api/v1/sign-in-rules', admin, { secondFactor: ['supervisor'] })).status, 200);
  const limited = (await ask('POST', '/api/v1/sessions', null, { username: 'supervisor', password: PASSWORD })).json<{ token: string; limited: boolean }>();
  assert.equal(limited.limited, true);
  const refused = await ask('GET', '/api/v1/queues', limited.token);
  assert.deepEqual([refused.status, refused.json<{ code: string }>().code], [403, 'second_factor_missing']);
  const begun = (await ask('POST', '/api/v1/me/second-factor', limited.token)).json<{ secret: string }>();
  assert.equal(begun.secret.length, 32);
  assert.equal((await ask('PATCH', '/api/v1/sign-in-rules', admin, { secondFactor: [] })).status, 200);
  assert.equal((await ask('DELETE', '/api/v1/users/demo:8006/second-factor', admin)).status, 204);
  assert.equal(await attempt(undefined), 'in', 'an admin takes away what is lost');
});

test('an identity provider vouches: by PKCE, state and nonce, bound to the browser, once; who it does not name a user or a role for is refused', async () => {
  const browse = (path: string, cookie = '') => fetch(path, { redirect: 'manual', headers: cookie === '' ? {} : { cookie } });
  /** There and back, as a browser does it: where it ends, and the cookie it has. */
  const there = async (): Promise<{ back: string; cookie: string }> => {
    const started = await browse(`${url}/api/v1/oidc/demo/start?page=/supervisor`);
    assert.equal(started.status, 302, await started.text());
    const cookie = (started.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const granted = await browse(started.headers.get('location') ?? '');
    return { back: (granted.headers.get('location') ?? '').replace('http://127.0.0.1:1', url), cookie };
  };
  const end = async (back: string, cookie: string) => (await browse(back, cookie)).headers.get('location') ?? '';
  const attempt = async (): Promise<string> => {
    const { back, cookie } = await there();
    return end(back, cookie);
  };
  const session = (page: string, cookie: string) => ask('POST', '/api/v1/oidc/sessions', null, { code: page.split('=')[1] ?? '' }, { cookie });

  assert.deepEqual((await ask('GET', '/api/v1/sign-in-ways', null)).json(), { items: [{ tenant: 'demo', name: { zh: '企业', en: 'Company' } }] });
  idp.claims = { sub: 'u-1', preferred_username: '8010', groups: ['everybody', 'floor'] };
  const { back, cookie } = await there();
  const page = await end(back, cookie);
  assert.match(page, /^\/supervisor#oidc=[0-9a-f]{64}$/);
  assert.equal((await session(page, '')).status, 401, 'another browser');
  const again = await there();
  const good = await end(again.back, again.cookie);
  const opened = await session(good, again.cookie);
  assert.equal(opened.status, 201, opened.text);
  const { token, user } = opened.json<{ token: string; user: { username: string; role: string } }>();
  assert.deepEqual([user.username, user.role], ['8010', 'supervisor'], 'the provider says what she is');
  assert.equal((await ask('GET', '/api/v1/users', token)).status, 200);
  assert.equal((await session(good, again.cookie)).status, 401, 'once');
  assert.equal(await end(again.back, again.cookie), '/account#oidc-failed=expired', 'a state is good once');
  const trail = await listAudit(store.db, TENANT, 10, null, { resource: 'demo:8010' });
  assert.deepEqual(
    trail.slice(0, 2).map(({ action, after }) => [action, (after as { by: string }).by]),
    [
      ['session.open', 'oidc'],
      ['user.update', 'oidc'],
    ],
  );

  const strange = await there();
  assert.equal(await end(strange.back, again.cookie), '/supervisor#oidc-failed=expired', 'begun in another browser');
  for (const [what, lie] of Object.entries({ nonce: { nonce: 'x' }, audience: { aud: 'other' }, issuer: { iss: 'http://evil' }, old: { exp: 1 } })) {
    idp.lies = lie;
    assert.equal(await attempt(), '/supervisor#oidc-failed=provider', what);
  }
  idp.lies = {};
  idp.claims = { sub: 'u-2', preferred_username: 'nobody', groups: ['floor'] };
  assert.equal(await attempt(), '/supervisor#oidc-failed=no_such_user');
  idp.claims = { sub: 'u-1', preferred_username: 'admin', groups: ['everybody'] };
  assert.equal(await attempt(), '/supervisor#oidc-failed=no_role', 'her own name at the provider counts, whatever it calls her now');
  assert.equal((await browse(`${url}/api/v1/oidc/other/start`)).status, 404);
  assert.deepEqual(idp.refused, [], 'PKCE, client and address were right each time');
});

test('an API key does what its scopes say, is known by its prefix, and is refused from the moment it is revoked', async () => {
  const admin = await signIn('admin');
  const expiresAt = new Date(systemClock.now() + 3_600_000).toISOString();
  const wish = { name: 'CRM', scopes: ['queue.read', 'queue.change'], expiresAt, requestsPerMinute: 4 };
  assert.equal((await ask('POST', '/api/v1/api-keys', admin, { ...wish, scopes: ['user.change'] })).status, 400, 'no key makes users');
  const made = (await ask('POST', '/api/v1/api-keys', admin, wish)).json<{ token: string; key: { keyId: string; prefix: string } }>();
  const { keyId, prefix } = made.key;
  assert.match(made.token, new RegExp(`^hwk_${prefix}_[0-9a-f]{64}$`));
  assert.equal((await ask('GET', '/api/v1/queues', made.token)).status, 200);
  assert.equal((await ask('GET', '/api/v1/users', made.token)).status, 403);
  assert.equal((await ask('PATCH', '/api/v1/queues/demo:service', made.token, { wrapUpMs: 9_000 })).status, 200);
  assert.equal((await listAudit(store.db, TENANT, 1, null))[0]?.userId, keyId);
  assert.equal((await ask('GET', '/api/v1/queues', `${made.token.slice(0, -1)}${made.token.endsWith('0') ? '1' : '0'}`)).status, 401);
  assert.equal((await ask('GET', '/api/v1/me', made.token)).status, 403);
  assert.equal((await ask('GET', '/api/v1/queues', made.token)).status, 429, 'five in a minute of which it may four');
  const listed = (await ask('GET', '/api/v1/api-keys', admin)).text;
  assert.ok(listed.includes(prefix) && !listed.includes(made.token.slice(-64)), listed);
  assert.equal((await ask('DELETE', `/api/v1/api-keys/${keyId}`, admin)).status, 204);
  assert.equal((await ask('GET', '/api/v1/queues', made.token)).status, 401);
  assert.equal((await ask('DELETE', `/api/v1/api-keys/${keyId}`, admin)).status, 404);
  assert.deepEqual(
    (await listAudit(store.db, TENANT, 10, null, { action: 'key.' })).map(({ action }) => action),
    ['key.revoke', 'key.create'],
  );
});

/** Somebody's CRM: what it was told, and how it answers. */
async function openReceiver() {
  const heard: { headers: Record<string, unknown>; body: string }[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString();
    });
    request.on('end', () => {
      heard.push({ headers: request.headers, body });
      response.writeHead(answers.shift() ?? 200, { location: 'http://127.0.0.1:1/' }).end('x');
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return { heard, answers, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

const tenWaits = (deliveryId: number) => sql`update webhook_deliveries set next_at = now() where delivery_id = ${deliveryId}`.execute(store.db);

test('reports by mail: sent when due and by hand, once for each time, tried again until the server takes it, refused for whom the settings do not name', async () => {
  const planner = await signIn('admin');
  const wish = {
    ...{ name: '日报', by: 'queue', interval: 'hour', period: 'day', at: '07:30', timeZone: 'Asia/Shanghai', format: 'xlsx', language: 'zh' },
    recipients: ['floor@example.com', 'lead@example.com'],
  };
  const outside = await ask('POST', '/api/v1/report-schedules', planner, { ...wish, recipients: ['someone@elsewhere.example'] });
  assert.equal(outside.status, 400);
  assert.match(outside.text, /someone@elsewhere\.example.*MAIL_TO_DOMAINS.*example\.com/);
  interface Delivered {
    state: string;
    attempts: number;
    error: string | null;
    from: string;
    to: string;
  }
  const made = (await ask('POST', '/api/v1/report-schedules', planner, wish)).json<{ scheduleId: string; nextAt: string }>();
  assert.equal(new Date(made.nextAt).toISOString().slice(11, 16), '23:30');
  const path = `/api/v1/report-schedules/${made.scheduleId}`;
  const log = async (): Promise<Delivered[]> => (await ask('GET', `${path}/deliveries`, planner)).json<{ items: Delivered[] }>().items;

  // Three days away, and due each morning: the newest alone is sent, and the next is ahead.
  await sql`update report_schedules set next_at = now() - interval '3 days' where schedule_id = ${made.scheduleId}`.execute(store.db);
  postOffice.refusal = 'the mailbox is full';
  reportMail.look();
  await until('the first try failed', async () => (await log())[0]?.error?.includes('the mailbox is full') === true);
  const [waiting, ...others] = await log();
  assert.deepEqual([waiting?.state, waiting?.attempts, others.length, postOffice.letters.length], ['waiting', 1, 0, 0]);
  assert.equal(Date.parse(waiting?.to ?? '') - Date.parse(waiting?.from ?? ''), 86_400_000);
  assert.ok(Date.now() - Date.parse(waiting?.to ?? '') < 86_400_000, 'yesterday, not four days ago');
  postOffice.refusal = null;
  await sql`update report_deliveries set next_at = now() where schedule_id = ${made.scheduleId}`.execute(store.db);
  reportMail.look();
  await until('it is sent', async () => (await log())[0]?.state === 'sent');
  const { items } = (await ask('GET', '/api/v1/report-schedules', planner)).json<{ items: { nextAt: string; last: Delivered }[] }>();
  assert.ok(Date.parse(items[0]?.nextAt ?? '') > Date.now());
  assert.equal(items[0]?.last.state, 'sent');

  const [letter] = postOffice.letters;
  assert.ok(letter);
  assert.deepEqual(letter.to, wish.recipients);
  assert.match(letter.text, /^From: Huawu <reports@example\.com>/m);
  assert.match(letter.text, /^Message-ID: <report-demo-\w+-\d+@example\.com>/m);
  const file = attachmentOf(letter);
  assert.match(file.name, /^queue-hour-\d{4}-\d\d-\d\d\.xlsx$/);
  const sheet = await readSheet(file.content);
  assert.deepEqual(sheet[0]?.slice(0, 4), ['start', 'end', 'key', 'name']);

  assert.equal((await ask('PATCH', path, planner, { format: 'csv', recipients: ['floor@example.com'] })).status, 200);
  assert.equal((await ask('POST', `${path}/send`, planner, {})).status, 202);
  await until('the second is sent', async () => postOffice.letters.length === 2);
  const csv = attachmentOf(postOffice.letters[1] ?? letter);
  assert.match(csv.name, /\.csv$/);
  assert.equal(csv.content.subarray(0, 3).toString('hex'), 'efbbbf');
  assert.equal((await ask('DELETE', path, planner)).status, 204);
  assert.equal((await ask('GET', `${path}/deliveries`, planner)).status, 404);
  const trail = (await ask('GET', '/api/v1/audit?limit=20', planner)).json<{ items: { action: string }[] }>().items.map(({ action }) => action);
  for (const action of ['report.schedule', 'report.reschedule', 'report.send', 'report.unschedule']) assert.ok(trail.includes(action), `${action} in ${trail}`);
});

test('monitoring: every figure that the rules and the board ask for is among those that are told', async () => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const asked = ['rules.yaml', 'board.json'].flatMap((file) => {
    const words = readFileSync(inProject(`scripts/monitoring/${file}`), 'utf8').match(/\b(?:huawu|nodejs|process)_\w+/g) ?? [];
    assert.ok(words.length > 5, file);
    return words;
  });
  // The SIP server tells its own, which are the same of another program.
  const missing = [...new Set(asked)].filter((name) => !text.includes(`# TYPE ${name.replace(/^huawu_sip_/, '')} `));
  assert.deepEqual(missing, []);
  const parts = [...text.matchAll(/^huawu_part_ok\{part="(\w+)"\} ([01])$/gm)].map(([, part]) => part);
  assert.ok(parts.includes('store'), parts.join());
});

test('webhooks: what is told is signed, once in effect, tried again until it arrives, seen in the log and sent again by hand', async () => {
  const admin = await signIn('admin');
  const receiver = await openReceiver();
  for (const url of ['http://localhost:1/', 'https://169.254.169.254/', 'https://[::1]/']) {
    const refused = await ask('POST', '/api/v1/webhooks', admin, { name: 'inside', url, events: ['call.ended'] });
    assert.equal(refused.status, 400, url);
  }
  const wish = { name: 'CRM', url: receiver.url, events: ['call.ended', 'call.changed', 'agent.state'] };
  const { webhook, secret } = (await ask('POST', '/api/v1/webhooks', admin, wish)).json<{ webhook: { webhookId: string }; secret: string }>();
  const hook = `/api/v1/webhooks/${webhook.webhookId}`;
  type Shown = { deliveryId: number; id: string; state: string; attempts: number; status: number | null; error: string | null };
  const log = async (): Promise<Shown[]> => (await ask('GET', `${hook}/deliveries`, admin)).json<{ items: Shown[] }>().items;

  receiver.answers.push(503);
  const record = recordOf(70, '8001');
  await writeRecords(store.db, [record]);
  await writeRecords(store.db, [record]);
  await until('the first try failed', async () => (await log())[0]?.status === 503);
  const [waiting, ...others] = await log();
  assert.deepEqual(
    [waiting?.id, waiting?.state, waiting?.attempts, others.length],
    [`call.ended:${record.callId}`, 'waiting', 1, 0],
    'written twice, told once',
  );
  await tenWaits(waiting?.deliveryId ?? 0);
  await until('it arrives', async () => (await log())[0]?.state === 'delivered');
  const [, told] = receiver.heard;
  const isFrom = (of: string, by: typeof told) =>
    by !== undefined && isSigned(of, String(by.headers['huawu-signature']), Number(by.headers['huawu-timestamp']), by.body, systemClock.now());
  assert.equal(isFrom(secret, told), true);
  const body = JSON.parse(told?.body ?? '') as { id: string; type: string; tenant: string; data: Record<string, unknown> };
  assert.deepEqual([body.id, body.type, body.tenant, body.data.callId], [waiting?.id, 'call.ended', 'demo', record.callId]);
  assert.ok(!(told?.body ?? '').includes(record.caller.number), 'numbers are masked unless the webhook is for personal data');

  const rotated = (await ask('POST', `${hook}/secret`, admin, { keepOldHours: 1 })).json<{ secret: string }>();
  receiver.answers.push(302);
  await writeRecords(store.db, [{ ...record, revision: 2, wrapUpMs: 5 }]);
  await until('it was led elsewhere', async () => (await log())[0]?.error === 'it answered 302');
  const moved = receiver.heard.at(-1);
  assert.deepEqual([isFrom(secret, moved), isFrom(rotated.secret, moved)], [true, true], 'both secrets sign while the old one lives');
  assert.equal((JSON.parse(moved?.body ?? '') as { id: string }).id, `call.changed:${record.callId}:2`);

  const heard = receiver.heard.length;
  assert.equal((await ask('POST', `${hook}/deliveries/${waiting?.deliveryId}/redelivery`, admin)).status, 204);
  await until('it came again', () => receiver.heard.length === heard + 1);
  assert.equal(receiver.heard.at(-1)?.headers['huawu-delivery'], waiting?.id);
  assert.equal((await ask('POST', `${hook}/ping`, admin)).status, 204);
  await until('the ping came', () => receiver.heard.at(-1)?.headers['huawu-event'] === 'ping');

  await feedFromJournal(webhook.webhookId);
  await nobodyAsks(webhook.webhookId);
  assert.equal((await ask('DELETE', hook, admin)).status, 204);
  assert.equal((await ask('GET', `${hook}/deliveries`, admin)).status, 404);
});

/** Killed between any two words, what the journal has is told, each once. */
async function feedFromJournal(webhookId: string): Promise<void> {
  const folder = mkdtempSync(join(cluster.dataDir, 'journal-'));
  const journal = () => new FileJournal({ folder, lastSeq: recover(folder, silentLog).lastSeq, clock: systemClock, log: silentLog });
  const changed = (n: number): Event => ({
    ...{ type: 'agentStateChanged', agentId: agentIdOf(TENANT, '8001'), state: n % 2 === 0 ? 'ready' : 'not_ready', reasons: [], callId: null },
    wrapUpUntil: null,
  });
  const keys = async () => {
    const { rows } = await sql<{
      event_key: string;
    }>`select event_key from webhook_deliveries where webhook_id = ${webhookId} and type = 'agent.state'`.execute(store.db);
    return rows.map(({ event_key }) => event_key);
  };
  let at = 1_000;
  let seen = 0;
  const feedOf = (lastSeq: number, db = store.db) =>
    new WebhookFeed({ store: { db }, clock: new FakeClock(), log: silentLog, folder, house: 'test', lastSeq, told: () => undefined });
  const run = async (events: number, killed: boolean): Promise<void> => {
    const file = journal();
    const feed = feedOf(file.lastSeq);
    if (!killed) await feed.flush();
    for (let n = 0; n < events; n += 1) {
      at += 1;
      const recorded = file.append(changed(n), at, true);
      file.write();
      feed.watch(recorded);
    }
    seen += events;
    if (!killed) await feed.close();
    await file.close();
  };
  await run(0, false);
  await run(5, false);
  assert.equal((await keys()).length, 5, 'what comes by is told');
  await run(700, true);
  assert.equal((await keys()).length, 5, 'killed before a word of it was told');
  await run(3, false);
  const told = await keys();
  assert.deepEqual([told.length, new Set(told).size], [seen, seen], 'the next start tells it from the journal, and nothing twice');
  await caughtUpUnderTraffic();

  /** Events come by at every word it says to the database: once it has caught up it reads no journal any more. */
  async function caughtUpUnderTraffic(): Promise<void> {
    await run(3, true);
    const file = journal();
    let over = false;
    const come = (): void => {
      if (over) return;
      at += 1;
      seen += 1;
      const recorded = file.append(changed(seen), at, true);
      file.write();
      feed.watch(recorded);
    };
    const busy = new Proxy(store.db, {
      get(db, name) {
        come();
        const value: unknown = Reflect.get(db, name);
        return typeof value === 'function' ? value.bind(db) : value;
      },
    });
    const feed = feedOf(file.lastSeq, busy);
    await feed.flush();
    for (let n = 0; n < 20; n += 1) come();
    await file.close();
    rmSync(folder, { recursive: true });
    over = true;
    await feed.flush();
    await feed.close();
    const all = await keys();
    assert.deepEqual([all.length, new Set(all).size], [seen, seen]);
  }
}

/** Where no webhook is enabled nothing is put in; who is about to enable one says so, and loses nothing from then on. */
async function nobodyAsks(webhookId: string): Promise<void> {
  const clock = new FakeClock();
  const folder = mkdtempSync(join(cluster.dataDir, 'journal-'));
  const file = new FileJournal({ folder, lastSeq: recover(folder, silentLog).lastSeq, clock: systemClock, log: silentLog });
  let written = 0;
  const counted = new Proxy(store.db, {
    get(db, name) {
      if (name === 'transaction') written += 1;
      const value: unknown = Reflect.get(db, name);
      return typeof value === 'function' ? value.bind(db) : value;
    },
  });
  const feed = new WebhookFeed({ store: { db: counted }, clock, log: silentLog, folder, house: 'idle', lastSeq: 0, told: () => undefined });
  let at = 5_000_000;
  const come = (): void => {
    at += 1;
    const recorded = file.append(
      { type: 'agentStateChanged', agentId: agentIdOf(TENANT, '8001'), state: 'ready', reasons: [], callId: null, wrapUpUntil: null },
      at,
      true,
    );
    file.write();
    feed.watch(recorded);
  };
  const enable = (on: boolean) => sql`update webhooks set enabled = ${on} where webhook_id = ${webhookId}`.execute(store.db);
  const told = async () =>
    (await sql<{ told: number }>`select count(*)::int as told from webhook_deliveries where webhook_id = ${webhookId}`.execute(store.db)).rows[0]?.told ?? 0;
  await enable(false);
  await feed.flush();
  const [begun, before] = [written, await told()];
  for (let n = 0; n < 10; n += 1) {
    come();
    await feed.flush();
  }
  assert.deepEqual([written, await told()], [begun, before], 'nothing is written for nobody');
  feed.expect();
  come();
  await enable(true);
  await feed.flush();
  assert.equal(await told(), before + 1);
  await enable(false);
  clock.forward(60_000);
  await feed.flush();
  come();
  await feed.flush();
  await enable(true);
  clock.forward(60_000);
  come();
  await feed.close();
  assert.equal(await told(), before + 2, 'the change is noticed also where nobody said a word of it');
  await file.close();
}

test('health, metrics and documents are where they must be', async () => {
  assert.equal((await ask('GET', '/livez', null)).status, 200);
  assert.deepEqual((await ask('GET', '/readyz', null)).json(), { status: 'ok', parts: { store: { ok: true } } });
  const figures = (await ask('GET', '/metrics', null)).text;
  assert.match(figures, /huawu_agents\{tenant="demo",state="signed_out"\} \d+/);
  assert.match(figures, /^huawu_sip_dialogs 0$/m, 'the SIP server’s own figures stand below');
  assert.match((await ask('GET', '/cti/asyncapi.json', null)).text, /"asyncapi":"3\.0\.0"/);
});

function openDesk(token: string): { heard: ServerMessage[]; closeCode(): number | null } {
  const heard: ServerMessage[] = [];
  let code: number | null = null;
  const ws = new WebSocket(`${url.replace('http', 'ws')}/cti`, [CTI_SUBPROTOCOL]);
  ws.on('open', () => ws.send(JSON.stringify({ v: 1, id: '1', type: 'hello', data: { token } })));
  ws.on('message', (data) => heard.push(...[parseServerMessage(String(data))].filter((message) => message !== null)));
  ws.on('close', (closed) => {
    code = closed;
  });
  return { heard, closeCode: () => code };
}
