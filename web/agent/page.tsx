/** The agent's page: sign-in, or the desk of whoever is signed in in this tab. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keepToken, keptToken } from '../shared/session.ts';
import { SignIn, type SignInNotice } from '../shared/sign-in.tsx';
import { DeskPage } from './desk-page.tsx';
import './agent.css';

export default function AgentPage() {
  const { t } = useTranslation();
  const [token, setToken] = useState(keptToken);
  const [notice, setNotice] = useState<SignInNotice | null>(null);
  const enter = (given: string) => {
    keepToken(given);
    setNotice(null);
    setToken(given);
  };
  const leave = (why: SignInNotice) => {
    keepToken(null);
    setNotice(why);
    setToken(null);
  };
  const words = { title: t('signIn.title'), lead: t('signIn.lead'), name: t('signIn.number'), nameMissing: t('signIn.numberMissing') };
  return token === null ? <SignIn words={words} notice={notice} onToken={enter} /> : <DeskPage key={token} token={token} onLeave={leave} />;
}
