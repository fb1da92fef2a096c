/** Consultation and conference in the call room: each turn compared whole, and every unhappy path to its end. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AgentId, asId, type CallId, type LegId, legIdOf, offerIdOf, type QueueId, type TenantId } from '../../kernel/ids.ts';
import type { Call } from '../../src/call/call.ts';
import type { CallCommand } from '../../src/call/command.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { CallEvent, PartyTarget } from '../../src/call/event.ts';

const callId = asId<CallId>('c-1');
const tenantId = asId<TenantId>('demo');
const [her, colleague] = [asId<AgentId>('demo:8001'), asId<AgentId>('demo:8002')];
const [customer, own, theirs, number] = [legIdOf(callId, 0), legIdOf(callId, 1), legIdOf(callId, 2), legIdOf(callId, 1001)];
const toAgent: PartyTarget = { kind: 'agent', agentId: colleague };
const toNumber: PartyTarget = { kind: 'number', number: '95588' };
type Told = Parameters<ReturnType<typeof createCallRoom>['decide']>[0] & Record<string, unknown>;

/** A call room with a customer and 8001 who talk, recorded; facts it establishes are told to it again, and to the acd as far as it makes offers. */
class Talk {
  readonly room = createCallRoom();
  now = 1_000_000;

  constructor() {
    const party = { number: '+8613800001001', raw: '13800001001' };
    const callee = { number: '10086', raw: '10086' };
    this.tell({ type: 'callArrived', callId, legId: customer, tenantId, caller: party, callee, trunk: 't', sipCallId: 's' });
    this.tell({ type: 'legAnswered', callId, legId: customer });
    this.offers(her, own, asId<QueueId>('demo:service'));
    this.tell({ type: 'legAnswered', callId, legId: own });
  }

  /** The last event's whole turn, in short. */
  tell(...events: Told[]): string[] {
    let said: string[] = [];
    for (const event of events) {
      said = [];
      const facts: Parameters<typeof this.room.decide>[0][] = [event];
      for (let next = facts.shift(); next !== undefined; next = facts.shift()) {
        this.now += 1;
        const turn = this.room.decide(next, this.now);
        facts.push(...turn.events);
        said.push(...turn.events.map(inShort), ...turn.commands.map(inShort));
        // What the acd makes of it.
        const asked = next as CallEvent;
        if (asked.type === 'partyAsked' && asked.target.kind === 'agent') this.offers(asked.target.agentId, theirs, null);
      }
    }
    return said;
  }

  offers(agentId: AgentId, legId: LegId, queueId: QueueId | null): void {
    this.tell({ type: 'callOffered', callId, queueId, record: queueId !== null, offerId: offerIdOf(callId, 1), legId, agentId, until: 0 });
  }

  asks(target: PartyTarget, how: 'consult' | 'conference' = 'consult'): string[] {
    return this.tell({ type: 'deskPartyAsked', agentId: her, callId, how, target });
  }

  says(what: 'complete' | 'cancel' | 'toggle' | 'conference'): string[] {
    return this.tell({ type: 'deskConsulted', agentId: her, callId, what });
  }

  answers(legId: LegId): string[] {
    return this.tell({ type: 'legAnswered', callId, legId });
  }

  ends(legId: LegId, cause = 'normal'): string[] {
    return this.tell({ type: 'legEnded', callId, legId, ending: { cause, by: 'far_end' } });
  }

  refuses(end: string): string[] {
    return this.tell({ type: 'offerEnded', callId, queueId: null, offerId: offerIdOf(callId, 1), legId: theirs, agentId: colleague, end });
  }

  get call(): Call {
    const call = this.room.calls.get(callId);
    assert.ok(call, 'the call');
    return call;
  }

  get held(): boolean {
    const { progress } = this.call.legs.get(own) ?? {};
    return progress?.state === 'up' && progress.held;
  }

  /** Asks, is answered. */
  consults(target: PartyTarget = toNumber): this {
    this.asks(target);
    this.answers(target.kind === 'agent' ? theirs : number);
    return this;
  }

  confers(): this {
    this.consults().says('conference');
    return this;
  }
}

