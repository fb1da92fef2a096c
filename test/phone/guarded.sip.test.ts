/** The phone rim behind the guard of our SIP server: strangers are challenged there, and what the guard lets through the application judges. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { newRequest, type Request, type Response } from '../../sip/message/message.ts';
import { writeMessage } from '../../sip/message/write.ts';
import { SipPhone } from '../support/phone.ts';
import { passwordOf } from '../support/phone-directory.ts';
import { RimHouse } from '../support/phone-rim.ts';
import { until } from '../support/wait.ts';

const STRANGER = '127.0.0.9';
let house: RimHouse;
let phones: SipPhone[];

beforeEach(async () => {
  phones = [];
  house = await RimHouse.open({ guarded: true, domains: new Set(['pbx.example']) });
});
afterEach(async () => {
  for (const one of phones) await one.close();
  await house.close();
});

/** Without a password it answers no challenge. */
async function phone(user: string, password: string | null = passwordOf(user), address = STRANGER): Promise<SipPhone> {
  const opened = await SipPhone.open({ user, server: house.server, address, ...(password === null ? {} : { password }) });
  phones.push(opened);
  return opened;
}
const answersTo = ({ sip }: SipPhone): Response[] => sip.seen.flatMap(({ out, message }) => (out || message.kind === 'request' ? [] : [message]));
/** All that could tell one user from another. */
const shapeOf = (answer: Response): object => ({
  status: answer.status,
  reason: answer.reason,
  names: [...answer.headers].map(({ name }) => name),
  length: writeMessage(answer).length,
});
/** The last REGISTER that showed credentials. */
function shown({ sip }: SipPhone): Request {
  const found = sip.seen.findLast(({ out, message }) => out && message.headers.has('authorization'))?.message;
  assert.ok(found?.kind === 'request');
  return found;
}
/** Those same credentials once more, under a Call-ID of its own. */
const replay = (request: Request, callId: string): Request =>
  newRequest(
    request.method,
    request.uri,
    [...request.headers].flatMap(({ key, name, value }) => (key === 'via' ? [] : [[name, key === 'call-id' ? callId : value] as const])),
  );

test('D1: a known and an unknown user get the same answer, in status, headers and length: without credentials, and with a wrong password, which the application judges', async () => {
  for (const password of [null, 'wrong'])
    for (const method of ['REGISTER', 'INVITE'] as const) {
      const answers: object[][] = [];
      for (const user of ['8001', '9999']) {
        const stranger = await phone(user, password);
        if (method === 'REGISTER') await stranger.register();
        else await (await stranger.call('10086')).ended();
        answers.push(
          answersTo(stranger)
            .filter(({ status }) => status > 100)
            .map(shapeOf),
        );
      }
      if (password !== null) assert.equal(answers[0]?.length, 2, 'a challenge and a refusal');
      assert.deepEqual(answers[0], answers[1], method);
    }
  for (const method of ['OPTIONS', 'SUBSCRIBE', 'MESSAGE']) {
    const answers = [];
    for (const user of ['8001', '9999']) answers.push(shapeOf(await (await phone(user)).ask(method)));
    assert.deepEqual(answers[0], answers[1], method);
  }
  assert.deepEqual(house.events, []);
});

test('D2: a source that guessed twenty passwords is not listened to, and a phone that is registered behind it goes on', async () => {
  const honest = await phone('8001');
  await honest.registered();
  const guesser = await phone('8002', 'guess');
  for (let guess = 0; guess < 20; guess += 1) assert.equal((await guesser.register()).status, 401);
  const before = answersTo(guesser).length;
  void guesser.ask('OPTIONS');
  void guesser.register();
  await honest.registered();
  assert.equal(answersTo(guesser).length, before, 'not even a refusal');
  const elsewhere = await phone('8002', passwordOf('8002'), '127.0.0.1');
  await elsewhere.registered();
});

test("D3: a nonce of the guard is good for the application, once a count: replayed it is stale, and another's address has no use for it", async () => {
  const desk = await phone('8001');
  assert.equal((await desk.register()).status, 200);
  assert.deepEqual(
    answersTo(desk).map(({ status }) => status),
    [401, 200],
    'the challenge was the guard’s, and the application asked for no other',
  );
  const credentials = shown(desk);
  const again = await desk.sip.request(replay(credentials, 'replayed'));
  assert.equal(again.status, 401);
  assert.match(again.headers.get('www-authenticate') ?? '', /stale=true/);
  const thief = await phone('8001', passwordOf('8001'), '127.0.0.8');
  const stolen = await thief.sip.request(replay(credentials, 'stolen'));
  assert.equal(stolen.status, 401);
  assert.doesNotMatch(stolen.headers.get('www-authenticate') ?? '', /stale/);
  assert.equal(house.phone.status().contacts, 1);
});

test('D3: over a restart of the SIP server a nonce keeps its worth, and what was spent stays spent', async () => {
  const desk = await phone('8001');
  await desk.registered();
  const spent = shown(desk);
  const challenge = answersTo(desk)[0];
  assert.ok(challenge !== undefined);
  house.loseSip();
  await until('the application notices', () => !house.phone.status().connected);
  await house.restartSip();
  await until('the application is back', () => house.phone.status().connected);
  const again = await desk.sip.request(replay(spent, 'replayed'));
  assert.deepEqual([again.status, /stale=true/.test(again.headers.get('www-authenticate') ?? '')], [401, true]);
  const next = replay(spent, 'next');
  next.headers.remove('Authorization');
  for (const [name, value] of desk.respond(next, challenge) ?? []) next.headers.add(name, value);
  assert.equal((await desk.sip.request(next)).status, 200);
});

test('D6: whatever a stranger sends is refused, nothing of it is told, and no phone hears of it', async () => {
  const desk = await phone('8001');
  await desk.registered();
  await house.until('phoneReachable');
  const told = house.events.length;
  const stranger = await phone('8001', null, '127.0.0.8');
  const statuses: Record<string, number> = {};
  for (const method of ['MESSAGE', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'REFER', 'INFO', 'UPDATE', 'BYE']) statuses[method] = (await stranger.ask(method)).status;
  assert.deepEqual(statuses, { MESSAGE: 401, SUBSCRIBE: 401, NOTIFY: 401, PUBLISH: 401, REFER: 401, INFO: 401, UPDATE: 481, BYE: 481 });
  assert.equal(house.events.length, told);
  assert.deepEqual(
    desk.sip.seen.filter(({ out, message }) => !out && message.kind === 'request'),
    [],
  );
});

test('SIP_DOMAINS: a phone of ours that calls an address of another house reaches nobody here who has that number', async () => {
  const desk = await phone('8001');
  await desk.registered();
  assert.equal((await (await desk.call('sip:8002@elsewhere.example')).ended()).status, 404);
  const ours = await desk.call('sip:8002@pbx.example');
  await house.until('callArrived');
  await ours.hangUp();
  await house.until('legEnded');
});
