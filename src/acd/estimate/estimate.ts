/**
 * How long a caller at a place of a queue has still to wait: P50 and P90 of what comes of playing this very queue forward (`paths.ts`), with the
 * agents who serve it, since when each is busy, who stands before it, and the other queues that share the agents.
 *
 * Bounded: a big floor is thinned, agents and callers alike, which leaves the waits as they are; a queue is looked at once a second at most.
 */
import type { QueueId } from '../../../kernel/ids.ts';
import { reasonsOf, untilOf } from '../agent.ts';
import { callbackOf } from '../callback/callback.ts';
import type { Agent, Floor, Line, Moment, Queue, Waiting } from '../floor.ts';
import { serves as isServedBy, linesOf } from '../line.ts';
import { beforeAcross } from '../matching/place.ts';
import { Dice } from '../simulation/dice.ts';
import { type Forecast, forecastOf, handlingNow, newForecast, type Outlook, type Said } from './forecast.ts';
import { type Client, type Kind, play, type Server } from './paths.ts';
import { survivalOf } from './patience.ts';
import { coverageOf, isCalibrated } from './score.ts';
import { drawable } from './spread.ts';

const PATHS = 32;
/** Of a queue's agents so many are played with; the others are as these. */
const MOST_AGENTS = 64;
/** With those of other queues. */
const MOST_SERVERS = 160;
/** Callers a path serves, of one line and of the queue itself. */
const MOST_CLIENTS_A_LINE = 64;
const MOST_CLIENTS = 256;
/** A bit each. */
const MOST_LINES = 16;
const STALE_MS = 1_000;
/** An estimate is scored for one caller in so long a time at most: turns are not for guessing. */
const SCORED_EVERY_MS = 10_000;

/** `calibrated`: what it said lately came true as often as it should; otherwise nobody is to be told a number. */
export interface Estimate extends Said {
  calibrated: boolean;
}

/** A caller at this place (1 = next), or one who would come there; null = nobody is there who could serve it. Changes nothing. */
export function estimate(floor: Floor, queueId: QueueId, place: number | undefined, now: number): Estimate | null {
  const queue = floor.queues.get(queueId);
  if (queue === undefined) return null;
  const forecast = forecastOrNew(floor, queueId);
  if (place === undefined && queue.order.size === 0 && (floor.groups.get(queueId)?.counts.ready ?? 0) > 0) return soon(forecast);
  const said = at(isFresh(forecast, now) ? forecast.outlook : outlookOf(floor, queue, now), place ?? queue.order.size + 1);
  return said === null ? null : { ...said, calibrated: isCalibrated(forecast.score) };
}

/** That nobody serves it is looked at anew each time: it is soon seen, and somebody may have come. */
const isFresh = ({ outlook, lookedAt }: Forecast, now: number): boolean => outlook !== null && lookedAt > now - STALE_MS && lookedAt <= now;

/** Nobody waits and somebody is ready: nothing has to be played. */
const soon = ({ ringMs }: Forecast): Estimate => ({ p50Ms: Math.round(ringMs), p90Ms: Math.round(ringMs), calibrated: true });

/** The same in a turn, which remembers it for the next second. */
export function look({ floor, now }: Moment, queue: Queue, place: number): Estimate | null {
  const forecast = forecastOf(floor.learned, queue.configuration.queueId);
  if (!isFresh(forecast, now)) {
    forecast.outlook = outlookOf(floor, queue, now);
    forecast.lookedAt = now;
  }
  const said = at(forecast.outlook, place);
  return said === null ? null : { ...said, calibrated: isCalibrated(forecast.score) };
}

/** Who came in this turn and was not offered at once is told (or would be) how long it takes: that is what is scored. */
export function expect(m: Moment): void {
  const { arrived } = m;
  if (arrived === null || arrived.call.waiting !== arrived || arrived.call.ringing.size > 0 || arrived.line === null) return;
  const { queue } = arrived;
  const forecast = forecastOf(m.floor.learned, queue.configuration.queueId);
  const isNew = forecast.lookedAt <= m.now - SCORED_EVERY_MS || forecast.lookedAt > m.now;
  if (!isNew && forecast.lookedAt !== m.now) return;
  const said = look(m, queue, placeOf(queue, arrived));
  if (said !== null) arrived.said = { p50Ms: said.p50Ms, p90Ms: said.p90Ms };
}

/** How good the estimates of a queue were. */
export function scoreOf(floor: Floor, queueId: QueueId): { n: number; p50: number; p90: number; loss50Ms: number; loss90Ms: number } | null {
  const score = floor.learned.forecasts.get(queueId)?.score;
  if (score === undefined || score.scored === 0) return null;
  return { ...coverageOf(score), loss50Ms: score.loss50Ms / score.scored, loss90Ms: score.loss90Ms / score.scored };
}

/** Nearly all come last: the place is looked for from the end. */
export function placeOf(queue: Queue, waiting: Waiting): number {
  if (queue.order.size > MOST_CLIENTS) return queue.order.size;
  let place = 0;
  for (const other of queue.order) {
    place += 1;
    if (other === waiting) return place;
  }
  return place + 1;
}

