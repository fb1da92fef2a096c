import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { wavHeader } from '../../kernel/wav.ts';
import { readWav } from '../../media/codec/wav.ts';
import { fileNameOf, SpokenFiles } from '../../src/sound/tts/cache.ts';
import { httpVoice } from '../../src/sound/tts/http.ts';
import { spokenText, type Voice } from '../../src/sound/tts/port.ts';
import { createSpeech, speechOf } from '../../src/sound/tts/speech.ts';
import { telephoneWav } from '../../src/sound/tts/wave.ts';
import { FakeClock } from '../support/clock.ts';
import { rms, shareAt } from '../support/tone.ts';
import { until } from '../support/wait.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'huawu-tts-'));
});
after(() => rm(folder, { recursive: true, force: true }));
let folders = 0;
function newFolder(): string {
  folders += 1;
  return join(folder, String(folders));
}

function toneWav(hz: number, rate: number, seconds = 0.5, channels = 1): Buffer {
  const data = Buffer.alloc(Math.round(rate * seconds) * 2);
  for (let at = 0; at < data.length / 2; at += 1) data.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * hz * at) / rate)), at * 2);
  return Buffer.concat([wavHeader(channels, rate, data.length), data]);
}
function samplesOf(wav: Buffer): Int16Array {
  const { rate, format, data } = readWav(wav);
  assert.deepEqual([rate, format], [8000, 'PCM16']);
  return Int16Array.from({ length: data.length / 2 }, (_, at) => data.readInt16LE(at * 2));
}

