/** A16: a running server whose descriptors are used up: by idle connections, then by a limit lower than what is open already. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { cpuMsOf } from '../../scripts/bench/proc.ts';
import { until } from '../support/wait.ts';
import { Peer } from './support/peer.ts';
import { type App, connectApp, leave, SDP, type SipProgram, startProgram } from './support/program.ts';

/** What is free at first: enough to begin with, and not for long. */
const FREE_DESCRIPTORS = 60;
const KNOCKS = 200;
const WATCHED_MS = 1_500;
/** A loop that spins takes all of a core it can get, an idle one about a hundredth. */
const MOST_BUSY_SHARE = 0.25;
const closers: (() => void)[] = [];
let program: SipProgram;
let app: App;
let phone: Peer;
let onTcp: Peer;

before(async () => {
  program = await startProgram();
  app = await connectApp(program);
  app.options((_req, res) => res.send(200));
  app.invite((req, res) => void app.createUAS(req, res, { localSdp: SDP }));
  phone = await Peer.udp(program.sipPort);
  onTcp = await Peer.tcp(program.sipPort);
  closers.push(
    () => phone.close(),
    () => onTcp.close(),
  );
});
after(async () => {
  for (const close of closers) close();
  leave(app);
  await program.stop();
});

const pid = (): number => program.child.pid ?? 0;
const limitTo = (most: number): void => void execFileSync('prlimit', ['--pid', String(pid()), `--nofile=${most}:`]);
const open = (): number => readdirSync(`/proc/${pid()}/fd`).length;

async function call(peer: Peer): Promise<void> {
  const invite = peer.newRequest('INVITE');
  peer.send(invite);
  const ok = await peer.response('INVITE', 200);
  peer.send(peer.inside('ACK', invite, ok));
  peer.send(peer.inside('BYE', invite, ok));
  await peer.response('BYE', 200);
}

/** One connection that says nothing. */
function knock(port: number, onRefused: () => void): Socket {
  const socket = connect(port, '127.0.0.1').once('error', onRefused);
  closers.push(() => socket.destroy());
  return socket;
}

/** Share of a core that the server takes while somebody knocks now and then. */
async function busyShare(port: number): Promise<number> {
  const [began, before] = [performance.now(), cpuMsOf([pid()])];
  while (performance.now() - began < WATCHED_MS) {
    knock(port, () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return (cpuMsOf([pid()]) - before) / (performance.now() - began);
}

test('A16: descriptors used up by idle connections: no more are taken in, without a busy loop; calls over UDP and over connections that are open go on, and later all is as before', async () => {
  limitTo(open() + FREE_DESCRIPTORS);
  let refused = 0;
  const idle = Array.from({ length: KNOCKS }, () =>
    knock(program.sipPort, () => {
      refused += 1;
    }),
  );
  await until('connections to be refused', () => refused > 0);
  assert.ok(refused < KNOCKS, 'those that there was room for were taken in');
  await until('the log to say so', () => program.log.some((line) => line.includes('"left":"few"')));
  await Promise.all([call(phone), call(onTcp)]);
  const share = await busyShare(program.sipPort);
  assert.ok(share < MOST_BUSY_SHARE, `${Math.round(100 * share)} % of a core while nothing can be taken in`);
  for (const each of idle) each.destroy();
  const honest = await until('connections to be taken in again', () => Peer.tcp(program.sipPort).catch(() => undefined));
  closers.push(() => honest.close());
  await Promise.all([call(phone), call(onTcp), call(honest)]);
});

test('A16: with not one descriptor left, not even the one that libuv keeps back, the loop does not spin; calls go on, and applications and connections come again', async () => {
  limitTo(8);
  const share = await busyShare(program.sipPort);
  assert.ok(share < MOST_BUSY_SHARE, `${Math.round(100 * share)} % of a core with nothing to open`);
  await Promise.all([call(phone), call(onTcp)]);
  limitTo(1_024);
  const honest = await until('connections to be taken in again', () => Peer.tcp(program.sipPort).catch(() => undefined));
  const second = await connectApp(program);
  closers.push(() => leave(second));
  closers.push(() => honest.close());
  await Promise.all([call(phone), call(onTcp), call(honest)]);
});
