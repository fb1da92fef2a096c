import type { Request, Response } from '../message/message.ts';

/** faults E6: who may have written another's address on his datagram gets no more than half as much again sent there as he spent. */
export const MOST_ANSWER_SHARE = 1.5;

const BANNERS = ['server', 'user-agent', 'organization'] as const;
/** Nice to know, and nothing that a stranger's next request needs. */
const OPTIONAL = [
  'allow',
  'allow-events',
  'accept',
  'accept-encoding',
  'accept-language',
  'supported',
  'warning',
  'reason',
  'date',
  'call-info',
  'content-type',
] as const;

/** What an application answers a stranger goes out without the name of any software. */
export function stripBanners(response: Response): void {
  for (const name of BANNERS) response.headers.remove(name);
}

/** Cuts an answer that is too long for what was asked; the answer of a call is left whole. `lengthOf`: as written. */
export function shorten(request: Request, response: Response, lengthOf: (message: Request | Response) => number): void {
  if (request.method === 'INVITE' && response.status < 300) return;
  if (lengthOf(response) <= MOST_ANSWER_SHARE * lengthOf(request)) return;
  for (const name of OPTIONAL) response.headers.remove(name);
  response.body = Buffer.alloc(0);
}
