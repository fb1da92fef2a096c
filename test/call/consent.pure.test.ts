/** I10: what is recorded where its customer has been told, asked, has agreed, refused or said nothing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AgentId, asId, type CallId, type LegId, legIdOf, offerIdOf, type QueueId, type TenantId } from '../../kernel/ids.ts';
import type { CallCommand } from '../../src/call/command.ts';
import { type ConsentNeed, type ConsentState, consentStates } from '../../src/call/consent.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { CallEvent, RecordingRule } from '../../src/call/event.ts';

const callId = asId<CallId>('c-1');
const [caller, first, second] = [0, 1, 2].map((n) => legIdOf(callId, n)) as [LegId, LegId, LegId];
const party = { number: '+8613800001001', raw: '' };
const arrived: CallEvent = {
  type: 'callArrived',
  callId,
  legId: caller,
  tenantId: asId<TenantId>('demo'),
  caller: party,
  callee: party,
  trunk: 't',
  sipCallId: 's',
};
const answered = (legId: LegId): CallEvent => ({ type: 'legAnswered', callId, legId });
const noted = (consent: ConsentState): CallEvent => ({ type: 'consentNoted', callId, consent, how: consent === 'announced' ? 'notice' : 'key' });
const offered = (needs: ConsentNeed | null, legId = first, recording?: Exclude<RecordingRule, 'optional'>, record = true): CallEvent => ({
  ...{ type: 'callOffered', callId, queueId: asId<QueueId>('demo:service'), record, offerId: offerIdOf(callId, 1), legId },
  ...{ agentId: asId<AgentId>('demo:8001'), until: 20_000, ...(needs === null ? {} : { consent: needs }) },
  ...(recording === undefined ? {} : { recording }),
});

class Talk {
  readonly #room = createCallRoom();
  /** What is asked of the world about recordings and the line of the customer. */
  tell(...events: CallEvent[]): string[] {
    return events.flatMap((event) => this.#room.decide(event, 0).commands.flatMap(word));
  }
}
function word(command: CallCommand): string[] {
  if (command.type === 'releaseLeg') return [`release ${command.legId} ${command.cause}`];
  return command.type.endsWith('Recording') || command.type === 'joinLegs' ? [command.type] : [];
}
const joined = (said: ConsentState | null, needs: ConsentNeed | null): string[] =>
  new Talk().tell(arrived, answered(caller), ...(said === null ? [] : [noted(said)]), offered(needs), answered(first));

describe('I10 consent: what is recorded', () => {
  // biome-ignore format: a table
  const table: [ConsentState | null, Record<'nothing' | ConsentNeed, boolean>][] = [
    // said          the queue needs nothing, an announcement, her consent
    [null,        { nothing: true,  announced: false, given: false }],
    ['announced', { nothing: true,  announced: true,  given: false }],
    ['given',     { nothing: true,  announced: true,  given: true  }],
    ['refused',   { nothing: false, announced: false, given: false }],
  ];
  assert.deepEqual(
    table.slice(1).map(([said]) => said),
    [...consentStates],
  );
  for (const [said, row] of table)
    for (const [needs, records] of Object.entries(row) as ['nothing' | ConsentNeed, boolean][])
      test(`${said ?? 'nothing'} was said, ${needs} is needed: ${records ? 'recorded' : 'the call goes on unrecorded'}`, () =>
        assert.deepEqual(joined(said, needs === 'nothing' ? null : needs), records ? ['joinLegs', 'startRecording'] : ['joinLegs']));

  test('a notice takes back no answer, another answer does', () => {
    for (const [says, records] of [
      [['refused', 'announced'], false],
      [['given', 'announced'], true],
      [['refused', 'given'], true],
      [['given', 'refused'], false],
    ] as [ConsentState[], boolean][]) {
      const words = new Talk().tell(arrived, answered(caller), ...says.map(noted), offered('given'), answered(first));
      assert.equal(words.includes('startRecording'), records, says.join());
    }
  });

  test('refused while it is recorded: it stops in the same turn, and nothing begins with the next agent', () => {
    const talk = new Talk();
    talk.tell(arrived, answered(caller), offered(null), answered(first));
    assert.deepEqual(talk.tell(noted('refused')), ['stopRecording']);
    talk.tell({ type: 'transferAsked', callId, legId: first, target: { kind: 'queue', queueId: asId<QueueId>('demo:vip') } });
    const next = talk.tell(offered(null, second), answered(second));
    assert.ok(next.includes('joinLegs') && !next.includes('startRecording'), next.join());
  });

  test('what the next queue needs counts there: consent that was enough is not everywhere', () => {
    const talk = new Talk();
    assert.ok(talk.tell(arrived, answered(caller), noted('announced'), offered('announced'), answered(first)).includes('startRecording'));
    talk.tell({ type: 'transferAsked', callId, legId: first, target: { kind: 'queue', queueId: asId<QueueId>('demo:vip') } });
    assert.ok(!talk.tell(offered('given', second), answered(second)).includes('startRecording'));
  });

  test('a media server that died brings no recording that was not allowed', () => {
    const talk = new Talk();
    talk.tell(arrived, answered(caller), noted('refused'), offered(null), answered(first));
    const lost = [caller, first].map((legId): CallEvent => ({ type: 'legMediaLost', callId, legId }));
    const back = [caller, first].map((legId): CallEvent => ({ type: 'legMediaRestored', callId, legId }));
    assert.deepEqual(talk.tell(...lost, ...back), ['joinLegs']);
  });

  test('what must be recorded and may not be does not take place, and nobody hears the other', () => {
    assert.deepEqual(new Talk().tell(arrived, answered(caller), noted('refused'), offered(null, first, 'mandatory'), answered(first)), [
      `release ${caller} recording_failure`,
    ]);
  });
});
