/** What a change would have done to the calls that were recorded: played in the background, before anybody saves it. */
import { Alert, Button, Progress } from 'antd';
import { useEffect, useState } from 'react';
import { get, post, remove } from '../../shared/api.ts';
import { browserClock } from '../../shared/clock.ts';
import { useAdmin } from '../admin.ts';
import { Failure } from '../failure.tsx';
import { useWords } from '../words.ts';
import { type Queue, TRIALS } from './queue.ts';

interface Figure {
  mean: number;
  plusMinus: number | null;
}
const shown = ['serviceLevel', 'abandonment', 'asa', 'waitP90', 'longestWait', 'sentBack', 'occupancy', 'idleGini'] as const;
type FigureName = (typeof shown)[number];
type Figures = Partial<Record<FigureName, Figure>>;
interface Side {
  all: Figures;
  queues: Record<string, Figures>;
}
interface Trial {
  trialId: string;
  state: 'running' | 'done' | 'failed' | 'cancelled';
  progress: number;
  why: 'no_calls' | 'too_long' | 'broken' | null;
  result: { calls: number; seeds: number; today: Side; draft: Side; difference: Figures } | null;
}

const LOOK_AGAIN_MS = 500;

export function QueueTrial({ queue, change, disabled }: { queue: Queue; change: Record<string, unknown>; disabled: boolean }) {
  const w = useWords();
  const { token } = useAdmin();
  const [trial, setTrial] = useState<Trial | null>(null);
  const [failed, setFailed] = useState<Error | null>(null);
  const changing = JSON.stringify(change);
  // What was tried is not what is there now.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another change makes the figures old
  useEffect(() => setTrial(null), [changing]);
  const running = trial?.state === 'running' ? trial.trialId : null;
  useEffect(() => {
    if (running === null) return;
    let cancel = () => {};
    const look = () => {
      get<Trial>(token, `${TRIALS}/${running}`).then((next) => {
        setTrial(next);
        if (next.state === 'running') cancel = browserClock.after(LOOK_AGAIN_MS, look);
      }, setFailed);
    };
    cancel = browserClock.after(LOOK_AGAIN_MS, look);
    return () => cancel();
  }, [running, token]);
  const start = () => {
    setFailed(null);
    post<Trial>(token, TRIALS, { queueId: queue.queueId, change }).then(setTrial, setFailed);
  };
  const stop = () => {
    if (running !== null) remove(token, `${TRIALS}/${running}`).then(() => setTrial(null), setFailed);
  };
  return (
    <section className="form-part trial" aria-label={w('trial.title')}>
      <h3>{w('trial.title')}</h3>
      <p className="field-hint quiet">{w('trial.lead')}</p>
      <Failure error={failed} />
      {trial?.state === 'running' ? (
        <div className="trial-line">
          <Progress percent={Math.round(trial.progress * 100)} aria-label={w('trial.progress')} />
          <Button onClick={stop}>{w('trial.stop')}</Button>
        </div>
      ) : (
        <Button disabled={disabled} onClick={start}>
          {w('trial.start')}
        </Button>
      )}
      <div role="status">
        {trial?.state === 'failed' && <Alert type={trial.why === 'no_calls' ? 'info' : 'error'} showIcon title={w(`trialWhy.${trial.why ?? 'broken'}`)} />}
        {trial?.result != null && <Result queueId={queue.queueId} result={trial.result} />}
      </div>
    </section>
  );
}

/** Of one queue where it has the figure, else of all. */
function Result({ queueId, result }: { queueId: string; result: NonNullable<Trial['result']> }) {
  const w = useWords();
  const { calls, seeds, today, draft } = result;
  const [ofToday, ofDraft] = [today.queues[queueId] ?? {}, draft.queues[queueId] ?? {}];
  const table = (title: string, before: Figures, after: Figures) => (
    <table className="figures-table">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">{w('trial.figure')}</th>
          <th scope="col">{w('trial.today')}</th>
          <th scope="col">{w('trial.draft')}</th>
          <th scope="col">{w('trial.difference')}</th>
        </tr>
      </thead>
      <tbody>
        {shown.flatMap((name) => {
          const [was, is] = [before[name], after[name]];
          if (was === undefined || is === undefined) return [];
          return (
            <tr key={name}>
              <th scope="row">{w(`figure.${name}`)}</th>
              <td>{written(name, was)}</td>
              <td>{written(name, is)}</td>
              <td className={verdict(name, is.mean - was.mean)}>{signed(name, is.mean - was.mean)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
  return (
    <div className="trial-result">
      <p>{w('trial.of', { calls, seeds })}</p>
      <div className="columns-2">
        {table(w('trial.thisQueue'), ofToday, ofDraft)}
        {table(w('trial.allQueues'), today.all, draft.all)}
      </div>
      <p className="field-hint quiet">{w('trial.note')}</p>
    </div>
  );
}

const shares: readonly FigureName[] = ['serviceLevel', 'abandonment', 'occupancy'];
const one = (name: FigureName, value: number): string => {
  if (shares.includes(name)) return `${(value * 100).toFixed(1)} %`;
  if (name === 'idleGini') return value.toFixed(3);
  return name === 'sentBack' ? value.toFixed(1) : `${value.toFixed(1)} s`;
};
const written = (name: FigureName, { mean, plusMinus }: Figure): string =>
  plusMinus === null || plusMinus < 0.000_5 ? one(name, mean) : `${one(name, mean)} ± ${one(name, plusMinus)}`;
const signed = (name: FigureName, by: number): string => `${by > 0 ? '+' : ''}${one(name, by)}`;

/** Of occupancy nobody can say whether more is better. */
function verdict(name: FigureName, by: number): string {
  if (name === 'occupancy' || Math.abs(by) < 0.000_5) return '';
  return (name === 'serviceLevel') === by > 0 ? 'is-better' : 'is-worse';
}
