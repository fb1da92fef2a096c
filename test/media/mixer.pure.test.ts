import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gainOf, Mixer } from '../../media/mix/mixer.ts';
import { noise } from './noise.ts';

const FRAME = 160;
const RERUN = 'node --import tsx --test test/media/mixer.pure.test.ts';

/** What each listener hears, added up one by one. */
function reference(gains: number[][], inputs: Int16Array[], audible: boolean[]): Int16Array[] {
  return gains.map((row) =>
    Int16Array.from({ length: FRAME }, (_, at) => {
      const sum = row.reduce((all, gain, speaker) => all + (audible[speaker] === true ? gain * (inputs[speaker]?.[at] ?? 0) : 0), 0);
      return Math.max(-32_768, Math.min(32_767, Math.round(sum)));
    }),
  );
}

test('500 seeded mixes: all but oneself, at the gains of the matrix, as one would add it up, and cut off where it is too loud', () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const next = noise(seed);
    const members = 1 + next(8);
    const speakers = members + next(2);
    const choices = [0, 1, 1, 1, 0.5, 2, gainOf(-20)];
    const gains = Array.from({ length: members }, (_, listener) =>
      Array.from({ length: speakers }, (__, speaker) => (speaker === listener ? 0 : (choices[next(choices.length)] ?? 1))),
    );
    const inputs = Array.from({ length: speakers }, () => Int16Array.from({ length: FRAME }, () => next(65_536) - 32_768));
    const audible = Array.from({ length: speakers }, () => next(4) > 0);
    const outputs = gains.map(() => new Int16Array(FRAME));
    const mixer = new Mixer(FRAME);
    mixer.arrange(gains);
    mixer.mix(inputs, audible, outputs);
    const wanted = reference(gains, inputs, audible);
    for (const [listener, out] of outputs.entries())
      for (const [at, sample] of out.entries()) {
        // Sums in another order may round the other way at halves.
        assert.ok(Math.abs(sample - (wanted[listener]?.[at] ?? 0)) <= 1, `seed ${seed}, listener ${listener}, sample ${at}; again: ${RERUN}`);
      }
  }
});

test('ten shouting at once saturate, they do not wrap', () => {
  const gains = Array.from({ length: 10 }, (_, listener) => Array.from({ length: 10 }, (__, speaker) => Number(speaker !== listener)));
  const mixer = new Mixer(FRAME);
  mixer.arrange(gains);
  const outputs = gains.map(() => new Int16Array(FRAME));
  mixer.mix(
    gains.map(() => new Int16Array(FRAME).fill(30_000)),
    gains.map(() => true),
    outputs,
  );
  assert.ok(outputs.every((out) => out.every((sample) => sample === 32_767)));
});

test('gains are decibels, and null is silence', () => {
  assert.deepEqual([gainOf(0), gainOf(null)], [1, 0]);
  assert.ok(Math.abs(gainOf(-6) - 0.501) < 0.001 && Math.abs(gainOf(6) - 1.995) < 0.001);
});
