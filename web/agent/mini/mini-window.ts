/**
 * The window of the mini bar: above all others where the browser can (Document Picture-in-Picture), else a small one of its own at `/agent?mini`.
 * Either ends with the desk's page. Keys work in it as they do in the page.
 */
import { browserClock } from '../../shared/clock.ts';
import { hearKeysIn } from '../shortcuts.ts';
import { isMiniHere } from './mini-here.ts';
import './mini.css';

const WIDTH = 360;
const HEIGHT = 140;
const LOADS_WITHIN_MS = 10_000;

/** https://wicg.github.io/document-picture-in-picture/, which the compiler's DOM does not have yet. */
interface PictureInPicture {
  requestWindow(size: { width: number; height: number }): Promise<Window>;
}

export interface MiniWindow {
  place: HTMLElement;
  close(): void;
}

/** null: the browser lets us have none. `onClosed`: also when she closes it herself. */
export async function openMini(onClosed: () => void): Promise<MiniWindow | null> {
  const opened = (await above()) ?? (await beside());
  if (opened === null) return null;
  const { document: theirs } = opened;
  for (const sheet of document.querySelectorAll('link[rel="stylesheet"], style')) theirs.head.append(theirs.importNode(sheet, true));
  const place = theirs.createElement('div');
  place.className = 'mini-place';
  theirs.body.append(place);
  hearKeysIn(opened);
  const close = () => opened.close();
  window.addEventListener('pagehide', close);
  opened.addEventListener('pagehide', () => {
    window.removeEventListener('pagehide', close);
    onClosed();
  });
  return { place, close };
}

async function above(): Promise<Window | null> {
  if (!('documentPictureInPicture' in window)) return null;
  const { requestWindow } = window.documentPictureInPicture as PictureInPicture;
  return requestWindow.call(window.documentPictureInPicture, { width: WIDTH, height: HEIGHT }).catch(() => null);
}

/** It says when it is there: its page is one of ours. */
function beside(): Promise<Window | null> {
  const opened = window.open('/agent?mini', 'huawu.mini', `popup,width=${WIDTH},height=${HEIGHT}`);
  if (opened === null) return Promise.resolve(null);
  return new Promise((resolve) => {
    const settle = (found: Window | null) => {
      cancel();
      window.removeEventListener('message', heard);
      resolve(found);
    };
    const heard = ({ source, origin, data }: MessageEvent<unknown>) => {
      if (source === opened && origin === location.origin && isMiniHere(data)) settle(opened);
    };
    const cancel = browserClock.after(LOADS_WITHIN_MS, () => settle(null));
    window.addEventListener('message', heard);
  });
}
