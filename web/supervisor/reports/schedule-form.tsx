/** One report that is sent by mail: what of, when, to whom. */
import { Button, Input, Popconfirm } from 'antd';
import { useState } from 'react';
import { Field } from '../../admin/field.tsx';
import { PanelForm, SidePanel } from '../../shared/side-panel.tsx';
import '../../admin/admin.css';
import { Problem, patch, post, remove } from '../../shared/api.ts';
import { languageNow } from '../../shared/labels.ts';
import { useSubmission } from '../../shared/submission.ts';
import { Failure } from '../failure.tsx';
import { channels, type Definitions, subjects } from './report.ts';
import { Choice } from './report-tools.tsx';
import { formats, MOST_RECIPIENTS, periods, recipientsFault, recipientsOf, SCHEDULES, type Schedule, type Wish, wishOf } from './schedule.ts';
import { named, useWords } from './words.ts';
import { reportIntervals } from './zone.ts';

interface Props {
  token: string;
  /** null = a new one */
  schedule: Schedule | null;
  zone: string;
  definitions: Definitions | undefined;
  onDone(sentence: string): void;
  onClose(): void;
}

const usual: Omit<Wish, 'timeZone' | 'language'> = {
  ...{ name: '', by: 'queue', interval: 'day', channel: 'voice', serviceLevel: 'answered_and_abandoned', period: 'day', at: '07:00' },
  ...{ format: 'xlsx', recipients: [], enabled: true },
};

export function ScheduleForm({ token, schedule, zone, definitions, onDone, onClose }: Props) {
  const w = useWords();
  const [wish, setWish] = useState<Wish>(() => (schedule === null ? { ...usual, timeZone: zone, language: languageNow() } : wishOf(schedule)));
  const [typed, setTyped] = useState(wish.recipients.join('\n'));
  const [tried, setTried] = useState(false);
  const path = `${SCHEDULES}/${encodeURIComponent(schedule?.scheduleId ?? '')}`;
  const recipients = recipientsOf(typed);
  const fault = recipientsFault(recipients);
  const { busy, failed, submit } = useSubmission(
    () => (schedule === null ? post(token, SCHEDULES, { ...wish, recipients }) : patch(token, path, { ...wish, recipients })),
    () => onDone(w('schedule.saved', { name: wish.name })),
  );
  const drop = useSubmission(
    () => remove(token, path),
    () => onDone(w('schedule.removed', { name: wish.name })),
  );
  const set = (change: Partial<Wish>) => setWish({ ...wish, ...change });
  const send = () => {
    setTried(true);
    if (fault === null) void submit();
  };
  const told = tried && fault !== null ? w(`recipientsFault.${fault.why}`, { which: fault.which, most: MOST_RECIPIENTS }) : faultOf(failed, 'recipients');
  return (
    <SidePanel title={schedule === null ? w('schedule.add') : schedule.name} onClose={onClose}>
      <PanelForm busy={busy} submit={w(schedule === null ? 'schedule.add' : 'schedule.save')} disabled={wish.name.trim() === ''} onSubmit={send}>
        {failed !== null && <Failure error={failed} />}
        <Field label={w('schedule.name')} fault={faultOf(failed, 'name')}>
          {(control) => <Input {...control} autoFocus maxLength={100} value={wish.name} onChange={(event) => set({ name: event.target.value })} />}
        </Field>
        <Field label={w('schedule.recipients')} hint={w('schedule.recipientsHint', { most: MOST_RECIPIENTS })} fault={told}>
          {(control) => <Input.TextArea {...control} autoSize={{ minRows: 2, maxRows: 8 }} value={typed} onChange={(event) => setTyped(event.target.value)} />}
        </Field>
        <When wish={wish} fault={faultOf(failed, 'timeZone')} onSet={set} />
        <What wish={wish} definitions={definitions} onSet={set} />
        <label className="choice">
          <input type="checkbox" checked={wish.enabled} onChange={(event) => set({ enabled: event.target.checked })} />
          <span>
            <strong>{w('schedule.enabled')}</strong>
            <span className="quiet">{w('schedule.enabledHint')}</span>
          </span>
        </label>
      </PanelForm>
      {schedule !== null && (
        <section className="panel-part" aria-label={w('schedule.remove')}>
          {drop.failed !== null && <Failure error={drop.failed} />}
          <Popconfirm title={w('schedule.removeAsk')} okText={w('schedule.remove')} onConfirm={() => void drop.submit()}>
            <Button danger loading={drop.busy}>
              {w('schedule.remove')}
            </Button>
          </Popconfirm>
        </section>
      )}
    </SidePanel>
  );
}

