/** pino with our names; secrets, bodies and people's numbers are redacted at the door, and a flood of one kind of line is cut to a sum. */
import { destination, type LoggerOptions, type Logger as PinoLogger, pino, stdSerializers } from 'pino';
import type { Clock } from './clock.ts';
import { maskLine } from './mask.ts';

export type Logger = PinoLogger;

/** Never written, wherever they sit in a logged object. */
const SECRETS = ['password', 'secret', 'token', 'authorization', 'digits', 'servicePassword'];

export function openLog(program: string, level: string): Logger {
  // stdout belongs to what a command prints (demo, check, bench); the log goes to stderr, unbuffered so that a crash loses no line.
  const stderr = destination({ fd: 2, sync: true });
  // A program that outlives its parent may find nobody at the other end of stderr: that must not end it too.
  stderr.on('error', () => undefined);
  return pino(logOptions(program, level), stderr);
}

export const logOptions = (program: string, level: string): LoggerOptions => ({
  name: program,
  level,
  base: { program, pid: process.pid },
  redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
  serializers: { err: (error: unknown) => (error instanceof Error ? withoutRows(stdSerializers.err(error)) : error) },
  hooks: { streamWrite: maskLine },
});

/** PostgreSQL's errors bring the row that they are about. */
const ROWS = ['detail', 'where', 'internalQuery', 'parameters', 'body'];

const withoutRows = (error: object): object => Object.fromEntries(Object.entries(error).filter(([name]) => !ROWS.includes(name)));

export const silentLog: Logger = pino({ level: 'silent' });

const SECOND_MS = 1_000;
const LINES_PER_SECOND = 100;
const KINDS_KEPT = 256;

/** Lets at most 100 lines a second of each kind through; when the second is over one line tells how many were kept back. */
export function limited(log: Logger, clock: Clock): (kind: string, fields: object) => void {
  const kinds = new Map<string, { second: number; lines: number; held: number }>();
  return (kind, fields) => {
    const second = Math.floor(clock.now() / SECOND_MS);
    let row = kinds.get(kind);
    if (row === undefined || row.second !== second) {
      if (row === undefined && kinds.size >= KINDS_KEPT) kinds.clear();
      row = { second, lines: 0, held: 0 };
      kinds.set(kind, row);
    }
    if (row.lines < LINES_PER_SECOND) {
      row.lines += 1;
      log.warn({ kind, ...fields }, kind);
      return;
    }
    row.held += 1;
    if (row.held > 1) return;
    // Told by a timer, not by the next line of the kind: a flood that ended has none.
    const full = row;
    clock.after(SECOND_MS, () => log.warn({ kind, suppressed: full.held }, 'more of the same suppressed'));
  };
}
