/** Where somebody writes in a YAML text: by indentation alone, so that it also works while the text is not yet whole. Pure. */

/** Keys from the outside in; `*` stands for an element of a list. */
export type Path = readonly string[];

export interface Place {
  path: Path;
  /** A name of a key, or what stands behind one. */
  kind: 'key' | 'value';
  /** What is there already, before the cursor. */
  word: string;
  /** Where that begins in the text. */
  from: number;
}

interface Line {
  /** Column of the first sign. */
  lead: number;
  /** How many `- ` stand before its content. */
  dashes: number;
  /** Column of its content. */
  column: number;
  /** null = it has none. */
  key: string | null;
  content: string;
}

const KEY = /^("[^"]*"|'[^']*'|[^\s"'#:{}[\],][^:#]*?)\s*:(?:\s|$)/;

function lineOf(text: string): Line | null {
  const [, spaces = '', marks = '', content = ''] = /^(\s*)((?:-\s+)*)(.*)$/.exec(text) ?? [];
  const bare = content === '-';
  if (content === '' && marks === '') return null;
  if (content.startsWith('#')) return null;
  const dashes = marks.split('-').length - 1 + (bare ? 1 : 0);
  const key = KEY.exec(content)?.[1]?.replaceAll(/^["']|["']$/g, '') ?? null;
  return { lead: spaces.length, dashes, column: spaces.length + marks.length + (bare ? 2 : 0), key, content: bare ? '' : content };
}

export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const lines = before.split('\n');
  const last = lines.pop() ?? '';
  const here = lineOf(last) ?? { lead: last.length, dashes: 0, column: last.length, key: null, content: '' };
  const value = here.key === null ? null : here.content.slice((KEY.exec(here.content)?.[0] ?? '').length);
  const word = value ?? here.content;
  const outer = parentsOf(lines, here);
  return { path: value === null ? outer : [...outer, here.key ?? ''], kind: value === null ? 'key' : 'value', word, from: offset - word.length };
}

const stars = (count: number): string[] => Array.from({ length: count }, () => '*');

/** From the line upwards: what it is a part of. */
function parentsOf(above: readonly string[], here: Line): string[] {
  const path = stars(here.dashes);
  let column = here.dashes > 0 ? here.lead : here.column;
  let isItem = here.dashes > 0;
  for (let at = above.length - 1; at >= 0 && (column > 0 || isItem); at -= 1) {
    const line = lineOf(above[at] ?? '');
    if (line === null) continue;
    const isFirstOfItem = line.dashes > 0 && line.column === column && !isItem;
    // `key:` and its list may begin in the same column.
    const isParent = line.key !== null && (line.column < column || (isItem && line.dashes === 0 && line.column === column));
    if (!isFirstOfItem && !isParent) continue;
    if (isParent) path.unshift(line.key ?? '');
    path.unshift(...stars(line.dashes));
    column = line.dashes > 0 ? line.lead : line.column;
    isItem = line.dashes > 0;
  }
  return path;
}
