/** Protected audio through the running media server: a browser's leg (ICE, DTLS-SRTP) and a desk phone's (SDES), each joined with a plain one. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SUITES } from '../../media/srtp/suite.ts';
import { shareAt } from '../support/tone.ts';
import { BrowserSide, sdesOffer } from './covers.ts';
import { Legs } from './legs.ts';
import type { Party } from './party.ts';
import { type House, openHouse, until } from './support.ts';

let house: House;
let legs: Legs;
let last = 0;
before(async () => {
  house = await openHouse();
  legs = new Legs(house);
});
after(async () => {
  legs.close();
  await house.close();
});

const SECOND = 50;
const soundOf = (party: Party): Int16Array => party.audio().slice(-SECOND * 80);

/** A browser whose offer is answered. */
async function browser(changes: { fingerprint?: string; group?: string } = {}): Promise<{ id: string; party: Party; side: BrowserSide; sdp: string }> {
  last += 1;
  const id = `browser-${last}.0`;
  const party = await legs.party();
  const side = new BrowserSide(party);
  const { sdp } = await house.media.open({
    endpointId: id,
    offer: side.offer(changes),
    signallingAddress: '127.0.0.1',
    timeoutMs: 0,
    group: changes.group ?? 'call',
  });
  side.answered(sdp);
  return { id, party, side, sdp };
}

async function up(leg: Awaited<ReturnType<typeof browser>>): Promise<void> {
  leg.side.check();
  await until('the check is answered', () => leg.side.answers.length > 0);
  leg.side.shake(leg.sdp);
  await until('the handshake is through', () => leg.side.isUp);
}

test('a browser and a plain phone hear one another; keys, hold and retrieve pass; what comes from elsewhere or in clear is not heard', async () => {
  const leg = await browser();
  const plain = await legs.open();
  await house.media.join(leg.id, plain.id);
  await up(leg);
  leg.party.say(440);
  plain.party.say(800);
  await until('both hear a second', () => leg.party.heard.length > SECOND && plain.party.heard.length > SECOND);
  assert.ok(shareAt(soundOf(leg.party), 800) > 0.9);
  assert.ok(shareAt(soundOf(plain.party), 440) > 0.9);
  leg.party.hush();
  leg.party.press('7');
  await house.event('digit', (event) => event.endpointId === leg.id && event.key === '7');
  await until('the key is heard', () => plain.party.keys() === '7');

  // Hold: nothing is sent any more; retrieve: it goes on, with the same keys.
  const held = await house.media.renegotiate(leg.id, leg.side.offer({ direction: 'inactive' }));
  assert.equal(held.direction, 'inactive');
  leg.party.heard.length = 0;
  await until('the plain phone went on for a while', async () => (await house.media.stats(plain.id)).packetsIn > 2 * SECOND);
  assert.ok(leg.party.heard.length <= 2);
  await house.media.renegotiate(leg.id, leg.side.offer());
  await until('it is heard again', () => leg.party.heard.length > 10);

  // F3: in clear, and from a port that no check came from.
  const before = (await house.media.stats(leg.id)).packetsIn;
  const stranger = await legs.party();
  stranger.aim(leg.sdp);
  const clear = Buffer.alloc(172, 0x55);
  clear.writeUInt32BE(0x80080001, 0);
  for (let n = 0; n < 5; n += 1) {
    leg.party.naked(clear);
    stranger.raw(clear);
  }
  await until('strangers are counted', async () => (await house.media.stats(leg.id)).strangers >= 5);
  assert.equal((await house.media.stats(leg.id)).packetsIn, before);

  // The browser moves to another port: it is followed as soon as that is nominated, and not before.
  const moved = await legs.party();
  const other = new BrowserSide(moved, leg.side.ufrag).answered(leg.sdp);
  other.check({ useCandidate: false });
  await until('the check is answered', () => other.answers.length === 1);
  other.check({ priority: 200 });
  let sealed = 0;
  const { cover } = moved;
  const open = (packet: Buffer): Buffer | null => {
    if ((packet[0] ?? 0) >= 128) sealed += 1;
    return cover?.open(packet) ?? null;
  };
  moved.cover = { seal: () => null, open };
  await until('audio goes to the new port', () => sealed > 10);
});

