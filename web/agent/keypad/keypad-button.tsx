/** Opens the keypad for as long as the call lasts. */
import { Button } from 'antd';
import { lazy, Suspense, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../shared/icon.tsx';
import { useDesk } from '../desk-context.ts';
import { useShortcut } from '../shortcuts.ts';

const Keypad = lazy(() => import('./keypad.tsx'));

export function KeypadButton() {
  const { t } = useTranslation();
  const { desk, can } = useDesk();
  const callId = desk.call?.pop.callId ?? null;
  const [openFor, setOpenFor] = useState<string | null>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const shown = callId !== null && can('sendDigits');
  const open = shown && openFor === callId;
  const toggle = () => setOpenFor(open ? null : callId);
  useShortcut('Alt+K', shown ? toggle : null);
  if (!shown) return null;
  return (
    <div className="menu-holder">
      <Button
        ref={opener}
        className="call-icon does-keypad"
        size="large"
        aria-label={t('keypad.title')}
        aria-expanded={open}
        title={`${t('keypad.title')} (Alt+K)`}
        icon={<Icon name="keypad" />}
        onClick={toggle}
      />
      {open && (
        <Suspense fallback={null}>
          <Keypad
            callId={callId}
            onClose={() => {
              setOpenFor(null);
              opener.current?.focus();
            }}
          />
        </Suspense>
      )}
    </div>
  );
}
