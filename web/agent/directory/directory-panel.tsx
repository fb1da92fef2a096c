/** Dial box and directory: a number typed, numbers of late, colleagues as they are now, queues, numbers of the house; each with what can be done with it now. From the keyboard: ↑ ↓ choose, Enter does the first thing there is. */
import { Button, Input } from 'antd';
import { type KeyboardEvent, useDeferredValue, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../shared/icon.tsx';
import { languageNow, ownName } from '../../shared/labels.ts';
import { useDesk } from '../desk-context.ts';
import { useDirectory } from './directory.ts';
import { Found } from './directory-rows.tsx';

/** `wish`: a number to begin with. */
export default function DirectoryPanel({ wish, onClose }: { wish: string; onClose(): void }) {
  const { t } = useTranslation();
  const { can, desk } = useDesk();
  const own = desk.queues.map(({ queueId }) => ownName(queueId));
  const [behalf, setBehalf] = useState<string | null>(own[0] ?? null);
  const [search, setSearch] = useState(wish);
  useEffect(() => setSearch(wish), [wish]);
  const looked = useDeferredValue(search.trim());
  const { directory, failed } = useDirectory(looked);
  const panel = useRef<HTMLElement>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    // Wherever the focus is: the button that was pressed may be gone.
    const leave = (event: globalThis.KeyboardEvent) => event.key === 'Escape' && close.current();
    window.addEventListener('keydown', leave);
    return () => window.removeEventListener('keydown', leave);
  }, []);
  const rows = () => [...(panel.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
  const move = (event: KeyboardEvent) => {
    const all = rows();
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (event.key === 'Enter' && document.activeElement === input.current) all[0]?.querySelector('button')?.click();
    if (step === 0) return;
    event.preventDefault();
    if (at + step < 0) input.current?.focus();
    else all[Math.min(at + step, all.length - 1)]?.querySelector('button')?.focus();
  };
  return (
    <aside ref={panel} className="directory" aria-label={t('directory.title')} onKeyDown={move}>
      <div className="card-top">
        <h2>{t('directory.title')}</h2>
        <span className="spacer" />
        <Button type="text" aria-label={t('controls.close')} icon={<Icon name="cross" />} onClick={onClose} />
      </div>
      <Input
        ref={(held) => {
          input.current = held?.input ?? null;
        }}
        type="search"
        aria-label={t('directory.search')}
        placeholder={t('directory.searchHint')}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      {can('dial') && own.length > 0 && <Behalf value={behalf} onChange={setBehalf} />}
      {failed && <p className="fault">{t('directory.failed')}</p>}
      {directory !== null && <Found directory={directory} search={looked} behalf={behalf} onDone={onClose} />}
    </aside>
  );
}

/** Whose call it is: what its queue shows as our number, records and counts. */
function Behalf({ value, onChange }: { value: string | null; onChange(queue: string | null): void }) {
  const { t } = useTranslation();
  const { desk } = useDesk();
  return (
    <label className="behalf">
      <span className="quiet small">{t('dial.behalf')}</span>
      <select value={value ?? ''} onChange={(event) => onChange(event.target.value === '' ? null : event.target.value)}>
        {desk.queues.map(({ queueId, name }) => (
          <option key={queueId} value={ownName(queueId)}>
            {name[languageNow()]}
          </option>
        ))}
        <option value="">{t('dial.nobodys')}</option>
      </select>
    </label>
  );
}
