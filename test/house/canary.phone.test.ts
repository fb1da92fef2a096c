/**
 * I3: nobody's data is in a log. Unmistakable numbers, names, passwords, an ID and a card go through a whole call (keyed in, wrong and right), a desk, searches, a
 * hook that fails, refusals and errors, while the three programs write down all they ever would (LOG_LEVEL=debug); then all they wrote is looked through.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { journalOf } from '../support/agreement.ts';
import { Baresip } from '../support/baresip.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import { freePort } from '../support/ports.ts';
import { likeness, promptSamples } from '../support/prompt.ts';
import { until } from '../support/wait.ts';

const NUMBER = '13800001001';
const PASSWORD = '258369';
const WRONG = '739415';
const ID = '110101199003077715';
const CARD = '6222021234567890123';
const SIGN_IN = 'canary-Kennwort-7';
/** The demo's customer of this number is called so, and nothing else is. */
const NAME = '金卡客户';
/** A prompt comes out as it went in. */
const ALIKE = 0.9;

let house: House;
before(async () => {
  house = await House.start({ LOG_LEVEL: 'debug', WEBHOOK_HOSTS: '127.0.0.1' });
});
after(() => house.stop());

const ask = async (method: string, path: string, token: string | null, body?: string): Promise<number> => {
  const headers = { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  return (await fetch(`${house.http}${path}`, { method, headers, ...(body === undefined ? {} : { body }) })).status;
};

/** Six digits are no part of a longer number or of an id. */
const leaks = (text: string): string[] =>
  [NUMBER, PASSWORD, WRONG, ID, CARD, SIGN_IN, NAME, DEMO_PASSWORD].filter((word) => new RegExp(`(?<![0-9a-f])(?:86|\\+86|0)?${word}(?![0-9a-f])`).test(text));

async function callThrough(): Promise<void> {
  const phone = await SipPhone.open({ user: '8001', password: DEMO_PASSWORD, server: house.sip });
  await phone.registered();
  const desk = await house.desk('8001');
  await desk.must('ready');
  const caller = await Baresip.start({ user: NUMBER, server: house.sip, toneHz: 620 });
  const hears = (prompt: string): Promise<unknown> => until(`"${prompt}"`, () => likeness(caller.heard(), promptSamples(prompt)) > ALIKE, 15_000);
  await caller.dial('10086');
  await caller.until('CALL_ESTABLISHED');
  await hears('welcome-gold');
  await caller.press('1');
  await hears('enter-password');
  await caller.press(WRONG);
  await hears('password-wrong');
  await caller.press(PASSWORD);
  await hears('balance-is');
  await caller.press('0');
  const ringing = await phone.ringing(20_000);
  const pop = await desk.until('screenPop');
  assert.equal(pop.data.caller.number, `+86${NUMBER}`, 'the desk has what the log has not');
  ringing.answer();
  await ringing.answered();
  await desk.until('callEstablished');
  await desk.must('hangup');
  await caller.until('CALL_CLOSED');
  await desk.until('agentState', ({ data }) => data.state === 'wrapping_up');
  await desk.must('wrapUp', { disposition: 'handled', notes: `${NAME} ${ID} ${CARD}` });
  await caller.stop();
  desk.close();
  await phone.close();
}

/** Each is found, refused or broken in its own way. */
async function askAmiss(): Promise<void> {
  const admin = await house.signIn('admin');
  assert.equal(await ask('GET', `/api/v1/calls?caller=%2B86${NUMBER}`, admin), 200);
  assert.equal(await ask('GET', `/api/v1/customers?number=${NUMBER}`, admin), 200);
  assert.equal(await ask('GET', `/api/v1/customers?number=${CARD}${CARD}`, admin), 400);
  assert.equal(await ask('GET', `/api/v1/calls/${CARD}`, admin), 404);
  assert.equal(await ask('GET', `/api/v1/customers/${NUMBER}`, admin), 404);
  assert.equal(await ask('POST', '/api/v1/users', admin, `{"username": "${ID}", "password": "${SIGN_IN}"`), 400, 'cut off in the middle');
  assert.equal(await ask('POST', '/api/v1/users', admin, JSON.stringify({ [ID]: CARD, password: SIGN_IN })), 400);
  assert.equal(await ask('POST', '/api/v1/sessions', null, JSON.stringify({ tenant: 'demo', username: CARD, password: SIGN_IN })), 401);
  assert.equal(await ask('POST', '/api/v1/sessions', null, JSON.stringify({ tenant: 'demo', username: 'admin', password: SIGN_IN })), 401);
  assert.equal(await ask('GET', '/api/v1/me', SIGN_IN), 401);
  // What PostgreSQL says of a text that it cannot hold has the text in it.
  assert.ok(
    (await ask('POST', '/api/v1/users', admin, JSON.stringify({ username: 'nul', name: `${NAME}\u0000${ID}`, role: 'agent', password: SIGN_IN }))) >= 400,
  );
}

test('I3: a number, a name, a password, an ID and a card are in nothing that the three programs log, nor in the metrics', async () => {
  assert.deepEqual(leaks(`from +86${NUMBER}, ${NAME}`), [NUMBER, NAME], 'what is looked for would be found');
  const hook = { name: 'CRM', url: `https://127.0.0.1:${await freePort()}/`, events: ['call.ended'], personal: true };
  const { webhook } = (await house.post('/api/v1/webhooks', hook)) as { webhook: { webhookId: string } };
  await callThrough();
  await house.record(`+86${NUMBER}`);
  await askAmiss();
  const told = async () => ((await house.get(`/api/v1/webhooks/${webhook.webhookId}/deliveries`)) as { items: { error: string | null }[] }).items;
  await until('the hook to have failed', async () => (await told()).some(({ error }) => error !== null), 20_000);
  const programs = new Set([...house.log.matchAll(/"program":"([^"]+)"/g)].map(([, program]) => program));
  assert.ok(
    ['huawu', 'sip', 'huawu-media'].every((program) => programs.has(program)),
    [...programs].join(),
  );
  const guilty = house.log.split('\n').filter((line) => leaks(line).length > 0);
  assert.deepEqual(
    guilty.map((line) => `${leaks(line).join()} in ${line.slice(0, 600)}`),
    [],
  );
  const metrics = await (await fetch(`${house.http}/metrics`)).text();
  assert.deepEqual(leaks(metrics), []);
});

test('I7: her number and name lie in no file of ours in the clear; and erased she is in none at all, nor in what the API knows', async () => {
  const files = (): string[] =>
    ['journal', 'spool', 'recordings'].flatMap((name) => {
      const folder = join(house.dataDir, name);
      return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((file) =>
        file.isFile() ? [`${file.name} ${readFileSync(join(file.parentPath, file.name), 'utf8')}`] : [],
      );
    });
  const events = (): string => JSON.stringify(journalOf(house));
  assert.deepEqual(
    files().filter((text) => leaks(text).length > 0),
    [],
  );
  assert.ok(leaks(events()).includes(NUMBER), 'with the keys she is there');
  const { items } = (await house.get(`/api/v1/customers?number=${NUMBER}`)) as { items: { customerId: string }[] };
  const erasure = (await house.post(`/api/v1/customers/${items[0]?.customerId}/erasure`, { reason: 'she asked' })) as Erased;
  assert.ok(erasure.endedAt !== null && erasure.report.calls >= 1 && erasure.report.recordings >= 1, JSON.stringify(erasure));
  assert.deepEqual(leaks(events()), []);
  assert.deepEqual(await house.get(`/api/v1/customers?number=${NUMBER}`), { items: [], nextCursor: null });
  assert.deepEqual(((await house.get(`/api/v1/calls?caller=%2B86${NUMBER}`)) as { items: object[] }).items, []);
  assert.deepEqual(leaks(JSON.stringify(await house.get('/api/v1/calls?limit=200'))), []);
  await house.kill('app');
  await house.begin();
  assert.deepEqual(leaks(events()), [], 'nor after a start anew, from what the rooms may have remembered');
  assert.deepEqual(leaks(JSON.stringify(await house.get('/api/v1/calls?limit=200'))), []);
});

interface Erased {
  endedAt: string | null;
  report: { calls: number; recordings: number };
}
