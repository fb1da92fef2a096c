import { headerKey, headerSpelling } from '../message/headers.ts';
import { isToken } from '../message/scan.ts';

/** What an application wrote: a start line, the headers it cares for, a body. The rest is ours to add. */
export interface Sketch {
  start: { kind: 'request'; method: string; uri: string } | { kind: 'response'; status: number; reason: string };
  /** In order; names as they will be sent. */
  headers: [name: string, value: string][];
  body: string;
}

const METHODS: ReadonlySet<string> = new Set([
  'INVITE',
  'ACK',
  'PRACK',
  'CANCEL',
  'BYE',
  'OPTIONS',
  'REGISTER',
  'INFO',
  'UPDATE',
  'MESSAGE',
  'SUBSCRIBE',
  'NOTIFY',
  'REFER',
  'PUBLISH',
]);

/** Header names, in lower case, that are sent as an application writes them. */
export type Preserved = ReadonlySet<string>;
export const NONE: Preserved = new Set();

/** The SIP text of a frame, or the reason it is refused with. Its Content-Length is not looked at: it counts characters. */
export function parseSketch(text: string, preserved: Preserved = NONE): Sketch | string {
  const headEnd = text.indexOf('\r\n\r\n');
  const [startLine = '', ...lines] = (headEnd < 0 ? text : text.slice(0, headEnd)).split('\r\n');
  const start = parseStart(startLine);
  if (typeof start === 'string') return start;
  const headers: Sketch['headers'] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    // A line that is no header (a value with a line break in it) is dropped, so that no application text can grow one.
    if (colon > 0 && isToken(name))
      headers.push([
        preserved.has(name.toLowerCase()) ? name : headerSpelling(name),
        line
          .slice(colon + 1)
          .replace(/[\r\n]+/g, ' ')
          .trim(),
      ]);
  }
  return { start, headers, body: headEnd < 0 ? '' : text.slice(headEnd + 4) };
}

function parseStart(line: string): Sketch['start'] | string {
  const response = /^SIP\/2\.0 (\d{3})(?: (.*))?$/.exec(line);
  if (response !== null) {
    const status = Number(response[1]);
    return status >= 100 && status <= 699 ? { kind: 'response', status, reason: response[2] ?? '' } : `invalid status line: ${line}`;
  }
  const request = /^(\S+) (\S+) SIP\/2\.0$/.exec(line);
  const [, method = '', uri = ''] = request ?? [];
  if (request === null) return `invalid request-uri: ${line}`;
  if (!METHODS.has(method)) return `Server error: invalid or missing method supplied on start line: ${line}`;
  return { kind: 'request', method, uri };
}

/** The first value of a header of the sketch. */
export function headerOf(sketch: Sketch, name: string): string | undefined {
  const key = headerKey(name);
  return sketch.headers.find(([each]) => headerKey(each) === key)?.[1];
}
