/** Opens the console that the address names. Each console is a chunk of its own: an agent never loads the admin's pages. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { ConfigProvider } from 'antd';
import enUS from 'antd/es/locale/en_US';
import zhCN from 'antd/es/locale/zh_CN';
import { lazy, StrictMode, Suspense, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { speak, startLanguage } from './shared/language.ts';
import { preferences, usePreferences } from './shared/preferences.ts';
import { darkTheme, lightTheme, useDark } from './shared/theme.ts';
import './shared/theme.css';

const agent = () => import('./agent/page.tsx');
const mini = () => import('./agent/mini/mini-page.tsx');
const supervisor = () => import('./supervisor/page.tsx');
const admin = () => import('./admin/page.tsx');
const account = () => import('./account/page.tsx');
const home = () => import('./home/page.tsx');

const AgentPage = lazy(agent);
const MiniPage = lazy(mini);
const SupervisorPage = lazy(supervisor);
const AdminPage = lazy(admin);
const AccountPage = lazy(account);
const HomePage = lazy(home);

const path = location.pathname.replace(/\/+$/, '');
const isMini = new URLSearchParams(location.search).has('mini');

const queries = new QueryClient({ defaultOptions: { queries: { retry: 1, refetchOnWindowFocus: false } } });

function Page() {
  if (path === '/agent') return isMini ? <MiniPage /> : <AgentPage />;
  if (path === '/supervisor') return <SupervisorPage />;
  if (path === '/admin') return <AdminPage />;
  if (path === '/account') return <AccountPage />;
  return <HomePage path={path} />;
}

/** Fetched beside the words, not after them; a page that cannot be had is told when it is drawn. */
function fetchPage(): void {
  const loads = { '/agent': isMini ? mini : agent, '/supervisor': supervisor, '/admin': admin, '/account': account };
  const load = Object.hasOwn(loads, path) ? loads[path as keyof typeof loads] : home;
  load().catch(() => undefined);
}

function App() {
  const { language, appearance } = usePreferences();
  const dark = useDark(appearance);
  useEffect(() => void speak(language), [language]);
  useEffect(() => {
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  }, [dark]);
  return (
    <ConfigProvider theme={dark ? darkTheme : lightTheme} locale={language === 'zh' ? zhCN : enUS} button={{ autoInsertSpace: false }}>
      <Suspense fallback={null}>
        <Page />
      </Suspense>
    </ConfigProvider>
  );
}

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
const started = startLanguage(preferences().language);
fetchPage();
void started.then(() =>
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  ),
);
