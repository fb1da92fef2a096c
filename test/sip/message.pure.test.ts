/** The parser: what is tortuous and valid is understood, what is invalid is refused by a typed error, nothing costs more than linear time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNameAddr } from '../../sip/message/address.ts';
import { ParseError } from '../../sip/message/fault.ts';
import { Headers, headerSpelling } from '../../sip/message/headers.ts';
import { type Message, newRequest, type Request, responseTo, tagOf } from '../../sip/message/message.ts';
import { MalformedRequest, parseMessage } from '../../sip/message/parse.ts';
import { splitOutside } from '../../sip/message/scan.ts';
import { StreamFramer } from '../../sip/message/stream.ts';
import { parseHostPort, parseUri } from '../../sip/message/uri.ts';
import { faultOf } from '../../sip/message/validity.ts';
import { parseCSeq } from '../../sip/message/values.ts';
import { noteSource, parseVia, topVia } from '../../sip/message/via.ts';
import { writeMessage } from '../../sip/message/write.ts';
import { assertLinear } from './support/linear.ts';
import { seeded } from './support/simulation.ts';

const asRequest = (message: Message): Request => {
  assert.equal(message.kind, 'request');
  return message as Request;
};
const lines = (...rows: string[]): string => rows.join('\r\n');
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof ParseError, `only typed errors: ${String(error)}`);
    return error.code;
  }
  return 'none';
};

const PLAIN = lines(
  'INVITE sip:10086@example.com SIP/2.0',
  'Via: SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bKabc;rport',
  'Max-Forwards: 70',
  'From: "张伟" <sip:13800001001@example.com>;tag=1',
  'To: <sip:10086@example.com>',
  'Call-ID: abc@10.0.0.1',
  'CSeq: 1 INVITE',
  'Contact: <sip:13800001001@10.0.0.1:5062>',
  'Content-Type: application/sdp',
  'Content-Length: 5',
  '',
  'v=0\r\n',
);

test('a plain request comes apart, and is written back byte for byte', () => {
  const request = asRequest(parseMessage(PLAIN));
  assert.equal(request.method, 'INVITE');
  assert.equal(request.headers.get('call-id'), 'abc@10.0.0.1');
  assert.equal(request.body.toString(), 'v=0\r\n');
  assert.equal(faultOf(request), undefined);
  assert.deepEqual(writeMessage(request), Buffer.from(PLAIN));
});

test('white space, folds, compact forms and odd case in every place the grammar allows are understood', () => {
  const request = asRequest(
    parseMessage(
      lines(
        'INVITE sip:vivek@example.com;unknown=1 SIP/2.0',
        'TO :',
        ' sip:vivek@example.com ;   tag    = 1918',
        'f   : "Quote \\\\\\"d"       <sip:j@example.com>',
        '  ;',
        '  tag = 98as',
        'MaX-fOrWaRdS: 0068',
        'i: inv.0ha0@10.0.0.1',
        'cseq: 0009',
        '  INVITE',
        'V:  SIP  / 2.0  / UDP   10.0.0.2;branch=390skdjuw',
        's :',
        'NewHeader:   odd',
        '  continued ;',
        'm:"a, b" <sip:j@example.com>,<sip:k@example.com>;q=0.1',
        'v:  SIP / 2.0 / TCP  spindle.example.com   ;',
        '  branch  =   z9hG4bK9ikj8  ,',
        ' SIP  /    2.0   / UDP  10.0.0.3   ; branch=',
        ' z9hG4bK30239',
        'Odd: ;;,,;;,;',
        'l: 4',
        '',
        'body and more than Content-Length',
      ),
    ),
  );
  assert.equal(faultOf(request), undefined);
  assert.equal(tagOf(request.headers.get('From') ?? ''), '98as');
  assert.equal(tagOf(request.headers.get('To') ?? ''), '1918');
  assert.deepEqual(parseCSeq(request.headers.get('CSeq') ?? ''), { number: 9, method: 'INVITE' });
  assert.equal(parseNameAddr(request.headers.get('from') ?? '').display, 'Quote \\"d');
  assert.equal(request.headers.get('subject'), '');
  assert.equal(request.headers.get('newheader'), 'odd continued ;');
  assert.deepEqual(request.headers.list('contact'), ['"a, b" <sip:j@example.com>', '<sip:k@example.com>;q=0.1']);
  assert.deepEqual(
    request.headers.list('via').map((value) => [parseVia(value).transport, parseVia(value).host, parseVia(value).params.get('branch')]),
    [
      ['UDP', '10.0.0.2', '390skdjuw'],
      ['TCP', 'spindle.example.com', 'z9hG4bK9ikj8'],
      ['UDP', '10.0.0.3', 'z9hG4bK30239'],
    ],
  );
  assert.equal(request.body.toString(), 'body');
});

test('every character a token, a user or a quoted string may hold is kept', () => {
  const call = 'intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{';
  const request = asRequest(
    parseMessage(
      lines(
        "!odd-Method0123456789*.%hoist+Slide_`~'x sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0",
        "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
        'To: "BEL:\\\u0007 NUL:\\\u0000 DEL:\\\u007f" <sip:1_unusual.URI~(to-be!sure)&isn\'t+it$/crazy?,/;;*@example.com>',
        `From: token1~\` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%="раб";tag=_token~1'+\`*%!-.`,
        `Call-ID: ${call}`,
        "CSeq: 139122385 !odd-Method0123456789*.%hoist+Slide_`~'x",
        'Max-Forwards: 255',
        "extensionHeader-!.%*+_`'~:大停電",
        'Content-Length: 0',
        '',
        '',
      ),
    ),
  );
  assert.equal(faultOf(request), undefined);
  assert.equal(request.headers.get('call-id'), call);
  assert.equal(request.headers.get("extensionHeader-!.%*+_`'~"), '大停電');
  assert.equal(tagOf(request.headers.get('from') ?? ''), "_token~1'+`*%!-.");
  const { user, host } = parseUri(request.uri);
  assert.deepEqual([user, host], ["1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", 'example.com']);
  assert.deepEqual(parseMessage(writeMessage(request)), request);
});

test('escapes are left as they are: no new line, no other user comes of them', () => {
  const uri = parseUri('sip:null-%00-null%0d%0aX:%20y@example.com;x=%61');
  assert.equal(uri.user, 'null-%00-null%0d%0aX:%20y'.split(':')[0]);
  const request = asRequest(parseMessage(PLAIN.replace('sip:10086@', 'sip:%31%30%30%38%36@')));
  assert.equal(request.uri, 'sip:%31%30%30%38%36@example.com');
});

test('bytes that are no UTF-8 are echoed as they came', () => {
  const [before = '', after = ''] = PLAIN.split('张伟');
  const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xff, 0xfe, 0xc0, 0xaf]), Buffer.from(after)]);
  const request = asRequest(parseMessage(bytes));
  assert.equal(request.charset, 'latin1');
  assert.deepEqual(writeMessage(request), bytes);
  const response = writeMessage(responseTo(request, 486, 'x'));
  assert.ok(response.includes(Buffer.from([0xff, 0xfe, 0xc0, 0xaf])));
});

test('names of an object’s own are headers and parameters like any other', () => {
  const request = asRequest(parseMessage(PLAIN.replace('Max-Forwards: 70', '__proto__: 1\r\nconstructor: 2\r\ntoString: 3')));
  assert.deepEqual([request.headers.get('__proto__'), request.headers.get('constructor'), request.headers.get('tostring')], ['1', '2', '3']);
  assert.equal(request.headers.get('hasOwnProperty'), undefined);
  assert.equal(parseUri('sip:a@b;__proto__=x').params.get('__proto__'), 'x');
  assert.equal(({} as Record<string, unknown>).x, undefined);
});

test('C14: IPv6 stands in brackets everywhere, with or without a port, and zone ids are read', () => {
  assert.deepEqual(parseHostPort('[2001:DB8::9:255]:5070'), { host: '[2001:db8::9:255]', port: 5070 });
  assert.deepEqual(parseHostPort('[fe80::1%eth0]'), { host: '[fe80::1%eth0]', port: undefined });
  assert.equal(parseUri('sip:user@[2001:db8::10]').host, '[2001:db8::10]');
  assert.equal(parseVia('SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3').params.get('received'), '[2001:db8::9:255]');
  assert.equal(
    codeOf(() => parseUri('sip:2001:db8::10')),
    'uri',
  );
  assert.equal(
    codeOf(() => parseHostPort('[::ffff:192.0.2.10')),
    'uri',
  );
});

test('addresses with and without brackets give their parameters to whom they belong', () => {
  assert.deepEqual([...parseNameAddr('sip:a@b;tag=1').params], [['tag', '1']]);
  assert.deepEqual([...parseNameAddr('<sip:a@b;tag=1>').params], []);
  assert.equal(parseNameAddr('"<sip:trap@x>;tag=no" <sip:a@b>;tag=yes').uri, 'sip:a@b');
  assert.equal(tagOf('"x;tag=no" <sip:a@b;tag=no>;x=";tag=no";tag=yes'), 'yes');
  assert.equal(parseNameAddr('caller<sip:a@b>').display, 'caller');
  assert.equal(
    codeOf(() => parseNameAddr('"no end <sip:a@b>')),
    'quoting',
  );
  assert.equal(
    codeOf(() => parseNameAddr('<sip:a@b')),
    'address',
  );
  assert.equal(
    codeOf(() => parseNameAddr('Bell, Alexander <sip:a@b> nonsense')),
    'address',
  );
});

test('headers are looked up by any spelling and written in the usual one', () => {
  const headers = new Headers().add('i', 'x').add('Via', 'a').add('v', 'b, c');
  assert.deepEqual([headers.get('CALL-ID'), headers.list('via')], ['x', ['a', 'b', 'c']]);
  assert.deepEqual(
    [...headers.set('Via', 'z')].map(({ value }) => value),
    ['x', 'z'],
  );
  assert.deepEqual(['call-id', 'cseq', 'content-type', 'x-foo', 'X-fOO', 'www-authenticate', 'rack', 'subject', 't'].map(headerSpelling), [
    'Call-ID',
    'CSeq',
    'Content-Type',
    'x-foo',
    'X-fOO',
    'WWW-Authenticate',
    'RAck',
    'Subject',
    'To',
  ]);
  assert.deepEqual(splitOutside('a, "b, \\", c" <d,e>, f,,', ','), ['a', '"b, \\", c" <d,e>', 'f']);
});

/** What is wrong → the status it is refused with. */
const REFUSED: Record<string, [request: string, status: number]> = {
  'another version': [PLAIN.replace('SIP/2.0\r\n', 'SIP/7.0\r\n'), 505],
  'an unknown scheme': [PLAIN.replace('sip:10086@example.com SIP', 'nobodyKnowsThisScheme:x SIP'), 416],
  'a Request-URI in brackets': [PLAIN.replace('sip:10086@example.com SIP', '<sip:10086@example.com> SIP'), 400],
  'white space in the Request-URI': [PLAIN.replace('sip:10086@example.com SIP', 'sip:10086@example.com; lr SIP'), 400],
  'two spaces before the version': [PLAIN.replace('example.com SIP', 'example.com  SIP'), 400],
  'no Call-ID': [PLAIN.replace('Call-ID: abc@10.0.0.1\r\n', ''), 400],
  'no To': [PLAIN.replace('To: <sip:10086@example.com>\r\n', ''), 400],
  'no CSeq': [PLAIN.replace('CSeq: 1 INVITE\r\n', ''), 400],
  'two Call-IDs': [PLAIN.replace('Call-ID:', 'Call-ID: other\r\nCall-ID:'), 400],
  'two From': [PLAIN.replace('From:', 'From: <sip:x@y>;tag=2\r\nFrom:'), 400],
  'two Max-Forwards': [PLAIN.replace('Max-Forwards: 70', 'Max-Forwards: 70\r\nMax-Forwards: 5'), 400],
  'a CSeq of another method': [PLAIN.replace('CSeq: 1 INVITE', 'CSeq: 1 OPTIONS'), 400],
  'a CSeq that is too large': [PLAIN.replace('CSeq: 1 INVITE', 'CSeq: 36893488147419103232 INVITE'), 400],
  'a CSeq of 2^31': [PLAIN.replace('CSeq: 1 INVITE', 'CSeq: 2147483648 INVITE'), 400],
  'a To that never closes its quote': [PLAIN.replace('To: <', 'To: "Mr Watson <'), 400],
  'a Call-ID the control protocol cannot carry': [PLAIN.replace('abc@10', 'a|b@10'), 400],
};
for (const [what, [text, status]] of Object.entries(REFUSED))
  test(`refused with ${status}: ${what}`, () => {
    assert.equal(faultOf(asRequest(parseMessage(text)))?.status, status);
  });

