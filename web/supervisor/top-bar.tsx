/** The bar above every page of the supervisor's console. */
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { TasteControls } from '../shared/controls.tsx';
import { Icon } from '../shared/icon.tsx';
import { useMay } from './allowed.tsx';
import { type Place, topOf, topPlaces } from './places.ts';

export function TopBar({ at, token, name, onSignOut }: { at: Place; token: string; name: string | undefined; onSignOut(): void }) {
  const { t } = useTranslation();
  const may = useMay(token);
  const titles: Record<Place, string> = {
    live: t('live.title'),
    day: t('day.title'),
    wallboard: t('wallboard.title'),
    queues: t('queuesPage.title'),
    calls: t('calls.title'),
    tickets: t('ticketsPage.title'),
    alerts: t('alertRules.title'),
    reports: t('reportsPage.title'),
    resolution: t('reportsPage.resolution'),
    reconciliation: t('reportsPage.reconciliation'),
    schedules: t('reportsPage.schedules'),
  };
  return (
    <header className="top-bar">
      <span className="brand">{t('product')}</span>
      <nav className="places" aria-label={t('live.places')}>
        {topPlaces(may).map((place) => (
          <a key={place} href={`#${place}`} aria-current={place === topOf(at) ? 'page' : undefined}>
            {titles[place]}
          </a>
        ))}
      </nav>
      <span className="spacer" />
      <TasteControls />
      <span className="me">{name}</span>
      <Button type="text" icon={<Icon name="leave" />} onClick={onSignOut}>
        {t('controls.signOut')}
      </Button>
    </header>
  );
}
