/** The thread of `watchdog.ts`. */
import { type Debugger, Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import { systemClock } from './clock.ts';
import { openLog } from './log.ts';
import { BEAT_MS, type Stand, stand, type Watched } from './watchdog.ts';

const STANDS_MS = 500;
/** The debugger costs the main thread something: a loop that stands again and again is asked where once in so long, unless it stands for long. */
const ASK_EACH_MS = 10_000;
const ASK_ANYWAY_MS = 2_000;
const MOST_FRAMES = 20;

const { beats, program, logLevel, limitMs } = workerData as Watched;
const log = openLog(program, logLevel);
let last = Atomics.load(beats, 0);
let lookedAt = systemClock.now();
let state: Stand = { turned: true, stoodMs: 0 };
let askedAt = Number.NEGATIVE_INFINITY;
let told = false;

systemClock.every(BEAT_MS, () => {
  const [now, beat] = [systemClock.now(), Atomics.load(beats, 0)];
  const before = state.stoodMs;
  state = stand(state, beat !== last, now - lookedAt);
  [last, lookedAt] = [beat, now];
  if (state.turned) {
    if (told) log.warn({ stoodMs: before }, 'the event loop turns again');
    told = false;
    return;
  }
  if (!told && state.stoodMs >= (now - askedAt > ASK_EACH_MS ? STANDS_MS : ASK_ANYWAY_MS)) {
    told = true;
    askedAt = now;
    whereItStands((stack) => log.error({ stoodMs: state.stoodMs, stack }, 'the event loop stands: nothing is answered until what holds it has ended'));
  }
  if (limitMs > 0 && state.stoodMs >= limitMs) end();
});

/** Asks the main thread, which answers before its next line of JavaScript (of a native function that holds it, when that has returned). */
function whereItStands(tell: (stack: string[]) => void): void {
  const session = new Session();
  session.connectToMainThread();
  const files = new Map<string, string>();
  session.on('Debugger.scriptParsed', ({ params }) => files.set(params.scriptId, params.url));
  session.on('Debugger.paused', ({ params }) => {
    session.post('Debugger.resume');
    session.post('Debugger.disable', () => session.disconnect());
    tell(params.callFrames.slice(0, MOST_FRAMES).map((frame) => frameOf(frame, files)));
  });
  session.post('Debugger.enable');
  session.post('Debugger.pause');
}

const frameOf = ({ functionName, location }: Debugger.CallFrame, files: ReadonlyMap<string, string>): string =>
  `${functionName || '(anonymous)'} ${files.get(location.scriptId) ?? ''}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`;

/** Nothing in the process can be asked to close: its own thread is what stands. What it had said is with the operating system. */
function end(): void {
  log.fatal({ stoodMs: state.stoodMs, limitMs }, 'the event loop stands beyond its limit: ending, to be started again');
  process.kill(process.pid, 'SIGKILL');
}
