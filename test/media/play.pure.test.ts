import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../../media/codec/g711.ts';
import { PortPool, QUARANTINE_MS } from '../../media/control/ports.ts';
import { type Clip, silence, soundOnce, toneAudio, toneClip } from '../../media/play/clip.ts';
import { Playlist } from '../../media/play/playlist.ts';
import { type Player, Tick } from '../../media/play/tick.ts';
import { Timeline } from '../../media/record/timeline.ts';
import { FakeClock } from '../support/clock.ts';
import { rms, secondsOf } from '../support/tone.ts';
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
  assert.equal(new Playlist([{ kind: 'music', audio }], true).fill(frame, 0, 'PCMA', 7), true);
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

test('ports are even, rest 32 s after use, and the longest unused comes first', () => {
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
