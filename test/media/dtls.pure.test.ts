/** The DTLS 1.2 handshake of DTLS-SRTP: with itself under loss and disorder, and what must be refused (F4). With OpenSSL: `dtls.media.test.ts`. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { DtlsAssociation, type DtlsOptions } from '../../media/webrtc/dtls/association.ts';
import { fingerprintOf, makeCertificate, ownCertificate } from '../../media/webrtc/dtls/certificate.ts';

const certificates = [makeCertificate(Date.UTC(2026, 0, 1)), makeCertificate(Date.UTC(2026, 0, 1))].map(ownCertificate);
const [ours = assert.fail(), theirs = assert.fail()] = certificates;
const printOf = (der: Buffer, hash = 'sha-256'): DtlsOptions['fingerprint'] => ({ hash, value: fingerprintOf(der, hash) });

type Wire = (datagram: Buffer, from: 'client' | 'server', n: number) => Buffer[];
interface Pair {
  client: DtlsAssociation;
  server: DtlsAssociation;
  sent: { from: 'client' | 'server'; datagram: Buffer }[];
  run(untilMs?: number): void;
}

/** Two ends and a wire; time goes on by 100 ms when nothing is under way any more. */
function pair(wire: Wire = (datagram) => [datagram], fingerprint = printOf(theirs.der)): Pair {
  const sent: Pair['sent'] = [];
  const queue: { to: 'client' | 'server'; datagram: Buffer }[] = [];
  let nowMs = 0;
  const send =
    (from: 'client' | 'server') =>
    (datagram: Buffer): void => {
      sent.push({ from, datagram });
      for (const each of wire(datagram, from, sent.length - 1)) queue.push({ to: from === 'client' ? 'server' : 'client', datagram: Buffer.from(each) });
    };
  const server = new DtlsAssociation({ role: 'server', own: ours, fingerprint, nowMs, send: send('server') });
  const client = new DtlsAssociation({ role: 'client', own: theirs, fingerprint: printOf(ours.der, 'sha-384'), nowMs, send: send('client') });
  const ends = { client, server };
  const run = (untilMs = 60_000): void => {
    while (nowMs < untilMs) {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) ends[next.to].heard(next.datagram, nowMs);
      if (client.state !== 'shaking' && server.state !== 'shaking') return;
      nowMs += 100;
      for (const end of [client, server]) end.check(nowMs);
    }
  };
  return { client, server, sent, run };
}

function assertUp({ client, server }: Pair): void {
  assert.deepEqual([client.state, server.state], ['up', 'up'], `${client.reason} ${server.reason}`);
  assert.deepEqual(client.keys?.local, server.keys?.remote);
  assert.deepEqual(client.keys?.remote, server.keys?.local);
  assert.notDeepEqual(client.keys?.local, client.keys?.remote);
  assert.equal(client.keys?.local.suite, 'AEAD_AES_128_GCM');
}

test('our certificate is one that others can read, signed by itself, valid today', () => {
  const certificate = new X509Certificate(ours.der);
  assert.ok(certificate.verify(certificate.publicKey));
  assert.equal(certificate.subject, 'CN=huawu');
  assert.match(certificate.validFrom, /Dec 31 .* 2025/);
  assert.equal(certificate.fingerprint256, fingerprintOf(ours.der));
});

test('both ends come to the same keys, in five datagrams', () => {
  const both = pair();
  both.run();
  assertUp(both);
  assert.ok(both.sent.length <= 5, `${both.sent.length} datagrams`);
});

test('each datagram lost once, doubled, or cut into its records in reverse: they come through all the same', () => {
  for (let lost = 0; lost < 4; lost += 1) {
    const both = pair((datagram, _, n) => (n === lost ? [] : [datagram]));
    both.run();
    assertUp(both);
  }
  const doubled = pair((datagram) => [datagram, datagram]);
  doubled.run();
  assertUp(doubled);
  const reversed = pair((datagram) => recordsOf(datagram).reverse());
  reversed.run();
  assertUp(reversed);
});

test('with every eighth datagram lost, seed by seed, they come through', () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    let state = seed;
    const both = pair((datagram) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 29 === 0 ? [] : [datagram];
    });
    both.run();
    assertUp(both);
  }
});

test('F4: a certificate with another fingerprint than that of the SDP ends it, with that as the reason, and no keys', () => {
  const both = pair(undefined, printOf(ours.der));
  both.run();
  assert.equal(both.server.state, 'failed');
  assert.match(both.server.reason, /fingerprint/);
  assert.equal(both.server.keys, null);
  for (const fingerprint of [
    { hash: 'sha-1', value: 'AA' },
    { hash: 'sha-256', value: '' },
  ]) {
    const other = pair(undefined, fingerprint);
    other.run();
    assert.equal(other.server.state, 'failed');
  }
});

