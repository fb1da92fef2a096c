/** Chats, mail and messages: what is offered to her, what she has, and how much of each channel she takes. Nothing where she takes calls alone. */
import { Button } from 'antd';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskInteraction } from '../../src/cti/protocol.ts';
import { waitingFor } from '../shared/busy.ts';
import { asDuration } from '../shared/clock.ts';
import { label, languageNow } from '../shared/labels.ts';
import { useDesktopNote } from './alerts.tsx';
import { type DeskTools, useDesk } from './desk-context.ts';
import { dispositions } from './dispositions.ts';
import { useShortcut } from './shortcuts.ts';
import { Since, useNow } from './timer.tsx';

const VOICE = 'voice';
/** Why an agent declines; what is recorded is the name. */
const declineReasons = ['not_my_field', 'language', 'no_time', 'other'] as const;

export function takesInteractions({ agent, desk }: Pick<DeskTools, 'agent' | 'desk'>): boolean {
  return desk.interactions.length > 0 || Object.entries(agent.channels ?? {}).some(([channel, most]) => channel !== VOICE && most > 0);
}

export function Interactions() {
  const { t } = useTranslation();
  const { desk } = useDesk();
  const [chosen, setChosen] = useState<string | null>(null);
  const offered = desk.interactions.find(({ state }) => state === 'offered');
  const hers = desk.interactions.filter(({ state }) => state !== 'offered');
  const current = hers.find(({ interactionId }) => interactionId === chosen) ?? hers[0];
  const line = offered === undefined ? '' : t('chats.announce', { channel: label(t, 'channel', offered.channel), from: whoWrites(offered) });
  useDesktopNote(offered?.interactionId ?? null, line);
  return (
    <section className="chats" aria-labelledby="chats-title">
      <div className="card-top">
        <h2 id="chats-title">{t('chats.region')}</h2>
        <Capacity />
      </div>
      <div className="unseen" aria-live="assertive" data-live="chat">
        {line}
      </div>
      {offered !== undefined && <Offered key={offered.offerId} one={offered} onTaken={() => setChosen(offered.interactionId)} />}
      {hers.length > 0 && <Tabs hers={hers} current={current} onChoose={setChosen} />}
      {current !== undefined && <Current key={current.interactionId} one={current} />}
      {desk.interactions.length === 0 && <p className="quiet">{t('chats.none')}</p>}
    </section>
  );
}

const whoWrites = ({ data, from, externalId }: DeskInteraction): string => data.subject ?? (from === '' ? (externalId ?? '—') : from);

/** How many she has of how many she takes. */
function Capacity() {
  const { t } = useTranslation();
  const { agent, desk } = useDesk();
  const rows = Object.entries(agent.channels ?? {}).filter(([channel, most]) => channel !== VOICE && most > 0);
  return (
    <ul className="capacity" aria-label={t('chats.capacity')}>
      {rows.map(([channel, most]) => {
        const has = desk.interactions.filter((one) => one.channel === channel && one.state !== 'offered').length;
        return (
          <li key={channel} data-channel={channel} className={has >= most ? 'is-full' : ''}>
            {label(t, 'channel', channel)} <strong className="figures">{t('chats.of', { has, most })}</strong>
          </li>
        );
      })}
    </ul>
  );
}

function Offered({ one, onTaken }: { one: DeskInteraction; onTaken(): void }) {
  const { t } = useTranslation();
  const { act, online, view } = useDesk();
  const [reason, setReason] = useState('');
  const busy = view.waiting.includes('acceptInteraction') || view.waiting.includes('declineInteraction');
  const { interactionId } = one;
  const works = online && !busy;
  const accept = async () => {
    if (await act('acceptInteraction', { interactionId })) onTaken();
  };
  const decline = () => void act('declineInteraction', { interactionId, reason: reason === '' ? null : reason });
  useShortcut('F3', works ? () => void accept() : null);
  useShortcut('F10', works ? decline : null);
  return (
    <article className="chat is-offered" aria-label={t('chats.offered')} data-interaction={interactionId}>
      <Head one={one} />
      <Facts one={one} />
      <div className="chat-buttons">
        <Button type="primary" disabled={!online} loading={waitingFor(busy)} onClick={works ? () => void accept() : undefined}>
          {t('chats.accept')} <kbd>F3</kbd>
        </Button>
        <Button disabled={!works} onClick={decline}>
          {t('chats.decline')} <kbd>F10</kbd>
        </Button>
      </div>
      <label className="chat-choice">
        {t('chats.why')}
        <select value={reason} onChange={(event) => setReason(event.target.value)}>
          <option value="">{t('chats.noReason')}</option>
          {declineReasons.map((name) => (
            <option key={name} value={name}>
              {t(`declineReason.${name}`)}
            </option>
          ))}
        </select>
      </label>
    </article>
  );
}

