/**
 * What an agent may call from her desk: the same numbers as from her phone (`wantedOf` in `inbound.ts`), but for the house's own, which lead into a
 * dialplan. Looked at before anything rings; rules and what has been used are looked at once more when the number is dialled.
 */
import { type AgentId, type CallId, legIdOf, type TenantId } from '../../kernel/ids.ts';
import type { Party, PartyTarget } from '../call/event.ts';
import { normaliseNumber } from '../customers/normalise.ts';
import type { Refusal } from '../toll/policy.ts';
import type { Rim } from './rim.ts';
import { destinationOf } from './trunk/number.ts';

/** `refused`: the tenant's rules for calls outside, or what the account has used, say no. */
export type Reach =
  | { ok: true; target: PartyTarget; party: Party; emergency: boolean }
  | { ok: false; why: 'bad_number' | 'own_number' | 'no_trunk' }
  | { ok: false; why: 'refused'; rule: Refusal };

export interface Caller {
  tenantId: TenantId;
  agentId: AgentId;
  /** The call it is going to be: a refusal is told of it. */
  callId: CallId;
}

export function reach(rim: Rim, { tenantId, agentId, callId }: Caller, dialled: string): Reach {
  const destination = destinationOf(dialled, rim.trunks.dialling(tenantId));
  const emergency = destination?.kind === 'emergency';
  // H6: no number of the house stands before one for help.
  const inside = emergency ? null : insideAt(rim, tenantId, dialled);
  if (inside !== null) return inside;
  if (destination === null) return { ok: false, why: 'bad_number' };
  if (rim.trunks.routes(tenantId, destination).length === 0) return { ok: false, why: 'no_trunk' };
  const rules = rim.directory.outsideRules(tenantId);
  const verdict = rim.toll.judge(tenantId, agentId, destination, rules, rim.clock.now());
  if (verdict.is === 'refused') {
    const { kind, country } = destination;
    rim.warn('ALARM: a call outside was refused', { tenant: tenantId, account: agentId, kind, country, why: verdict.why });
    const words = { tenantId, account: agentId, callId, legId: legIdOf(callId, 0), kind, country, blockHours: rules.blockHours };
    rim.take({ type: 'outsideRefused', ...words, why: verdict.why });
    return { ok: false, why: 'refused', rule: verdict.why };
  }
  const { number } = destination;
  return { ok: true, target: { kind: 'number', number }, party: { number, raw: dialled }, emergency };
}

/** A number of the house, or a colleague's; null = it is outside. */
function insideAt({ directory }: Rim, tenantId: TenantId, dialled: string): Reach | null {
  const number = normaliseNumber(dialled);
  if (directory.tenantOfNumber(number) !== null) return { ok: false, why: 'own_number' };
  const colleague = directory.agentByNumber(tenantId, number);
  if (colleague === null) return null;
  const { agentId, name } = colleague;
  return { ok: true, target: { kind: 'agent', agentId }, party: { number: colleague.number, raw: dialled, name }, emergency: false };
}
