/** Calendars: when queues are open, a whole year to be seen at once. */
import { Button } from 'antd';
import { useState } from 'react';
import { languageNow, ownName, shownTime } from '../../shared/labels.ts';
import { useAll } from '../admin.ts';
import { Failure } from '../failure.tsx';
import { List, type ShownColumn } from '../list/list.tsx';
import { useWords } from '../words.ts';
import type { Calendar } from './calendar.ts';
import { CalendarForm } from './calendar-form.tsx';
import { CALENDARS, QUEUES, type Queue } from './queue.ts';

export default function CalendarsPage() {
  const w = useWords();
  const calendars = useAll<Calendar>(CALENDARS);
  const queues = useAll<Queue>(QUEUES);
  const [open, setOpen] = useState<Calendar | 'new' | null>(null);
  const usedBy = ({ calendarId }: Calendar) => (queues.data ?? []).filter(({ door }) => door?.calendar === ownName(calendarId));
  const state = ({ open: isOpen }: Calendar): string => w(isOpen ? 'calendar.isOpen' : 'calendar.isClosed');
  const columns: ShownColumn<Calendar>[] = [
    { key: 'name', title: w('calendar.name'), value: ({ name }) => name[languageNow()] },
    { key: 'id', title: w('calendar.id'), value: ({ calendarId }) => ownName(calendarId) },
    {
      ...{ key: 'state', title: w('calendar.now'), value: state, options: (calendar: Calendar) => [state(calendar)] },
      show: (calendar: Calendar) => <span className={calendar.open ? 'tag is-good' : 'tag is-warning'}>{state(calendar)}</span>,
    },
    {
      key: 'until',
      title: w('calendar.until'),
      value: ({ until }) => until,
      seen: ({ until }) => shownTime(until),
      show: ({ until }) => <span className="figures">{shownTime(until)}</span>,
    },
    { key: 'zone', title: w('calendar.zone'), value: ({ timeZone }) => timeZone, options: ({ timeZone }) => [timeZone] },
    { key: 'days', title: w('calendar.days'), value: ({ days }) => days.length, isFigure: true },
    {
      key: 'queues',
      title: w('calendar.queues'),
      value: (calendar) =>
        usedBy(calendar)
          .map(({ name }) => name[languageNow()])
          .join(', '),
    },
  ];
  const add = (
    <Button type="primary" onClick={() => setOpen('new')}>
      {w('calendar.add')}
    </Button>
  );
  return (
    <>
      <Failure error={calendars.error ?? queues.error} />
      <List
        title={w('page.calendars')}
        fileName="calendars"
        rows={calendars.data}
        columns={columns}
        idOf={({ calendarId }) => calendarId}
        onOpen={(calendar) => setOpen(calendar)}
        tools={add}
        empty={{ title: w('empty.calendars'), text: w('emptyText.calendars') }}
      />
      {open !== null && (
        <CalendarForm calendar={open === 'new' ? null : open} isUsed={open !== 'new' && usedBy(open).length > 0} onClose={() => setOpen(null)} />
      )}
    </>
  );
}
