import { dialogId, notifiedDialog } from '../dialog/dialog.ts';
import { type Request, type Response, tagOf } from '../message/message.ts';
import { numberOf } from '../message/values.ts';
import type { Source } from '../transport/network.ts';
import { type Leg, newLeg } from './ledger.ts';
import { pathToCallee } from './return-path.ts';
import type { Stack } from './stack.ts';

/** RFC 6665 §4.2.1.1 has the notifier name an interval; one that does not means an hour, as with REGISTER. */
const UNNAMED_S = 3_600;
const LONGEST_S = 86_400;
/** For the last NOTIFY, and its copies (timer F). */
const LAST_NOTIFY_MS = 32_000;
/** Notifiers of one SUBSCRIBE that a proxy forked. */
const MOST_NOTIFIERS = 8;

/** The dialog of a NOTIFY that is here before the answer to its SUBSCRIBE; undefined when we have not asked for any such. */
export function notifiedEarly({ ledger }: Stack, request: Request, source: Source): Leg | undefined {
  const { headers, method } = request;
  if (method !== 'NOTIFY' || ledger.subscribing.size === 0) return undefined;
  const outgoing = ledger.subscribing.get(dialogId(headers.get('call-id') ?? '', tagOf(headers.get('to') ?? '') ?? ''));
  const tag = tagOf(headers.get('from') ?? '');
  if (outgoing === undefined || tag === undefined || outgoing.app.isGone || outgoing.forks.size >= MOST_NOTIFIERS) return undefined;
  const { hop } = outgoing.transaction;
  const leg = newLeg(notifiedDialog(outgoing.transaction.request, request), outgoing.app, [hop.address], outgoing);
  leg.dialog.via = pathToCallee(hop, leg, source);
  outgoing.forks.set(tag, leg);
  ledger.addLeg(leg);
  return leg;
}

/** A subscription was granted or refreshed: when nobody refreshes or ends it in time, it is over for us too. Nothing is told: both ends know the time. */
export function keepSubscription(stack: Stack, leg: Leg, granted: Response): void {
  if (leg.dialog.method !== 'SUBSCRIBE') return;
  leg.cancelExpiry();
  const seconds = Math.min(numberOf(granted.headers, 'expires') ?? UNNAMED_S, LONGEST_S);
  leg.cancelExpiry = stack.clock.after(seconds * 1_000 + LAST_NOTIFY_MS, () => stack.ledger.removeLeg(leg));
}
