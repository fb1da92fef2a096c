import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import type { MediaConfig } from '../../media/config.ts';
import { Endpoints } from '../../media/control/endpoints.ts';
import { PortPool } from '../../media/control/ports.ts';
import { MediaError, type MediaEvent } from '../../media/port.ts';
import { RecordingBook } from '../../media/record/book.ts';
import { chooseEngine } from '../../media/worker/engine.ts';
import { WorkerPool } from '../../media/worker/pool.ts';
import { freeRange } from '../support/ports.ts';
import { readWav, secondsOf } from '../support/tone.ts';
import { Party } from './party.ts';
import { until } from './support.ts';

const rtpPortMin = await freeRange(40);
const config: MediaConfig = {
  socket: { path: '/unused' },
  secret: '',
  workers: 2,
  engine: 'auto',
  rtpPortMin,
  rtpPortMax: rtpPortMin + 39,
  hosts: { 4: '127.0.0.1', 6: '::1' },
  publicAddresses: { 4: '127.0.0.1', 6: '::1' },
  ownAddresses: ['127.0.0.1', '::1'],
  recordings: null,
  logLevel: 'fatal',
  codecs: ['PCMA', 'PCMU'],
  orphanExitSeconds: 0,
  callsKeptSeconds: 2,
};

test('a worker that dies takes its own calls with it and no others, its recording stays whole, and another takes its place', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'huawu-media-'));
  const events: MediaEvent[] = [];
  const pool = new WorkerPool({
    workers: config.workers,
    engine: chooseEngine(config.engine).name,
    recorder: { keys: null, ledger: null },
    clock: systemClock,
    log: silentLog,
    onEvent: (event) => endpoints.heard(event),
    onWorkerLost: (worker) => endpoints.workerLost(worker),
    onRecordingEnded: (ended) => book.ended(ended),
    onRecorderLost: () => book.recorderLost(),
    onGivenUp: assert.fail,
  });
  const endpoints = new Endpoints(config, systemClock, pool, new PortPool(config.rtpPortMin, config.rtpPortMax), (_, event) => events.push(event));
  const book = new RecordingBook({
    ...{ clock: systemClock, pool, folder: null, workerOf: (left, right) => endpoints.workerOfBoth(left, right) },
    ...{ tell: (_, event) => events.push(event), tellAll: () => assert.fail() },
  });
  const parties: Party[] = [];
  const open = async (endpointId: string): Promise<Party> => {
    const party = await Party.open();
    parties.push(party);
    return party.aim((await endpoints.open('app', { endpointId, offer: party.offer(), signallingAddress: '127.0.0.1', timeoutMs: 0 })).sdp);
  };
  try {
    // Legs of one call share a worker; the second call goes to the emptier one.
    const doomed = await open('one.0');
    await open('one.1');
    const spared = await open('two.0');
    await endpoints.join('one.0', 'one.1');
    await assert.rejects(endpoints.join('one.0', 'two.0'), (error) => error instanceof MediaError && error.code === 'bad_request');
    await book.begin('app', { recordingId: 'r', path: join(folder, 'r.wav'), left: 'one.0', right: 'one.1' });
    await endpoints.echo('two.0');
    doomed.say(500);
    spared.say(800);
    await until('a second and a half is recorded', () => secondsOf(spared.audio(), 800) >= 2);
    pool.end(0);
    await until('both legs are told lost', () => events.filter((event) => event.type === 'endpointLost').length === 2);
    assert.deepEqual(events.flatMap((event) => (event.type === 'endpointLost' ? [event.endpointId] : [])).sort(), ['one.0', 'one.1']);
    await until('the recording is told', () => events.some((event) => event.type === 'recordingEnded'));
    const ended = events.find((event) => event.type === 'recordingEnded');
    assert.deepEqual([ended?.complete, ended?.reason], [false, 'the media worker died']);
    assert.ok(secondsOf(readWav(join(folder, 'r.wav')), 500) >= 0.8);
    const count = spared.heard.length;
    await until('the other call goes on', () => spared.heard.length > count + 10);
    await until('there is a worker again', () =>
      endpoints.open('app', { endpointId: 'three.0', signallingAddress: '127.0.0.1', timeoutMs: 0 }).then(
        () => true,
        () => false,
      ),
    );
    assert.equal(endpoints.size, 2);
  } finally {
    for (const party of parties) party.close();
    await endpoints.closeAll();
    await pool.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
