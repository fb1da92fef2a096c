/** The Replaces header field (RFC 3891 §6.1), also inside a Refer-To URI (RFC 5589 §7), and which of our legs it names. */
import type { DialogLeg, DialogName, LegsView } from './rim.ts';

export interface Replaces {
  sipCallId: string;
  toTag: string;
  fromTag: string;
  earlyOnly: boolean;
}

const LONGEST = 1_024;

export function parseReplaces(header: string): Replaces | null {
  if (header.length > LONGEST) return null;
  const [sipCallId = '', ...parts] = header.split(';').map((part) => part.trim());
  const params = new Map(
    parts.map((part) => [(part.split('=')[0] ?? '').trim().toLowerCase(), part.includes('=') ? part.slice(part.indexOf('=') + 1).trim() : '']),
  );
  const [toTag = '', fromTag = ''] = [params.get('to-tag'), params.get('from-tag')];
  // One dialog in one header: a list of them is malformed.
  if (sipCallId === '' || toTag === '' || fromTag === '' || /[,<>"]/.test(header) || /\s/.test(sipCallId + toTag + fromTag)) return null;
  return { sipCallId, toTag, fromTag, earlyOnly: params.has('early-only') };
}

/** What a Refer-To's URI carries behind its question mark: undefined = no Replaces, null = one that cannot be read. */
export function replacesOfUri(uri: string): Replaces | null | undefined {
  const at = uri.indexOf('?');
  if (at < 0) return undefined;
  for (const pair of uri.slice(at + 1).split('&')) {
    const [name = '', value = ''] = [pair.split('=')[0], pair.slice(pair.indexOf('=') + 1)];
    if (name.toLowerCase() !== 'replaces') continue;
    try {
      return parseReplaces(decodeURIComponent(value));
    } catch {
      return null;
    }
  }
  return undefined;
}

/**
 * The leg a Replaces means. Who writes one names the dialog as its own other end sees it, or as the notifier of dialog-info does (RFC 4235):
 * so the two tags may stand either way round. An early dialog whose own tag we do not know is known by the other.
 */
export function legOf(legs: LegsView, wanted: Replaces): { leg: DialogLeg; dialog: DialogName } | null {
  const leg = legs.bySipCall(wanted.sipCallId);
  const dialog = leg?.dialogs.find((one) => one.sipCallId === wanted.sipCallId && tagsFit(one, wanted));
  return leg === undefined || dialog === undefined ? null : { leg, dialog };
}

function tagsFit({ localTag, remoteTag }: DialogName, { toTag, fromTag }: Replaces): boolean {
  const is = (known: string | null, given: string): boolean => known === null || known === given;
  if (localTag === null && remoteTag === null) return false;
  return (is(localTag, toTag) && is(remoteTag, fromTag)) || (is(localTag, fromTag) && is(remoteTag, toTag));
}
