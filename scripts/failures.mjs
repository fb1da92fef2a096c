// What failed, and what took long, out of the reports of node's test runner (TAP): the whole of it where it happened, and three lines each for the end of a log.

const MOST_LINES = 3;
/** Its own fault is told by a test below it. */
const TOLD_BELOW = ['subtestsFailed', 'cancelledByParent'];

/** @typedef {{ file: string, title: string, error: string[] }} Failure `file`: the whole path, '' where the report does not say */

/** The failing tests of a report; of nested ones the innermost. */
export function failuresOf(tap) {
  const lines = tap.split('\n');
  const found = [];
  const outer = [];
  for (const [at, line] of lines.entries()) {
    const [, indent, title] = /^(\s*)not ok \d+ - (.*)$/.exec(line) ?? [];
    if (title === undefined || / # (?:SKIP|TODO)\b/.test(title)) continue;
    const details = detailsAfter(lines, at, indent);
    const file = /^\s*location: '(.+?):\d+:\d+'$/m.exec(details.join('\n'))?.[1] ?? '';
    const type = /^\s*failureType: '(\w+)'$/m.exec(details.join('\n'))?.[1] ?? '';
    (TOLD_BELOW.includes(type) ? outer : found).push({ file, title: titleOf(title, file), error: errorOf(details, lines, at) });
  }
  return found.length > 0 ? found : outer;
}

/** Tests that take so long are named: who wants a quicker lane begins with them. */
const LONG_S = 8;
const MOST_LONG = 8;

/** The longest tests of a report, whole suites as one. */
export function longestOf(tap) {
  const all = [...tap.matchAll(/^(?:not )?ok \d+ - (.*)\n {2}---\n {2}duration_ms: ([\d.]+)$/gm)].map(([, title, ms]) => ({
    title,
    seconds: Number(ms) / 1000,
  }));
  return all
    .filter(({ seconds }) => seconds >= LONG_S)
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, MOST_LONG);
}

const titleOf = (title, file) => (title === file ? 'the whole file' : title.replace(/\\([#\\])/g, '$1'));

function detailsAfter(lines, at, indent) {
  const end = lines.findIndex((line, n) => n > at && (line === `${indent}  ...` || n > at + 200));
  return lines.slice(at + 1, end === -1 ? undefined : end);
}

/** The first lines of the error that say something; of two objects that are not the same, where they differ. */
function errorOf(details, lines, from) {
  const at = details.findIndex((line) => /^\s*error: /.test(line));
  if (at === -1) return [];
  const [, indent, first] = /^(\s*)error: (.*)$/.exec(details[at]);
  if (first === "'test failed'") return [lastWords(lines, from)];
  if (!/^[|>]-?$/.test(first)) return [first.replace(/^(['"])(.*)\1$/, '$2')];
  const end = details.findIndex((line, n) => n > at && line.trim() !== '' && !line.startsWith(`${indent}  `));
  const said = details.slice(at + 1, end === -1 ? undefined : end).map((line) => line.slice(indent.length + 2));
  const telling = said.filter((line) => line.trim() !== '' && line !== '+ actual - expected');
  const [head = '', ...rest] = telling;
  const differing = rest.filter((line) => /^[+-] /.test(line));
  return [head, ...(differing.length > 0 ? differing : rest)].slice(0, MOST_LINES);
}

/** Of a file that died as a whole: the error among what it said. */
function lastWords(lines, before) {
  for (let at = before - 1; at > before - 60 && at >= 0; at -= 1) if (/^\s*# \w*Error\b/.test(lines[at])) return lines[at].replace(/^\s*# /, '');
  return 'test failed';
}

/** One short block for the end of the log; `alone`: what the same test said when its file was run again by itself. */
export function blockOf({ file, title, error, alone }) {
  const said = (lines) => (lines.length === 0 ? ['(no error is told)'] : lines);
  const told = alone === undefined ? said(error) : ['among others:', ...said(error), 'alone:', ...said(alone)];
  return [`FAILED ${file === '' ? '' : `${file}: `}${title}`, ...told.map((line) => `       ${line}`)].join('\n');
}

/** The failing tests of a report with all they say, so that nobody scrolls for them. */
export function inFull(tap) {
  const lines = tap.split('\n');
  const out = [];
  for (let at = 0; at < lines.length; at += 1) {
    if (!/^\s*not ok /.test(lines[at])) continue;
    out.push(...lines.slice(at, at + 40));
    at += 40;
  }
  return out.slice(0, 400).join('\n');
}
