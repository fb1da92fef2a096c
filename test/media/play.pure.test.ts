import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../../media/codec/g711.ts';
import { PortPool, QUARANTINE_MS } from '../../media/control/ports.ts';
import { type Clip, musicOf, silence, soundOnce, toneAudio, toneClip } from '../../media/play/clip.ts';
import { Playing } from '../../media/play/playing.ts';
import { Playlist } from '../../media/play/playlist.ts';
import { type Player, Tick } from '../../media/play/tick.ts';
import { signalAudio, signalClip } from '../../media/play/tones.ts';
import type { SignalName, ToneCountry } from '../../media/port.ts';
import { Timeline } from '../../media/record/timeline.ts';
import { FakeClock } from '../support/clock.ts';
import { rms, secondsOf, shareAt } from '../support/tone.ts';
import { noise } from './noise.ts';

const numbered = (from: number, samples: number): Clip => {
  const bytes = Buffer.from(Array.from({ length: samples }, (_, at) => (from + at) & 0xff));
  return soundOnce({ PCMA: bytes, PCMU: bytes });
};
function heard(list: Playlist, mostFrames: number): Buffer {
  const frames: Buffer[] = [];
  const frame = Buffer.alloc(160);
  for (let at = 0; at < mostFrames && list.fill(frame, 0, 'PCMA', at); at += 1) frames.push(Buffer.from(frame));
  return Buffer.concat(frames);
}

test('clips of any length follow one another without a sample between', () => {
  const list = new Playlist([numbered(0, 100), numbered(100, 3), numbered(103, 0), numbered(103, 217)], false);
  const bytes = heard(list, 10);
  assert.equal(bytes.length, 320);
  assert.ok(bytes.every((byte, at) => byte === (at & 0xff)));
});

test('the last frame is filled up with silence, and then the list has ended', () => {
  const bytes = heard(new Playlist([numbered(0, 161)], false), 10);
  assert.equal(bytes.length, 320);
  assert.ok(bytes.subarray(161).every((byte) => byte === 0xd5));
});

test('a loop joins its end to its beginning; a loop of nothing ends', () => {
  const bytes = heard(new Playlist([numbered(0, 96)], true), 6);
  assert.equal(bytes.length, 960);
  assert.ok(bytes.every((byte, at) => byte === at % 96));
  assert.equal(heard(new Playlist([numbered(0, 0), silence(0)], true), 6).length, 0);
});

test('music stands where it stands for everybody', () => {
  const audio = { PCMA: Buffer.from(Array.from({ length: 400 }, (_, at) => at % 251)), PCMU: Buffer.alloc(400) };
  const frame = Buffer.alloc(160);
  assert.equal(new Playlist([musicOf(audio)], true).fill(frame, 0, 'PCMA', 7), true);
  assert.ok(frame.every((byte, at) => byte === ((7 * 160 + at) % 400) % 251));
});

test('a tone has its frequencies, its level, its cadence and its length', () => {
  const tone = { hz: [425], dbm0: -10, onMs: 1000, offMs: 4000, ms: 6000 };
  const samples = decode(heard(new Playlist([toneClip(tone, toneAudio(tone))], false), 1000), 'PCMA');
  assert.equal(samples.length, 48_000);
  assert.equal(secondsOf(samples, 425), 2);
  assert.ok(rms(samples.subarray(8000, 40_000)) < 20);
  // A sine at 0 dBm0 has a peak 3.14 dB below full scale.
  const expected = (32_768 * 10 ** (-13.14 / 20)) / Math.SQRT2;
  assert.ok(Math.abs(rms(samples.subarray(0, 8000)) / expected - 1) < 0.02);
});