/** A voice whose texts are spoken when the test says so. */
class SlowVoice implements Voice {
  readonly name = 'slow';
  readonly said: string[] = [];
  readonly done: (() => void)[] = [];
  say(text: string, _: string, signal: AbortSignal): Promise<Buffer> {
    this.said.push(text);
    return new Promise((resolve, reject) => {
      this.done.push(() => resolve(toneWav(440, 8000, 0.02)));
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  }
}
const asked = (voice: SlowVoice, count: number) => until(`${count} texts asked for`, () => voice.said.length === count);

describe('a text to be spoken', () => {
  it('is one line of at most 500 characters without control characters', () => {
    assert.equal(spokenText('  Hello\r\n\u0007there\u0000 \u202e你好 '), 'Hello there 你好');
    assert.equal([...spokenText('𠮷'.repeat(600))].length, 500);
    assert.equal(spokenText('\u0000 \n'), '');
  });

  it('is kept under a name that differs with voice, language and text, and never holds the text', () => {
    const names = [fileNameOf('a', 'zh', 'b'), fileNameOf('a', 'en', 'b'), fileNameOf('b', 'zh', 'b'), fileNameOf('a', 'zh', '../c')];
    assert.equal(new Set(names).size, 4);
    for (const name of names) assert.match(name, /^[0-9a-f]{64}\.wav$/);
  });
});

describe('what a voice gives', () => {
  for (const rate of [11_025, 16_000, 22_050, 24_000, 44_100, 48_000]) {
    it(`comes to telephones in tune, as long and as loud as it was: ${rate} Hz`, async () => {
      const samples = samplesOf(await telephoneWav(toneWav(1000, rate)));
      assert.ok(Math.abs(samples.length - 4000) <= 1);
      const middle = samples.subarray(400, 3600);
      assert.ok(shareAt(middle, 1000) > 0.999);
      assert.ok(Math.abs(rms(middle) / (8000 / Math.SQRT2) - 1) < 0.01);
    });
  }

  it('has nothing left of what telephones cannot carry: 6 kHz does not come back as 2 kHz', async () => {
    const samples = samplesOf(await telephoneWav(toneWav(6000, 22_050)));
    assert.ok(rms(samples.subarray(400, 3600)) < 8);
  });

  it('may be a stream that claims more than there is', async () => {
    const wav = toneWav(1000, 22_050);
    wav.writeUInt32LE(0x7ffff000, 40);
    assert.ok(Math.abs(samplesOf(await telephoneWav(wav)).length - 4000) <= 1);
  });

  it('is refused when it is no such file', async () => {
    await assert.rejects(telephoneWav(Buffer.from('sorry')), /no WAV file/);
    await assert.rejects(telephoneWav(toneWav(1000, 8000, 0.1, 2)), /one channel/);
    await assert.rejects(telephoneWav(toneWav(1000, 96_000, 0.1)), /96000 Hz/);
    await assert.rejects(telephoneWav(wavHeader(1, 8000, 0)), /empty/);
  });
});

describe('speaking', () => {
  it('makes a text once for all who ask for it, now and later, and again when its file is gone', async () => {
    const [voice, home] = [new SlowVoice(), newFolder()];
    const speech = speechOf(voice, new SpokenFiles(home), systemClock);
    const both = Promise.all([speech.speak('one', 'zh'), speech.speak(' one\n', 'zh')]);
    await asked(voice, 1);
    voice.done[0]?.();
    const [path, same] = await both;
    assert.equal(path, same);
    assert.equal(path, join(home, fileNameOf('slow', 'zh', 'one')));
    assert.equal(await speech.speak('one', 'zh'), path);
    assert.equal(await speechOf(voice, new SpokenFiles(home), systemClock).speak('one', 'zh'), path, 'in another life too');
    assert.deepEqual(voice.said, ['one']);
    await rm(path);
    const again = speech.speak('one', 'zh');
    await asked(voice, 2);
    voice.done[1]?.();
    assert.equal(await again, path);
  });

  it('is done two texts at a time; 32 wait, one more is refused; who waits too long is told so, and his turn goes on', async () => {
    const [voice, clock] = [new SlowVoice(), new FakeClock()];
    const speech = speechOf(voice, new SpokenFiles(newFolder()), clock);
    const outcomes = Promise.allSettled(Array.from({ length: 35 }, (_, at) => speech.speak(`text ${at}`, 'en')));
    await asked(voice, 2);
    voice.done[0]?.();
    await asked(voice, 3);
    clock.forward(5000);
    const reasons = (await outcomes).map((each) => (each.status === 'rejected' ? (each.reason as Error).message : 'spoken'));
    const count = (pattern: RegExp): number => reasons.filter((reason) => pattern.test(reason)).length;
    assert.deepEqual([count(/^spoken$/), count(/32 texts wait/), count(/not spoken within 5000 ms/)], [1, 1, 33]);
    const later = speech.speak('later', 'en');
    await until('it is asked for', () => voice.said.at(-1) === 'later');
    voice.done.at(-1)?.();
    await later;
  });

  it('leaves nothing half written', async () => {
    const home = newFolder();
    const voice: Voice = { name: 'bad', say: async () => Buffer.from('no sound') };
    await assert.rejects(speechOf(voice, new SpokenFiles(home), systemClock).speak('one', 'zh'), /no WAV file/);
    await writeFile(join(home, 'x.wav.1.part'), 'half');
    await new SpokenFiles(home).find('y');
    assert.deepEqual(await readdir(home), []);
  });

  it('is refused where it is off', async () => {
    await assert.rejects(createSpeech({ kind: 'off' }, folder, systemClock).speak('one', 'zh'), /TTS is off/);
  });
});

describe('kept files', () => {
  it('are as many as there is room for: the one that was wanted longest ago goes first', async () => {
    const home = newFolder();
    const wav = Buffer.alloc(5000);
    const files = new SpokenFiles(home, 15_000);
    for (const name of ['a.wav', 'b.wav', 'c.wav']) await files.keep(name, wav);
    await files.find('a.wav');
    await files.keep('d.wav', wav);
    assert.deepEqual((await readdir(home)).sort(), ['a.wav', 'c.wav', 'd.wav']);
    assert.equal(await files.find('b.wav'), null);
  });

  it('of an earlier life count, and go by their age', async () => {
    const home = newFolder();
    const before = new SpokenFiles(home);
    for (const name of ['new.wav', 'old.wav']) await before.keep(name, Buffer.alloc(5000));
    await utimes(join(home, 'old.wav'), 1000, 1000);
    await new SpokenFiles(home, 12_000).keep('z.wav', Buffer.alloc(5000));
    assert.deepEqual((await readdir(home)).sort(), ['new.wav', 'z.wav']);
  });
});

describe('a voice behind HTTP', () => {
  /** One that answers as the test says; what it is asked. */
  async function withService<T>(answer: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
    const server = createServer(answer);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    try {
      return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/speak`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }
  const never = new AbortController().signal;
  const answering =
    (status: number, headers: Record<string, string>, body: Buffer = Buffer.alloc(0)): RequestListener =>
    (_, response) =>
      void response.writeHead(status, headers).end(body);

  it('is asked with text, language and token, and its audio is kept', async () => {
    const seen: unknown[] = [];
    const answer: RequestListener = async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      seen.push(request.method, request.headers.authorization, JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(200, { 'content-type': 'audio/wav' }).end(toneWav(800, 24_000));
    };
    await withService(answer, async (url) => {
      const path = await createSpeech({ kind: 'http', url, token: 'secret' }, newFolder(), systemClock).speak('你好', 'zh');
      assert.ok(shareAt(samplesOf(await readFile(path)), 800) > 0.99);
    });
    assert.deepEqual(seen, ['POST', 'Bearer secret', { text: '你好', language: 'zh' }]);
  });

  it('is not believed when it fails, leads elsewhere, sends something else or too much', async () => {
    const refused = (answer: RequestListener, why: RegExp) => withService(answer, (url) => assert.rejects(httpVoice(url, null).say('x', 'en', never), why));
    await refused(answering(503, {}), /answered 503/);
    await refused(answering(302, { location: 'http://127.0.0.1:1/' }), /fetch failed/);
    await refused(answering(200, { 'content-type': 'text/html' }), /sent text\/html/);
    await refused(answering(200, { 'content-type': 'audio/wav' }, Buffer.alloc(5 * 1024 * 1024 + 1)), /more than 5242880 bytes/);
  });

  it('that says nothing is given up', async () => {
    const deadline = new AbortController();
    await withService(
      () => deadline.abort(new Error('too late')),
      (url) => assert.rejects(httpVoice(url, null).say('x', 'en', deadline.signal), /too late/),
    );
  });
});
