/** What a routing web-hook may say, and the one reader of it. */
import { isTag } from '../control/tags.ts';
import { parseWait } from '../control/wait.ts';
import { parseNameAddr } from '../message/address.ts';
import { parseUri } from '../message/uri.ts';
import { MOST_TARGETS } from '../proxy/context.ts';
import type { Order } from '../proxy/order.ts';
import { type DialTarget, parseTarget } from './handlers.ts';

export type Verdict =
  | { readonly kind: 'reject'; readonly status: number; readonly reason: string | undefined }
  | { readonly kind: 'redirect'; readonly contacts: readonly string[] }
  | { readonly kind: 'proxy'; readonly order: Order }
  | { readonly kind: 'dial'; readonly target: DialTarget }
  | { readonly kind: 'tag'; readonly tag: string };

/** The hook's answer makes no sense; the text says why. */
export class Nonsense extends Error {}

/** `{"action": …, "data": {…}}`. Throws Nonsense. */
export function parseVerdict(text: string): Verdict {
  const { action, data } = asRecord(asJson(text), 'the answer');
  const read = typeof action === 'string' && Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (read === undefined) throw new Nonsense(`action is ${JSON.stringify(action)}: reject, redirect, proxy or route`);
  return read(asRecord(data, 'data'));
}

type Data = Record<string, unknown>;

const ACTIONS: Record<string, (data: Data) => Verdict> = {
  reject: ({ status, reason }) => {
    if (typeof status !== 'number' || !Number.isInteger(status) || status < 300 || status > 699) throw new Nonsense('reject needs a status of 300 to 699');
    if (reason !== undefined && (typeof reason !== 'string' || /[\r\n]/.test(reason))) throw new Nonsense('reason is a line of text');
    return { kind: 'reject', status, reason };
  },
  redirect: ({ contact }) => ({ kind: 'redirect', contacts: texts(contact, 'contact').map(asContact) }),
  proxy: (data) => ({ kind: 'proxy', order: asOrder(data) }),
  route: ({ uri, tag }) => {
    if (typeof tag === 'string' && isTag(tag)) return { kind: 'tag', tag };
    if (typeof uri !== 'string') throw new Nonsense('route needs a uri (host:port) or a tag');
    const [hostport = '', transport] = uri.split(';transport=');
    const target = parseTarget(hostport.trim(), transport?.toLowerCase() === 'tls');
    if (target === undefined || (transport !== undefined && !/^(tcp|tls)$/i.test(transport)))
      throw new Nonsense('uri is host:port, with ;transport=tcp or tls');
    return { kind: 'dial', target };
  },
};

function asOrder(data: Data): Order {
  return {
    targets: texts(data.destination, 'destination').map((uri) => (/^(sips?|tel):/i.test(uri) ? uri : `sip:${uri}`)),
    simultaneous: data.simultaneous === true,
    followRedirects: data.followRedirects !== false,
    remain: data.recordRoute === true,
    provisionalMs: asWait(data.provisionalTimeout, 'provisionalTimeout', 5_000),
    finalMs: asWait(data.finalTimeout, 'finalTimeout', 60_000),
    added: [],
  };
}

function asWait(value: unknown, name: string, fallbackMs: number): number | undefined {
  if (value === undefined) return fallbackMs;
  const ms = typeof value === 'string' ? parseWait(value) : null;
  if (ms === null) throw new Nonsense(`${name} is "5s" or "500ms"`);
  return ms;
}

function texts(value: unknown, name: string): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const found = list.filter((each) => typeof each === 'string' && each !== '' && !/[\s|]/.test(each));
  if (found.length === 0 || found.length !== list.length || list.length > MOST_TARGETS)
    throw new Nonsense(`${name} is a URI, or a list of at most ${MOST_TARGETS}`);
  return found as string[];
}

function asContact(text: string): string {
  try {
    parseUri(parseNameAddr(text).uri);
  } catch {
    throw new Nonsense('contact is a URI');
  }
  return text.includes('<') ? text : `<${text}>`;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Nonsense('the answer is no JSON');
  }
}
function asRecord(value: unknown, what: string): Data {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Nonsense(`${what} is no object`);
  return value as Data;
}
