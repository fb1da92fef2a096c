/** Trunks: where calls come in from and go out to, and how each of them is now. */
import { Alert, Button, Input, Popconfirm } from 'antd';
import { useMemo, useState } from 'react';
import { Problem, patch, post, remove } from '../../shared/api.ts';
import { shownTime } from '../../shared/labels.ts';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useAll, useOne, useRefresh } from '../admin.ts';
import { CodeEditor } from '../editor/code-editor.tsx';
import type { Schema } from '../editor/schema.ts';
import { Failure, faultOf } from '../failure.tsx';
import { Field } from '../field.tsx';
import { List, type ShownColumn } from '../list/list.tsx';
import { Panel } from '../panel.tsx';
import { placeOf, type ReadRules, readRules, type TextFault, writeRules } from '../queues/rules-text.ts';
import { useWords, type Words } from '../words.ts';
import '../records/records.css';

const TRUNKS = '/api/v1/trunks';
/** Health of a trunk changes by itself. */
const LOOK_EACH_MS = 5_000;

interface Address {
  uri: string;
  inRotation: boolean;
  outSince: string | null;
  outBecause: 'pings' | 'calls' | null;
  registration: 'trying' | 'registered' | 'refused' | null;
  registeredUntil: string | null;
}
interface Trunk extends Record<string, unknown> {
  trunkId: string;
  name: string;
  enabled: boolean;
  order: number;
  maxCalls: number | null;
  hasPassword: boolean;
  calls: number;
  live: { calls: number; carried: number; failed: number; addresses: Address[] } | null;
}

type TrunkState = 'off' | 'good' | 'part' | 'down' | 'unregistered';

function stateOf({ live }: Trunk): TrunkState {
  if (live === null) return 'off';
  if (live.addresses.some(({ registration }) => registration === 'refused' || registration === 'trying')) return 'unregistered';
  const good = live.addresses.filter(({ inRotation }) => inRotation).length;
  if (good === live.addresses.length) return 'good';
  return good === 0 ? 'down' : 'part';
}
const tagOf: Record<TrunkState, string> = { off: 'tag', good: 'tag is-good', part: 'tag is-warning', down: 'tag is-faulty', unregistered: 'tag is-faulty' };

export default function TrunksPage() {
  const w = useWords();
  const trunks = useAll<Trunk>(TRUNKS);
  const [open, setOpen] = useState<Trunk | 'new' | null>(null);
  const name = (trunk: Trunk): string => w(`trunkState.${stateOf(trunk)}`);
  const columns: ShownColumn<Trunk>[] = [
    { key: 'name', title: w('trunk.name'), value: (trunk) => trunk.name },
    {
      key: 'state',
      title: w('trunk.state'),
      value: name,
      options: (trunk) => [name(trunk)],
      show: (trunk) => <span className={tagOf[stateOf(trunk)]}>{name(trunk)}</span>,
    },
    { key: 'calls', title: w('trunk.calls'), value: ({ calls }) => calls, isFigure: true },
    { key: 'most', title: w('trunk.maxCalls'), value: ({ maxCalls }) => maxCalls ?? '', isFigure: true },
    { key: 'carried', title: w('trunk.carried'), value: ({ live }) => live?.carried ?? 0, isFigure: true },
    { key: 'failed', title: w('trunk.failed'), value: ({ live }) => live?.failed ?? 0, isFigure: true },
    { key: 'addresses', title: w('trunk.addresses'), value: ({ live }) => (live?.addresses ?? []).map(({ uri }) => uri).join(', ') },
    { key: 'order', title: w('trunk.order'), value: ({ order }) => order, isFigure: true },
  ];
  const add = (
    <Button type="primary" onClick={() => setOpen('new')}>
      {w('trunk.add')}
    </Button>
  );
  return (
    <>
      <Failure error={trunks.error} />
      <List
        title={w('page.trunks')}
        fileName="trunks"
        rows={trunks.data}
        columns={columns}
        idOf={({ trunkId }) => trunkId}
        onOpen={(trunk) => setOpen(trunk)}
        tools={add}
        empty={{ title: w('empty.trunks'), text: w('emptyText.trunks') }}
      />
      {open !== null && <TrunkForm trunk={open === 'new' ? null : open} onClose={() => setOpen(null)} />}
    </>
  );
}

const SHOWN_ALONE = ['trunkId', 'name', 'hasPassword', 'calls', 'live', 'shared'];
const settingsOf = (trunk: Trunk): Record<string, unknown> => Object.fromEntries(Object.entries(trunk).filter(([key]) => !SHOWN_ALONE.includes(key)));
const NEW = 'addresses:\n  - uri: sip:192.0.2.1\ninbound:\n  - 192.0.2.1\n';

interface OpenApi {
  paths: Record<string, { patch?: { requestBody?: { content?: Record<string, { schema?: Schema }> } } }>;
}

