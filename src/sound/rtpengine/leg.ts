/**
 * One endpoint at an rtpengine. rtpengine knows calls of two sides that answer each other's offers; an endpoint of ours is opened alone and joined
 * later. So each is an rtpengine call of its own: the party's side, and an inner side that is ours. Joining two aims each inner side at the other's
 * port, both on rtpengine, and no phone is told anything.
 *
 *   party A ⇄ [ A's call: outer ⇄ inner ] ⇄ [ inner ⇄ outer : B's call ] ⇄ party B
 */
import { randomToken } from '../../../kernel/ids.ts';
import { type EndpointStats, MediaError } from '../../../media/port.ts';
import { type Bencoded, type Dictionary, isDictionary } from './bencode.ts';
import { type Aim, type Direction, innerCodecs, innerSdp, mirrored, nowhere, outerCodecs, readAudio } from './inside.ts';
import { EngineRefused, type NgSocket } from './ng.ts';
import type { Playing } from './play.ts';

const PARTY = 'party';
const INNER = 'inner';

export class EngineLeg {
  readonly endpointId: string;
  readonly callId: string;
  readonly timeoutMs: number;
  readonly #ng: NgSocket;
  /** Where its own inner side listens; null before the party is known. */
  inner: Aim | null = null;
  playing: Playing | null = null;
  /** The other end of a join; itself = echo. */
  joined: EngineLeg | null = null;
  masked = false;
  endMask: () => void = () => undefined;
  lookedAtMs = 0;
  timedOut = false;
  mustSend = false;
  /** What the party last said of itself. */
  #party = '';
  #aim: Aim = nowhere;

  constructor(ng: NgSocket, endpointId: string, timeoutMs: number) {
    this.#ng = ng;
    this.endpointId = endpointId;
    this.timeoutMs = timeoutMs;
    // An endpoint that is opened again under its id is another call there.
    this.callId = `${endpointId}-${randomToken(6)}`;
  }

  /** The party's offer: our answer. */
  async answer(offer: string): Promise<{ sdp: string; direction: Direction }> {
    this.#party = offer;
    return this.#agree();
  }

  /** Our offer. */
  async offer(): Promise<string> {
    const inner = innerSdp(nowhere, 'sendrecv');
    return textOf(await this.ask('offer', { ...this.#from(INNER), sdp: inner, 'transport-protocol': 'RTP/AVP', codec: outerCodecs }), 'sdp');
  }

  /** The party's answer to it. */
  async accept(answer: string): Promise<void> {
    const audio = readAudio(answer);
    if (audio === null || audio.aim.port === 0) throw new MediaError('incompatible', 'the answer refuses our audio');
    this.#party = answer;
    const inner = textOf(await this.ask('answer', { ...this.#from(INNER), 'to-tag': PARTY, sdp: answer }), 'sdp');
    this.inner = readAudio(inner)?.aim ?? null;
    this.mustSend = audio.direction === 'sendrecv';
  }

  /** Its party's audio goes there from now on; null = nowhere. */
  async aimAt(aim: Aim | null): Promise<void> {
    this.#aim = aim ?? nowhere;
    if (this.#party !== '') await this.#agree();
  }

  ask(command: string, words: Dictionary = {}): Promise<Dictionary> {
    return this.#ng.ask(command, { 'call-id': this.callId, ...words });
  }

  /** Of the party's side. */
  say(command: string, words: Dictionary = {}): Promise<Dictionary> {
    return this.ask(command, { 'from-tag': PARTY, ...words });
  }

  async close(): Promise<EndpointStats> {
    const stats = await this.stats().catch(() => NO_STATS);
    await this.ask('delete', { 'delete-delay': 0 }).catch((error: unknown) => {
      if (!(error instanceof EngineRefused)) throw error;
    });
    return stats;
  }

  async stats(): Promise<EndpointStats> {
    return statsOf(await this.ask('query'));
  }

  /** When its party was last heard, in whole seconds since 1970; null = never. */
  async lastHeard(): Promise<number | null> {
    const stream = streamOf(await this.ask('query'), PARTY);
    return numberOf(stream?.stats, 'packets') === 0 ? null : numberOf(stream, 'last packet');
  }

  async #agree(): Promise<{ sdp: string; direction: Direction }> {
    const audio = readAudio(this.#party);
    if (audio === null) throw new MediaError('incompatible', 'the offer has no audio');
    const { direction } = audio;
    const offered = await this.ask('offer', {
      ...this.#from(PARTY),
      ...{ sdp: this.#party, 'transport-protocol': 'RTP/AVP', ICE: 'remove', codec: innerCodecs },
    });
    this.inner = readAudio(textOf(offered, 'sdp'))?.aim ?? null;
    const inner = innerSdp(this.#aim, mirrored[direction]);
    const answered = await this.ask('answer', { ...this.#from(PARTY), 'to-tag': INNER, sdp: inner });
    this.mustSend = direction === 'sendrecv';
    return { sdp: textOf(answered, 'sdp'), direction };
  }

  /** `strict source`: whom a stream was learnt from it is heard from, and nobody else. */
  #from(tag: string): Dictionary {
    return { 'from-tag': tag, replace: ['origin', 'session connection'], 'rtcp-mux': ['demux'], flags: ['strict source'] };
  }
}

/** How it sounds is not judged here. */
const NO_QUALITY = { codec: null, heard: null, sent: null, roundTripMs: null, troubles: [] };
const NO_STATS: EndpointStats = { packetsIn: 0, packetsOut: 0, lost: 0, jitterMs: 0, strangers: 0, quality: NO_QUALITY };

/** `packetsOut` is what came to the inner side for the party: what rtpengine plays to it is not counted there. */
function statsOf(answer: Dictionary): EndpointStats {
  const party = streamOf(answer, PARTY);
  return {
    ...NO_STATS,
    packetsIn: numberOf(party?.stats, 'packets'),
    packetsOut: numberOf(streamOf(answer, INNER)?.stats, 'packets'),
  };
}

/** `tags.<tag>.medias[0].streams[0]`: RTP; the second is RTCP. */
function streamOf(answer: Dictionary, tag: string): Dictionary | null {
  const tags = answer.tags;
  const side = isDictionary(tags) ? tags[tag] : undefined;
  const media = first(isDictionary(side) ? side.medias : undefined);
  const stream = first(isDictionary(media) ? media.streams : undefined);
  return isDictionary(stream) ? stream : null;
}

const first = (value: Bencoded | undefined): Bencoded | undefined => (Array.isArray(value) ? (value as readonly Bencoded[])[0] : undefined);

function numberOf(value: Bencoded | null | undefined, key: string): number {
  const number = value != null && isDictionary(value) ? value[key] : undefined;
  return typeof number === 'number' ? number : 0;
}

function textOf(answer: Dictionary, key: string): string {
  const text = answer[key];
  if (typeof text !== 'string') throw new MediaError('internal', `rtpengine gave no ${key}`);
  return text;
}
