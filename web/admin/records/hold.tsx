/** Legal hold: while it lies on a call, nothing erases its record nor a recording of it, neither a person nor the end of their time. Each is in the audit trail with its reason. */
import { Button, Input } from 'antd';
import { useState } from 'react';
import { put } from '../../shared/api.ts';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useRefresh } from '../admin.ts';
import { Failure } from '../failure.tsx';
import { useWords } from '../words.ts';

export const CALLS = '/api/v1/calls';
const holdPath = (callId: string): string => `${CALLS}/${encodeURIComponent(callId)}/hold`;

/** Of one call: set or lifted. `paths`: read again afterwards. */
export function CallHold({ callId, held, paths }: { callId: string; held: boolean; paths: readonly string[] }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const [reason, setReason] = useState('');
  const { busy, failed, submit } = useSubmission(
    () => put(token, holdPath(callId), { hold: !held, reason: reason.trim() }),
    () => {
      tell(w(held ? 'hold.lifted' : 'hold.set'));
      setReason('');
      void refresh(...paths, CALLS);
    },
  );
  return (
    <div className="hold">
      <p>{w(held ? 'hold.isHeld' : 'hold.isFree')}</p>
      <Failure error={failed} />
      <div className="password-line">
        <Input
          aria-label={w('hold.reason')}
          placeholder={w('hold.reason')}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <Button loading={busy} disabled={reason.trim() === ''} onClick={() => void submit()}>
          {w(held ? 'hold.lift' : 'hold.hold')}
        </Button>
      </div>
    </div>
  );
}

/** Of all that are marked, one after another: what fails is said, what was held before it stays held. */
export function HoldMarked({ calls, onDone }: { calls: readonly { callId: string }[]; onDone(): void }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const [reason, setReason] = useState('');
  const { busy, failed, submit } = useSubmission(
    async () => {
      for (const { callId } of calls) await put(token, holdPath(callId), { hold: true, reason: reason.trim() });
    },
    () => {
      tell(w('hold.setMany', { count: calls.length }));
      void refresh(CALLS);
      onDone();
    },
  );
  return (
    <>
      <Input
        size="small"
        className="hold-reason"
        aria-label={w('hold.reason')}
        placeholder={w('hold.reason')}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      <Button size="small" type="primary" loading={busy} disabled={reason.trim() === ''} onClick={() => void submit()}>
        {w('hold.holdMany', { count: calls.length })}
      </Button>
      <Failure error={failed} />
    </>
  );
}
