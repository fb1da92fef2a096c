/**
 * What a spreadsheet makes of a cell. One that begins with `=` `+` `-` `@`, a tab or a line's end may be run as a formula by whoever opens the
 * file, with whatever a caller or an agent has typed into it: such text goes out with an apostrophe before it, and comes in without.
 */
export type Cell = string | number;

const DANGEROUS = /^[=+\-@\t\r\n]/;
/** Also those that have an apostrophe of their own before it: else going out and coming in would take it away. */
const GUARDED = /^'+[=+\-@\t\r\n]/;

/** Numbers of ours stay numbers, negative ones too: they cannot do anything. */
export const guarded = (cell: Cell): Cell => (typeof cell === 'string' && (DANGEROUS.test(cell) || GUARDED.test(cell)) ? `'${cell}` : cell);

export const unguarded = (text: string): string => (GUARDED.test(text) ? text.slice(1) : text);
