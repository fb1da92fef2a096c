/** STUN as RFC 5769 shows it, and the lite agent of RFC 8445: whom it answers, how, and whom it follows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IceLite } from '../../media/webrtc/ice.ts';
import { bindingRequest, isSignedWith, isStun, readStun } from '../../media/webrtc/stun.ts';

const SAMPLE = Buffer.from(
  `000100582112a442b7e7a701bc34d686fa87dfae
   802200105354554e207465737420636c69656e74
   002400046e0001ff 80290008932ff9b151263b36
   000600096576746a3a68367659202020
   000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2
   80280004e57a3bcf`.replace(/\s/g, ''),
  'hex',
);

const LOCAL = { ufrag: 'ours', pwd: 'a password of twenty-two' };
const TRANSACTION = Buffer.alloc(12, 9);
const CHECK = { username: 'ours:theirs', password: LOCAL.pwd, priority: 100, useCandidate: false, role: 'controlling' as const };
const HOST = { address: '192.0.2.7', port: 40_000 };

const agent = (): IceLite => new IceLite(LOCAL, 'theirs');
const send = (ice: IceLite, check: Partial<typeof CHECK>, from = HOST, nowMs = 0): ReturnType<typeof readStun> => {
  const answer = ice.heard(bindingRequest(TRANSACTION, { ...CHECK, ...check }), from.address, from.port, nowMs);
  return answer === null ? null : readStun(answer);
};

test('RFC 5769 2.1: the sample request is read, its fingerprint and its integrity verified', () => {
  const message = readStun(SAMPLE) ?? assert.fail('not read');
  assert.equal(message.username, 'evtj:h6vY');
  assert.equal(message.role, 'controlled');
  assert.equal(message.priority, 0x6e0001ff);
  assert.ok(isSignedWith(SAMPLE, message, 'VOkJxbRl1RmTxUk/WvJxBt'));
  assert.ok(!isSignedWith(SAMPLE, message, 'VOkJxbRl1RmTxUk/WvJxBu'));
});

test('with a bit changed anywhere a message is not read, or not believed', () => {
  for (let bit = 0; bit < SAMPLE.length * 8; bit += 1) {
    const changed = Buffer.from(SAMPLE);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    assert.equal(readStun(changed), null, `bit ${bit}`);
  }
});

test('cut off anywhere, with lengths that lie, as noise: nothing is read and nothing thrown', () => {
  for (let bytes = 0; bytes < SAMPLE.length; bytes += 1) assert.equal(readStun(SAMPLE.subarray(0, bytes)), null);
  for (let at = 20; at < SAMPLE.length; at += 2) {
    const lying = Buffer.from(SAMPLE);
    lying.writeUInt16BE(0xffff, at);
    readStun(lying);
  }
  assert.ok(!isStun(Buffer.from([0x80, 0, 0, 0])));
});

test('a valid check is answered with the address it came from, signed; its source may speak from then on, nobody else', () => {
  const ice = agent();
  const request = bindingRequest(TRANSACTION, CHECK);
  const answer = ice.heard(request, HOST.address, HOST.port, 0) ?? assert.fail('no answer');
  const message = readStun(answer) ?? assert.fail('our answer cannot be read');
  assert.equal(message.type, 0x0101);
  assert.deepEqual(message.mapped, HOST);
  assert.deepEqual(message.transaction, TRANSACTION);
  assert.ok(isSignedWith(answer, message, LOCAL.pwd));
  assert.ok(ice.isChecked(HOST.address, HOST.port));
  assert.ok(!ice.isChecked(HOST.address, HOST.port + 1));
  assert.equal(ice.selected, null);
});

test('IPv6: the mapped address is written in full', () => {
  const answer = agent().heard(bindingRequest(TRANSACTION, CHECK), '2001:db8::5', 5000, 0) ?? assert.fail('no answer');
  const value = answer.subarray(answer.indexOf(Buffer.from([0, 0x20, 0, 20])) + 4);
  const mask = Buffer.concat([Buffer.from('2112a442', 'hex'), TRANSACTION]);
  const address = Buffer.from(value.subarray(4, 20).map((byte, index) => byte ^ (mask[index] as number)));
  assert.equal(address.toString('hex'), '20010db8000000000000000000000005');
});

test('who cannot sign is told 400 or 401 and stays a stranger', () => {
  const ice = agent();
  assert.equal(send(ice, { password: 'guessed' })?.errorCode, 401);
  assert.equal(send(ice, { username: 'ours:others' })?.errorCode, 401);
  assert.equal(send(ice, { username: 'theirs:ours' })?.errorCode, 401);
  assert.ok(!ice.isChecked(HOST.address, HOST.port));
});

test('role conflict: a check in the controlled role is answered 487, since we are lite and never control', () => {
  const ice = agent();
  const request = bindingRequest(TRANSACTION, { ...CHECK, role: 'controlled', useCandidate: true });
  assert.equal(readStun(ice.heard(request, HOST.address, HOST.port, 0) ?? Buffer.alloc(0))?.errorCode, 487);
  assert.equal(ice.selected, null);
});

test('the pair that is nominated is followed: at once to an equal or better one, to a worse one when the better fell silent', () => {
  const ice = agent();
  send(ice, { useCandidate: true, priority: 100 });
  assert.equal(ice.selected?.port, HOST.port);
  send(ice, { useCandidate: false, priority: 900 }, { ...HOST, port: 1 });
  assert.equal(ice.selected?.port, HOST.port);
  send(ice, { useCandidate: true, priority: 200 }, { ...HOST, port: 2 }, 100);
  assert.equal(ice.selected?.port, 2);
  send(ice, { useCandidate: true, priority: 100 }, HOST, 200);
  assert.equal(ice.selected?.port, 2);
  send(ice, { useCandidate: true, priority: 100 }, HOST, 2700);
  assert.equal(ice.selected?.port, HOST.port);
});

test('ICE restart: old credentials are refused, the old pair carries on until a new one is nominated', () => {
  const ice = agent();
  send(ice, { useCandidate: true, priority: 500 });
  const fresh = { ufrag: 'newer', pwd: 'another password, longer' };
  ice.agree(fresh, 'theirs2');
  assert.equal(send(ice, {})?.errorCode, 401);
  assert.equal(ice.selected?.port, HOST.port);
  const check = { username: 'newer:theirs2', password: fresh.pwd, useCandidate: true, priority: 1 };
  const other = { ...HOST, port: 3 };
  ice.heard(bindingRequest(TRANSACTION, { ...CHECK, ...check }), other.address, other.port, 10);
  assert.equal(ice.selected?.port, 3);
});

test('sources are few: the one silent longest makes place, never the selected', () => {
  const ice = agent();
  send(ice, { useCandidate: true, priority: 1000 });
  for (let port = 1; port <= 100; port += 1) send(ice, {}, { ...HOST, port }, port);
  assert.ok(ice.isChecked(HOST.address, HOST.port));
  assert.ok(ice.isChecked(HOST.address, 100));
  assert.ok(!ice.isChecked(HOST.address, 90));
});
