/** The two phones of the phone lane against each other, without any server: what a test says of the house stands on what they hear. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Baresip } from '../support/baresip.ts';
import { SipPhone } from '../support/phone.ts';
import { freePort } from '../support/ports.ts';

describe('a test phone and baresip', () => {
  let phone: SipPhone;
  let desk: Baresip;

  before(async () => {
    const port = await freePort();
    desk = await Baresip.start({ user: 'desk', server: { host: '127.0.0.1', port }, toneHz: 440 });
    phone = await SipPhone.open({ user: 'test', port, server: { host: '127.0.0.1', port: desk.sipPort } });
  });
  after(async () => {
    await phone?.close();
    await desk?.stop();
  });

  it('call, answer, hear each other and hang up', async () => {
    await desk.dial('test');
    const call = await phone.ringing();
    call.answer();
    call.rtp.play(1_000);
    await desk.until('CALL_ESTABLISHED');
    assert.equal(await call.rtp.hears(440), true, 'the test phone hears baresip');
    assert.equal(await desk.hears(1_000), true, 'baresip hears the test phone while the call lasts');
    await desk.press('42');
    assert.equal(call.rtp.heardKeys, '42');
    await desk.hangUp();
    assert.equal((await call.ended()).by, 'them');
    assert.equal(desk.heardSeconds(440), 0, 'and not itself');
  });
});
