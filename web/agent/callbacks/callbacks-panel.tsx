/** A callback booked for the caller, or for any number: by which queue, when, and what whoever calls should know; beneath it those she has booked. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../../src/cti/protocol.ts';
import { get, remove } from '../../shared/api.ts';
import { waitingFor } from '../../shared/busy.ts';
import type { CommandData } from '../../shared/cti/client.ts';
import { Icon } from '../../shared/icon.tsx';
import { languageNow, ownName, shownNumber, shownSoon } from '../../shared/labels.ts';
import { useDesk } from '../desk-context.ts';
import { useNow } from '../timer.tsx';
import './callbacks.css';

const EVERY_MS = 10_000;
const LONGEST_NOTE = 250;
const HOUR_MS = 3_600_000;
/** So long after its beginning it may be made. */
const windows = [0, 1, 2, 4] as const;

/** What of a line of `GET /api/v1/callbacks` is shown here. */
interface Booked {
  callbackId: string;
  number: string;
  queueId: string;
  state: 'held' | 'waiting' | 'offered' | 'dialling' | 'talking';
  dueAt: string | null;
  note: string | null;
}

const KEY = ['ownCallbacks'];

export default function CallbacksPanel({ onClose }: { onClose(): void }) {
  const { t } = useTranslation();
  const { desk } = useDesk();
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const leave = (event: KeyboardEvent) => event.key === 'Escape' && close.current();
    window.addEventListener('keydown', leave);
    return () => window.removeEventListener('keydown', leave);
  }, []);
  return (
    <aside className="directory callbacks" aria-label={t('booking.title')}>
      <div className="card-top">
        <h2>{t('booking.title')}</h2>
        <span className="spacer" />
        <Button type="text" aria-label={t('controls.close')} icon={<Icon name="cross" />} onClick={onClose} />
      </div>
      <BookingForm key={desk.call?.pop.callId ?? 'none'} call={desk.call} />
      <Own />
    </aside>
  );
}

interface Wish {
  number: string;
  queue: string;
  /** Of an `<input type="datetime-local">`; '' = in turn. */
  at: string;
  hours: (typeof windows)[number];
  note: string;
}

/** null: the number, or the time, cannot be. */
function commandOf({ number, queue, at, hours, note }: Wish, call: DeskCall | null, now: number): CommandData<'requestCallback'> | null {
  const digits = number.replaceAll(/[\s().-]/g, '');
  if (!/^\+?[0-9]{3,20}$/.test(digits)) return null;
  const from = at === '' ? null : new Date(at).getTime();
  if (from !== null && !(from > now)) return null;
  const window = {
    ...(from === null ? {} : { notBefore: new Date(from).toISOString() }),
    ...(hours === 0 ? {} : { notAfter: new Date((from ?? now) + hours * HOUR_MS).toISOString() }),
  };
  const words = note.trim();
  // What is known of the call goes with it; one that is over by now is no longer hers to name.
  const ofCall = call === null || call.phase === 'cleared' ? {} : { callId: call.pop.callId };
  return { queue, number: digits, ...ofCall, ...window, ...(words === '' ? {} : { note: words }) };
}

