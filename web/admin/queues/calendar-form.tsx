/** One calendar: its week, its special days in a picture of the year, and the import of those that are published. */
import { Alert, Button, Input, Popconfirm } from 'antd';
import { useMemo, useRef, useState } from 'react';
import { patch, post, remove } from '../../shared/api.ts';
import { browserClock } from '../../shared/clock.ts';
import { languageNow } from '../../shared/labels.ts';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useRefresh } from '../admin.ts';
import { Failure, faultOf } from '../failure.tsx';
import { Field } from '../field.tsx';
import { textOf } from '../list/csv.ts';
import { Panel } from '../panel.tsx';
import { useWords } from '../words.ts';
import { type Calendar, dayChanges, readSpans, type SpecialDay, spansText, type Weekday, weekdays, withDay, yearOf } from './calendar.ts';
import { CALENDARS, QUEUES } from './queue.ts';
import './queues.css';

interface Props {
  /** null = a new one. */
  calendar: Calendar | null;
  isUsed: boolean;
  onClose(): void;
}

const usualWeek = Object.fromEntries(weekdays.slice(0, 5).map((day) => [day, '09:00–18:00']));

export function CalendarForm({ calendar, isUsed, onClose }: Props) {
  const w = useWords();
  const { token, isReader, tell } = useAdmin();
  const refresh = useRefresh();
  const [id, setId] = useState('');
  const [name, setName] = useState(calendar?.name ?? { zh: '', en: '' });
  const [timeZone, setTimeZone] = useState(calendar?.timeZone ?? 'Asia/Shanghai');
  const { week, setWeek, faulty, hours } = useWeek(calendar);
  const [days, setDays] = useState(calendar?.days ?? []);
  const [imported, setImported] = useState<number | null>(null);
  const body = { name, timeZone, week: hours, days };
  const { busy, failed, submit } = useSubmission(
    () => (calendar === null ? post(token, CALENDARS, { ...body, id: id.trim() }) : patch(token, `${CALENDARS}/${calendar.calendarId}`, body)),
    () => {
      void refresh(CALENDARS, QUEUES);
      tell(w('calendar.saved', { name: name[languageNow()] }));
      onClose();
    },
  );
  const changes = dayChanges(calendar?.days ?? [], days);
  return (
    <Panel title={calendar === null ? w('calendar.add') : name[languageNow()]} wide onClose={onClose}>
      <form
        className="panel-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && faulty.length === 0) void submit();
        }}
      >
        <Failure error={failed} />
        <div className="columns-2">
          <Basics isNew={calendar === null} id={id} name={name} timeZone={timeZone} failed={failed} onId={setId} onName={setName} onTimeZone={setTimeZone} />
          <WeekFields week={week} faulty={faulty} onChange={setWeek} />
        </div>
        <YearView week={hours} days={days} onChange={setDays} />
        {calendar !== null && !isReader && (
          <ImportDays
            calendar={calendar}
            onDays={(next) => {
              setImported(dayChanges(days, next).length);
              setDays(next);
            }}
          />
        )}
        {imported !== null && <Alert type="info" showIcon role="status" title={w('calendar.imported', { count: imported })} />}
        {changes.length > 0 && <p className="quiet">{w('calendar.changes', { count: changes.length })}</p>}
        <div className="panel-foot">
          <Button type="primary" htmlType="submit" loading={busy} disabled={faulty.length > 0}>
            {w('form.save')}
          </Button>
          {calendar !== null && <RemoveCalendar calendar={calendar} isUsed={isUsed} onDone={onClose} />}
          {isUsed && <span className="quiet panel-note">{w('calendar.used')}</span>}
        </div>
      </form>
    </Panel>
  );
}

/** The week as it is typed, and as it is read. */
function useWeek(calendar: Calendar | null) {
  const [week, setWeek] = useState<Partial<Record<Weekday, string>>>(() => (calendar === null ? usualWeek : textsOf(calendar.week)));
  const read = weekdays.map((day) => [day, readSpans(week[day] ?? '')] as const);
  const faulty = read.filter(([, spans]) => spans === null).map(([day]) => day);
  const hours = Object.fromEntries(read.flatMap(([day, spans]) => (spans === null || spans.length === 0 ? [] : [[day, spans]]))) as Calendar['week'];
  return { week, setWeek, faulty, hours };
}

