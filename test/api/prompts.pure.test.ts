/** Prompts over the API: what is taken, what is refused and why, what cannot go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wavHeader } from '../../kernel/wav.ts';
import type { ProblemDocument } from '../../src/api/problems.ts';
import { readPrompt } from '../../src/prompts/wav.ts';
import { openFakeHouse, tokenOf } from './fake-house.ts';

const wav = (channels: number, rate: number, bytes: number): Buffer => Buffer.concat([wavHeader(channels, rate, bytes), Buffer.alloc(bytes)]);
const headers = { authorization: `Bearer ${tokenOf('demo', 'admin')}`, 'content-type': 'audio/wav' };

test('a prompt is what every media server plays without a thought; anything else is refused with what it is', () => {
  assert.deepEqual(readPrompt(wav(1, 8_000, 16_000)).facts, { format: 'PCM16', rate: 8_000, seconds: 1 });
  assert.deepEqual(
    [Buffer.from('MP3'), wav(2, 8_000, 16), wav(1, 44_100, 16), wav(1, 8_000, 0), wav(1, 8_000, 16_000 * 301)].map((bytes) => readPrompt(bytes).fault),
    ['no_wav', 'channels', 'rate', 'empty', 'too_long'],
  );
});

test('a prompt is written, heard, and kept while a dialplan names it', async () => {
  const house = await openFakeHouse();
  const send = (method: 'GET' | 'PUT' | 'DELETE', path: string, payload?: Buffer) =>
    house.app.inject({ method, url: `/api/v1/prompts/${path}`, headers, ...(payload === undefined ? {} : { payload }) });
  const sound = wav(1, 8_000, 800);
  const written = await send('PUT', 'en/welcome', sound);
  assert.equal(written.statusCode, 200, written.body);
  assert.deepEqual((await send('GET', 'en/welcome')).rawPayload, sound);
  assert.deepEqual(
    house.audit.map(({ action, resource }) => [action, resource]),
    [['prompt.write', 'prompt/en/welcome']],
  );
  const refused = (await send('PUT', 'en/welcome', wav(1, 44_100, 16))).json() as ProblemDocument;
  assert.match(refused.errors?.[0]?.message ?? '', /8000 or 16000 samples a second; this has 44100/);
  assert.equal((await send('PUT', 'en/..%2Fescape', sound)).statusCode, 400);

  house.ports.dialplans.files = async () => ({ 'main.yaml': 'flows: { main: [{ play: welcome }] }' });
  assert.equal(((await send('DELETE', 'en/welcome')).json() as ProblemDocument).code, 'in_use');
  house.ports.dialplans.files = async () => ({ 'main.yaml': 'flows: { main: [{ play: welcome-gold }] }' });
  assert.equal((await send('DELETE', 'en/welcome')).statusCode, 204);
});
