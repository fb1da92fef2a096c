/**
 * `huawu serve`: the whole server, until SIGTERM; then calls under way are let finish, and a second signal ends them. On SIGUSR2 it ends at once and leaves calls that
 * are up to the SIP and media servers: whoever is started within CALLS_KEPT_SECONDS goes on with them (an upgrade, a changed setting of the application).
 */
import { systemClock } from '../../kernel/clock.ts';
import { openLog } from '../../kernel/log.ts';
import { watchLoop } from '../../kernel/watchdog.ts';
import { readConfig } from '../config.ts';
import { type House, openHouse } from '../main.ts';
import type { Login } from '../tenants/seed.ts';

const LOOK_MS = 100;

export async function main(args: string[]): Promise<number> {
  const config = readConfig(args);
  const log = openLog('huawu', config.logLevel);
  // A promise that nobody waited for harms one call at most; an exception out of nowhere may have harmed anything.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise was rejected and nobody heard'));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught: ending, to be started again');
    process.exit(1);
  });
  let fatal: string | null = null;
  const stopped = signals();
  let house: House;
  try {
    house = await openHouse(config, log, (reason, atOnce = false) => {
      log.fatal({ reason, atOnce }, 'ending');
      fatal = reason;
      stopped.now();
      // As if hurried: nobody waits for calls.
      if (atOnce) stopped.now();
    });
  } catch (error) {
    log.fatal({ err: error }, 'cannot start');
    process.stderr.write(`huawu cannot start: ${(error as Error).message}\n`);
    return 1;
  }
  // From here on: at the start a long journal is read in one go.
  watchLoop(systemClock, { program: 'huawu', logLevel: config.logLevel, limitMs: config.loopLimitSeconds * 1_000 });
  const { host, port } = config.http;
  process.stdout.write(
    `huawu ${config.version} is ready: consoles at ${config.http.tls === null ? 'http' : 'https'}://${host}:${port}/ · SIP at ${config.publicAddress}:${config.sip.port}\n${loginLines(house.logins)}`,
  );
  await stopped.first;
  if (stopped.isLeft) await house.leave();
  else {
    await drained(house, config.drainSeconds, stopped.second);
    await house.close();
  }
  if (fatal !== null) process.stderr.write(`huawu ended: ${fatal}\n`);
  return fatal === null ? 0 : 1;
}

/** Passwords are shown to a person at a terminal, not to a log that others read. */
function loginLines(logins: Login[]): string {
  const shown = logins.filter((login) => login.password !== null);
  if (shown.length === 0 || !process.stdout.isTTY) return '';
  return `demo logins: ${shown.map(({ username, password }) => `${username} ${password}`).join(' · ')}\n`;
}

interface Signals {
  first: Promise<void>;
  second: Promise<void>;
  /** The first one asked to leave the calls to others. */
  readonly isLeft: boolean;
  /** As if a signal had come. */
  now(): void;
}

function signals(): Signals {
  const told: (() => void)[] = [];
  const next = (): Promise<void> => new Promise((resolve) => void told.push(resolve));
  const [first, second] = [next(), next()];
  const now = (): void => told.shift()?.();
  process.on('SIGTERM', now);
  process.on('SIGINT', now);
  let isLeft = false;
  process.on('SIGUSR2', () => {
    isLeft = told.length === 2;
    now();
  });
  return {
    ...{ first, second, now },
    get isLeft() {
      return isLeft;
    },
  };
}

async function drained(house: House, seconds: number, hurry: Promise<void>): Promise<void> {
  house.drain();
  const until = systemClock.now() + seconds * 1000;
  let hurried = false;
  void hurry.then(() => {
    hurried = true;
  });
  while (house.liveCalls > 0 && !hurried && systemClock.now() < until) {
    await new Promise<void>((resolve) => void systemClock.after(LOOK_MS, resolve));
  }
}