test('B22: a browser that says goodbye by DTLS is told to be away, though packets of it are still under way', async () => {
  const leg = await browser();
  await up(leg);
  leg.party.say(440);
  await until('it is heard', async () => (await house.media.stats(leg.id)).packetsIn > 10);
  leg.side.sayGoodbye();
  const { away } = await house.event('partyAway', (event) => event.endpointId === leg.id);
  assert.equal(away, true);
  const { packetsIn } = await house.media.stats(leg.id);
  await until('more packets came', async () => (await house.media.stats(leg.id)).packetsIn > packetsIn + 10);
  assert.deepEqual(
    house.events.filter((event) => event.type === 'partyAway').map(({ away }) => away),
    [true],
  );
});

test('F4: a hello from where no check came is not answered; one after it is; guessed checks are told 401', async () => {
  const leg = await browser();
  leg.side.shake(leg.sdp);
  leg.side.check({ pwd: 'guessed' });
  await until('the check is answered', () => leg.side.answers.length > 0);
  assert.equal(leg.side.answers[0]?.errorCode, 401);
  assert.equal(leg.side.state, 'shaking');
  assert.equal((await house.media.stats(leg.id)).strangers, 1);
  leg.side.answers.length = 0;
  await up(leg);
});

test('F4: another certificate than the SDP tells of ends the leg, and says why', async () => {
  const leg = await browser({ fingerprint: Array.from({ length: 32 }, () => 'AB').join(':') });
  leg.side.check();
  await until('the check is answered', () => leg.side.answers.length > 0);
  leg.side.shake(leg.sdp);
  const lost = await house.event('endpointLost', (event) => event.endpointId === leg.id);
  assert.match(lost.reason, /fingerprint/);
  await assert.rejects(house.media.stats(leg.id), /no endpoint/);
});

test('our offer to a browser is answered by it, and it is heard', async () => {
  last += 1;
  const id = `browser-${last}.0`;
  const party = await legs.party();
  const side = new BrowserSide(party);
  const { sdp } = await house.media.open({ endpointId: id, profile: 'webrtc', signallingAddress: '127.0.0.1', timeoutMs: 0, group: 'offered' });
  assert.match(sdp, /a=setup:actpass/);
  await house.media.accept(id, side.offer().replace('actpass', 'active'));
  side.answered(sdp);
  await up({ id, party, side, sdp });
  await house.media.echo(id);
  party.say(600);
  await until('the echo', () => party.heard.length > SECOND);
  assert.ok(shareAt(soundOf(party), 600) > 0.9);
});

for (const { name } of SUITES) {
  test(`SDES with ${name}: heard both ways; F3: nobody latches on and nothing is heard before it has proved itself`, async () => {
    last += 1;
    const id = `desk-${last}.0`;
    const group = `sdes-${last}`;
    const party = await legs.party();
    const { offer, answered } = sdesOffer(party, name);
    const { sdp } = await house.media.open({ endpointId: id, offer, privateSignalling: true, signallingAddress: '127.0.0.1', timeoutMs: 0, group });
    const plain = await legs.open({ group });
    await house.media.join(id, plain.id);
    // The forger is at the signalled address, on another port: in clear he would be latched on to after five packets.
    const forger = (await legs.party()).aim(sdp);
    for (let n = 0; n < 10; n += 1) forger.frame(1000);
    answered(sdp);
    party.say(440);
    plain.party.say(800);
    await until('both hear a second', () => party.heard.length > SECOND && plain.party.heard.length > SECOND);
    assert.ok(shareAt(soundOf(party), 800) > 0.9);
    assert.ok(shareAt(plain.party.audio(), 440) > 0.9 && shareAt(plain.party.audio(), 1000) < 0.01);
    assert.equal(forger.heard.length, 0);
  });
}
