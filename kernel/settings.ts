/**
 * Reads one program's settings: flags over environment over huawu.yaml over defaults, secrets also from `NAME_FILE`.
 * Collects every fault instead of stopping at the first, each with the name, the value and how to mend it.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface Sources {
  flags: Readonly<Record<string, string>>;
  env: Readonly<Record<string, string | undefined>>;
  file: Readonly<Record<string, unknown>>;
}

export class SettingsReader {
  readonly faults: string[] = [];
  readonly #sources: Sources;
  constructor(sources: Sources) {
    this.#sources = sources;
  }

  text(name: string, fallback: string): string {
    return this.#raw(name) ?? fallback;
  }

  /** undefined when not set anywhere. */
  optional(name: string): string | undefined {
    return this.#raw(name);
  }

  integer(name: string, fallback: number, least: number, most: number): number {
    const raw = this.#raw(name);
    if (raw === undefined) return fallback;
    const value = Number(raw);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    this.faults.push(`${name} is "${raw}": give a whole number from ${least} to ${most}`);
    return fallback;
  }

  choice<T extends string>(name: string, fallback: T, choices: readonly T[]): T {
    const raw = this.#raw(name);
    if (raw === undefined) return fallback;
    const found = choices.find((choice) => choice === raw);
    if (found === undefined) this.faults.push(`${name} is "${raw}": give one of ${choices.join(', ')}`);
    return found ?? fallback;
  }

  list(name: string): string[] {
    const raw = this.#raw(name);
    return raw === undefined
      ? []
      : raw
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== '');
  }

  /** `NAME_FILE` names a file whose trimmed content is the value; it wins over nothing and loses to `NAME`. */
  secret(name: string): string | undefined {
    const direct = this.#raw(name);
    if (direct !== undefined) return direct;
    const path = this.#raw(`${name}_FILE`);
    if (path === undefined) return undefined;
    try {
      return readFileSync(path, 'utf8').trim();
    } catch (error) {
      this.faults.push(`${name}_FILE is "${path}", which cannot be read (${(error as Error).message}): give a readable file or set ${name}`);
      return undefined;
    }
  }

  #raw(name: string): string | undefined {
    const flag = this.#sources.flags[name];
    if (flag !== undefined) return flag;
    const env = this.#sources.env[name];
    if (env !== undefined && env !== '') return env;
    const file = this.#sources.file[name];
    if (file === undefined || file === null) return undefined;
    if (typeof file === 'string' || typeof file === 'number' || typeof file === 'boolean') return String(file);
    if (Array.isArray(file)) return file.map(String).join(',');
    this.faults.push(`${name} in the configuration file is not a plain value: give text, a number or a list`);
    return undefined;
  }
}

/** `--sip-port 5070`, `--sip-port=5070` → { SIP_PORT: '5070' }; the rest is returned as words. */
export function parseFlags(args: readonly string[]): { flags: Record<string, string>; words: string[] } {
  const flags: Record<string, string> = {};
  const words: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (!arg.startsWith('--')) {
      words.push(arg);
      continue;
    }
    const [name = '', inline] = splitOnce(arg.slice(2), '=');
    const next = args[at + 1];
    const takesNext = inline === undefined && next !== undefined && !next.startsWith('--');
    if (takesNext) at += 1;
    flags[name.replaceAll('-', '_').toUpperCase()] = inline ?? (takesNext ? (next ?? '') : 'true');
  }
  return { flags, words };
}

/** The configuration file as a flat record; an absent file is an empty one, a broken one is a fault with its line and column. */
export function readSettingsFile(path: string, faults: string[]): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return {};
  }
  try {
    const value: unknown = parse(text);
    if (value === null || value === undefined) return {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
    faults.push(`${path}: the file must hold NAME: value lines`);
  } catch (error) {
    faults.push(`${path}: ${(error as Error).message.split('\n')[0]}`);
  }
  return {};
}

function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + mark.length)];
}
