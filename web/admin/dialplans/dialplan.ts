/** Dialplans as the API tells them, and what somebody is writing: kept while she looks at other pages. */
export type Files = Record<string, string>;

export interface Version {
  version: string;
  publishedAt: string;
  publishedBy: string | null;
  note: string;
  current: boolean;
}
export interface Fault {
  file: string;
  line: number;
  column: number;
  message: string;
}

export interface Draft {
  /** The version it goes out from. */
  base: string;
  before: Files;
  files: Files;
}

/** Names of files that are not as they were. */
export const changedFiles = ({ before, files }: Draft): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(files)])].filter((name) => before[name] !== files[name]).sort();

let kept: Draft | null = null;
export const keptDraft = (): Draft | null => kept;
export function keepDraft(draft: Draft | null): void {
  kept = draft;
  // Closing the page would lose it: the browser asks first.
  window.onbeforeunload = draft !== null && changedFiles(draft).length > 0 ? (event) => event.preventDefault() : null;
}