function at(outlook: Outlook | null, place: number): Said | null {
  if (outlook === null) return null;
  const { places, p50Ms, p90Ms } = outlook;
  const last = places.length - 1;
  const after = places.findIndex((known) => known >= place);
  if (after === 0) return { p50Ms: p50Ms[0] ?? 0, p90Ms: p90Ms[0] ?? 0 };
  // Behind the last place that was played: as much longer as the line is.
  const [from, to] = after < 0 ? [0, last] : [after - 1, after];
  const [a, b] = [places[from] ?? 0, places[to] ?? 1];
  const share = b === a ? 1 : (place - a) / (b - a);
  const between = (waits: number[]): number => Math.round((waits[from] ?? 0) + share * ((waits[to] ?? 0) - (waits[from] ?? 0)));
  return { p50Ms: between(p50Ms), p90Ms: between(p90Ms) };
}

/** Everything a look needs, gathered from the floor. */
interface Scene {
  floor: Floor;
  now: number;
  queue: Queue;
  /** One of so many is played. */
  thinning: number;
  bits: Map<Line, number>;
  kinds: Map<QueueId, Kind>;
  servers: Server[];
  seen: Set<Agent>;
}

/** The queue's own bit, for a caller who asks for nothing but the queue: whoever is a member serves it. */
const OWN = 1;

export function outlookOf(floor: Floor, queue: Queue, now: number): Outlook | null {
  const members = floor.groups.get(queue.configuration.queueId)?.members;
  if (members === undefined) return null;
  const thinning = Math.max(1, members.size / MOST_AGENTS);
  const scene: Scene = { floor, now, queue, thinning, bits: new Map(), kinds: new Map(), servers: [], seen: new Set() };
  for (const line of queue.lines.values()) nameLine(scene, line);
  addServers(scene, members, true);
  if (scene.servers.length === 0) return null;
  const others = new Set([...scene.bits.keys()].map((line) => line.queue.configuration.queueId));
  others.delete(queue.configuration.queueId);
  for (const queueId of others) addServers(scene, floor.groups.get(queueId)?.members ?? [], false);
  const { clients, places } = clientsOf(scene);
  const dice = new Dice(seedOf(queue.configuration.queueId, now));
  const waits = play(scene.servers, clients, places.length, PATHS, () => dice.fraction());
  return quantiles(waits, places, forecastOrNew(floor, queue.configuration.queueId).ringMs, thinning);
}

function nameLine({ bits }: Scene, line: Line): void {
  if (!bits.has(line) && bits.size < MOST_LINES) bits.set(line, 2 << bits.size);
}

/** Those who will take another call, one of `thinning`. Of the queue's own agents the other lines they serve come into play too. */
function addServers(scene: Scene, agents: Iterable<Agent>, own: boolean): void {
  const { seen, servers, thinning, queue } = scene;
  let skipped = thinning;
  for (const agent of agents) {
    if (servers.length >= MOST_SERVERS) return;
    if (!comesBack(agent) || (!own && isMember(agent, queue))) continue;
    skipped += 1;
    if (skipped < thinning) continue;
    skipped -= thinning;
    if (seen.has(agent)) continue;
    seen.add(agent);
    if (own) for (const line of linesOf(agent)) if (line.callers.size > 0) nameLine(scene, line);
    const serves = servesOf(scene, agent, own);
    if (serves !== 0) servers.push({ serves, busy: busyWith(scene, agent) });
  }
}

const isMember = ({ groups }: Agent, { configuration }: Queue): boolean => groups.some(({ queueId }) => queueId === configuration.queueId);

function servesOf({ bits, queue }: Scene, agent: Agent, own: boolean): number {
  let serves = own && (queue.lines.size === 0 || [...queue.lines.values()].some((line) => isServedBy(line, agent))) ? OWN : 0;
  for (const [line, bit] of bits) if (isServedBy(line, agent)) serves |= bit;
  return serves;
}

function comesBack({ activity }: Agent): boolean {
  if (activity.state === 'signed_out' || activity.state === 'not_ready') return false;
  return !('after' in activity) || (activity.after.leave === 'stay' && reasonsOf(activity).length === 0);
}

function busyWith(scene: Scene, { activity, configuration }: Agent): Server['busy'] {
  if (activity.state === 'ready') return null;
  const { floor, now, queue } = scene;
  const work = floor.learned.work.get(configuration.agentId);
  const until = activity.state === 'wrapping_up' || activity.state === 'releasing' ? untilOf(activity) : null;
  return {
    kind: kindOf(scene, work?.queueId ?? queue.configuration.queueId),
    elapsedMs: Math.max(0, now - (work?.since ?? now)),
    mostMs: until === null ? Number.POSITIVE_INFINITY : Math.max(0, until - now),
  };
}

