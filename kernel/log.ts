/** pino with our names; secrets and bodies are redacted at the door, and a flood of one kind of line is cut to a sum. */
import { destination, type Logger as PinoLogger, pino } from 'pino';
import type { Clock } from './clock.ts';

export type Logger = PinoLogger;

/** Never written, wherever they sit in a logged object. */
const SECRETS = ['password', 'secret', 'token', 'authorization', 'digits', 'servicePassword'];

export function openLog(program: string, level: string): Logger {
  // stdout belongs to what a command prints (demo, check, bench); the log goes to stderr, unbuffered so that a crash loses no line.
  const stderr = destination({ fd: 2, sync: true });
  // A program that outlives its parent may find nobody at the other end of stderr: that must not end it too.
  stderr.on('error', () => undefined);
  return pino(
    {
      name: program,
      level,
      base: { program, pid: process.pid },
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
    },
    stderr,
  );
}

export const silentLog: Logger = pino({ level: 'silent' });

const LINES_PER_SECOND = 100;
const KINDS_KEPT = 256;

/** Lets at most 100 lines a second of each kind through; then one line tells how many were kept back. */
export function limited(log: Logger, clock: Clock): (kind: string, fields: object) => void {
  const kinds = new Map<string, { second: number; lines: number; held: number }>();
  return (kind, fields) => {
    const second = Math.floor(clock.now() / 1000);
    let row = kinds.get(kind);
    if (row === undefined || row.second !== second) {
      if (row !== undefined && row.held > 0) log.warn({ kind, suppressed: row.held }, 'more of the same suppressed');
      if (row === undefined && kinds.size >= KINDS_KEPT) kinds.clear();
      row = { second, lines: 0, held: 0 };
      kinds.set(kind, row);
    }
    if (row.lines < LINES_PER_SECOND) {
      row.lines += 1;
      log.warn({ kind, ...fields }, kind);
    } else row.held += 1;
  };
}
