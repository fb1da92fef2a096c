/** Two media servers and two real phones: a server is killed in the middle of their call. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { Baresip } from '../support/baresip.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import type { PhoneCall } from '../support/phone-call.ts';
import { until } from '../support/wait.ts';

const CALLER_HZ = 620;
const AGENT_HZ = 930;
const MANY = 50;
const OLD = '13800001002'; // 72 years of age: no menu, straight to an agent

let house: House;
const phones: SipPhone[] = [];
before(async () => {
  house = await House.start({ MEDIA_SERVERS: '2' });
});
after(async () => {
  for (const phone of phones) await phone.close();
  await house.stop();
});

const pidOf = (server: string): number => (JSON.parse(readFileSync(join(house.dataDir, 'run', `${server}.json`), 'utf8')) as { pid: number }).pid;

/** Its state file is being written while it is started. */
function isAnother(server: string, pid: number): boolean {
  try {
    return pidOf(server) !== pid;
  } catch {
    return false;
  }
}

function inodeOf(fd: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(fd))?.[1];
  } catch {
    // It was closed meanwhile.
    return undefined;
  }
}

/** It has UDP sockets open: those of the one call there is. */
const carriesTheCall = (server: string): boolean => udpPortsOf(server).size > 0;

function udpPortsOf(server: string): Set<number> {
  const rows = readFileSync('/proc/net/udp', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  const portOf = new Map(rows.map(([, local = '', , , , , , , , inode = '']) => [inode, Number.parseInt(local.split(':')[1] ?? '', 16)]));
  const folder = `/proc/${pidOf(server)}/fd`;
  const ports = readdirSync(folder).map((fd) => portOf.get(inodeOf(join(folder, fd)) ?? 'none'));
  return new Set(ports.filter((port) => port !== undefined));
}

test('A11: of two media servers that of the call is killed: two baresips hear each other again by the other', async (context) => {
  const agent = await Baresip.start({ user: '8001', password: DEMO_PASSWORD, toneHz: AGENT_HZ, server: house.sip });
  const caller = await Baresip.start({ user: OLD, toneHz: CALLER_HZ, server: house.sip });
  try {
    await agent.registered();
    const desk = await house.desk('8001');
    await desk.must('ready');
    await caller.dial('10086');
    await agent.until('CALL_INCOMING', 20_000);
    await agent.accept();
    assert.ok((await agent.hears(CALLER_HZ, 10_000)) && (await caller.hears(AGENT_HZ, 10_000)));
    const [doomed, other] = carriesTheCall('media') ? ['media', 'media-2'] : ['media-2', 'media'];
    const killedAt = systemClock.now();
    process.kill(pidOf(doomed), 'SIGKILL');
    await until('the other server has the call', () => carriesTheCall(other));
    // What the phones had heard before is in their files by then.
    const before = { agent: agent.heardSeconds(CALLER_HZ), caller: caller.heardSeconds(AGENT_HZ) };
    await until(
      'both hear each other for more than a second',
      () => agent.heardSeconds(CALLER_HZ) > before.agent + 1.5 && caller.heardSeconds(AGENT_HZ) > before.caller + 1.5,
    );
    context.diagnostic(`more than a second heard by both ${Math.round(systemClock.now() - killedAt)} ms after the death`);
    await caller.hangUp();
    desk.close();
    const { cause, recordings } = await house.record(`+86${OLD}`);
    assert.equal(cause, 'normal');
    assert.equal(recordings.length, 2, 'it lay on the server that died');
  } finally {
    await caller.stop();
    await agent.stop();
  }
});

test('drain: a media server told to (SIGUSR2) keeps its call, gets no other, ends with its last one and is started again; the figures say so', async () => {
  const figure = async (name: string, server: string): Promise<number> =>
    Number(new RegExp(`^${name}\\{server="${server}"[^}]*\\} (\\S+)$`, 'm').exec(await (await fetch(`${house.http}/metrics`)).text())?.[1] ?? Number.NaN);
  const talk = async (user: string): Promise<{ phone: SipPhone; call: PhoneCall }> => {
    const phone = await SipPhone.open({ user, server: house.sip });
    phones.push(phone);
    const call = await phone.call('751');
    await call.answered();
    assert.ok(await call.rtp.hears(1004, 8_000), 'the milliwatt is heard');
    return { phone, call };
  };
  const first = await talk('13900000051');
  const [drained, other] = carriesTheCall('media') ? ['media', 'media-2'] : ['media-2', 'media'];
  const pid = pidOf(drained);
  process.kill(pid, 'SIGUSR2');
  await until('it drains', async () => (await figure('huawu_media_draining', drained)) === 1, 8_000);
  const next = [await talk('13900000052'), await talk('13900000053')];
  assert.deepEqual([await figure('huawu_media_endpoints', drained), await figure('huawu_media_endpoints', other)], [1, 2]);
  assert.equal(await figure('huawu_media_packet_path', other), 1);
  first.call.rtp.forget();
  assert.ok(await first.call.rtp.hears(1004), 'its call goes on');
  await first.call.hangUp();
  await until('it has ended and is there again', async () => isAnother(drained, pid) && (await figure('huawu_media_draining', drained)) === 0, 15_000);
  assert.ok(next.every(({ call }) => call.state === 'up'));
});

test('A11: of fifty calls those of a media server that is killed are each heard again by the other, or end as media_failure: none is left in silence', async (context) => {
  const customer = await SipPhone.open({ user: '13900000054', server: house.sip });
  phones.push(customer);
  const calls: PhoneCall[] = [];
  // As calls come, not all at once: the guard lets a trunk begin so many a second.
  for (let n = 0; n < MANY; n += 1) {
    const call = await customer.call('751');
    await call.answered();
    calls.push(call);
  }
  await until('all are heard', () => calls.every(({ rtp }) => rtp.packetsIn > 10), 15_000);
  // On a busy machine they need not lie on both alike.
  const onServer = (server: string): PhoneCall[] => {
    const ports = udpPortsOf(server);
    return calls.filter(({ rtp }) => ports.has(rtp.heardFrom));
  };
  const doomed = onServer('media').length > onServer('media-2').length ? 'media' : 'media-2';
  const [lost, ports] = [onServer(doomed), udpPortsOf(doomed)];
  const killedAt = systemClock.now();
  process.kill(pidOf(doomed), 'SIGKILL');
  await until('the last has been heard again, or has ended', () => lost.every((call) => call.state === 'ended' || !ports.has(call.rtp.heardFrom)), 10_000);
  const took = Math.round(systemClock.now() - killedAt);
  const ended = lost.filter(({ state }) => state === 'ended');
  for (const call of ended) assert.match((await call.ended()).reason ?? '', /media_failure/);
  context.diagnostic(
    `${lost.length} of ${MANY} calls lay on it: ${lost.length - ended.length} on another server, ${ended.length} ended, the last ${took} ms after the death`,
  );
  assert.ok(lost.length >= MANY / 2, `half of them at least lay on the server that died, not ${lost.length}`);
  assert.equal(calls.filter(({ state }) => state === 'up').length, MANY - ended.length, 'the others are untouched');
});