/** What cannot be parsed → the code of the error; whether the request can still be answered. */
const UNPARSABLE: Record<string, [message: string | Buffer, code: string, answerable: boolean]> = {
  'nothing but line ends': ['\r\n\r\n\r\n', 'empty', false],
  HTTP: ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'notSip', false],
  noise: [Buffer.from([0x80, 0, 0xde, 0xad, 0x0d, 0x0a, 0x0d, 0x0a]), 'notSip', false],
  'a head without its end': [PLAIN.slice(0, 200), 'header', false],
  'a status out of range': ['SIP/2.0 4294967301 better\r\nVia: x\r\n\r\n', 'notSip', false],
  'a status of 700': ['SIP/2.0 700 no\r\nVia: x\r\n\r\n', 'startLine', false],
  'a line without a colon': [PLAIN.replace('Max-Forwards: 70', 'Max-Forwards 70'), 'header', true],
  'a name with a space in it': [PLAIN.replace('Max-Forwards: 70', 'X Tenant: 1'), 'header', true],
  'a bare LF in a value': [PLAIN.replace('Max-Forwards: 70', 'Subject: a\nX-Injected: 1'), 'header', true],
  'a bare CR in a value': [PLAIN.replace('Max-Forwards: 70', 'Subject: a\rb'), 'header', true],
  'a body shorter than Content-Length': [PLAIN.replace('Content-Length: 5', 'Content-Length: 9999'), 'contentLength', true],
  'a negative Content-Length': [PLAIN.replace('Content-Length: 5', 'Content-Length: -5'), 'contentLength', true],
  'two different Content-Lengths': [PLAIN.replace('Content-Length: 5', 'Content-Length: 5\r\nContent-Length: 3'), 'contentLength', true],
  'a Content-Length beyond 2^63': [PLAIN.replace('Content-Length: 5', 'Content-Length: 9223372036854775808'), 'contentLength', true],
  'a head of more than 64 KB': [PLAIN.replace('Max-Forwards: 70', `X: ${'a'.repeat(70_000)}`), 'headTooLong', false],
  'a message of more than 256 KB': [Buffer.alloc(300_000, 0x20), 'tooLong', false],
  'more headers than anyone needs': [PLAIN.replace('Max-Forwards: 70', Array.from({ length: 600 }, () => 'X: 1').join('\r\n')), 'tooManyHeaders', true],
};
for (const [what, [message, code, answerable]] of Object.entries(UNPARSABLE))
  test(`not parsed (${code}): ${what}`, () => {
    assert.equal(
      codeOf(() => parseMessage(message)),
      code,
    );
    try {
      parseMessage(message);
    } catch (error) {
      assert.equal(error instanceof MalformedRequest, answerable);
    }
  });

