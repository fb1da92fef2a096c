/**
 * `npm run bench -- amd [--each N] [--seed N]`: greetings of people and of machines, synthesised with espeak-ng in several voices, paces and
 * languages, with noise and line levels, judged by the answering-machine detection. Prints its error rates; the set is the same for the same seed.
 */
import { execFileSync } from 'node:child_process';
import { decode, encode } from '../../media/codec/g711.ts';
import { AnswerDetector } from '../../media/tap/answering-machine.ts';
import { FRAME } from '../../media/tap/frame.ts';

const PEOPLE = {
  'en-us': [
    'hello',
    'hello?',
    'yes?',
    'hi',
    'hello, who is this',
    'good morning',
    'John speaking',
    'Smith residence',
    'yes, hello',
    'speaking',
    'hello, this is Mary',
  ],
  'cmn-latn-pinyin': ['wei2', 'wei2 ni3 hao3', 'ni3 hao3', 'wei2, shei2 a5', 'ni3 hao3, na3 wei4', 'wei2, ni3 shuo1', 'ai4, ni3 hao3', 'wo3 shi4 zhang1 wei3'],
};
/** Firms answer long: they are what timing cannot tell from machines; one in ten of the people here is one. */
const FIRMS = {
  'en-us': ['Acme Company, good morning, how can I help you', 'Thank you for calling Miller and Sons, this is Jane'],
  'cmn-latn-pinyin': ['ni3 hao3, zhe4 li3 shi4 hua2 wu4 gong1 si1, qing3 wen4 you3 shen2 me5 ke3 yi3 bang1 nin2'],
};
const MACHINES = {
  'en-us': [
    'Hi, you have reached John. I cannot take your call right now. Please leave a message after the tone.',
    'The person you are calling is not available. Please leave your message after the beep.',
    'You have reached the voice mailbox of five five five, zero one nine nine. Record your message at the tone.',
    'Hello, this is Mary. I am away from the phone. Leave your name and number, and I will call you back.',
  ],
  'cmn-latn-pinyin': [
    'nin2 hao3, nin2 bo1 da3 de5 yong4 hu4 zan4 shi2 wu2 fa3 jie1 ting1, qing3 zai4 ti2 shi4 yin1 hou4 liu2 yan2',
    'ni3 hao3, wo3 xian4 zai4 bu4 fang1 bian4 jie1 dian4 hua4, qing3 zai4 di1 de5 yi1 sheng1 zhi1 hou4 liu2 xia4 ni3 de5 xing4 ming2 he2 dian4 hua4',
    'dui4 bu5 qi3, nin2 bo1 jiao4 de5 yong4 hu4 zheng4 zai4 tong1 hua4 zhong1, qing3 shao1 hou4 zai4 bo1',
  ],
};
type Language = keyof typeof PEOPLE;
const LANGUAGES: Language[] = ['en-us', 'cmn-latn-pinyin'];
const VARIANTS = ['', '+m1', '+m3', '+m5', '+m7', '+f1', '+f2', '+f3', '+f4', '+f5'];
const BEEPS_HZ = [440, 800, 1000, 1400, 2000];
const ESPEAK_RATE = 22_050;
const MS = 8;
/** Beyond the verdict: so much is heard after the last sound. */
const TAIL_MS = 7000;

const dice = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const spoken = new Map<string, Int16Array>();
function speak(text: string, voice: string, pace: number): Int16Array {
  const key = `${voice} ${pace} ${text}`;
  let samples = spoken.get(key);
  if (samples === undefined) {
    const wav = execFileSync('espeak-ng', ['-v', voice, '-s', String(pace), '--stdout', text], {
      maxBuffer: 16 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    samples = to8k(new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length - (wav.length % 2))));
    spoken.set(key, samples);
  }
  return samples;
}

/** Linear between samples: a detector of energy hears no difference. */
const to8k = (samples: Int16Array): Int16Array =>
  Int16Array.from({ length: Math.floor((samples.length * 8000) / ESPEAK_RATE) }, (_, n) => {
    const at = (n * ESPEAK_RATE) / 8000;
    const whole = Math.floor(at);
    const [from = 0, to = 0] = [samples[whole], samples[whole + 1]];
    return Math.round(from + (to - from) * (at - whole));
  });

interface Answer {
  is: 'human' | 'machine';
  firm: boolean;
  line: Int16Array;
  beepEndsMs: number | null;
}

