/** INV1–INV5 of a house after its day: everybody has hung up, and time has passed. INV1 and INV5 are looked at all day (`world.ts`); here is what is left. */
import { isDeepStrictEqual } from 'node:util';
import { silentLog } from '../../../kernel/log.ts';
import { endingCauses } from '../../../src/call/ending.ts';
import type { CallRecord, LegRecord } from '../../../src/cdr/record.ts';
import { recover } from '../../../src/journal/read.ts';
import { replay } from '../../../src/journal/replay.ts';
import { createRooms, type Rooms, restoreRooms, restoreUnderway, snapshotOf } from '../../../src/rooms.ts';
import { type Chronicle, type House, JOURNAL } from './house.ts';
import { AGENTS, TENANT } from './tenant.ts';
import type { World } from './world.ts';

/** `tellsAnew`: the journal, too, is told to rooms that know nothing. */
export function look(world: World, house: House, chronicle: Chronicle, tellsAnew: boolean): void {
  nothingIsLeft(world, house);
  everyCallHasItsRecord(world, chronicle);
  agentsAreWhatTheyDo(world, house);
  if (tellsAnew) journalTellsTheSame(world, house);
  for (const text of world.database.texts()) world.mustNotTell(text, 'a record');
  const { breaches, healed } = house.watch.counts;
  for (const [invariant, count] of Object.entries(breaches))
    if (count > 0) world.breaks('INV4', `the routing core's own ${invariant} was broken ${count} times`);
  if (healed > 0) world.breaks('INV4', `${healed} agents or timers had to be healed`);
}

function nothingIsLeft(world: World, { rooms, phones, cdr, vault }: House): void {
  const left = (what: string, count: number): void => {
    if (count > 0) world.breaks('INV2', `${count} ${what} left`);
  };
  left(`live calls (${[...rooms.calls.values()].map(({ callId }) => callId).join(' ')})`, rooms.calls.size);
  left('legs of the phone rim', phones.size);
  const up = [...world.dialogs.values()].filter(({ state }) => state !== 'gone');
  left(`dialogs (${up.map(({ legId, state }) => `${legId} ${state}`).join(' ')})`, up.length);
  left(`endpoints (${[...world.media.endpoints.keys()].join(' ')})`, world.media.endpoints.size);
  left('recordings', world.media.recordings.size);
  left('records to be written', cdr.counts.unwritten);
  left('bytes in the spool', cdr.counts.spooledBytes);
  left('secrets', vault.size);
  left(
    'walks through the dialplan',
    [...rooms.ivr.versionsInUse().values()].reduce((sum, count) => sum + count, 0),
  );
  const { calls } = rooms.acd.snapshot() as { calls: unknown[] };
  left('calls of the routing core', calls.length);
}

function everyCallHasItsRecord(world: World, { arrived }: Chronicle): void {
  const records = world.database.calls();
  const bySipCall = new Map<string, number>();
  for (const record of records) bySipCall.set(record.sipCallId, (bySipCall.get(record.sipCallId) ?? 0) + 1);
  for (const [sipCallId, count] of bySipCall) if (count > 1 && sipCallId.startsWith('s-')) world.breaks('INV3', `the call ${sipCallId} has ${count} records`);
  const known = new Set(records.map(({ callId }) => callId));
  for (const callId of arrived) if (!known.has(callId)) world.breaks('INV3', `${callId} has no record`);
  for (const record of records) {
    const fault = faultOf(record);
    if (fault !== null) world.breaks('INV3', `${record.callId}: ${fault}`);
  }
}

const inOrder = (...times: (number | null)[]): boolean => {
  const known = times.filter((time) => time !== null);
  return known.every((time, at) => at === 0 || (known[at - 1] ?? 0) <= time);
};
const legMs = ({ agentId, answeredAt, endedAt }: LegRecord): number => (agentId === null || answeredAt === null ? 0 : endedAt - answeredAt);

function faultOf({ arrivedAt, answeredAt, endedAt, ending, legs, agents, queues }: CallRecord): string | null {
  if (!inOrder(arrivedAt, answeredAt, endedAt)) return `it arrived at ${arrivedAt}, was answered at ${answeredAt} and ended at ${endedAt}`;
  if (!endingCauses.includes(ending.cause) || ending.by === undefined) return `its end has no cause or no side: ${JSON.stringify(ending)}`;
  for (const leg of legs)
    if (!inOrder(arrivedAt, leg.startedAt, leg.answeredAt, leg.endedAt, endedAt)) return `its leg ${leg.legId} is out of order: ${JSON.stringify(leg)}`;
  const busy = agents.reduce((sum, { talkMs, holdMs }) => sum + talkMs + holdMs, 0);
  const stood = legs.reduce((sum, leg) => sum + legMs(leg), 0);
  if (Math.abs(busy - stood) > 0.5) return `its agents were busy for ${busy} ms and their legs stood for ${stood} ms`;
  if (queues.some(({ waitMs }) => waitMs < 0)) return 'it waited for less than no time';
  return null;
}

function agentsAreWhatTheyDo(world: World, { rooms }: House): void {
  const all = rooms.acd.view.agents(TENANT);
  if (all.length !== AGENTS.length) world.breaks('INV4', `${all.length} agents of ${AGENTS.length} are on the floor`);
  const talking = new Set(
    [...rooms.calls.values()].flatMap(({ legs }) => [...legs.values()]).flatMap(({ agentId, progress }) => (progress.state === 'up' ? [agentId] : [])),
  );
  for (const { agentId, state } of all) {
    const isBusy = state === 'talking' || state === 'offered' || state === 'wrapping_up';
    if (isBusy && !talking.has(agentId)) world.breaks('INV4', `${agentId} is ${state}, and has no leg`);
    if (state === 'ready' && talking.has(agentId)) world.breaks('INV4', `${agentId} is ready, and has a leg that stands`);
  }
}

/** The journal as it lies on the disk, told to rooms that know nothing. */
function journalTellsTheSame(world: World, { rooms, kept }: House): void {
  kept.journal.write();
  const again = createRooms();
  replay(recover(JOURNAL, silentLog), {
    rooms: again.all,
    restore: (snapshot) => {
      restoreRooms(again, snapshot);
      return restoreUnderway(again, snapshot);
    },
  });
  const [here, told] = [stateOf(rooms), stateOf(again)];
  for (const [section, state] of Object.entries(here))
    if (!isDeepStrictEqual(told[section], state)) world.breaks('INV4', `the journal tells another ${section}: ${differing(state, told[section], section)}`);
}

/** As plain JSON: without what is undefined. */
function stateOf(rooms: Rooms): Record<string, unknown> {
  const { unwritten: _, ivr: __, ...snapshot } = snapshotOf(rooms, { bindings: [], unwritten: new Map() });
  const views = { agents: rooms.acd.view.agents(TENANT), queues: rooms.acd.view.queues(TENANT) };
  return JSON.parse(JSON.stringify({ ...snapshot, ...views }));
}

/** Where the two part, and what stands there. */
function differing(here: unknown, told: unknown, path: string): string {
  if (typeof here !== 'object' || here === null || typeof told !== 'object' || told === null)
    return `${path}: ${JSON.stringify(here)?.slice(0, 300)}, not ${JSON.stringify(told)?.slice(0, 300)}`;
  const keys = new Set([...Object.keys(here), ...Object.keys(told)]);
  const of = (value: object, key: string): unknown => (value as Record<string, unknown>)[key];
  const key = [...keys].find((name) => !isDeepStrictEqual(of(here, name), of(told, name))) ?? '';
  return differing(of(here, key), of(told, key), `${path}.${key}`);
}
