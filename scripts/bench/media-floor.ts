/**
 * What a bridged call costs the kernel alone: the same load through `native/relay.cc`, which takes and gives packets and does nothing else;
 * with `--plain` the kernel and node:dgram: through `media-relay.ts`.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pause, systemClock } from '../../kernel/clock.ts';
import { lostPct } from './media-bridged.ts';
import { Load } from './media-load.ts';
import { round, type StageRun } from './media-rig.ts';
import { cpuMsOf } from './proc.ts';

const CALLS = 100;
const SETTLE_MS = 1500;
const PROGRAM = 'dist/native/relay';
const PLAIN_PROGRAM = fileURLToPath(new URL('media-relay.js', import.meta.url));

export const floor: StageRun = async ({ count = CALLS, seconds, settings }) => {
  const load = await Load.open(count * 2);
  const words = [String(count * 2), String(load.parties[0]?.port)];
  const stdio: ['pipe', 'pipe', 'inherit'] = ['pipe', 'pipe', 'inherit'];
  const isPlain = settings.MEDIA_ENGINE === 'plain';
  const relay = isPlain ? spawn(process.execPath, [PLAIN_PROGRAM, ...words], { stdio }) : spawn(PROGRAM, words, { stdio });
  try {
    const { value } = await createInterface({ input: relay.stdout })[Symbol.asyncIterator]().next();
    const ports = [...String(value).matchAll(/\d+/g)].map(([port]) => Number(port));
    if (ports.length !== count * 2) throw new Error(`${isPlain ? PLAIN_PROGRAM : PROGRAM} did not start: npm run native says why`);
    load.aim(ports);
    await pause(systemClock, SETTLE_MS);
    load.measure();
    const [fromMs, fromCpuMs] = [systemClock.now(), cpuMsOf([relay.pid ?? 0])];
    await pause(systemClock, seconds * 1000);
    const cpuPct = ((cpuMsOf([relay.pid ?? 0]) - fromCpuMs) * 100) / (systemClock.now() - fromMs);
    return { floorCalls: count, floorCpuPctPerCall: round(cpuPct / count), floorLostPct: lostPct(await load.report()) };
  } finally {
    relay.stdin.end();
    load.close();
  }
};
