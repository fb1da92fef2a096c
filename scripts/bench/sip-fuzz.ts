/**
 * `npm run bench -- sip --fuzz 50000 [--seed N]`: mutants over UDP and TCP at `huawu sip` with a drachtio-srf application behind it, honest
 * requests timed between them, and the memory once everything has settled. The seed is printed and makes the same run again.
 */
import { pause, systemClock } from '../../kernel/clock.ts';
import { randomBelow } from '../../kernel/ids.ts';
import { FuzzRun } from '../../test/sip/support/fuzz-run.ts';
import { SipStage } from './sip-stage.ts';

/** Tables, buffers and code are as large as they get before memory is looked at. */
const WARM_UP = 2_000;
/** A call whose 200 nobody acknowledges lasts 32 s and its BYE as long again, in the application too; then the server is at rest and gives memory back. */
const SETTLE_MS = 120_000;
const PROGRESS = 5_000;

export async function benchFuzz({ messages, seed = 1 + randomBelow(1_000_000) }: { messages: number; seed?: number }): Promise<object> {
  process.stderr.write(`seed ${seed}; the same run again: npm run bench -- sip --fuzz ${messages} --seed ${seed}\n`);
  const stage = await SipStage.open();
  try {
    await new FuzzRun(stage.sipPort, seed + 1).run(WARM_UP);
    const warmMb = stage.rssMb();
    const figures = await new FuzzRun(stage.sipPort, seed).run(messages, (sent) => {
      if (sent % PROGRESS === 0) process.stderr.write(`${sent} sent, server ${stage.rssMb().sip} MB\n`);
    });
    const peakMb = stage.rssMb();
    await pause(systemClock, SETTLE_MS);
    const settledMb = stage.rssMb();
    return { ...figures, alive: stage.isAlive, rssMb: { warm: warmMb, end: peakMb, settled: settledMb }, rssGrowthMb: settledMb.sip - warmMb.sip };
  } finally {
    await stage.close();
  }
}