const short = (legId: unknown): string => String(legId).replace('c-1.', '');
function inShort(said: CallEvent | CallCommand): string {
  switch (said.type) {
    case 'joinLegs':
      return `join ${said.legIds.map(short).join()}`;
    case 'partLegs':
      return `part ${said.legIds.map(short).join()} music ${said.musicTo === null ? 'none' : short(said.musicTo)}`;
    case 'conferLegs':
      return `confer ${said.legIds.map(short).join()}`;
    case 'releaseLeg':
      return `release ${short(said.legId)} ${said.cause}`;
    case 'playSounds':
      return `${said.sounds.map((sound) => (sound.kind === 'tone' ? sound.name : sound.kind)).join()} to ${short(said.legId)}`;
    case 'dialLeg':
      return `dial ${said.target} as ${short(said.legId)} for ${said.account}`;
    case 'startRecording':
      return `record ${short(said.left)},${short(said.right)}`;
    case 'stopRecording':
      return 'stop recording';
    case 'partyAsked':
      return `asked ${said.how}`;
    case 'partyAskEnded':
      return `${said.how} ${said.end}${said.cause === null ? '' : ` ${said.cause}`}${said.held ? ' held' : ''}`;
    case 'conferenceChanged':
      return `conference ${said.change} ${said.legIds.map(short).join()}`;
    case 'callHandedOn':
      return `handed on to ${short(said.legId)}`;
    case 'callQueued':
      return `queued ${said.queueId}`;
    default:
      return said.type;
  }
}

describe('a consultation', () => {
  test('of a number: the customer hears music, she hears it ring, then the two talk; the recording goes on', () => {
    const talk = new Talk();
    assert.deepEqual(talk.asks(toNumber), ['asked consult', 'part 0,1 music 0', 'dial 95588 as 1001 for demo:8001', 'ringback to 1']);
    assert.deepEqual(talk.answers(number), ['join 1,1001']);
    assert.equal(talk.call.recordingId, 'c-1.r1');
  });

  test('of a colleague is offered by the acd, and needs no leg of ours', () => {
    const talk = new Talk();
    assert.deepEqual(talk.asks(toAgent), ['asked consult', 'part 0,1 music 0', 'ringback to 1']);
    assert.equal(talk.call.consult?.legId, theirs);
    assert.deepEqual(talk.answers(theirs), ['join 1,2']);
  });

  test('completed: the customer is the third one’s, recorded as before; she goes', () => {
    const talk = new Talk().consults(toAgent);
    assert.deepEqual(talk.says('complete'), [
      ...['consult completed', 'handed on to 2', 'stop recording', 'part 1,2 music none', 'join 0,2', 'record 0,2', 'release 1 transferred'],
    ]);
    assert.deepEqual(talk.ends(own, 'transferred'), [], 'nothing more is to be done');
    assert.deepEqual(talk.ends(customer), ['stop recording', 'release 2 normal']);
    assert.deepEqual(talk.ends(theirs), ['callEnded']);
  });

  test('completed while it rings is a blind transfer: she goes when it answers, and has the customer back when it does not', () => {
    const talk = new Talk();
    talk.asks(toNumber);
    assert.deepEqual(talk.says('complete'), ['consult completed', 'stop recording']);
    assert.deepEqual(talk.answers(number), ['join 0,1001', 'release 1 transferred']);
    const other = new Talk();
    other.asks(toNumber);
    other.says('complete');
    assert.deepEqual(other.ends(number, 'busy'), ['refuseTransfer', 'join 0,1', 'record 0,1']);
  });

  test('given up: who was asked is let go, customer and agent talk', () => {
    assert.deepEqual(new Talk().consults().says('cancel'), ['consult cancelled', 'part 1,1001 music none', 'join 0,1', 'release 1001 normal']);
    const ringing = new Talk();
    ringing.asks(toAgent);
    assert.deepEqual(ringing.says('cancel'), ['consult cancelled', 'join 0,1'], 'what rings for an offer is the acd’s to withdraw');
    assert.deepEqual(ringing.refuses('withdrawn'), []);
  });

  test('toggled, she hears the customer and the other hears music, and back', () => {
    const talk = new Talk().consults();
    assert.deepEqual(talk.says('toggle'), ['consultToggled', 'part 1,1001 music 1001', 'join 0,1']);
    assert.deepEqual(talk.says('toggle'), ['consultToggled', 'part 0,1 music 0', 'join 1,1001']);
    talk.says('toggle');
    assert.deepEqual(talk.says('cancel'), ['consult cancelled', 'release 1001 normal'], 'she talks with the customer already');
  });

  for (const [end, cause] of [
    ['no_answer', 'no_answer'],
    ['rejected', 'rejected'],
    ['busy', 'busy'],
    ['unreachable', 'unreachable'],
  ] as const)
    test(`whose colleague is not there (${end}): the customer goes on hearing music until she takes them back`, () => {
      const talk = new Talk();
      talk.asks(toAgent);
      assert.deepEqual(talk.refuses(end), [`consult failed ${cause} held`, 'busy to 1']);
      assert.equal(talk.held, true);
      assert.deepEqual(talk.tell({ type: 'deskRetrieved', agentId: her, callId }), ['legRetrieved', 'join 0,1']);
      assert.deepEqual(talk.ends(theirs, cause), [], 'its leg ends behind that');
    });

  test('the third one hangs up: she has the customer on hold, or talks on with them', () => {
    assert.deepEqual(new Talk().consults().ends(number), ['consult left normal held', 'busy to 1']);
    const talk = new Talk().consults();
    talk.says('toggle');
    assert.deepEqual(talk.ends(number), ['consult left normal']);
    assert.deepEqual([talk.call.joined, talk.held], [[customer, own], false]);
  });

  test('the customer hangs up: while it rings all is over; else the two talk on until one of them hangs up', () => {
    const ringing = new Talk();
    ringing.asks(toNumber);
    assert.deepEqual(ringing.ends(customer), ['consult customer_left', 'stop recording', 'release 1 normal', 'release 1001 normal']);
    const talk = new Talk().consults();
    assert.deepEqual(talk.ends(customer), ['consult customer_left', 'stop recording']);
    assert.deepEqual(talk.ends(own), ['release 1001 normal']);
    assert.deepEqual(talk.ends(number), ['callEnded']);
    const toggled = new Talk().consults();
    toggled.says('toggle');
    assert.deepEqual(toggled.ends(customer), ['consult customer_left', 'stop recording', 'join 1,1001']);
  });

  test('she hangs up: the customer is not lost', () => {
    assert.deepEqual(new Talk().consults(toAgent).ends(own), ['consult completed', 'handed on to 2', 'stop recording', 'join 0,2', 'record 0,2']);
    const ringing = new Talk();
    ringing.tell({ type: 'callQueued', callId, queueId: 'demo:service', priority: 0, skills: [], maxWaitMs: null });
    ringing.asks(toAgent);
    assert.deepEqual(ringing.ends(own), ['consult completed', 'stop recording']);
    assert.deepEqual(ringing.refuses('no_answer'), ['queued demo:service']);
  });

  test('of who asks on hold needs no retrieve: the hold is part of it', () => {
    const talk = new Talk();
    talk.tell({ type: 'deskHeld', agentId: her, callId });
    talk.asks(toNumber);
    assert.equal(talk.held, false);
    assert.deepEqual(talk.says('cancel'), ['consult cancelled', 'join 0,1', 'release 1001 normal']);
  });

  test('one at a time: a second, a transfer and a capture are refused', () => {
    const talk = new Talk().consults();
    assert.deepEqual(talk.asks(toAgent), ['consult failed not_allowed']);
    assert.deepEqual(talk.tell({ type: 'transferAsked', callId, legId: own, target: toNumber }), ['refuseTransfer']);
    const capture = { form: 'f', field: 'n', fields: ['n'], least: 1, most: 2 };
    assert.deepEqual(talk.tell({ type: 'deskCaptureAsked', callId, agentId: her, ...capture }), ['captureChanged']);
  });

  test('all over in the same moment, in any order, ends the call once', () => {
    const legs = [customer, own, number];
    for (const first of legs)
      for (const second of legs.filter((leg) => leg !== first)) {
        const talk = new Talk().consults();
        const third = legs.find((leg) => leg !== first && leg !== second) ?? number;
        const said = [first, second, third].flatMap((leg) => talk.ends(leg));
        assert.equal(said.filter((what) => what === 'callEnded').length, 1, `${[first, second, third].join()}: ${said.join()}`);
      }
  });
});

