/** Who waits, and who is served: each a row that opens why. */
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { shownNumber } from '../shared/labels.ts';
import type { LiveCall } from './floor.ts';
import { Since } from './since.tsx';

interface Props {
  calls: readonly LiveCall[];
  queueId: string | null;
  /** There are more calls than are shown. */
  more: boolean;
  nameOf(id: string): string;
  queueOf(id: string | null): string;
  onAsk(call: LiveCall): void;
}

export const WallCalls = memo(function WallCalls({ calls, queueId, ...rest }: Props) {
  const { t } = useTranslation();
  const here = calls.filter((call) => queueId === null || call.queueId === queueId);
  return (
    <div className="wall-calls">
      <Calls title={t('live.waiting')} none={t('live.nobodyWaits')} calls={here.filter(({ waiting }) => waiting)} {...rest} />
      <Calls title={t('live.others')} none={t('live.noCalls')} calls={here.filter(({ waiting }) => !waiting)} {...rest} />
    </div>
  );
});

function Calls({ title, none, calls, more, nameOf, queueOf, onAsk }: Omit<Props, 'queueId'> & { title: string; none: string }) {
  const { t } = useTranslation();
  return (
    <section className="live-list" aria-label={title}>
      <h2>
        {title}{' '}
        <span className="quiet figures">
          {calls.length}
          {more && '+'}
        </span>
      </h2>
      {calls.length === 0 && <p className="quiet">{none}</p>}
      <ul className="calls-rows">
        {calls.map((call) => {
          const agentId = call.legs.find((leg) => leg.agentId !== null && leg.state !== 'ended')?.agentId ?? null;
          return (
            <li key={call.callId}>
              <button type="button" className="live-row" onClick={() => onAsk(call)}>
                <strong className="figures">{call.caller === '' ? t('call.withheld') : shownNumber(call.caller, false)}</strong>
                <span>{queueOf(call.queueId)}</span>
                <span className="quiet">{agentId === null ? '' : nameOf(agentId)}</span>
                <Since since={call.arrivedAt} />
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
