/** The media server: control socket, ports, workers and recorder put together. */
import type { Clock } from '../kernel/clock.ts';
import { randomBelow } from '../kernel/ids.ts';
import type { Logger } from '../kernel/log.ts';
import type { MediaConfig } from './config.ts';
import { Endpoints } from './control/endpoints.ts';
import { Listener } from './control/listener.ts';
import { PortPool } from './control/ports.ts';
import { Reliever } from './control/reliever.ts';
import { type MethodName, type Params, readParams } from './control/requests.ts';
import type { MediaEvent } from './port.ts';
import { RecordingBook } from './record/book.ts';
import { recorderSettings } from './record/settings.ts';
import { chooseEngine } from './worker/engine.ts';
import { WorkerPool } from './worker/pool.ts';
import type { EngineName } from './worker/sockets.ts';

const MOST_PORTS = 65_536;

export interface MediaProcess {
  /** How many applications are connected, or may still come back. */
  readonly applications: number;
  /** Of the control socket, when it listens on TCP. */
  readonly port: number | null;
  readonly endpoints: number;
  readonly engine: EngineName;
  /** No new calls from now on. */
  readonly draining: boolean;
  drain(): void;
  close(): Promise<void>;
}

type Handlers = { [Name in Exclude<MethodName, 'hello'>]: (owner: string, params: Params<Name>) => unknown };

/** Rejects when the control socket cannot be listened on. `onGivenUp`: its threads die as fast as they are started. */
export async function openMediaServer(config: MediaConfig, clock: Clock, log: Logger, onGivenUp: (reason: string) => void): Promise<MediaProcess> {
  const engine = engineFor(config.engine, log);
  const recorder = recorderSettings(config);
  const pool = new WorkerPool({
    workers: config.workers,
    recorder,
    engine,
    clock,
    log,
    onGivenUp,
    // Each event bears the id of an endpoint or of a recording, and belongs to its owner.
    onEvent: (event) => endpoints.heard(event),
    onWorkerLost: (worker) => endpoints.workerLost(worker),
    onRecordingEnded: (ended) => recordings.ended(ended),
    onRecorderLost: () => recordings.recorderLost(),
  });
  const ports = new PortPool(config.rtpPortMin, config.rtpPortMax, randomBelow(MOST_PORTS));
  const tell = (owner: string, event: MediaEvent): void => listener.tell(owner, event);
  const endpoints = new Endpoints(config, clock, pool, ports, tell);
  const recordings = new RecordingBook({
    ...{ clock, pool, tell, folder: config.recordings?.folder ?? null },
    workerOf: (left, right) => endpoints.workerOfBoth(left, right),
    tellAll: (event) => listener.tellAll(event),
  });
  const reliever = new Reliever({
    ...{ clock, log, workers: () => endpoints.workers, groupsOf: (worker) => endpoints.groupsOf(worker) },
    move: (group, to) => endpoints.move(group, to),
  });
  const ask = askOf(endpoints, recordings);
  const listener = new Listener({
    socket: config.socket,
    secret: config.secret,
    graceMs: config.callsKeptSeconds * 1_000,
    clock,
    log,
    ask: async (owner, method, params) => (method === 'hello' ? null : ask(owner, method, params)),
    onGone: (owner) => void endpoints.closeAllOf(owner),
  });
  const close = async (): Promise<void> => {
    reliever.stop();
    await endpoints.closeAll();
    await recordings.settled();
    listener.close();
    await pool.close();
  };
  await listener.listen().catch(async (error: unknown) => {
    reliever.stop();
    await pool.close();
    throw error;
  });
  // Only now is it certain that no other server of this socket is writing.
  pool.mendRecordings();
  return {
    get applications() {
      return listener.applications;
    },
    get port() {
      return listener.port;
    },
    get endpoints() {
      return endpoints.size;
    },
    engine,
    get draining() {
      return endpoints.draining;
    },
    drain: () => endpoints.drain(),
    close,
  };
}

type Ask = <Name extends keyof Handlers>(owner: string, method: Name, params: unknown) => unknown;

