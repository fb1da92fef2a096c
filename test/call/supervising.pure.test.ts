/** A supervisor on a call: whom she hears and who hears her, over hold, conference and transfer; each end by its name; taking over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, asId, type CallId, legIdOf, offerIdOf, type QueueId, type TenantId, type UserId } from '../../kernel/ids.ts';
import type { CallCommand } from '../../src/call/command.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { CallEvent, SupervisionMode } from '../../src/call/event.ts';

const callId = asId<CallId>('c-1');
const [her, phone, colleague] = [asId<AgentId>('demo:8001'), asId<AgentId>('demo:8010'), asId<AgentId>('demo:8002')];
const boss = asId<UserId>('demo:boss');
const [customer, own, theirs, watch] = [legIdOf(callId, 0), legIdOf(callId, 1), legIdOf(callId, 2), legIdOf(callId, 1001)];
type Told = Parameters<ReturnType<typeof createCallRoom>['decide']>[0] & Record<string, unknown>;

/** Customer and 8001 who talk, recorded; facts are told again as the switchboard does. */
class Talk {
  readonly room = createCallRoom();
  #now = 1_000_000;

  constructor() {
    const party = { number: '+8613800001001', raw: '13800001001' };
    const arrived = { legId: customer, tenantId: asId<TenantId>('demo'), caller: party, callee: { number: '10086', raw: '10086' }, trunk: 't', sipCallId: 's' };
    this.tell({ type: 'callArrived', callId, ...arrived });
    this.tell({ type: 'legAnswered', callId, legId: customer });
    this.offers(her, own, asId<QueueId>('demo:service'));
    this.tell({ type: 'legAnswered', callId, legId: own });
  }

