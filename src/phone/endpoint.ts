/** The endpoint of a leg at the media server: opened when it is answered or rings, and anew when its media server died. */
import type { LegId } from '../../kernel/ids.ts';
import { MediaError, type Opened, type OpenRequest, type Profile } from '../../media/port.ts';
import type { EndedBy, EndingCause } from '../call/ending.ts';
import { MEDIA_TIMEOUT_MS, type Rim } from './rim.ts';

interface MediaLeg {
  readonly legId: LegId;
  readonly mediaGroup: string;
  readonly ended: boolean;
  signallingAddress: string;
  release(cause: EndingCause, by: EndedBy): void;
}

const requestOf = ({ legId, mediaGroup, signallingAddress }: MediaLeg): OpenRequest => ({
  ...{ endpointId: legId, group: mediaGroup, signallingAddress, timeoutMs: MEDIA_TIMEOUT_MS },
});

/** Our SDP, or null when the leg ended meanwhile or had to end for want of media. */
export async function openEndpoint(
  rim: Rim,
  leg: MediaLeg,
  signallingAddress: string,
  { offer = '', isPrivate = false, ...besides }: { offer?: string; isPrivate?: boolean; toBrowsers?: boolean; toPrivatePhones?: boolean } = {},
): Promise<Opened | null> {
  try {
    leg.signallingAddress = signallingAddress;
    const wanted = offer === '' ? besides : { offer, ...(isPrivate ? { privateSignalling: true } : {}) };
    const opened = await rim.media.open({ ...requestOf(leg), ...wanted });
    if (!leg.ended) return opened;
    // It ended while the media server was opening: whichever came first there, nothing stays open.
    await rim.media.close(leg.legId);
  } catch (error) {
    // Closed with the leg while it was being opened.
    if (leg.ended) return null;
    const cause = causeOfMediaError(error);
    rim.warn('no media for a leg', { err: error, legId: leg.legId, cause });
    leg.release(cause, 'server');
  }
  return null;
}

/**
 * Another endpoint in the place of one that was lost: its offer, protected as the leg was: what a party was promised is not taken back.
 * Where there were keys in the SDP, nobody else reads it. Rejects when no media server can give one.
 */
export async function openAnew(rim: Rim, leg: MediaLeg, profile: Profile): Promise<string> {
  // Where only the connection broke it may be there still.
  await rim.media.close(leg.legId).catch(() => undefined);
  const { sdp } = await rim.media.open({ ...requestOf(leg), profile, ...(profile === 'sdes' ? { privateSignalling: true } : {}) });
  if (!leg.ended) return sdp;
  await rim.media.close(leg.legId);
  throw new MediaError('unknown_endpoint', 'the leg ended while it was being moved');
}

function causeOfMediaError(error: unknown): EndingCause {
  if (!(error instanceof MediaError)) return 'internal';
  if (error.code === 'incompatible' || error.code === 'bad_request') return 'incompatible_media';
  return error.code === 'no_ports' ? 'congestion' : 'media_failure';
}
