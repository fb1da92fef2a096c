/** A call that is moved from one worker to another while both talk: judged by what each of them hears. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import type { MediaConfig } from '../../media/config.ts';
import { Endpoints } from '../../media/control/endpoints.ts';
import { PortPool } from '../../media/control/ports.ts';
import { Reliever } from '../../media/control/reliever.ts';
import type { MediaEvent, Source } from '../../media/port.ts';
import { chooseEngine } from '../../media/worker/engine.ts';
import { WorkerPool } from '../../media/worker/pool.ts';
import type { EngineName } from '../../media/worker/sockets.ts';
import { freeRange } from '../support/ports.ts';
import { shareAt } from '../support/tone.ts';
import { sdesOffer } from './covers.ts';
import { Party } from './party.ts';
import { until } from './support.ts';

const PORTS = 40;

/** Two workers, and what a test asks of them. */
async function openPlant(engine: EngineName) {
  const rtpPortMin = await freeRange(PORTS);
  const config: MediaConfig = {
    ...{ socket: { path: '/unused' }, secret: '', workers: 2, engine: 'auto', rtpPortMin, rtpPortMax: rtpPortMin + PORTS - 1, recordings: null },
    ...{ hosts: { 4: '127.0.0.1', 6: '::1' }, publicAddresses: { 4: '127.0.0.1', 6: '::1' }, ownAddresses: ['127.0.0.1', '::1'] },
    ...{ logLevel: 'fatal', codecs: ['PCMA', 'PCMU'], orphanExitSeconds: 0, callsKeptSeconds: 2 },
  };
  const events: MediaEvent[] = [];
  const pool = new WorkerPool({
    ...{ workers: 2, engine, recorder: { keys: null, ledger: null }, clock: systemClock, log: silentLog, onGivenUp: assert.fail },
    onEvent: (event) => endpoints.heard(event),
    onWorkerLost: (worker) => endpoints.workerLost(worker),
    onRecordingEnded: () => undefined,
    onRecorderLost: () => undefined,
  });
  const endpoints = new Endpoints(config, systemClock, pool, new PortPool(rtpPortMin, config.rtpPortMax), (_, event) => events.push(event));
  const parties: Party[] = [];
  const open = async (endpointId: string, offerOf: (party: Party) => { offer: string; answered(sdp: string): void } = inClear): Promise<Party> => {
    const party = await Party.open();
    parties.push(party);
    const { offer, answered } = offerOf(party);
    answered((await endpoints.open('app', { endpointId, offer, signallingAddress: '127.0.0.1', timeoutMs: 0, privateSignalling: true })).sdp);
    return party;
  };
  const close = async (): Promise<void> => {
    for (const party of parties) party.close();
    await endpoints.closeAll();
    await pool.close();
  };
  return { endpoints, pool, events, open, close };
}

/** Its reports come to the port of its audio, so that the party keeps them. */
const inClear = (party: Party): ReturnType<typeof sdesOffer> => ({
  offer: party.offer({ extra: [`a=rtcp:${party.port}`] }),
  answered: (sdp) => void party.aim(sdp),
});

/** Packets whose numbers are missing in what a party heard; fails where the stream is not one. */
function missing({ heard }: Party): number {
  let lost = 0;
  for (const [at, packet] of heard.entries()) {
    const before = heard[at - 1];
    if (before === undefined || packet.payloadType !== 8 || before.payloadType !== 8) continue;
    const ahead = (packet.sequence - before.sequence) & 0xffff;
    assert.equal(packet.ssrc, before.ssrc, 'one source');
    assert.ok(ahead > 0 && ahead < 10, `the numbers go on: ${before.sequence}, ${packet.sequence}`);
    // The greeting comes before what is passed on, by the clock.
    if (at > 1) assert.equal((packet.timestamp - before.timestamp) >>> 0, ahead * 160, 'time goes on with the numbers');
    lost += ahead - 1;
  }
  return lost;
}

const MOVES = 4;
/** Of 20 ms: nobody hears less. */
const MOST_LOST_A_MOVE = 2;

const plants = new Map<string, ReturnType<typeof openPlant>>();
after(async () => {
  for (const plant of plants.values()) await (await plant).close();
});

function plantOf(engine: EngineName): ReturnType<typeof openPlant> {
  const plant = plants.get(engine) ?? openPlant(engine);
  plants.set(engine, plant);
  return plant;
}

type Plant = Awaited<ReturnType<typeof openPlant>>;

const workerOf = ({ endpoints }: Plant, group: string): number => ([...endpoints.groupsOf(1)].includes(group) ? 1 : 0);