function kindOf({ kinds, floor, now }: Scene, queueId: QueueId): Kind {
  let kind = kinds.get(queueId);
  if (kind === undefined) {
    const forecast = forecastOrNew(floor, queueId);
    kind = { handling: drawable(handlingNow(forecast, now)), survival: survivalOf(forecast.patience) };
    kinds.set(queueId, kind);
  }
  return kind;
}

const forecastOrNew = (floor: Floor, queueId: QueueId): Forecast => floor.learned.forecasts.get(queueId) ?? newForecast();

/** Who stands in line, in the order of service, one of `thinning`; those whose wait is asked for, and at last one who would come now. */
function clientsOf(scene: Scene): { clients: Client[]; places: number[] } {
  const { queue, bits } = scene;
  const standing: { waiting: Waiting; place: number }[] = [];
  for (const line of bits.keys()) if (line.queue !== queue) thin(scene, line.callers, MOST_CLIENTS_A_LINE, (waiting) => standing.push({ waiting, place: 0 }));
  thin(scene, queue.order, MOST_CLIENTS, (waiting, place) => standing.push({ waiting, place }));
  standing.sort((a, b) => beforeAcross(a.waiting, b.waiting, scene.now));
  const clients: Client[] = [];
  const places: number[] = [];
  for (const { waiting, place } of standing) {
    if (waiting.call.ringing.size > 0 || waiting.line === null || isAway(scene, waiting)) continue;
    const isAsked = place > 0 && isOnGrid(place, places.at(-1) ?? 0);
    if (isAsked) places.push(place);
    clients.push(clientOf(scene, waiting, isAsked ? places.length - 1 : -1));
  }
  const next = queue.order.size + 1;
  if (next > MOST_CLIENTS * scene.thinning) return { clients, places };
  // One played caller stands for `thinning` of them: this one is the last of those it stands for.
  places.push(Math.max(next, (Math.floor((next - 1) / scene.thinning) + 1) * scene.thinning));
  clients.push({ line: OWN, kind: kindOf(scene, queue.configuration.queueId), waitedMs: 0, patient: true, asked: places.length - 1 });
  return { clients, places };
}

/** A callback between two tries: others are served meanwhile. */
const isAway = ({ floor, now }: Scene, { call }: Waiting): boolean => (callbackOf(floor, call)?.notBefore ?? 0) > now;

function thin(scene: Scene, callers: Iterable<Waiting>, most: number, take: (waiting: Waiting, place: number) => void): void {
  let place = 0;
  let taken = 0;
  for (const waiting of callers) {
    place += 1;
    if (Math.floor(place / scene.thinning) === Math.floor((place - 1) / scene.thinning)) continue;
    if (taken === most) return;
    taken += 1;
    take(waiting, place);
  }
}

/** The first eight places, then ever fewer: each an eighth further. */
const isOnGrid = (place: number, last: number): boolean => place <= 8 || place >= last * 1.125;

function clientOf(scene: Scene, waiting: Waiting, asked: number): Client {
  const line = waiting.line === null ? 0 : (scene.bits.get(waiting.line) ?? 0);
  return { line, kind: kindOf(scene, waiting.queue.configuration.queueId), waitedMs: scene.now - waiting.queuedAt, patient: false, asked };
}

/** null when not one path finds anybody who serves. Fewer agents scatter more than the many they stand for: by the root of how many these are. */
function quantiles(waits: Float64Array, places: readonly number[], ringMs: number, thinning: number): Outlook | null {
  // At place 0 somebody is free; only in front of the first that was played does it matter.
  const outlook: Outlook = { places: [0], p50Ms: [Math.round(ringMs)], p90Ms: [Math.round(ringMs)] };
  const column = new Float64Array(PATHS);
  for (let n = 0; n < places.length; n += 1) {
    for (let path = 0; path < PATHS; path += 1) column[path] = waits[path * places.length + n] ?? Number.POSITIVE_INFINITY;
    column.sort();
    const [p50, p90] = [quantile(column, 0.5), quantile(column, 0.9)];
    const spread = (p90 - p50) / Math.sqrt(thinning);
    if (!Number.isFinite(p90)) continue;
    outlook.places.push(places[n] ?? 0);
    outlook.p50Ms.push(Math.round(p50 + ringMs));
    outlook.p90Ms.push(Math.round(p50 + spread + ringMs));
  }
  return outlook.places.length === 1 ? null : outlook;
}

function quantile(sorted: Float64Array, share: number): number {
  const exact = share * (sorted.length + 1) - 1;
  const low = Math.floor(exact);
  const [a, b] = [sorted[low] ?? 0, sorted[Math.min(sorted.length - 1, low + 1)] ?? 0];
  return a + (exact - low) * (b - a);
}

/** The same dice for the same queue in the same second: asked twice, it says the same. */
function seedOf(queueId: QueueId, now: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < queueId.length; at += 1) hash = Math.imul(hash ^ queueId.charCodeAt(at), 0x01000193);
  return (hash ^ Math.imul(Math.floor(now / STALE_MS), 0x9e3779b1)) >>> 0;
}
