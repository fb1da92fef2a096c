/** Rules as text, there and back: YAML with the line of every key, so that a fault the server names by its path is shown where it stands. Pure. */
import { isMap, isSeq, LineCounter, type Node, parseDocument, stringify } from 'yaml';

export interface TextFault {
  line: number;
  column: number;
  message: string;
}
export type ReadRules = { rules: Record<string, unknown>; faults: [] } | { rules: null; faults: TextFault[] };

export const writeRules = (rules: Record<string, unknown>): string => (Object.keys(rules).length === 0 ? '' : stringify(rules, { indent: 2, lineWidth: 0 }));

export function readRules(text: string): ReadRules {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    return { rules: null, faults: [{ line, column: col, message: error.message }] };
  }
  const rules: unknown = document.toJS({ maxAliasCount: 10 });
  if (rules === null || rules === undefined) return { rules: {}, faults: [] };
  if (typeof rules !== 'object' || Array.isArray(rules)) return { rules: null, faults: [{ line: 1, column: 1, message: 'name: value' }] };
  return { rules: rules as Record<string, unknown>, faults: [] };
}

/** Where a path such as `overflow.0.to.queue` stands, or what of it there is. */
export function placeOf(text: string, path: string): { line: number; column: number } {
  const lines = new LineCounter();
  let node: Node | null = parseDocument(text, { lineCounter: lines }).contents;
  let at = 0;
  for (const step of path.split('.')) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(key) === step);
      if (pair === undefined) break;
      at = (pair.key as Node).range?.[0] ?? at;
      node = pair.value as Node | null;
    } else if (isSeq(node)) {
      node = (node.items[Number(step)] as Node | undefined) ?? null;
      at = node?.range?.[0] ?? at;
    } else break;
  }
  const { line, col } = lines.linePos(at);
  return { line, column: col };
}
