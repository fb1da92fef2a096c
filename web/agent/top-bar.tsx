import { Button } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { TasteControls } from '../shared/controls.tsx';
import { Icon } from '../shared/icon.tsx';
import { AlertSwitch } from './alerts.tsx';
import { useDesk } from './desk-context.ts';
import { isEmbedded } from './embed.ts';
import { MiniButton } from './mini/mini-button.tsx';
import { PhoneButton } from './phone/phone-button.tsx';
import { useShortcut } from './shortcuts.ts';
import { Status } from './status.tsx';

const ShortcutSheet = lazy(() => import('./shortcut-sheet.tsx'));

export function TopBar({ onSignOut }: { onSignOut(): void }) {
  const { t } = useTranslation();
  const { agent, online, can } = useDesk();
  const [sheet, setSheet] = useState(false);
  useShortcut('?', () => setSheet(!sheet));
  return (
    <header className="top-bar">
      <span className="brand">{t('product')}</span>
      <Status />
      <PhoneButton />
      <span className="spacer" />
      <AlertSwitch />
      {!isEmbedded && <MiniButton />}
      <TasteControls />
      <Button
        type="text"
        aria-label={t('controls.shortcuts')}
        title={`${t('controls.shortcuts')} (?)`}
        icon={<Icon name="help" />}
        onClick={() => setSheet(true)}
      />
      <span className="me">
        {agent.name} <span className="figures quiet">{agent.number}</span>
      </span>
      {can('signOut') && agent.state !== 'wrapping_up' && (
        <Button type="text" icon={<Icon name="leave" />} disabled={!online} onClick={onSignOut}>
          {t('controls.signOut')}
        </Button>
      )}
      {sheet && (
        <Suspense fallback={null}>
          <ShortcutSheet onClose={() => setSheet(false)} />
        </Suspense>
      )}
    </header>
  );
}
