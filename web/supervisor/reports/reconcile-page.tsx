/** Proves a day: sums that were counted in two or three ways that know nothing of one another, and those that do not agree. */
import { useState } from 'react';
import { useExpiry } from '../expiry.ts';
import { Failure } from '../failure.tsx';
import { useMe } from '../records.ts';
import { Frame, type PageProps } from './frame.tsx';
import { useIntervalName } from './names.ts';
import { useReconciliation, useZone } from './questions.ts';
import { RangeFields } from './range-fields.tsx';
import { commandOf, type Difference, daysOf, endOf, gapOf, isTime, MOST_DAYS, proofs } from './reconcile.ts';
import type { Range } from './span.ts';
import { named, useWords } from './words.ts';
import { dayAfter, dayAt } from './zone.ts';

/** Of more nobody reads; the first ones say where to look. */
const MOST_SHOWN = 200;

export default function ReconcilePage({ token, onSignOut, onExpired }: PageProps) {
  const w = useWords();
  const zone = useZone(token, 'tenant');
  const [chosen, setChosen] = useState<Range | null>(null);
  // Yesterday: it is whole.
  const yesterday = dayAfter(dayAt(zone.data ?? 'UTC', Date.now()), -1);
  const range = chosen ?? { from: yesterday, to: yesterday };
  const found = useReconciliation(token, range, zone.data ?? null);
  const failed = found.error ?? zone.error;
  const expired = useExpiry(failed, onExpired);
  return (
    <Frame at="reconciliation" token={token} onSignOut={onSignOut}>
      <p className="quiet">{w('proof.lead')}</p>
      <search className="reports-tools">
        <RangeFields range={range} mostDays={MOST_DAYS} onRange={setChosen} />
      </search>
      {failed !== null && !expired && <Failure error={failed} />}
      <p className="unseen" role="status">
        {found.isFetching ? w('proof.proving') : found.data !== undefined && w(found.data.reconciled ? 'proof.agree' : 'proof.differ')}
      </p>
      {found.isFetching && found.data === undefined && <p className="quiet">{w('proof.proving')}</p>}
      {found.data !== undefined && failed === null && zone.data !== undefined && (
        <>
          <Verdict intervals={found.data.intervals} differences={found.data.differences} />
          {found.data.differences.length > 0 && <Differences differences={found.data.differences} zone={zone.data} />}
          <Next token={token} zone={zone.data} days={daysOf(found.data.differences, zone.data)} range={range} />
        </>
      )}
      <Proofs />
    </Frame>
  );
}

function Verdict({ intervals, differences }: { intervals: number; differences: readonly Difference[] }) {
  const w = useWords();
  if (intervals === 0)
    return (
      <section className="reports-proof is-nothing" aria-label={w('proof.verdict')}>
        <h2>{w('proof.nothing')}</h2>
        <p>{w('proof.nothingText')}</p>
      </section>
    );
  const broken = new Set(differences.map(({ start }) => start)).size;
  if (broken === 0)
    return (
      <section className="reports-proof" aria-label={w('proof.verdict')}>
        <h2>✓ {w('proof.agree')}</h2>
        <p>{w('proof.agreeText', { count: intervals })}</p>
      </section>
    );
  return (
    <section className="reports-proof is-broken" aria-label={w('proof.verdict')}>
      <h2>✗ {w('proof.differ')}</h2>
      <p>{w('proof.differText', { broken, count: intervals, differences: differences.length })}</p>
    </section>
  );
}

const shownSum = (what: string, sum: number): string => (isTime(what) ? `${(sum / 1000).toFixed(3)} s` : String(sum));

function Differences({ differences, zone }: { differences: readonly Difference[]; zone: string }) {
  const w = useWords();
  const intervalName = useIntervalName('5min', zone);
  return (
    <section className="reports-part" aria-labelledby="differences">
      <h2 id="differences">{w('proof.differences')}</h2>
      {/** biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="wall-scroll reports-scroll" tabIndex={0} aria-label={w('proof.differences')}>
        <table className="wall-table reports-sums">
          <thead>
            <tr>
              <th scope="col">{w('table.interval')}</th>
              <th scope="col">{w('proof.what')}</th>
              <th scope="col">{w('proof.sums')}</th>
              <th scope="col">{w('proof.apart')}</th>
            </tr>
          </thead>
          <tbody>
            {differences.slice(0, MOST_SHOWN).map((difference) => (
              <tr key={`${difference.start} ${difference.what}`}>
                <th scope="row">{intervalName(Date.parse(difference.start), endOf(difference))}</th>
                <td>{named(w, 'sum', difference.what)}</td>
                <td>
                  <ul>
                    {Object.entries(difference.counts).map(([way, sum]) => (
                      <li key={way}>
                        {named(w, 'way', `${difference.what}_${way}`)} <strong className="figures">{shownSum(difference.what, sum)}</strong>
                      </li>
                    ))}
                  </ul>
                </td>
                <td className="figures is-over">{shownSum(difference.what, gapOf(difference))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {differences.length > MOST_SHOWN && <p className="quiet">{w('proof.more', { count: differences.length - MOST_SHOWN })}</p>}
    </section>
  );
}

/** `days`: in which something differs; none = all is well, and the command proves more. */
function Next({ token, zone, days, range }: { token: string; zone: string; days: readonly string[]; range: Range }) {
  const w = useWords();
  const me = useMe(token);
  const [day = range.from] = days;
  const command = <code>{commandOf(day, zone, me.data?.tenantId ?? '')}</code>;
  if (days.length === 0)
    return (
      <section className="reports-part" aria-label={w('proof.further')}>
        <p className="quiet">{w('proof.furtherText')}</p>
        {command}
      </section>
    );
  return (
    <section className="reports-part" aria-labelledby="what-next">
      <h2 id="what-next">{w('proof.next')}</h2>
      <ol>
        <li>{w('proof.nextHold', { days: days.join(', ') })}</li>
        <li>
          {w('proof.nextCommand')}
          {command}
        </li>
        <li>{w('proof.nextSend')}</li>
      </ol>
    </section>
  );
}

function Proofs() {
  const w = useWords();
  return (
    <section className="reports-part" aria-labelledby="proofs">
      <h2 id="proofs">{w('proof.compared')}</h2>
      <div className="wall-scroll">
        <table className="wall-table reports-sums">
          <thead>
            <tr>
              <th scope="col">{w('proof.what')}</th>
              <th scope="col">{w('proof.ways')}</th>
              <th scope="col">{w('proof.means')}</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(proofs).map(([what, ways]) => (
              <tr key={what}>
                <th scope="row">{named(w, 'sum', what)}</th>
                <td>
                  <ul>
                    {ways.map((way) => (
                      <li key={way}>{named(w, 'way', `${what}_${way}`)}</li>
                    ))}
                  </ul>
                </td>
                <td>{named(w, 'sumWhy', what)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
