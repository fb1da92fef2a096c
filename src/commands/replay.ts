/**
 * `huawu replay [FOLDER] [--from start|snapshot|N] [--print]`: tells the rooms a journal again and proves by hash that they
 * decide as on the day, or shows the first difference. Only reads: a journal that is being written can be replayed too.
 *
 * Of who was erased there are marks (`*17`) in the place of what was known: where that made no difference the rooms decide the same, and where it did, this says so.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomKey } from '../../kernel/ids.ts';
import { KEY_BYTES, readKeyRing } from '../../kernel/seal/keys.ts';
import { parseFlags } from '../../kernel/settings.ts';
import { type Config, readConfig } from '../config.ts';
import { type Difference, Proof } from '../journal/proof.ts';
import type { HouseSnapshot } from '../journal/replay.ts';
import { JournalOpener } from '../journal/seal.ts';
import { type JournalStart, journalBytes, startsOf, walk } from '../journal/walk.ts';
import { createRooms, restoreRooms } from '../rooms.ts';
import type { Recorded } from '../vocabulary.ts';

const USAGE = `usage: huawu replay [FOLDER] [--from start|snapshot|N] [--print]
  --from start     from the first event or the oldest snapshot there is (the usual)
  --from snapshot  from the newest snapshot
  --from N         from the newest snapshot of at most event N
  --print          every event and every command
`;
const TELL_EACH_EVENTS = 200_000;

/** Exit codes: 0 every decision the same, 1 one that is not, 2 wrong usage or no key, 3 one that is not, behind events of people who were erased. */
export async function main(args: string[]): Promise<number> {
  const { flags, words } = parseFlags(args);
  const unknown = Object.keys(flags).filter((name) => name !== 'FROM' && name !== 'PRINT');
  if (unknown.length > 0 || words.length > 1) return complain(`${unknown.map((name) => `--${name.toLowerCase()} is no flag of replay\n`).join('')}${USAGE}`);
  const config = readConfig([]);
  const folder = words[0] ?? join(config.dataDir, 'journal');
  if (!existsSync(folder)) return complain(`there is no folder ${folder}\n${USAGE}`);
  const opener = openerOf(folder, config.recordings);
  const start = chosen(startsOf(folder, opener), flags.FROM ?? 'start');
  if (start === undefined) return complain(`${folder} holds no journal that begins at ${flags.FROM ?? 'its start'}\n${USAGE}`);
  try {
    return replayFrom(folder, start, opener, flags.PRINT === 'true');
  } catch (error) {
    // A key that is not given, a file of keys that is not there: it says which.
    return complain(`${(error as Error).message}\n`);
  }
}

/** Those of the data folder that it lies in, else our own. Nothing is made here: who looks has no need of keys of her own. */
function openerOf(folder: string, { keys, keysFile }: Pick<Config['recordings'], 'keys' | 'keysFile'>): JournalOpener {
  const beside = [join(folder, '..', 'recording.keys'), keysFile].find((path) => existsSync(path));
  const given = keys ?? (beside === undefined ? randomKey(KEY_BYTES).toString('hex') : readFileSync(beside, 'utf8'));
  return new JournalOpener({ folder, keys: readKeyRing(given) });
}

function chosen(starts: readonly JournalStart[], from: string): JournalStart | undefined {
  if (from === 'start') return starts[0];
  if (from === 'snapshot') return starts.at(-1);
  const least = Number(from);
  return Number.isInteger(least) ? starts.findLast(({ seq }) => seq <= least) : undefined;
}

function replayFrom(folder: string, start: JournalStart, opener: JournalOpener, print: boolean): number {
  const rooms = createRooms();
  if (start.read !== null) {
    say(`from the snapshot after event ${start.seq}; what was said of calls that were up then is passed over\n`);
    restoreRooms(rooms, start.read() as HouseSnapshot);
  }
  const proof = new Proof(rooms.all, start.read === null);
  const progress = progressOver(journalBytes(folder));
  let broken = '';
  const onBreak = (file: string, lastSeq: number): void => {
    broken = `${file} cannot be read behind event ${lastSeq}; all before it was replayed\n`;
  };
  for (const recorded of walk(folder, start.seq, onBreak, opener)) {
    const told = proof.take(recorded);
    if (!Array.isArray(told)) return opener.erased > 0 ? differsByErasure(told, proof, opener) : differs(told, proof);
    if (print) printTurn(recorded, told);
    progress(proof.events);
  }
  say(broken);
  const left = proof.end();
  // A server that is running (or that died) has written an event and not yet what followed from it.
  if (left !== null) say(`the journal ends in mid-turn: ${left.now?.type} was to follow event ${left.seq}\n`);
  const { journal, now } = proof.hashes();
  if (journal !== now) return fail(`the hashes differ: journal ${journal}, decided now ${now}\n`);
  const passed = proof.passedOver > 0 ? `, ${proof.passedOver} of calls from before passed over` : '';
  const erased = opener.erased > 0 ? `${opener.erased} events and parts of snapshots are of people who were erased: the hash is of what is left of them\n` : '';
  say(`${proof.events} events replayed, every fact established again as it was: ${proof.facts} facts${passed}\n${erased}hash ${now}\n`);
  return 0;
}

/** No fault: what the rooms had decided by is gone. Behind it nothing can be compared. */
function differsByErasure(difference: Difference, proof: Proof, { erased }: JournalOpener): number {
  differs(difference, proof);
  say(
    `${erased} events and parts of snapshots before it are of people who were erased: where the rooms decided by what was known of them, they cannot decide the same again\n`,
  );
  return 3;
}

function differs({ seq, at, cause, then, now, fields }: Difference, proof: Proof): number {
  const lines = [
    `event ${seq} (${(then ?? now)?.type}) differs, ${new Date(at).toISOString()}, in the turn of ${JSON.stringify(cause)}`,
    ...fields.map((field) => `  ${field}`),
    `  journal: ${then === null ? '—' : JSON.stringify(then)}`,
    `  now:     ${now === null ? '—' : JSON.stringify(now)}`,
    `${proof.events} events before it are the same`,
  ];
  return fail(`${lines.join('\n')}\n`);
}

function progressOver(bytes: number): (events: number) => void {
  const startedAt = performance.now();
  return (events) => {
    if (events % TELL_EACH_EVENTS !== 0) return;
    const seconds = (performance.now() - startedAt) / 1000;
    process.stderr.write(`${events} events, ${Math.round(events / seconds)} a second, of a journal of ${Math.round(bytes / 1e6)} MB\n`);
  };
}

function printTurn({ seq, at, event, derived }: Recorded, commands: { type: string }[]): void {
  const when = new Date(at).toISOString();
  say(`${String(seq).padStart(8)} ${when} ${derived === true ? '  ' : ''}${JSON.stringify(event)}\n`);
  for (const command of commands) say(`${' '.repeat(36)}→ ${JSON.stringify(command)}\n`);
}

const say = (text: string): void => void process.stdout.write(text);

function fail(text: string): number {
  say(text);
  return 1;
}

function complain(text: string): number {
  process.stderr.write(text);
  return 2;
}
