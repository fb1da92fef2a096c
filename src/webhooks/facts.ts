/** What is told to webhooks, from what the journal and the records say: each fact once, under a key of its own. */
import { asId, type TenantId } from '../../kernel/ids.ts';
import { maskNumber } from '../../kernel/mask.ts';
import type { CallRecord } from '../cdr/record.ts';
import type { Recorded } from '../vocabulary.ts';

export const webhookEvents = ['call.ended', 'call.changed', 'callback.placed', 'callback.ended', 'agent.state'] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

export interface WebhookFact {
  tenantId: TenantId;
  /** The same fact has the same, however often it is read. */
  key: string;
  type: WebhookEvent;
  /** ms since 1970 */
  at: number;
  data: Record<string, unknown>;
  /** `data` for who is not told whose number it is, nor what was attached. */
  masked: Record<string, unknown>;
}

/** Ids of agents and queues begin with their tenant. */
const tenantOf = (id: string): TenantId => asId<TenantId>(id.slice(0, Math.max(0, id.indexOf(':'))));

/** Of an event of the journal; null: it concerns nobody outside. */
export function factOf({ seq, at, event }: Recorded): WebhookFact | null {
  switch (event.type) {
    case 'agentStateChanged': {
      const { agentId, state, reasons, callId, activity } = event;
      const data = { agentId, state, reasons, activity: activity ?? null, callId };
      return { tenantId: tenantOf(agentId), key: `agent.state:${agentId}:${at}:${seq}`, type: 'agent.state', at, data, masked: data };
    }
    case 'callbackPlaced': {
      const { callbackId, callId, queueId, number } = event;
      const data = { callbackId, callId, queueId, number };
      return {
        tenantId: tenantOf(queueId),
        key: `callback.placed:${callbackId}`,
        type: 'callback.placed',
        at,
        data,
        masked: { ...data, number: maskNumber(number) },
      };
    }
    case 'callbackEnded': {
      const { callbackId, callId, of, queueId, end } = event;
      const data = { callbackId, callId, of, queueId, end };
      return { tenantId: tenantOf(queueId), key: `callback.ended:${callbackId}`, type: 'callback.ended', at, data, masked: data };
    }
    default:
      return null;
  }
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** Of a record as it is written: that the call has ended, once; and what was written of it later, for example when wrap-up ends. */
export function factsOfRecord(record: CallRecord): WebhookFact[] {
  const { tenantId, callId, revision, caller, callee, ending, queues, agents } = record;
  const shared = {
    ...{ callId, revision, callee: callee.number, cause: ending.cause, endedBy: ending.by },
    ...{ arrivedAt: iso(record.arrivedAt), answeredAt: iso(record.answeredAt), agentAnsweredAt: iso(record.agentAnsweredAt), endedAt: iso(record.endedAt) },
    ...{ queueId: queues.at(-1)?.queueId ?? null, agentIds: [...new Set(agents.map(({ agentId }) => agentId))] },
    ...{ queueWaitMs: record.queueWaitMs, ringMs: record.ringMs, talkMs: record.talkMs, holdMs: record.holdMs, wrapUpMs: record.wrapUpMs },
    ...{ disposition: record.disposition, recording: record.recording, recordings: record.recordings.map(({ recordingId }) => recordingId) },
  };
  const data = { ...shared, caller: caller.number, customerId: record.customerId, tier: record.tier, data: record.data, notes: record.notes };
  const fact = { tenantId, at: record.endedAt, data, masked: { ...shared, caller: maskNumber(caller.number) } };
  const ended: WebhookFact = { ...fact, key: `call.ended:${callId}`, type: 'call.ended' };
  return revision === 1 ? [ended] : [ended, { ...fact, key: `call.changed:${callId}:${revision}`, type: 'call.changed' }];
}

/** As it is sent. */
export const bodyOf = ({ key, type, tenantId, at }: WebhookFact, data: Record<string, unknown>): Record<string, unknown> => ({
  id: key,
  type,
  tenant: tenantId,
  at: iso(at),
  data,
});
