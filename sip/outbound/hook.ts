import { type Clock, within } from '../../kernel/clock.ts';
import { parseNameAddr } from '../message/address.ts';
import type { Request } from '../message/message.ts';
import { parseUri } from '../message/uri.ts';
import { writeMessage } from '../message/write.ts';
import type { Source } from '../transport/network.ts';
import type { Handler } from './handlers.ts';
import { Nonsense } from './verdict.ts';

/** A caller waits for the answer. */
const HOOK_MS = 5_000;
/** The raw message in a POST is cut here. */
const MOST_POSTED_BYTES = 16_384;
const MOST_ANSWER_BYTES = 64 * 1024;

/** The hook said nothing in time. */
export class HookSilent extends Error {}

/** The body of a web-hook's answer. Redirects are not followed. Rejects with HookSilent, Nonsense, or the error of the connection. */
export async function askHook(handler: Extract<Handler, { kind: 'hook' }>, request: Request, source: Source, clock: Clock): Promise<string> {
  const abort = new AbortController();
  const answer = async (): Promise<string> => {
    const response = await fetch(`${handler.url}${glue(handler.url)}${queryOf(request, source)}`, {
      redirect: 'manual',
      signal: abort.signal,
      ...(handler.post && {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: new Uint8Array(writeMessage(request).subarray(0, MOST_POSTED_BYTES)),
      }),
    });
    if (!response.ok) throw new Nonsense(`the web-hook answers ${response.status}`);
    return await readLimited(response);
  };
  try {
    return await within(clock, HOOK_MS, answer(), () => new HookSilent(`the web-hook says nothing for ${HOOK_MS} ms`));
  } finally {
    abort.abort();
  }
}

async function readLimited(response: globalThis.Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_ANSWER_BYTES) throw new Nonsense(`the answer is over ${MOST_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const glue = (url: string): string => (url.includes('?') ? '&' : url.endsWith('/') ? '?' : '/?');

/** The query keys of the protocol in their order, then each parameter of the Request-URI. */
export function queryOf(request: Request, source: Source): string {
  const { headers, uri } = request;
  const { host, user, params } = parseUri(uri);
  const rows: [string, string][] = [
    ['method', request.method],
    ['domain', host],
    ['protocol', source.protocol],
    ['source_address', source.address],
    ['fromUser', userOf(headers.get('from'))],
    ['toUser', userOf(headers.get('to'))],
    ['uriUser', user ?? ''],
    ['contentType', headers.get('content-type') ?? ''],
    ['uri', uri],
    ...[...params].map(([name, value]): [string, string] => [name, value ?? '']),
  ];
  return rows.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&');
}

function userOf(value: string | undefined): string {
  try {
    return parseUri(parseNameAddr(value ?? '').uri).user ?? '';
  } catch {
    return '';
  }
}

/** Percent-encoded with lower-case hex. */
const escaped = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`)
    .replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