/** What concerns a group that is being moved waits until it has been. */
function askOf(endpoints: Endpoints, recordings: RecordingBook): Ask {
  const handlers = handlersOf(endpoints, recordings);
  return (owner, method, params) => {
    const handle: Handlers[typeof method] = handlers[method];
    const carryOut = (): unknown => handle(owner, readParams(method, params));
    return endpoints.settled(params)?.then(carryOut) ?? carryOut();
  };
}

/** Throws when our C++ was asked for by name and cannot be had. */
function engineFor(wanted: MediaConfig['engine'], log: Logger): EngineName {
  const { name, why } = chooseEngine(wanted);
  if (name === 'plain' && why !== null && wanted !== 'auto') throw new Error(`MEDIA_ENGINE is ${wanted}, which this machine cannot: ${why}`);
  if (name === 'plain' && why !== null) log.warn({ why }, 'packets go by the plain engine, at more than twice the cost: the native one is not there');
  else if (why !== null) log.info({ why }, 'packets go by epoll, at a third more: this kernel, or the container, lets us have no io_uring');
  return name;
}

const handlersOf = (endpoints: Endpoints, recordings: RecordingBook): Handlers => ({
  capabilities: () => endpoints.capabilities(),
  open: (owner, [request]) => endpoints.open(owner, request),
  accept: (_, [endpointId, answer, from]) => endpoints.accept(endpointId, answer, from),
  renegotiate: (_, [endpointId, offer]) => endpoints.renegotiate(endpointId, offer),
  play: (_, [endpointId, playId, sources, options]) => endpoints.play(endpointId, playId, sources, options),
  changePlay: (_, [endpointId, playId, change]) => endpoints.order('changePlay', { endpointId, playId, change }),
  stop: (_, [endpointId]) => endpoints.stop(endpointId),
  sendDigits: (_, [endpointId, keys]) => endpoints.sendDigits(endpointId, keys),
  signalledKey: (_, [endpointId, key]) => endpoints.order('signalledKey', { endpointId, key }),
  listenForTones: (_, [endpointId, when]) => endpoints.order('listenForTones', { endpointId, when }),
  maskKeys: (_, [endpointId, mostMs]) => endpoints.order('maskKeys', { endpointId, mostMs }),
  unmaskKeys: (_, [endpointId]) => endpoints.order('unmaskKeys', { endpointId }),
  join: (_, [a, b]) => endpoints.join(a, b),
  part: (_, [a, b]) => endpoints.part(a, b),
  echo: (_, [endpointId]) => endpoints.echo(endpointId),
  mute: (_, [endpointId, muted]) => endpoints.order('mute', { endpointId, muted }),
  conference: (owner, [request]) => endpoints.conferences.conference(owner, request),
  setGains: (_, [conferenceId, gains]) => endpoints.conferences.setGains(conferenceId, gains),
  removeFromConference: (_, [conferenceId, endpointId]) => endpoints.conferences.remove(conferenceId, endpointId),
  endConference: (_, [conferenceId]) => endpoints.conferences.end(conferenceId),
  playToConference: (_, [conferenceId, playId, sources, options]) => endpoints.conferences.play(conferenceId, playId, sources, options),
  record: (owner, [request]) => recordings.begin(owner, request),
  pauseRecording: (_, [recordingId]) => recordings.order('pauseRecording', recordingId),
  resumeRecording: (_, [recordingId]) => recordings.order('resumeRecording', recordingId),
  moveRecording: (_, [recordingId, left, right]) => recordings.move(recordingId, left, right),
  stopRecording: (_, [recordingId]) => recordings.order('stopRecording', recordingId),
  tap: (_, [request]) => endpoints.order('tap', request),
  untap: (_, [endpointId, tapId]) => endpoints.order('untap', { endpointId, tapId }),
  watchVoice: (_, [endpointId, on]) => endpoints.order('watchVoice', { endpointId, on }),
  detectAnswer: (_, [endpointId, times]) => endpoints.order('detectAnswer', { endpointId, times }),
  stats: (_, [endpointId]) => endpoints.stats(endpointId),
  close: (_, [endpointId]) => endpoints.close(endpointId),
  kept: (owner, [from]) => ({ ...endpoints.kept(owner, from), recordings: recordings.of(owner) }),
  report: () => endpoints.report(),
  drain: () => endpoints.drain(),
});
