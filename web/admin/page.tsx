/** The admin's page: sign-in, the way through it, and one page at a time, each loaded when it is first opened. */
import { useQuery } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { type ComponentType, type LazyExoticComponent, lazy, Suspense, useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { get, Problem, signOut } from '../shared/api.ts';
import { TasteControls } from '../shared/controls.tsx';
import { Icon } from '../shared/icon.tsx';
import { SignIn } from '../shared/sign-in.tsx';
import { useSession } from '../shared/use-session.ts';
import { AdminProvider, type Me } from './admin.ts';
import { useWords } from './words.ts';
import './admin.css';

const pages = {
  agents: lazy(() => import('./people/agents-page.tsx')),
  users: lazy(() => import('./people/users-page.tsx')),
  queues: lazy(() => import('./queues/queues-page.tsx')),
  calendars: lazy(() => import('./queues/calendars-page.tsx')),
  dialplans: lazy(() => import('./dialplans/dialplans-page.tsx')),
  prompts: lazy(() => import('./prompts/prompts-page.tsx')),
  numbers: lazy(() => import('./lines/numbers-page.tsx')),
  trunks: lazy(() => import('./lines/trunks-page.tsx')),
  phones: lazy(() => import('./lines/phones-page.tsx')),
  calls: lazy(() => import('./records/calls-page.tsx')),
  erasures: lazy(() => import('./records/erasures-page.tsx')),
  audit: lazy(() => import('./records/audit-page.tsx')),
  keys: lazy(() => import('./access/keys-page.tsx')),
  webhooks: lazy(() => import('./access/webhooks-page.tsx')),
  tenant: lazy(() => import('./house/tenant-page.tsx')),
  system: lazy(() => import('./system/system-page.tsx')),
} as const satisfies Record<string, LazyExoticComponent<ComponentType>>;
type PageName = keyof typeof pages;

const groups = [
  { group: 'people', names: ['agents', 'users'] },
  { group: 'routing', names: ['queues', 'calendars', 'dialplans', 'prompts'] },
  { group: 'lines', names: ['numbers', 'trunks', 'phones'] },
  { group: 'records', names: ['calls', 'erasures', 'audit'] },
  { group: 'system', names: ['tenant', 'keys', 'webhooks', 'system'] },
] as const satisfies readonly { group: string; names: readonly PageName[] }[];

/** What each needs to be read. */
const needs: Record<PageName, string> = {
  ...{ agents: 'agent.read', users: 'user.read', queues: 'queue.read', calendars: 'queue.read', dialplans: 'dialplan.read', prompts: 'dialplan.read' },
  ...{
    numbers: 'trunk.read',
    trunks: 'trunk.read',
    phones: 'trunk.read',
    calls: 'record.read',
    erasures: 'erasure.read',
    audit: 'audit.read',
    tenant: 'trunk.read',
  },
  ...{ keys: 'key.read', webhooks: 'webhook.read', system: 'metrics.read' },
};
type May = Me['may'];
const isHers = (may: May, name: PageName): boolean => may[needs[name]] !== undefined;
const shownGroups = (may: May): { group: (typeof groups)[number]['group']; names: readonly PageName[] }[] =>
  groups.flatMap(({ group, names }) => {
    const shown = names.filter((name) => isHers(may, name));
    return shown.length === 0 ? [] : [{ group, names: shown }];
  });

const subscribe = (onChange: () => void) => {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
};
/** null: none is named. */
const placeNow = (): PageName | null => {
  const [name = ''] = location.hash.slice(1).split('/');
  return Object.hasOwn(pages, name) ? (name as PageName) : null;
};

export default function AdminPage() {
  const w = useWords();
  const { token, notice, enter, leave } = useSession();
  const words = { title: w('signIn.title'), lead: w('signIn.lead'), name: w('signIn.name'), nameMissing: w('signIn.nameMissing') };
  if (token === null) return <SignIn words={words} notice={notice} onToken={enter} />;
  const out = () => {
    void signOut(token).catch(() => undefined); // the token expires by itself
    leave('signedOut');
  };
  return <Console key={token} token={token} onSignOut={out} onExpired={() => leave('expired')} />;
}

interface ConsoleProps {
  token: string;
  onSignOut(): void;
  onExpired(): void;
}

function Console({ token, onSignOut, onExpired }: ConsoleProps) {
  const { t } = useTranslation();
  const me = useQuery({ queryKey: ['me', token], queryFn: () => get<Me>(token, '/api/v1/me') });
  const expired = me.error instanceof Problem && me.error.status === 401;
  useEffect(() => {
    if (expired) onExpired();
  }, [expired, onExpired]);
  if (me.error !== null && !expired) {
    const { kind, status, detail } = me.error instanceof Problem ? me.error : new Problem('server', 0, '');
    return <Alert className="admin-closed" type="error" showIcon title={t(`problem.${kind}`, { status, detail })} />;
  }
  if (me.data === undefined) return null;
  return me.data.may['audit.read'] !== undefined ? (
    <Frame me={me.data} token={token} onSignOut={onSignOut} onExpired={onExpired} />
  ) : (
    <NotForYou onSignOut={onSignOut} />
  );
}

function NotForYou({ onSignOut }: { onSignOut(): void }) {
  const w = useWords();
  const { t } = useTranslation();
  return (
    <main className="admin-closed">
      <h1>{w('closed.title')}</h1>
      <p>{w('closed.text')}</p>
      <p>
        <a href="/supervisor">{t('console.supervisor')}</a> · <a href="/agent">{t('console.agent')}</a>
      </p>
      <Button onClick={onSignOut}>{t('controls.signOut')}</Button>
    </main>
  );
}

function Frame({ me, token, onSignOut, onExpired }: ConsoleProps & { me: Me }) {
  const { t } = useTranslation();
  const w = useWords();
  const asked = useSyncExternalStore(subscribe, placeNow);
  const isReader = me.may['user.change'] === undefined;
  const place = asked === null || !isHers(me.may, asked) ? (isReader ? 'audit' : 'agents') : asked;
  const [told, setTold] = useState('');
  const tell = useCallback((sentence: string) => setTold(sentence), []);
  const admin = useMemo(() => ({ token, me, isReader, onExpired, tell }), [token, me, isReader, onExpired, tell]);
  const title = w(`page.${place}`);
  useEffect(() => {
    document.title = `${title} · ${t('product')}`;
    setTold('');
  }, [title, t]);
  const Page = pages[place];
  return (
    <AdminProvider value={admin}>
      <div className="admin">
        <header className="top-bar">
          <span className="brand">{t('product')}</span>
          <span className="quiet">{t('console.admin')}</span>
          <span className="admin-told" role="status">
            {told}
          </span>
          <span className="spacer" />
          <TasteControls />
          <a className="me" href="/account">
            {me.name}
          </a>
          <Button type="text" icon={<Icon name="leave" />} onClick={onSignOut}>
            {t('controls.signOut')}
          </Button>
        </header>
        <Places at={place} may={me.may} />
        <main className="admin-main">
          <h1>{title}</h1>
          <p className="admin-lead quiet">{w(`lead.${place}`)}</p>
          <Suspense fallback={<p className="quiet">{w('list.loading')}</p>}>
            <Page />
          </Suspense>
        </main>
      </div>
    </AdminProvider>
  );
}

function Places({ at, may }: { at: PageName; may: May }) {
  const w = useWords();
  return (
    <nav className="admin-places" aria-label={w('places')}>
      {shownGroups(may).map(({ group, names }) => (
        <section key={group} aria-labelledby={`places-${group}`}>
          <h2 id={`places-${group}`}>{w(`group.${group}`)}</h2>
          <ul>
            {names.map((name) => (
              <li key={name}>
                <a href={`#${name}`} aria-current={name === at ? 'page' : undefined}>
                  {w(`page.${name}`)}
                </a>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}
