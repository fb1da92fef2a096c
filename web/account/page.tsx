/** One's own sign-in: the second factor, set up or taken away. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, post, signOut } from '../shared/api.ts';
import { TasteControls } from '../shared/controls.tsx';
import { SignIn } from '../shared/sign-in.tsx';
import { useSession } from '../shared/use-session.ts';
import { CodeForm, SetUpSecondFactor } from './second-factor.tsx';
import { useWords } from './words.ts';

const PATH = '/api/v1/me/second-factor';

export default function AccountPage() {
  const { t } = useTranslation();
  const { token, notice, enter, leave } = useSession();
  const words = { title: t('account.title'), lead: t('account.lead'), name: t('account.name'), nameMissing: t('account.nameMissing') };
  if (token === null) return <SignIn words={words} notice={notice} onToken={enter} />;
  const out = () => {
    void signOut(token).catch(() => undefined); // the token expires by itself
    leave('signedOut');
  };
  return <Own token={token} onSignOut={out} />;
}

function Own({ token, onSignOut }: { token: string; onSignOut(): void }) {
  const { t } = useTranslation();
  const w = useWords();
  const queries = useQueryClient();
  const key = [PATH, token];
  const factor = useQuery({ queryKey: key, queryFn: () => get<{ has: boolean; mustHave: boolean }>(token, PATH) });
  const [sets, setSets] = useState(false);
  const again = () => {
    setSets(false);
    void queries.invalidateQueries({ queryKey: key });
  };
  return (
    <div className="sign-in">
      <header className="sign-in-top">
        <span className="brand">{t('productLong')}</span>
        <TasteControls />
        <Button type="text" onClick={onSignOut}>
          {t('controls.signOut')}
        </Button>
      </header>
      <main className="sign-in-card">
        <h1>{w('factor.title')}</h1>
        {factor.error !== null && <Alert type="error" showIcon title={t('problem.server', { status: 0 })} />}
        {factor.data !== undefined && !sets && (
          <>
            <p>{w(factor.data.has ? 'factor.has' : 'factor.hasNot')}</p>
            {!factor.data.has && (
              <Button type="primary" size="large" block onClick={() => setSets(true)}>
                {w('factor.setUp')}
              </Button>
            )}
            {factor.data.has && factor.data.mustHave && <p className="quiet">{w('factor.mustHave')}</p>}
            {factor.data.has && !factor.data.mustHave && (
              <CodeForm
                submit={w('factor.remove')}
                send={async (code) => {
                  await post(token, `${PATH}/removal`, { code });
                  again();
                }}
              />
            )}
          </>
        )}
        {sets && <SetUpSecondFactor token={token} onDone={again} />}
      </main>
    </div>
  );
}
