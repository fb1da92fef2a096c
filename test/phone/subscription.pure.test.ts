/** dialog-info and message-summary as they are written, and a subscription's life on a clock of our own. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asId, type CallId, type LegId, legIdOf } from '../../kernel/ids.ts';
import type { Call, CallsView } from '../../src/call/call.ts';
import type { DialogLeg, LegsView } from '../../src/phone/rim.ts';
import type { RequestOptions, SipHeaders, SipResponse } from '../../src/phone/srf.ts';
import { dialogInfo, escapeXml, type WatchedDialog } from '../../src/phone/subscription/dialog-info.ts';
import { messageSummary } from '../../src/phone/subscription/message-summary.ts';
import { Missed } from '../../src/phone/subscription/missed.ts';
import { Subscription } from '../../src/phone/subscription/subscription.ts';
import { FakeClock } from '../support/clock.ts';
import { agentId, phoneDirectory } from '../support/phone-directory.ts';

const watched: WatchedDialog = {
  ...{ id: 'c-1.1', state: 'confirmed', direction: 'recipient', callId: 'a"b', localTag: 'l', remoteTag: null, held: true },
  remote: { uri: 'sip:81@h', name: '<张> & \u0007' },
};

describe('dialog-info', () => {
  test('is written whole', () => {
    assert.equal(
      dialogInfo('sip:8002@h', 3, 'partial', [watched], ['c-0.1']),
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="3" state="partial" entity="sip:8002@h">',
        '<dialog id="c-1.1" call-id="a&quot;b" local-tag="l" direction="recipient"><state>confirmed</state>' +
          '<local><identity>sip:8002@h</identity><target uri="sip:8002@h"><param pname="+sip.rendering" pvalue="no"/></target></local>' +
          '<remote><identity display="&lt;张&gt; &amp; ">sip:81@h</identity><target uri="sip:81@h"/></remote></dialog>',
        '<dialog id="c-0.1"><state>terminated</state></dialog>',
        '</dialog-info>',
        '',
      ].join('\n'),
    );
  });

  test('names nobody who withheld the number', () => assert.doesNotMatch(dialogInfo('sip:8002@h', 0, 'full', [{ ...watched, remote: null }], []), /remote>/));

  for (const [text, expected] of [
    [`<&>"'`, '&lt;&amp;&gt;&quot;&apos;'],
    ['\u0000a\u001f\ufffe\ud800b\t', 'ab\t'],
    ['&amp;', '&amp;amp;'],
    [']]>', ']]&gt;'],
  ] as const)
    test(`C18: ${JSON.stringify(text)} cannot leave its place`, () => assert.equal(escapeXml(text), expected));
});

test('a message summary', () => {
  assert.equal(messageSummary('sip:8001@h', { fresh: 2, old: 1 }), 'Messages-Waiting: yes\r\nMessage-Account: sip:8001@h\r\nVoice-Message: 2/1 (0/0)\r\n');
});

test('missed calls are counted until she has seen them', () => {
  const missed = new Missed();
  const one = agentId('8001');
  const ended = (end: 'no_answer' | 'busy') =>
    missed.hear({ type: 'offerEnded', callId: asId('c'), queueId: null, offerId: asId('o'), legId: asId('c.1'), agentId: one, end });
  assert.deepEqual([ended('busy'), ended('no_answer'), ended('no_answer')], [null, one, one]);
  assert.deepEqual(missed.messages(one), { fresh: 2, old: 0 });
  assert.equal(missed.hear({ type: 'agentWentReady', agentId: one }), one);
  assert.equal(missed.hear({ type: 'agentWentReady', agentId: one }), null, 'nothing to tell anew');
  assert.deepEqual(missed.messages(one), { fresh: 0, old: 0 });
});

/** The far end: NOTIFYs lie here until `answer` is called. */
class FakeDialog {
  readonly connected = true;
  readonly local = { uri: '', sdp: '' };
  readonly sent: { headers: SipHeaders; body: string }[] = [];
  #done: (error: Error | null, res?: SipResponse) => void = () => undefined;
  on(): this {
    return this;
  }
  request(options: RequestOptions, done: (error: Error | null, res?: SipResponse) => void): void {
    this.sent.push({ headers: options.headers ?? {}, body: options.body ?? '' });
    this.#done = done;
  }
  answer(status: number | null): void {
    if (status === null) this.#done(new Error('nobody there'));
    else this.#done(null, { status } as Partial<SipResponse> as SipResponse);
  }
}

