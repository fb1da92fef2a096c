/** Callbacks: one to be booked for whoever is on her desk, and those she has booked. */
import { Button } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../shared/icon.tsx';
import { useDesk } from '../desk-context.ts';
import { useShortcut } from '../shortcuts.ts';

const CallbacksPanel = lazy(() => import('./callbacks-panel.tsx'));

export function CallbacksButton() {
  const { t } = useTranslation();
  const { can } = useDesk();
  const [open, setOpen] = useState(false);
  const works = can('requestCallback');
  const toggle = () => setOpen(!open);
  useShortcut('Alt+R', works ? toggle : null);
  if (!works) return null;
  return (
    <>
      <Button
        className="call-icon does-callback"
        size="large"
        aria-label={t('booking.title')}
        aria-expanded={open}
        title={`${t('booking.title')} (Alt+R)`}
        icon={<Icon name="callback" />}
        onClick={toggle}
      />
      {open && (
        <Suspense fallback={null}>
          <CallbacksPanel onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
