/** Calls there were, newest first, and beside them the one that is looked at. */
import { Button } from 'antd';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { browserClock } from '../shared/clock.ts';
import { isWholeNumber } from '../shared/reveal.tsx';
import { Allowed } from './allowed.tsx';
import { CallDetail } from './call-detail.tsx';
import { Filters, NOTHING } from './call-filters.tsx';
import { CallList } from './call-list.tsx';
import { useExpiry } from './expiry.ts';
import { Failure } from './failure.tsx';
import { type Filter, isData, isNumber, useCalls, useMe } from './records.ts';
import { SupervisionTrail } from './supervision-trail.tsx';
import { TopBar } from './top-bar.tsx';

interface Props {
  token: string;
  onSignOut(): void;
  onExpired(): void;
}

/** She types; what she has typed is asked for when she rests. */
const REST_MS = 400;

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
    const { caller, agent, data } = typed;
    setFilter({ ...typed, caller: isNumber(caller) ? caller : '', agent: isNumber(agent) ? agent : '', data: isData(data) ? data : '' });
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
          <Filters
            token={token}
            typed={typed}
            mustConfirm={mustConfirm && filter.caller !== typed.caller}
            seesData={me.data?.may['personal.read'] !== undefined}
            onType={setTyped}
            onAsk={ask}
          />
          {failed !== null && !expired && <Failure error={failed} />}
          <CallList
            calls={items}
            chosen={chosen}
            onChoose={setChosen}
            loaded={calls.data !== undefined}
            filtered={Object.values(filter).some((asked) => asked !== '')}
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
