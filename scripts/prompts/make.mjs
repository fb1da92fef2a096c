#!/usr/bin/env node
/**
 * Makes the prompts a manifest lists but that are missing or whose text has changed, with espeak-ng and sox, as 8 kHz mono A-law WAV.
 * A prompt whose `source` is anything but "espeak-ng" (a studio recording) is left alone; its hash is taken anew.
 *
 *   node scripts/prompts/make.mjs [dialplans/demo/prompts] [--all] [--check]
 *
 * --all makes every synthetic prompt again; --check changes nothing and exits 1 when manifest and files disagree.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const folder = words[0] ?? 'dialplans/demo/prompts';
const all = process.argv.includes('--all');
const checkOnly = process.argv.includes('--check');
const manifestPath = join(folder, 'manifest.json');

/** Plain `cmn` of espeak-ng does not speak; the pinyin voice does, so the manifest keeps pinyin with tone numbers beside the text. */
const voices = { zh: ['cmn-latn-pinyin', '150'], en: ['en', '150'] };

const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const pathOf = (prompt) => join(folder, prompt.language, `${prompt.name}.wav`);
const spoken = (prompt) => (prompt.language === 'zh' ? prompt.pinyin : prompt.text);
const recipe = (prompt) => sha256(`${voices[prompt.language].join(' ')}|${spoken(prompt)}|${prompt.seconds ?? ''}`).slice(0, 16);

function run(program, args) {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: 30_000 });
  if (error !== undefined || status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

/** Silence is cut off both ends, so that fragments follow one another as one sentence; a sentence keeps a breath at its end. */
function make(prompt, workshop) {
  const raw = join(workshop, 'raw.wav');
  const [voice, speed] = voices[prompt.language];
  run('espeak-ng', ['-v', voice, '-s', speed, '-w', raw, spoken(prompt)]);
  const sentence = /[.。:]$/.test(prompt.text);
  const length =
    prompt.seconds === undefined ? ['pad', '0', sentence ? '0.25' : '0.04'] : ['pad', '0', String(prompt.seconds), 'trim', '0', String(prompt.seconds)];
  const trim = ['silence', '1', '0.01', '0.3%', 'reverse', 'silence', '1', '0.01', '0.3%', 'reverse'];
  run('sox', [raw, '-D', '-r', '8000', '-c', '1', '-e', 'a-law', pathOf(prompt), 'norm', '-4', 'highpass', '200', 'rate', '8000', ...trim, ...length]);
}

function check(manifest) {
  const faults = [];
  const listed = new Set(manifest.prompts.map(pathOf));
  for (const prompt of manifest.prompts) {
    const path = pathOf(prompt);
    if (!existsSync(path)) faults.push(`${path} is missing`);
    else if (sha256(readFileSync(path)) !== prompt.sha256) faults.push(`${path} is not the file the manifest names`);
    else if (prompt.source === 'espeak-ng' && prompt.madeFrom !== recipe(prompt)) faults.push(`${path} was made from another text`);
  }
  for (const language of Object.keys(voices)) {
    for (const file of readdirSync(join(folder, language))) {
      const path = join(folder, language, file);
      if (!listed.has(path)) faults.push(`${path} is not in the manifest`);
    }
  }
  return faults;
}

const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
if (checkOnly) {
  const faults = check(manifest);
  for (const fault of faults) console.error(fault);
  console.log(`${manifest.prompts.length} prompts, ${faults.length} faults`);
  process.exit(faults.length === 0 ? 0 : 1);
}
const workshop = mkdtempSync(join(tmpdir(), 'prompts-'));
let made = 0;
for (const prompt of manifest.prompts) {
  const path = pathOf(prompt);
  const fresh = prompt.madeFrom === recipe(prompt) && existsSync(path);
  if (prompt.source === 'espeak-ng' && (all || !fresh)) {
    make(prompt, workshop);
    prompt.madeFrom = recipe(prompt);
    made += 1;
  }
  prompt.sha256 = sha256(readFileSync(path));
}
rmSync(workshop, { recursive: true });
writeFileSync(manifestPath, `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`${made} made, ${manifest.prompts.length} in the manifest`);
