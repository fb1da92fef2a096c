/** What a bridged call costs the kernel alone: the same load through `native/relay.cc`, which takes and gives packets and does nothing else. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { pause, systemClock } from '../../kernel/clock.ts';
import { lostPct } from './media-bridged.ts';
import { Load } from './media-load.ts';
import { round, type StageRun } from './media-rig.ts';
import { cpuMsOf } from './proc.ts';

const CALLS = 100;
const SETTLE_MS = 1500;
const PROGRAM = 'dist/native/relay';

export const floor: StageRun = async ({ count = CALLS, seconds }) => {
  const load = await Load.open(count * 2);
  const relay = spawn(PROGRAM, [String(count * 2), String(load.parties[0]?.port)], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const { value } = await createInterface({ input: relay.stdout })[Symbol.asyncIterator]().next();
    const ports = [...String(value).matchAll(/\d+/g)].map(([port]) => Number(port));
    if (ports.length !== count * 2) throw new Error(`${PROGRAM} did not start: npm run native says why`);
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
