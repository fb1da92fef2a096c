/** A text of a dialplan on its way to the caller's ear: the application's sound rim, espeak-ng, a media server. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { asId, type CallId, type LegId, type TenantId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { readWav } from '../../media/codec/wav.ts';
import type { Sound } from '../../src/call/command.ts';
import { SoundRim } from '../../src/sound/sound.ts';
import { createSpeech } from '../../src/sound/tts/speech.ts';
import { Legs } from '../media/legs.ts';
import { type House, openHouse, until } from '../media/support.ts';
import { rms } from '../support/tone.ts';

const program = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'espeak-ng'))
  .find((file) => existsSync(file));
const skip = program === undefined && process.env.CI === undefined ? 'espeak-ng is not installed' : false;

let house: House;
let legs: Legs;
before(async () => {
  if (skip !== false) return;
  house = await openHouse();
  legs = new Legs(house);
});
after(async () => {
  if (skip !== false) return;
  legs.close();
  await house.close();
});

test('a text is spoken by espeak-ng in either language and heard whole by the caller; asked for again, its file is there', { skip }, async () => {
  assert.ok(program !== undefined, 'espeak-ng is not installed');
  const folder = join(house.folder, 'tts');
  const speech = createSpeech({ kind: 'espeak', program }, folder, systemClock);
  const sound = new SoundRim({
    ...{ media: house.media, clock: systemClock, log: silentLog, dialplansFolder: house.folder, speech },
    ...{ take: () => undefined, calls: { get: () => undefined, values: () => new Map<CallId, never>().values(), size: 0 } },
    recordings: { dir: house.folder, sealed: false, format: 'pcm16' },
    keepSecret: () => undefined,
    broke: () => undefined,
    verifyServicePassword: async () => 'unavailable',
  });
  const { id, party } = await legs.open();
  const [chinese, english] = ['您好，再见。', '-v "$(text)"'];
  const sounds: Sound[] = [
    { kind: 'speech', text: chinese, language: 'zh', fallback: null },
    { kind: 'speech', text: english, language: 'en', fallback: null },
  ];
  const command = { callId: asId<CallId>('c-1'), legId: id as LegId, playId: 'p', tenantId: asId<TenantId>('t'), loop: false, bargeIn: false };
  sound.carriers.playSounds({ type: 'playSounds', ...command, sounds });
  assert.equal((await house.event('playEnded', (event) => event.playId === 'p', 20_000)).end, 'finished');
  const made = await readdir(folder);
  const files = [await speech.speak(chinese, 'zh'), await speech.speak(english, 'en')];
  assert.deepEqual(files.map((file) => basename(file)).sort(), made.sort());
  const [first = 0, second = 0] = await Promise.all(files.map(async (file) => readWav(await readFile(file)).data.length / 2));
  for (const length of [first, second]) assert.ok(length > 4000 && length < 4 * 8000, `${length} samples`);
  await until('all of it is heard', () => party.audio().length >= first + second - 160);
  const heard = party.audio();
  for (const part of [heard.subarray(0, first), heard.subarray(first, first + second)]) assert.ok(rms(part) > 300, `level ${rms(part)}`);
});

test('espeak-ng that cannot be run, or ends with a fault, is a text that cannot be spoken', { skip }, async () => {
  const speak = (path: string) => createSpeech({ kind: 'espeak', program: path }, join(house.folder, 'none'), systemClock).speak('x', 'en');
  await assert.rejects(speak('/no/espeak-ng'), /ENOENT/);
  await assert.rejects(speak('/bin/false'), /ended with 1/);
});
