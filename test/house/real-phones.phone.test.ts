/** Desk phones of other makers with the whole server: linphonec transfers with consultation over TLS, and talks with SRTP alone; baresip over TCP and TLS. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { agree, journalOf } from '../support/agreement.ts';
import { Baresip } from '../support/baresip.ts';
import { Authority } from '../support/certificates.ts';
import type { DeskClient } from '../support/desk-client.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { Linphone } from '../support/linphone.ts';
import { SipPhone } from '../support/phone.ts';
import { freePort } from '../support/ports.ts';
import { MIXED_SHARE, secondsOf } from '../support/tone.ts';
import { until } from '../support/wait.ts';

const CALLER_HZ = 620;
const AGENT_HZ = 930;
type Transport = 'udp' | 'tcp' | 'tls';
const TRUNK = '127.0.0.2';
const OLD = '13800001002'; // 72 years of age: no menu, straight to an agent

let house: House;
let authority: Authority;
let tlsPort: number;
const open: { stop(): Promise<unknown> }[] = [];
const keep = <T extends { stop(): Promise<unknown> }>(thing: T): T => {
  open.push(thing);
  return thing;
};

before(async () => {
  authority = new Authority();
  // linphonec believes no address in a certificate, baresip knows no /etc/hosts.
  const { certificate, key } = authority.sign('sip.huawu.test', 'IP:127.0.0.1,DNS:localhost');
  tlsPort = await freePort();
  // Nobody is believed by the address the phones have: they prove who they are.
  house = await House.start({ TRUSTED_TRUNKS: TRUNK, SIP_TLS_PORT: String(tlsPort), SIP_TLS_CERT_FILE: certificate, SIP_TLS_KEY_FILE: key });
});
after(async () => {
  await house.stop();
  authority.remove();
});
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
  await until('every call to be over', async () => (await house.liveCalls()) === 0);
});

async function readyDesk(number: string): Promise<DeskClient> {
  const desk = await house.desk(number);
  keep({
    stop: async () => {
      await desk.must('signOut').catch(() => undefined);
      desk.close();
    },
  });
  await desk.must('ready');
  return desk;
}

/** Where a phone finds the server, and whom it trusts. */
const reached = <T extends Transport>(transport: T, host = house.sip.host) => ({
  server: { host, port: transport === 'tls' ? tlsPort : house.sip.port },
  transport,
  authority: authority.certificate,
});

/** An agent's baresip, registered over this transport. */
async function deskPhone(number: string, transport: Transport, toneHz = AGENT_HZ, onlySrtp = false): Promise<Baresip> {
  const phone = keep(await Baresip.start({ user: number, password: DEMO_PASSWORD, toneHz, onlySrtp, ...reached(transport) }));
  await phone.registered();
  return phone;
}

/** SIP messages by the server's own count. */
async function counted(direction: 'in' | 'out', method: string, transport: string): Promise<number> {
  const text = await (await fetch(`${house.http}/metrics`)).text();
  const line = new RegExp(`messages_total\\{direction="${direction}",method="${method}",transport="${transport}"\\} (\\d+)`).exec(text);
  return Number(line?.[1] ?? 0);
}

/** Such an event of the journal, of this call or of the newest. */
async function told(type: 'legsJoined' | 'legHeld' | 'legRetrieved', callId?: string): Promise<{ callId: string }> {
  const look = (): { callId: string } | undefined =>
    journalOf(house)
      .flatMap(({ event }) => (event.type === type ? [event] : []))
      .findLast((event) => callId === undefined || event.callId === callId);
  return until(`the journal to tell ${type}`, look);
}

describe('baresip', () => {
  for (const [from, to] of [
    ['tls', 'tcp'],
    ['tcp', 'tls'],
  ] as const)
    test(`over ${to.toUpperCase()} is called by a colleague over ${from.toUpperCase()}, answers, holds and takes her back; over TLS with SRTP alone`, async () => {
      const caller = await deskPhone('8001', from, CALLER_HZ, from === 'tls');
      const phone = await deskPhone('8002', to, AGENT_HZ, to === 'tls');
      const asked = await counted('in', 'INVITE', from);
      const rung = await counted('out', 'INVITE', to);
      await caller.dial('8002');
      await phone.until('CALL_INCOMING');
      assert.ok((await counted('in', 'INVITE', from)) > asked, `called over ${from}`);
      assert.equal(await counted('out', 'INVITE', to), rung + 1, `rung over ${to}`);
      await phone.accept();
      assert.ok(await phone.hears(CALLER_HZ), 'the colleague hears the caller');
      assert.ok(await caller.hears(AGENT_HZ), 'the caller hears the colleague');
      const { callId } = await told('legsJoined');
      await phone.hold();
      await told('legHeld', callId);
      await phone.resume();
      await told('legRetrieved', callId);
      const before = caller.heardSeconds(AGENT_HZ);
      await until('the colleague to be heard again', () => caller.heardSeconds(AGENT_HZ) > before + 0.4, 5_000);
      await phone.hangUp();
      await caller.until('CALL_CLOSED');
      const record = await until('its record', async () => [await house.record('8001')].find((newest) => newest.callId === callId));
      assert.deepEqual([record.callee, record.cause, record.endedBy], ['8002', 'normal', 'other_party']);
      agree(house, record);
    });
});

