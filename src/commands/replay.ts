/**
 * `huawu replay [FOLDER]`: tells the rooms a journal again and checks that they establish the same facts as on the day.
 * Prints each turn with `--print`. The first difference names its event.
 */
import { join } from 'node:path';
import { openLog } from '../../kernel/log.ts';
import { parseFlags } from '../../kernel/settings.ts';
import { readConfig } from '../config.ts';
import { recover } from '../journal/read.ts';
import type { HouseSnapshot } from '../journal/replay.ts';
import { createRooms, restoreRooms } from '../rooms.ts';
import type { Event, Recorded } from '../vocabulary.ts';

export async function main(args: string[]): Promise<number> {
  const { flags, words } = parseFlags(args);
  const folder = words[0] ?? join(readConfig([]).dataDir, 'journal');
  const recovered = recover(folder, openLog('replay', 'warn'));
  const rooms = createRooms();
  if (recovered.snapshot !== null) {
    process.stdout.write(`starts from the snapshot after event ${recovered.snapshotSeq}; calls that were up then are not in it\n`);
    restoreRooms(rooms, recovered.snapshot as HouseSnapshot);
  }
  let due: Event[] = [];
  for (const recorded of recovered.events) {
    const difference =
      recorded.derived === true ? compare(due.shift(), recorded) : due[0] === undefined ? null : `was expected to follow: ${JSON.stringify(due[0])}`;
    if (difference !== null) {
      process.stdout.write(`event ${recorded.seq} (${recorded.event.type}) differs: ${difference}\n`);
      return 1;
    }
    const turns = rooms.all.map((room) => room.decide(recorded.event, recorded.at));
    due = [...due, ...turns.flatMap((turn) => turn.events)];
    if (flags.PRINT === 'true')
      print(
        recorded,
        turns.flatMap((turn) => turn.commands),
      );
  }
  process.stdout.write(`${recovered.events.length} events replayed, every fact established again as it was\n`);
  return 0;
}

function compare(expected: Event | undefined, recorded: Recorded): string | null {
  const [now, then] = [JSON.stringify(asThen(expected, recorded.event)), JSON.stringify(recorded.event)];
  return now === then ? null : `the journal has ${then}, the rooms now give ${now ?? 'nothing'}`;
}

/** What this build says beyond what the build of that day could: who of old was offered a call was not told why. */
function asThen(expected: Event | undefined, then: Event): Event | undefined {
  if (expected?.type !== 'callOffered' || then.type !== 'callOffered' || then.choice !== undefined) return expected;
  const { choice: _, ...told } = expected;
  return told;
}

function print({ seq, at, event, derived }: Recorded, commands: { type: string }[]): void {
  const when = new Date(at).toISOString();
  process.stdout.write(`${String(seq).padStart(8)} ${when} ${derived === true ? '  ' : ''}${JSON.stringify(event)}\n`);
  for (const command of commands) process.stdout.write(`${' '.repeat(36)}→ ${JSON.stringify(command)}\n`);
}