/** Two who talk are moved to and fro, each time as soon as a key was let go. */
async function moveAndListen(plant: Plant, group: string, offerOfB: (party: Party) => ReturnType<typeof sdesOffer>): Promise<void> {
  const { endpoints, events } = plant;
  const [a, b] = [await plant.open(`${group}.0`), await plant.open(`${group}.1`, offerOfB)];
  // Its numbers, and the rollover counter with them, have turned before it is moved.
  b.sequence = 65_500;
  await endpoints.join(`${group}.0`, `${group}.1`);
  a.say(500);
  b.say(800);
  await until('both hear', () => a.heard.length > 60 && b.heard.length > 60);
  const keys = (): string[] => events.flatMap((event) => (event.type === 'digit' && event.endpointId === `${group}.0` ? [event.key] : []));
  for (let moves = 0; moves < MOVES; moves += 1) {
    const to = 1 - workerOf(plant, group);
    a.press(String(moves));
    await until('the key is told', () => keys().length === moves + 1);
    await until('it is let go, and the call goes', () => endpoints.move(group, to));
    assert.equal(workerOf(plant, group), to);
    const [heardByA, heardByB] = [a.heard.length, b.heard.length];
    await until('both go on hearing', () => a.heard.length > heardByA + 10 && b.heard.length > heardByB + 10);
  }
  assert.deepEqual([keys().join(''), b.keys()], ['0123', '0123']);
  const report = await reportOf(a);
  for (const party of [a, b]) {
    assert.ok(missing(party) <= MOVES * MOST_LOST_A_MOVE, `${missing(party)} packets were lost in ${MOVES} moves`);
    assert.ok(shareAt(party.audio().slice(-8000), party === a ? 800 : 500) > 0.9, 'the other is heard');
  }
  assert.equal(report.ssrc, a.heard[0]?.ssrc);
  assert.ok(report.packets > 200 && report.packets <= a.heard.length + 10, `${report.packets} of ${a.heard.length} were reported`);
  const { packetsIn, packetsOut, strangers } = await endpoints.stats(`${group}.0`);
  assert.ok(packetsIn >= b.heard.length - 10 && packetsOut >= a.heard.length - 10, `${packetsIn} in, ${packetsOut} out`);
  assert.equal(strangers, 0);
}

for (const engine of ['plain', 'epoll', 'io_uring'] as const) {
  const skip = chooseEngine(engine === 'io_uring' ? 'native' : engine).name === engine ? false : `there is no ${engine} engine here`;

  test(`${engine} engine: a call that is moved while both talk goes on in its streams: no number jumps, keys are told once, reports count all of it`, {
    skip,
  }, async () => {
    const plant = await openPlant(engine);
    try {
      await Promise.all([moveAndListen(plant, 'clear', inClear), moveAndListen(plant, 'sealed', (party) => sdesOffer(party, 'AES_CM_128_HMAC_SHA1_80'))]);
      assert.equal(plant.endpoints.report().moved, 2 * MOVES);
    } finally {
      await plant.close();
    }
  });
}

test('of a worker that lags the calls that are simply passed on go, one after another; who hears music stays, and is asked of as ever', async () => {
  const { name } = chooseEngine('auto');
  const plant = await plantOf(name);
  const { endpoints, events } = plant;
  for (const group of ['one', 'two', 'three']) await plant.open(`${group}.0`).then((party) => party.say(500));
  for (const group of ['one', 'two', 'three']) if (workerOf(plant, group) === 1) await endpoints.move(group, 0);
  const tone = { kind: 'tone', hz: [400], dbm0: -20, onMs: 1000, offMs: 0 } satisfies Source;
  await endpoints.play('two.0', 'music', [tone], { loop: true, bargeIn: false });
  const { moved } = endpoints.report();
  // Only the figure is made up: the lag of a worker that all of this began in.
  const lags = [80, 1];
  const reliever = new Reliever({
    ...{ clock: { ...systemClock, now: () => systemClock.now() * 10, every: (ms, fn) => systemClock.every(ms / 10, fn) }, log: silentLog },
    workers: () => endpoints.workers.map((worker, at) => ({ ...worker, lagMs: lags[at] ?? 0 })),
    groupsOf: (worker) => endpoints.groupsOf(worker),
    move: (group, to) => endpoints.move(group, to),
  });
  try {
    await until('two have arrived', () => endpoints.report().moved === moved + 2);
    reliever.stop();
    assert.deepEqual([workerOf(plant, 'one'), workerOf(plant, 'three')], [1, 1]);
    assert.equal(workerOf(plant, 'two'), 0);
    assert.deepEqual(
      endpoints.workers.map((worker) => worker.endpoints),
      [1, 2],
    );
    // On its way or not, what is asked is done.
    const moving = endpoints.move('one', 0);
    const settled = endpoints.settled(['one.0', 'p', [tone], {}]);
    assert.notEqual(settled, undefined);
    assert.equal(endpoints.settled([{ endpointId: 'three.1' }]), undefined);
    await settled?.then(() => endpoints.play('one.0', 'p', [{ ...tone, ms: 100 }], { loop: false, bargeIn: false }));
    await until('it has played', () => events.some((event) => event.type === 'playEnded' && event.endpointId === 'one.0' && event.end === 'finished'));
    assert.equal(await moving, true);
    // Closed while it is on its way, it is closed where it arrives.
    const again = endpoints.move('three', 0);
    const last = await endpoints.close('three.0');
    assert.ok((last?.packetsIn ?? 0) > 10, 'it was counted to the end');
    assert.equal(await again, true);
    assert.equal(endpoints.size, 2);
  } finally {
    reliever.stop();
  }
});

/** The sender report the party got last. */
async function reportOf(party: Party): Promise<{ ssrc: number; packets: number }> {
  await until('a report has come', () => party.rtcp.some((each) => each[1] === 200));
  const report = party.rtcp.findLast((each) => each[1] === 200) ?? Buffer.alloc(24);
  return { ssrc: report.readUInt32BE(4), packets: report.readUInt32BE(20) };
}
