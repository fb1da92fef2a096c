/** Records for tests of what is done with them: the story of a served call, as often as wanted. */
import { asId, type CallId, legIdOf } from '../../kernel/ids.ts';
import type { CallRecord } from '../../src/cdr/record.ts';
import { START, say, told } from './story.ts';

const [served] = told([
  ...[say.arrived(), say.found(0), say.answered(1, 0), say.flow(1, 'greeting'), say.queued(5), say.offered(7, 1), say.ringing(8, 1), say.answered(15, 1)],
  ...[say.offerEnded(15, 1, 'answered'), say.left(15, 'answered'), say.state(15, 'talking'), say.recordingStarted(15), say.recordingEnded(59, 44_000)],
  ...[say.legEnded(60, 0), say.legEnded(60, 1), say.ended(60)],
]);

/** `count` calls that arrived at `arrivedAt` and a second after one another backwards from there. */
export function records(count: number, arrivedAt: number, prefix = 'c'): CallRecord[] {
  return Array.from({ length: count }, (_, n) => {
    if (served === undefined) throw new Error('the story has no record');
    const callId = asId<CallId>(`${prefix}-${String(n).padStart(6, '0')}`);
    return shifted({ ...served, callId, legs: served.legs.map((leg, at) => ({ ...leg, legId: legIdOf(callId, at) })) }, arrivedAt - n * 1000 - START);
  });
}

function shifted(record: CallRecord, ms: number): CallRecord {
  const move = (at: number | null) => (at === null ? null : at + ms);
  return {
    ...record,
    ...{ arrivedAt: record.arrivedAt + ms, answeredAt: move(record.answeredAt), agentAnsweredAt: move(record.agentAnsweredAt), endedAt: record.endedAt + ms },
    recordings: record.recordings.map((recording) => ({ ...recording, recordingId: `${record.callId}.r1`, startedAt: recording.startedAt + ms })),
    legs: record.legs.map((leg) => ({
      ...leg,
      ...{ startedAt: leg.startedAt + ms, ringingAt: move(leg.ringingAt), answeredAt: move(leg.answeredAt), endedAt: leg.endedAt + ms },
    })),
  };
}
