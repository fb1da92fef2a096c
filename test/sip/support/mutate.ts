/** Mutants of SIP messages, each a function of its seed and number alone, so that any one can be made again. */
import { seeded } from './simulation.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n';
const XML = '<?xml version="1.0"?>\r\n<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:a@b"/>\r\n';

function plain(method: string, uri: string, rows: string[] = [], body = '', type = ''): string {
  const head = [
    `${method} ${uri} SIP/2.0`,
    'Via: SIP/2.0/{T} 127.0.0.1:{P};rport;branch=z9hG4bK{N}',
    'Max-Forwards: 70',
    'From: "张伟" <sip:caller@127.0.0.1>;tag=f{N}',
    ...(rows.some((row) => row.startsWith('To:')) ? [] : ['To: <sip:10086@127.0.0.1>']),
    'Call-ID: {N}@fuzz',
    `CSeq: 7 ${method}`,
    ...rows,
    ...(type === '' ? [] : [`Content-Type: ${type}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

const US = 'sip:10086@127.0.0.1';
const CONTACT = 'Contact: <sip:caller@127.0.0.1:{P};transport={T}>';
/** What the mutants come from: each method with the headers whose parsers matter. */
export const CORPUS: readonly string[] = [
  plain(
    'INVITE',
    US,
    [CONTACT, 'Supported: timer, 100rel', 'Session-Expires: 1800;refresher=uac', 'Allow: INVITE, ACK, BYE, UPDATE, PRACK'],
    SDP,
    'application/sdp',
  ),
  plain(
    'INVITE',
    US,
    [CONTACT, 'Require: 100rel', 'P-Asserted-Identity: <tel:+8613800001001>', 'History-Info: <sip:a@b>;index=1, <sip:c@d>;index=1.1'],
    SDP,
    'application/sdp',
  ),
  plain('INVITE', US, [CONTACT, 'Record-Route: <sip:127.0.0.1:{P};lr>, <sip:10.9.9.9;lr>', 'Route: <sip:127.0.0.1;lr>', 'Replaces: a;to-tag=b;from-tag=c']),
  plain('OPTIONS', US, ['Accept: application/sdp, text/*;q=0.5', 'Subject: hello', 'Date: Sat, 13 Nov 2010 23:29:00 GMT']),
  plain('REGISTER', 'sip:127.0.0.1', [
    'To: <sip:8001@127.0.0.1>',
    'Contact: <sip:8001@127.0.0.1:{P};transport={T};ob>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";expires=600, <sip:x@y>;q=0.1',
    'Expires: 3600',
    'Authorization: Digest username="8001", realm="huawu", nonce="abc", uri="sip:127.0.0.1", response="00000000000000000000000000000000", algorithm=MD5, qop=auth, nc=00000001, cnonce="x"',
    'Path: <sip:edge@127.0.0.1;lr>',
  ]),
  plain('MESSAGE', US, [], '你好，话务', 'text/plain;charset=UTF-8'),
  plain('MESSAGE', US, ['MIME-Version: 1.0'], '--b\r\nContent-Type: text/plain\r\n\r\na\r\n--b--\r\n', 'multipart/mixed;boundary=b'),
  plain('SUBSCRIBE', US, [CONTACT, 'Event: dialog;id=1', 'Expires: 60', 'Accept: application/dialog-info+xml']),
  plain('NOTIFY', US, [CONTACT, 'To: <sip:a@b>;tag=unknown', 'Event: dialog', 'Subscription-State: active;expires=60'], XML, 'application/dialog-info+xml'),
  plain('PUBLISH', US, ['Event: presence', 'SIP-If-Match: x'], XML, 'application/pidf+xml'),
  plain('REFER', US, [CONTACT, 'Refer-To: <sip:x@y?Replaces=a%3Bto-tag%3Db>', 'Referred-By: <sip:z@w>']),
  plain('BYE', US, ['To: <sip:10086@127.0.0.1>;tag=unknown', 'Reason: Q.850;cause=16;text="x"']),
  plain('CANCEL', US),
  plain('ACK', US, ['To: <sip:10086@127.0.0.1>;tag=unknown']),
  plain('PRACK', US, ['To: <sip:10086@127.0.0.1>;tag=unknown', 'RAck: 1 7 INVITE']),
  plain('UPDATE', US, ['To: <sip:10086@127.0.0.1>;tag=unknown', CONTACT, 'Min-SE: 90'], SDP, 'application/sdp'),
  plain('INFO', US, ['To: <sip:10086@127.0.0.1>;tag=unknown', 'Info-Package: dtmf'], 'Signal=5\r\nDuration=160\r\n', 'application/dtmf-relay'),
  'SIP/2.0 200 OK\r\nVia: SIP/2.0/{T} 127.0.0.1:5060;branch=z9hG4bK{N}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: {N}\r\nCSeq: 1 INVITE\r\nContact: <sip:c@d>\r\nContent-Length: 0\r\n\r\n',
];

/** None of these has a true line end before the name: in no message of ours may it stand at the beginning of a line. */
export const CANARY = 'X-Injected';
const TRAPS: readonly string[] = [
  ...['\r', '\n', '%0d%0a', '\\r\\n', '\u2028', '\u0085', '\u0000', '\v', '\f'].map((end) => `${end}${CANARY}: 1`),
  ...['\r\n ', ';', ',', '"', '<', '>', '%00', '\u0000', ':', '  ', '\t', '[', ']', '::', '=', '|', '#', '@', '?', '*', '/', '\\', "'", '(', ')'],
  ...['0', '-1', '00000000000000000001', '4294967296', '2147483648', '9223372036854775808', '99999999999999999999', '1e9', 'NaN', '0x10'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '话务', '\u202e', '😀', '%s%s%s%n', '$(id)', "' OR 1=1 --", '../../etc/passwd'],
  ...['SIP/2.0/', 'sip:', 'tel:', '<sip:x@y>', ';tag=x', ';lr', ';rport', ';branch=z9hG4bK', 'localhost', '[::1]', '255.255.255.255', '224.0.0.1'],
];
const NAMES = [
  'Via',
  'v',
  'From',
  'f',
  'To',
  't',
  'Call-ID',
  'i',
  'CSeq',
  'Contact',
  'm',
  'Route',
  'Record-Route',
  'Require',
  'Content-Length',
  'l',
  'Max-Forwards',
  'RSeq',
  'Path',
];

type Random = () => number;
const below = (random: Random, most: number): number => Math.floor(random() * most);
const oneOf = <T>(random: Random, values: readonly T[], otherwise: T): T => values[below(random, values.length)] ?? otherwise;

type Change = (text: string, random: Random) => string;

/** Changes a line of the head, or what stands in place of it. */
const inHead =
  (change: (line: string, random: Random) => string): Change =>
  (text, random) => {
    const end = text.indexOf('\r\n\r\n');
    const lines = text.slice(0, end < 0 ? text.length : end).split('\r\n');
    const at = below(random, lines.length);
    lines[at] = change(lines[at] ?? '', random);
    return lines.filter((line) => line !== '').join('\r\n') + (end < 0 ? '' : text.slice(end));
  };

const CHANGES: readonly Change[] = [
  // A piece is replaced by a trap, or a trap put in.
  (text, random) => {
    const at = below(random, text.length);
    return text.slice(0, at) + oneOf(random, TRAPS, '') + text.slice(at + (random() < 0.5 ? below(random, 12) : 0));
  },
  // A piece is repeated, a few times or many.
  (text, random) => {
    const at = below(random, text.length);
    const piece = text.slice(at, at + 1 + below(random, 40));
    return text.slice(0, at) + piece.repeat(1 + (random() < 0.9 ? below(random, 4) : below(random, 400))) + text.slice(at);
  },
  (text, random) => {
    const at = below(random, text.length);
    return text.slice(0, at) + text.slice(at + below(random, 40));
  },
  // One character, any of the first 256.
  (text, random) => {
    const at = below(random, text.length);
    return text.slice(0, at) + String.fromCharCode(below(random, 256)) + text.slice(at + 1);
  },
  inHead(() => ''),
  inHead((line) => `${line}\r\n${line}`),
  inHead((line, random) => `${oneOf(random, NAMES, 'X')}${line.slice(Math.max(0, line.indexOf(':')))}`),
  inHead((line, random) => `${line}\r\n${oneOf(random, NAMES, 'X')}: ${oneOf(random, TRAPS, '')}`),
  inHead((line) => line.replace(':', '  \t:\r\n  ')),
  inHead((line, random) => line.replace(/\d+/, oneOf(random, TRAPS, '0'))),
  inHead((line, random) => `${line.slice(0, line.indexOf(':') + 1)} ${oneOf(random, TRAPS, '').repeat(1 + below(random, 30))}`),
  (text, random) => text.slice(0, below(random, text.length)),
  (text, random) => text + text.slice(0, below(random, text.length)),
];

/** None to four changes, one after the other. */
export function changed(text: string, random: Random): string {
  let mutated = text;
  for (let changes = below(random, 6) % 5; changes > 0; changes -= 1) mutated = oneOf(random, CHANGES, (same) => same)(mutated, random);
  return mutated;
}

export interface Where {
  /** `UDP`, `TCP` … */
  transport: string;
  port: number;
}

/** The mutant of that number; every tenth or so is no mutant but the message itself. `id` stands in its branch, tag and Call-ID. */
export function mutant(seed: number, number: number, { transport, port }: Where): { id: string; bytes: Buffer } {
  const random = seeded((seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0);
  const id = `fz${seed}x${number}`;
  const text = oneOf(random, CORPUS, '').replaceAll('{T}', transport).replaceAll('{P}', String(port)).replaceAll('{N}', id);
  // Now and then the bytes are no UTF-8.
  return { id, bytes: Buffer.from(changed(text, random), random() < 0.9 ? 'utf8' : 'latin1') };
}
