import { Button } from 'antd';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../shared/icon.tsx';

const rows = [
  'F2',
  'F4',
  'F6',
  'AltM',
  'AltK',
  'F7',
  'F8',
  'F9',
  'F3',
  'F10',
  'F1',
  'AltT',
  'AltR',
  'AltC',
  'AltG',
  'AltJ',
  'AltX',
  'AltS',
  'AltP',
  'AltB',
  'question',
  'Tab',
  'Escape',
] as const;

const shownKey = (row: (typeof rows)[number]): string => (row === 'question' ? '?' : row === 'Escape' ? 'Esc' : row.replace(/^Alt/, 'Alt+'));

export default function ShortcutSheet({ onClose }: { onClose(): void }) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="sheet keys-sheet" aria-labelledby="sheet-title" onClose={onClose}>
      <div className="sheet-top">
        <h2 id="sheet-title">{t('keys.title')}</h2>
        <Button type="text" aria-label={t('controls.close')} icon={<Icon name="cross" />} onClick={onClose} />
      </div>
      <p className="quiet">{t('keys.lead')}</p>
      <dl className="keys">
        {rows.map((row) => (
          <div key={row}>
            <dt>
              <kbd>{shownKey(row)}</kbd>
            </dt>
            <dd>{t(`keys.${row}`)}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
