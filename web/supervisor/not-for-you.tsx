/** Who has no page here is told so, and where else she may go. */
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';

export function NotForYou({ onSignOut }: { onSignOut(): void }) {
  const { t } = useTranslation();
  return (
    <main className="not-for-you">
      <h1>{t('notForYou.title')}</h1>
      <p>{t('notForYou.text')}</p>
      <p>
        <a href="/agent">{t('console.agent')}</a> · <a href="/admin">{t('console.admin')}</a>
      </p>
      <Button onClick={onSignOut}>{t('controls.signOut')}</Button>
    </main>
  );
}
