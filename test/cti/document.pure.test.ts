/** PROTOCOL.md says what the code does: its tables are compared with those of the code, cell by cell. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { closeCodes } from '../../src/cti/errors.ts';
import { deskCommandTypes, serverMessageSchema } from '../../src/cti/protocol.ts';
import { deskPhases, type PhasedCommand, verdicts } from '../../src/cti/rules.ts';
import { inProject } from '../support/project.ts';

const text = readFileSync(inProject('src/cti/PROTOCOL.md'), 'utf8');

/** Rows of the table whose header begins with `| <first> |`, as trimmed cells. */
function tableWith(first: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${first} |`));
  assert.ok(start >= 0, first);
  const rows = lines.slice(start + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
const names = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');

test('what can work when is in the document as it is in the code', () => {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.includes('| signed_out |'));
  const phases = (lines[start] ?? '')
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
  assert.deepEqual(phases, deskPhases);
  const documented = new Map<string, string>();
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith('|')) break;
    const [commands = '', ...cells] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    for (const command of names(commands))
      for (const [n, cell] of cells.entries()) documented.set(`${command} ${phases[n]}`, cell === '✓' ? 'ok' : (names(cell)[0] ?? ''));
  }
  const coded = deskPhases.flatMap((phase) =>
    (Object.keys(verdicts[phase]) as PhasedCommand[]).map((command) => [`${command} ${phase}`, verdicts[phase][command]] as const),
  );
  assert.deepEqual(new Map([...documented].sort()), new Map([...coded].sort()));
});

test('every close code is in the document with whether to come back', () => {
  const documented = tableWith('code').map(([code, , comeBack = '']) => [Number(code), comeBack.startsWith('yes')]);
  const coded = Object.values(closeCodes).map((row) => [row.code, row.comeBack]);
  assert.deepEqual(
    documented,
    coded.sort((a, b) => Number(a[0]) - Number(b[0])),
  );
});

test('every command and every message is in the document', () => {
  assert.deepEqual(
    tableWith('command')
      .flatMap(([cell = '']) => names(cell))
      .sort(),
    [...deskCommandTypes].sort(),
  );
  const told = serverMessageSchema.options.map((option) => option.shape.type.value);
  const documented = [...tableWith('type').flatMap(([cell = '']) => names(cell)), 'welcome', 'snapshot', 'reply'];
  assert.deepEqual(documented.sort(), [...told].sort());
});
