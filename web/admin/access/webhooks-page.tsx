/** Webhooks: which addresses are told what, and what became of each telling. */
import { Alert, Button, Popconfirm } from 'antd';
import { useState } from 'react';
import { post, remove } from '../../shared/api.ts';
import { shownTime } from '../../shared/labels.ts';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useOne, useRefresh } from '../admin.ts';
import { Failure } from '../failure.tsx';
import { List, type ShownColumn } from '../list/list.tsx';
import { Panel } from '../panel.tsx';
import { useWords } from '../words.ts';
import { SecretOnce } from './secret-once.tsx';
import { WEBHOOKS, type Webhook, WebhookForm } from './webhook-form.tsx';
import '../records/records.css';

const LOOK_EACH_MS = 5_000;
const KEEP_OLD_HOURS = 24;

interface Delivery {
  deliveryId: number;
  id: string;
  type: string;
  state: 'waiting' | 'delivered' | 'dead';
  attempts: number;
  createdAt: string;
  nextAt: string | null;
  endedAt: string | null;
  status: number | null;
  error: string | null;
  body: unknown;
}

export default function WebhooksPage() {
  const w = useWords();
  const { isReader } = useAdmin();
  const hooks = useOne<{ items: Webhook[] }>(WEBHOOKS);
  const [open, setOpen] = useState<Webhook | 'new' | null>(null);
  const [log, setLog] = useState<Webhook | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const columns: ShownColumn<Webhook>[] = [
    { key: 'name', title: w('webhook.name'), value: ({ name }) => name },
    { key: 'url', title: w('webhook.url'), value: ({ url }) => url },
    { key: 'events', title: w('webhook.events'), value: ({ events }) => events.join(', ') },
    {
      ...{ key: 'state', title: w('webhook.state'), value: ({ enabled }: Webhook) => w(enabled ? 'webhook.on' : 'webhook.off') },
      show: ({ enabled }: Webhook) => <span className={enabled ? 'tag is-good' : 'tag'}>{w(enabled ? 'webhook.on' : 'webhook.off')}</span>,
    },
    {
      ...{ key: 'log', title: w('webhook.log'), value: () => '' },
      show: (hook: Webhook) => (
        <Button size="small" onClick={() => setLog(hook)} aria-label={w('webhook.logOf', { name: hook.name })}>
          {w('webhook.log')}
        </Button>
      ),
    },
  ];
  const add = (
    <Button type="primary" onClick={() => setOpen('new')}>
      {w('webhook.add')}
    </Button>
  );
  return (
    <>
      <Failure error={hooks.error} />
      <List
        title={w('page.webhooks')}
        fileName="webhooks"
        rows={hooks.data?.items}
        columns={columns}
        idOf={({ webhookId }) => webhookId}
        onOpen={(hook) => setOpen(hook)}
        tools={add}
        empty={{ title: w('empty.webhooks'), text: w('emptyText.webhooks'), action: add }}
      />
      {open !== null && (
        <WebhookForm hook={open === 'new' ? null : open} onMade={setMade} onClose={() => setOpen(null)}>
          {open !== 'new' && !isReader && <Care hook={open} onMade={setMade} onClose={() => setOpen(null)} />}
        </WebhookForm>
      )}
      {log !== null && <Log hook={log} onClose={() => setLog(null)} />}
      {made !== null && <SecretOnce title={w('webhook.secret')} hint={w('webhook.secretHint')} secret={made} onClose={() => setMade(null)} />}
    </>
  );
}

