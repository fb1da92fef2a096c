/** The agent's page: sign-in, or the desk of whoever is signed in in this tab. A number it was opened for goes to the desk in another tab, if there is one. */
import { lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SignIn } from '../shared/sign-in.tsx';
import { useSession } from '../shared/use-session.ts';
import { DeskPage } from './desk-page.tsx';
import { handOver, takeNumberOfAddress, wishToDial } from './dialling/tel.ts';
import './agent.css';

const HandedOver = lazy(() => import('./dialling/handed-over.tsx'));
const wished = takeNumberOfAddress();

export default function AgentPage() {
  const { t } = useTranslation();
  const { token, notice, enter, leave } = useSession();
  const passedOn = useHandOver(token);
  if (passedOn === 'asking') return null;
  if (passedOn === 'taken') {
    return (
      <Suspense fallback={null}>
        <HandedOver number={wished ?? ''} />
      </Suspense>
    );
  }
  const words = { title: t('signIn.title'), lead: t('signIn.lead'), name: t('signIn.number'), nameMissing: t('signIn.numberMissing') };
  return token === null ? <SignIn words={words} notice={notice} onToken={enter} /> : <DeskPage key={token} token={token} onLeave={leave} />;
}

function useHandOver(token: string | null): 'asking' | 'taken' | 'none' {
  const [passedOn, setPassedOn] = useState<'asking' | 'taken' | 'none'>(wished !== null && token === null ? 'asking' : 'none');
  // biome-ignore lint/correctness/useExhaustiveDependencies: once a page
  useEffect(() => {
    if (wished === null) return;
    if (token !== null) return wishToDial(wished);
    void handOver(wished).then((taken) => {
      if (!taken) wishToDial(wished);
      setPassedOn(taken ? 'taken' : 'none');
    });
  }, []);
  return passedOn;
}
