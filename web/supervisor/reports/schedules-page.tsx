/** Reports that are sent by mail: which, when, to whom, and what became of each time. */
import { Alert, Button } from 'antd';
import { useState } from 'react';
import { post } from '../../shared/api.ts';
import { languageNow } from '../../shared/labels.ts';
import { SidePanel } from '../../shared/side-panel.tsx';
import { useSubmission } from '../../shared/submission.ts';
import { useExpiry } from '../expiry.ts';
import { Failure } from '../failure.tsx';
import { Frame, type PageProps } from './frame.tsx';
import { useDefinitions, useDeliveries, useSchedules, useZone } from './questions.ts';
import { type Delivery, SCHEDULES, type Schedule, type Schedules } from './schedule.ts';
import { ScheduleForm } from './schedule-form.tsx';
import { useWords } from './words.ts';

export default function SchedulesPage({ token, onSignOut, onExpired }: PageProps) {
  const w = useWords();
  const zone = useZone(token, 'tenant');
  const definitions = useDefinitions(token);
  const schedules = useSchedules(token);
  const [open, setOpen] = useState<Schedule | 'new' | null>(null);
  const [log, setLog] = useState<Schedule | null>(null);
  const [told, setTold] = useState('');
  const failed = schedules.error ?? zone.error ?? definitions.error;
  const expired = useExpiry(failed, onExpired);
  const done = (sentence: string) => {
    setOpen(null);
    setTold(sentence);
    void schedules.refetch();
  };
  const add = (
    <Button type="primary" disabled={zone.data === undefined} onClick={() => setOpen('new')}>
      {w('schedule.add')}
    </Button>
  );
  return (
    <Frame at="schedules" token={token} onSignOut={onSignOut}>
      {failed !== null && !expired && <Failure error={failed} />}
      {schedules.data !== undefined && <Mail mail={schedules.data.mail} />}
      <p className="reports-state quiet" role="status">
        {schedules.data === undefined && failed === null ? w('schedule.loading') : told}
      </p>
      {schedules.data !== undefined && schedules.data.items.length === 0 && (
        <section className="reports-empty">
          <h2>{w('schedule.none')}</h2>
          <p className="quiet">{w('schedule.noneText')}</p>
          {add}
        </section>
      )}
      {schedules.data !== undefined && schedules.data.items.length > 0 && (
        <>
          <div className="reports-tools">{add}</div>
          <Table token={token} schedules={schedules.data} onOpen={setOpen} onLog={setLog} onDone={done} />
        </>
      )}
      {open !== null && zone.data !== undefined && (
        <ScheduleForm
          {...{ token, zone: zone.data, definitions: definitions.data }}
          schedule={open === 'new' ? null : open}
          onDone={done}
          onClose={() => setOpen(null)}
        />
      )}
      {log !== null && <Log token={token} schedule={log} onClose={() => setLog(null)} />}
    </Frame>
  );
}

function Mail({ mail }: { mail: Schedules['mail'] }) {
  const w = useWords();
  if (mail.configured) return <p className="quiet">{w('mail.from', { from: mail.from ?? '' })}</p>;
  return <Alert type="warning" showIcon title={w('mail.missing')} description={w('mail.how')} />;
}

interface TableProps {
  token: string;
  schedules: Schedules;
  onOpen(schedule: Schedule): void;
  onLog(schedule: Schedule): void;
  onDone(sentence: string): void;
}

