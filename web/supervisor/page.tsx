/** The supervisor's page: sign-in, or the calls there were and their recordings. */
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { signOut } from '../shared/api.ts';
import { keepToken, keptToken } from '../shared/session.ts';
import { SignIn, type SignInNotice } from '../shared/sign-in.tsx';
import { CallsPage } from './calls-page.tsx';
import './supervisor.css';

export default function SupervisorPage() {
  const { t } = useTranslation();
  const [token, setToken] = useState(keptToken);
  const [notice, setNotice] = useState<SignInNotice | null>(null);
  const enter = (given: string) => {
    keepToken(given);
    setNotice(null);
    setToken(given);
  };
  const leave = useCallback((why: SignInNotice) => {
    keepToken(null);
    setNotice(why);
    setToken(null);
  }, []);
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
