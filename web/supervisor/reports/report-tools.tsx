/** What a report is asked for. */
import { type ReactNode, useId } from 'react';
import { languageNow } from '../../shared/labels.ts';
import { useMay } from '../allowed.tsx';
import { useQueueChoice } from '../queues.ts';
import { Files } from './files.tsx';
import { RangeFields } from './range-fields.tsx';
import { channels, type Definitions, ofQueues, ofTeams, pathOf, subjects, type View } from './report.ts';
import { type Range, type SpanName, spans } from './span.ts';
import { named, useWords } from './words.ts';
import { type ReportInterval, reportIntervals } from './zone.ts';

interface Props {
  token: string;
  view: View;
  /** null = not known yet */
  zone: string | null;
  definitions: Definitions | undefined;
  onView(change: Partial<View>): void;
}

export function ReportTools({ token, view, zone, definitions, onView }: Props) {
  const w = useWords();
  const may = useMay(token);
  const path = zone === null ? null : pathOf(view, zone, Date.now());
  const hers = may('report.read', 'all') ? subjects : ofTeams;
  const variants = Object.entries(definitions?.serviceLevels ?? {}).map(([value, each]) => ({ value, text: `${each[languageNow()]} = ${each.formula}` }));
  return (
    <search className="reports-tools">
      <Choice label={w('ask.by')} value={view.by} options={hers.map((value) => ({ value, text: w(`subject.${value}`) }))} onChoose={(by) => onView({ by })} />
      <When when={view} intervals={reportIntervals} onWhen={onView} />
      <Choice
        label={w('ask.channel')}
        value={view.channel}
        options={channels.map((value) => ({ value, text: named(w, 'reportChannel', value) }))}
        onChoose={(channel) => onView({ channel })}
      />
      {ofQueues.includes(view.by) && <OfQueue token={token} queueId={view.queueId} onChoose={(queueId) => onView({ queueId })} />}
      <Choice label={w('ask.variant')} value={view.variant} options={variants} onChoose={(variant) => onView({ variant })} />
      <span className="spacer" />
      {path !== null && <Files token={token} path={path} />}
    </search>
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly { value: Value; text: string }[];
  onChoose(value: Value): void;
}

export function Choice<Value extends string>({ label, value, options, onChoose }: ChoiceProps<Value>): ReactNode {
  const id = useId();
  return (
    <div className="reports-field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.target.value);
          if (chosen !== undefined) onChoose(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </div>
  );
}

interface When<Interval> {
  interval: Interval;
  span: SpanName;
  range: Range;
}
interface WhenProps<Interval> {
  when: When<Interval>;
  intervals: readonly Interval[];
  mostDays?: number;
  onWhen(change: Partial<When<Interval>>): void;
}

/** By which interval, and from when to when. */
export function When<Interval extends ReportInterval>({ when, intervals, mostDays, onWhen }: WhenProps<Interval>): ReactNode {
  const w = useWords();
  return (
    <>
      <Choice
        label={w('ask.interval')}
        value={when.interval}
        options={intervals.map((value) => ({ value, text: w(`interval.${value as ReportInterval}`) }))}
        onChoose={(interval) => onWhen({ interval })}
      />
      <Choice
        label={w('ask.span')}
        value={when.span}
        options={spans.map((value) => ({ value, text: w(`span.${value}`) }))}
        onChoose={(span) => onWhen({ span })}
      />
      {when.span === 'range' && <RangeFields range={when.range} {...(mostDays === undefined ? {} : { mostDays })} onRange={(range) => onWhen({ range })} />}
    </>
  );
}

/** Of one queue, or of every one. */
export function OfQueue({ token, queueId, onChoose }: { token: string; queueId: string; onChoose(queueId: string): void }): ReactNode {
  const w = useWords();
  const queues = useQueueChoice(token);
  const named = (queues.data ?? []).map((queue) => ({ value: queue.queueId, text: queue.name[languageNow()] }));
  return <Choice label={w('ask.queue')} value={queueId} options={[{ value: '', text: w('ask.everyQueue') }, ...named]} onChoose={onChoose} />;
}
