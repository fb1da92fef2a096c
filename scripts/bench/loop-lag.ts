/** Preloaded into a server under load (`--import`): tells its parent how late the event loop was. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();

export interface LoopFigures {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  heapUsedMb: number;
}

/** The histogram counts the sampling interval too. */
const lateMs = (nanoseconds: number): number => Math.max(0, Math.round(nanoseconds / 10_000 - RESOLUTION_MS * 100) / 100);

process.on('message', () => {
  const { heapUsed } = process.memoryUsage();
  const figures: LoopFigures = {
    p50Ms: lateMs(delay.percentile(50)),
    p99Ms: lateMs(delay.percentile(99)),
    maxMs: lateMs(delay.max),
    heapUsedMb: Math.round(heapUsed / 1024 / 1024),
  };
  delay.reset();
  process.send?.(figures);
});
// The server ends when it has done, whoever listens.
process.channel?.unref();