function RemoveCalendar({ calendar, isUsed, onDone }: { calendar: Calendar; isUsed: boolean; onDone(): void }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const taking = useSubmission(
    () => remove(token, `${CALENDARS}/${calendar.calendarId}`),
    () => {
      void refresh(CALENDARS);
      tell(w('calendar.removed', { name: calendar.name[languageNow()] }));
      onDone();
    },
  );
  return (
    <>
      <Popconfirm title={w('calendar.removeAsk')} okText={w('calendar.remove')} onConfirm={() => void taking.submit()}>
        <Button danger disabled={isUsed} title={isUsed ? w('calendar.used') : undefined}>
          {w('calendar.remove')}
        </Button>
      </Popconfirm>
      <Failure error={taking.failed} />
    </>
  );
}

interface BasicsProps {
  isNew: boolean;
  id: string;
  name: Calendar['name'];
  timeZone: string;
  failed: Error | null;
  onId(id: string): void;
  onName(name: Calendar['name']): void;
  onTimeZone(timeZone: string): void;
}

function Basics({ isNew, id, name, timeZone, failed, onId, onName, onTimeZone }: BasicsProps) {
  const w = useWords();
  return (
    <section className="form-part" aria-label={w('calendar.basic')}>
      <h3>{w('calendar.basic')}</h3>
      {isNew && (
        <Field label={w('calendar.id')} hint={w('queue.idHint')} fault={faultOf(failed, 'id')}>
          {(control) => <Input {...control} autoFocus value={id} onChange={(event) => onId(event.target.value)} />}
        </Field>
      )}
      {(['zh', 'en'] as const).map((language) => (
        <Field key={language} label={w(`queueName.${language}`)} fault={faultOf(failed, `name.${language}`)}>
          {(control) => <Input {...control} value={name[language]} onChange={(event) => onName({ ...name, [language]: event.target.value })} />}
        </Field>
      ))}
      <Field label={w('calendar.zone')} hint={w('calendar.zoneHint')} fault={faultOf(failed, 'timeZone')}>
        {(control) => <Input {...control} value={timeZone} onChange={(event) => onTimeZone(event.target.value)} />}
      </Field>
    </section>
  );
}

type WeekTexts = Partial<Record<Weekday, string>>;

function WeekFields({ week, faulty, onChange }: { week: WeekTexts; faulty: readonly Weekday[]; onChange(week: WeekTexts): void }) {
  const w = useWords();
  return (
    <section className="form-part" aria-label={w('calendar.week')}>
      <h3>{w('calendar.week')}</h3>
      <p className="field-hint quiet">{w('calendar.weekHint')}</p>
      {weekdays.map((day) => (
        <div key={day} className="week-line">
          <label htmlFor={`week-${day}`}>{w(`weekday.${day}`)}</label>
          <Input
            id={`week-${day}`}
            placeholder={w('calendar.closed')}
            value={week[day] ?? ''}
            {...(faulty.includes(day) ? ({ status: 'error', 'aria-invalid': true } as const) : {})}
            onChange={(event) => onChange({ ...week, [day]: event.target.value })}
          />
        </div>
      ))}
      {faulty.length > 0 && <p className="field-fault">{w('calendar.spansFault')}</p>}
    </section>
  );
}

const textsOf = (week: Calendar['week']): Partial<Record<Weekday, string>> =>
  Object.fromEntries(Object.entries(week).map(([day, spans]) => [day, spansText(spans)]));

function YearView({ week, days, onChange }: { week: Calendar['week']; days: SpecialDay[]; onChange(days: SpecialDay[]): void }) {
  const w = useWords();
  const [year, setYear] = useState(() => new Date(browserClock.now()).getFullYear());
  const [chosen, setChosen] = useState<string | null>(null);
  const months = useMemo(() => yearOf({ week, days }, year), [week, days, year]);
  const kinds = ['open', 'closed', 'holiday', 'make_up', 'special'] as const;
  return (
    <section className="form-part" aria-label={w('calendar.year')}>
      <h3 className="year-line">
        {w('calendar.year')}
        <Button size="small" onClick={() => setYear(year - 1)} aria-label={w('calendar.yearBefore')}>
          ‹
        </Button>
        <span className="figures">{year}</span>
        <Button size="small" onClick={() => setYear(year + 1)} aria-label={w('calendar.yearAfter')}>
          ›
        </Button>
      </h3>
      <p className="year-legend">
        {kinds.map((kind) => (
          <span key={kind} className={`day is-${kind}`}>
            {w(`dayKind.${kind}`)}
          </span>
        ))}
      </p>
      {chosen !== null && (
        <DayForm
          key={chosen}
          date={chosen}
          week={week}
          day={days.find(({ date }) => date === chosen) ?? null}
          onDone={(day) => {
            onChange(withDay(days, chosen, day));
            setChosen(null);
          }}
          onCancel={() => setChosen(null)}
        />
      )}
      <div className="year">
        {months.map(({ month, blank, days: all }) => (
          <fieldset key={month} className="month">
            <legend>{w('calendar.month', { month: w(`month.${month as 1}`) })}</legend>
            <div className="month-days">
              {Array.from({ length: blank }, (_, n) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
                <span key={n} aria-hidden="true" />
              ))}
              {all.map(({ date, day, kind, spans, name }) => {
                const words = `${date} ${w(`dayKind.${kind}`)}${name === '' ? '' : ` ${name}`}${spans.length === 0 ? '' : ` ${spansText(spans)}`}`;
                return (
                  <button key={date} type="button" className={`day is-${kind}`} title={words} onClick={() => setChosen(date)}>
                    {day}
                    <span className="unseen"> {words}</span>
                  </button>
                );
              })}
            </div>
          </fieldset>
        ))}
      </div>
    </section>
  );
}

