/** Recorded prompts of each tenant, as files in its dialplan folder: `prompts/<language>/<name>.wav`. What is written is in use for the next call. */
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomToken, type TenantId } from '../../kernel/ids.ts';
import { readPrompt, type WavFacts } from './wav.ts';

export type PromptLanguage = 'zh' | 'en';
export const promptLanguages: readonly PromptLanguage[] = ['zh', 'en'];

export interface PromptFile {
  name: string;
  language: PromptLanguage;
  bytes: number;
  /** null: it is no file that can be played. */
  seconds: number | null;
  /** ms since 1970 */
  changedAt: number;
  /** What it says, where the folder's manifest knows it. */
  text: string | null;
}

export const MOST_PROMPT_BYTES = 10 * 1_048_576;
export const MOST_PROMPTS = 5_000;
/** Enough of a file to know its length. */
const HEAD_BYTES = 4_096;

/** What was seen of a file, which holds while it has this size and age: hundreds of files are not opened at every look. */
interface Looked {
  size: number;
  mtimeMs: number;
  seconds: number | null;
}
const MOST_KNOWN = 20_000;

export class Prompts {
  readonly #dialplansDir: string;
  readonly #known = new Map<string, Looked>();

  constructor(dialplansDir: string) {
    this.#dialplansDir = dialplansDir;
  }

  async list(tenantId: TenantId): Promise<PromptFile[]> {
    const texts = await this.#texts(tenantId);
    const all = await Promise.all(promptLanguages.map((language) => this.#ofLanguage(tenantId, language, texts)));
    return all.flat();
  }

  /** null: there is none. */
  async read(tenantId: TenantId, language: PromptLanguage, name: string): Promise<Buffer | null> {
    return readFile(this.#path(tenantId, language, name)).catch(() => null);
  }

  /** Whole or not at all. Rejects where the folder cannot be written. */
  async write(tenantId: TenantId, language: PromptLanguage, name: string, bytes: Buffer): Promise<void> {
    const folder = this.#folder(tenantId, language);
    await mkdir(folder, { recursive: true });
    const half = join(folder, `.${randomToken(6)}.half`);
    try {
      await writeFile(half, bytes);
      await rename(half, join(folder, `${name}.wav`));
    } catch (error) {
      await rm(half, { force: true });
      throw error;
    }
  }

  /** false: there was none. */
  async remove(tenantId: TenantId, language: PromptLanguage, name: string): Promise<boolean> {
    return rm(this.#path(tenantId, language, name)).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false;
        throw error;
      },
    );
  }

  #folder(tenantId: TenantId, language: PromptLanguage): string {
    return join(this.#dialplansDir, tenantId, 'prompts', language);
  }

  #path(tenantId: TenantId, language: PromptLanguage, name: string): string {
    return join(this.#folder(tenantId, language), `${name}.wav`);
  }

  async #ofLanguage(tenantId: TenantId, language: PromptLanguage, texts: ReadonlyMap<string, string>): Promise<PromptFile[]> {
    const folder = this.#folder(tenantId, language);
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.wav') && !name.startsWith('.')).sort();
    const found: PromptFile[] = [];
    for (const file of names.slice(0, MOST_PROMPTS)) {
      const name = file.slice(0, -'.wav'.length);
      const { size, mtimeMs, seconds } = await this.#looked(join(folder, file));
      found.push({ name, language, bytes: size, changedAt: Math.round(mtimeMs), text: texts.get(`${language} ${name}`) ?? null, seconds });
    }
    return found;
  }

  async #looked(path: string): Promise<Looked> {
    const { size, mtimeMs } = await stat(path);
    const before = this.#known.get(path);
    if (before !== undefined && before.size === size && before.mtimeMs === mtimeMs) return before;
    const head = await headOf(path);
    const { facts } = readPrompt(head);
    const seen = { size, mtimeMs, seconds: facts === null ? null : facts.seconds + (size - head.length) / bytesASecond(facts) };
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(path, seen);
    return seen;
  }

  async #texts(tenantId: TenantId): Promise<Map<string, string>> {
    const text = await readFile(join(this.#dialplansDir, tenantId, 'prompts', 'manifest.json'), 'utf8').catch(() => '{}');
    let manifest: { prompts?: { name?: unknown; language?: unknown; text?: unknown }[] } = {};
    try {
      manifest = JSON.parse(text) as typeof manifest;
    } catch {
      // Somebody is writing it: then nothing is known of what they say.
    }
    const known = (manifest.prompts ?? []).filter((each) => typeof each.text === 'string');
    return new Map(known.map(({ name, language, text: said }) => [`${String(language)} ${String(name)}`, String(said)]));
  }
}

const bytesASecond = ({ format, rate }: WavFacts): number => rate * (format === 'PCM16' ? 2 : 1);

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
