/** The audio formats we offer and take, and telephone-events beside them. */
import { type CodecName, FACTS, isLaw } from '../codec/codec.ts';
import { COMFORT_NOISE_TYPE } from '../quality/comfort-noise.ts';
import type { MediaLine, PayloadFormat } from './parse.ts';

/** What is offered to desk phones and trunks, and taken from them, unless settings say otherwise; in order of preference. */
export const PLAIN_CODECS: readonly CodecName[] = ['PCMA', 'PCMU'];

/** The numbers of our offers: static ones of RFC 3551, dynamic ones as most do it. */
const OUR_NUMBER: Readonly<Record<CodecName, number>> = { PCMA: 8, PCMU: 0, G722: 9, opus: 111 };
const OUR_EVENT_NUMBER: Readonly<Record<8000 | 48_000, number>> = { 8000: 101, 48000: 110 };
/** RFC 7587 §4.2: the channels of the rtpmap are always 2, whatever is sent. */
const ENCODING: Readonly<Record<CodecName, string>> = { PCMA: 'PCMA/8000', PCMU: 'PCMU/8000', G722: 'G722/8000', opus: 'opus/48000/2' };
const NAMES: Readonly<Record<string, CodecName>> = { PCMA: 'PCMA', PCMU: 'PCMU', G722: 'G722', OPUS: 'opus' };

export const namedCodec = (name: string): CodecName | null => NAMES[name.toUpperCase()] ?? null;
export const encodingOf = (codec: CodecName): string => ENCODING[codec];

/** The codec a format of a description means; undefined = none of ours. */
function codecOf({ name, rate, channels }: PayloadFormat): CodecName | undefined {
  const codec = NAMES[name];
  if (codec === undefined) return undefined;
  return rate === FACTS[codec].clockRate && channels === (codec === 'opus' ? 2 : 1) ? codec : undefined;
}

export interface Choice {
  codec: CodecName;
  payloadType: number;
}

/** What both sides can, in the order of who wrote the description. */
export function inCommon(line: MediaLine, codecs: readonly CodecName[]): Choice[] {
  return line.formats.flatMap((format) => {
    const codec = codecOf(format);
    return codec !== undefined && codecs.includes(codec) ? [{ codec, payloadType: format.payloadType }] : [];
  });
}

/** The number of telephone-event that goes with this codec. RFC 4733 §2.1 wants the clock of the audio; phones that speak Opus often name only 8000. */
export function eventOf(line: MediaLine, codec: CodecName): { payloadType: number; rate: 8000 | 48_000 } | null {
  const events = line.formats.filter((format) => format.name === 'TELEPHONE-EVENT');
  for (const rate of [FACTS[codec].clockRate, codec === 'opus' ? 8000 : null] as const) {
    const event = events.find((format) => format.rate === rate);
    if (event !== undefined && rate !== null) return { payloadType: event.payloadType, rate };
  }
  return null;
}

/** Comfort noise (RFC 3389) is offered, and goes with this codec: it is for those that have none of their own. */
export const takesComfortNoise = (line: MediaLine, codec: CodecName): boolean =>
  isLaw(codec) && line.formats.some(({ payloadType }) => payloadType === COMFORT_NOISE_TYPE);

export const eventLines = (payloadType: number, rate: 8000 | 48_000): string[] => [
  `a=rtpmap:${payloadType} telephone-event/${rate}`,
  `a=fmtp:${payloadType} 0-15`,
];

export const codecLines = ({ codec, payloadType }: Choice): string[] => [
  `a=rtpmap:${payloadType} ${ENCODING[codec]}`,
  // RFC 7587 §6.1: we decode the second copies that others send of what may be lost.
  ...(codec === 'opus' ? [`a=fmtp:${payloadType} useinbandfec=1`] : []),
];

/** Formats of an offer of ours, `preferred` first: the numbers of its m= line, and the attributes. */
export function offered(codecs: readonly CodecName[], preferred: CodecName | null): { numbers: number[]; attributes: string[] } {
  const choices = [...codecs]
    .sort((a, b) => Number(b === preferred) - Number(a === preferred))
    .map((codec): Choice => ({ codec, payloadType: OUR_NUMBER[codec] }));
  const rates = ([8000, 48_000] as const).filter((rate) => codecs.some((codec) => FACTS[codec].clockRate === rate));
  return {
    numbers: [...choices.map((each) => each.payloadType), ...rates.map(ourEventNumber)],
    attributes: [...choices.flatMap(codecLines), ...rates.flatMap((rate) => eventLines(OUR_EVENT_NUMBER[rate], rate))],
  };
}

export const ourEventNumber = (rate: 8000 | 48_000): number => OUR_EVENT_NUMBER[rate];
export const ourNumber = (codec: CodecName): number => OUR_NUMBER[codec];
