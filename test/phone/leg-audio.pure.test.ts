import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type CallId, legIdOf } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import type { EndpointStats } from '../../media/port.ts';
import { type LastWord, readReport, tellAudio } from '../../src/phone/leg-audio.ts';
import type { Rim } from '../../src/phone/rim.ts';
import type { Event } from '../../src/vocabulary.ts';
import { FakeClock } from '../support/clock.ts';

test('what phones write of what they received, with one value a field or two, in any order', () => {
  const rows = {
    'PS=207;OS=49680;;PR=314;OR=50240;PL=0;JI=6;LA=40;': { mos: 4.37, lossPct: 0, jitterMs: 6 },
    'EX=BareSip;CS=0;CD=9;PR=950;PS=980;PL=50,3;PD=0,0;JI=4.5,1.0;IP=10.0.0.1,10.0.0.2': { mos: 3.89, lossPct: 5, jitterMs: 4.5 },
    'PS=0, PR=90, OR=14400, PL=10, JI=0, DU=2': { mos: 3.39, lossPct: 10, jitterMs: 0 },
    'PR=100;PL=-3': { mos: 4.4, lossPct: 0, jitterMs: 0 },
  };
  for (const [header, { mos, lossPct, jitterMs }] of Object.entries(rows))
    assert.deepEqual(readReport(header, 'PCMA'), { mos, worstMos: mos, lossPct, jitterMs }, header);
});

test('what says nothing of what was received, or is no such header, is no report', () => {
  for (const header of ['', 'PS=100', 'PR=0;PL=0', 'XPR=1;XPL=2', 'PR=;PL=', 'PR=1', `PR=1;PL=0;${'x'.repeat(2000)}`, ';;;==='])
    assert.equal(readReport(header, 'PCMA'), null, header);
});

const callId = asId<CallId>('c-1');
const leg = { callId, legId: legIdOf(callId, 0) };
const quality = { codec: 'PCMA', heard: null, sent: null, roundTripMs: null, troubles: [] };
const theirs = 'v=0\r\nm=audio 4000 RTP/AVP 8 101\r\n';

async function told(stats: EndpointStats | null, lastWord: Promise<LastWord> | null, clock = new FakeClock()): Promise<Event[]> {
  const events: Event[] = [];
  const media = { close: async () => stats } as Partial<Rim['media']> as Rim['media'];
  const rim = { media, log: silentLog, take: (event: Event) => void events.push(event), clock };
  const telling = tellAudio(rim, leg as Parameters<typeof tellAudio>[1], lastWord === null ? null : { theirs, lastWord });
  for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
  clock.forward(2_000);
  await telling;
  return events;
}

const stats = { quality } as Partial<EndpointStats> as EndpointStats;
const measured = (audio: object): object => ({ type: 'legAudioMeasured', ...leg, audio });

test('a leg that went through the media server is told as measured there; one that went past it as its phone says, or as not measured', async () => {
  const says = (value: string): LastWord => ({ get: (name) => (name === 'P-RTP-Stat' ? value : undefined) });
  assert.deepEqual(await told(stats, null), [measured(quality)]);
  assert.deepEqual(await told(stats, Promise.resolve(says('PR=100;PL=0'))), [
    measured({ ...quality, direct: { mos: 4.4, worstMos: 4.4, lossPct: 0, jitterMs: 0 } }),
  ]);
  assert.deepEqual(await told(stats, Promise.resolve(null)), [measured({ ...quality, direct: 'not_measured' })]);
  // Neither the media server nor the phone answers.
  assert.deepEqual(await told(null, new Promise(() => undefined)), [measured({ ...quality, codec: null, direct: 'not_measured' })]);
  assert.deepEqual(await told(null, null), []);
});
