/** Lamps of phones: dialog-info (RFC 4235) and message-summary (RFC 3842) subscriptions, the rim and the rooms, against our SIP server. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FloorHouse } from '../support/floor-house.ts';
import type { SipPhone } from '../support/phone.ts';
import { agentId } from '../support/phone-directory.ts';
import { Subscriber } from '../support/subscriber.ts';

let house: FloorHouse;
let one: SipPhone;
let two: SipPhone;

beforeEach(async () => {
  house = await FloorHouse.open({ trustedTrunks: ['127.0.0.2'], phoneSettings: { '8002': { messageSummary: true } } });
  [one, two] = [await house.agent('8001'), await house.agent('8002')];
});
afterEach(async () => {
  await house.close();
});

const versionOf = (body: string): number => Number(/version="(\d+)"/.exec(body)?.[1]);

describe("a colleague's lamp", () => {
  it('shows her state whole, then each change with the next version: ringing, talking, on hold, over', async () => {
    const lamp = new Subscriber(one, '8002');
    assert.equal((await lamp.subscribe()).headers.get('expires'), '600');
    const first = await lamp.nth(0);
    assert.match(first.state, /^active;expires=(600|599)$/);
    assert.deepEqual([first.event, first.type], ['dialog', 'application/dialog-info+xml']);
    assert.match(first.body, /version="0" state="full" entity="sip:8002@127\.0\.0\.1">\n<\/dialog-info>/);
    const customer = await house.phone('013800001001', { address: '127.0.0.2', name: '<Li> & Co' });
    house.take({ type: 'agentWentNotReady', agentId: agentId('8001'), reason: 'meal' });
    const outside = await customer.call('10086');
    const ringing = await two.ringing();
    const early = await lamp.showing(/<state>early/);
    assert.match(early.body, /state="partial"[\s\S]*direction="recipient"/);
    assert.match(early.body, /<identity display="&lt;Li&gt; &amp; Co">sip:013800001001@/);
    assert.match(early.body, new RegExp(`call-id="${ringing.callId}" local-tag="${ringing.names.fromTag}"`));
    ringing.answer();
    await outside.answered();
    await lamp.showing(/<state>confirmed[\s\S]*pvalue="yes"/);
    await ringing.hold();
    await lamp.showing(/pvalue="no"/);
    await ringing.retrieve();
    await ringing.hangUp();
    await outside.ended();
    await lamp.showing(/<state>terminated/);
    assert.deepEqual(
      lamp.notified.map(({ body }) => versionOf(body)),
      lamp.notified.map((_, at) => at),
      'versions have no gap',
    );
  });

  it('shows a call she dials, is refreshed with the whole state, and ends when asked to', async () => {
    const lamp = new Subscriber(one, '8002');
    await lamp.subscribe();
    await lamp.nth(0);
    const dialled = await two.call('8001');
    const ringing = await one.ringing();
    await lamp.showing(/direction="initiator"><state>early/);
    const before = lamp.notified.length;
    assert.equal((await lamp.subscribe(300)).status, 200);
    const again = await lamp.nth(before);
    assert.match(again.state, /^active;expires=(300|299)$/);
    assert.match(again.body, /state="full"[\s\S]*<state>early/);
    await lamp.subscribe(0);
    assert.match((await lamp.showing(/terminated;reason=timeout/)).body, /state="full"/);
    await dialled.hangUp();
    await ringing.ended();
    assert.equal((await lamp.subscribe(300)).status, 481, 'over is over');
  });

  it('tells once and ends when only asked (Expires: 0)', async () => {
    const lamp = new Subscriber(one, '8002');
    assert.equal((await lamp.subscribe(0)).status, 202);
    assert.match((await lamp.nth(0)).state, /^terminated;reason=timeout/);
  });

  it('is not for strangers, other tenants, unknown numbers or too short a time', async () => {
    const stranger = await house.phone('8001', { password: 'wrong' });
    const status = async (phone: SipPhone, number: string, event = 'dialog', seconds = 600, headers: (readonly [string, string])[] = []): Promise<number> =>
      (await new Subscriber(phone, number, event).subscribe(seconds, headers)).status;
    assert.equal(await status(stranger, '8002'), 401);
    assert.equal(await status(stranger, '9999'), 401, 'as for a number that exists');
    assert.equal(await status(one, '9999'), 404);
    assert.equal(await status(one, '10010'), 404, "another tenant's");
    assert.equal(await status(one, '8002', 'presence'), 489);
    assert.equal(await status(one, '8002', 'message-summary'), 403);
    assert.equal(await status(one, '8002', 'dialog', 5), 423);
    assert.equal(await status(one, '8002', 'dialog', 600, [['Accept', 'application/pidf+xml']]), 406);
  });

  it('is dropped where nobody knows of it any more, and 200 an agent are enough', async () => {
    const lamp = new Subscriber(one, '8002');
    await lamp.subscribe();
    await lamp.nth(0);
    lamp.status = 481;
    const dialled = await two.call('8001');
    const ringing = await one.ringing();
    await house.until(() => house.rim.phone.status().subscriptions === 0, 'dropped');
    await dialled.hangUp();
    await ringing.ended();
    const many = Array.from({ length: 201 }, () => new Subscriber(one, '8002'));
    let refused = 0;
    for (const each of many) refused += (await each.subscribe()).status === 403 ? 1 : 0;
    assert.deepEqual([refused, house.rim.phone.status().subscriptions], [1, 200]);
  });

  it('goes out with us: terminated, with the reason', async () => {
    const lamp = new Subscriber(one, '8002');
    await lamp.subscribe();
    await lamp.nth(0);
    await house.rim.phone.close();
    await lamp.showing(/terminated;reason=deactivated/);
  });
});

describe('the message lamp', () => {
  it('counts calls that rang in vain until she is ready again; phones that never subscribe are told where that is set', async () => {
    const own = new Subscriber(two, '8002', 'message-summary');
    await own.subscribe();
    assert.match((await own.nth(0)).body, /^Messages-Waiting: no\r\nMessage-Account: sip:8002@127\.0\.0\.1\r\nVoice-Message: 0\/0 \(0\/0\)\r\n$/);
    const unasked: string[] = [];
    const before = two.onNotify;
    two.onNotify = (request) => {
      if (before?.(request) === true) return true;
      if (request.headers.get('event') === 'message-summary') unasked.push(request.body.toString());
      return false;
    };
    const missed = { callId: 'c-1', queueId: null, offerId: 'o', legId: 'c-1.1', agentId: agentId('8002'), end: 'no_answer' } as const;
    house.take({ type: 'offerEnded', ...missed } as never);
    house.take({ type: 'offerEnded', ...missed } as never);
    await own.showing(/Messages-Waiting: yes[\s\S]*Voice-Message: 2\/0/);
    await house.until(() => unasked.some((body) => body.includes('Voice-Message: 2/0')), 'told without having asked');
    house.take({ type: 'agentWentReady', agentId: agentId('8002') });
    await own.showing(/Messages-Waiting: no/);
  });
});
