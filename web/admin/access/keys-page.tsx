/** API keys: which programs come in, what each may, when it was here last. */
import { Button, Input, Popconfirm } from 'antd';
import { useState } from 'react';
import { post, remove } from '../../shared/api.ts';
import { browserClock } from '../../shared/clock.ts';
import { ownName, shownTime } from '../../shared/labels.ts';
import { PanelForm } from '../../shared/side-panel.tsx';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useOne, useRefresh } from '../admin.ts';
import { Failure, faultOf } from '../failure.tsx';
import { Field } from '../field.tsx';
import { List, type ShownColumn } from '../list/list.tsx';
import { Panel } from '../panel.tsx';
import { Checks } from '../people/checks.tsx';
import { useWords } from '../words.ts';
import { SecretOnce } from './secret-once.tsx';
import '../records/records.css';

const KEYS = '/api/v1/api-keys';
const DAY_MS = 86_400_000;
const USUAL_DAYS = 365;

interface Key {
  keyId: string;
  name: string;
  prefix: string;
  scopes: string[];
  requestsPerMinute: number;
  createdAt: string;
  createdBy: string;
  expiresAt: string;
  revokedAt: string | null;
  lastUsedAt: string | null;
  lastUsedFrom: string | null;
}
type KeyState = 'works' | 'expired' | 'revoked';
const stateOf = ({ revokedAt, expiresAt }: Key): KeyState =>
  revokedAt !== null ? 'revoked' : Date.parse(expiresAt) <= browserClock.now() ? 'expired' : 'works';
const tagOf: Record<KeyState, string> = { works: 'tag is-good', expired: 'tag is-warning', revoked: 'tag' };

export default function KeysPage() {
  const w = useWords();
  const keys = useOne<{ items: Key[]; scopes: string[] }>(KEYS);
  const [open, setOpen] = useState<Key | 'new' | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const columns: ShownColumn<Key>[] = [
    { key: 'name', title: w('key.name'), value: ({ name }) => name },
    { key: 'prefix', title: w('key.prefix'), value: ({ prefix }) => `hwk_${prefix}…`, show: ({ prefix }) => <code>hwk_{prefix}…</code> },
    { key: 'scopes', title: w('key.scopes'), value: ({ scopes }) => scopes.join(', ') },
    {
      ...{ key: 'state', title: w('key.state'), value: (key: Key) => w(`keyState.${stateOf(key)}`), options: (key: Key) => [w(`keyState.${stateOf(key)}`)] },
      show: (key: Key) => <span className={tagOf[stateOf(key)]}>{w(`keyState.${stateOf(key)}`)}</span>,
    },
    {
      key: 'expires',
      title: w('key.expires'),
      value: ({ expiresAt }) => expiresAt,
      show: ({ expiresAt }) => <span className="figures">{shownTime(expiresAt)}</span>,
    },
    {
      ...{ key: 'used', title: w('key.used'), value: ({ lastUsedAt }: Key) => lastUsedAt ?? '' },
      show: ({ lastUsedAt }: Key) => <span className="figures">{lastUsedAt === null ? w('key.never') : shownTime(lastUsedAt)}</span>,
    },
  ];
  const add = (
    <Button type="primary" onClick={() => setOpen('new')}>
      {w('key.add')}
    </Button>
  );
  return (
    <>
      <Failure error={keys.error} />
      <List
        title={w('page.keys')}
        fileName="api-keys"
        rows={keys.data?.items}
        columns={columns}
        idOf={({ keyId }) => keyId}
        onOpen={(key) => setOpen(key)}
        tools={add}
        empty={{ title: w('empty.keys'), text: w('emptyText.keys'), action: add }}
      />
      {open === 'new' && <KeyForm scopes={keys.data?.scopes ?? []} onMade={setMade} onClose={() => setOpen(null)} />}
      {open !== null && open !== 'new' && <KeyPanel apiKey={open} onClose={() => setOpen(null)} />}
      {made !== null && <SecretOnce title={w('key.made')} hint={w('key.madeHint')} secret={made} onClose={() => setMade(null)} />}
    </>
  );
}

const dateIn = (days: number): string => new Date(browserClock.now() + days * DAY_MS).toISOString().slice(0, 10);

function KeyForm({ scopes, onMade, onClose }: { scopes: readonly string[]; onMade(token: string): void; onClose(): void }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<string[]>([]);
  const [until, setUntil] = useState(() => dateIn(USUAL_DAYS));
  const [perMinute, setPerMinute] = useState('300');
  const send = async (): Promise<void> => {
    const wish = { name, scopes: chosen, expiresAt: new Date(`${until}T00:00`).toISOString(), requestsPerMinute: Number(perMinute) };
    onMade((await post<{ token: string }>(token, KEYS, wish)).token);
  };
  const { busy, failed, submit } = useSubmission(send, () => {
    void refresh(KEYS);
    tell(w('key.added', { name }));
    onClose();
  });
  return (
    <Panel title={w('key.add')} onClose={onClose}>
      <PanelForm busy={busy} submit={w('key.add')} disabled={name.trim() === '' || chosen.length === 0 || until === ''} onSubmit={() => void submit()}>
        <Failure error={failed} />
        <Field label={w('key.name')} hint={w('key.nameHint')} fault={faultOf(failed, 'name')}>
          {(control) => <Input {...control} autoFocus maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label={w('key.expires')} hint={w('key.expiresHint')} fault={faultOf(failed, 'expiresAt')}>
          {(control) => (
            <Input {...control} type="date" min={dateIn(1)} max={dateIn(2 * USUAL_DAYS)} value={until} onChange={(event) => setUntil(event.target.value)} />
          )}
        </Field>
        <Field label={w('key.perMinute')} fault={faultOf(failed, 'requestsPerMinute')}>
          {(control) => <Input {...control} type="number" min={1} max={1200} value={perMinute} onChange={(event) => setPerMinute(event.target.value)} />}
        </Field>
        <Checks
          legend={w('key.scopes')}
          hint={w('key.scopesHint')}
          options={scopes.map((scope) => ({ value: scope, text: scope }))}
          chosen={chosen}
          onChange={setChosen}
        />
      </PanelForm>
    </Panel>
  );
}

function KeyPanel({ apiKey, onClose }: { apiKey: Key; onClose(): void }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const { keyId, name, prefix, scopes, lastUsedAt, lastUsedFrom } = apiKey;
  const revoke = useSubmission(
    () => remove(token, `${KEYS}/${keyId}`),
    () => {
      void refresh(KEYS);
      tell(w('key.revoked', { name }));
      onClose();
    },
  );
  const facts: [string, string][] = [
    [w('key.prefix'), `hwk_${prefix}…`],
    [w('key.madeBy'), `${ownName(apiKey.createdBy)} · ${shownTime(apiKey.createdAt)}`],
    [w('key.expires'), shownTime(apiKey.expiresAt)],
    [w('key.used'), lastUsedAt === null ? w('key.never') : `${shownTime(lastUsedAt)} · ${lastUsedFrom ?? ''}`],
    [w('key.perMinute'), String(apiKey.requestsPerMinute)],
    [w('key.scopes'), scopes.join(', ')],
  ];
  return (
    <Panel title={name} onClose={onClose}>
      <Failure error={revoke.failed} />
      <dl className="facts">
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {stateOf(apiKey) === 'works' && (
        <Popconfirm title={w('key.revokeAsk')} okText={w('key.revoke')} onConfirm={() => void revoke.submit()}>
          <Button danger loading={revoke.busy}>
            {w('key.revoke')}
          </Button>
        </Popconfirm>
      )}
    </Panel>
  );
}