/** One tab each; ↑ ↓ go from one to the next. */
function Tabs({ hers, current, onChoose }: { hers: DeskInteraction[]; current: DeskInteraction | undefined; onChoose(id: string): void }) {
  const { t } = useTranslation();
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0 || current === undefined) return;
    event.preventDefault();
    const next = hers[(hers.indexOf(current) + step + hers.length) % hers.length];
    if (next === undefined) return;
    onChoose(next.interactionId);
    document.getElementById(`chat-tab-${next.interactionId}`)?.focus();
  };
  return (
    <div className="chat-tabs" role="tablist" aria-orientation="vertical" aria-label={t('chats.open')} onKeyDown={move}>
      {hers.map((one) => (
        <button
          type="button"
          key={one.interactionId}
          role="tab"
          id={`chat-tab-${one.interactionId}`}
          aria-selected={one === current}
          aria-controls="chat-panel"
          tabIndex={one === current ? 0 : -1}
          className={`chat-tab is-${one.state}`}
          onClick={() => onChoose(one.interactionId)}
        >
          <span className="chat-who">{whoWrites(one)}</span>
          <span className="quiet">{label(t, 'channel', one.channel)}</span>
          <Since at={one.since} />
        </button>
      ))}
    </div>
  );
}

function Current({ one }: { one: DeskInteraction }) {
  const { t } = useTranslation();
  const { act, online, view } = useDesk();
  const [disposition, setDisposition] = useState(one.disposition ?? '');
  useEffect(() => {
    if (one.disposition !== null) setDisposition(one.disposition);
  }, [one.disposition]);
  const { interactionId } = one;
  const active = one.state === 'active';
  const command = active ? 'doneInteraction' : 'endInteractionWrapUp';
  const busy = view.waiting.includes(command);
  const works = online && !busy && disposition !== '';
  const finish = () => void act(command, { interactionId, disposition });
  useShortcut('F1', works ? finish : null);
  return (
    <div className={`chat is-${one.state}`} role="tabpanel" id="chat-panel" aria-labelledby={`chat-tab-${interactionId}`} data-interaction={interactionId}>
      <Head one={one} />
      <Facts one={one} />
      <label className="chat-choice">
        {t('wrapUp.disposition')}
        <select value={disposition} onChange={(event) => setDisposition(event.target.value)}>
          <option value="">{t('chats.choose')}</option>
          {dispositions.map((name) => (
            <option key={name} value={name}>
              {t(`disposition.${name}`)}
            </option>
          ))}
        </select>
      </label>
      <div className="chat-buttons">
        <Button type="primary" disabled={!online || disposition === ''} loading={waitingFor(busy)} onClick={works ? finish : undefined}>
          {t(active ? 'chats.done' : 'chats.endWrapUp')} <kbd>F1</kbd>
        </Button>
      </div>
    </div>
  );
}

/** What it is, how it stands, since when, and how long that lasts at most. */
function Head({ one }: { one: DeskInteraction }) {
  const { t } = useTranslation();
  const now = useNow();
  const { channel, state, until, queue, since } = one;
  const left = until === null ? null : asDuration(Date.parse(until) - now);
  return (
    <p className="chat-head" data-chat-state={state}>
      <strong>{t(`chatState.${state}`)}</strong>
      <span>
        {label(t, 'channel', channel)} · {queue.name[languageNow()]}
      </span>
      {left === null ? <Since at={since} /> : <span className="figures">{t('chats.left', { time: left })}</span>}
    </p>
  );
}

function Facts({ one: { from, externalId, data, moreData, askedAt } }: { one: DeskInteraction }) {
  const { t } = useTranslation();
  const now = useNow();
  const rows: [string, string][] = [
    ...(from === '' ? [] : [[t('chats.from'), from] as [string, string]]),
    ...(externalId === null ? [] : [[t('chats.externalId'), externalId] as [string, string]]),
    [t('chats.age'), asDuration(now - Date.parse(askedAt))],
    ...Object.entries(data).map(([key, value]): [string, string] => [label(t, 'dataName', key), key === 'topic' ? label(t, 'topic', value) : value]),
  ];
  return (
    <>
      <dl className="facts">
        {rows.map(([name, value]) => (
          <div className="fact" key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {moreData > 0 && <p className="quiet small">{t('chats.more', { count: moreData })}</p>}
    </>
  );
}
