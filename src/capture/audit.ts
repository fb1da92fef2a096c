/** Who had a customer key in what, and to whom it was handed, in the audit trail: told after the fact, so that no call waits for it. */
import type { Logger } from '../../kernel/log.ts';
import type { CallsView } from '../call/call.ts';
import { writeAudit } from '../store/audit.ts';
import type { Store } from '../store/store.ts';
import type { Event } from '../vocabulary.ts';

export function auditCapture({ store, calls, log }: { store: Store; calls: CallsView; log: Logger }, event: Event, at: number): void {
  const told = rowOf(event);
  if (told === null || !('callId' in event) || event.callId === null) return;
  const { callId } = event;
  const tenantId = calls.get(callId)?.tenantId;
  if (tenantId === undefined) return;
  const { action, after } = told;
  writeAudit(store.db, { at, tenantId, userId: null, source: null, action, resource: `call/${callId}`, after }).catch((error: unknown) =>
    log.error({ err: error, callId, action }, 'a masked capture is not in the audit trail; the journal has it'),
  );
}

const FLOW = { kind: 'flow' } as const;

function rowOf(event: Event): { action: string; after: object } | null {
  switch (event.type) {
    case 'deskCaptureAsked':
      return { action: 'capture.begin', after: { by: { kind: 'agent', agentId: event.agentId }, form: event.form, field: event.field } };
    case 'captureChanged': {
      if (event.state === 'keying') return null;
      const { by, form, field, state, count, legId } = event;
      return { action: 'capture.end', after: { by: { kind: 'agent', agentId: by }, form, field, state, count, legId } };
    }
    case 'secretCollected': {
      const { name: field, count, valid, end, legId } = event;
      return { action: 'capture.end', after: { by: FLOW, field, state: valid ? 'kept' : 'invalid', end, count, legId } };
    }
    case 'secretsDelivered': {
      const { by, form, names, ok } = event;
      return { action: 'capture.deliver', after: { by: by === null ? FLOW : { kind: 'agent', agentId: by }, form, fields: names, ok } };
    }
    default:
      return null;
  }
}
