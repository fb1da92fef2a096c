/**
 * `tel:` links (RFC 3966): of this page, and of other pages where the browser asks us for them. Such a link opens a tab of its own; the desk is in another,
 * which is told over a channel of the browser's, so that nobody has to sign in anew. A number is put before her, never called by itself.
 */
import { useEffect, useRef } from 'react';
import { browserClock } from '../../shared/clock.ts';
import { newCommandId } from '../../shared/cti/socket.ts';
import { numberIn } from '../directory/number.ts';

const CHANNEL = 'huawu.tel';
const ANSWERED_WITHIN_MS = 500;
const PARAMETER = 'dial';

interface Wish {
  id: string;
  number: string;
}

/** Visual separators mean nothing (§3), parameters follow `;`. Null: no number that could be called. */
export function numberOfTel(link: string): string | null {
  const subscriber = /^tel:([^;?]*)/i.exec(link.trim())?.[1];
  return subscriber === undefined ? null : numberIn(subscriber);
}

/** The number that this page was opened for; taken out of its address, so that a reload does not ask again. */
export function takeNumberOfAddress(): string | null {
  const address = new URL(location.href);
  const link = address.searchParams.get(PARAMETER);
  if (link === null) return null;
  address.searchParams.delete(PARAMETER);
  history.replaceState(null, '', address);
  return numberOfTel(link) ?? numberIn(link);
}

const hearers = new Set<(number: string) => void>();
/** Came before there was a desk to put it on. */
let waiting: string | null = null;

/** The dial box opens with this number. */
export function wishToDial(number: string): void {
  waiting = hearers.size === 0 ? number : null;
  for (const hear of hearers) hear(number);
}

/** Of this tab and of others. */
export function useDialWishes(hear: (number: string) => void): void {
  const latest = useRef(hear);
  latest.current = hear;
  useEffect(() => {
    const own = (number: string) => latest.current(number);
    hearers.add(own);
    if (waiting !== null) wishToDial(waiting);
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = ({ data }: MessageEvent<{ wish?: Wish }>) => {
      if (data.wish === undefined) return;
      channel.postMessage({ taken: data.wish.id });
      own(data.wish.number);
    };
    return () => {
      hearers.delete(own);
      channel.close();
    };
  }, []);
}

/** true: a desk in another tab of this browser has it. */
export function handOver(number: string): Promise<boolean> {
  const channel = new BroadcastChannel(CHANNEL);
  const id = newCommandId();
  return new Promise((resolve) => {
    const settle = (taken: boolean) => {
      cancel();
      channel.close();
      resolve(taken);
    };
    const cancel = browserClock.after(ANSWERED_WITHIN_MS, () => settle(false));
    channel.onmessage = ({ data }: MessageEvent<{ taken?: string }>) => data.taken === id && settle(true);
    channel.postMessage({ wish: { id, number } });
  });
}

export const mayOpenTel = (): boolean => isSecureContext && 'registerProtocolHandler' in navigator;

/** The browser asks her. */
export function openTelHere(): void {
  navigator.registerProtocolHandler('tel', `${location.origin}/agent?${PARAMETER}=%s`);
}
