/** The phone she takes calls with, and whether it can be called; opens its panel. */
import { Button } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../shared/icon.tsx';
import { useDesk } from '../desk-context.ts';
import { useShortcut } from '../shortcuts.ts';

const PhonePanel = lazy(() => import('./phone-panel.tsx'));

export function PhoneButton() {
  const { t } = useTranslation();
  const { agent, phone } = useDesk();
  const [open, setOpen] = useState(false);
  useShortcut('Alt+P', () => setOpen(!open));
  const { kind, view } = phone;
  const isFine = agent.phoneReachable && (kind === 'desk' || (view.state === 'online' && view.trouble === null));
  const words =
    kind === 'desk'
      ? t(agent.phoneReachable ? 'status.phoneOnline' : 'status.phoneOffline')
      : view.trouble === null
        ? t(`phoneState.${view.state}`)
        : t('phone.troubled');
  const rating = view.quality?.rating ?? null;
  return (
    <>
      <Button
        type="text"
        className={`phone ${isFine ? '' : 'is-off'}`}
        data-phone-kind={kind}
        data-phone-state={view.state}
        data-phone-call={view.call?.state}
        title={`${t('phone.title')} (Alt+P)`}
        icon={<Icon name={isFine ? 'phone' : 'alert'} size={16} />}
        onClick={() => setOpen(true)}
      >
        <span>{words}</span>
        {rating !== null && <span className={`phone-quality is-${rating}`}>{t(`quality.${rating}`)}</span>}
      </Button>
      {open && (
        <Suspense fallback={null}>
          <PhonePanel onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
