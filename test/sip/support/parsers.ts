/** C4: every parser that reads what a stranger or an application wrote, each with good inputs, its typed error, and what must be true of what it made. */
import assert from 'node:assert/strict';
import { encodeFrame, FrameDecoder } from '../../../kernel/frames.ts';
import { MediaError } from '../../../media/port.ts';
import { Negotiation } from '../../../media/sdp/negotiate.ts';
import { parseSdp } from '../../../media/sdp/parse.ts';
import { Security } from '../../../media/sdp/security.ts';
import { parseSketch } from '../../../sip/control/sketch.ts';
import { frame, parseFrame } from '../../../sip/control/wire.ts';
import { parseNameAddr } from '../../../sip/message/address.ts';
import { ParseError } from '../../../sip/message/fault.ts';
import { type Message, responseTo, tagOf } from '../../../sip/message/message.ts';
import { parseMessage } from '../../../sip/message/parse.ts';
import { StreamFramer } from '../../../sip/message/stream.ts';
import { parseUri } from '../../../sip/message/uri.ts';
import { faultOf, isUsable } from '../../../sip/message/validity.ts';
import { noteSource, parseVia } from '../../../sip/message/via.ts';
import { writeMessage } from '../../../sip/message/write.ts';
import { parseNameAddress, parseSipUri, splitValues } from '../../../src/phone/address.ts';
import { parseCredentials } from '../../../src/phone/digest.ts';
import { CORPUS, changed } from './mutate.ts';
import { seeded } from './simulation.ts';

export interface Parser {
  name: string;
  good: readonly string[];
  /** The only errors it may throw. */
  isTyped(error: unknown): boolean;
  /** Parses, and asserts what must hold; throws its typed error for what it refuses. */
  parse(text: string): void;
  /** Parses, and swallows its typed error alone. */
  attempt(text: string): void;
}

const isParseError = (error: unknown): boolean => error instanceof ParseError;
const never = (): boolean => false;
const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n';

const rowsOf = (message: Message): unknown => [
  message.kind === 'request' ? [message.method, message.uri] : [message.status, message.reason],
  [...message.headers].filter(({ key }) => key !== 'content-length').map(({ key, value }) => [key, value]),
  message.body.toString('latin1'),
];

/** What is written parses to the same; an answer holds the lines it was given and no other. */
function checkMessage(text: string): void {
  const message = parseMessage(Buffer.from(text));
  assert.deepEqual(rowsOf(parseMessage(writeMessage(message))), rowsOf(message), 'written and parsed again it is the same');
  if (message.kind === 'response') return void isUsable(message);
  if (faultOf(message) !== undefined) return;
  noteSource(message.headers, '10.9.8.7', 1234);
  const answer = writeMessage(responseTo(message, 200, 'tag')).toString('latin1');
  const lines = answer.slice(0, answer.indexOf('\r\n\r\n')).split(/\r\n|\r|\n/);
  for (const line of lines.slice(1)) assert.match(line, /^(Via|From|To|Call-ID|CSeq|Content-Length): /);
}

function checkStream(text: string): void {
  const framer = new StreamFramer();
  const bytes = Buffer.from(text + text);
  let came = 0;
  for (let at = 0; at < bytes.length; at += 97) {
    for (const framed of framer.push(bytes.subarray(at, at + 97))) came += framed.kind === 'message' ? framed.bytes.length : 4;
    assert.ok(came + framer.held <= bytes.length, 'no byte comes twice');
    if (framer.fault !== undefined) throw framer.fault;
  }
}

function checkAnswer(text: string): void {
  parseSdp(text);
  const security = new Security({ fingerprint: '00', address: '127.0.0.1', port: 4_000, ssrc: 1, privateSignalling: true });
  const { sdp } = new Negotiation({ address: '127.0.0.1', family: 4, port: 4_000, sessionId: 1, security }).answer(text);
  assert.equal(parseSdp(sdp).media.length, parseSdp(text).media.length, 'each media line is answered');
}

function checkFrames(text: string): void {
  const decoder = new FrameDecoder(1_000_000);
  const frames = decoder.push(encodeFrame(text));
  assert.deepEqual(frames, [Buffer.from(text).toString()]);
  decoder.push(Buffer.from(text));
}

/** A frame's line comes out with the tokens it was given, whatever they hold. */
function checkControl(text: string): void {
  const { id, verb, tokens } = parseFrame(text);
  const line = frame([verb, id, ...tokens]).toString();
  assert.equal(parseFrame(line.slice(line.indexOf('#') + 1)).tokens.length, tokens.length + 1);
  const sketch = parseSketch(text.slice(text.indexOf('\r\n') + 2));
  if (typeof sketch === 'string') return;
  for (const [name, value] of sketch.headers) assert.ok(!/[\r\n]/.test(name + value), 'no header holds a line end');
}

