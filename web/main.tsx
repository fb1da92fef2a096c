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

const AgentPage = lazy(() => import('./agent/page.tsx'));
const SupervisorPage = lazy(() => import('./supervisor/page.tsx'));
const AdminPage = lazy(() => import('./admin/page.tsx'));
const AccountPage = lazy(() => import('./account/page.tsx'));
const HomePage = lazy(() => import('./home/page.tsx'));

const queries = new QueryClient({ defaultOptions: { queries: { retry: 1, refetchOnWindowFocus: false } } });

function Page() {
  const path = location.pathname.replace(/\/+$/, '');
  if (path === '/agent') return <AgentPage />;
  if (path === '/supervisor') return <SupervisorPage />;
  if (path === '/admin') return <AdminPage />;
  if (path === '/account') return <AccountPage />;
  return <HomePage path={path} />;
}

function App() {
  const { language, appearance } = usePreferences();
  const dark = useDark(appearance);
  useEffect(() => speak(language), [language]);
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

startLanguage(preferences().language);
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
