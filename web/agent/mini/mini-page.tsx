/** `/agent?mini`: a small window that the desk draws its bar into. Opened by hand it leads to the desk. */
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { sayMiniHere } from './mini-here.ts';
import './mini.css';

export default function MiniPage() {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = t('mini.open');
    sayMiniHere();
  }, [t]);
  return (
    <main className="mini-alone">
      <p>{t('mini.alone')}</p>
      <a href="/agent">{t('home.toAgent')}</a>
    </main>
  );
}
