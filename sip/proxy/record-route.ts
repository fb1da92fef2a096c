import { parseNameAddr } from '../message/address.ts';
import type { Request } from '../message/message.ts';
import { parseUri, uriHost } from '../message/uri.ts';
import type { Hop } from '../transport/hop.ts';

/** One of our own addresses, as a peer may be told it. */
export interface Here {
  readonly protocol: Hop['protocol'];
  readonly address: string;
  readonly port: number;
}

/** Our mark in a Record-Route. It holds the Call-ID under a key of ours: whoever shows it in a Route was told it in that call. */
const MARK = 'huawu';

const uriOf = ({ protocol, address, port }: Here, mark: string, scheme = 'sip'): string =>
  `${scheme}:${uriHost(address)}:${port}${protocol === 'udp' ? '' : `;transport=${protocol}`};lr${mark}`;

/**
 * RFC 3261 §16.6 step 4: the URI we want to be in the path by. Where a call comes in and goes out by different sockets each side is told its own
 * (RFC 5658 §5): the callee's stands on top. `uri` is the Request-URI: where it is sips, so are we, on every hop.
 */
export function recordRoutes(inside: Here, outside: Here, mark: string, uri: string): string[] {
  const scheme = /^sips:/i.test(uri) ? 'sips' : 'sip';
  const own = [outside, inside].map((here) => `<${uriOf(here, `;${MARK}=${mark}`, scheme)}>`);
  return [...new Set(own)];
}
/** RFC 3327 §5.3: how a registrar reaches the phone through us. */
export const pathOf = (inside: Here): string => `<${uriOf(inside, '')}>`;

export const markOf = (uri: string): string | undefined => {
  try {
    return parseUri(uri).params.get(MARK);
  } catch {
    return undefined;
  }
};

/**
 * RFC 3261 §16.4: takes our own values off the top of Route. False when there was none: the request was not routed through us. A strict
 * router before us has put our URI into the Request-URI and the true one last: "the proxy MUST replace the Request-URI in the request with the last value from
 * the Route header field, and remove that value from the Route header field."
 */
export function takeOwnRoutes(request: Request, mark: string): boolean {
  let routes = request.headers.list('route');
  const last = routes.at(-1);
  const strict = markOf(request.uri) === mark && last !== undefined;
  if (strict) {
    request.uri = routeUri(last) ?? request.uri;
    routes = routes.slice(0, -1);
  }
  const foreign = routes.findIndex((route) => markOf(routeUri(route) ?? '') !== mark);
  const own = foreign < 0 ? routes.length : foreign;
  if (own === 0 && !strict) return false;
  setRoutes(request, routes.slice(own));
  return true;
}

/**
 * Where a request goes next. RFC 3261 §16.6 step 6: a first Route whose URI has no lr parameter is a strict
 * router's: the Request-URI goes last into Route, and that first URI into the Request-URI.
 */
export function nextUri(request: Request): string {
  const [first, ...rest] = request.headers.list('route');
  const uri = first === undefined ? undefined : routeUri(first);
  if (uri === undefined) return request.uri;
  if (!parseUri(uri).params.has('lr')) {
    setRoutes(request, [...rest, `<${request.uri}>`]);
    request.uri = uri;
  }
  return uri;
}

function setRoutes(request: Request, routes: readonly string[]): void {
  request.headers.remove('Route');
  for (const route of routes) request.headers.add('Route', route);
}

function routeUri(route: string): string | undefined {
  try {
    return parseNameAddr(route).uri;
  } catch {
    return undefined;
  }
}
