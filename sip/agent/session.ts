import { composeInside } from '../control/compose.ts';
import type { Sketch } from '../control/sketch.ts';
import { refreshTarget } from '../dialog/dialog.ts';
import { agreedInTheirs, giveUpAfterMs, leastOf, refreshAfterMs, refreshHeaders, type SessionInterval } from '../dialog/session.ts';
import type { Response } from '../message/message.ts';
import { numberOf } from '../message/values.ts';
import type { Hop } from '../transport/hop.ts';
import { acknowledge } from './ack.ts';
import { tellChallenged } from './challenged.ts';
import { hangUp } from './hangup.ts';
import type { Leg } from './ledger.ts';
import { hopOf } from './return-path.ts';
import type { Stack } from './stack.ts';

export const SESSION_EXPIRED = 'Session timer expired';
/** Something else is changing the session: a look again after so long. */
const BUSY_MS = 2_000;
/** A peer that asks to be left alone for longer is asked again after this. */
const MOST_RETRY_AFTER_S = 10;

/**
 * RFC 4028: keeps a session alive, or ends it when its peer no longer does. Called after each 2xx to INVITE or UPDATE, with what it has agreed;
 * undefined: no session timer.
 */
export function keepSession(stack: Stack, leg: Leg, interval: SessionInterval | undefined): void {
  leg.session?.cancel();
  leg.session = undefined;
  if (interval === undefined || leg.dialog.state === 'ending') return;
  const endsAt = stack.clock.now() + giveUpAfterMs(interval);
  if (interval.weRefresh) leg.session = { interval, endsAt, cancel: stack.clock.after(refreshAfterMs(interval), () => refresh(stack, leg)) };
  else leg.session = { interval, endsAt, cancel: stack.clock.after(giveUpAfterMs(interval), () => hangUp(stack, leg, SESSION_EXPIRED)) };
}

const isChanging = (leg: Leg): boolean =>
  leg.inviteIn !== undefined ||
  leg.inviteOut !== undefined ||
  leg.updateIn !== undefined ||
  leg.updateOut !== undefined ||
  leg.answer !== undefined ||
  (leg.answered !== undefined && leg.answered.ack === undefined);

function refresh(stack: Stack, leg: Leg): void {
  if (leg.session === undefined || leg.dialog.state !== 'confirmed') return;
  if (isChanging(leg)) {
    again(stack, leg, BUSY_MS);
    return;
  }
  leg.isRefreshing = true;
  try {
    const hop = hopOf(stack, leg);
    if (hop instanceof Promise) void hop.then((found) => send(stack, leg, found)).catch(() => over(stack, leg, 'lost'));
    else send(stack, leg, hop);
  } catch {
    over(stack, leg, 'lost');
  }
}

/** Another try, as long as the session has not run out. */
function again(stack: Stack, leg: Leg, ms: number): void {
  const { session } = leg;
  if (session === undefined) return;
  if (stack.clock.now() + ms >= session.endsAt) hangUp(stack, leg, SESSION_EXPIRED);
  else session.cancel = stack.clock.after(ms, () => refresh(stack, leg));
}

/** UPDATE where the peer allows it: nothing is negotiated then. Else a re-INVITE that offers what was agreed last. */
function sketchOf(leg: Leg, interval: SessionInterval): Sketch {
  const headers = refreshHeaders(interval);
  if (leg.peerUpdates || leg.localSdp === undefined) return { start: { kind: 'request', method: 'UPDATE', uri: 'placeholder' }, headers, body: '' };
  return {
    start: { kind: 'request', method: 'INVITE', uri: 'placeholder' },
    headers: [...headers, ['Content-Type', 'application/sdp']],
    body: leg.localSdp.toString('utf8'),
  };
}

function send(stack: Stack, leg: Leg, hop: Hop): void {
  const local = stack.transport.localFor(hop);
  if (local === undefined || leg.session === undefined || leg.dialog.state !== 'confirmed') {
    over(stack, leg, 'lost');
    return;
  }
  leg.dialog.localSeq += 1;
  const request = composeInside(leg.dialog, sketchOf(leg, leg.session.interval), leg.dialog.localSeq, hop, local, stack.names.branch());
  let isOver = false;
  const end = (how: Response | 'lost', from?: Hop): void => {
    if (isOver) {
      // A copy of the 2xx: RFC 3261 §13.2.2.4 has each acknowledged.
      if (how !== 'lost' && leg.answered?.request === request) leg.answered.ack?.();
      return;
    }
    isOver = true;
    if (how !== 'lost' && how.status < 300 && request.method === 'INVITE') acknowledge(stack, leg, request);
    over(stack, leg, how, from);
  };
  const transaction = stack.transactions.newClient(request, hop, {
    onResponse: (response, from) => {
      if (response.status >= 200) end(response, from);
    },
    onTimeout: () => end('lost'),
    onTransportError: () => end('lost'),
  });
  transaction.start();
}

function over(stack: Stack, leg: Leg, how: Response | 'lost', from?: Hop): void {
  leg.isRefreshing = false;
  if (how !== 'lost' && (how.status === 401 || how.status === 407)) leaveToApplication(stack, leg, how, from);
  else settle(stack, leg, how);
  // What an application asked for meanwhile.
  for (const act of leg.afterRefresh.splice(0)) act();
}

/** Credentials are the application's: it is told of the challenge, and has until the session runs out to refresh it by a request of its own. */
function leaveToApplication(stack: Stack, leg: Leg, challenge: Response, from: Hop | undefined): void {
  const { session } = leg;
  if (session === undefined || leg.dialog.state !== 'confirmed') return;
  session.cancel = stack.clock.after(Math.max(0, session.endsAt - stack.clock.now()), () => hangUp(stack, leg, SESSION_EXPIRED));
  if (from !== undefined) tellChallenged(stack, leg, challenge, from, 'UPDATE');
}

function settle(stack: Stack, leg: Leg, how: Response | 'lost'): void {
  const { session } = leg;
  if (session === undefined || leg.dialog.state !== 'confirmed') return;
  if (how === 'lost') {
    hangUp(stack, leg, SESSION_EXPIRED);
    return;
  }
  if (how.status < 300) {
    refreshTarget(leg.dialog, how);
    keepSession(stack, leg, agreedInTheirs(how, session.interval));
    return;
  }
  const retryAfterS = numberOf(how.headers, 'retry-after');
  if (how.status === 491) again(stack, leg, glareMs(stack, leg));
  else if (how.status === 500 && retryAfterS !== undefined) again(stack, leg, 1_000 * Math.min(MOST_RETRY_AFTER_S, retryAfterS));
  else if (how.status === 422 && leastOf(how) > session.interval.seconds) {
    session.interval = { ...session.interval, seconds: leastOf(how) };
    again(stack, leg, 0);
  } else hangUp(stack, leg, SESSION_EXPIRED);
}

/** RFC 3261 §14.1: after a 491 the owner of the Call-ID waits 2.1 to 4 s, the other side 0 to 2 s, both in steps of 10 ms. */
export const glareMs = (stack: Stack, { dialog }: Leg): number =>
  dialog.role === 'uac' ? 2_100 + 10 * (stack.names.seq() % 191) : 10 * (stack.names.seq() % 201);
