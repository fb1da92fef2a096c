import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, asId, type CallId, legIdOf, offerIdOf, type QueueId, type TenantId, type UserId } from '../../kernel/ids.ts';
import type { CallCommand } from '../../src/call/command.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { CallEvent } from '../../src/call/event.ts';

const T0 = 1_000_000;
const callId = asId<CallId>('c-1');
const agentId = asId<AgentId>('demo:8001');
const other = asId<AgentId>('demo:8002');
const caller = legIdOf(callId, 0);
const first = legIdOf(callId, 1);
const second = legIdOf(callId, 2);
const api = { callId, holder: 'api', by: { kind: 'user', userId: asId<UserId>('demo:supervisor') } } as const;
const flow = { callId, holder: 'flow', by: { kind: 'flow' } } as const;

type Told = CallEvent | { type: 'deskPausedRecording' | 'deskResumedRecording'; agentId: AgentId; callId: CallId } | { type: 'timePassed' };

/** A call that is up and recorded, told facts as the switchboard does. */
class Talk {
  readonly #room = createCallRoom();
  readonly facts: CallEvent[] = [];
  wakeAt: number | null = null;

  constructor() {
    const party = { number: '+8613800001001', raw: '' };
    this.tell(T0, { type: 'callArrived', callId, legId: caller, tenantId: asId<TenantId>('demo'), caller: party, callee: party, trunk: 't', sipCallId: 's' });
    this.tell(T0, { type: 'legAnswered', callId, legId: caller });
    this.offer(first, agentId, 1);
    this.tell(T0, { type: 'legAnswered', callId, legId: first });
  }

  offer(legId: typeof first, to: AgentId, n: number): void {
    const queueId = asId<QueueId>('demo:service');
    this.tell(T0, { type: 'callOffered', callId, queueId, record: true, offerId: offerIdOf(callId, n), legId, agentId: to, until: T0 + 20_000 });
  }

  /** What is asked of the world about recordings. */
  tell(at: number, event: Told): CallCommand[] {
    const commands: CallCommand[] = [];
    for (const queue: { type: string }[] = [event]; ; ) {
      const next = queue.shift();
      if (next === undefined) return commands.filter(({ type }) => type.endsWith('Recording'));
      const turn = this.#room.decide(next, at);
      queue.push(...turn.events);
      this.facts.push(...turn.events);
      commands.push(...turn.commands);
      this.wakeAt = turn.wakeAt;
    }
  }
}
const pauses = { type: 'pauseRecording', callId, recordingId: 'c-1.r1' };
const resumes = { type: 'resumeRecording', callId, recordingId: 'c-1.r1' };

test('I1: paused while anybody holds it: the agent, the API and the flow each end only their own pause', () => {
  const talk = new Talk();
  assert.deepEqual(talk.tell(T0 + 1000, { type: 'deskPausedRecording', agentId, callId }), [pauses]);
  assert.deepEqual(talk.facts.at(-1), {
    ...{ type: 'recordingPaused', callId, recordingId: 'c-1.r1', holder: 'agent', by: { kind: 'agent', agentId }, until: T0 + 181_000 },
  });
  assert.deepEqual(talk.tell(T0 + 2000, { type: 'recordingPauseAsked', ...api, forMs: 60_000 }), []);
  assert.deepEqual(talk.tell(T0 + 3000, { type: 'recordingPauseAsked', ...flow, forMs: null }), []);
  assert.deepEqual(talk.tell(T0 + 4000, { type: 'deskResumedRecording', agentId, callId }), []);
  assert.deepEqual(talk.tell(T0 + 4000, { type: 'deskResumedRecording', agentId, callId }), [], 'what she does not hold needs no end');
  assert.deepEqual(talk.tell(T0 + 5000, { type: 'recordingResumeAsked', ...flow }), []);
  assert.deepEqual(talk.tell(T0 + 6000, { type: 'recordingResumeAsked', ...api }), [resumes]);
});

test('I1: a pause that is forgotten ends by itself at its time, and says so; asked again, it lasts longer; none lasts beyond a quarter of an hour', () => {
  const talk = new Talk();
  talk.tell(T0, { type: 'deskPausedRecording', agentId, callId });
  assert.equal(talk.wakeAt, T0 + 180_000);
  talk.tell(T0 + 100_000, { type: 'deskPausedRecording', agentId, callId });
  assert.deepEqual(talk.tell(T0 + 180_000, { type: 'timePassed' }), []);
  assert.deepEqual(talk.tell(T0 + 280_000, { type: 'timePassed' }), [resumes]);
  assert.deepEqual(talk.facts.at(-1), {
    ...{ type: 'recordingResumed', callId, recordingId: 'c-1.r1', holder: 'agent', by: { kind: 'agent', agentId }, why: 'timeout' },
  });
  talk.tell(T0, { type: 'recordingPauseAsked', ...api, forMs: 86_400_000 });
  assert.equal(talk.wakeAt, T0 + 900_000);
});

test('I1: transferred during a pause, the recording with the next agent begins paused, and she may end it', () => {
  const talk = new Talk();
  talk.tell(T0, { type: 'deskPausedRecording', agentId, callId });
  talk.tell(T0, { type: 'transferAsked', callId, legId: first, target: { kind: 'agent', agentId: other } });
  talk.offer(second, other, 2);
  const begins = talk.tell(T0 + 1000, { type: 'legAnswered', callId, legId: second });
  assert.deepEqual(
    begins.filter(({ type }) => type === 'startRecording').map((command) => 'paused' in command && command.paused),
    [true],
  );
  const resumed = talk.tell(T0 + 2000, { type: 'deskResumedRecording', agentId: other, callId });
  assert.deepEqual(resumed, [{ ...resumes, recordingId: 'c-1.r2' }]);
});

test('I1: the agent drops in a pause: the recording ends with the call, and nothing is left that wakes', () => {
  const talk = new Talk();
  talk.tell(T0, { type: 'deskPausedRecording', agentId, callId });
  const stops = talk.tell(T0 + 1000, { type: 'legEnded', callId, legId: first, ending: { cause: 'media_timeout', by: 'server' } });
  assert.deepEqual(stops, [{ type: 'stopRecording', callId, recordingId: 'c-1.r1' }]);
  talk.tell(T0 + 2000, { type: 'legEnded', callId, legId: caller, ending: { cause: 'normal', by: 'other_party' } });
  assert.equal(talk.wakeAt, null);
  assert.deepEqual(talk.tell(T0 + 500_000, { type: 'timePassed' }), []);
});

test('an agent who goes on from another phone stays in the same recording', () => {
  const talk = new Talk();
  talk.tell(T0, { type: 'takeoverAsked', callId, legId: second, replaces: first, agentId });
  assert.deepEqual(talk.tell(T0 + 500, { type: 'legAnswered', callId, legId: second }), [
    { type: 'moveRecording', callId, recordingId: 'c-1.r1', left: caller, right: second },
  ]);
});
