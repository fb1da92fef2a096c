/** Opens and ends the mini bar: her call above whatever else she works in. It is drawn by this page, so it knows what the desk knows. */
import { Button } from 'antd';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../shared/icon.tsx';
import { useDesk } from '../desk-context.ts';
import { useShortcut } from '../shortcuts.ts';
import type { MiniWindow } from './mini-window.ts';

const MiniBar = lazy(() => import('./mini-bar.tsx'));

export function MiniButton() {
  const { t } = useTranslation();
  const { notify } = useDesk();
  const [mini, setMini] = useState<MiniWindow | null>(null);
  const latest = useRef(mini);
  latest.current = mini;
  // Signed out, or taken over elsewhere: nothing of hers may stand on the screen.
  useEffect(() => () => latest.current?.close(), []);
  const toggle = async () => {
    if (mini !== null) return mini.close();
    const { openMini } = await import('./mini-window.ts');
    const opened = await openMini(() => setMini(null));
    setMini(opened);
    if (opened === null) notify({ kind: 'blocked' });
  };
  useShortcut('Alt+B', () => void toggle());
  return (
    <>
      <Button
        type="text"
        className="does-mini"
        aria-label={t('mini.open')}
        aria-pressed={mini !== null}
        title={`${t('mini.open')} (Alt+B)`}
        icon={<Icon name="popOut" />}
        onClick={() => void toggle()}
      />
      {mini !== null &&
        createPortal(
          <Suspense fallback={null}>
            <MiniBar place={mini.place} />
          </Suspense>,
          mini.place,
        )}
    </>
  );
}
