/** Bodies of several parts (MIME multipart, RFC 2046 §5.1, in SIP RFC 5621): a session description may stand beside ISUP, a place or a picture. */

const MOST_PARTS = 32;
const MOST_DEPTH = 3;

/** The body itself when it is of that type, else the first part of a multipart body that is; undefined when there is none. Types without parameters, in lower case. */
export function partOfType(body: string, contentType: string, wanted: string): string | undefined {
  return partWithin(body, contentType, wanted, MOST_DEPTH);
}

function partWithin(body: string, contentType: string, wanted: string, depth: number): string | undefined {
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (type === wanted) return body;
  if (!type.startsWith('multipart/') || depth === 0) return undefined;
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) return undefined;
  for (const part of partsOf(body, boundary)) {
    const { head, content } = cut(part);
    const found = partWithin(content, typeIn(head), wanted, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** RFC 2046 §5.1.1: at most 70 characters. */
function boundaryOf(contentType: string): string | undefined {
  const found = /;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  return found?.[1] ?? found?.[2];
}

/** What stands between the delimiter lines; the line end before a delimiter is the delimiter's. */
function partsOf(body: string, boundary: string): string[] {
  const parts: string[] = [];
  const delimiter = `--${boundary}`;
  let began: number | undefined;
  for (let at = body.indexOf(delimiter); at >= 0 && parts.length < MOST_PARTS; at = body.indexOf(delimiter, at + delimiter.length)) {
    const after = at + delimiter.length;
    // A delimiter stands alone on its line: another boundary may begin like this one.
    if ((at > 0 && body[at - 1] !== '\n') || !/^(?:--|[ \t]*(?:\r?\n|$))/.test(body.slice(after, after + 80))) continue;
    if (began !== undefined) parts.push(body.slice(began, at).replace(/\r?\n$/, ''));
    if (body.startsWith('--', after)) return parts;
    const lineEnd = body.indexOf('\n', after);
    began = lineEnd < 0 ? body.length : lineEnd + 1;
  }
  // Whoever forgets the last delimiter has said all the same what he said.
  if (began !== undefined && parts.length < MOST_PARTS) parts.push(body.slice(began));
  return parts;
}

/** A part may have no header at all: then it begins with the empty line. */
function cut(part: string): { head: string; content: string } {
  const empty = /^\r?\n/.exec(part);
  if (empty !== null) return { head: '', content: part.slice(empty[0].length) };
  const end = /\r?\n\r?\n/.exec(part);
  return end === null ? { head: part, content: '' } : { head: part.slice(0, end.index), content: part.slice(end.index + end[0].length) };
}

/** §5.1: a part that does not say is text. Continued lines belong to the one before. */
const typeIn = (head: string): string => /^content-type[ \t]*:[ \t]*(.*)$/im.exec(head.replace(/\r?\n[ \t]+/g, ' '))?.[1]?.trim() ?? 'text/plain';
