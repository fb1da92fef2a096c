import type { Headers } from '../message/headers.ts';

/** What attack tools call themselves. No phone and no gateway is named so. */
const AGENTS =
  /(?:^|[^a-z])(?:friendly-scanner|friendly-request|sipvicious|sundayddr|pplsip|sipcli|sipscan|sip-scan|siparmyknife|sivus|iwar|vaxsipuseragent|gulp|smap|nmap)(?:[^a-z]|$)/i;
/** In From and To only what no person and no company is called. */
const NAMES = /friendly-scanner|sipvicious|sundayddr/i;

/** An answer would only tell it that somebody is here: it gets none. */
export function isScanner(headers: Headers): boolean {
  const agent = headers.get('user-agent');
  return (agent !== undefined && AGENTS.test(agent)) || NAMES.test(headers.get('from') ?? '') || NAMES.test(headers.get('to') ?? '');
}