/** One answer as the line brings it: a wait, the greeting, a beep or a second hello, noise over all, in A-law. */
function answer(is: Answer['is'], random: () => number): Answer {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const language = pick(LANGUAGES);
  const firm = is === 'human' && random() < 0.1;
  const text = pick((is === 'machine' ? MACHINES : firm ? FIRMS : PEOPLE)[language]);
  const voice = `${language}${pick(VARIANTS)}`;
  const greeting = speak(text, voice, 130 + 10 * Math.floor(random() * 8));
  const waitMs = 100 + random() * 1400;
  const level = 10 ** (-(random() * 14) / 20);
  const parts: [number, Int16Array][] = [[waitMs, greeting]];
  let endMs = waitMs + greeting.length / MS;
  let beepEndsMs: number | null = null;
  if (is === 'machine' && random() < 0.8) {
    const ms = pick([200, 350, 500, 1000]);
    const hz = pick(BEEPS_HZ);
    parts.push([endMs + 200 + random() * 600, Int16Array.from({ length: ms * MS }, (_, n) => Math.round(9000 * Math.sin((2 * Math.PI * hz * n) / 8000)))]);
    endMs = (parts[1]?.[0] ?? 0) + ms;
    beepEndsMs = endMs;
  } else if (is === 'human' && random() < 0.3) {
    parts.push([endMs + 1200 + random() * 800, greeting]);
  }
  const noiseDb = 15 + random() * 30;
  return { is, firm, line: onTheLine(parts, level, noiseDb, random), beepEndsMs };
}

/** Noise lies so many dB below the loudest speech, and is coloured as a room's. */
function onTheLine(parts: [number, Int16Array][], level: number, noiseDb: number, random: () => number): Int16Array {
  const line = new Float64Array(Math.max(...parts.map(([ms, samples]) => Math.round(ms * MS) + samples.length)) + TAIL_MS * MS);
  const noise = 6000 * level * 10 ** (-noiseDb / 20);
  let low = 0;
  for (let n = 0; n < line.length; n += 1) {
    low = 0.8 * low + (random() - 0.5);
    line[n] = noise * low * 2;
  }
  for (const [ms, samples] of parts)
    for (const [n, sample] of samples.entries()) line[Math.round(ms * MS) + n] = (line[Math.round(ms * MS) + n] ?? 0) + sample * level;
  const coded = encode(
    Int16Array.from(line, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample)))),
    'PCMA',
  );
  return decode(coded, 'PCMA');
}

interface Judged {
  by: string;
  atMs: number;
  beepAtMs: number | null;
}

function judge(line: Int16Array): Judged {
  const detector = new AnswerDetector();
  let beepAtMs: number | null = null;
  for (let at = 0; at + FRAME <= line.length; at += FRAME) {
    detector.heard(line.subarray(at, at + FRAME));
    if (detector.beep !== null) beepAtMs ??= (at + FRAME) / MS;
  }
  return { by: detector.verdict?.by ?? 'none', atMs: detector.verdict?.atMs ?? 0, beepAtMs };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
const pct = (part: number, whole: number): number => Math.round((1000 * part) / Math.max(1, whole)) / 10;

export async function run({ each = 250, seed = 1 }: { each?: number; seed?: number }): Promise<Record<string, unknown>> {
  const random = dice(seed);
  process.stderr.write(`${each} people and ${each} machines, seed ${seed}: npm run bench -- amd --each ${each} --seed ${seed}\n`);
  const answers = (['human', 'machine'] as const).flatMap((is) => Array.from({ length: each }, () => answer(is, random)));
  const judged = answers.map((one) => ({ ...one, ...judge(one.line) }));
  const of = (is: Answer['is'], by: string): number => judged.filter((one) => one.is === is && one.by === by).length;
  const people = judged.filter((one) => one.is === 'human' && !one.firm);
  const beeps = judged.filter((one) => one.beepEndsMs !== null);
  const found = beeps.filter((one) => one.beepAtMs !== null && Math.abs(one.beepAtMs - (one.beepEndsMs ?? 0)) <= 100);
  return {
    ...{ seed, people: each, machines: each },
    human: { human: of('human', 'human'), machine: of('human', 'machine'), unknown: of('human', 'unknown') },
    machine: { human: of('machine', 'human'), machine: of('machine', 'machine'), unknown: of('machine', 'unknown') },
    peopleTakenForMachinesPct: pct(of('human', 'machine'), each),
    ofThemWithoutFirmsPct: pct(people.filter((one) => one.by === 'machine').length, people.length),
    machinesTakenForPeoplePct: pct(of('machine', 'human'), each),
    verdictAfterMedianMs: {
      human: median(judged.filter((one) => one.is === 'human').map((one) => one.atMs)),
      machine: median(judged.filter((one) => one.is === 'machine').map((one) => one.atMs)),
    },
    beeps: {
      made: beeps.length,
      foundAtTheirEnd: found.length,
      foundWhereNoneWas: judged.filter((one) => one.beepEndsMs === null && one.beepAtMs !== null).length,
    },
  };
}