type Kind = 'usual' | 'closed' | 'weekday' | 'spans';

interface DayProps {
  date: string;
  week: Calendar['week'];
  day: SpecialDay | null;
  onDone(day: SpecialDay | null): void;
  onCancel(): void;
}

function DayForm({ date, week, day, onDone, onCancel }: DayProps) {
  const w = useWords();
  const [kind, setKind] = useState<Kind>(day === null ? 'closed' : typeof day.hours === 'string' ? 'weekday' : day.hours.length === 0 ? 'closed' : 'spans');
  const [name, setName] = useState(day?.name ?? '');
  const [as, setAs] = useState<Weekday>(typeof day?.hours === 'string' ? day.hours : 'mon');
  const [text, setText] = useState(Array.isArray(day?.hours) ? spansText(day.hours) : spansText(week.mon ?? []));
  const spans = readSpans(text);
  const hours = kind === 'closed' ? [] : kind === 'weekday' ? as : spans;
  const good = kind === 'usual' || (name.trim() !== '' && hours !== null && (kind !== 'spans' || hours.length > 0));
  return (
    <fieldset className="day-form">
      <legend>{date}</legend>
      <select aria-label={w('calendar.dayKind')} value={kind} onChange={(event) => setKind(event.target.value as Kind)}>
        {(['closed', 'weekday', 'spans', 'usual'] as const).map((each) => (
          <option key={each} value={each}>
            {w(`dayIs.${each}`)}
          </option>
        ))}
      </select>
      {kind === 'weekday' && (
        <select aria-label={w('calendar.asWeekday')} value={as} onChange={(event) => setAs(event.target.value as Weekday)}>
          {weekdays.map((each) => (
            <option key={each} value={each}>
              {w(`weekday.${each}`)}
            </option>
          ))}
        </select>
      )}
      {kind === 'spans' && (
        <Input
          aria-label={w('calendar.hours')}
          value={text}
          {...(spans === null ? { status: 'error' as const } : {})}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      {kind !== 'usual' && (
        <Input
          aria-label={w('calendar.dayName')}
          placeholder={w('calendar.dayName')}
          autoFocus
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      )}
      <Button type="primary" disabled={!good} onClick={() => onDone(kind === 'usual' ? null : { date, name: name.trim(), hours: hours ?? [] })}>
        {w('calendar.setDay')}
      </Button>
      <Button onClick={onCancel}>{w('calendar.cancel')}</Button>
    </fieldset>
  );
}

const FORMATS: Record<string, string> = { csv: 'csv', ics: 'ical', json: 'json' };

/** The server reads the file and says what the calendar would be; it is saved with everything else. */
function ImportDays({ calendar, onDays }: { calendar: Calendar; onDays(days: SpecialDay[]): void }) {
  const w = useWords();
  const { token } = useAdmin();
  const input = useRef<HTMLInputElement>(null);
  const [failed, setFailed] = useState<Error | null>(null);
  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    setFailed(null);
    const format = FORMATS[file.name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'csv';
    const body = { format, text: textOf(new Uint8Array(await file.arrayBuffer())), preview: true };
    post<Calendar>(token, `${CALENDARS}/${calendar.calendarId}/import`, body).then(({ days }) => onDays(days), setFailed);
  };
  return (
    <section className="form-part" aria-label={w('calendar.import')}>
      <h3>{w('calendar.import')}</h3>
      <p className="field-hint quiet">{w('calendar.importHint')}</p>
      <Failure error={failed} />
      <div>
        <Button onClick={() => input.current?.click()}>{w('import.choose')}</Button>
        <input
          ref={input}
          type="file"
          className="unseen"
          tabIndex={-1}
          aria-label={w('calendar.import')}
          accept=".csv,.ics,.json"
          onChange={(event) => {
            void take(event.target.files?.[0]);
            event.target.value = '';
          }}
        />
      </div>
    </section>
  );
}
