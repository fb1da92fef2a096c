/** Calls there were, newest first, and beside them the one that is looked at. */
import { Button, Input } from 'antd';
import { type KeyboardEvent, useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { browserClock } from '../shared/clock.ts';
import { isWholeNumber } from '../shared/reveal.tsx';
import { Allowed } from './allowed.tsx';
import { CallDetail } from './call-detail.tsx';
import { CallList } from './call-list.tsx';
import { useExpiry } from './expiry.ts';
import { Failure } from './failure.tsx';
import { type Filter, isNumber, useCalls, useMe } from './records.ts';
import { SupervisionTrail } from './supervision-trail.tsx';
import { TopBar } from './top-bar.tsx';

interface Props {
  token: string;
  onSignOut(): void;
  onExpired(): void;
}

/** She types; what she has typed is asked for when she rests. */
const REST_MS = 400;
const NOTHING: Filter = { caller: '', agent: '', rating: '' };
/** As the API takes them. */
const RATINGS = ['4-5', '5', '4', '3', '2', '1'] as const;

export function CallsPage({ token, onSignOut, onExpired }: Props) {
  const { t } = useTranslation();
  const me = useMe(token);
  const [typed, setTyped] = useState<Filter>(NOTHING);
  const [filter, setFilter] = useState(typed);
  const [pages, setPages] = useState(1);
  const [chosen, setChosen] = useState<string | null>(null);
  const calls = useCalls(token, me.data?.tenantId, filter, pages);
  useEffect(() => {
    document.title = `${t('calls.title')} · ${t('product')}`;
  }, [t]);
  // Half a number would be in the audit trail, too.
  const mustConfirm = me.data?.may['personal.read'] !== 'all' && isWholeNumber(typed.caller);
  const ask = useCallback(() => {
    setFilter({ caller: isNumber(typed.caller) ? typed.caller : '', agent: isNumber(typed.agent) ? typed.agent : '', rating: typed.rating });
    setPages(1);
  }, [typed]);
  useEffect(() => (mustConfirm ? undefined : browserClock.after(REST_MS, ask)), [mustConfirm, ask]);
  const failed = me.error ?? calls.error;
  const expired = useExpiry(failed, onExpired);
  const items = calls.data?.items ?? [];
  const call = items.find(({ callId }) => callId === chosen) ?? null;
  return (
    <div className="calls-page">
      <TopBar at="calls" token={token} name={me.data?.name} onSignOut={onSignOut} />
      <main className="calls-main">
        <section className="calls-list" aria-label={t('calls.list')}>
          <Filters typed={typed} mustConfirm={mustConfirm && filter.caller !== typed.caller} onType={setTyped} onAsk={ask} />
          {failed !== null && !expired && <Failure error={failed} />}
          <CallList
            calls={items}
            chosen={chosen}
            onChoose={setChosen}
            loaded={calls.data !== undefined}
            filtered={filter.caller !== '' || filter.agent !== '' || filter.rating !== ''}
          />
          {calls.data != null && calls.data.nextCursor !== null && (
            <Button block onClick={() => setPages(pages + 1)} loading={calls.isFetching}>
              {t('calls.more')}
            </Button>
          )}
        </section>
        {call === null ? (
          <div className="call-detail">
            <p className="calls-nothing quiet">{t('calls.choose')}</p>
            <Allowed token={token} to="supervision.read">
              <SupervisionTrail token={token} callId={null} />
            </Allowed>
          </div>
        ) : (
          <CallDetail key={call.callId} token={token} call={call} />
        )}
      </main>
    </div>
  );
}

interface FiltersProps {
  typed: Filter;
  mustConfirm: boolean;
  onType(filter: Filter): void;
  onAsk(): void;
}

function Filters({ typed, mustConfirm, onType, onAsk }: FiltersProps) {
  const { t } = useTranslation();
  // Escape empties them: the list is whole again.
  const clear = (event: KeyboardEvent) => event.key === 'Escape' && onType(NOTHING);
  const wrong = (text: string) => (text !== '' && !isNumber(text) ? ({ status: 'error', 'aria-invalid': true } as const) : {});
  return (
    <search className="calls-filters" onKeyDown={clear}>
      <label htmlFor="by-caller">{t('calls.byCaller')}</label>
      <Input
        id="by-caller"
        allowClear
        placeholder={t('calls.callerHint')}
        value={typed.caller}
        onChange={(event) => onType({ ...typed, caller: event.target.value.trim() })}
        onPressEnter={onAsk}
        {...wrong(typed.caller)}
      />
      <label htmlFor="by-agent">{t('calls.byAgent')}</label>
      <Input
        id="by-agent"
        allowClear
        value={typed.agent}
        onChange={(event) => onType({ ...typed, agent: event.target.value.trim() })}
        {...wrong(typed.agent)}
      />
      <label htmlFor="by-rating">{t('calls.byRating')}</label>
      <select id="by-rating" value={typed.rating} onChange={(event) => onType({ ...typed, rating: event.target.value })}>
        <option value="">{t('rating.any')}</option>
        {RATINGS.map((rating) => (
          <option key={rating} value={rating}>
            {t(`rating.${rating}`)}
          </option>
        ))}
      </select>
      <p className="calls-hint quiet small" role="status">
        {mustConfirm && t('calls.wholeNumber')}
      </p>
    </search>
  );
}
