import type { SettingsReader } from '../../kernel/settings.ts';
import { parseHostPort } from '../message/uri.ts';

/** Where an application listens for us. `host` has no brackets. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}
/** Who says what becomes of a new request: a web-hook, or one application that is dialled for each. */
export type Handler = { readonly kind: 'hook'; readonly url: string; readonly post: boolean } | { readonly kind: 'dial'; readonly target: DialTarget };

/** By lower-case method, or `*` for all the others. */
export type Handlers = ReadonlyMap<string, Handler>;

const HTTP_METHODS = ['GET', 'POST'] as const;

/** `DRACHTIO_HTTP_HANDLER`: `http://router/`, or `invite=http://router/calls,register=tcp:10.0.0.5:4000,…`. */
export function readHandlers(settings: SettingsReader): Handlers {
  const post = settings.choice('DRACHTIO_HTTP_METHOD', 'GET', HTTP_METHODS) === 'POST';
  const handlers = new Map<string, Handler>();
  for (const entry of settings.list('DRACHTIO_HTTP_HANDLER')) {
    const [, method = '*', address = ''] = /^(?:([A-Za-z]+|\*)=)?(.*)$/.exec(entry) ?? [];
    const handler = parseHandler(address, post);
    if (handler !== undefined) handlers.set(method.toLowerCase(), handler);
    else
      settings.faults.push(
        `DRACHTIO_HTTP_HANDLER has "${entry}": give http://host/path, https://host/path, tcp:host:port or tls:host:port, with "method=" before it for one method alone`,
      );
  }
  return handlers;
}

function parseHandler(address: string, post: boolean): Handler | undefined {
  const dial = /^(tcp|tls):(?:\/\/)?(.*)$/i.exec(address);
  if (dial !== null) {
    const target = parseTarget(dial[2] ?? '', (dial[1] ?? '').toLowerCase() === 'tls');
    return target === undefined ? undefined : { kind: 'dial', target };
  }
  return /^https?:\/\/[^/]/i.test(address) && URL.canParse(address) ? { kind: 'hook', url: address, post } : undefined;
}

/** `host:port`; undefined for anything else. */
export function parseTarget(text: string, secure: boolean): DialTarget | undefined {
  try {
    const { host, port } = parseHostPort(text);
    return port === undefined || port === 0 ? undefined : { host: host.replace(/^\[|\]$/g, ''), port, secure };
  } catch {
    return undefined;
  }
}