/** [hz, ms] of one round, as heard: silences have no frequency. */
const E180: Record<string, readonly [SignalName, ToneCountry, readonly (readonly [number[], number])[]]> = {
  'ring-back in China: 450 Hz, 1 s on, 4 s off': [
    'ringback',
    'CN',
    [
      [[450], 1000],
      [[], 4000],
    ],
  ],
  'busy in China: 0.35 s on and off': [
    'busy',
    'CN',
    [
      [[450], 350],
      [[], 350],
    ],
  ],
  'congestion in China: 0.7 s on and off': [
    'congestion',
    'CN',
    [
      [[450], 700],
      [[], 700],
    ],
  ],
  'call waiting in China: 0.4 s on, 4 s off': [
    'callWaiting',
    'CN',
    [
      [[450], 400],
      [[], 4000],
    ],
  ],
  'busy in the US: two frequencies': [
    'busy',
    'US',
    [
      [[480, 620], 500],
      [[], 500],
    ],
  ],
  'ring-back in Britain: two strokes': [
    'ringback',
    'GB',
    [
      [[400, 450], 400],
      [[], 200],
      [[400, 450], 400],
      [[], 2000],
    ],
  ],
  'the special information tone rises in three steps': [
    'unobtainable',
    'DE',
    [
      [[950], 330],
      [[], 30],
      [[1400], 330],
      [[], 30],
      [[1800], 330],
      [[], 1000],
    ],
  ],
};
for (const [claim, [name, country, segments]] of Object.entries(E180)) {
  test(`tones by name: ${claim}`, () => {
    const samples = decode(heard(new Playlist([signalClip(signalAudio(name, country), name, 12_000)], false), 600), 'PCMA');
    assert.equal(samples.length, 96_000);
    let at = 0;
    for (let n = 0; at < 80_000; n += 1) {
      const [hz, ms] = segments[n % segments.length] ?? [[], 0];
      const part = samples.subarray(at, at + ms * 8);
      at += ms * 8;
      for (const each of hz) assert.ok(shareAt(part, each) > 0.4, `${each} Hz in segment ${n}`);
      // −10 dBm0 in all, of which 0 dBm0 is 3.14 dB below a full sine.
      const level = hz.length === 0 ? Number.NEGATIVE_INFINITY : 20 * Math.log10((rms(part) * Math.SQRT2) / 32_768) + 3.14;
      if (hz.length === 0) assert.ok(rms(part) < 20);
      else assert.ok(Math.abs(level + 10) < 0.5, `${level} dBm0`);
    }
  });
}

test('a beep is heard once, 200 ms long; others for ever', () => {
  assert.equal(heard(new Playlist([signalClip(signalAudio('beep', 'CN'), 'beep', undefined)], false), 100).length, 1600);
  assert.equal(heard(new Playlist([signalClip(signalAudio('busy', 'CN'), 'busy', undefined)], false), 1000).length, 160_000);
});

const beaten = (playing: Playing, frames: number): Buffer => {
  const all: Buffer[] = [];
  for (let at = 0; at < frames; at += 1) {
    const frame = Buffer.alloc(160);
    if (!playing.fill(frame, 0, 'PCMA', at)) break;
    all.push(frame);
  }
  return Buffer.concat(all);
};

test('a play goes on where it is told to, across its clips, to the sample; beyond the end is the end', () => {
  const playing = new Playing('p', false, 0, 0);
  playing.begin(new Playlist([numbered(0, 480), numbered(480, 320)], false));
  assert.deepEqual(playing.change({ atMs: 70 }), { atMs: 70, lengthMs: 100, paused: false, volumeDb: 0 });
  assert.equal(beaten(playing, 1)[0], 560 & 0xff);
  assert.equal(playing.change({ byMs: -80 }).atMs, 10);
  assert.equal(beaten(playing, 1)[0], 80);
  assert.equal(playing.change({ byMs: -8000 }).atMs, 0);
  assert.equal(playing.change({ atMs: 5000 }).atMs, 100);
  assert.equal(beaten(playing, 1).length, 0);
  const later = new Playing('p', false, 0, 30);
  later.begin(new Playlist([numbered(0, 480)], false));
  assert.equal(beaten(later, 1)[0], 240, 'begun 30 ms in');
});

test('a paused play sends silence and goes on with the next sample', () => {
  const playing = new Playing('p', false, 0, 0);
  playing.begin(new Playlist([numbered(0, 480)], false));
  beaten(playing, 1);
  playing.change({ paused: true });
  assert.ok(beaten(playing, 5).every((byte) => byte === 0xd5));
  assert.equal(playing.change({ paused: false }).atMs, 20);
  assert.equal(beaten(playing, 1)[0], 160);
});

test('volume is as many decibels as asked for, in both laws, from one frame to the next', () => {
  for (const codec of ['PCMA', 'PCMU'] as const) {
    for (const db of [-40, -12, -6, 0, 6, 12]) {
      const tone = { hz: [440], dbm0: -20, onMs: 1000, offMs: 0 };
      const playing = new Playing('p', false, db, 0);
      playing.begin(new Playlist([toneClip(tone, toneAudio(tone))], false));
      const frame = Buffer.alloc(160);
      assert.equal(playing.fill(frame, 0, codec, 0), true);
      const level = 20 * Math.log10((rms(decode(frame, codec)) * Math.SQRT2) / 32_768) + 3.14;
      assert.ok(Math.abs(level - (-20 + db)) < (db === -40 ? 1.5 : 0.5), `${codec} ${db} dB: ${level} dBm0`);
    }
  }
});

const fail = (error: unknown): never => assert.fail(String(error));

class Counting implements Player {
  readonly beats: { frame: number; skipped: number; atMs: number }[] = [];
  beat(frame: number, skipped: number, nowMs: number): void {
    this.beats.push({ frame, skipped, atMs: nowMs });
  }
}

