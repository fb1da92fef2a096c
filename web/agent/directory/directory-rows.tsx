/** What the directory has, row by row, each with what can be done with it now. */
import { Button } from 'antd';
import { createContext, type ReactNode, useContext } from 'react';
import { useTranslation } from 'react-i18next';
import { asDuration } from '../../shared/clock.ts';
import type { CommandType } from '../../shared/cti/client.ts';
import { languageNow, shownTime } from '../../shared/labels.ts';
import { useDesk } from '../desk-context.ts';
import { recentNumbers } from '../dialling/recent.ts';
import { useNow } from '../timer.tsx';
import { type Colleague, type Directory, type QueueEntry, useFavourites } from './directory.ts';
import { numberIn } from './number.ts';

type Deed = { type: Extract<CommandType, 'dial' | 'consult' | 'addParty' | 'blindTransfer'>; run(): void };

const RECENT_SHOWN = 6;

/** On which queue's behalf a call is made; null: nobody's. `onDone`: it was. */
interface Dialling {
  behalf: string | null;
  onDone(): void;
}
const DiallingContext = createContext<Dialling>({ behalf: null, onDone: () => undefined });

/** Marked entries first, each kind in the order of the house. */
export function Found({ directory, search, ...dialling }: { directory: Directory; search: string } & Dialling) {
  const { t } = useTranslation();
  const { agent, view } = useDesk();
  const favourites = useFavourites();
  const { agents, queues, numbers, more } = directory;
  const typed = numberIn(search);
  const recent = search === '' ? recentNumbers(agent.agentId).slice(0, RECENT_SHOWN) : [];
  const isKnown = typed !== null && (agents.some(({ number }) => number === typed) || numbers.some(({ number }) => number === typed));
  const first = <T extends { number: string }>(all: T[]): T[] => [...all].sort((a, b) => Number(favourites.has(b.number)) - Number(favourites.has(a.number)));
  const star = (number: string) => <Star marked={favourites.has(number)} onToggle={() => favourites.toggle(number)} />;
  const flows = agent.can.includes('transferToDialplan')
    ? (view.welcome?.flows ?? []).filter(({ flow, name }) => `${flow} ${name.zh} ${name.en}`.toLowerCase().includes(search.toLowerCase()))
    : [];
  const isEmpty = agents.length === 0 && queues.length === 0 && numbers.length === 0 && recent.length === 0 && flows.length === 0 && typed === null;
  return (
    <DiallingContext.Provider value={dialling}>
      <div className="directory-rows">
        {typed !== null && !isKnown && (
          <Group title={t('directory.typed')}>
            <NumberRow number={typed} name={t('directory.outside')} star={null} />
          </Group>
        )}
        <Group title={t('dial.recent')}>
          {recent.map(({ number, name, called, at }) => (
            <NumberRow
              key={number}
              number={number}
              name={`${name ?? ''} ${t(called ? 'dial.calledAt' : 'dial.cameAt', { time: shownTime(at) })}`}
              star={null}
            />
          ))}
        </Group>
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
        <Group title={t('dial.flows')}>
          {flows.map(({ flow, name }) => (
            <FlowRow key={flow} flow={flow} name={name[languageNow()]} />
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
    </DiallingContext.Provider>
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

interface Deeds {
  withParty(target: { kind: 'agent' | 'number'; number: string }): Deed[];
  withQueue(queue: string): Deed[];
  withFlow(flow: string): Deed[];
}

function useDeeds(): Deeds {
  const { act, desk } = useDesk();
  const { behalf, onDone } = useContext(DiallingContext);
  const call = desk.call === null ? {} : { callId: desk.call.pop.callId };
  const dial = async (target: { kind: 'agent' | 'number'; number: string }) => {
    if (await act('dial', { target, ...(desk.queues.length === 0 ? {} : { queue: behalf }) })) onDone();
  };
  return {
    withParty: (target) => [
      { type: 'dial', run: () => void dial(target) },
      { type: 'consult', run: () => void act('consult', { ...call, target }) },
      { type: 'addParty', run: () => void act('addParty', { ...call, target }) },
      { type: 'blindTransfer', run: () => void act('blindTransfer', { ...call, target }) },
    ],
    withQueue: (queue) => [{ type: 'blindTransfer', run: () => void act('blindTransfer', { ...call, target: { kind: 'queue', queue } }) }],
    withFlow: (flow) => [{ type: 'blindTransfer', run: () => void act('blindTransfer', { ...call, target: { kind: 'dialplan', flow } }) }],
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

/** A part of the menu that callers may be sent into. */
function FlowRow({ flow, name }: { flow: string; name: string }) {
  const { withFlow } = useDeeds();
  return (
    <li data-row className="directory-row">
      <span className="directory-who">
        <strong>{name}</strong>
      </span>
      <Deeds all={withFlow(flow)} />
    </li>
  );
}
