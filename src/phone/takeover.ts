/**
 * An INVITE with Replaces (RFC 3891) from an agent's phone: it takes the place of a leg of ours: what rings at a colleague's phone, a call
 * that goes on from another phone, a browser that was loaded anew (faults B22). Who may: an agent of the same tenant, and only where
 * she names the dialog by its Call-ID and both tags, which none but its ends and its subscribers know.
 */
import { legIdOf } from '../../kernel/ids.ts';
import { statusOfCause } from './endings.ts';
import type { Origin } from './inbound.ts';
import { Leg } from './leg.ts';
import { legOf, parseReplaces } from './replaces.ts';
import type { DialogLeg, Rim } from './rim.ts';
import type { SipRequest, SipResponse } from './srf.ts';

const ANSWER_WITHIN_MS = 10_000;

export function takeOver(rim: Rim, keep: (leg: Leg) => void, origin: Origin, req: SipRequest, res: SipResponse): void {
  const { agentId } = origin;
  const found = agentId === null ? { status: 481 as const } : replacedLeg(rim, origin, req.get('Replaces') ?? '');
  if ('status' in found || agentId === null) {
    res.send('status' in found ? found.status : 481);
    return;
  }
  const { callId, legId: replaces, mediaGroup } = found.leg;
  const legId = legIdOf(rim.newCallId(), 0);
  const leg = new Leg(rim, callId, legId, { is: 'agent', agentId }, { at: 'arriving', req, res }, mediaGroup);
  keep(leg);
  rim.legs.named(legId, req.get('Call-ID') ?? '');
  req.on('cancel', () => leg.end({ cause: 'abandoned', by: 'far_end', sip: 487, q850: statusOfCause.abandoned.q850 }));
  leg.endUnlessUpWithin(ANSWER_WITHIN_MS, { cause: 'internal', by: 'server' });
  rim.take({ type: 'takeoverAsked', callId, legId, replaces, agentId });
}

/** RFC 3891 §3, step by step: what is refused, and how. */
export function replacedLeg(
  rim: Pick<Rim, 'legs' | 'calls' | 'directory'>,
  origin: Pick<Origin, 'tenantId'>,
  header: string,
): { leg: DialogLeg } | { status: 400 | 481 | 486 | 603 } {
  const wanted = parseReplaces(header);
  if (wanted === null) return { status: 400 };
  // A dialog that has ended already is declined; one that never was does not exist.
  if (rim.legs.endedLately(wanted.sipCallId)) return { status: 603 };
  const match = legOf(rim.legs, wanted);
  if (match === null) return { status: 481 };
  const { leg, dialog } = match;
  const call = rim.calls.get(leg.callId);
  if (call === undefined || leg.owner.is !== 'agent' || call.tenantId !== origin.tenantId) return { status: 481 };
  // An early dialog that the other side began cannot be replaced.
  if (dialog.state === 'early') return dialog.initiator === 'us' ? { leg } : { status: 481 };
  if (wanted.earlyOnly) return { status: 486 };
  return call.joined?.includes(leg.legId) === true ? { leg } : { status: 603 };
}
