/** Looking after memory in a process that has used up its descriptors. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { moduleFile, runsModules } from '../support/project.ts';

/** Arms it on a clock of its own, gives up every descriptor beyond those that are open, and lets the time come. */
const PROCESS = `
import { execFileSync } from 'node:child_process';
import { giveBackAtRest } from ${JSON.stringify(moduleFile('kernel/memory'))};
let look = () => undefined;
giveBackAtRest({ now: () => 0, after: () => () => undefined, every: (ms, fn) => { look = fn; return () => undefined; } });
execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=3:']);
let poor = false;
try { process.memoryUsage(); } catch (error) { poor = error.code === 'EMFILE'; }
look();
process.stdout.write(poor ? 'alive without descriptors' : 'there were descriptors left');
`;

test('A16: with its descriptors used up a process looks after its memory and lives', () => {
  const args = [...runsModules, '--input-type=module', '-e', PROCESS];
  assert.equal(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 }), 'alive without descriptors');
});