test('the beat keeps to the clock for an hour, spread over four slots, and stops when nobody plays', () => {
  const clock = new FakeClock(1_000_003);
  const tick = new Tick(clock, fail);
  const players = Array.from({ length: 8 }, () => new Counting());
  for (const player of players) tick.add(player);
  clock.forward(3_600_000);
  for (const { beats } of players) {
    assert.ok(Math.abs(beats.length - 180_000) <= 1);
    assert.ok(beats.every((each, at) => at === 0 || each.frame === (beats[at - 1]?.frame ?? 0) + 1));
  }
  assert.equal(new Set(players.map((player) => (player.beats[0]?.atMs ?? 0) % 20)).size, 4);
  for (const player of players) tick.remove(player);
  clock.forward(100);
  assert.equal(clock.armed, 0);
});

test('after a long stall what was missed is left out and said, not sent in a burst', () => {
  let lateMs = 0;
  const clock = new FakeClock(1_000_000);
  // A clock whose timers fire late, as when the thread was held up.
  const late = {
    now: () => clock.now() + lateMs,
    after: (ms: number, fn: () => void) => clock.after(ms, fn),
    every: (ms: number, fn: () => void) => clock.every(ms, fn),
  };
  const tick = new Tick(late, fail);
  const player = new Counting();
  tick.add(player);
  clock.forward(200);
  const before = player.beats.length;
  lateMs = 1000;
  clock.forward(20);
  const after = player.beats.slice(before);
  assert.ok(after.length <= 3, `${after.length} beats`);
  const first = after.find((beat) => beat.skipped > 0);
  assert.ok(first !== undefined && first.skipped >= 48 && first.skipped <= 51, `${first?.skipped} skipped`);
  assert.equal(first.frame - (player.beats[player.beats.indexOf(first) - 1]?.frame ?? 0), first.skipped + 1);
});

test('one player that throws is dropped, the others play on', () => {
  const clock = new FakeClock();
  const faults: unknown[] = [];
  const tick = new Tick(clock, (error) => faults.push(error));
  tick.add({
    beat: () => {
      throw new Error('broken');
    },
  });
  const sound = new Counting();
  tick.add(sound);
  clock.forward(1000);
  assert.equal(faults.length, 1);
  assert.ok(sound.beats.length >= 49);
});

test('A17 ports are even, rest 32 s after use, and the longest unused comes first', () => {
  const pool = new PortPool(20_001, 20_007);
  assert.deepEqual([pool.take(0), pool.take(0), pool.take(0)], [20_002, 20_004, 20_006]);
  assert.equal(pool.take(0), null);
  assert.ok(pool.inUse(20_004));
  pool.giveBack(20_004, 1000);
  pool.giveBack(20_004, 1000);
  pool.giveBack(20_002, 2000);
  assert.ok(!pool.inUse(20_004));
  assert.equal(pool.take(1000 + QUARANTINE_MS - 1), null);
  assert.equal(pool.take(1000 + QUARANTINE_MS), 20_004);
  assert.equal(pool.take(1000 + QUARANTINE_MS), null);
  assert.equal(pool.take(2000 + QUARANTINE_MS), 20_002);
});

test('ports begin where they are told to, so that a server started again does not take those its calls were on', () => {
  const pool = new PortPool(20_000, 20_007, 6);
  assert.deepEqual(
    [0, 0, 0, 0, 0].map((now) => pool.take(now)),
    [20_004, 20_006, 20_000, 20_002, null],
  );
});

for (const ppm of [-200, 0, 200]) {
  test(`both sides stay in step for an hour with up to 60 ms of jitter and a clock that runs ${ppm} ppm off`, () => {
    const timeline = new Timeline();
    const jitter = noise(ppm + 1000);
    let worst = 0;
    for (let n = 0; n < 180_000; n += 1) {
      const sentMs = n * 20 * (1 + ppm / 1e6);
      const arrival = Math.round((sentMs + jitter(60)) * 8);
      const position = timeline.place(1, (0xffff_0000 + n * 160) >>> 0, arrival);
      if (n > 500) worst = Math.max(worst, Math.abs(position - sentMs * 8));
    }
    assert.ok(worst <= 320, `${worst / 8} ms out of step`);
  });
}

test('silence, a new source and a clock set anew are placed by arrival', () => {
  const timeline = new Timeline();
  assert.equal(timeline.place(1, 5000, 800), 800);
  assert.equal(timeline.place(1, 5160, 970), 960);
  assert.equal(timeline.place(1, 5160 + 80_000, 80_965), 80_960, 'suppressed silence: the timestamps went on');
  assert.equal(timeline.place(1, 77, 81_000), 81_000, 'the clock was set anew');
  assert.equal(timeline.place(2, 99_999, 90_000), 90_000, 'another source');
});
