/** The directory: colleagues as they are now, queues, numbers; each with what can be done with it now. From the keyboard: ↑ ↓ choose, Enter does the first thing there is. */
import { Button, Input } from 'antd';
import { type KeyboardEvent, type ReactNode, useDeferredValue, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asDuration } from '../../shared/clock.ts';
import type { CommandType } from '../../shared/cti/client.ts';
import { Icon } from '../../shared/icon.tsx';
import { languageNow } from '../../shared/labels.ts';
import { useDesk } from '../desk-context.ts';
import { useNow } from '../timer.tsx';
import { type Colleague, type Directory, numberIn, type QueueEntry, useDirectory, useFavourites } from './directory.ts';

type Deed = { type: Extract<CommandType, 'consult' | 'addParty' | 'blindTransfer'>; run(): void };

export default function DirectoryPanel({ onClose }: { onClose(): void }) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
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
      {failed && <p className="fault">{t('directory.failed')}</p>}
      {directory !== null && <Found directory={directory} search={looked} />}
    </aside>
  );
}

/** Marked entries first, each kind in the order of the house. */
function Found({ directory, search }: { directory: Directory; search: string }) {
  const { t } = useTranslation();
  const favourites = useFavourites();
  const { agents, queues, numbers, more } = directory;
  const typed = numberIn(search);
  const isKnown = typed !== null && (agents.some(({ number }) => number === typed) || numbers.some(({ number }) => number === typed));
  const first = <T extends { number: string }>(all: T[]): T[] => [...all].sort((a, b) => Number(favourites.has(b.number)) - Number(favourites.has(a.number)));
  const star = (number: string) => <Star marked={favourites.has(number)} onToggle={() => favourites.toggle(number)} />;
  const isEmpty = agents.length === 0 && queues.length === 0 && numbers.length === 0 && typed === null;
  return (
    <div className="directory-rows">
      {typed !== null && !isKnown && (
        <Group title={t('directory.typed')}>
          <NumberRow number={typed} name={t('directory.outside')} star={null} />
        </Group>
      )}
      <Group title={t('directory.agents')}>
        {first(agents).map((agent) => (
          <AgentRow key={agent.number} agent={agent} star={star(agent.number)} />
        ))}
      </Group>
      <Group title={t('directory.queues')}>
        {queues.map((queue) => (
          <QueueRow key={queue.queue} entry={queue} />
        ))}
      </Group>
      <Group title={t('directory.numbers')}>
        {first(numbers).map(({ number, name }) => (
          <NumberRow key={number} number={number} name={name[languageNow()]} star={star(number)} />
        ))}
      </Group>
      {more > 0 && <p className="quiet small">{t('directory.more', { count: more })}</p>}
      {isEmpty && <p className="quiet">{t(search === '' ? 'directory.nobody' : 'directory.none')}</p>}
    </div>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  if (Array.isArray(children) && children.length === 0) return null;
  return (
    <section className="directory-group" aria-label={title}>
      <h3>{title}</h3>
      <ul>{children}</ul>
    </section>
  );
}

function Star({ marked, onToggle }: { marked: boolean; onToggle(): void }) {
  const { t } = useTranslation();
  const words = t(marked ? 'directory.unmark' : 'directory.mark');
  return (
    <button type="button" className={`star ${marked ? 'is-marked' : ''}`} aria-label={words} title={words} aria-pressed={marked} onClick={onToggle}>
      {marked ? '★' : '☆'}
    </button>
  );
}

/** What can be done now, the likeliest first. */
function Deeds({ all }: { all: Deed[] }) {
  const { t } = useTranslation();
  const { can, online } = useDesk();
  return all
    .filter(({ type }) => can(type))
    .map(({ type, run }) => (
      <Button key={type} size="small" data-deed={type} disabled={!online} onClick={run}>
        {t(`directoryDeed.${type}`)}
      </Button>
    ));
}

function useDeeds(): { withParty(target: { kind: 'agent' | 'number'; number: string }): Deed[]; withQueue(queue: string): Deed[] } {
  const { act, desk } = useDesk();
  const call = desk.call === null ? {} : { callId: desk.call.pop.callId };
  return {
    withParty: (target) => [
      { type: 'consult', run: () => void act('consult', { ...call, target }) },
      { type: 'addParty', run: () => void act('addParty', { ...call, target }) },
      { type: 'blindTransfer', run: () => void act('blindTransfer', { ...call, target }) },
    ],
    withQueue: (queue) => [{ type: 'blindTransfer', run: () => void act('blindTransfer', { ...call, target: { kind: 'queue', queue } }) }],
  };
}

function AgentRow({ agent, star }: { agent: Colleague; star: ReactNode }) {
  const { t } = useTranslation();
  const now = useNow();
  const { withParty } = useDeeds();
  const { number, name, activity, since, reachable } = agent;
  const isThere = activity !== 'signed_out';
  return (
    <li data-row data-activity={activity} className={`directory-row is-${activity}`}>
      {star}
      <span className="directory-who">
        <strong>{name}</strong> <span className="figures quiet">{number}</span>
        <span className="directory-state small">
          <span className="presence" aria-hidden="true" />
          {t(`activity.${activity}`)} {isThere && <span className="figures">{asDuration(now - Date.parse(since))}</span>}
          {isThere && !reachable && ` · ${t('status.phoneOffline')}`}
        </span>
      </span>
      <Deeds all={withParty({ kind: 'agent', number })} />
    </li>
  );
}

function QueueRow({ entry }: { entry: QueueEntry }) {
  const { t } = useTranslation();
  const now = useNow();
  const { withQueue } = useDeeds();
  const { queue, name, state, waiting, ready, oldestSince } = entry;
  return (
    <li data-row className="directory-row">
      <span className="directory-who">
        <strong>{name[languageNow()]}</strong>
        <span className="directory-state small quiet figures">
          {state !== 'open' && `${t(`queueStands.${state}`)} · `}
          {waiting === 0 ? t('queues.nobody') : t('queues.waiting', { count: waiting })}
          {oldestSince !== null && ` · ${t('queues.longest', { time: asDuration(now - Date.parse(oldestSince)) })}`} · {t('queues.ready', { count: ready })}
        </span>
      </span>
      <Deeds all={withQueue(queue)} />
    </li>
  );
}

function NumberRow({ number, name, star }: { number: string; name: string; star: ReactNode }) {
  const { withParty } = useDeeds();
  return (
    <li data-row className="directory-row">
      {star}
      <span className="directory-who">
        <strong>{name}</strong> <span className="figures quiet">{number}</span>
      </span>
      <Deeds all={withParty({ kind: 'number', number })} />
    </li>
  );
}
