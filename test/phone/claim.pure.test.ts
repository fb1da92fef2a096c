/** After a restart: what the SIP server has kept is asked for, and what it tells meanwhile waits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Claim } from '../../src/phone/claim.ts';
import { newSipAgent, type SipRequest, wired } from '../../src/phone/srf.ts';
import type { Wire } from '../../src/phone/wire.ts';

const event = (message: string, dialog = 'a;from-tag=1', transaction = 't1'): string =>
  `u|sip|network|1|udp|10.0.0.9|5060|00:00:00.0|${transaction}|${dialog}|\r\n${message}\r\n\r\n`;
const kept = (id: string): string => `u|dialog|asked\r\n${JSON.stringify({ id, role: 'uas', callId: id })}`;

test('dialogs are gathered until the answer; requests inside them wait, and what the run before was in the middle of is dropped', () => {
  let complete = 0;
  const claim = new Claim('asked', () => {
    complete += 1;
  });
  const told = [event('INFO sip:us SIP/2.0'), event('SIP/2.0 200 OK'), event('CANCEL sip:us SIP/2.0'), event('INVITE sip:us SIP/2.0', '')];
  for (const text of told) assert.ok(claim.takes(text), text);
  assert.ok(!claim.takes('u|response|another|OK'), 'the answer to another is not its business');
  assert.ok(claim.takes(kept('a;from-tag=1')) && claim.takes(kept('b;from-tag=2')));
  assert.equal(complete, 0);
  assert.ok(claim.takes('u|response|asked|OK'));
  assert.equal(complete, 1);
  const later = event('SIP/2.0 180 Ringing', '');
  assert.ok(claim.takes(later), 'of this run: waits as well');
  assert.deepEqual([...claim.dialogs.keys()], ['a;from-tag=1', 'b;from-tag=2']);
  assert.deepEqual(claim.release(), [told[0], later]);
  assert.ok(!claim.takes(later), 'from here on it is told at once');
});

test('a dialog that ended meanwhile is known with the reason of its BYE', () => {
  const claim = new Claim('asked', () => undefined);
  claim.takes(event('BYE sip:us SIP/2.0\r\nReason: Q.850;cause=17'));
  claim.takes(event('BYE sip:us SIP/2.0', 'b;from-tag=2'));
  assert.deepEqual(
    [...claim.ended],
    [
      ['a;from-tag=1', 'Q.850;cause=17'],
      ['b;from-tag=2', undefined],
    ],
  );
});

test('a dialog that is taken back sends requests inside itself, hears those of its peer, and ends with its BYE', () => {
  const agent = newSipAgent();
  const sent: string[] = [];
  const wire = { isClient: true, startPinging: () => undefined, send: (_: unknown, text: string) => `f${sent.push(text)}` };
  const { hear, revive } = wired(agent, wire as unknown as Wire, { secret: 's', tags: [] }); // stands for a connection
  const dialog = revive({
    ...{ id: 'a;from-tag=9', role: 'uas', callId: 'a', localTag: '1', remoteTag: '9', contact: '<sip:us@10.0.0.1>', target: 'sip:peer@10.0.0.9' },
    ...{ localSdp: 'v=0 ours', remoteSdp: 'v=0 theirs' },
  });
  assert.deepEqual(
    [dialog.sip, dialog.local.contact, dialog.local.sdp, dialog.remote.sdp, dialog.remote.uri],
    [{ callId: 'a', localTag: '1', remoteTag: '9' }, ...['<sip:us@10.0.0.1>', 'v=0 ours', 'v=0 theirs', 'sip:peer@10.0.0.9']],
  );
  dialog.request({ method: 'INFO' }, () => undefined);
  assert.match(sent.at(-1) ?? '', /^sip\|\|a;from-tag=9\r\nINFO sip:placeholder SIP\/2\.0/);
  const byes: SipRequest[] = [];
  dialog.on('destroy', (bye) => byes.push(bye));
  hear(
    event(
      'BYE sip:us SIP/2.0\r\nCall-ID: a\r\nCSeq: 2 BYE\r\nFrom: <sip:p@h>;tag=9\r\nTo: <sip:us@h>;tag=1\r\nVia: SIP/2.0/UDP h\r\nContent-Length: 0',
      'a;from-tag=9',
      'bye',
    ),
  );
  assert.equal(byes.length, 1);
  assert.match(sent.at(-1) ?? '', /^sip\|bye\|.*\r\nSIP\/2\.0 200/);
  assert.equal(dialog.connected, false);
});
