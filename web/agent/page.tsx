/** The agent's page: sign-in, or the desk of whoever is signed in in this tab. */
import { useTranslation } from 'react-i18next';
import { SignIn } from '../shared/sign-in.tsx';
import { useSession } from '../shared/use-session.ts';
import { DeskPage } from './desk-page.tsx';
import './agent.css';

export default function AgentPage() {
  const { t } = useTranslation();
  const { token, notice, enter, leave } = useSession();
  const words = { title: t('signIn.title'), lead: t('signIn.lead'), name: t('signIn.number'), nameMissing: t('signIn.numberMissing') };
  return token === null ? <SignIn words={words} notice={notice} onToken={enter} /> : <DeskPage key={token} token={token} onLeave={leave} />;
}
