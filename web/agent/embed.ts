/**
 * The desk in a frame of a CRM's page (`/agent?embed`): tells the page what happens, takes its wishes. Who may frame it says the server
 * (EMBED_ORIGINS, by frame-ancestors), so whoever stands above is one of those; nobody else is heard. The page's end is `public/huawu-embed.js`.
 */
import { useEffect, useRef } from 'react';
import type { CommandData } from '../shared/cti/client.ts';
import type { DeskTools } from './desk-context.ts';

export const isEmbedded = window.parent !== window && new URLSearchParams(location.search).has('embed');
const VERSION = 1;

type Wish =
  | { type: 'ready' | 'answer' | 'hold' | 'retrieve' | 'hangup' | 'reject' }
  | { type: 'notReady'; reason: 'break' | 'meal' | 'training' | 'meeting' | 'other' }
  | { type: 'setData'; data: Record<string, string> }
  | { type: 'blindTransfer' | 'consult'; target: { kind: 'agent' | 'number'; number: string } };
const known: readonly Wish['type'][] = ['ready', 'notReady', 'answer', 'hold', 'retrieve', 'hangup', 'reject', 'setData', 'blindTransfer', 'consult'];

interface Asked {
  id: string;
  wish: Wish;
}

/** What the page said, as far as it is ours; what is in it the server checks, as everything that a desk sends. */
function askedIn({ source, data }: MessageEvent<unknown>): Asked | null {
  if (source !== window.parent || typeof data !== 'object' || data === null) return null;
  const { huawu, id, wish } = data as { huawu?: unknown; id?: unknown; wish?: unknown };
  if (huawu !== VERSION || typeof id !== 'string' || typeof wish !== 'object' || wish === null) return null;
  const { type } = wish as { type?: unknown };
  return known.some((one) => one === type) ? { id, wish: wish as Wish } : null;
}

/** The framing page's origin; a browser that does not say it has its referrer. */
const parentOrigin = (): string => location.ancestorOrigins?.[0] ?? (document.referrer === '' ? location.origin : new URL(document.referrer).origin);

export function useEmbedding(tools: DeskTools | null): void {
  const latest = useRef(tools);
  latest.current = tools;
  const said = useRef('');
  useEffect(() => {
    if (!isEmbedded) return;
    const heard = async (event: MessageEvent<unknown>) => {
      const asked = askedIn(event);
      const desk = latest.current;
      if (asked === null) return;
      const { type, ...data } = asked.wish;
      const callId = desk?.desk.call?.pop.callId;
      const about = type === 'ready' || type === 'notReady' || callId === undefined ? data : { callId, ...data };
      const ok = desk?.can(type) === true && (await desk.act(type, about as CommandData<typeof type>));
      tell({ reply: asked.id, ok });
    };
    window.addEventListener('message', heard);
    tell({ event: 'loaded' });
    return () => window.removeEventListener('message', heard);
  }, []);
  useEffect(() => {
    if (!isEmbedded || tools === null) return;
    const { agent, call } = tools.desk;
    const shown = call === null ? null : { phase: call.phase, since: call.phaseSince, ...call.pop };
    const state = { event: 'state', agent: { number: agent.number, name: agent.name, state: agent.state, can: agent.can }, call: shown };
    const text = JSON.stringify(state);
    if (text === said.current) return;
    said.current = text;
    tell(state);
  }, [tools]);
}

const tell = (message: object): void => window.parent.postMessage({ huawu: VERSION, ...message }, parentOrigin());
