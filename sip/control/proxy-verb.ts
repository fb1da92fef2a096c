import { writeMessage } from '../message/write.ts';
import type { Order } from '../proxy/order.ts';
import type { StatefulProxy } from '../proxy/proxy.ts';
import { addedHeaders } from './compose.ts';
import { type Preserved, parseSketch } from './sketch.ts';
import type { Asker } from './verbs.ts';
import { parseWait } from './wait.ts';
import { dismissed, type Frame, fine, proxyAnswer, refused } from './wire.ts';

/** transaction, remain, full response, redirects, mode, two time-outs, and at least one destination. */
const LEAST_TOKENS = 8;

/** `proxy|<transaction>|remainInDialog|fullResponse|followRedirects|simultaneous or serial|<provisional>|<final>|<destination>…` */
export function carryOutProxy(proxy: StatefulProxy, app: Asker, { id, tokens, text }: Frame, preserved: Preserved): void {
  const [transaction = '', , fullResponse = ''] = tokens;
  if (tokens.length < LEAST_TOKENS || transaction === '') {
    app.dismiss(dismissed(id, 'Invalid proxy request: not enough information provided'));
    return;
  }
  const order = orderOf(tokens, text, preserved);
  if (typeof order === 'string') {
    app.deliver(refused(id, order));
    return;
  }
  const tell = (frame: Buffer): void => {
    if (!app.isGone) app.deliver(frame);
  };
  const once = firstOnly(() => tell(fine(id, 'done')));
  const wantsAll = fullResponse !== '';
  const refusal = proxy.pass(app, transaction, order, {
    onFinal: (response, from, time) => {
      if (!wantsAll) return;
      const bytes = writeMessage(response);
      const at = from ?? { protocol: 'unknown', address: '', port: 0 };
      tell(proxyAnswer(id, { source: 'network', bytes: from === undefined ? 0 : bytes.length, at, time }, bytes));
    },
    onSent: () => {
      if (!wantsAll) once();
    },
    onDone: once,
  });
  if (refusal !== undefined) tell(refused(id, refusal));
}

function orderOf(tokens: readonly string[], text: string, preserved: Preserved): Order | string {
  const [, remain, , redirects, mode, provisional = '', final = '', ...targets] = tokens;
  const [provisionalMs, finalMs] = [parseWait(provisional), parseWait(final)];
  if (provisionalMs === null) return `invalid provisional timeout "${provisional}": give 500ms or 5s`;
  if (finalMs === null) return `invalid final timeout "${final}": give 500ms or 5s`;
  const sketch = parseSketch(text, preserved);
  return {
    targets: targets.filter((target) => target !== ''),
    simultaneous: mode === 'simultaneous' || mode === 'parallel',
    followRedirects: redirects !== undefined && redirects !== '',
    remain: remain !== undefined && remain !== '',
    provisionalMs,
    finalMs,
    added: typeof sketch === 'string' ? [] : addedHeaders(sketch),
  };
}

function firstOnly(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}
