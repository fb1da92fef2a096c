/** Whether a prompt of the demo tenant is in what somebody heard: by cross-correlation with its file, sample by sample. */
import { readFileSync } from 'node:fs';
import { inProject } from './project.ts';
import { alawDecode } from './tone.ts';

const PATTERN = 4_000; // half a second
const STEP = 4; // coarse first; speech is still alike half a millisecond away

/** The prompt's samples (8 kHz), from its A-law WAV. */
export function promptSamples(name: string, language = 'zh'): Int16Array {
  const file = readFileSync(inProject(`dialplans/demo/prompts/${language}/${name}.wav`));
  const at = file.indexOf('data', 12, 'latin1');
  return Int16Array.from(file.subarray(at + 8, at + 8 + file.readUInt32LE(at + 4)), alawDecode);
}

/** The best likeness (−1 … 1) of half a second of the prompt with any stretch of what was heard. */
export function likeness(heard: Int16Array, prompt: Int16Array): number {
  const pattern = loudestPart(prompt);
  let best = 0;
  let bestAt = 0;
  const norm = Math.sqrt(energy(pattern, 0, PATTERN));
  const look = (from: number): void => {
    const value = correlation(heard, from, pattern) / (norm * Math.sqrt(energy(heard, from, PATTERN)) || 1);
    if (value > best) {
      best = value;
      bestAt = from;
    }
  };
  for (let from = 0; from + PATTERN <= heard.length; from += STEP) look(from);
  for (let from = Math.max(0, bestAt - STEP); from <= bestAt + STEP && from + PATTERN <= heard.length; from += 1) look(from);
  return best;
}

function loudestPart(prompt: Int16Array): Int16Array {
  let best = 0;
  for (let from = 0; from + PATTERN <= prompt.length; from += PATTERN / 8) if (energy(prompt, from, PATTERN) > energy(prompt, best, PATTERN)) best = from;
  return prompt.subarray(best, best + PATTERN);
}

function energy(samples: Int16Array, from: number, count: number): number {
  let sum = 0;
  for (let at = from; at < from + count; at += 1) sum += (samples[at] ?? 0) ** 2;
  return sum;
}

function correlation(heard: Int16Array, from: number, pattern: Int16Array): number {
  let sum = 0;
  for (let at = 0; at < PATTERN; at += 1) sum += (heard[from + at] ?? 0) * (pattern[at] ?? 0);
  return sum;
}
