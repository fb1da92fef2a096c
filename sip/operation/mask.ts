/** A SIP message as people may read it: what proves who somebody is, opens media or was keyed in is not shown. Pure; takes broken messages too. */

const HIDDEN = '***';
/** Whole values, however they are folded. */
const SECRET_HEADERS = /^(?:(?:proxy-)?authorization|(?:proxy-)?authenticate|www-authenticate|(?:proxy-)?authentication-info)[ \t]*:/i;
/** Bodies that are keys a caller pressed. */
const DIGITS = /^application\/(?:dtmf|dtmf-relay|vnd\.nortelnetworks\.digits|kpml-(?:request|response)\+xml)\b/i;
const CONTENT_TYPE = /^(?:content-type|c)[ \t]*:\s*(\S+)/i;
/** `sip:user:password@host` */
const URI_PASSWORD = /(sips?:[^\s:@<>"]*):[^\s@<>"]*@/gi;

export function masked(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  const end = text.search(/\r?\n\r?\n/);
  const head = end < 0 ? text : text.slice(0, end);
  const body = end < 0 ? '' : text.slice(end);
  const lines = unfolded(head);
  const type = lines.map((line) => CONTENT_TYPE.exec(line)?.[1]).find((each) => each !== undefined) ?? '';
  return `${lines.map(maskedLine).join('\r\n')}${maskedBody(body, type)}`;
}

/** Header lines with their folds. */
function unfolded(head: string): string[] {
  const lines: string[] = [];
  for (const line of head.split(/\r?\n/)) {
    if (/^[ \t]/.test(line) && lines.length > 0) lines.push(`${lines.pop()}\r\n${line}`);
    else lines.push(line);
  }
  return lines;
}

function maskedLine(line: string): string {
  const secret = SECRET_HEADERS.exec(line);
  if (secret !== null) return `${secret[0]} ${HIDDEN}`;
  return line.replace(URI_PASSWORD, `$1:${HIDDEN}@`);
}

function maskedBody(body: string, type: string): string {
  if (DIGITS.test(type)) return `\r\n\r\n${HIDDEN}`;
  return (
    body
      // RFC 4568: the key stands behind inline:
      .replace(/^(a=crypto:.*?inline:)\S*/gim, `$1${HIDDEN}`)
      .replace(/^(a=ice-pwd:|k=[a-z0-9-]+:)\S*/gim, `$1${HIDDEN}`)
      .replace(/^(\s*Signal\s*=).*$/gim, `$1${HIDDEN}`)
      .replace(URI_PASSWORD, `$1:${HIDDEN}@`)
  );
}
