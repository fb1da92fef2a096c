import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partOfType } from '../../kernel/multipart.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=话务\r\n';
const wrap = (boundary: string, parts: string[], end = `--${boundary}--\r\n`): string =>
  `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}${end}`;
const sdpPart = `Content-Type: application/sdp\r\n\r\n${SDP}`;
const isupPart = 'Content-Type: application/ISUP;version=itu-t92+\r\nContent-Disposition: signal;handling=optional\r\n\r\n\u0001\u0010\u0000';

/** Type and body of a message, and the session description in it. */
const bodies: Record<string, [contentType: string, body: string, found: string | undefined]> = {
  'a session description alone': ['application/sdp', SDP, SDP],
  'its type in another case, with a parameter': ['Application/SDP;charset=utf-8', SDP, SDP],
  'beside ISUP': ['multipart/mixed;boundary=b1', wrap('b1', [isupPart, sdpPart]), SDP],
  'with quotes around the boundary, in another case': ['Multipart/Mixed; Boundary="b 1=?"', wrap('b 1=?', [sdpPart, isupPart]), SDP],
  'a preamble and an epilogue are no parts': ['multipart/mixed;boundary=b1', `v=0\r\nno part\r\n${wrap('b1', [sdpPart])}v=0\r\n`, SDP],
  'a boundary that begins like another': ['multipart/mixed;boundary=b', wrap('b', [`Content-Type: text/plain\r\n\r\n--b2\r\n`, sdpPart]), SDP],
  'a multipart within a multipart': [
    'multipart/mixed;boundary=outer',
    wrap('outer', [isupPart, `Content-Type: multipart/alternative;\r\n boundary=inner\r\n\r\n${wrap('inner', [sdpPart])}`]),
    SDP,
  ],
  'line ends of one byte': ['multipart/mixed;boundary=b1', wrap('b1', [sdpPart]).replaceAll('\r\n', '\n'), SDP.replaceAll('\r\n', '\n')],
  'the last delimiter forgotten': ['multipart/mixed;boundary=b1', wrap('b1', [sdpPart], ''), `${SDP}\r\n`],
  'blanks behind the boundary': ['multipart/mixed;boundary=b1', `--b1  \r\n${sdpPart}\r\n--b1--`, SDP],
  'none of that type': ['multipart/mixed;boundary=b1', wrap('b1', [isupPart]), undefined],
  'a part without a type is text': ['multipart/mixed;boundary=b1', wrap('b1', [`\r\n${SDP}`]), undefined],
  'no boundary': ['multipart/mixed', wrap('b1', [sdpPart]), undefined],
  'another type': ['application/isup', SDP, undefined],
  'no type': ['', SDP, undefined],
};
for (const [what, [contentType, body, found]] of Object.entries(bodies))
  test(`the session description: ${what}`, () => assert.equal(partOfType(body, contentType, 'application/sdp'), found));

test('parts and depth are bounded: a body of a megabyte of delimiters or of nested parts is read in no time', () => {
  const began = process.cpuUsage().user;
  assert.equal(partOfType('--b\r\n'.repeat(200_000), 'multipart/mixed;boundary=b', 'application/sdp'), undefined);
  assert.equal(partOfType('--b'.repeat(300_000), 'multipart/mixed;boundary=b', 'application/sdp'), undefined);
  let nested = sdpPart;
  for (let depth = 0; depth < 6; depth += 1) nested = `Content-Type: multipart/mixed;boundary=d${depth}\r\n\r\n${wrap(`d${depth}`, [nested])}`;
  assert.equal(partOfType(wrap('b', [nested]), 'multipart/mixed;boundary=b', 'application/sdp'), undefined);
  assert.ok(process.cpuUsage().user - began < 2_000_000, 'less than 2 s');
});
