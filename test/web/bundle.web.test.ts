import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { builtWeb } from '../support/built-web.ts';

interface Chunk {
  file: string;
  imports?: string[];
  css?: string[];
}
const MOST_BYTES = 250 * 1024;

test('the agent page loads at most 250 kB, gzipped, before it can be used', async (t) => {
  const folder = await builtWeb();
  const manifest = JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;
  const files = new Set<string>(['index.html']);
  const add = (key: string): void => {
    const chunk = manifest[key];
    assert.ok(chunk, `${key} is in the build`);
    if (files.has(chunk.file)) return;
    for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file);
    for (const imported of chunk.imports ?? []) add(imported);
  };
  add('index.html');
  add('agent/page.tsx');
  // Of the two languages one is loaded; Chinese weighs more.
  add('i18n/zh.json');
  const bytes = [...files].reduce((all, file) => all + gzipSync(readFileSync(join(folder, file))).length, 0);
  const page = readFileSync(join(folder, 'agent.html'), 'utf8');
  const words = manifest['i18n/zh.json']?.file;
  assert.deepEqual(
    [...files].filter((file) => file !== 'index.html' && file !== words && !page.includes(`"/${file}"`)),
    [],
    'its page names them all, so that they are on the way at once',
  );
  t.diagnostic(`first load of /agent: ${(bytes / 1024).toFixed(1)} KiB gzip in ${files.size} files`);
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
});
