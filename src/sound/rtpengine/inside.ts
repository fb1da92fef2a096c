/**
 * The session descriptions of an rtpengine call's inner side, which is ours: it has no phone, only an address that its audio is sent to, the inner
 * port of whom the party is joined with. Pure.
 */
export interface Aim {
  family: 'IP4' | 'IP6';
  address: string;
  port: number;
}
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** Between two inner sides one law is spoken: rtpengine recodes where a party speaks another. */
const INNER_CODEC = 'PCMA';
const INNER_FORMATS = ['m=audio PORT RTP/AVP 8 101', 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15', 'a=ptime:20'];

/** What rtpengine is asked to make of a party's offer before it is shown to the inner side: whatever it speaks, inside it is this. */
export const innerCodecs = { mask: ['all'], transcode: [INNER_CODEC, 'telephone-event'] };
/** What a party is offered beyond it, in this order. */
export const outerCodecs = { transcode: ['PCMU', 'G722', 'opus'] };

/** RFC 863: nobody is there. Where a party's audio goes while it is joined with nobody. */
const DISCARD_PORT = 9;
export const nowhere: Aim = { family: 'IP4', address: '127.0.0.1', port: DISCARD_PORT };

export function innerSdp({ family, address, port }: Aim, direction: Direction): string {
  const lines = ['v=0', `o=huawu 1 1 IN ${family} ${address}`, 's=huawu', `c=IN ${family} ${address}`, 't=0 0'];
  return [...lines, ...INNER_FORMATS.map((line) => line.replace('PORT', String(port))), `a=${direction}`, ''].join('\r\n');
}

/** The first audio line's address and direction; null = there is no audio. */
export function readAudio(sdp: string): { aim: Aim; direction: Direction } | null {
  const [common = '', ...media] = sdp.split(/^(?=m=)/m);
  const audio = media.find((section) => section.startsWith('m=audio'));
  if (audio === undefined) return null;
  const [, family = 'IP4', address = ''] = /^c=IN (IP[46]) (\S+)/m.exec(audio) ?? /^c=IN (IP[46]) (\S+)/m.exec(common) ?? [];
  const port = Number(/^m=audio (\d+)/.exec(audio)?.[1] ?? 0);
  const [, direction = 'sendrecv'] = DIRECTION.exec(audio) ?? DIRECTION.exec(common) ?? [];
  return { aim: { family: family === 'IP6' ? 'IP6' : 'IP4', address, port }, direction: direction as Direction };
}
const DIRECTION = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m;

export const mirrored: Readonly<Record<Direction, Direction>> = { sendrecv: 'sendrecv', sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' };
