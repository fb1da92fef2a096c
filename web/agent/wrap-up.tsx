/** The outcome of the call and her notes: from the first second of the call on, handed in after it. */
import { Button, Input } from 'antd';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../src/cti/protocol.ts';
import { waitingFor } from '../shared/busy.ts';
import { asDuration, browserClock } from '../shared/clock.ts';
import { useDesk } from './desk-context.ts';
import { type Draft, isBlank, useDraft } from './draft.ts';
import { FormFields } from './form-fields.tsx';
import { isFilledIn, outcomesOf, useQueueDesk } from './queue-desk.ts';
import { useShortcut } from './shortcuts.ts';
import { useNow } from './timer.tsx';

/** So long before the server ends the wrap-up what is filled in is handed in by itself. */
const HAND_IN_BEFORE_MS = 1_500;
const MOST_NOTES = 2_000;

export function WrapUp() {
  const { t } = useTranslation();
  const { desk } = useDesk();
  const { call } = desk;
  const open = call !== null && call.phase !== 'offered';
  return (
    <section className={`wrap-up is-${desk.agent.state}`} aria-labelledby="wrap-up-title">
      <div className="card-top">
        <h2 id="wrap-up-title">{t('wrapUp.region')}</h2>
        {desk.agent.state === 'wrapping_up' && <WrapUpLeft />}
      </div>
      {open ? <WrapUpForm call={call} /> : <p className="quiet">{t('wrapUp.idle')}</p>}
    </section>
  );
}

function WrapUpLeft() {
  const { t } = useTranslation();
  const { agent, online, can, act, view } = useDesk();
  const now = useNow();
  const busy = view.waiting.includes('extendWrapUp');
  if (agent.wrapUpUntil === null) return <span className="quiet">{t('wrapUp.unlimited')}</span>;
  const leftMs = Date.parse(agent.wrapUpUntil) - now;
  return (
    <span className={`wrap-up-left ${leftMs < 5_000 ? 'is-short' : ''}`}>
      {t('wrapUp.left')}{' '}
      <strong className="figures" role="timer" aria-live="off">
        {asDuration(leftMs)}
      </strong>
      {can('extendWrapUp') && (
        <Button size="small" disabled={!online} loading={waitingFor(busy)} onClick={() => void act('extendWrapUp', {})}>
          {t('wrapUp.extend')}
        </Button>
      )}
    </span>
  );
}

const filledOf = (form: Draft['form']): Record<string, string> => Object.fromEntries(Object.entries(form).filter(([, value]) => value !== ''));

/** Hands the draft in once: when she is done, or just before her time is up; what can no longer be handed in is shown to be copied. */
function useHandIn(callId: string, draft: Draft, forget: () => void): () => Promise<void> {
  const { agent, view, act, notify } = useDesk();
  const latest = useRef({ draft, handedIn: false, gone: false });
  latest.current.draft = draft;
  const handIn = async () => {
    const mine = latest.current;
    const { disposition } = mine.draft;
    const notes = mine.draft.notes.trim();
    mine.handedIn = true;
    if (await act('wrapUp', { callId, disposition, notes: notes === '' ? null : notes, form: filledOf(mine.draft.form) })) return forget();
    mine.handedIn = false;
    if (mine.gone && notes !== '') notify({ kind: 'unsent', text: notes });
  };
  const { wrapUpUntil, state } = agent;
  const latestHandIn = useRef(handIn);
  latestHandIn.current = handIn;
  useEffect(() => {
    if (state !== 'wrapping_up' || wrapUpUntil === null) return;
    const inMs = Date.parse(wrapUpUntil) - HAND_IN_BEFORE_MS - (browserClock.now() + view.skewMs);
    return browserClock.after(Math.max(0, inMs), () => {
      if (!latest.current.handedIn && !isBlank(latest.current.draft)) void latestHandIn.current();
    });
  }, [state, wrapUpUntil, view.skewMs]);
  useEffect(() => {
    const mine = latest.current;
    mine.gone = false;
    return () => {
      mine.gone = true;
      if (mine.handedIn || mine.draft.notes.trim() === '') return;
      notify({ kind: 'unsent', text: mine.draft.notes.trim() });
    };
  }, [notify]);
  return handIn;
}

function WrapUpForm({ call }: { call: DeskCall }) {
  const { t } = useTranslation();
  const { agent, online, can, view } = useDesk();
  const { draft, change, forget } = useDraft(call.pop.callId);
  const handIn = useHandIn(call.pop.callId, draft, forget);
  const ending = agent.state === 'wrapping_up' && can('wrapUp');
  const busy = view.waiting.includes('wrapUp');
  const queueDesk = useQueueDesk(call.pop.queue?.queueId ?? null);
  const form = queueDesk?.form ?? [];
  const outcomes = outcomesOf(t, queueDesk);
  const chosen = draft.disposition !== null;
  const complete = chosen && form.every((field) => isFilledIn(field, draft.form));
  useShortcut('F9', ending && online && complete && !busy ? () => void handIn() : null);
  return (
    <form
      className="wrap-up-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (ending && complete && !busy) void handIn();
      }}
    >
      <fieldset className="outcomes">
        <legend>
          {t('wrapUp.disposition')} <span className="required">{t('wrapUp.required')}</span>
        </legend>
        {outcomes.map(({ name, words }) => (
          <label key={name} className="outcome">
            <input type="radio" name="disposition" value={name} checked={draft.disposition === name} onChange={() => change({ disposition: name })} />
            <span>{words}</span>
          </label>
        ))}
      </fieldset>
      <FormFields form={form} values={draft.form} onChange={(name, value) => change({ form: { ...draft.form, [name]: value } })} />
      <label htmlFor="notes" className="notes-label">
        {t('wrapUp.notes')}
      </label>
      <Input.TextArea
        id="notes"
        className="notes"
        maxLength={MOST_NOTES}
        placeholder={t('wrapUp.notesHint')}
        value={draft.notes}
        onChange={(event) => change({ notes: event.target.value })}
      />
      <div className="wrap-up-foot">
        <p className="quiet small wrap-up-hint">
          {ending ? (complete ? t('wrapUp.autoSaved') : chosen ? t('wrapUp.fillInFirst') : t('wrapUp.chooseFirst')) : t('wrapUp.during')}
        </p>
        {ending && (
          <Button type="primary" size="large" block htmlType="submit" disabled={!online || !complete} loading={waitingFor(busy)}>
            {agent.reasons.length > 0 ? t('wrapUp.doneAfter') : t('wrapUp.done')} <kbd>F9</kbd>
          </Button>
        )}
      </div>
    </form>
  );
}