test('received and rport are noted in the topmost Via alone, and only when they say something', () => {
  const noted = (via: string, address: string, port: number): string | undefined => {
    const headers = new Headers().add('Via', via).add('Via', 'SIP/2.0/UDP second;rport');
    noteSource(headers, address, port);
    assert.equal(headers.all('via')[1], 'SIP/2.0/UDP second;rport');
    return headers.get('via');
  };
  assert.equal(noted('SIP/2.0/UDP 10.0.0.1:5060;branch=b', '10.0.0.1', 99), 'SIP/2.0/UDP 10.0.0.1:5060;branch=b');
  assert.equal(noted('SIP/2.0/UDP 10.0.0.1:5060;branch=b', '10.0.0.2', 99), 'SIP/2.0/UDP 10.0.0.1:5060;branch=b;received=10.0.0.2');
  assert.equal(noted('SIP/2.0/UDP host;rport;branch=b', '10.0.0.2', 99), 'SIP/2.0/UDP host;rport=99;branch=b;received=10.0.0.2');
  assert.equal(noted('SIP/2.0/UDP host;rport=5;received=6.6.6.6;branch=b', '10.0.0.2', 99), 'SIP/2.0/UDP host;rport=99;branch=b;received=10.0.0.2');
  assert.equal(noted('SIP/2.0/UDP [2001:db8::1];branch=b', '2001:db8::1', 99), 'SIP/2.0/UDP [2001:db8::1];branch=b');
  assert.equal(noted('SIP/2.0/UDP a;branch=b, SIP/2.0/UDP a;branch=b', '10.0.0.2', 99), 'SIP/2.0/UDP a;branch=b;received=10.0.0.2, SIP/2.0/UDP a;branch=b');
  assert.equal(topVia(new Headers().add('v', 'SIP/2.0/tls x.y:1;a, z')).transport, 'TLS');
});

