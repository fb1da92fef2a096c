/** `huawu sip`: the SIP server alone. Settings: see sip/README.md. Exit codes: 0 fine, 1 failed, 2 wrong settings. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../kernel/clock.ts';
import { openLog } from '../kernel/log.ts';
import { giveBackAtRest } from '../kernel/memory.ts';
import { readSipConfig } from './config.ts';
import { openSipServer, type SipServer } from './server.ts';

export async function main(args: string[]): Promise<number> {
  const read = readSipConfig(args);
  if ('faults' in read) {
    for (const fault of read.faults) process.stderr.write(`huawu sip: ${fault}\n`);
    return 2;
  }
  const { config } = read;
  const log = openLog('sip', config.logLevel);
  let server: SipServer;
  try {
    server = await openSipServer(config, log);
  } catch (error) {
    process.stderr.write(`huawu sip: cannot start: ${(error as Error).message}\n`);
    return 1;
  }
  giveBackAtRest(systemClock);
  const { hostports: sip, adminPort, adminTlsPort, metricsPort } = server;
  const secure = adminTlsPort === undefined ? {} : { adminTls: `${config.adminHost}:${adminTlsPort}` };
  const metrics = metricsPort === 0 ? {} : { metrics: `127.0.0.1:${metricsPort}` };
  log.info({ sip, admin: `${config.adminHost}:${adminPort}`, ...secure, ...metrics }, 'listening');
  const why = await Promise.race([signalled(), server.orphaned.then(() => 'no application')]);
  log.info({ why }, 'draining');
  // A second signal does not wait for calls.
  await Promise.race([server.drain(), why === 'no application' ? new Promise<never>(() => undefined) : signalled()]);
  server.close();
  log.info('stopped');
  return 0;
}

const signalled = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });

const isEntry = process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
if (isEntry) process.exit(await main(process.argv.slice(2)));
