/** An application whose process is stopped still (SIGSTOP): its callers hear of it in time, and it takes calls again when it goes on. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { readSipConfig } from '../../sip/config.ts';
import { openSipServer, type SipServer } from '../../sip/server.ts';
import { freePort } from '../support/ports.ts';
import { inProject } from '../support/project.ts';
import { until } from '../support/wait.ts';
import { Peer } from './support/peer.ts';
import { SECRET } from './support/program.ts';

/** The server's time goes so many times as fast as ours: its 25 s of patience are half a second. */
const HASTE = 50;
const hasty: Clock = {
  now: () => systemClock.now() * HASTE,
  after: (ms, fn) => systemClock.after(ms / HASTE, fn),
  every: (ms, fn) => systemClock.every(ms / HASTE, fn),
};
/** Refuses every call, and says which. */
const APPLICATION = `
const Srf = require('drachtio-srf');
const srf = new Srf();
srf.connect({ host: '127.0.0.1', port: Number(process.env.ADMIN_PORT), secret: '${SECRET}' });
srf.on('connect', () => srf.invite((req, res) => { console.log(req.get('Call-ID')); res.send(486); }));
srf.on('error', (error) => console.error(error));
`;

let server: SipServer;
let app: ChildProcess;
let sipPort: number;
let caller: Peer;
let heard = '';

before(async () => {
  const adminPort = await freePort();
  sipPort = await freePort();
  const env = { SIP_HOST: '127.0.0.1', SIP_PORT: String(sipPort), DRACHTIO_PORT: String(adminPort), DRACHTIO_SECRET: SECRET, LOG_LEVEL: 'silent' };
  const read = readSipConfig([], env);
  assert.ok('config' in read);
  server = await openSipServer(read.config, silentLog, hasty);
  caller = await Peer.udp(sipPort);
  const root = inProject('.');
  app = spawn(process.execPath, ['-e', APPLICATION], {
    cwd: root,
    env: { ...process.env, ADMIN_PORT: String(adminPort) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  app.stdout?.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
  });
});
after(() => {
  caller.close();
  app.kill('SIGKILL');
  server.close();
});

test('B20: an application that is suspended: its caller gets 480 before he gives up, and going on it answers the next call and nothing twice', async () => {
  const statuses = (callId: string): number[] =>
    caller.arrived.flatMap(({ message }) =>
      message.kind === 'response' && message.status > 100 && message.headers.get('call-id') === callId ? [message.status] : [],
    );
  const answered = (callId: string): Promise<number> => {
    caller.send(caller.newRequest('INVITE', ({ headers }) => headers.set('Call-ID', callId)));
    return until(`an answer to ${callId}`, () => statuses(callId)[0]);
  };
  let calls = 0;
  await until('the application to take calls', async () => {
    calls += 1;
    return (await answered(`first-${calls}`)) === 486 ? true : undefined;
  });
  app.kill('SIGSTOP');
  let began = 0;
  let asleep = '';
  // On a machine that is busy itself the server may refuse a call as overload (503): that one never reached the application.
  const status = await until('an answer that is not about the load', async () => {
    calls += 1;
    asleep = `while-it-sleeps-${calls}`;
    began = hasty.now();
    const told = await answered(asleep);
    return told === 503 ? undefined : told;
  });
  assert.equal(status, 480);
  const waitedMs = hasty.now() - began;
  assert.ok(waitedMs >= 25_000, `answered after ${waitedMs} ms of the server's time: not before its patience ended`);
  assert.doesNotMatch(heard, /while-it-sleeps/);
  app.kill('SIGCONT');
  await until('it to hear of what it slept through', () => heard.includes(asleep));
  await until('it to answer the next call', async () => {
    calls += 1;
    const told = await answered(`awake-${calls}`);
    assert.ok(told === 486 || told === 503, `${told}`);
    return told === 486;
  });
  assert.deepEqual([...new Set(statuses(asleep))], [480], 'its late answer went nowhere');
});