function TrunkForm({ trunk, onClose }: { trunk: Trunk | null; onClose(): void }) {
  const w = useWords();
  const { token, isReader, tell } = useAdmin();
  const refresh = useRefresh();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [text, setText] = useState(() => (trunk === null ? NEW : writeRules(settingsOf(trunk))));
  const read = useMemo(() => readRules(text), [text]);
  const live = useOne<Trunk>(trunk === null ? TRUNKS : `${TRUNKS}/${trunk.trunkId}`, LOOK_EACH_MS);
  const secret = password === '' ? {} : { password };
  const done = (sentence: string) => () => {
    void refresh(TRUNKS);
    tell(sentence);
    onClose();
  };
  const { busy, failed, submit } = useSubmission(
    () =>
      trunk === null
        ? post(token, TRUNKS, { name: name.trim(), ...read.rules, ...secret })
        : patch(token, `${TRUNKS}/${trunk.trunkId}`, { ...read.rules, ...secret }),
    done(w('trunk.saved', { name: trunk?.name ?? name })),
  );
  const taking = useSubmission(
    () => (trunk === null ? Promise.resolve() : remove(token, `${TRUNKS}/${trunk.trunkId}`)),
    done(w('trunk.removed', { name: trunk?.name ?? '' })),
  );
  const faults = read.rules === null ? read.faults : faultsIn(failed, text);
  return (
    <Panel title={trunk === null ? w('trunk.add') : trunk.name} wide onClose={onClose}>
      <form
        className="panel-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && read.rules !== null) void submit();
        }}
      >
        <Failure error={failed ?? taking.failed} />
        {trunk !== null && <Health trunk={live.data?.trunkId === undefined ? trunk : live.data} />}
        {trunk === null && (
          <Field label={w('trunk.name')} hint={w('queue.idHint')} fault={faultOf(failed, 'name')}>
            {(control) => <Input {...control} autoFocus value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
        )}
        <SettingsText text={text} read={read} faults={faults} onWrite={setText} />
        {!isReader && (
          <Field
            label={w('trunk.password')}
            hint={trunk?.hasPassword === true ? w('trunk.hasPassword') : w('trunk.noPassword')}
            fault={faultOf(failed, 'password')}
          >
            {(control) => <Input.Password {...control} autoComplete="new-password" value={password} onChange={(event) => setPassword(event.target.value)} />}
          </Field>
        )}
        <div className="panel-foot">
          <Button type="primary" htmlType="submit" loading={busy} disabled={read.rules === null}>
            {w('form.save')}
          </Button>
          {trunk !== null && (
            <Popconfirm title={w('trunk.removeAsk')} okText={w('trunk.remove')} onConfirm={() => void taking.submit()}>
              <Button danger>{w('trunk.remove')}</Button>
            </Popconfirm>
          )}
        </div>
      </form>
    </Panel>
  );
}

function SettingsText({ text, read, faults, onWrite }: { text: string; read: ReadRules; faults: readonly TextFault[]; onWrite(text: string): void }) {
  const w = useWords();
  const document = useOne<OpenApi>('/api/openapi.json');
  const schema = document.data?.paths['/api/v1/trunks/{trunkId}']?.patch?.requestBody?.content?.['application/json']?.schema ?? null;
  return (
    <section className="form-part" aria-label={w('trunk.settings')}>
      <h3>{w('trunk.settings')}</h3>
      <p className="field-hint quiet">{w('trunk.settingsHint')}</p>
      <div className="rules-editor is-tall">
        <CodeEditor label={w('trunk.settings')} value={text} onChange={onWrite} schema={schema} faults={faults} />
      </div>
      {read.rules === null && (
        <p className="field-fault">{w('queue.rulesFaulty', { line: read.faults[0]?.line ?? 1, message: read.faults[0]?.message ?? '' })}</p>
      )}
    </section>
  );
}

function faultsIn(failed: Error | null, text: string) {
  return failed instanceof Problem ? failed.errors.map(({ at, message }) => ({ ...placeOf(text, at.replace(/^body\.?/, '')), message })) : [];
}

function Health({ trunk }: { trunk: Trunk }) {
  const w = useWords();
  const { live } = trunk;
  if (live === null) return <Alert type="info" showIcon title={w('trunk.isOff')} />;
  return (
    <section className="form-part" aria-label={w('trunk.health')}>
      <h3>{w('trunk.health')}</h3>
      <p className="figures">{w('trunk.figures', { calls: live.calls, carried: live.carried, failed: live.failed })}</p>
      <ul className="health-list">
        {live.addresses.map((address) => (
          <li key={address.uri}>
            <span className={address.inRotation ? 'dot is-on' : 'dot is-bad'}>
              <code>{address.uri}</code>
            </span>{' '}
            {sentence(w, address)}
          </li>
        ))}
      </ul>
    </section>
  );
}

function sentence(w: Words, { inRotation, outSince, outBecause, registration, registeredUntil }: Address): string {
  const rotation = inRotation ? w('trunk.inRotation') : w(`trunkOut.${outBecause ?? 'pings'}`, { time: outSince === null ? '' : shownTime(outSince) });
  if (registration === null) return rotation;
  const until = registeredUntil === null ? '' : shownTime(registeredUntil);
  return `${rotation} · ${w(`trunkRegistration.${registration}`, { until })}`;
}
