/** What came over the network goes on as it came, byte for byte, until something of it is changed; and what is remembered of texts is theirs. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseNameAddr } from '../../sip/message/address.ts';
import type { Request } from '../../sip/message/message.ts';
import { parseMessage } from '../../sip/message/parse.ts';
import { recently } from '../../sip/message/recent.ts';
import { parseUri } from '../../sip/message/uri.ts';
import { noteSource, parseVia } from '../../sip/message/via.ts';
import { writeMessage } from '../../sip/message/write.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\n';
const lines = (...headers: string[]): string =>
  ['INVITE sip:b@10.0.0.1 SIP/2.0', ...headers, 'from: <sip:a@x>;tag=1', 'To:<sip:b@y>', 'i: c1', 'CSeq: 1 INVITE'].join('\r\n');
const TIDY =
  'INVITE sip:b@10.0.0.1 SIP/2.0\r\nX-first: 1\r\nv: SIP/2.0/UDP 10.0.0.9:5062;rport;branch=z9hG4bKa\r\nVIA: SIP/2.0/TCP 10.0.0.8\r\nl: 30\r\nfrom: <sip:a@x>;tag=1\r\n';
const whole = (head: string, body = SDP): Buffer => Buffer.from(`${head}\r\n${body}`, 'utf8');
const asRequest = (bytes: Buffer): Request => parseMessage(bytes) as Request;

describe('a message that came over the network', () => {
  test('is written as it came: spelling, order, compact names, Content-Length in the middle', () => {
    const bytes = whole(TIDY);
    assert.equal(String(writeMessage(parseMessage(bytes))), String(bytes));
  });

  test('says SIP/2.0 in upper case and nothing behind it, in whatever case it came (RFC 3261 §7.1): drachtio-srf reads no other', () => {
    for (const version of ['sip/2.0', 'Sip/2.0', 'SIP/2.0 ', 'sip/2.0  ']) {
      const came = TIDY.replace('10.0.0.1 SIP/2.0', `10.0.0.1 ${version}`);
      assert.match(String(writeMessage(parseMessage(whole(came)))), /^INVITE sip:b@10\.0\.0\.1 SIP\/2\.0\r\nX-first: 1\r\n/, version);
    }
    const answer = TIDY.replace(/^.*/, 'sip/2.0 200 Fine');
    assert.match(String(writeMessage(parseMessage(whole(answer)))), /^SIP\/2\.0 200 Fine\r\nX-first: 1\r\n/);
  });

  test('has its blank lines before and what follows its body left away', () => {
    const bytes = whole(TIDY);
    assert.equal(String(writeMessage(parseMessage(Buffer.concat([Buffer.from('\r\n\r\n'), bytes, Buffer.from('more')])))), String(bytes));
  });

  test('with its source noted differs in the first Via alone', () => {
    const request = asRequest(whole(TIDY));
    noteSource(request.headers, '192.0.2.7', 40_000);
    const noted = String(whole(TIDY)).replace(';rport;branch=z9hG4bKa', ';rport=40000;branch=z9hG4bKa;received=192.0.2.7');
    assert.equal(String(writeMessage(request)), noted);
    assert.equal(String(writeMessage(parseMessage(writeMessage(request)))), noted);
  });

  test('is written anew as soon as a header, the URI, the method or the body is another', () => {
    const changes: ((request: Request) => void)[] = [
      (request) => request.headers.add('X-New', 'x'),
      (request) => request.headers.prepend('X-New', 'x'),
      (request) => request.headers.set('From', 'x'),
      (request) => request.headers.remove('X-first'),
      (request) => request.headers.replaceFirst('from', 'x'),
      (request) => {
        request.uri = 'sip:x';
      },
      (request) => {
        request.method = 'x';
      },
      (request) => {
        request.body = Buffer.from('x');
      },
    ];
    for (const change of changes) {
      const request = asRequest(whole(TIDY));
      change(request);
      assert.match(String(writeMessage(request)), /x/i);
      assert.notEqual(String(writeMessage(request)), String(whole(TIDY)));
      assert.match(String(writeMessage(request)), /Content-Length: \d+\r\n\r\n/);
    }
  });

  for (const [why, head] of [
    ['folded', lines('Via: SIP/2.0/UDP a', 'Subject: one', ' two', 'l: 30')],
    ['with white space before the colon', lines('Via : SIP/2.0/UDP a', 'l: 30')],
    ['with white space behind a value', lines('Via: SIP/2.0/UDP a ', 'l: 30')],
    ['without Content-Length', lines('Via: SIP/2.0/UDP a')],
    ['with Content-Length twice', lines('Via: SIP/2.0/UDP a', 'l: 30', 'l: 30')],
    ['with letters of more than one byte', lines('Via: SIP/2.0/UDP a', 'Subject: 话务', 'l: 30')],
  ] as const) {
    test(`${why} is written anew: each header on one line, one Content-Length`, () => {
      const request = asRequest(whole(`${head}\r\n`));
      noteSource(request.headers, '192.0.2.7', 40_000);
      const text = String(writeMessage(request));
      assert.match(text, /Via: SIP\/2\.0\/UDP a;received=192\.0\.2\.7\r\n/);
      assert.equal(text.split('Content-Length: 30\r\n').length, 2);
      assert.ok(!/\r\n[ \t]/.test(text) && text.endsWith(`\r\n\r\n${SDP}`));
    });
  }
});

describe('what is remembered', () => {
  test('is made once while it is among the latest, and is of its own text', () => {
    const made: string[] = [];
    const upper = recently((text) => {
      made.push(text);
      return text.toUpperCase();
    }, 3);
    assert.deepEqual(['a', 'b', 'a', 'c', 'b', 'd', 'a'].map(upper), ['A', 'B', 'A', 'C', 'B', 'D', 'A']);
    assert.deepEqual(made, ['a', 'b', 'c', 'd', 'a']);
  });

  test('is nothing of what throws', () => {
    for (let twice = 0; twice < 2; twice += 1) assert.throws(() => parseUri('sip:@'), /nothing before/);
    for (let twice = 0; twice < 2; twice += 1) assert.throws(() => parseNameAddr('<sip:a'), /without its/);
  });

  test('the plain and the careful reading of a Via and a URI agree', () => {
    assert.deepEqual(parseVia('SIP/2.0/UDP Host.example:5061;rport;branch=z9hG4bKx;Maddr="a;b"'), {
      ...parseVia('sip/2.0 / udp  Host.example:5061;rport;branch=z9hG4bKx;Maddr="a;b"'),
      transport: 'UDP',
    });
    for (const text of ['sip:8001@Host.example:5060', 'sip:8001@10.0.0.1']) {
      const { params: _, ...plain } = parseUri(text);
      const { params: __, ...careful } = parseUri(`${text};lr`);
      assert.deepEqual(plain, careful);
    }
    assert.throws(() => parseVia('SIP/2.0/UDP host:70000;branch=z9hG4bKx'), /host/);
    assert.throws(() => parseUri('sip:a@b:70000'), /port/);
  });
});
