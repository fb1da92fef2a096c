import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type EndingCause, endingCauses } from '../../src/call/ending.ts';
import { cancelReason, endingOfBye, endingOfServerBye, endingOfStatus, mostTelling, reasonHeader, statusOfCause } from '../../src/phone/endings.ts';

/** What the far end of our refusal must read out of it; causes that only we know shrink to what SIP can say. */
const readBack: Record<EndingCause, EndingCause> = {
  normal: 'unreachable',
  abandoned: 'rejected',
  busy: 'busy',
  no_answer: 'no_answer',
  rejected: 'rejected',
  unreachable: 'unreachable',
  not_found: 'not_found',
  not_allowed: 'not_allowed',
  congestion: 'congestion',
  incompatible_media: 'incompatible_media',
  answered_elsewhere: 'answered_elsewhere',
  transferred: 'unreachable',
  media_timeout: 'unreachable',
  media_failure: 'congestion',
  recording_failure: 'congestion',
  sip_failure: 'unreachable',
  no_ack: 'internal',
  session_expired: 'internal',
  max_duration: 'unreachable',
  dialplan_end: 'unreachable',
  server_shutdown: 'congestion',
  server_restart: 'congestion',
  internal: 'internal',
};

describe('endings', () => {
  it('have a cause and a Q.850 value for every final status that is no success', () => {
    for (let status = 300; status <= 699; status += 1) {
      const ending = endingOfStatus(status);
      assert.ok(endingCauses.includes(ending.cause), `${status}`);
      assert.ok(ending.q850 !== undefined && ending.q850 >= 1 && ending.q850 <= 127, `${status}`);
      assert.equal(ending.sip, status);
      assert.equal(ending.by, 'far_end');
    }
  });

  it('have a final status and a Q.850 value for every cause', () => {
    for (const cause of endingCauses) {
      const { status, q850 } = statusOfCause[cause];
      assert.ok(status >= 400 && status <= 699, cause);
      assert.ok(q850 >= 1 && q850 <= 127, cause);
    }
  });

  for (const cause of endingCauses)
    it(`${cause}, sent and received, reads ${readBack[cause]}`, () =>
      assert.equal(endingOfStatus(statusOfCause[cause].status, reasonHeader(cause)).cause, readBack[cause]));

  it('let the Q.850 value of a Reason header decide where the status is vague, wherever it stands in the list', () => {
    assert.deepEqual(endingOfStatus(480, 'SIP;cause=480, Q.850 ;cause=19 ;text="no answer"'), { cause: 'no_answer', by: 'far_end', sip: 480, q850: 19 });
    assert.deepEqual(endingOfStatus(486, 'Q.850;cause=999'), { cause: 'busy', by: 'far_end', sip: 486, q850: 17 });
    assert.deepEqual(endingOfStatus(486, 'SIP;cause=200;text="Q.850;cause=1"').cause, 'busy');
  });

  it('take a BYE for a hang-up and keep its Q.850 value', () => {
    assert.deepEqual(endingOfBye(undefined), { cause: 'normal', by: 'far_end', q850: 16 });
    assert.deepEqual(endingOfBye('Q.850;cause=31'), { cause: 'normal', by: 'far_end', q850: 31 });
  });

  it('know why the SIP server hung up by itself', () => {
    assert.equal(endingOfServerBye('ACK timeout').cause, 'no_ack');
    assert.equal(endingOfServerBye('Session timer expired').cause, 'session_expired');
    assert.equal(endingOfServerBye('anything').cause, 'sip_failure');
  });

  it('of several failed phones prefer the one that speaks for the person', () => {
    const [unreachable, busy, rejected] = [endingOfStatus(408, 'Q.850;cause=20'), endingOfStatus(486), endingOfStatus(603)];
    assert.equal(mostTelling([unreachable, busy]), busy);
    assert.equal(mostTelling([busy, unreachable, rejected]), rejected);
    assert.equal(mostTelling([]).cause, 'unreachable');
  });

  it('tell the phones that lost that the call was completed elsewhere', () => {
    assert.equal(cancelReason('answered_elsewhere'), 'SIP;cause=200;text="Call completed elsewhere"');
    assert.equal(cancelReason('no_answer'), 'Q.850;cause=19;text="no_answer"');
  });
});