describe('linphonec', () => {
  test('over TLS with SRTP alone calls a colleague and is called: each hears the other', async () => {
    const phone = keep(await Linphone.start({ user: '8001', password: DEMO_PASSWORD, onlySrtp: true, ...reached('tls', 'localhost') }));
    const colleague = await deskPhone('8002', 'udp');
    await phone.registered();
    const talk = async (call: string): Promise<void> => {
      phone.talk(CALLER_HZ);
      const before = colleague.heardSeconds(CALLER_HZ);
      assert.ok(await phone.hears(AGENT_HZ), 'the phone hears its colleague');
      await until('the colleague to hear the phone', () => colleague.heardSeconds(CALLER_HZ) > before + 0.4, 8_000);
      const { callId } = await told('legsJoined');
      const { messages } = (await house.get(`/api/v1/calls/${callId}/sip-trace`)) as { messages: { peer: string; text: string }[] };
      const said = messages.flatMap(({ peer, text }) => (/^tls/.test(peer) ? (/^m=audio \S+ (\S+)/m.exec(text)?.[1] ?? []) : []));
      assert.deepEqual([...new Set(said)], ['RTP/SAVP'], 'what is offered and answered over TLS');
      await phone.hangUp(call);
      await colleague.until('CALL_CLOSED');
    };
    const call = await phone.dial('8002');
    await colleague.until('CALL_INCOMING');
    await colleague.accept();
    await phone.connected(call);
    await talk(call);

    await colleague.dial('8001');
    const rung = await phone.ringing();
    await phone.answer(rung);
    await talk(rung);
  });

  test('over TLS transfers with consultation: customer and colleague talk, the record stays with the call, her own calls end', async () => {
    const first = keep(await Linphone.start({ user: '8001', password: DEMO_PASSWORD, ...reached('tls', 'localhost') }));
    await first.registered();
    const desk = await readyDesk('8001');
    const customer = await SipPhone.open({ user: OLD, server: house.sip, address: TRUNK });
    keep({ stop: () => customer.close() });
    const caller = await customer.call('10086');
    await caller.answered();
    caller.rtp.play(CALLER_HZ);
    const served = await first.ringing();
    await first.answer(served);
    const { data } = await desk.until('callEstablished');
    await desk.must('setData', { data: { wish: 'new plan' } });

    await first.hold(served);
    await desk.until('callHeld');
    const [second, nextDesk] = [await deskPhone('8002', 'udp'), await readyDesk('8002')];
    const consultation = await first.dial('8002');
    await second.until('CALL_INCOMING');
    await second.accept();
    await first.connected(consultation);
    assert.ok(!(await second.hears(CALLER_HZ, 500)), 'the customer does not hear the consultation');

    const refers = await counted('in', 'REFER', 'tls');
    first.join(served, consultation);
    await first.ended(served);
    await first.ended(consultation);
    assert.ok((await counted('in', 'REFER', 'tls')) > refers, 'asked for over TLS');
    assert.ok(await second.hears(CALLER_HZ), 'the colleague hears the customer');
    assert.ok(await caller.rtp.hears(AGENT_HZ), 'the customer hears the colleague');
    const pop = await nextDesk.until('screenPop', (message) => message.data.callId === data.callId);
    assert.equal(pop.data.data.wish, 'new plan');

    await caller.hangUp();
    await second.until('CALL_CLOSED');
    const record = await house.record(`+86${OLD}`);
    assert.equal(record.callId, data.callId);
    assert.deepEqual([record.cause, record.endedBy, record.agentId], ['normal', 'far_end', 'demo:8002']);
    assert.deepEqual(
      record.legs.map(({ role, cause }) => `${role} ${cause}`),
      ['caller normal', 'agent transferred', 'agent normal'],
    );
    const told = journalOf(house).map(({ event }) => event);
    assert.ok(told.some((event) => event.type === 'attendedTransferAsked' && event.callId === record.callId));
    assert.ok(told.some((event) => event.type === 'callsMerged' && event.callId === record.callId));
    assert.equal((await house.record('8001')).cause, 'transferred', 'the consultation has a record of its own');
    agree(house, record, [desk, nextDesk]);
  });
});