describe('a conference', () => {
  test('of a consultation: all three hear one another, and the recording goes on', () => {
    assert.deepEqual(new Talk().consults().says('conference'), ['consult conferenced', 'conference began 0,1,1001', 'confer 0,1,1001']);
  });

  test('of two who talk and one who is added: once that answers', () => {
    const talk = new Talk();
    assert.deepEqual(talk.asks(toAgent, 'conference'), ['asked conference']);
    assert.deepEqual(talk.answers(theirs), ['conference conferenced', 'conference began 0,1,2', 'confer 0,1,2']);
    assert.deepEqual(talk.asks(toNumber, 'conference'), ['asked conference', 'dial 95588 as 1001 for demo:8001']);
    assert.deepEqual(talk.answers(number), ['conference conferenced', 'conference joined 0,1,2,1001', 'confer 0,1,2,1001']);
  });

  test('who is added and does not come changes nothing for the others', () => {
    const talk = new Talk();
    talk.asks(toNumber, 'conference');
    assert.deepEqual(talk.ends(number, 'busy'), ['conference failed busy']);
    assert.deepEqual(talk.call.joined, [customer, own]);
  });

  test('six at most, those who ring included', () => {
    const talk = new Talk();
    for (let n = 0; n < 4; n += 1) assert.equal(talk.asks(toNumber, 'conference')[0], 'asked conference');
    assert.deepEqual(talk.asks(toNumber, 'conference'), ['conference failed not_allowed']);
  });

  test('the customer leaves: the others go on as two, and nothing of it is recorded', () => {
    const talk = new Talk().confers();
    assert.deepEqual(talk.ends(customer), ['conference ended ', 'stop recording', 'join 1,1001']);
    assert.deepEqual(talk.ends(number), ['release 1 normal']);
    assert.deepEqual(talk.ends(own), ['callEnded']);
  });

  test('she leaves: customer and colleague go on, recorded, and the customer is the colleague’s', () => {
    const talk = new Talk().consults(toAgent);
    talk.says('conference');
    assert.deepEqual(talk.ends(own), ['conference ended ', 'handed on to 2', 'stop recording', 'record 0,2', 'join 0,2']);
  });

  test('she leaves a customer with a number: they go on, unless the queue ends it', () => {
    assert.deepEqual(new Talk().confers().ends(own), ['conference ended ', 'stop recording', 'record 0,1001', 'join 0,1001']);
    const talk = new Talk().confers();
    Object.assign(talk.call.legs.get(own) ?? {}, { conferenceEnds: true });
    assert.deepEqual(talk.ends(own), ['conference ended ', 'stop recording', 'release 0 normal', 'release 1001 normal']);
  });

  test('the third one leaves, or is dropped: customer and agent talk on in the same recording', () => {
    assert.deepEqual(new Talk().confers().ends(number), ['conference ended ', 'join 0,1']);
    const talk = new Talk().confers();
    assert.deepEqual(talk.tell({ type: 'deskPartyDropped', agentId: her, callId, legId: number }), ['release 1001 normal']);
    assert.deepEqual(talk.tell({ type: 'deskPartyDropped', agentId: colleague, callId, legId: number }), [], 'by nobody who is not in it');
  });

  test('who holds hears nothing and plays nothing to the others', () => {
    const talk = new Talk().confers();
    assert.deepEqual(talk.tell({ type: 'legHeld', callId, legId: own }), ['conference held 0,1,1001', 'confer 0,1001']);
    assert.deepEqual(talk.tell({ type: 'legRetrieved', callId, legId: own }), ['conference retrieved 0,1,1001', 'confer 0,1,1001']);
  });

  test('that the media server cannot mix leaves customer and agent talking', () => {
    const talk = new Talk().confers();
    assert.deepEqual(talk.tell({ type: 'conferenceFailed', callId }), ['conference ended ', 'release 1001 media_failure', 'join 0,1']);
  });

  test('audio that was lost and is back: all hear one another again', () => {
    const talk = new Talk().confers();
    talk.tell({ type: 'legMediaLost', callId, legId: number });
    assert.deepEqual(talk.tell({ type: 'legMediaRestored', callId, legId: number }), ['confer 0,1,1001', 'record 0,1']);
  });

  test('another phone of hers takes her place in it', () => {
    const talk = new Talk().confers();
    const browser = legIdOf(asId<CallId>('c-9'), 0);
    talk.tell({ type: 'takeoverAsked', callId, legId: browser, replaces: own, agentId: her });
    assert.deepEqual(talk.answers(browser), ['legReplaced', `confer 0,c-9.0,1001`, 'moveRecording', 'release 1 transferred']);
    assert.deepEqual(talk.ends(own, 'transferred'), []);
  });
});

test('muted, she stays so wherever she is joined: at another phone of hers, and when her audio was lost', () => {
  const talk = new Talk();
  assert.deepEqual(talk.tell({ type: 'deskMuted', agentId: her, callId, muted: true }), ['muteLeg']);
  assert.deepEqual(talk.tell({ type: 'deskMuted', agentId: her, callId, muted: true }), [], 'asked twice');
  talk.tell({ type: 'legMediaLost', callId, legId: own });
  assert.deepEqual(talk.tell({ type: 'legMediaRestored', callId, legId: own }), ['muteLeg', 'join 0,1', 'record 0,1']);
  const browser = legIdOf(asId<CallId>('c-9'), 0);
  talk.tell({ type: 'takeoverAsked', callId, legId: browser, replaces: own, agentId: her });
  assert.equal(talk.answers(browser)[1], 'muteLeg');
  assert.deepEqual(talk.tell({ type: 'deskMuted', agentId: her, callId, muted: false }), ['muteLeg']);
});

test('after a restart nothing is left of either', () => {
  const talk = new Talk().confers();
  talk.tell({ type: 'serverStarted' });
  assert.equal(talk.room.calls.size, 0);
});
