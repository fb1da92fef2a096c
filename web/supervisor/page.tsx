/** The supervisor's page: sign-in, the floor as it is now, the queues, or the calls there were and their recordings. */
import { lazy, Suspense, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { signOut } from '../shared/api.ts';
import { SignIn } from '../shared/sign-in.tsx';
import { useSession } from '../shared/use-session.ts';
import { AlertsPage } from './alerts/alerts-page.tsx';
import { useMay } from './allowed.tsx';
import { CallsPage } from './calls-page.tsx';
import { LivePage } from './live-page.tsx';
import { NotForYou } from './not-for-you.tsx';
import { type Place, placeFor } from './places.ts';
import { QueuesPage } from './queues-page.tsx';
import { useMe } from './records.ts';
import { TicketsPage } from './tickets-page.tsx';
import { FloorContext, useFloorStore } from './use-floor.ts';
import { Wallboard } from './wallboard.tsx';
import './supervisor.css';
import './wall.css';

/** With its pictures, for those who look at them. */
const DayPage = lazy(() => import('./day/day-page.tsx').then(({ DayPage: page }) => ({ default: page })));
const ReportPage = lazy(() => import('./reports/report-page.tsx'));
const ResolutionPage = lazy(() => import('./reports/resolution-page.tsx'));
const SchedulesPage = lazy(() => import('./reports/schedules-page.tsx'));
const ReconcilePage = lazy(() => import('./reports/reconcile-page.tsx'));

const subscribe = (onChange: () => void) => {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
};
/** `#live` is the floor now, `#day` this day in pictures, `#wallboard` the floor for a screen at the wall, `#queues` the queues and callbacks, `#tickets` what is to be seen to, `#alerts` when walls call, `#reports` what was counted, `#resolution` who came back, `#reconciliation` whether it agrees, `#schedules` what is sent by mail; else the calls there were. */
const places: Record<string, Place> = {
  ...{ '#live': 'live', '#day': 'day', '#queues': 'queues', '#tickets': 'tickets', '#wallboard': 'wallboard', '#alerts': 'alerts' },
  ...{ '#reports': 'reports', '#resolution': 'resolution', '#reconciliation': 'reconciliation', '#schedules': 'schedules' },
};
const placeNow = (): Place => places[location.hash] ?? 'calls';
const usePlace = (): Place => useSyncExternalStore(subscribe, placeNow);

export default function SupervisorPage() {
  const { t } = useTranslation();
  const { token, notice, enter, leave } = useSession();
  const place = usePlace();
  const words = {
    title: t('supervisorSignIn.title'),
    lead: t('supervisorSignIn.lead'),
    name: t('supervisorSignIn.name'),
    nameMissing: t('supervisorSignIn.nameMissing'),
  };
  if (token === null) return <SignIn words={words} notice={notice} onToken={enter} />;
  const signOutNow = () => {
    void signOut(token).catch(() => undefined); // the token expires by itself
    leave('signedOut');
  };
  return <Console key={token} token={token} asked={place} onSignOut={signOutNow} onExpired={() => leave('expired')} />;
}

interface PageProps {
  token: string;
  onSignOut(): void;
  onExpired(): void;
}

/** The page that is asked for, or the first that is hers. Where it cannot be known what she may, each page says itself why it has nothing. */
function Console({ asked, ...page }: PageProps & { asked: Place }) {
  const me = useMe(page.token);
  const may = useMay(page.token);
  if (me.data === undefined && me.error === null) return null;
  const place = me.data === undefined ? asked : placeFor(may, asked);
  if (place === null) return <NotForYou onSignOut={page.onSignOut} />;
  if (place === 'live' || place === 'day' || place === 'wallboard') return <OnTheFloor {...page} place={place} />;
  if (place === 'tickets') return <TicketsPage {...page} />;
  if (place === 'alerts') return <AlertsPage {...page} />;
  if (place === 'reports' || place === 'resolution' || place === 'reconciliation' || place === 'schedules') {
    const Page = { reports: ReportPage, resolution: ResolutionPage, reconciliation: ReconcilePage, schedules: SchedulesPage }[place];
    return (
      <Suspense fallback={null}>
        <Page {...page} />
      </Suspense>
    );
  }
  return place === 'queues' ? <QueuesPage {...page} /> : <CallsPage {...page} />;
}

/** All of these stand on one line to the server. */
function OnTheFloor({ place, ...page }: PageProps & { place: Place }) {
  const floor = useFloorStore(page.token);
  return (
    <FloorContext value={floor}>
      <Suspense fallback={null}>
        {place === 'live' ? <LivePage {...page} /> : place === 'day' ? <DayPage {...page} /> : <Wallboard token={page.token} />}
      </Suspense>
    </FloorContext>
  );
}