const nameAddrs = [
  '"张伟 \\"x\\"" <sip:a@b:5060;transport=tcp?x=y>;tag=1;q=0.5',
  'sip:a@[2001:db8::1];tag=2',
  'A B <tel:+86138>;x="a;b,c"',
  '<sips:u%40v:pw@h.example>',
];
const digests = ['Digest username="8001", realm="huawu", nonce="a\\"b", uri="sip:x", response="00", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c"'];
const filled = CORPUS.map((text) => text.replaceAll('{T}', 'UDP').replaceAll('{P}', '5062').replaceAll('{N}', 'n1'));

const RULES: readonly Omit<Parser, 'attempt'>[] = [
  { name: 'messages', good: filled, isTyped: isParseError, parse: checkMessage },
  { name: 'streams', good: filled, isTyped: isParseError, parse: checkStream },
  { name: 'URIs', good: ['sip:u:p@h.example:5061;transport=tls;lr?Subject=x', 'tel:+8610;ext=1', 'sip:[::1]:5060'], isTyped: isParseError, parse: parseUri },
  {
    name: 'addresses',
    good: nameAddrs,
    isTyped: isParseError,
    parse: (text) => {
      parseNameAddr(text);
      tagOf(text);
    },
  },
  {
    name: 'Vias',
    good: ['SIP / 2.0 / UDP host:5060 ;branch=z9hG4bKx;rport;received=1.2.3.4', 'SIP/2.0/WSS [::1];branch=b'],
    isTyped: isParseError,
    parse: parseVia,
  },
  { name: 'digests', good: digests, isTyped: never, parse: parseCredentials },
  {
    name: 'addresses of the application',
    good: nameAddrs,
    isTyped: never,
    parse: (text) => {
      parseNameAddress(text);
      parseSipUri(text);
      splitValues(text);
    },
  },
  { name: 'session descriptions', good: [SDP], isTyped: (error) => error instanceof MediaError, parse: checkAnswer },
  {
    name: 'frames',
    good: ['5#hello3#abc', '12#a|response|OK'],
    isTyped: (error) => error instanceof Error && error.message.startsWith('frame: '),
    parse: checkFrames,
  },
  {
    name: 'the control protocol',
    good: [`id|sip|txn|dialog\r\n${filled[0]}`, 'id|sip|txn|\r\nSIP/2.0 200 OK\r\nX-a: b\r\n\r\nbody'],
    isTyped: never,
    parse: checkControl,
  },
];

export const PARSERS: readonly Parser[] = RULES.map((rule) => ({
  ...rule,
  attempt: (text) => {
    try {
      rule.parse(text);
    } catch (error) {
      if (!rule.isTyped(error)) throw error;
    }
  },
}));

/** What parsers trip over, of any length. */
export const TRAPS: readonly string[] = [
  ...['"', '\\', ',', ', ', ';', '; ', '<', '>', '<>', '=', ':', ' ', '\t', '\r\n ', '@', '[', '(', '%00'],
  ...['a=', 'a,', 'a a ', 'a;b=c;', '"a",', 'm=audio 1 RTP/AVP 0\r\n', '|', '1'],
];
/** A good input with so much of `trap` in its middle. */
export function repeated({ good }: Parser, trap: string, size: number): string {
  const text = good[0] ?? '';
  const at = Math.floor(text.length / 2);
  return text.slice(0, at) + trap.repeat(Math.ceil(size / trap.length)) + text.slice(at);
}

/** Throws with seed, number and input when a parser breaks its word; returns how many inputs it took and how many it refused. */
export function fuzzParser(parser: Parser, seed: number, inputs: number, rerun: string): { taken: number; refused: number } {
  const random = seeded(seed);
  let refused = 0;
  for (let number = 0; number < inputs; number += 1) {
    const good = parser.good[Math.floor(random() * parser.good.length)] ?? '';
    const input = changed(good, random);
    try {
      parser.parse(input);
    } catch (error) {
      if (!parser.isTyped(error))
        throw new Error(`${parser.name}, seed ${seed}, input ${number}: ${String(error)}\n${JSON.stringify(input).slice(0, 2_000)}\nrun it again: ${rerun}`, {
          cause: error,
        });
      refused += 1;
    }
  }
  return { taken: inputs - refused, refused };
}
