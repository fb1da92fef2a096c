/** Offer and answer for one audio stream, RFC 3264. Pure: one Negotiation lives as long as its endpoint and knows what was agreed last. */
import type { CodecName } from '../codec/codec.ts';
import { MediaError, type Profile } from '../port.ts';
import { COMFORT_NOISE_TYPE } from '../quality/comfort-noise.ts';
import { type Choice, codecLines, eventLines, eventOf, inCommon, offered, ourEventNumber, ourNumber, PLAIN_CODECS, takesComfortNoise } from './formats.ts';
import type { Direction, MediaLine, Session } from './parse.ts';
import { parseSdp } from './parse.ts';
import { browserSession, midOf, type Protection, profileOf, type Security } from './security.ts';
import { writeSdp } from './write.ts';

/** What was agreed, as the endpoint needs it. */
export interface Agreed {
  remote: { family: 4 | 6; address: string; port: number; rtcpPort: number };
  /** What we send, by this payload type. */
  codec: CodecName;
  payloadType: number;
  /** All that the remote party may send, by number; besides, the static numbers 0 and 8 are always understood. */
  understood: Choice[];
  /** telephone-event, as we send it (numbers of the remote party) and as it comes to us; null = not agreed. */
  eventOut: number | null;
  eventIn: number | null;
  /** Its clock. */
  eventRate: 8000 | 48_000;
  /** It may send its silence as comfort noise, and is sent it. */
  comfortNoise: boolean;
  /** Seen from the remote party. */
  direction: Direction;
  /** null = in clear. */
  protection: Protection | null;
}

export interface Local {
  address: string;
  family: 4 | 6;
  port: number;
  sessionId: number;
  security: Security;
}