// ── streams ───────────────────────────────────────────────────────────────────────────────────────────────────────────

test('a stream is cut into the same messages however it is split', () => {
  const stream = Buffer.from(`\r\n${PLAIN}${PLAIN.replace('abc@', 'def@')}\r\n\r\n${PLAIN}`);
  const shapeOf = (chunks: Buffer[]): string[] => {
    const framer = new StreamFramer();
    return chunks
      .flatMap((chunk) => framer.push(chunk))
      .map((framed) => (framed.kind === 'message' ? String(asRequest(parseMessage(framed.bytes)).headers.get('call-id')) : 'ping'));
  };
  const expected = ['abc@10.0.0.1', 'def@10.0.0.1', 'ping', 'abc@10.0.0.1'];
  assert.deepEqual(shapeOf([stream]), expected);
  assert.deepEqual(shapeOf([...stream].map((byte) => Buffer.from([byte]))), expected);
  const random = seeded(7);
  for (let run = 0; run < 200; run += 1) {
    const chunks: Buffer[] = [];
    for (let at = 0; at < stream.length; ) {
      const size = 1 + Math.floor(random() * 300);
      chunks.push(stream.subarray(at, at + size));
      at += size;
    }
    assert.deepEqual(shapeOf(chunks), expected);
  }
});