describe('a subscription', () => {
  function open(seconds = 60) {
    const clock = new FakeClock();
    const dialog = new FakeDialog();
    const callId = asId<CallId>('c-1');
    const mine: DialogLeg[] = [];
    const legs: LegsView = {
      get: () => undefined,
      bySipCall: () => undefined,
      endedLately: () => false,
      ofAgent: () => mine,
      named: () => undefined,
      changed: () => undefined,
    };
    const calls: CallsView = { get: () => undefined, values: () => new Map<never, Call>().values(), size: 0 };
    let forgotten = 0;
    const house = {
      rim: { clock, legs, calls, publicAddress: 'h', directory: phoneDirectory() },
      messages: () => ({ fresh: 0, old: 0 }),
      refreshed: () => 120,
      forget: () => {
        forgotten += 1;
      },
    };
    const terms = {
      event: 'dialog',
      eventHeader: 'dialog;id=7',
      subscriber: agentId('8001'),
      watched: agentId('8002'),
      entity: 'sip:8002@h',
      seconds,
    } as const;
    const subscription = new Subscription(house, terms, dialog);
    const ring = (n: number): void => {
      const legId: LegId = legIdOf(callId, n);
      const name = { sipCallId: `s${n}`, localTag: 'l', remoteTag: 'r', state: 'early', initiator: 'us' } as const;
      mine.push({ callId, legId, owner: { is: 'agent', agentId: agentId('8002') }, ended: false, rings: true, mediaGroup: callId, dialogs: [name] });
    };
    return { clock, dialog, subscription, ring, mine, forgotten: () => forgotten };
  }
  const stateOf = (dialog: FakeDialog): string | undefined => dialog.sent.at(-1)?.headers['Subscription-State'];

  test('has one NOTIFY under way at a time; what changed meanwhile is in the next', () => {
    const { dialog, subscription, ring, mine } = open();
    ring(1);
    subscription.changed();
    ring(2);
    subscription.changed();
    assert.equal(dialog.sent.length, 1);
    dialog.answer(200);
    assert.equal(dialog.sent.length, 2);
    assert.equal(dialog.sent[1]?.body.match(/<dialog /g)?.length, 2);
    dialog.answer(200);
    subscription.changed();
    assert.equal(dialog.sent.length, 2, 'nothing new, nothing told');
    mine.shift();
    subscription.changed();
    assert.match(dialog.sent[2]?.body ?? '', /version="2" state="partial"[\s\S]*<dialog id="c-1\.1"><state>terminated/);
    assert.equal(dialog.sent[2]?.headers.Event, 'dialog;id=7');
  });

  test('ends when its time is up, not before, and is told so', () => {
    const { clock, dialog, forgotten } = open();
    dialog.answer(200);
    clock.forward(59_999);
    assert.equal(dialog.sent.length, 1);
    clock.forward(1);
    assert.equal(stateOf(dialog), 'terminated;reason=timeout');
    assert.equal(forgotten(), 1);
  });

  for (const status of [481, 408, 503, null])
    test(`whose phone answers ${status ?? 'nothing'} is dropped`, () => {
      const { clock, dialog, subscription, ring, forgotten } = open();
      dialog.answer(status);
      assert.equal(forgotten(), 1);
      ring(1);
      subscription.changed();
      clock.forward(120_000);
      assert.equal(dialog.sent.length, 1);
    });
});
