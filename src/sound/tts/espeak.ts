/** espeak-ng as a voice: a process a text, which it gets over stdin, so that nothing of it is ever an argument or seen in the list of processes. */
import { spawn } from 'node:child_process';
import type { Language } from '../../call/event.ts';
import type { Voice } from './port.ts';

/** The plain `cmn` spells Mandarin in English; this one speaks it, characters as well as pinyin. */
const VOICES: Record<Language, string> = { zh: 'cmn-latn-pinyin', en: 'en' };
/** As the prompts of the demo are spoken. */
const WORDS_A_MINUTE = '150';
/** Over five minutes of 22,050 Hz. */
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_COMPLAINT = 200;

export function espeakVoice(program: string): Voice {
  return { name: `espeak-ng ${WORDS_A_MINUTE}`, say: (text, language, signal) => run(program, VOICES[language], unmarked(text), signal) };
}

/** Between double brackets it takes names of phonemes. */
const unmarked = (text: string): string => text.replaceAll('[[', ' ');

function run(program: string, voice: string, text: string, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // -b 1: the text is UTF-8, whatever the locale. None of our environment, which may hold secrets, is its business.
    const args = ['-v', voice, '-s', WORDS_A_MINUTE, '-b', '1', '--stdin', '--stdout'];
    const child = spawn(program, args, { env: {}, signal, killSignal: 'SIGKILL', stdio: ['pipe', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MOST_BYTES) chunks.push(chunk);
      else child.kill('SIGKILL');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(0, MOST_COMPLAINT);
    });
    // It may end before it has read: its exit code tells why.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
    child.on('close', (code, killed) => {
      if (code === 0) resolve(Buffer.concat(chunks));
      else reject(new Error(`espeak-ng ended with ${code ?? killed}: ${complaint.trim()}`));
    });
    child.stdin.end(text);
  });
}
