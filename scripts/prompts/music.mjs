#!/usr/bin/env node
/**
 * Synthesises music on hold: soft chords that fade into one another, 30 s that loop without a seam, 8 kHz mono PCM16.
 * Every frequency is rounded to a whole number of cycles per loop and every envelope wraps round, so that the end meets the beginning.
 *
 *   node scripts/prompts/music.mjs [dialplans/demo/music/default.wav]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const RATE = 8000;
const SECONDS = 30;
const SAMPLES = RATE * SECONDS;
/** About −16 dBFS at the loudest: it must not shout into an ear that waits. */
const PEAK = 0.16;

/** MIDI notes; C · Am · F · G · Em · F, with a bass below and a melody above. */
const chords = [
  [48, 60, 64, 67],
  [45, 57, 60, 64],
  [41, 57, 60, 65],
  [43, 59, 62, 67],
  [40, 59, 64, 67],
  [41, 57, 60, 65],
];
const melody = [76, 79, 72, 76, 72, 69, 77, 76, 74, 71, 76, 79, 72, 77, 76, 74, 72, 74];
const hertz = (note) => Math.round(440 * 2 ** ((note - 69) / 12) * SECONDS) / SECONDS;
const overtones = [1, 0.28, 0.1, 0.04];

/** Adds a tone with a raised-cosine attack and release, wrapping round the end of the loop. */
function add(out, note, startSeconds, lengthSeconds, level) {
  const length = Math.round(lengthSeconds * RATE);
  const start = Math.round(startSeconds * RATE);
  const base = hertz(note);
  for (let at = 0; at < length; at += 1) {
    const x = at / length;
    const envelope = 0.5 - 0.5 * Math.cos(2 * Math.PI * Math.min(x * 2.2, 0.5 + Math.max(0, (x - 0.227) / 1.546)));
    const t = (start + at) / RATE;
    let value = 0;
    for (const [index, strength] of overtones.entries()) {
      const frequency = base * (index + 1);
      if (frequency < 3200) value += strength * Math.sin(2 * Math.PI * frequency * t);
    }
    const slot = (start + at) % SAMPLES;
    out[slot] += value * envelope * level;
  }
}

const out = new Float64Array(SAMPLES);
const bar = SECONDS / chords.length;
for (const [index, chord] of chords.entries()) {
  for (const note of chord) add(out, note, index * bar, bar * 1.35, note < 50 ? 0.9 : 0.6);
}
const beat = SECONDS / melody.length;
for (const [index, note] of melody.entries()) add(out, note, index * beat, beat * 1.6, 0.5);

const loudest = out.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const data = Buffer.alloc(SAMPLES * 2);
for (let at = 0; at < SAMPLES; at += 1) data.writeInt16LE(Math.round((out[at] / loudest) * PEAK * 32767), at * 2);

const header = Buffer.alloc(44);
header.write('RIFF', 0, 'latin1');
header.writeUInt32LE(36 + data.length, 4);
header.write('WAVEfmt ', 8, 'latin1');
header.writeUInt32LE(16, 16);
header.writeUInt16LE(1, 20);
header.writeUInt16LE(1, 22);
header.writeUInt32LE(RATE, 24);
header.writeUInt32LE(RATE * 2, 28);
header.writeUInt16LE(2, 32);
header.writeUInt16LE(16, 34);
header.write('data', 36, 'latin1');
header.writeUInt32LE(data.length, 40);

const path = process.argv[2] ?? 'dialplans/demo/music/default.wav';
mkdirSync(dirname(path), { recursive: true });
writeFileSync(path, Buffer.concat([header, data]));
console.log(`${path}: ${SECONDS} s`);
