/** Three tellings of one call must agree: the record in the database, the journal's events, and what desks were told. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keysFrom } from '../../kernel/seal/keys.ts';
import { createCdr } from '../../src/cdr/fold.ts';
import type { CallRecord } from '../../src/cdr/record.ts';
import { readLine } from '../../src/journal/line.ts';
import { listedSegments } from '../../src/journal/read.ts';
import { JournalOpener } from '../../src/journal/seal.ts';
import type { Recorded } from '../../src/vocabulary.ts';
import type { DeskClient } from './desk-client.ts';
import type { House, CallRecord as Shown } from './house.ts';

export function journalOf(house: House): Recorded[] {
  const folder = join(house.dataDir, 'journal');
  const opener = new JournalOpener({ folder, keys: keysFrom(null, join(house.dataDir, 'recording.keys')) });
  return listedSegments(folder).flatMap(({ name, seq }) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .flatMap((line) => readLine(line) ?? [])
      .map((stored) => opener.event(stored, seq)),
  );
}

/** Folds the journal anew. */
export function recordByJournal(house: House, callId: string): CallRecord | undefined {
  const cdr = createCdr();
  const records = journalOf(house).flatMap(({ event, at }) => cdr.decide(event, at).commands);
  return records.flatMap((command) => (command.type === 'writeCdr' ? [command.record] : [])).findLast((record) => record.callId === callId);
}

export function agree(house: House, shown: Shown, desks: DeskClient[] = []): void {
  const folded = recordByJournal(house, shown.callId);
  assert.ok(folded, 'the journal knows the call');
  assert.deepEqual({ cause: shown.cause, by: shown.endedBy }, { cause: folded.ending.cause, by: folded.ending.by });
  assert.deepEqual(shown.legs.map(({ legId, cause }) => `${legId} ${cause}`).sort(), folded.legs.map((leg) => `${leg.legId} ${leg.ending.cause}`).sort());
  const answeredBy = folded.agents.map((agent) => agent.agentId);
  for (const desk of desks) {
    const established = desk.about(shown.callId).some((message) => message.type === 'callEstablished');
    assert.equal(
      established,
      answeredBy.some((agentId) => agentId === desk.agentId),
      `${desk.agentId}: established at the desk as in the record`,
    );
  }
}
