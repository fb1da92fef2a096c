/** The tab that a `tel:` link of another page has opened, when the desk is in another: there is nothing to do here. */
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { shownNumber } from '../../shared/labels.ts';

export default function HandedOver({ number }: { number: string }) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = t('dial.handedOver');
    // Only a tab that a link has opened may close itself; another says what there is to do.
    window.close();
  }, [t]);
  return (
    <main className="connecting">
      <h1>{t('dial.handedOver')}</h1>
      <p className="quiet">{t('dial.handedOverText', { number: shownNumber(number, true) })}</p>
    </main>
  );
}