function Table({ schedules: { items, mail }, ...more }: TableProps) {
  const w = useWords();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="wall-scroll" tabIndex={0} aria-label={w('schedule.list')}>
      <table className="wall-table reports-sums">
        <thead>
          <tr>
            {(['name', 'what', 'when', 'recipients', 'next', 'last', 'deeds'] as const).map((name) => (
              <th key={name} scope="col">
                {w(`schedule.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((schedule) => (
            <Row key={schedule.scheduleId} schedule={schedule} canSend={mail.configured} {...more} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ token, schedule, canSend, onOpen, onLog, onDone }: Omit<TableProps, 'schedules'> & { schedule: Schedule; canSend: boolean }) {
  const w = useWords();
  const { name, by, interval, format, period, at, timeZone, recipients, nextAt, last } = schedule;
  const send = useSubmission(
    () => post(token, `${SCHEDULES}/${encodeURIComponent(schedule.scheduleId)}/send`, {}),
    () => onDone(w('schedule.sending', { name })),
  );
  const [first, ...others] = recipients;
  return (
    <tr>
      <th scope="row">
        <button type="button" className="as-link reports-open" onClick={() => onOpen(schedule)}>
          {name}
        </button>
      </th>
      <td>{`${w(`subject.${by}`)} · ${w(`interval.${interval}`)} · ${w(`format.${format}`)}`}</td>
      <td>{`${w(`period.${period}`)} ${at} · ${timeZone}`}</td>
      <td title={recipients.join(', ')}>{others.length === 0 ? first : w('schedule.andMore', { first: first ?? '', count: others.length })}</td>
      <td>{nextAt === null ? w('schedule.off') : timeIn(timeZone, nextAt)}</td>
      <td>{last === null ? w('schedule.never') : <State delivery={last} zone={timeZone} />}</td>
      <td>
        <div className="reports-files">
          <Button size="small" loading={send.busy} disabled={!canSend} aria-label={w('schedule.sendOne', { name })} onClick={() => void send.submit()}>
            {w('schedule.send')}
          </Button>
          <Button size="small" aria-label={w('schedule.logOf', { name })} onClick={() => onLog(schedule)}>
            {w('schedule.log')}
          </Button>
          {send.failed !== null && <Failure error={send.failed} />}
        </div>
      </td>
    </tr>
  );
}

function State({ delivery: { state, error, sentAt, dueAt, attempts }, zone }: { delivery: Delivery; zone: string }) {
  const w = useWords();
  return (
    <span className={`reports-delivery is-${state}`}>
      <strong>{w(`delivery.${state}`)}</strong> {timeIn(zone, sentAt ?? dueAt)}
      {error !== null && <span className="quiet small">{w('schedule.why', { error, attempts })}</span>}
    </span>
  );
}

function Log({ token, schedule, onClose }: { token: string; schedule: Schedule; onClose(): void }) {
  const w = useWords();
  const log = useDeliveries(token, schedule.scheduleId);
  return (
    <SidePanel title={w('schedule.logOf', { name: schedule.name })} wide onClose={onClose}>
      {log.error !== null && <Failure error={log.error} />}
      {log.data === undefined && log.error === null && <p className="quiet">{w('schedule.loading')}</p>}
      {log.data !== undefined && log.data.items.length === 0 && <p className="quiet">{w('schedule.noLog')}</p>}
      {log.data !== undefined && log.data.items.length > 0 && (
        <table className="wall-table reports-sums">
          <thead>
            <tr>
              <th scope="col">{w('schedule.due')}</th>
              <th scope="col">{w('schedule.days')}</th>
              <th scope="col">{w('schedule.became')}</th>
            </tr>
          </thead>
          <tbody>
            {log.data.items.map((delivery) => (
              <tr key={delivery.deliveryId}>
                <th scope="row">{timeIn(schedule.timeZone, delivery.dueAt)}</th>
                <td>{`${timeIn(schedule.timeZone, delivery.from)} – ${timeIn(schedule.timeZone, delivery.to)}`}</td>
                <td>
                  <State delivery={delivery} zone={schedule.timeZone} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </SidePanel>
  );
}

/** On the clocks of the schedule's zone. */
const timeIn = (timeZone: string, at: string): string =>
  new Intl.DateTimeFormat(languageNow() === 'zh' ? 'zh-CN' : 'en-GB', {
    ...{ timeZone, month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false },
  }).format(new Date(at));
