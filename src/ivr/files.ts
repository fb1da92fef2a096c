/** Reads a tenant's dialplan folder: YAML files, names of prompts and music, and what tenant.yaml says there is. */
import { createHash } from 'node:crypto';
import { type Dirent, existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { asId, type DialplanVersion, type TenantId } from '../../kernel/ids.ts';
import { compileDialplan } from './compile.ts';
import type { Fault } from './fault.ts';
import { type DialplanWords, wordsOf } from './words.ts';
import type { DialplanSource, EnteredNumber } from './work.ts';

/** Who the tenant is, beside the dialplan; read by the store's seeding and, for names, here. */
export const TENANT_FILE = 'tenant.yaml';
const MOST_FILES = 200;
const MOST_SOUNDS = 10_000;

export interface DialplanText {
  /** Name in the folder, for example `main.yaml`. */
  path: string;
  text: string;
}

/** Every `*.yaml` but tenant.yaml, in the order of their names. Throws when the folder cannot be read. */
export function readDialplanTexts(folder: string): DialplanText[] {
  return entriesOf(folder)
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name) && entry.name !== TENANT_FILE)
    .map((entry) => entry.name)
    .sort()
    .slice(0, MOST_FILES)
    .map((name) => ({ path: name, text: readFileSync(join(folder, name), 'utf8') }));
}

/** `<tenant>@<12 hex digits>`: the same texts and sounds give the same version. */
export function versionOf(tenantId: TenantId, texts: readonly DialplanText[]): DialplanVersion {
  const hash = createHash('sha256');
  for (const { path, text } of texts) hash.update(`${path}\0${text}\0`);
  return asId<DialplanVersion>(`${tenantId}@${hash.digest('hex').slice(0, 12)}`);
}

/** What the compiler needs, from a folder on disk. `shown` is put before file names in faults. */
export function readSource(
  folder: string,
  tenantId: TenantId,
  options: { texts?: DialplanText[]; shown?: string; names?: Partial<TenantNames> } = {},
): DialplanSource {
  const texts = options.texts ?? readDialplanTexts(folder);
  const tenant = readTenant(folder);
  const names = options.names ?? {};
  return {
    tenantId,
    version: versionOf(tenantId, texts),
    files: texts.map(({ path, text }) => ({ path: options.shown === undefined ? path : join(options.shown, path), text })),
    prompts: { zh: soundNames(join(folder, 'prompts', 'zh')), en: soundNames(join(folder, 'prompts', 'en')) },
    music: soundNames(join(folder, 'music')),
    queues: names.queues ?? tenant.queues,
    agents: names.agents ?? tenant.agents,
    numbers: names.numbers ?? tenant.numbers,
    entered: names.entered ?? [],
    forms: names.forms ?? null,
  };
}

/** What the dialplan in a folder has that a queue may name; null where it is faulty, which its own reader tells. */
export function dialplanWords(folder: string): DialplanWords | null {
  const source = readSource(folder, asId<TenantId>(basename(folder)));
  const { plan } = compileDialplan(source);
  return plan === null || source.files.length === 0 ? null : wordsOf(plan, source.music);
}

/** null = not known, so not checked. */
export interface TenantNames {
  queues: string[] | null;
  agents: string[] | null;
  numbers: string[] | null;
  entered?: readonly EnteredNumber[];
  forms?: string[] | null;
  /** Exits to which queues overflow. */
  exits?: { queue: string; exit: string }[];
  /** Flows in which queues have their callers asked; absent = none. */
  surveys?: { queue: string; flow: string }[];
}

/** The names tenant.yaml gives; null for what it does not give. A tenant.yaml that is broken says nothing here: its own reader tells. */
function readTenant(folder: string): TenantNames {
  const path = join(folder, TENANT_FILE);
  if (!existsSync(path)) return { queues: null, agents: null, numbers: null };
  let tenant: unknown;
  try {
    tenant = parse(readFileSync(path, 'utf8'));
  } catch {
    tenant = null;
  }
  const listed = (field: string, name: string): string[] | null => {
    const list = typeof tenant === 'object' && tenant !== null ? (tenant as Record<string, unknown>)[field] : undefined;
    if (!Array.isArray(list)) return null;
    return list.map((item: unknown) => String(typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[name] : item));
  };
  return { queues: listed('queues', 'name'), agents: listed('agents', 'number'), numbers: listed('numbers', '') };
}

function soundNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return entriesOf(folder)
    .filter((entry) => entry.isFile() && entry.name.endsWith('.wav'))
    .map((entry) => entry.name.slice(0, -'.wav'.length))
    .sort()
    .slice(0, MOST_SOUNDS);
}

const entriesOf = (folder: string): Dirent[] => readdirSync(folder, { withFileTypes: true });

/** Tenant folders: `path` itself when it holds YAML, else its sub-folders that do. */
export function tenantFolders(path: string): string[] {
  const holdsYaml = (folder: string): boolean => entriesOf(folder).some((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name));
  if (holdsYaml(path)) return [path];
  return entriesOf(path)
    .filter((entry) => entry.isDirectory() && holdsYaml(join(path, entry.name)))
    .map((entry) => join(path, entry.name))
    .sort();
}

/** A folder without any file is no dialplan. */
export const emptyFault = (file: string): Fault => ({ file, line: 1, column: 1, message: 'there is no dialplan file here: add one that ends in .yaml' });
