/** An agent who goes: disabled and back, or removed; never while she is at work. */
import { Alert, Button, Popconfirm } from 'antd';
import { useTranslation } from 'react-i18next';
import { patch, post, remove } from '../../shared/api.ts';
import { label } from '../../shared/labels.ts';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useOne, useRefresh } from '../admin.ts';
import { Failure } from '../failure.tsx';
import { useWords } from '../words.ts';
import { AGENTS, type Agent, USERS } from './people.ts';

/** She may sign out meanwhile. */
const LOOK_EACH_MS = 3_000;

export function AgentAway({ agent, onClose }: { agent: Agent; onClose(): void }) {
  const w = useWords();
  const { t } = useTranslation();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const path = `${AGENTS}/${agent.agentId}`;
  const { name, number, disabled } = agent;
  const now = useOne<Agent>(path, LOOK_EACH_MS).data ?? agent;
  const state = now.live?.state ?? 'signed_out';
  const isAtWork = !now.disabled && state !== 'signed_out';
  const done = (sentence: string) => () => {
    void refresh(AGENTS, USERS);
    tell(sentence);
    onClose();
  };
  const toggle = useSubmission(() => patch(token, path, { disabled: !disabled }), done(w(disabled ? 'agent.enabledNow' : 'agent.disabledNow', { name })));
  const taking = useSubmission(() => remove(token, path), done(w('agent.removed', { name })));
  const out = useSubmission(
    () => post(token, `${path}/state`, { state: 'signed_out' }),
    () => {
      tell(w('agent.signingOut'));
      void refresh(path);
    },
  );
  return (
    <section className="panel-part" aria-label={w('agent.disableTitle')}>
      <h3>{w('agent.disableTitle')}</h3>
      <Failure error={toggle.failed ?? taking.failed ?? out.failed} />
      {isAtWork && (
        <Alert
          type="info"
          showIcon
          title={w('agent.signedIn', { state: label(t, 'state', state) })}
          action={
            <Button size="small" loading={out.busy} onClick={() => void out.submit()}>
              {w('agent.signOut')}
            </Button>
          }
        />
      )}
      <p className="field-hint quiet">{w('agent.disableHint')}</p>
      <p className="field-hint quiet">{w('agent.removeHint')}</p>
      <div className="panel-buttons">
        <Button loading={toggle.busy} disabled={isAtWork} onClick={() => void toggle.submit()}>
          {w(disabled ? 'agent.enable' : 'agent.disable')}
        </Button>
        <Popconfirm title={w('agent.removeAsk', { number, name })} okText={w('agent.remove')} onConfirm={() => void taking.submit()}>
          <Button danger disabled={isAtWork} loading={taking.busy}>
            {w('agent.remove')}
          </Button>
        </Popconfirm>
      </div>
    </section>
  );
}
