/** Session descriptions, RFC 8866, as far as audio needs them. Throws MediaError `bad_request` on what is not SDP. */
import { isIPv4, isIPv6 } from 'node:net';
import { MediaError } from '../port.ts';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface Connection {
  family: 4 | 6;
  address: string;
}

export interface PayloadFormat {
  payloadType: number;
  /** Upper case, for example `PCMA`, `TELEPHONE-EVENT`; '' when nothing says what it is. */
  name: string;
  rate: number;
  channels: number;
}

export interface MediaLine {
  kind: string;
  port: number;
  protocol: string;
  /** As written, for lines we refuse. */
  formatTokens: string[];
  /** In the order of preference of who wrote them. */
  formats: PayloadFormat[];
  connection: Connection | null;
  direction: Direction;
  rtcpPort: number | null;
  /** All of its a= lines as they came, without the `a=`. */
  attributes: string[];
}

export interface Session {
  sessionId: string;
  /** The a= lines that stand before the first stream. */
  attributes: string[];
  media: MediaLine[];
}

const MOST_CHARACTERS = 32_768;
const MOST_LINES = 1000;
const MOST_MEDIA = 64;
const MOST_FORMATS = 64;
const DIRECTIONS: readonly string[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/** RFC 3551 table 4: what these numbers mean when no rtpmap says otherwise. */
const STATIC_FORMATS: Readonly<Record<number, string>> = { 0: 'PCMU', 3: 'GSM', 4: 'G723', 8: 'PCMA', 9: 'G722', 13: 'CN', 18: 'G729' };

const bad = (message: string): MediaError => new MediaError('bad_request', `SDP: ${message}`);

export function parseSdp(text: string): Session {
  if (text.length > MOST_CHARACTERS) throw bad(`longer than ${MOST_CHARACTERS} characters`);
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line !== '');
  if (lines.length > MOST_LINES) throw bad(`more than ${MOST_LINES} lines`);
  if (lines[0] !== 'v=0') throw bad('does not begin with v=0');
  const session: Session = { sessionId: '', attributes: [], media: [] };
  const common: { connection: Connection | null; direction: Direction } = { connection: null, direction: 'sendrecv' };
  for (const line of lines) {
    if (line[1] !== '=') throw bad('a line is not <letter>=<value>');
    readLine(line[0] ?? '', line.slice(2), session, common);
  }
  if (session.sessionId === '') throw bad('no origin (o=)');
  return session;
}

function readLine(letter: string, value: string, session: Session, common: { connection: Connection | null; direction: Direction }): void {
  const media = session.media.at(-1);
  if (letter === 'o') session.sessionId = readOrigin(value);
  else if (letter === 'm') {
    if (session.media.length >= MOST_MEDIA) throw bad(`more than ${MOST_MEDIA} media lines`);
    session.media.push({ ...readMedia(value), connection: common.connection, direction: common.direction });
  } else if (letter === 'c') (media ?? common).connection = readConnection(value);
  else if (letter === 'a') {
    (media ?? session).attributes.push(value);
    if (DIRECTIONS.includes(value)) (media ?? common).direction = value as Direction;
    else if (media !== undefined) readAttribute(media, value);
  }
}

function readOrigin(value: string): string {
  const fields = value.split(' ');
  const sessionId = fields[1];
  if (fields.length !== 6 || sessionId === undefined || !/^[0-9]+$/.test(sessionId)) throw bad('the origin (o=) is broken');
  return sessionId;
}

function readMedia(value: string): MediaLine {
  const [kind = '', portText = '', protocol = '', ...formatTokens] = value.split(/ +/).filter((token) => token !== '');
  // "m=audio 49170/2 …" asks for pairs of ports; we take the first pair.
  const port = Number(/^([0-9]{1,5})(?:\/[0-9]{1,5})?$/.exec(portText)?.[1] ?? Number.NaN);
  if (kind === '' || protocol === '' || formatTokens.length === 0 || !(port >= 0 && port <= 65_535)) throw bad('a media line (m=) is broken');
  if (formatTokens.length > MOST_FORMATS) throw bad(`more than ${MOST_FORMATS} formats in a media line`);
  const formats = formatTokens.filter((token) => /^[0-9]{1,3}$/.test(token) && Number(token) <= 127).map((token) => staticFormat(Number(token)));
  return { kind, port, protocol, formatTokens, formats, connection: null, direction: 'sendrecv', rtcpPort: null, attributes: [] };
}

const staticFormat = (payloadType: number): PayloadFormat => ({ payloadType, name: STATIC_FORMATS[payloadType] ?? '', rate: 8000, channels: 1 });

function readConnection(value: string): Connection {
  const [net, type, rest = ''] = value.split(' ');
  const address = rest.split('/')[0] ?? '';
  if (net !== 'IN') throw bad('the connection (c=) is not of the Internet');
  if (type === 'IP4' && isIPv4(address)) return { family: 4, address };
  if (type === 'IP6' && isIPv6(address)) return { family: 6, address };
  throw bad('the connection (c=) holds no address');
}

function readAttribute(media: MediaLine, value: string): void {
  const map = /^rtpmap:([0-9]{1,3}) ([^/ ]{1,40})\/([0-9]{1,6})(?:\/([0-9]{1,2}))?/.exec(value);
  if (map !== null) {
    const format = media.formats.find((each) => each.payloadType === Number(map[1]));
    if (format === undefined) return;
    format.name = (map[2] ?? '').toUpperCase();
    format.rate = Number(map[3]);
    format.channels = Number(map[4] ?? 1);
    return;
  }
  const rtcp = /^rtcp:([0-9]{1,5})/.exec(value);
  if (rtcp !== null && Number(rtcp[1]) > 0 && Number(rtcp[1]) <= 65_535) media.rtcpPort = Number(rtcp[1]);
}
