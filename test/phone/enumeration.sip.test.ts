/** D1: whether a user exists cannot be told by how long an answer takes: real UDP, our SIP server with its guard, and the application that judges passwords. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import type { EnumeratorFound, EnumeratorOrder } from '../support/enumerator.ts';
import { RimHouse } from '../support/phone-rim.ts';
import { moduleFile, runsModules } from '../support/project.ts';

const SOURCES = 125;
const EACH = 8;
const ASKED = SOURCES * EACH;
const MOST_DIFFERENCE_MS = 1;
/** What somebody else did on this machine in one round is not there in another; what a user's existence costs is there in each. */
const ROUNDS = 3;
const FIRST_NET = 20;
let house: RimHouse;

before(async () => {
  house = await RimHouse.open({ guarded: true });
});
after(() => house.close());

async function enumerate(net: number): Promise<EnumeratorFound> {
  const child = fork(moduleFile('test/support/enumerator'), [], { execArgv: runsModules });
  const order: EnumeratorOrder = { port: house.server.port, known: '8001', unknown: '9999', net, sources: SOURCES, each: EACH };
  child.send(order);
  const [found] = (await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [null])])) as [EnumeratorFound | null];
  assert.ok(found !== null, 'the one who asks has failed');
  return found;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const difference = ({ known, unknown }: EnumeratorFound['bare']): number => Math.abs(median(known) - median(unknown));

test(`D1: the medians of ${ASKED} REGISTERs for a known and ${ASKED} for an unknown user, taken in turns, differ by less than ${MOST_DIFFERENCE_MS} ms: without credentials, and with wrong ones`, async () => {
  const seen: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { bare, credentials, statuses } = await enumerate(FIRST_NET + round);
    assert.deepEqual(statuses, ['401']);
    assert.deepEqual([bare.known.length, bare.unknown.length, credentials.known.length, credentials.unknown.length], [ASKED, ASKED, ASKED, ASKED]);
    const differences = [difference(bare), difference(credentials)];
    seen.push(differences.map((ms) => ms.toFixed(3)).join(' and '));
    if (differences.every((ms) => ms < MOST_DIFFERENCE_MS)) return;
  }
  assert.fail(`ms without credentials, and with: ${seen.join('; ')}`);
});
