/** The supervisor's page: sign-in, the floor as it is now, the queues, or the calls there were and their recordings. */
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { signOut } from '../shared/api.ts';
import { SignIn } from '../shared/sign-in.tsx';
import { useSession } from '../shared/use-session.ts';
import { CallsPage } from './calls-page.tsx';
import { LivePage } from './live-page.tsx';
import { QueuesPage } from './queues-page.tsx';
import type { Place } from './top-bar.tsx';
import { FloorContext, useFloorLine } from './use-floor.ts';
import { Wallboard } from './wallboard.tsx';
import './supervisor.css';
import './wall.css';

const subscribe = (onChange: () => void) => {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
};
/** `#live` is the floor now, `#wallboard` the same for a screen at the wall, `#queues` the queues and callbacks; else the calls there were. */
const places: Record<string, Place> = { '#live': 'live', '#queues': 'queues', '#wallboard': 'wallboard' };
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
  const page = { token, onSignOut: signOutNow, onExpired: () => leave('expired') };
  if (place === 'live' || place === 'wallboard') return <OnTheFloor key={token} {...page} place={place} />;
  return place === 'queues' ? <QueuesPage key={token} {...page} /> : <CallsPage key={token} {...page} />;
}

/** Both stand on one line to the server. */
function OnTheFloor({ place, ...page }: { token: string; place: Place; onSignOut(): void; onExpired(): void }) {
  const floor = useFloorLine(page.token);
  return <FloorContext value={floor}>{place === 'live' ? <LivePage {...page} /> : <Wallboard />}</FloorContext>;
}