interface PartProps {
  wish: Wish;
  onSet(change: Partial<Wish>): void;
}

function When({ wish, fault, onSet }: PartProps & { fault: string | null }) {
  const w = useWords();
  return (
    <>
      <div className="reports-tools">
        <Choice
          label={w('schedule.period')}
          value={wish.period}
          options={periods.map((value) => ({ value, text: w(`period.${value}`) }))}
          onChoose={(period) => onSet({ period })}
        />
        <label className="reports-field">
          <span>{w('schedule.at')}</span>
          <input type="time" required value={wish.at} onChange={(event) => event.target.value !== '' && onSet({ at: event.target.value })} />
        </label>
      </div>
      <Field label={w('schedule.zone')} fault={fault}>
        {(control) => (
          <>
            <Input {...control} list="report-zones" value={wish.timeZone} onChange={(event) => onSet({ timeZone: event.target.value.trim() })} />
            <datalist id="report-zones">
              {Intl.supportedValuesOf('timeZone').map((each) => (
                <option key={each} value={each} />
              ))}
            </datalist>
          </>
        )}
      </Field>
    </>
  );
}

function What({ wish, definitions, onSet }: PartProps & { definitions: Definitions | undefined }) {
  const w = useWords();
  const variants = Object.entries(definitions?.serviceLevels ?? {}).map(([value, each]) => ({ value, text: each[languageNow()] }));
  // One that the API takes and this page does not offer stays.
  const known: readonly string[] = channels;
  const offered = known.includes(wish.channel) ? known : [...known, wish.channel];
  return (
    <div className="reports-tools">
      <Choice
        label={w('ask.by')}
        value={wish.by}
        options={subjects.map((value) => ({ value, text: w(`subject.${value}`) }))}
        onChoose={(by) => onSet({ by })}
      />
      <Choice
        label={w('ask.interval')}
        value={wish.interval}
        options={reportIntervals.map((value) => ({ value, text: w(`interval.${value}`) }))}
        onChoose={(interval) => onSet({ interval })}
      />
      <Choice
        label={w('ask.channel')}
        value={wish.channel}
        options={offered.map((value) => ({ value, text: named(w, 'reportChannel', value) }))}
        onChoose={(channel) => onSet({ channel })}
      />
      <Choice label={w('ask.variant')} value={wish.serviceLevel} options={variants} onChoose={(serviceLevel) => onSet({ serviceLevel })} />
      <Choice
        label={w('schedule.format')}
        value={wish.format}
        options={formats.map((value) => ({ value, text: w(`format.${value}`) }))}
        onChoose={(format) => onSet({ format })}
      />
      <Choice
        label={w('schedule.language')}
        value={wish.language}
        options={(['zh', 'en'] as const).map((value) => ({ value, text: w(`mailLanguage.${value}`) }))}
        onChoose={(language) => onSet({ language })}
      />
    </div>
  );
}

/** What the server says of one field. */
function faultOf(error: Error | null, field: string): string | null {
  if (!(error instanceof Problem)) return null;
  return error.errors.find(({ at }) => at === `body.${field}` || at.startsWith(`body.${field}.`))?.message ?? null;
}