  /** What of the turn is about the supervisor, the mix and who is joined or let go. */
  tell(event: Told): string[] {
    const said: string[] = [];
    const facts: { type: string; callId?: unknown }[] = [event];
    for (let next = facts.shift(); next !== undefined; next = facts.shift()) {
      this.#now += 1;
      const turn = this.room.decide(next, this.#now);
      facts.push(...turn.events);
      said.push(...turn.commands.flatMap(shortOf), ...turn.events.flatMap(factOf));
    }
    return said;
  }

  offers(agentId: AgentId, legId: typeof own, queueId: QueueId | null): void {
    this.tell({ type: 'callOffered', callId, queueId, record: queueId !== null, offerId: offerIdOf(callId, 1), legId, agentId, until: 0 });
  }

  asks(mode: SupervisionMode): string[] {
    return this.tell({ type: 'supervisionAsked', callId, mode, phone, of: her, by: boss, byName: 'Zhang' });
  }

  on(mode: SupervisionMode): string[] {
    this.asks(mode);
    return this.tell({ type: 'legAnswered', callId, legId: watch });
  }

  ends(legId: typeof own, cause = 'normal'): string[] {
    return this.tell({ type: 'legEnded', callId, legId, ending: { cause, by: 'far_end' } });
  }
}

const number = (legId: string): string => legId.slice(legId.lastIndexOf('.') + 1);
function shortOf(command: CallCommand): string[] {
  switch (command.type) {
    case 'conferLegs': {
      const deaf = (command.gains ?? []).map(({ speaker, listener, db }) => `${number(speaker)}!${number(listener)}${db ?? ''}`).join(',');
      return [`mix ${command.legIds.map(number).join('+')}${deaf === '' ? '' : ` ${deaf}`}`];
    }
    case 'joinLegs':
      return [`join ${command.legIds.map(number).join('+')}`];
    case 'partLegs':
      return [`part ${command.legIds.map(number).join('+')}`];
    case 'releaseLeg':
      return [`release ${number(command.legId)} ${command.cause}`];
    case 'ringLeg':
      return [`ring ${number(command.legId)} of ${command.agentId}`];
    case 'moveRecording':
      return [`record ${number(command.left)}+${number(command.right)}`];
    case 'stopRecording':
      return ['stop recording'];
    default:
      return [];
  }
}
const factOf = (event: CallEvent): string[] =>
  event.type === 'supervisionChanged' ? [`${event.mode} ${event.change}${event.end === undefined ? '' : ` ${event.end}`}`] : [];

test('her phone is rung, and nobody is disturbed until it answers; then she listens, and nobody hears her', () => {
  const talk = new Talk();
  assert.deepEqual(talk.asks('listen'), ['ring 1001 of demo:8010', 'listen ringing']);
  assert.deepEqual(talk.tell({ type: 'legAnswered', callId, legId: watch }), ['mix 0+1+1001 1001!0,1001!1', 'listen began']);
});

test('whispering the agent hears her and the customer does not; barging in both do; it changes without a leg being touched', () => {
  const talk = new Talk();
  talk.on('listen');
  assert.deepEqual(talk.asks('whisper'), ['mix 0+1+1001 1001!0', 'whisper mode']);
  assert.deepEqual(talk.asks('barge'), ['mix 0+1+1001', 'barge mode']);
  assert.deepEqual(talk.asks('barge'), []);
  assert.deepEqual(talk.asks('listen'), ['mix 0+1+1001 1001!0,1001!1', 'listen mode']);
  assert.deepEqual(
    talk.tell({ type: 'supervisionAsked', callId, mode: 'barge', phone, of: her, by: asId('demo:other'), byName: 'x' }),
    [],
    'one supervisor a call',
  );
});

test('while the agent holds nobody hears anybody, music is the customer’s alone; taken back, she hears them again', () => {
  const talk = new Talk();
  talk.on('whisper');
  assert.deepEqual(talk.tell({ type: 'legHeld', callId, legId: own }), ['mix ', 'part 0+1']);
  assert.deepEqual(talk.tell({ type: 'legRetrieved', callId, legId: own }), ['join 0+1', 'mix 0+1+1001 1001!0']);
});

test('she stays while the customer is transferred to another agent, hears that one, and whispers to that one', () => {
  const talk = new Talk();
  talk.on('whisper');
  assert.deepEqual(talk.tell({ type: 'transferAsked', callId, legId: own, target: { kind: 'agent', agentId: colleague } }), [
    'mix ',
    'part 0+1',
    'stop recording',
  ]);
  talk.offers(colleague, theirs, null);
  const answered = talk.tell({ type: 'legAnswered', callId, legId: theirs });
  assert.deepEqual(
    answered.filter((line) => /^(join|mix)/.test(line)),
    ['join 0+2', 'mix 0+2+1001 1001!0'],
  );
  assert.deepEqual(
    talk.ends(own).filter((line) => line.includes('ended')),
    [],
    'who sent it there goes, and the supervisor stays',
  );
});

test('in a conference she hears all, and whispers to the agents among them', () => {
  const talk = new Talk();
  talk.tell({ type: 'deskPartyAsked', agentId: her, callId, how: 'conference', target: { kind: 'agent', agentId: colleague } });
  talk.offers(colleague, theirs, null);
  talk.tell({ type: 'legAnswered', callId, legId: theirs });
  assert.deepEqual(talk.on('whisper'), ['mix 0+1+2+1001 1001!0', 'whisper began']);
  assert.deepEqual(
    talk.ends(theirs).filter((line) => /^(join|mix)/.test(line)),
    ['join 0+1', 'mix 0+1+1001 1001!0'],
  );
});

const ends: [string, (talk: Talk) => string[], string[]][] = [
  ['she stops', (talk) => talk.tell({ type: 'supervisionStopAsked', callId, by: boss }), ['join 0+1', 'release 1001 normal', 'listen ended stopped']],
  ['she hangs up', (talk) => talk.ends(watch), ['join 0+1', 'listen ended supervisor_left']],
  ['the mixer fails', (talk) => talk.tell({ type: 'conferenceFailed', callId }), ['join 0+1', 'release 1001 normal', 'listen ended failed']],
  ['the customer hangs up', (talk) => talk.ends(customer), ['stop recording', 'release 1 normal', 'release 1001 normal', 'listen ended customer_left']],
  ['the agent hangs up', (talk) => talk.ends(own), ['stop recording', 'release 0 normal', 'release 1001 normal', 'listen ended agent_left']],
];
for (const [what, how, told] of ends) {
  test(`it ends by name when ${what}`, () => {
    const talk = new Talk();
    talk.on('listen');
    assert.deepEqual(how(talk), told);
    assert.equal(talk.room.calls.get(callId)?.supervision, null);
  });
}

test('a phone that does not answer ends it by name, and the talk was never touched; nobody but her stops it', () => {
  const talk = new Talk();
  talk.asks('listen');
  assert.deepEqual(talk.tell({ type: 'supervisionStopAsked', callId, by: asId('demo:other') }), []);
  assert.deepEqual(talk.ends(watch, 'no_answer'), ['listen ended no_answer']);
});

test('taking over her leg stands in the agent’s place, the recording goes on with her, and the agent is let go', () => {
  const talk = new Talk();
  talk.on('listen');
  const told = talk.asks('take_over');
  assert.deepEqual(told, ['mix ', 'take_over ended took_over', 'part 0+1', 'join 0+1001', 'record 0+1001', 'release 1 transferred']);
  talk.ends(own);
  const call = talk.room.calls.get(callId);
  assert.deepEqual(call?.joined, [customer, watch]);
  assert.deepEqual(
    talk.ends(customer).filter((line) => line.startsWith('release')),
    ['release 1001 normal'],
  );
});
