/** For `embedded.store.test.ts`: opens a server, commits something, tells where it is, and stays until it is killed. */
import { systemClock as clock } from '../../kernel/clock.ts';
import { silentLog as log } from '../../kernel/log.ts';
import { startEmbedded } from '../../src/store/embedded.ts';
import { query } from './cluster.ts';

const server = await startEmbedded({ dataDir: process.argv[2] ?? '', clock, log });
await query(server.url, 'create table committed as select 1 as n');
process.stdout.write(`${server.pid()} ${server.url}\n`);