function BookingForm({ call }: { call: DeskCall | null }) {
  const { t } = useTranslation();
  const { desk, act, can, online, view } = useDesk();
  const queries = useQueryClient();
  const now = useNow();
  const first = ownName(call?.pop.queue?.queueId ?? desk.queues[0]?.queueId ?? '');
  const [wish, setWish] = useState<Wish>({ number: call?.pop.caller.number ?? '', queue: first, at: '', hours: 0, note: '' });
  const [done, setDone] = useState(false);
  const change = (part: Partial<Wish>) => {
    setWish({ ...wish, ...part });
    setDone(false);
  };
  const busy = view.waiting.includes('requestCallback');
  const command = commandOf(wish, call, now);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (command === null || busy || !(await act('requestCallback', command))) return;
    setDone(true);
    await queries.invalidateQueries({ queryKey: KEY });
  };
  return (
    <form className="booking" onSubmit={(event) => void submit(event)}>
      <label htmlFor="booking-number">
        <span>{t('booking.number')}</span>
        <Input id="booking-number" inputMode="tel" value={wish.number} onChange={(event) => change({ number: event.target.value })} />
      </label>
      <label>
        <span>{t('booking.queue')}</span>
        <select value={wish.queue} onChange={(event) => change({ queue: event.target.value })}>
          {desk.queues.map(({ queueId, name }) => (
            <option key={queueId} value={ownName(queueId)}>
              {name[languageNow()]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{t('booking.at')}</span>
        <input type="datetime-local" value={wish.at} onChange={(event) => change({ at: event.target.value })} />
        <span className="quiet small">{t('booking.atHint')}</span>
      </label>
      <label>
        <span>{t('booking.within')}</span>
        <select value={wish.hours} onChange={(event) => change({ hours: windows.find((hours) => String(hours) === event.target.value) ?? 0 })}>
          {windows.map((hours) => (
            <option key={hours} value={hours}>
              {hours === 0 ? t('booking.anyTime') : t('booking.hours', { hours })}
            </option>
          ))}
        </select>
      </label>
      <label htmlFor="booking-note" className="booking-note">
        <span>{t('booking.note')}</span>
        <Input.TextArea id="booking-note" maxLength={LONGEST_NOTE} rows={2} value={wish.note} onChange={(event) => change({ note: event.target.value })} />
      </label>
      <div className="booking-foot">
        <span role="status" className="quiet small">
          {done ? t('booking.done') : command === null && wish.number !== '' ? t('booking.incomplete') : ''}
        </span>
        <Button type="primary" htmlType="submit" disabled={!online || command === null || !can('requestCallback')} loading={waitingFor(busy)}>
          {t('booking.book')}
        </Button>
      </div>
    </form>
  );
}

/** Hers alone; what an agent has taken already cannot be given up. */
function Own() {
  const { t } = useTranslation();
  const { token, agent, desk } = useDesk();
  const queries = useQueryClient();
  const now = useNow();
  const { data, isError } = useQuery({
    queryKey: [...KEY, agent.agentId],
    queryFn: () => get<{ items: Booked[] }>(token, '/api/v1/callbacks'),
    refetchInterval: EVERY_MS,
  });
  const giveUp = async (callbackId: string) => {
    await remove(token, `/api/v1/callbacks/${encodeURIComponent(callbackId)}`).catch(() => undefined);
    await queries.invalidateQueries({ queryKey: KEY });
  };
  const nameOf = (queueId: string) => desk.queues.find((queue) => queue.queueId === queueId)?.name[languageNow()] ?? ownName(queueId);
  return (
    <section className="directory-rows" aria-label={t('booking.own')}>
      <h3 className="quiet">{t('booking.own')}</h3>
      {isError && <p className="fault">{t('booking.failed')}</p>}
      {data?.items.length === 0 && <p className="quiet">{t('booking.none')}</p>}
      <ul>
        {data?.items.map(({ callbackId, number, queueId, state, dueAt, note }) => (
          <li key={callbackId} className="directory-row" data-callback={state}>
            <span className="directory-who">
              <strong className="figures">{shownNumber(number, true)}</strong> {nameOf(queueId)}
              <span className="directory-state small">
                {t(`callbackState.${state === 'held' && dueAt === null ? 'waiting' : state}`, { time: dueAt === null ? '' : shownSoon(dueAt, now) })}
                {note !== null && ` · ${note}`}
              </span>
            </span>
            {(state === 'held' || state === 'waiting') && (
              <Button size="small" aria-label={t('booking.giveUpOne', { number: shownNumber(number, true) })} onClick={() => void giveUp(callbackId)}>
                {t('booking.giveUp')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
