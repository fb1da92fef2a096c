/** A call that an agent makes from her desk: whom she may call, on whose behalf, and the event it becomes. */
import { type AgentId, type CallId, legIdOf, type QueueId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import type { AcdView, AgentView } from '../acd/view.ts';
import type { CallData, Party, PartyTarget } from '../call/event.ts';
import type { Directory } from '../tenants/directory.ts';
import type { Outcome } from './obey.ts';
import type { DeskMessageOf } from './protocol.ts';

/** Whose a number is, and whether it may be called, as the phones have it (`phone/reach.ts`). */
export type Reached =
  | { ok: true; target: PartyTarget; party: Party; emergency: boolean }
  | { ok: false; why: 'bad_number' | 'own_number' | 'no_trunk' }
  | { ok: false; why: 'refused'; rule: string };

export interface Dialling {
  acd: AcdView;
  directory: Pick<Directory, 'agentByNumber'>;
  newCallId(): CallId;
  /** What is said of a new call can be kept; calls for help do not ask. */
  accepting(): boolean;
  reach(caller: { tenantId: TenantId; agentId: AgentId; callId: CallId }, number: string): Reached;
}

/** Calls can be made from her phone now: it is there, and nothing else has her ear. */
export const mayDial = (agent: Pick<AgentView, 'phoneReachable' | 'reasons'>): boolean => agent.phoneReachable && !agent.reasons.includes('own_call');

/** A command of its own that is no call yet: the event that begins it, or why it cannot be. */
export function dial({ data }: DeskMessageOf<'dial'>, agentId: AgentId, house: Dialling): Outcome {
  const agent = house.acd.agent(agentId);
  if (agent === undefined) return { ok: false, code: 'no_desk' };
  if (!agent.phoneReachable) return { ok: false, code: 'phone_away' };
  if (!mayDial(agent)) return { ok: false, code: 'on_call' };
  // One thing rings at her at a time.
  if (house.acd.interactionsOf(agentId).some(({ state }) => state === 'offered')) return { ok: false, code: 'call_offered' };
  const callId = house.newCallId();
  const { tenantId, number, name } = agent;
  const reached = whom(data.target, { tenantId, agentId, callId }, house);
  if (!reached.ok) return reached.why === 'refused' ? { ok: false, code: 'dial_refused', detail: reached.rule } : { ok: false, code: reached.why };
  if (!reached.emergency && !house.accepting()) return { ok: false, code: 'no_new_calls' };
  const { target, party } = reached;
  if (target.kind === 'agent' && target.agentId === agentId) return { ok: false, code: 'unknown_target' };
  const queueId = target.kind === 'agent' || reached.emergency ? null : behalfOf(data.queue, agent);
  if (queueId === undefined) return { ok: false, code: 'not_your_queue' };
  const call = { callId, legId: legIdOf(callId, 0), tenantId, caller: party, callee: { number, raw: number, name }, trunk: '', sipCallId: '' };
  return {
    ok: true,
    events: [{ type: 'callArrived', ...call, outbound: { by: agentId, target, queueId } }, ...withData(callId, data.data, agentId)],
  };
}

function whom(target: DeskMessageOf<'dial'>['data']['target'], caller: Parameters<Dialling['reach']>[0], { directory, reach }: Dialling): Reached | Unknown {
  if (target.kind === 'number') return reach(caller, target.number);
  const colleague = directory.agentByNumber(caller.tenantId, target.number);
  if (colleague === null) return { ok: false, why: 'unknown_target' };
  const { agentId, number, name } = colleague;
  return { ok: true, target: { kind: 'agent', agentId }, party: { number, raw: number, name }, emergency: false };
}
interface Unknown {
  ok: false;
  why: 'unknown_target';
}

/** undefined = a queue that is not hers. */
function behalfOf(wanted: string | null | undefined, { tenantId, queues }: AgentView): QueueId | null | undefined {
  if (wanted === undefined) return queues[0] ?? null;
  return wanted === null ? null : queues.find((queueId) => queueId === queueIdOf(tenantId, wanted));
}

const withData = (callId: CallId, data: CallData | undefined, by: AgentId) =>
  data === undefined || Object.keys(data).length === 0 ? [] : [{ type: 'dataSet' as const, callId, data, by }];