test('F4: a hello with NULL or weak ciphers only, without SRTP profile, extended master secret or P-256 is refused; the next good one is heard', () => {
  const hello = pair().sent[0]?.datagram ?? assert.fail();
  const patches: [string, string][] = [
    ['c02bc02f', '003b0002'],
    ['000e00090006000700010002', '000e00090006010101020103'],
    ['00170000', 'fa170000'],
    ['000a000400020017', '000a000400020018'],
    ['fefd', 'feff'],
  ];
  for (const [from, to] of patches) {
    const answers: Buffer[] = [];
    const server = new DtlsAssociation({ role: 'server', own: ours, fingerprint: printOf(theirs.der), nowMs: 0, send: (datagram) => answers.push(datagram) });
    const body = hello.toString('hex', 25).replace(from, to);
    assert.notEqual(body, hello.toString('hex', 25), from);
    server.heard(Buffer.from(hello.toString('hex', 0, 25) + body, 'hex'), 0);
    assert.deepEqual(
      answers.map((each) => each[0]),
      [21],
      `${from}: one alert`,
    );
    assert.equal(server.state, 'shaking');
    server.heard(Buffer.from(hello), 10);
    assert.equal(answers.at(-1)?.[0], 22);
    server.check(30_000);
    assert.equal(server.state, 'failed');
  }
});

test('F4: a hello with another random number takes the place of the one before, as long as nobody has proved himself', () => {
  const forged = Buffer.from(pair().sent[0]?.datagram ?? assert.fail());
  // What goes out in answer to the forged one is lost: its sender is somebody else.
  let answers = 0;
  const first = (): boolean => {
    answers += 1;
    return answers === 1;
  };
  const both = pair((datagram, from) => (from === 'server' && first() ? [] : [datagram]));
  both.server.heard(forged, 0);
  both.run();
  assertUp(both);
});

test('F4: a Finished in clear, an alert in clear, noise of any kind: dropped, and the handshake goes on', () => {
  const alert = Buffer.from('15fefd00000000000000f000020228', 'hex');
  const finished = Buffer.from(`16fefd00000000000000f10018${'14'}00000c${'0004'}00000000000c${'00'.repeat(12)}`, 'hex');
  let state = 1;
  const byte = (): number => {
    state = (Math.imul(state, 69_069) + 1) >>> 0;
    return state >>> 24;
  };
  const noise = (): Buffer => Buffer.concat([Buffer.from('16fefd0000000000000000002f', 'hex'), Buffer.from(Array.from({ length: 47 }, byte))]);
  const both = pair((datagram) => [alert, noise(), finished, noise(), datagram]);
  both.run();
  assertUp(both);
});

test('a hello with post-quantum keys comes in pieces, in any order, and is put together', () => {
  const hello = pair().sent[0]?.datagram ?? assert.fail();
  const [head, body] = [hello.subarray(0, 13), hello.subarray(25)];
  const piece = (from: number, to: number): Buffer => {
    const handshake = Buffer.from(hello.subarray(13, 25));
    handshake.writeUIntBE(from, 6, 3);
    handshake.writeUIntBE(to - from, 9, 3);
    const record = Buffer.concat([head, handshake, body.subarray(from, to)]);
    record.writeUInt16BE(record.length - 13, 11);
    return record;
  };
  const answers: Buffer[] = [];
  const server = new DtlsAssociation({ role: 'server', own: ours, fingerprint: printOf(theirs.der), nowMs: 0, send: (datagram) => answers.push(datagram) });
  for (const part of [piece(60, body.length), piece(30, 70), piece(30, 70)]) server.heard(part, 0);
  assert.equal(answers.length, 0);
  server.heard(piece(0, 40), 0);
  assert.equal(answers[0]?.[0], 22);
});

test('when the other side closes, it is known; a close in clear is not believed', () => {
  const both = pair();
  both.run();
  both.server.heard(Buffer.from('15fefd00000000000000f000020100', 'hex'), 0);
  assert.equal(both.server.state, 'up');
  both.client.close();
  both.server.heard(both.sent.at(-1)?.datagram ?? assert.fail(), 0);
  assert.equal(both.server.state, 'closed');
});

test('without an answer it ends by itself, and says that nobody answered', () => {
  const both = pair((_, from) => (from === 'client' ? [Buffer.from('x')] : []));
  both.run();
  assert.deepEqual([both.client.state, both.server.state], ['failed', 'failed']);
  assert.match(both.server.reason, /within 20 s/);
  assert.ok(both.sent.filter(({ from }) => from === 'client').length <= 6);
});

function recordsOf(datagram: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at + 13 <= datagram.length; ) {
    const end = at + 13 + datagram.readUInt16BE(at + 11);
    records.push(datagram.subarray(at, end));
    at = end;
  }
  return records;
}
