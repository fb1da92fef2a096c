/** The chooser at `/`, and an honest word about an address that leads nowhere. */
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { TasteControls } from '../shared/controls.tsx';
import './home.css';

function Missing({ path }: { path: string }) {
  const { t } = useTranslation();
  return path === '' ? null : <p className="missing">{t('home.unknown', { path })}</p>;
}

export default function HomePage({ path }: { path: string }) {
  const { t } = useTranslation();
  const heading = t('home.title');
  useEffect(() => {
    document.title = `${heading} · ${t('product')}`;
  }, [heading, t]);
  return (
    <div className="home">
      <header className="home-top">
        <span className="brand">{t('productLong')}</span>
        <TasteControls />
      </header>
      <main className="home-main">
        <h1>{heading}</h1>
        <Missing path={path} />
        <nav className="doors" aria-label={t('home.title')}>
          <a className="door" href="/agent">
            <strong>{t('console.agent')}</strong>
            <span>{t('home.agent')}</span>
            <span className="go">{t('home.toAgent')}</span>
          </a>
          <a className="door" href="/supervisor">
            <strong>{t('console.supervisor')}</strong>
            <span>{t('home.supervisor')}</span>
            <span className="go">{t('home.toSupervisor')}</span>
          </a>
          <a className="door" href="/admin">
            <strong>{t('console.admin')}</strong>
            <span>{t('home.admin')}</span>
            <span className="go">{t('home.toAdmin')}</span>
          </a>
          <a className="door" href="/account">
            <strong>{t('account.title')}</strong>
            <span>{t('account.lead')}</span>
          </a>
          <a className="door" href="/api/docs">
            <strong>{t('home.toDocs')}</strong>
            <span>/api/docs</span>
          </a>
        </nav>
      </main>
    </div>
  );
}
