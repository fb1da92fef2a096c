/** application/dialog-info+xml (RFC 4235): what a watched agent's phone is doing, as lamps of other phones read it. Pure; nothing is ever parsed. */

export interface WatchedDialog {
  /** Ours; the same for as long as the dialog lasts. */
  id: string;
  state: 'trying' | 'early' | 'confirmed';
  /** `initiator`: the watched phone called. */
  direction: 'initiator' | 'recipient';
  /** As the watched phone names it: what a Replaces to pick it up says. */
  callId: string;
  localTag: string | null;
  remoteTag: string | null;
  held: boolean;
  /** Who is at the other end; null = withheld. */
  remote: { uri: string; name: string | null } | null;
}

const NAMESPACE = 'urn:ietf:params:xml:ns:dialog-info';
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** Text that is safe inside an element or a quoted attribute; what XML 1.0 does not allow at all is dropped. */
export const escapeXml = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the characters XML 1.0 §2.2 leaves out
  text.replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]|\p{Cs}/gu, '').replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '');

/** `changed`: dialogs as they are now; `gone`: ids of those that ended since the last one. */
export function dialogInfo(entity: string, version: number, state: 'full' | 'partial', changed: readonly WatchedDialog[], gone: readonly string[]): string {
  const dialogs = [...changed.map((dialog) => dialogElement(entity, dialog)), ...gone.map(goneElement)];
  const head = `<dialog-info xmlns="${NAMESPACE}" version="${version}" state="${state}" entity="${escapeXml(entity)}">`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', head, ...dialogs, '</dialog-info>', ''].join('\n');
}

function dialogElement(entity: string, { id, state, direction, callId, localTag, remoteTag, held, remote }: WatchedDialog): string {
  const attribute = (name: string, value: string | null): string => (value === null ? '' : ` ${name}="${escapeXml(value)}"`);
  const names = [attribute('id', id), attribute('call-id', callId), attribute('local-tag', localTag), attribute('remote-tag', remoteTag)].join('');
  // RFC 4235 §4.1.6.1 lets a target bear what its user agent can do; that it renders nothing (RFC 4235 §4.1.6.2) is how a hold is shown.
  const rendering = state === 'confirmed' ? `<param pname="+sip.rendering" pvalue="${held ? 'no' : 'yes'}"/>` : '';
  const local = `<local><identity>${escapeXml(entity)}</identity><target uri="${escapeXml(entity)}">${rendering}</target></local>`;
  return `<dialog${names} direction="${direction}"><state>${state}</state>${local}${remoteElement(remote)}</dialog>`;
}

function remoteElement(remote: WatchedDialog['remote']): string {
  if (remote === null) return '';
  const display = remote.name === null ? '' : ` display="${escapeXml(remote.name)}"`;
  return `<remote><identity${display}>${escapeXml(remote.uri)}</identity><target uri="${escapeXml(remote.uri)}"/></remote>`;
}

const goneElement = (id: string): string => `<dialog id="${escapeXml(id)}"><state>terminated</state></dialog>`;
