/** The supervisor's page: sign-in, or the calls there were and their recordings. */
import { useTranslation } from 'react-i18next';
import { signOut } from '../shared/api.ts';
import { SignIn } from '../shared/sign-in.tsx';
import { useSession } from '../shared/use-session.ts';
import { CallsPage } from './calls-page.tsx';
import './supervisor.css';

export default function SupervisorPage() {
  const { t } = useTranslation();
  const { token, notice, enter, leave } = useSession();
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
  return <CallsPage key={token} token={token} onSignOut={signOutNow} onExpired={() => leave('expired')} />;
}
