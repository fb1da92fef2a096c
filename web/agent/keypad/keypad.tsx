/** Keys into the call, for another company's menu: pressed here, or typed and pasted while the pad is open. What was pressed is kept by nobody. */
import { type ClipboardEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDesk } from '../desk-context.ts';
import './keypad.css';

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const;
/** As they are printed on telephones (ITU-T E.161). */
const letters: Readonly<Record<string, string>> = { 2: 'ABC', 3: 'DEF', 4: 'GHI', 5: 'JKL', 6: 'MNO', 7: 'PQRS', 8: 'TUV', 9: 'WXYZ' };
const SHOWN = 20;
/** Of one command. */
const MOST_AT_ONCE = 32;
/** As many as the media server holds in line. */
const MOST_WAITING = 64;

/** Keys that are pressed while others are on their way go after them together: two commands at once could overtake one another. */
function usePresses(callId: string): { pressed: string; press(digits: string): void } {
  const { act } = useDesk();
  const [pressed, setPressed] = useState('');
  const line = useRef({ waiting: '', busy: false });
  const send = async (): Promise<void> => {
    const mine = line.current;
    if (mine.busy || mine.waiting === '') return;
    const digits = mine.waiting.slice(0, MOST_AT_ONCE);
    mine.waiting = mine.waiting.slice(MOST_AT_ONCE);
    mine.busy = true;
    const done = await act('sendDigits', { callId, digits });
    mine.busy = false;
    if (done) return send();
    mine.waiting = '';
  };
  const press = (digits: string): void => {
    const mine = line.current;
    if (digits === '' || mine.waiting.length + digits.length > MOST_WAITING) return;
    mine.waiting += digits;
    setPressed((all) => (all + digits).slice(-SHOWN));
    void send();
  };
  return { pressed, press };
}

export default function Keypad({ callId, onClose }: { callId: string; onClose(): void }) {
  const { t } = useTranslation();
  const { online } = useDesk();
  const { pressed, press } = usePresses(callId);
  const pad = useRef<HTMLFieldSetElement>(null);
  useEffect(() => pad.current?.focus(), []);
  const typed = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      return onClose();
    }
    if (!online || event.altKey || event.ctrlKey || event.metaKey || !/^[0-9*#]$/.test(event.key)) return;
    event.preventDefault();
    press(event.key);
  };
  const pasted = (event: ClipboardEvent) => {
    event.preventDefault();
    if (online) press(event.clipboardData.getData('text').replaceAll(/[^0-9*#]/g, ''));
  };
  return (
    <fieldset ref={pad} className="keypad" tabIndex={-1} aria-label={t('keypad.title')} onKeyDown={typed} onPaste={pasted}>
      <output className="keypad-pressed figures" aria-label={t('keypad.pressed')}>
        {pressed}
      </output>
      <div className="keypad-keys">
        {keys.map((key) => (
          <button key={key} type="button" disabled={!online} data-key={key} onClick={() => press(key)}>
            <strong>{key}</strong>
            <span aria-hidden="true">{letters[key]}</span>
          </button>
        ))}
      </div>
      <p className="quiet small">{t('keypad.hint')}</p>
    </fieldset>
  );
}
