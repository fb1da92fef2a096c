/** What stands around each page of reports: the bar above, and the way from one to another. */
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '../allowed.tsx';
import { type Place, placesAt } from '../places.ts';
import { useMe } from '../records.ts';
import { TopBar } from '../top-bar.tsx';
import { useWords } from './words.ts';
import './reports.css';

export interface PageProps {
  token: string;
  onSignOut(): void;
  onExpired(): void;
}
type ReportPlace = Extract<Place, 'reports' | 'resolution' | 'reconciliation' | 'schedules'>;

interface Props {
  at: ReportPlace;
  token: string;
  onSignOut(): void;
  children: ReactNode;
}

export function Frame({ at, token, onSignOut, children }: Props) {
  const { t } = useTranslation();
  const w = useWords();
  const me = useMe(token);
  const shown = placesAt(useMay(token), 'reports');
  const titles: Record<string, string> = {
    ...{
      reports: t('reportsPage.title'),
      resolution: t('reportsPage.resolution'),
      reconciliation: t('reportsPage.reconciliation'),
      schedules: t('reportsPage.schedules'),
    },
  };
  const title = titles[at] ?? '';
  useEffect(() => {
    document.title = `${title} · ${t('product')}`;
  }, [title, t]);
  return (
    <div className="calls-page">
      <TopBar at={at} token={token} name={me.data?.name} onSignOut={onSignOut} />
      <main className="reports-main">
        {shown.length > 1 && (
          <nav className="reports-places" aria-label={w('page.places')}>
            {shown.map((place) => (
              <a key={place} href={`#${place}`} aria-current={place === at ? 'page' : undefined}>
                {titles[place]}
              </a>
            ))}
          </nav>
        )}
        <h1 className="unseen">{title}</h1>
        {children}
      </main>
    </div>
  );
}
