/** Signing in by the company's identity provider: its buttons, and what becomes of who comes back from it. */
import { useQuery } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fetchSession, signInWays } from './api.ts';
import { languageNow } from './labels.ts';

const answered = (): [string, string] => (/^#(oidc|oidc-failed)=(\w+)$/.exec(location.hash)?.slice(1, 3) as [string, string] | undefined) ?? ['', ''];

export function Providers({ onToken }: { onToken(token: string): void }) {
  const { t } = useTranslation();
  const ways = useQuery({ queryKey: ['sign-in-ways'], queryFn: signInWays });
  const [[kind, value]] = useState(answered);
  const [failed, setFailed] = useState(kind === 'oidc-failed' ? value : '');
  const asked = useRef(false);
  useEffect(() => {
    if (kind === '' || asked.current) return;
    // A code is good once, also where an effect runs twice.
    asked.current = true;
    history.replaceState(null, '', location.pathname);
    if (kind === 'oidc') fetchSession(value).then(onToken, () => setFailed('expired'));
  }, [kind, value, onToken]);
  const known = failed === 'no_such_user' || failed === 'no_role' || failed === 'expired' ? failed : 'provider';
  return (
    <>
      {failed !== '' && <Alert type="error" showIcon role="alert" title={t(`provider.${known}`)} />}
      {(ways.data ?? []).map(({ tenant, name }) => (
        <Button key={tenant} size="large" block href={`/api/v1/oidc/${tenant}/start?page=${location.pathname.replace(/\/+$/, '') || '/agent'}`}>
          {t('provider.by', { name: name[languageNow()] })}
        </Button>
      ))}
    </>
  );
}
