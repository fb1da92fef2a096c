/** By what calls are looked for: who, how it was rated, what came of it, what was attached to it, what was said of recording. */
import { Input } from 'antd';
import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { dispositions } from '../agent/dispositions.ts';
import { languageNow } from '../shared/labels.ts';
import { useQueueChoice } from './queues.ts';
import { type Filter, isData, isNumber } from './records.ts';

export const NOTHING: Filter = { caller: '', agent: '', rating: '', disposition: '', data: '', consent: '' };
/** As the API takes them. */
const RATINGS = ['4-5', '5', '4', '3', '2', '1'] as const;
const CONSENTS = ['refused', 'given', 'announced'] as const;

interface Props {
  token: string;
  typed: Filter;
  /** A whole number is asked for when she says so. */
  mustConfirm: boolean;
  /** Who sees what is attached to calls may search by it. */
  seesData: boolean;
  onType(filter: Filter): void;
  onAsk(): void;
}

export function Filters({ token, typed, mustConfirm, seesData, onType, onAsk }: Props) {
  const { t } = useTranslation();
  const set = (change: Partial<Filter>) => onType({ ...typed, ...change });
  // Escape empties them: the list is whole again.
  const clear = (event: KeyboardEvent) => event.key === 'Escape' && onType(NOTHING);
  const wrong = (isRight: boolean) => (isRight ? {} : ({ status: 'error', 'aria-invalid': true } as const));
  const number = (text: string) => text === '' || isNumber(text);
  const hint = mustConfirm ? t('calls.wholeNumber') : typed.data === '' || isData(typed.data) ? '' : t('calls.dataHelp');
  return (
    <search className="calls-filters" onKeyDown={clear}>
      <label htmlFor="by-caller">{t('calls.byCaller')}</label>
      <Input
        id="by-caller"
        allowClear
        placeholder={t('calls.callerHint')}
        value={typed.caller}
        onChange={(event) => set({ caller: event.target.value.trim() })}
        onPressEnter={onAsk}
        {...wrong(number(typed.caller))}
      />
      <label htmlFor="by-agent">{t('calls.byAgent')}</label>
      <Input id="by-agent" allowClear value={typed.agent} onChange={(event) => set({ agent: event.target.value.trim() })} {...wrong(number(typed.agent))} />
      <Outcome token={token} value={typed.disposition} onChoose={(disposition) => set({ disposition })} />
      <label htmlFor="by-rating">{t('calls.byRating')}</label>
      <select id="by-rating" value={typed.rating} onChange={(event) => set({ rating: event.target.value })}>
        <option value="">{t('rating.any')}</option>
        {RATINGS.map((rating) => (
          <option key={rating} value={rating}>
            {t(`rating.${rating}`)}
          </option>
        ))}
      </select>
      {seesData && (
        <>
          <label htmlFor="by-data">{t('calls.byData')}</label>
          <Input
            id="by-data"
            allowClear
            maxLength={400}
            placeholder={t('calls.dataHint')}
            title={t('calls.dataHelp')}
            aria-description={t('calls.dataHelp')}
            value={typed.data}
            onChange={(event) => set({ data: event.target.value })}
            onPressEnter={onAsk}
            {...wrong(typed.data === '' || isData(typed.data))}
          />
        </>
      )}
      <label htmlFor="by-consent">{t('calls.byConsent')}</label>
      <select id="by-consent" value={typed.consent} onChange={(event) => set({ consent: event.target.value })}>
        <option value="">{t('recordingConsent.any')}</option>
        {CONSENTS.map((consent) => (
          <option key={consent} value={consent}>
            {t(`consentShort.${consent}`)}
          </option>
        ))}
      </select>
      <p className="calls-hint quiet small" role="status">
        {hint}
      </p>
    </search>
  );
}

/** The desk's usual outcomes, and those of queues that have their own. */
function Outcome({ token, value, onChoose }: { token: string; value: string; onChoose(disposition: string): void }) {
  const { t } = useTranslation();
  const queues = useQueueChoice(token);
  const own = (queues.data ?? []).flatMap(({ desk }) => desk?.dispositions ?? []).map(({ name, label }) => [name, label[languageNow()]] as const);
  const all = new Map<string, string>([...dispositions.map((name) => [name, t(`disposition.${name}`)] as const), ...own]);
  return (
    <>
      <label htmlFor="by-disposition">{t('wrapUp.disposition')}</label>
      <select id="by-disposition" value={value} onChange={(event) => onChoose(event.target.value)}>
        <option value="">{t('calls.anyOutcome')}</option>
        {[...all].map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
    </>
  );
}
