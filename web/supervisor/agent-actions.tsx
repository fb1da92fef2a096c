/** An agent's state as it is, and made another by her supervisor: ready, not ready with a word for her, signed out. */
import { useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { label } from '../shared/labels.ts';
import { Failure } from './failure.tsx';
import { type AgentRow, type AgentWish, setAgentState, useAgent } from './floor.ts';

const LONGEST_NOTE = 200;

export function AgentActions({ token, agentId, moved }: { token: string; agentId: string; moved: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState('');
  const [failed, setFailed] = useState<Error | null>(null);
  const asked = useAgent(token, agentId, moved);
  const agent = asked.data;
  const state = agent?.live?.state ?? 'signed_out';
  const want = async (wish: AgentWish) => {
    setBusy(true);
    setFailed(null);
    try {
      const { takesEffect } = await setAgentState(token, agentId, wish);
      setDone(t(takesEffect === 'now' ? 'agentActions.now' : 'agentActions.afterCall'));
      setNote('');
      await queries.invalidateQueries({ queryKey: ['agent', token] });
      await queries.invalidateQueries({ queryKey: ['explanation', token] });
    } catch (error) {
      setFailed(error as Error);
    }
    setBusy(false);
  };
  const words = note.trim();
  return (
    <section className="agent-actions" aria-label={t('agentActions.title')}>
      {asked.error !== null && <Failure error={asked.error} />}
      {agent !== undefined && <AgentStanding agent={agent} />}
      {state !== 'signed_out' && (
        <>
          <label htmlFor="agent-note">{t('agentActions.note')}</label>
          <Input id="agent-note" maxLength={LONGEST_NOTE} value={note} onChange={(event) => setNote(event.target.value)} />
          <div className="agent-buttons">
            <Button disabled={busy || state === 'ready'} onClick={() => void want({ state: 'ready' })}>
              {t('agentActions.ready')}
            </Button>
            <Button disabled={busy} onClick={() => void want({ state: 'not_ready', ...(words === '' ? {} : { note: words }) })}>
              {t('agentActions.hold')}
            </Button>
            <Button danger disabled={busy} onClick={() => void want({ state: 'signed_out' })}>
              {t('agentActions.signOut')}
            </Button>
          </div>
        </>
      )}
      <p className="quiet small" role="status">
        {done}
      </p>
      {failed !== null && <Failure error={failed} />}
    </section>
  );
}

function AgentStanding({ agent: { live } }: { agent: AgentRow }) {
  const { t } = useTranslation();
  if (live === null) return null;
  const { heldBy, afterwards } = live;
  const name = heldBy?.name ?? t('reason.supervisor');
  return (
    <p>
      <strong className={`live-state is-${live.state}`}>{label(t, 'activity', live.activity)}</strong>
      {live.reasons.length > 0 && ` · ${live.reasons.map((reason) => label(t, 'reason', reason)).join(t('explain.comma'))}`}
      {afterwards !== null && afterwards !== 'ready' && ` · ${t('agentActions.then', { state: label(t, 'state', afterwards) })}`}
      {heldBy !== null && ` · ${heldBy.note === null ? t('status.heldBy', { name }) : t('status.heldByFor', { name, note: heldBy.note })}`}
    </p>
  );
}
