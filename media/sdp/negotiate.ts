/** Offer and answer for one audio stream, RFC 3264. Pure: one Negotiation lives as long as its endpoint and knows what was agreed last. */
import type { Codec } from '../codec/g711.ts';
import { MediaError } from '../port.ts';
import type { Direction, MediaLine, PayloadFormat, Session } from './parse.ts';
import { parseSdp } from './parse.ts';
import { writeSdp } from './write.ts';

/** What was agreed, as the endpoint needs it. */
export interface Agreed {
  remote: { family: 4 | 6; address: string; port: number; rtcpPort: number };
  /** What we send, by this payload type; what we understand is this and the static numbers 0 and 8. */
  codec: Codec;
  payloadType: number;
  /** telephone-event, as we send it (numbers of the remote party) and as it comes to us; null = not agreed. */
  eventOut: number | null;
  eventIn: number | null;
  /** Seen from the remote party. */
  direction: Direction;
}

export interface Local {
  address: string;
  family: 4 | 6;
  port: number;
  sessionId: number;
}

const OUR_FORMATS: readonly { codec: Codec; payloadType: number }[] = [
  { codec: 'PCMA', payloadType: 8 },
  { codec: 'PCMU', payloadType: 0 },
];
const OUR_EVENT_TYPE = 101;

const MIRRORED: Readonly<Record<Direction, Direction>> = { sendrecv: 'sendrecv', sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' };

export class Negotiation {
  readonly #local: Local;
  #version = 0;
  #lastBody = '';
  /** The number of telephone-event in the last description we wrote: by it the remote party sends to us. */
  #eventType: number | null = null;
  agreed: Agreed | null = null;

  constructor(local: Local) {
    this.#local = local;
  }

  /** Our answer to an offer of the remote party. */
  answer(offer: string): { sdp: string; agreed: Agreed } {
    const { session, line, agreed } = readOffer(offer);
    const sdp = this.#write(session.media.map((each) => (each === line ? this.#audioLines(each, agreed) : refusal(each))));
    this.agreed = agreed;
    this.#eventType = agreed.eventIn;
    return { sdp, agreed };
  }

  /** Our own offer; `preferred` stands first, so that two legs of a call need no transcoding. */
  offer(preferred: Codec): string {
    const formats = [...OUR_FORMATS].sort((a, b) => Number(b.codec === preferred) - Number(a.codec === preferred));
    const lines = [
      `m=audio ${this.#local.port} RTP/AVP ${formats.map((each) => each.payloadType).join(' ')} ${OUR_EVENT_TYPE}`,
      ...formats.map((each) => `a=rtpmap:${each.payloadType} ${each.codec}/8000`),
      ...eventLines(OUR_EVENT_TYPE),
      'a=ptime:20',
      'a=sendrecv',
    ];
    this.#eventType = OUR_EVENT_TYPE;
    return this.#write([lines]);
  }

  /** The remote answer to our offer, or to our last description sent anew as one (a re-INVITE without SDP). */
  accept(answer: string): Agreed {
    const line = parseSdp(answer).media[0];
    if (line === undefined || line.kind !== 'audio' || line.port === 0) throw new MediaError('incompatible', 'the answer refuses our audio');
    if (chosen(line) === undefined) throw new MediaError('incompatible', 'the answer takes none of our codecs');
    this.agreed = agree(line, this.#eventType);
    return this.agreed;
  }

  #audioLines(line: MediaLine, agreed: Agreed): string[] {
    const event = agreed.eventOut;
    return [
      `m=audio ${line.port === 0 ? 0 : this.#local.port} ${line.protocol} ${agreed.payloadType}${event === null ? '' : ` ${event}`}`,
      `a=rtpmap:${agreed.payloadType} ${agreed.codec}/8000`,
      ...(event === null ? [] : eventLines(event)),
      'a=ptime:20',
      `a=${MIRRORED[line.direction]}`,
    ];
  }

  /** RFC 3264 §8: "the version … MUST increment by one from the previous SDP" when it changes, and stay when it does not. */
  #write(media: string[][]): string {
    const body = media.flat().join('\r\n');
    if (body !== this.#lastBody) this.#version += 1;
    this.#lastBody = body;
    return writeSdp(this.#local, this.#version, media);
  }
}

/** What an offer comes to, before anything is opened for it. Throws `bad_request` or `incompatible`. */
export function readOffer(offer: string): { session: Session; line: MediaLine; agreed: Agreed } {
  const session = parseSdp(offer);
  const line = firstUsable(session);
  if (line === undefined) throw new MediaError('incompatible', 'the offer has no audio over RTP/AVP in PCMA or PCMU');
  return { session, line, agreed: agree(line, null) };
}

const eventLines = (payloadType: number): string[] => [`a=rtpmap:${payloadType} telephone-event/8000`, `a=fmtp:${payloadType} 0-15`];

/** §6: "To reject an offered stream, the port number in the corresponding stream in the answer MUST be set to zero." */
const refusal = (line: MediaLine): string[] => [`m=${line.kind} 0 ${line.protocol} ${line.formatTokens.join(' ')}`];

const isCodec = (format: PayloadFormat): boolean => (format.name === 'PCMA' || format.name === 'PCMU') && format.rate === 8000 && format.channels === 1;
const chosen = (line: MediaLine): PayloadFormat | undefined => line.formats.find(isCodec);

function firstUsable(session: Session): MediaLine | undefined {
  const usable = session.media.filter((line) => line.kind === 'audio' && /^RTP\/AVPF?$/.test(line.protocol) && chosen(line) !== undefined);
  return usable.find((line) => line.port !== 0) ?? usable[0];
}

/** `eventIn`: the number we named in our offer; in an answer to theirs it is the number they named. */
function agree(line: MediaLine, eventIn: number | null): Agreed {
  const format = chosen(line);
  if (format === undefined) throw new MediaError('incompatible', 'no codec in common');
  if (line.connection === null) throw new MediaError('bad_request', 'SDP: no connection (c=) for the audio');
  const event = line.formats.find((each) => each.name === 'TELEPHONE-EVENT' && each.rate === 8000)?.payloadType ?? null;
  const { family, address } = line.connection;
  // RFC 2543 phones hold by the null address; RFC 3264 §8.4 still asks us to understand it.
  const silenced = line.port === 0 || address === '0.0.0.0' || address === '::';
  return {
    remote: { family, address, port: line.port, rtcpPort: line.rtcpPort ?? line.port + 1 },
    codec: format.name === 'PCMA' ? 'PCMA' : 'PCMU',
    payloadType: format.payloadType,
    eventOut: event,
    eventIn: event === null ? null : (eventIn ?? event),
    direction: silenced ? 'inactive' : line.direction,
  };
}
