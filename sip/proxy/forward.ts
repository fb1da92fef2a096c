/** RFC 3261 §16.3 and §16.6: whether a request may be passed on, and the copy of it that goes to one target. */
import { Headers, headerKey } from '../message/headers.ts';
import { asCharset, type Request, type Response, tagOf } from '../message/message.ts';
import { splitOutside } from '../message/scan.ts';
import { numberOf, parseCSeq } from '../message/values.ts';
import { BRANCH_COOKIE, parseVia } from '../message/via.ts';

/** RFC 5393 §5.3.3: the breadth of a request that says nothing of it. */
const DEFAULT_BREADTH = 60;

export interface Barrier {
  readonly status: 420 | 440 | 482 | 483;
  readonly reason: string;
  readonly headers: [string, string][];
}

/** Why a request must not be passed on to `targets` at once; undefined when it may. `loop` is its mark, see `loopMark`. */
export function barrierTo(request: Request, loop: string, targets: number): Barrier | undefined {
  const { headers } = request;
  // §16.3 step 3: "If the request contains a Max-Forwards header field with a field value of zero (0), the element MUST NOT forward the request."
  if (numberOf(headers, 'max-forwards') === 0) return { status: 483, reason: 'Too Many Hops due to Max-Forwards value of 0', headers: [] };
  if (headers.list('via').some((via) => branchOf(via).endsWith(loop))) return { status: 482, reason: 'Loop Detected', headers: [] };
  // §16.3 step 5: an option of Proxy-Require that is not understood is refused with 420. None is.
  const required = headers.list('proxy-require');
  if (required.length > 0) return { status: 420, reason: 'Bad Extension', headers: [['Unsupported', required.join(', ')]] };
  // RFC 5393 §5.3.3.1: 440 when there is too little breadth left for the branches that would be open at the same time.
  if (targets > breadthOf(request)) return { status: 440, reason: 'Max-Breadth Exceeded', headers: [] };
  return undefined;
}

const breadthOf = ({ headers }: Request): number => numberOf(headers, 'max-breadth') ?? DEFAULT_BREADTH;

/**
 * RFC 5393 §4.2.1: the end of each branch that we make for a request: all that decides where it goes, so that it is a loop when it comes
 * back with the same, and a spiral when something of it has changed.
 */
export function loopMark(request: Request, sign: (text: string) => string): string {
  const { headers, uri } = request;
  const parts = [uri, tagOf(headers.get('from') ?? ''), tagOf(headers.get('to') ?? ''), headers.get('call-id'), parseCSeq(headers.get('cseq') ?? '').number];
  const more = ['route', 'proxy-require', 'proxy-authorization', 'authorization'].map((name) => headers.all(name).join(','));
  return `.${sign([...parts, ...more].join('\n'))}`;
}

/** A branch of ours that ends in the loop mark. */
export const branchWith = (branch: string, loop: string): string => `${branch}${loop}`;

function branchOf(via: string): string {
  try {
    const branch = parseVia(via).params.get('branch') ?? '';
    return branch.startsWith(BRANCH_COOKIE) ? branch : '';
  } catch {
    return '';
  }
}

export interface Onward {
  readonly uri: string;
  readonly via: string;
  readonly recordRoutes: readonly string[];
  readonly path: string | undefined;
  /** What an application adds; a header that is there already is replaced. */
  readonly added: readonly (readonly [string, string])[];
  /** How many branches are open at the same time. */
  readonly share: number;
}

/** The copy for one target; Via, Max-Forwards and the routes as a proxy must set them, all else as it came. */
export function onward(request: Request, { uri, via, recordRoutes, path, added, share }: Onward): Request {
  const copy: Request = { ...request, uri, headers: copyOf(request.headers) };
  const { headers } = copy;
  // §16.6 step 3: decremented; "If the copy does not contain a Max-Forwards header field, the proxy MUST add one with a field value, which SHOULD be 70."
  headers.set('Max-Forwards', String((numberOf(headers, 'max-forwards') ?? 71) - 1));
  headers.set('Max-Breadth', String(Math.max(1, Math.floor(breadthOf(request) / share))));
  for (const name of new Set(added.map(([each]) => headerKey(each)))) headers.remove(name);
  for (const [name, value] of added) headers.add(name, asCharset(value, copy.charset));
  for (const route of recordRoutes.toReversed()) headers.prepend('Record-Route', route);
  // RFC 3327 §5.3.
  if (path !== undefined) headers.prepend('Path', path).add('Require', 'path');
  headers.prepend('Via', via);
  return copy;
}

/** §16.7 step 3: "The proxy removes the topmost Via header field value from the response." */
export function backward(response: Response): Response {
  const headers = copyOf(response.headers);
  const [, ...below] = splitOutside(headers.get('via') ?? '', ',');
  if (below.length > 0) headers.replaceFirst('via', below.join(', '));
  else dropFirstVia(headers);
  return { ...response, headers };
}

function dropFirstVia(headers: Headers): void {
  const [, ...vias] = headers.all('via');
  headers.remove('via');
  for (const via of vias.toReversed()) headers.prepend('Via', via);
}

function copyOf(headers: Headers): Headers {
  const copy = new Headers();
  for (const { name, value } of headers) copy.add(name, value);
  return copy;
}