test('a stream that breaks the framing is given up: no length, two lengths, a head or a message without end', () => {
  const push = (text: string) => codeOf(() => new StreamFramer().push(Buffer.from(text)));
  assert.equal(push(PLAIN.replace('Content-Length: 5\r\n', '')), 'contentLength');
  assert.equal(push(PLAIN.replace('Content-Length: 5', 'Content-Length: 5\r\nl: 0')), 'contentLength');
  assert.equal(push(PLAIN.replace('Content-Length: 5', 'Content-Length: 9999999')), 'tooLong');
  assert.equal(push(`INVITE sip:x SIP/2.0\r\nX: ${'a'.repeat(70_000)}`), 'headTooLong');
  const patient = new StreamFramer();
  assert.deepEqual(patient.push(Buffer.from(PLAIN.replace('Content-Length: 5', 'Content-Length: 500'))), []);
  assert.ok(patient.held < 1_000);
});

// ── fuzz ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

const FUZZ_SEEDS = 40;
const MUTANTS_A_SEED = 150;

/** Changes a message somewhere: bytes flipped, pieces doubled, dropped, or replaced by what parsers trip over. */
function mutate(bytes: Buffer, random: () => number): Buffer {
  const pick = (below: number): number => Math.floor(random() * below);
  const traps = [
    '\r\n',
    '\n',
    ';',
    ',',
    '"',
    '<',
    '>',
    '%00',
    '\u0000',
    '__proto__',
    ':',
    ' ',
    '\t',
    '[',
    '::',
    '99999999999999999999',
    '话',
    '\r\n ',
    'SIP/2.0/',
    '|',
    '=',
  ];
  let mutant = bytes;
  for (let change = 0; change <= pick(4); change += 1) {
    const at = pick(mutant.length);
    const end = Math.min(mutant.length, at + pick(40));
    const piece =
      [Buffer.from([pick(256)]), Buffer.from(traps[pick(traps.length)] ?? ''), mutant.subarray(at, end), Buffer.alloc(0)][pick(4)] ?? Buffer.alloc(0);
    mutant = Buffer.concat([mutant.subarray(0, at), piece, ...(pick(2) === 0 ? [mutant.subarray(at)] : [mutant.subarray(end)])]);
  }
  return mutant;
}