const MIRRORED: Readonly<Record<Direction, Direction>> = { sendrecv: 'sendrecv', sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' };

export class Negotiation {
  readonly #local: Local;
  readonly #codecs: readonly CodecName[];
  #version = 0;
  #lastBody = '';
  /** The last description we wrote was an offer: the remote party sends us events by our own numbers. */
  #offered = false;
  /** How our last answer, or our offers since, protect audio. */
  #profiles: Profile[] = [];
  agreed: Agreed | null = null;

  /** `codecs`: what may be agreed on, in order of preference. */
  constructor(local: Local, codecs: readonly CodecName[] = PLAIN_CODECS) {
    this.#local = local;
    this.#codecs = codecs;
  }

  /** Our answer to an offer of the remote party: what the other leg speaks (`preferred`) if that is offered, else the first they offer that we have. */
  answer(offer: string, preferred: CodecName | null = null): { sdp: string; agreed: Agreed } {
    const { security } = this.#local;
    const { session, line, agreed } = readOffer(offer, security, this.#codecs, preferred);
    agreed.protection = security.agree(session, line, 'offer');
    const profile = profileOf(line) ?? 'plain';
    this.#profiles = [profile];
    const media = session.media.map((each) => (each === line ? this.#audioLines(each, agreed) : refusal(each)));
    const sdp = this.#write(media, profile === 'webrtc' ? browserSession(midOf(line)) : []);
    this.agreed = agreed;
    this.#offered = false;
    return { sdp, agreed };
  }

  /** Our own offer; `preferred` stands first, so that two legs of a call need no transcoding. */
  offer(preferred: CodecName | null, profile: Profile = 'plain'): string {
    const { protocol, lines } = this.#local.security.offer(profile);
    const { numbers, attributes } = offered(this.#codecs, preferred);
    this.#offered = true;
    this.#profiles.push(profile);
    return this.#write(
      [[`m=audio ${this.#local.port} ${protocol} ${numbers.join(' ')}`, ...attributes, 'a=ptime:20', 'a=sendrecv', ...lines]],
      profile === 'webrtc' ? browserSession(midOf(null)) : [],
    );
  }

  /** The remote answer to our offer, or to our last description sent anew as one (a re-INVITE without SDP). */
  accept(answer: string): Agreed {
    const session = parseSdp(answer);
    const line = session.media[0];
    if (line === undefined || line.kind !== 'audio' || line.port === 0) throw new MediaError('incompatible', 'the answer refuses our audio');
    // An answer may not take the protection away that was offered.
    const profile = profileOf(line);
    if (profile === null || !this.#profiles.includes(profile))
      throw new MediaError('incompatible', `the answer speaks ${line.protocol}, which was not offered`);
    const choices = inCommon(line, this.#codecs);
    const [choice] = choices;
    if (choice === undefined) throw new MediaError('incompatible', 'the answer takes none of our codecs');
    // RFC 3264 §6.1: they may name other numbers than ours, for what we send; to us they send by ours.
    const ours = this.#offered ? choices.map((each) => ({ codec: each.codec, payloadType: ourNumber(each.codec) })) : [];
    const agreed = agree(line, choice, [...choices, ...ours]);
    agreed.protection = this.#local.security.agree(session, line, 'answer');
    this.#profiles = [profile];
    if (agreed.eventIn !== null) agreed.eventIn = this.#offered ? ourEventNumber(agreed.eventRate) : (this.agreed?.eventIn ?? agreed.eventIn);
    this.agreed = agreed;
    return agreed;
  }

  #audioLines(line: MediaLine, agreed: Agreed): string[] {
    const event = agreed.eventOut;
    return [
      `m=audio ${line.port === 0 ? 0 : this.#local.port} ${line.protocol} ${agreed.payloadType}${agreed.comfortNoise ? ` ${COMFORT_NOISE_TYPE}` : ''}${event === null ? '' : ` ${event}`}`,
      ...codecLines(agreed),
      ...(agreed.comfortNoise ? [`a=rtpmap:${COMFORT_NOISE_TYPE} CN/8000`] : []),
      ...(event === null ? [] : eventLines(event, agreed.eventRate)),
      'a=ptime:20',
      `a=${MIRRORED[line.direction]}`,
      ...this.#local.security.answerLines,
    ];
  }

  /** RFC 3264 §8: "the version … MUST increment by one from the previous SDP" when it changes, and stay when it does not. */
  #write(media: string[][], session: string[]): string {
    const body = [...session, ...media.flat()].join('\r\n');
    if (body !== this.#lastBody) this.#version += 1;
    this.#lastBody = body;
    return writeSdp(this.#local, this.#version, media, session);
  }
}

/** What an offer comes to, before anything is opened for it. Throws `bad_request` or `incompatible`. */
export function readOffer(
  offer: string,
  security: Security | null = null,
  codecs: readonly CodecName[] = PLAIN_CODECS,
  preferred: CodecName | null = null,
): { session: Session; line: MediaLine; agreed: Agreed } {
  const session = parseSdp(offer);
  const line = firstUsable(session, security, codecs);
  const choices = line === undefined ? [] : inCommon(line, codecs);
  const choice = choices.find((each) => each.codec === preferred) ?? choices[0];
  if (line === undefined || choice === undefined) throw new MediaError('incompatible', whyNot(session, security, codecs));
  return { session, line, agreed: agree(line, choice, [choice]) };
}

/** §6: "To reject an offered stream, the port number in the corresponding stream in the answer MUST be set to zero." */
function refusal(line: MediaLine): string[] {
  const mid = profileOf(line) === 'webrtc' ? midOf(line) : null;
  return [`m=${line.kind} 0 ${line.protocol} ${line.formatTokens.join(' ')}`, ...(mid === null ? [] : [`a=mid:${mid}`, 'a=inactive'])];
}

function firstUsable(session: Session, security: Security | null, codecs: readonly CodecName[]): MediaLine | undefined {
  const usable = session.media.filter((line) => line.kind === 'audio' && refusedBy(security, session, line) === null && inCommon(line, codecs).length > 0);
  return usable.find((line) => line.port !== 0) ?? usable[0];
}

/** Before an endpoint has its Security any protection we know will do. */
const refusedBy = (security: Security | null, session: Session, line: MediaLine): string | null =>
  security === null ? (profileOf(line) === null ? `${line.protocol} is not spoken` : null) : security.refusalOf(session, line);

function whyNot(session: Session, security: Security | null, codecs: readonly CodecName[]): string {
  const audio = session.media.find((line) => line.kind === 'audio');
  const why = audio === undefined ? null : refusedBy(security, session, audio);
  return `the offer has no audio that we can take in ${codecs.join(', ')}${why === null ? '' : `: ${why}`}`;
}

function agree(line: MediaLine, choice: Choice, understood: Choice[]): Agreed {
  if (line.connection === null) throw new MediaError('bad_request', 'SDP: no connection (c=) for the audio');
  const event = eventOf(line, choice.codec);
  const { family, address } = line.connection;
  // RFC 2543 phones hold by the null address; RFC 3264 §8.4 still asks us to understand it.
  // A browser writes it for want of a better: where it is, ICE says.
  const silenced = line.port === 0 || ((address === '0.0.0.0' || address === '::') && profileOf(line) !== 'webrtc');
  return {
    remote: { family, address, port: line.port, rtcpPort: line.rtcpPort ?? line.port + 1 },
    ...choice,
    understood,
    eventOut: event?.payloadType ?? null,
    eventIn: event?.payloadType ?? null,
    eventRate: event?.rate ?? 8000,
    comfortNoise: takesComfortNoise(line, choice.codec),
    direction: silenced ? 'inactive' : line.direction,
    protection: null,
  };
}
