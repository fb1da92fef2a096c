/**
 * The desk of Huawu in a page of yours. Load it as a module from the server that has the desk, whose EMBED_ORIGINS names your page's origin:
 *
 *   import { embedDesk } from 'https://huawu.example.com/huawu-embed.js';
 *   const desk = embedDesk(document.querySelector('#desk'), { onState({ agent, call }) { … } });
 *   await desk.ask({ type: 'hold' });      // true: taken, false: it cannot be done now
 *
 * Types are in huawu-embed.d.ts beside this file.
 */
const VERSION = 1;
const ANSWER_WITHIN_MS = 15_000;

export function embedDesk(place, { server = new URL(import.meta.url).origin, onState = () => undefined, onLoaded = () => undefined } = {}) {
  const frame = document.createElement('iframe');
  frame.src = `${server}/agent?embed`;
  frame.title = 'Huawu';
  frame.allow = `microphone ${server}; autoplay ${server}; speaker-selection ${server}`;
  frame.style.cssText = 'width:100%;height:100%;border:0';
  const waiting = new Map();
  const heard = ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== new URL(server).origin || data?.huawu !== VERSION) return;
    if (data.event === 'state') onState({ agent: data.agent, call: data.call });
    else if (data.event === 'loaded') onLoaded();
    else if (waiting.has(data.reply)) waiting.get(data.reply)(data.ok === true);
  };
  window.addEventListener('message', heard);
  place.append(frame);
  return {
    frame,
    ask(wish) {
      const id = crypto.randomUUID();
      return new Promise((resolve) => {
        const done = (ok) => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(ok);
        };
        const timer = setTimeout(done, ANSWER_WITHIN_MS, false);
        waiting.set(id, done);
        frame.contentWindow.postMessage({ huawu: VERSION, id, wish }, new URL(server).origin);
      });
    },
    remove() {
      window.removeEventListener('message', heard);
      for (const done of [...waiting.values()]) done(false);
      frame.remove();
    },
  };
}
