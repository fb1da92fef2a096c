/** Writes our session descriptions, RFC 8866. */
import type { Local } from './negotiate.ts';

export function writeSdp(local: Local, version: number, media: string[][], session: string[] = []): string {
  const type = local.family === 6 ? 'IP6' : 'IP4';
  const lines = [
    'v=0',
    `o=huawu ${local.sessionId} ${version} IN ${type} ${local.address}`,
    's=huawu',
    `c=IN ${type} ${local.address}`,
    't=0 0',
    ...session,
    ...media.flat(),
  ];
  return `${lines.join('\r\n')}\r\n`;
}
