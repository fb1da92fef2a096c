/** Legal hold: while it lies on the recordings of a call, nothing erases them, neither a person nor the end of their time. Each is in the audit trail with its reason. */
import { Button, Input } from 'antd';
import { useState } from 'react';
import { put } from '../../shared/api.ts';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useRefresh } from '../admin.ts';
import { Failure } from '../failure.tsx';
import { useWords } from '../words.ts';

export const CALLS = '/api/v1/calls';
const holdPath = (callId: string): string => `${CALLS}/${encodeURIComponent(callId)}/recordings/hold`;

/** Of one call: set or lifted. `path`: its recordings, read again afterwards. */
export function CallHold({ callId, held, path }: { callId: string; held: boolean; path: string }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const [reason, setReason] = useState('');
  const { busy, failed, submit } = useSubmission(
    () => put(token, holdPath(callId), { hold: !held, reason: reason.trim() }),
    () => {
      tell(w(held ? 'hold.lifted' : 'hold.set'));
      setReason('');
      void refresh(path, CALLS);
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

interface Marked {
  callId: string;
  recording: 'none' | 'complete' | 'partial';
}

/** Of all that are marked and have a recording, one after another: what fails is said, what was held before it stays held. */
export function HoldMarked({ calls, onDone }: { calls: readonly Marked[]; onDone(): void }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const [reason, setReason] = useState('');
  const recorded = calls.filter(({ recording }) => recording !== 'none');
  const { busy, failed, submit } = useSubmission(
    async () => {
      for (const { callId } of recorded) await put(token, holdPath(callId), { hold: true, reason: reason.trim() });
    },
    () => {
      tell(w('hold.setMany', { count: recorded.length }));
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
      <Button size="small" type="primary" loading={busy} disabled={recorded.length === 0 || reason.trim() === ''} onClick={() => void submit()}>
        {w('hold.holdMany', { count: recorded.length })}
      </Button>
      <Failure error={failed} />
    </>
  );
}