test(`${FUZZ_SEEDS * MUTANTS_A_SEED} mutants: only typed errors, and what was parsed parses to the same when written`, () => {
  const only = process.env.SEED;
  const seeds = only === undefined ? Array.from({ length: FUZZ_SEEDS }, (_, index) => index + 1) : [Number(only)];
  let parsed = 0;
  for (const seed of seeds) {
    const random = seeded(seed);
    for (let count = 0; count < MUTANTS_A_SEED; count += 1) {
      const mutant = mutate(Buffer.from(PLAIN), random);
      try {
        parsed += checkMutant(mutant);
      } catch (error) {
        const again = `rerun: SEED=${seed} node --import tsx --test test/sip/message.pure.test.ts`;
        throw new Error(`seed ${seed}, mutant ${count}: ${(error as Error).message}\n${JSON.stringify(mutant.toString('latin1'))}\n${again}`, { cause: error });
      }
    }
  }
  assert.ok(only !== undefined || parsed > 1_000, `the mutants are not all hopeless: ${parsed} parsed`);
});

function checkMutant(mutant: Buffer): number {
  let message: Message;
  try {
    message = parseMessage(mutant);
  } catch (error) {
    assert.ok(error instanceof ParseError, `an untyped error: ${String(error)}`);
    return 0;
  }
  const again = parseMessage(writeMessage(message));
  const shape = (each: Message): unknown => ({
    headers: [...each.headers].filter(({ key }) => key !== 'content-length').map(({ key, value }) => [key, value]),
    body: each.body.toString('latin1'),
  });
  assert.deepEqual(shape(again), shape(message));
  if (message.kind === 'request' && faultOf(message) === undefined) {
    noteSource(message.headers, '10.9.8.7', 1234);
    for (const [index, line] of writeMessage(responseTo(message, 200, 'tag'))
      .toString('latin1')
      .split('\r\n\r\n')[0]
      ?.split('\r\n')
      .entries() ?? [])
      assert.match(
        line,
        index === 0 ? /^SIP\/2\.0 200 OK$/ : /^(Via|From|To|Call-ID|CSeq|Content-Length): /,
        'a response holds the headers it was given and no other line',
      );
  }
  return 1;
}

test('C12: 60 KB of quotes, commas, folds and the like take linear time', () => {
  const traps: Record<string, (size: number) => string> = {
    quotes: (size) => `From: ${'"'.repeat(size)}`,
    escapes: (size) => `From: "${'\\'.repeat(size)}`,
    commas: (size) => `Via: ${','.repeat(size)}`,
    'commas apart': (size) => `Via: ${', '.repeat(size / 2)}x`,
    semicolons: (size) => `From: <sip:a@b>${';'.repeat(size)}`,
    brackets: (size) => `From: ${'<'.repeat(size)}`,
    folds: (size) => `Subject: ${'\r\n '.repeat(size / 3)}x`,
    spaces: (size) => `Via: SIP${' '.repeat(size)}`,
    'spaces after the slash': (size) => `Via: SIP/2.0/UDP${' '.repeat(size)};`,
    rports: (size) => `Via: SIP/2.0/UDP a${';rport '.repeat(size / 7)}`,
    tags: (size) => `To: <sip:a@b>${'; tag '.repeat(size / 6)}`,
  };
  const read = (whole: string): void => {
    try {
      const request = asRequest(parseMessage(whole));
      faultOf(request);
      for (const { value } of request.headers) {
        splitOutside(value, ',');
        tagOf(value);
      }
      noteSource(request.headers, '1.2.3.4', 5);
    } catch (error) {
      assert.ok(error instanceof ParseError, String(error));
    }
  };
  for (const [name, make] of Object.entries(traps)) assertLinear(name, (size) => PLAIN.replace('Max-Forwards: 70', make(size)), read, 6_000);
});

test('a request made by hand is written with its length', () => {
  const request = newRequest('MESSAGE', 'sip:a@b', [['From', '<sip:话@b>']], '你好');
  assert.equal(writeMessage(request).toString(), 'MESSAGE sip:a@b SIP/2.0\r\nFrom: <sip:话@b>\r\nContent-Length: 6\r\n\r\n你好');
});
