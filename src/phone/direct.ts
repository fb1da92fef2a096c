/**
 * Has two phones send their audio to one another (RFC 3725's way round, in calls that stand): the first is offered what the second has last said of
 * itself, the second what the first answers. Only audio in clear, and only where both stand at the very address they name: behind NAT another's
 * packets would not reach them.
 */
import type { CallId, LegId } from '../../kernel/ids.ts';
import type { Leg } from './leg.ts';
import type { Rim } from './rim.ts';

export async function connectDirectly(
  rim: Rim,
  callId: CallId,
  legIds: [LegId, LegId],
  [first, second]: readonly [Leg | undefined, Leg | undefined],
): Promise<void> {
  const ended = (moved: boolean): void => rim.take({ type: 'directEnded', callId, legIds, moved });
  const offer = second === undefined ? null : directOffer(second.theirs, second.signallingAddress);
  if (first === undefined || offer === null || directOffer(first.theirs, first.signallingAddress) === null) return ended(false);
  let moved = false;
  try {
    const answer = directOffer(await first.point(offer), first.signallingAddress);
    moved = true;
    if (answer === null || second === undefined) return ended(true);
    await second.point(answer);
    for (const leg of [first, second]) leg.wentDirect();
    rim.take({ type: 'legsDirect', callId, legIds });
  } catch (error) {
    rim.warn('two phones cannot be connected directly', { err: error, callId });
    ended(moved);
  }
}

/**
 * A phone's description as an offer to another: its session and its audio alone. Null where it cannot be one: audio that is protected or does not go
 * both ways, or at another address than its signalling comes from.
 */
export function directOffer(theirs: string, signallingAddress: string): string | null {
  const [common = '', ...media] = theirs.replaceAll(/\r?\n/g, '\r\n').split(/^(?=m=)/m);
  const audio = media.find((section) => section.startsWith('m=audio ')) ?? '';
  const address = (CONNECTION.exec(audio) ?? CONNECTION.exec(common))?.[1];
  if (!/^m=audio [1-9]\d* RTP\/AVP /.test(audio) || address !== signallingAddress || signallingAddress === '') return null;
  const way = (DIRECTION.exec(audio) ?? DIRECTION.exec(common))?.[1] ?? 'sendrecv';
  return way === 'sendrecv' ? common.replaceAll(/^a=.*\r\n/gm, '') + audio.replaceAll(NOT_FOR_OTHERS, '') : null;
}

const CONNECTION = /^c=IN IP[46] ([^\s/]+)\s*$/m;
const DIRECTION = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m;
/** What a phone says to us alone: where its RTCP goes, its candidates and keys. */
const NOT_FOR_OTHERS = /^a=(?:rtcp|rtcp-mux|candidate|ice-\w+|crypto|fingerprint|setup|mid|ssrc)\b.*\r\n/gm;
