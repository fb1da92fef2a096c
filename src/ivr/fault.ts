/** What is wrong with a dialplan, where, and how to mend it: `file:line:column: sentence`. */
import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node } from 'yaml';
import type { z } from 'zod';

export interface Fault {
  /** As it was handed in: a path in the tenant's folder. */
  file: string;
  /** From 1. */
  line: number;
  column: number;
  message: string;
}

export const faultLine = (fault: Fault): string => `${fault.file}:${fault.line}:${fault.column}: ${fault.message}`;

/** A YAML file that keeps its positions. */
export interface ParsedFile {
  path: string;
  document: Document;
  lines: LineCounter;
}
export type YamlPath = readonly PropertyKey[];

/** Something in a file: a value, or with `atKey` the key it stands under. */
export interface Place {
  file: ParsedFile;
  at: YamlPath;
  atKey?: boolean;
}

export const below = (place: Place, ...steps: PropertyKey[]): Place => ({ file: place.file, at: [...place.at, ...steps] });
export const keyOf = (place: Place): Place => ({ ...place, atKey: true });

export function faultAt(place: Place, message: string, offset = 0): Fault {
  const start = offsetOf(place) + offset;
  const { line, col } = place.file.lines.linePos(start);
  return { file: place.file.path, line: Math.max(1, line), column: Math.max(1, col), message };
}

/** Where the value (or its key) begins; what is not there is looked for as near as possible above. */
function offsetOf({ file, at, atKey = false }: Place): number {
  let node: unknown = file.document.contents;
  let start = startOf(node) ?? 0;
  for (const [depth, step] of at.entries()) {
    if (isAlias(node)) node = node.resolve(file.document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined) return start;
      const wantsKey = atKey && depth === at.length - 1;
      start = (wantsKey ? undefined : startOf(pair.value)) ?? startOf(pair.key) ?? start;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      start = startOf(node) ?? start;
    } else return start;
  }
  return start;
}

const startOf = (node: unknown): number | undefined => (typeof node === 'object' && node !== null ? ((node as Node).range?.[0] ?? undefined) : undefined);

/** One fault a thing the schema complains of. `what` names the thing for people: "menu", "the file". */
export function schemaFaults(place: Place, what: string, error: z.ZodError, accepted: readonly string[]): Fault[] {
  return error.issues.flatMap((issue) => issueFaults(place, what, issue as Issue, accepted));
}

interface Issue {
  code: string;
  path: PropertyKey[];
  message: string;
  expected?: string;
  keys?: string[];
  values?: unknown[];
  minimum?: number | bigint;
  maximum?: number | bigint;
  errors?: Issue[][];
  issues?: Issue[];
}

function issueFaults(place: Place, what: string, issue: Issue, accepted: readonly string[]): Fault[] {
  const here = below(place, ...issue.path);
  const last = issue.path.at(-1);
  const named = last === undefined ? what : `"${issue.path.map(String).join('.')}" of ${what}`;
  switch (issue.code) {
    case 'unrecognized_keys': {
      const takes = issue.path.length === 0 && accepted.length > 0 ? `; it takes ${accepted.join(', ')}` : '';
      return (issue.keys ?? []).map((key) => faultAt(keyOf(below(here, key)), `${named} knows no "${key}"${nearest(key, accepted)}${takes}`));
    }
    case 'invalid_union': {
      const branch = bestBranch(issue.errors ?? []);
      if (branch === undefined) return [faultAt(here, `${named} is not of a form it can have: ${issue.message}`)];
      return branch.flatMap((inner) => issueFaults(place, what, { ...inner, path: [...issue.path, ...inner.path] }, accepted));
    }
    case 'invalid_key':
      return [faultAt(keyOf(here), `"${String(last)}" cannot stand in ${what}: ${issue.issues?.[0]?.message ?? issue.message}`)];
    case 'invalid_type':
      return [
        faultAt(
          here,
          issue.message.includes('received undefined') ? `${what} needs "${String(last)}" (${issue.expected}): add it` : `${named} must be ${issue.expected}`,
        ),
      ];
    case 'invalid_value':
      return [faultAt(here, `${named} must be one of ${(issue.values ?? []).join(', ')}`)];
    case 'too_small':
      return [faultAt(here, `${named} is too small: give at least ${issue.minimum}`)];
    case 'too_big':
      return [faultAt(here, `${named} is too big: give at most ${issue.maximum}`)];
    default:
      return [faultAt(here, `${named}: ${issue.message}`)];
  }
}

/** Of several forms the one that was most likely meant: whose own type fits, with the fewest complaints. */
function bestBranch(branches: Issue[][]): Issue[] | undefined {
  const weight = (branch: Issue[]): number => branch.reduce((sum, issue) => sum + (issue.path.length === 0 && issue.code === 'invalid_type' ? 100 : 1), 0);
  const sorted = branches.toSorted((a, b) => weight(a) - weight(b));
  return sorted[0];
}

/** ", did you mean …?" when a known word is at most two letters away. */
export function nearest(word: string, known: readonly string[]): string {
  const near = known.map((candidate) => ({ candidate, away: distance(word, candidate) })).sort((a, b) => a.away - b.away)[0];
  return near !== undefined && near.away <= 2 && near.away < near.candidate.length ? `, did you mean "${near.candidate}"?` : '';
}

/** Levenshtein, one row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
