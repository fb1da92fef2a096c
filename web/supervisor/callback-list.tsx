/** Who is still to be called back, in the order in which it was asked for; each may be given up for a reason. */
import { Button, Drawer, Input } from 'antd';
import type { TFunction } from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asDuration } from '../shared/clock.ts';
import { shownNumber, shownSoon } from '../shared/labels.ts';
import { useServerNow } from '../shared/now.ts';
import { isMasked, Reveal, type Values } from '../shared/reveal.tsx';
import { useSubmission } from '../shared/submission.ts';
import { useMay } from './allowed.tsx';
import { Failure } from './failure.tsx';
import { type CallbackRow, cancelCallback, useQueueNames } from './queues.ts';

const LONGEST_REASON = 200;

interface Props {
  token: string;
  callbacks: readonly CallbackRow[];
  isOpen(queueId: string): boolean;
  loaded: boolean;
  onDone(sentence: string): void;
}

/** An agent has it: it can only be talked out. */
const isTaken = ({ state }: CallbackRow): boolean => state === 'dialling' || state === 'talking';

function standing(t: TFunction, { state, dueAt }: CallbackRow, open: boolean, now: number): string {
  if (state === 'held' && dueAt === null) return t(open ? 'callbackState.waiting' : 'callbacks.closed');
  return t(`callbackState.${state}`, { time: dueAt === null ? '' : shownSoon(dueAt, now) });
}

export function Callbacks({ token, callbacks, isOpen, loaded, onDone }: Props) {
  const { t } = useTranslation();
  const queueOf = useQueueNames(token);
  const now = useServerNow(0);
  const [asked, setAsked] = useState<CallbackRow | null>(null);
  const told = (sentence: string) => {
    setAsked(null);
    onDone(sentence);
  };
  return (
    <section className="live-list" aria-label={t('callbacks.title')}>
      <h2>
        {t('callbacks.title')} <span className="quiet figures">{callbacks.length}</span>
      </h2>
      {loaded && callbacks.length === 0 && <p className="quiet">{t('callbacks.none')}</p>}
      <ul className="calls-rows">
        {callbacks.map((callback) => (
          <li key={callback.callbackId} className="callback-row">
            <Whom token={token} callback={callback} />
            <span>{queueOf(callback.queueId)}</span>
            <span>{standing(t, callback, isOpen(callback.queueId), now)}</span>
            <span className="quiet callback-since">
              {t('callbacks.since', { time: asDuration(now - Date.parse(callback.placedAt)) })}
              {callback.attempts > 0 && ` · ${t('callbacks.tries', { count: callback.attempts })}`}
            </span>
            <Button
              size="small"
              disabled={isTaken(callback)}
              aria-label={t('callbacks.cancelOne', { number: shownNumber(callback.number, true) })}
              onClick={() => setAsked(callback)}
            >
              {t('callbacks.cancel')}
            </Button>
          </li>
        ))}
      </ul>
      <GiveUp token={token} callback={asked} onClose={() => setAsked(null)} onDone={told} />
    </section>
  );
}

/** Whose number is masked for her is shown on request. */
function Whom({ token, callback: { callbackId, number } }: { token: string; callback: CallbackRow }) {
  const may = useMay(token);
  const [values, setValues] = useState<Values>({});
  const shown = values.number ?? number;
  return (
    <div className="masked-line">
      <strong className="figures">{shownNumber(shown, true)}</strong>
      {isMasked(shown) && may('personal.reveal') && <Reveal token={token} kind="callback" id={callbackId} onShown={setValues} />}
    </div>
  );
}

function GiveUp({ token, callback, onClose, onDone }: { token: string; callback: CallbackRow | null; onClose(): void; onDone(sentence: string): void }) {
  const { t } = useTranslation();
  const number = callback === null ? '' : shownNumber(callback.number, true);
  const close = (
    <Button type="text" onClick={onClose}>
      {t('controls.close')}
    </Button>
  );
  return (
    <Drawer open={callback !== null} onClose={onClose} closable={false} extra={close} size={420} title={t('callbacks.cancelOne', { number })} destroyOnHidden>
      {callback !== null && <GiveUpForm token={token} callback={callback} onDone={onDone} />}
    </Drawer>
  );
}

function GiveUpForm({ token, callback, onDone }: { token: string; callback: CallbackRow; onDone(sentence: string): void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const { busy, failed, submit } = useSubmission(
    () => cancelCallback(token, callback.callbackId, reason.trim()),
    () => onDone(t('callbacks.done', { number: shownNumber(callback.number, true) })),
  );
  return (
    <form
      className="switch-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && reason.trim() !== '') void submit();
      }}
    >
      <div className="switch-field">
        <label htmlFor="callback-reason">{t('callbacks.reason')}</label>
        <Input.TextArea
          id="callback-reason"
          aria-describedby="callback-reason-hint"
          maxLength={LONGEST_REASON}
          autoSize={{ minRows: 2, maxRows: 5 }}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <p id="callback-reason-hint" className="quiet small">
          {t('callbacks.reasonHint')}
        </p>
      </div>
      {failed !== null && <Failure error={failed} />}
      <Button type="primary" danger htmlType="submit" disabled={reason.trim() === ''} loading={busy} block>
        {t('callbacks.cancelNow')}
      </Button>
    </form>
  );
}
