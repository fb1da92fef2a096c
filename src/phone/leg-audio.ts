/**
 * How a leg sounded, told once it has ended: as the media server measured it, and of audio that went past the media server as the phone itself reports it
 * with its last word, in its BYE or in its answer to ours. Phones write `X-RTP-Stat` or `P-RTP-Stat` (AudioCodes, Grandstream, baresip, gateways), fields
 * as in `PR=314;PL=0;JI=6;LA=40`: packets received, lost on the way to it, jitter and latency in ms. Where a field holds two values the first is of what
 * it received. A phone that reports nothing has not been measured, and the record says so.
 */
import { type Clock, within } from '../../kernel/clock.ts';
import { mosOf, rating } from '../../kernel/e-model.ts';
import type { AudioDirection, LegAudio } from '../call/event.ts';
import type { DialogLeg, Rim } from './rim.ts';
import type { SipMessage } from './srf.ts';

export type LastWord = Pick<SipMessage, 'get'> | null;

/** Of audio that went past the media server; null = none did. */
export interface DirectAudio {
  /** The phone's description of itself. */
  theirs: string;
  /** Its BYE, or its answer to ours; null = there was none. */
  lastWord: Promise<LastWord>;
}

const HEADERS = ['X-RTP-Stat', 'P-RTP-Stat'] as const;
const LONGEST_HEADER = 1_000;
const ANSWERS_WITHIN_MS = 2_000;
const CODEC_OF: Readonly<Record<string, string>> = { 0: 'PCMU', 8: 'PCMA', 9: 'G722' };
/** From mouth to ear, beside the network: one packet, and a buffer that holds two jitters. */
const PACKET_MS = 20;
const BUFFER_JITTERS = 2;
const LONGEST_MS = 60_000;
const NOTHING: LegAudio = { codec: null, heard: null, sent: null, roundTripMs: null, troubles: [] };

export async function tellAudio(rim: Pick<Rim, 'media' | 'log' | 'take' | 'clock'>, leg: DialogLeg, direct: DirectAudio | null): Promise<void> {
  const { legId } = leg;
  const stats = await rim.media.close(legId).catch((error: unknown) => {
    rim.log.warn({ err: error, legId }, 'the endpoint of an ended leg could not be closed');
    return null;
  });
  rim.log.debug({ legId, stats }, 'leg ended');
  const reported = direct === null ? null : { direct: await reportOf(rim.clock, direct) };
  if (stats === null && reported === null) return;
  rim.take({ type: 'legAudioMeasured', callId: leg.callId, legId, audio: { ...(stats?.quality ?? NOTHING), ...reported } });
}

async function reportOf(clock: Clock, { theirs, lastWord }: DirectAudio): Promise<AudioDirection | 'not_measured'> {
  const word = await within(clock, ANSWERS_WITHIN_MS, lastWord, () => new Error('no answer')).catch(() => null);
  const [, format = ''] = /^m=audio \d+ \S+ (\d+)/m.exec(theirs) ?? [];
  for (const name of HEADERS) {
    const read = readReport(word?.get(name) ?? '', CODEC_OF[format] ?? '');
    if (read !== null) return read;
  }
  return 'not_measured';
}

/** Of such a header; null = it says nothing of what was received. */
export function readReport(header: string, codec: string): AudioDirection | null {
  if (header.length > LONGEST_HEADER) return null;
  const field = (name: string): number | null => {
    const [, value] = new RegExp(`(?:^|[;,\\s])${name}=(-?[0-9]+(?:\\.[0-9]+)?)`, 'i').exec(header) ?? [];
    return value === undefined ? null : Math.max(0, Number(value));
  };
  const [received, lost, jitterMs] = [field('PR'), field('PL'), Math.min(LONGEST_MS, field('JI') ?? 0)];
  if (received === null || lost === null || received + lost === 0) return null;
  const lossShare = lost / (received + lost);
  const oneWayDelayMs = Math.min(LONGEST_MS, field('LA') ?? 0) + PACKET_MS + BUFFER_JITTERS * jitterMs;
  const mos = mosOf(rating({ codec, lossShare, burstRatio: 1, oneWayDelayMs }));
  return { mos, worstMos: mos, lossPct: Math.round(lossShare * 10_000) / 100, jitterMs };
}