describe('three parties at baresip phones', () => {
  const COLLEAGUE_HZ = 1240;
  /** What a phone heard since then, in windows of 200 ms: in how many of them the tone is a good part of the sound. */
  const seconds = (samples: Int16Array, from: number, hz: number): number => secondsOf(samples.subarray(from), hz, MIXED_SHARE);
  const hearsAll = (phone: Baresip, from: number, ...hz: number[]): Promise<unknown> =>
    until(`${hz.join(' and ')} Hz to be heard`, () => hz.every((tone) => seconds(phone.heard(), from, tone) >= 0.4), 15_000);

  test('she consults a colleague unheard by the customer, toggles, confers, leaves: judged by tone at each end; the record tells it', async () => {
    const [first, desk] = [await deskPhone('8001', 'udp'), await readyDesk('8001')];
    const second = await deskPhone('8002', 'tcp', COLLEAGUE_HZ);
    const colleague = await readyDesk('8002');
    await colleague.must('notReady', { reason: 'break' });
    const customer = await SipPhone.open({ user: OLD, server: house.sip, address: TRUNK });
    keep({ stop: () => customer.close() });
    const caller = await customer.call('10086');
    await caller.answered();
    caller.rtp.play(CALLER_HZ);
    await first.until('CALL_INCOMING', 40_000);
    await first.accept();
    const { callId } = (await desk.until('callEstablished')).data;

    await desk.must('consult', { target: { kind: 'agent', number: '8002' } });
    await second.until('CALL_INCOMING');
    const { askedBy } = (await colleague.until('screenPop', ({ data }) => data.callId === callId)).data;
    assert.deepEqual([askedBy?.number, askedBy?.how], ['8001', 'consult'], 'she is told who asks');
    await second.accept();
    await desk.until('consultChanged', ({ data }) => data.state === 'talking');
    await hearsAll(second, 0, AGENT_HZ);
    await hearsAll(first, 0, COLLEAGUE_HZ);
    assert.ok(seconds(second.heard(), 0, CALLER_HZ) < 0.2, 'the colleague does not hear the customer');
    assert.ok(await caller.rtp.hearsSound(), 'the customer hears music');
    assert.ok(!(await caller.rtp.hears(AGENT_HZ, 300)) && !(await caller.rtp.hears(COLLEAGUE_HZ, 300)), 'and neither of the two');

    await desk.must('consultToggle');
    await desk.until('consultChanged', ({ data }) => data.state === 'with_customer');
    assert.ok(await caller.rtp.hears(AGENT_HZ), 'toggled, the customer hears her');

    await desk.must('mute');
    await desk.until('muteChanged');
    await until('the customer not to hear her', async () => {
      caller.rtp.forget();
      return !(await caller.rtp.hears(AGENT_HZ, 300));
    });
    await desk.must('unmute');
    assert.ok(await caller.rtp.hears(AGENT_HZ), 'and to hear her again');
    await desk.must('sendDigits', { digits: '37#' });
    await until('the keys she pressed', () => caller.rtp.heardKeys === '37#');

    const from = [first.heard().length, second.heard().length];
    await desk.must('consultConference');
    const { parties } = (await desk.until('callConferenced', ({ data }) => data.parties.length === 3)).data;
    assert.deepEqual(parties.map(({ kind, me }) => `${kind} ${me}`).sort(), ['agent false', 'agent true', 'customer false']);
    await hearsAll(first, from[0] ?? 0, CALLER_HZ, COLLEAGUE_HZ);
    await hearsAll(second, from[1] ?? 0, CALLER_HZ, AGENT_HZ);
    await until('the customer to hear both', () => [AGENT_HZ, COLLEAGUE_HZ].every((hz) => caller.rtp.share(hz) > MIXED_SHARE), 6_000);

    await first.hangUp();
    await desk.until('callCleared');
    assert.ok(await caller.rtp.hears(COLLEAGUE_HZ), 'she left, and the colleague has the customer');
    await caller.hangUp();
    await second.until('CALL_CLOSED');
    // She has called before.
    let record = await house.record(`+86${OLD}`);
    await until('the record of this call', async () => {
      record = await house.record(`+86${OLD}`);
      return record.callId === callId;
    });
    assert.deepEqual(
      record.legs.map(({ role, cause, asked }) => [role, cause, asked?.how, asked?.end].filter(Boolean).join(' ')),
      ['caller normal', 'agent normal', 'agent normal consult conferenced'],
    );
    agree(house, record, [desk, colleague]);
  });
});
