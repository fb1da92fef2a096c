/** J5, in short: after a hundred calls that were hung up anywhere nothing is left of them in any of the three programs. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { pause, systemClock } from '../../kernel/clock.ts';
import { House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import { until } from '../support/wait.ts';

const [WARM_UP, CALLS, AT_ONCE] = [20, 100, 10];
/** Connections to PostgreSQL and to the log come and go; a call has two sockets at the least. */
const MOST_MORE = 12;
const programs = ['app', 'sip', 'media'] as const;

let house: House;
before(async () => {
  house = await House.start();
});
after(() => house.stop());

/** Hung up at once, while it is being answered, or in the middle of a prompt. */
async function call(n: number): Promise<void> {
  const phone = await SipPhone.open({ user: `1391000${1000 + n}`, server: house.sip });
  const call = await phone.call('10086');
  if (n % 3 > 0) await call.answered();
  if (n % 3 > 1) await pause(systemClock, 100);
  await call.hangUp();
  await call.ended();
  await phone.close();
}

async function calls(first: number, count: number): Promise<void> {
  for (let n = first; n < first + count; n += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => call(n + at)));
  await until('no call to be left', async () => (await house.liveCalls()) === 0);
}

const descriptors = (): number[] => programs.map((program) => readdirSync(`/proc/${house.pid(program)}/fd`).length);
const endpoints = async (): Promise<number> =>
  ((await house.get('/api/v1/system')) as { mediaServers: { endpoints: number }[] }).mediaServers.reduce((sum, each) => sum + each.endpoints, 0);

test(`J5 after ${CALLS} calls that were hung up anywhere descriptors, endpoints and calls are where they were`, async (context) => {
  await calls(0, WARM_UP);
  await until('no endpoint to be left', async () => (await endpoints()) === 0);
  const before = descriptors();
  await calls(WARM_UP, CALLS);
  await until('no endpoint to be left', async () => (await endpoints()) === 0);
  context.diagnostic(`descriptors of ${programs.join(', ')}: ${before.join(', ')} before, ${descriptors().join(', ')} after`);
  for (const [at, program] of programs.entries())
    await until(`the descriptors of ${program} to be as few as before`, () => (descriptors()[at] ?? 0) <= (before[at] ?? 0) + MOST_MORE);
  assert.doesNotMatch(house.log, /uncaught|nobody heard/);
});
