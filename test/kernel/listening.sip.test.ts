/** An HTTP server in a process of its own whose descriptors are taken away and given back. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { cpuMsOf } from '../../scripts/bench/proc.ts';
import { moduleFile, runsModules } from '../support/project.ts';
import { until } from '../support/wait.ts';

const at = (name: string): string => JSON.stringify(moduleFile(`kernel/${name}`));
const PROCESS = `
import { createServer } from 'node:http';
import { systemClock } from ${at('clock')};
import { Descriptors } from ${at('descriptors')};
import { Listening } from ${at('listening')};
const server = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => response.end('well'));
const descriptors = new Descriptors(systemClock);
descriptors.onChange(() => process.send(descriptors.supply));
const listening = await Listening.open(server, { host: '127.0.0.1', port: 0 }, { descriptors, onError: () => undefined });
process.send(listening.port);
`;
const WATCHED_MS = 1_000;
const MOST_BUSY_SHARE = 0.25;

const child = spawn(process.execPath, [...runsModules, '--input-type=module', '-e', PROCESS], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
after(() => void child.kill('SIGKILL'));
const said = async (): Promise<unknown> => ((await once(child, 'message')) as [unknown])[0];

function ask(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve(text);
    }).on('error', reject);
  });
}

test('A16: an HTTP server without descriptors spins on no connection, answers on those that are open, and takes others in when there are enough again', async () => {
  const port = Number(await said());
  const open = new Agent({ keepAlive: true, maxSockets: 1 });
  assert.equal(await ask(port, open), 'well');
  const limitTo = (most: number): void => void execFileSync('prlimit', ['--pid', String(child.pid), `--nofile=${most}:`]);
  limitTo(8);
  const [began, before] = [performance.now(), cpuMsOf([child.pid ?? 0])];
  while (performance.now() - began < WATCHED_MS) {
    connect(port, '127.0.0.1').on('error', () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const share = (cpuMsOf([child.pid ?? 0]) - before) / (performance.now() - began);
  assert.ok(share < MOST_BUSY_SHARE, `${Math.round(100 * share)} % of a core with nothing to open`);
  assert.equal(await ask(port, open), 'well', 'over the connection that was kept');
  await assert.rejects(ask(port, new Agent()), 'nobody else comes in');
  limitTo(1_024);
  assert.equal(await until('others to come in', () => ask(port, new Agent()).catch(() => undefined)), 'well');
  open.destroy();
});
