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

function inodeOf(fd: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(fd))?.[1];
  } catch {
    // It was closed meanwhile.
    return undefined;
  }
}

/** It has UDP sockets open: those of the one call there is. */
function carriesTheCall(server: string): boolean {
  const udp = readFileSync('/proc/net/udp', 'utf8');
  const inodes = new Set(udp.split('\n').map((line) => line.trim().split(/\s+/)[9]));
  const folder = `/proc/${pidOf(server)}/fd`;
  return readdirSync(folder).some((fd) => {
    const inode = inodeOf(join(folder, fd));
    return inode !== undefined && inodes.has(inode);
  });
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
  await until('it has ended and is there again', async () => pidOf(drained) !== pid && (await figure('huawu_media_draining', drained)) === 0, 15_000);
  assert.ok(next.every(({ call }) => call.state === 'up'));
});
