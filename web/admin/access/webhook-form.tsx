/** One webhook: where it leads, what it is told. */
import { Input } from 'antd';
import { type ReactNode, useState } from 'react';
import { patch, post } from '../../shared/api.ts';
import { PanelForm } from '../../shared/side-panel.tsx';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useRefresh } from '../admin.ts';
import { Failure, faultOf } from '../failure.tsx';
import { Field } from '../field.tsx';
import { Panel } from '../panel.tsx';
import { Checks } from '../people/checks.tsx';
import { useWords } from '../words.ts';

export const WEBHOOKS = '/api/v1/webhooks';
const events = ['call.ended', 'call.changed', 'callback.placed', 'callback.ended', 'agent.state'] as const;
const wordOf = {
  'call.ended': 'callEnded',
  'call.changed': 'callChanged',
  'callback.placed': 'callbackPlaced',
  'callback.ended': 'callbackEnded',
  'agent.state': 'agentState',
} as const satisfies Record<(typeof events)[number], string>;

export interface Webhook {
  webhookId: string;
  name: string;
  url: string;
  events: string[];
  personal: boolean;
  enabled: boolean;
  oldSecretUntil: string | null;
}

interface Props {
  /** null = a new one. */
  hook: Webhook | null;
  onMade(secret: string): void;
  onClose(): void;
  /** Below the form. */
  children?: ReactNode;
}

export function WebhookForm({ hook, onMade, onClose, children }: Props) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const [name, setName] = useState(hook?.name ?? '');
  const [url, setUrl] = useState(hook?.url ?? 'https://');
  const [chosen, setChosen] = useState<string[]>(hook?.events ?? ['call.ended']);
  const [personal, setPersonal] = useState(hook?.personal ?? false);
  const [enabled, setEnabled] = useState(hook?.enabled ?? true);
  const send = async (): Promise<void> => {
    const wish = { name, url: url.trim(), events: chosen, personal, enabled };
    if (hook === null) onMade((await post<{ secret: string }>(token, WEBHOOKS, wish)).secret);
    else await patch(token, `${WEBHOOKS}/${hook.webhookId}`, wish);
  };
  const { busy, failed, submit } = useSubmission(send, () => {
    void refresh(WEBHOOKS);
    tell(w('webhook.saved', { name }));
    onClose();
  });
  const title = hook === null ? w('webhook.add') : hook.name;
  return (
    <Panel title={title} onClose={onClose}>
      <PanelForm
        busy={busy}
        submit={hook === null ? w('webhook.add') : w('form.save')}
        disabled={name.trim() === '' || chosen.length === 0}
        onSubmit={() => void submit()}
      >
        <Failure error={failed} />
        <Field label={w('webhook.name')} fault={faultOf(failed, 'name')}>
          {(control) => <Input {...control} autoFocus maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label={w('webhook.url')} hint={w('webhook.urlHint')} fault={faultOf(failed, 'url')}>
          {(control) => <Input {...control} type="url" maxLength={2000} value={url} onChange={(event) => setUrl(event.target.value)} />}
        </Field>
        <Checks
          legend={w('webhook.events')}
          options={events.map((value) => ({ value, text: w(`webhookEvent.${wordOf[value]}`) }))}
          chosen={chosen}
          onChange={setChosen}
        />
        <Choice title={w('webhook.personal')} hint={w('webhook.personalHint')} checked={personal} onChange={setPersonal} />
        <Choice title={w('webhook.enabled')} hint={w('webhook.enabledHint')} checked={enabled} onChange={setEnabled} />
      </PanelForm>
      {children}
    </Panel>
  );
}

function Choice({ title, hint, checked, onChange }: { title: string; hint: string; checked: boolean; onChange(checked: boolean): void }) {
  return (
    <label className="choice">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <span>
        <strong>{title}</strong>
        <span className="quiet">{hint}</span>
      </span>
    </label>
  );
}
