/** Who paused a recording and when, and what ended it, in the audit trail: told after the fact, so that no call waits for it. */
import type { Logger } from '../../kernel/log.ts';
import type { CallsView } from '../call/call.ts';
import { writeAudit } from '../store/audit.ts';
import type { Store } from '../store/store.ts';
import type { Event } from '../vocabulary.ts';

export function auditPause({ store, calls, log }: { store: Store; calls: CallsView; log: Logger }, event: Event, at: number): void {
  if (event.type !== 'recordingPaused' && event.type !== 'recordingResumed') return;
  const { callId, recordingId, holder, by } = event;
  const tenantId = calls.get(callId)?.tenantId;
  if (tenantId === undefined) return;
  const action = event.type === 'recordingPaused' ? 'recording.pause' : 'recording.resume';
  const told = event.type === 'recordingPaused' ? { until: new Date(event.until).toISOString() } : { why: event.why };
  const userId = by.kind === 'user' ? by.userId : null;
  writeAudit(store.db, { at, tenantId, userId, source: null, action, resource: `call/${callId}`, after: { recordingId, holder, by, ...told } }).catch(
    (error: unknown) => log.error({ err: error, callId, action }, 'a pause of a recording is not in the audit trail; the journal has it'),
  );
}