function Care({ hook, onMade, onClose }: { hook: Webhook; onMade(secret: string): void; onClose(): void }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const path = `${WEBHOOKS}/${hook.webhookId}`;
  const done = (sentence: string) => () => {
    void refresh(WEBHOOKS);
    tell(sentence);
    onClose();
  };
  const rotate = useSubmission(
    async () => onMade((await post<{ secret: string }>(token, `${path}/secret`, { keepOldHours: KEEP_OLD_HOURS })).secret),
    done(w('webhook.rotated', { name: hook.name })),
  );
  const drop = useSubmission(() => remove(token, path), done(w('webhook.removed', { name: hook.name })));
  return (
    <section className="panel-part" aria-label={w('webhook.secret')}>
      <h3>{w('webhook.secret')}</h3>
      <Failure error={rotate.failed ?? drop.failed} />
      <p className="quiet">{hook.oldSecretUntil === null ? w('webhook.oneSecret') : w('webhook.twoSecrets', { until: shownTime(hook.oldSecretUntil) })}</p>
      <Popconfirm title={w('webhook.rotateAsk')} okText={w('webhook.rotate')} onConfirm={() => void rotate.submit()}>
        <Button loading={rotate.busy}>{w('webhook.rotate')}</Button>
      </Popconfirm>{' '}
      <Popconfirm title={w('webhook.removeAsk')} okText={w('webhook.remove')} onConfirm={() => void drop.submit()}>
        <Button danger loading={drop.busy}>
          {w('webhook.remove')}
        </Button>
      </Popconfirm>
    </section>
  );
}

const tagOf: Record<Delivery['state'], string> = { waiting: 'tag is-warning', delivered: 'tag is-good', dead: 'tag is-faulty' };

function Log({ hook, onClose }: { hook: Webhook; onClose(): void }) {
  const w = useWords();
  const { token, isReader, tell } = useAdmin();
  const refresh = useRefresh();
  const path = `${WEBHOOKS}/${hook.webhookId}/deliveries`;
  const log = useOne<{ items: Delivery[] }>(path, LOOK_EACH_MS);
  const [failed, setFailed] = useState<Error | null>(null);
  const ask = (url: string, sentence: string) => {
    setFailed(null);
    post(token, url, {}).then(
      () => {
        tell(sentence);
        void refresh(path);
      },
      (error: Error) => setFailed(error),
    );
  };
  const columns: ShownColumn<Delivery>[] = [
    { key: 'at', title: w('audit.at'), value: ({ createdAt }) => createdAt, show: ({ createdAt }) => <span className="figures">{shownTime(createdAt)}</span> },
    { key: 'type', title: w('webhook.event'), value: ({ type }) => type, show: ({ type }) => <code>{type}</code> },
    {
      ...{ key: 'state', title: w('webhook.state'), value: ({ state }: Delivery) => w(`deliveryState.${state}`) },
      options: ({ state }: Delivery) => [w(`deliveryState.${state}`)],
      show: ({ state }: Delivery) => <span className={tagOf[state]}>{w(`deliveryState.${state}`)}</span>,
    },
    { key: 'attempts', title: w('webhook.attempts'), value: ({ attempts }) => attempts, isFigure: true },
    { key: 'answer', title: w('webhook.answer'), value: ({ status, error }) => error ?? (status === null ? '' : String(status)) },
    { key: 'next', title: w('webhook.next'), value: ({ nextAt }) => nextAt ?? '', show: ({ nextAt }) => (nextAt === null ? '' : shownTime(nextAt)) },
    {
      ...{ key: 'again', title: w('webhook.again'), value: () => '' },
      show: ({ deliveryId, id }: Delivery) => (
        <Button size="small" aria-label={w('webhook.againOf', { id })} onClick={() => ask(`${path}/${deliveryId}/redelivery`, w('webhook.isAgain'))}>
          {w('webhook.again')}
        </Button>
      ),
    },
  ];
  const ping = <Button onClick={() => ask(`${WEBHOOKS}/${hook.webhookId}/ping`, w('webhook.pinged'))}>{w('webhook.ping')}</Button>;
  return (
    <Panel title={w('webhook.logOf', { name: hook.name })} wide readable onClose={onClose}>
      <Failure error={failed ?? log.error} />
      {!hook.enabled && <Alert type="warning" showIcon title={w('webhook.isOff')} />}
      <List
        title={w('webhook.log')}
        fileName="deliveries"
        rows={log.data?.items}
        columns={columns.filter(({ key }) => key !== 'again' || !isReader)}
        idOf={({ deliveryId }) => String(deliveryId)}
        tools={ping}
        empty={{ title: w('empty.deliveries'), text: w('emptyText.deliveries'), action: ping }}
      />
    </Panel>
  );
}
