/** Numbers that callers dial: which flow each enters, by which calendar, and where a caller would come out at this moment. */
import { Button, Input, Popconfirm } from 'antd';
import { useState } from 'react';
import { patch, post, remove } from '../../shared/api.ts';
import { languageNow, ownName } from '../../shared/labels.ts';
import { PanelForm } from '../../shared/side-panel.tsx';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useAll, useRefresh } from '../admin.ts';
import { useFlows } from '../dialplans/in-use.ts';
import { Failure, faultOf } from '../failure.tsx';
import { Field } from '../field.tsx';
import { NUMBERS, TENANT } from '../house/tenant.ts';
import { List, type ShownColumn } from '../list/list.tsx';
import { Panel } from '../panel.tsx';
import { useWords } from '../words.ts';

interface HotlineNumber {
  number: string;
  description: string;
  enabled: boolean;
  flow: string | null;
  hours: { calendar: string; closedFlow: string } | null;
  dialplanFlow: string | null;
  entersNow: string | null;
  open: boolean | null;
}
interface CalendarName {
  calendarId: string;
  name: { zh: string; en: string };
}

type NumberState = 'off' | 'open' | 'closed' | 'always';
const stateOf = ({ enabled, open }: HotlineNumber): NumberState => (!enabled ? 'off' : open === null ? 'always' : open ? 'open' : 'closed');
const tagOf: Record<NumberState, string> = { off: 'tag', open: 'tag is-good', closed: 'tag is-warning', always: 'tag is-good' };

export default function NumbersPage() {
  const w = useWords();
  const numbers = useAll<HotlineNumber>(NUMBERS);
  const calendars = useAll<CalendarName>('/api/v1/calendars');
  const flows = useFlows();
  const [open, setOpen] = useState<HotlineNumber | 'new' | null>(null);
  const state = (number: HotlineNumber): string => w(`numberState.${stateOf(number)}`);
  const calendarName = (id: string): string => calendars.data?.find(({ calendarId }) => ownName(calendarId) === id)?.name[languageNow()] ?? id;
  const columns: ShownColumn<HotlineNumber>[] = [
    { key: 'number', title: w('number.number'), value: ({ number }) => number, show: ({ number }) => <span className="figures">{number}</span> },
    { key: 'description', title: w('number.description'), value: ({ description }) => description },
    {
      ...{ key: 'state', title: w('number.state'), value: state, options: (row: HotlineNumber) => [state(row)] },
      show: (row: HotlineNumber) => <span className={tagOf[stateOf(row)]}>{state(row)}</span>,
    },
    {
      key: 'now',
      title: w('number.entersNow'),
      value: ({ entersNow }) => entersNow ?? w('number.refused'),
      options: ({ entersNow }) => [entersNow ?? w('number.refused')],
    },
    {
      key: 'by',
      title: w('number.by'),
      value: ({ flow }) => w(flow === null ? 'number.byDialplan' : 'number.byItself'),
      options: ({ flow }) => [w(flow === null ? 'number.byDialplan' : 'number.byItself')],
    },
    { key: 'calendar', title: w('number.calendar'), value: ({ hours }) => (hours === null ? '' : calendarName(hours.calendar)) },
    { key: 'closedFlow', title: w('number.closedFlow'), value: ({ hours }) => hours?.closedFlow ?? '' },
  ];
  const add = (
    <Button type="primary" onClick={() => setOpen('new')}>
      {w('number.add')}
    </Button>
  );
  return (
    <>
      <Failure error={numbers.error ?? calendars.error ?? flows.error} />
      <List
        title={w('page.numbers')}
        fileName="numbers"
        rows={numbers.data}
        columns={columns}
        idOf={({ number }) => number}
        onOpen={(number) => setOpen(number)}
        tools={add}
        empty={{ title: w('empty.numbers'), text: w('emptyText.numbers') }}
      />
      {open !== null && (
        <NumberForm hotline={open === 'new' ? null : open} flows={flows.names} calendars={calendars.data ?? []} onClose={() => setOpen(null)} />
      )}
    </>
  );
}

interface FormProps {
  /** null = a new one. */
  hotline: HotlineNumber | null;
  flows: readonly string[];
  calendars: readonly CalendarName[];
  onClose(): void;
}

function NumberForm({ hotline, flows, calendars, onClose }: FormProps) {
  const w = useWords();
  const { token, isReader, tell } = useAdmin();
  const refresh = useRefresh();
  const [number, setNumber] = useState('');
  const [description, setDescription] = useState(hotline?.description ?? '');
  const [enabled, setEnabled] = useState(hotline?.enabled ?? true);
  const [flow, setFlow] = useState(hotline?.flow ?? '');
  const [calendar, setCalendar] = useState(hotline?.hours?.calendar ?? '');
  const [closedFlow, setClosedFlow] = useState(hotline?.hours?.closedFlow ?? '');
  const done = (sentence: string) => () => {
    void refresh(NUMBERS, TENANT);
    tell(sentence);
    onClose();
  };
  const { busy, failed, submit } = useSubmission(
    () => {
      const said = { description, enabled, flow: flow === '' ? null : flow, hours: calendar === '' ? null : { calendar, closedFlow } };
      return hotline === null
        ? post(token, NUMBERS, { number: number.replaceAll(/[\s-]/g, ''), ...said })
        : patch(token, `${NUMBERS}/${encodeURIComponent(hotline.number)}`, said);
    },
    done(w('number.saved', { number: hotline?.number ?? number })),
  );
  return (
    <Panel title={hotline === null ? w('number.add') : hotline.number} onClose={onClose}>
      <PanelForm busy={busy} submit={hotline === null ? w('number.add') : w('form.save')} onSubmit={() => void submit()}>
        <Failure error={failed} />
        {hotline === null && (
          <Field label={w('number.number')} hint={w('number.numberHint')} fault={faultOf(failed, 'number')}>
            {(control) => <Input {...control} autoFocus inputMode="tel" value={number} onChange={(event) => setNumber(event.target.value)} />}
          </Field>
        )}
        <Field label={w('number.description')} hint={w('number.descriptionHint')} fault={faultOf(failed, 'description')}>
          {(control) => <Input {...control} maxLength={200} value={description} onChange={(event) => setDescription(event.target.value)} />}
        </Field>
        <FlowField
          label={w('number.flow')}
          hint={w('number.flowHint')}
          none={hotline?.dialplanFlow == null ? w('number.dialplanNone') : w('number.dialplanFlow', { flow: hotline.dialplanFlow })}
          {...{ flows, value: flow, fault: faultOf(failed, 'flow'), onChange: setFlow }}
        />
        <Field label={w('number.calendar')} hint={w('number.calendarHint')} fault={faultOf(failed, 'hours')}>
          {(control) => (
            <select {...control} value={calendar} onChange={(event) => setCalendar(event.target.value)}>
              <option value="">{w('number.noCalendar')}</option>
              {calendars.map(({ calendarId, name }) => (
                <option key={calendarId} value={ownName(calendarId)}>
                  {name[languageNow()]}
                </option>
              ))}
            </select>
          )}
        </Field>
        {calendar !== '' && (
          <FlowField
            label={w('number.closedFlow')}
            hint={w('number.closedFlowHint')}
            none={w('number.choose')}
            {...{ flows, value: closedFlow, fault: faultOf(failed, 'hours.closedFlow'), onChange: setClosedFlow }}
          />
        )}
        <EnabledField enabled={enabled} onChange={setEnabled} />
      </PanelForm>
      {hotline !== null && !isReader && <RemoveNumber number={hotline.number} onRemoved={done(w('number.removed', { number: hotline.number }))} />}
    </Panel>
  );
}

function EnabledField({ enabled, onChange }: { enabled: boolean; onChange(enabled: boolean): void }) {
  const w = useWords();
  return (
    <label className="choice">
      <input type="checkbox" checked={enabled} onChange={(event) => onChange(event.target.checked)} />
      <span>
        <strong>{w('number.enabled')}</strong>
        <span className="quiet">{w('number.enabledHint')}</span>
      </span>
    </label>
  );
}

function RemoveNumber({ number, onRemoved }: { number: string; onRemoved(): void }) {
  const w = useWords();
  const { token } = useAdmin();
  const { busy, failed, submit } = useSubmission(() => remove(token, `${NUMBERS}/${encodeURIComponent(number)}`), onRemoved);
  return (
    <section className="panel-part" aria-label={w('number.remove')}>
      <h3>{w('number.remove')}</h3>
      <Failure error={failed} />
      <p className="field-hint quiet">{w('number.removeHint')}</p>
      <Popconfirm title={w('number.removeAsk', { number })} okText={w('number.remove')} onConfirm={() => void submit()}>
        <Button danger loading={busy}>
          {w('number.remove')}
        </Button>
      </Popconfirm>
    </section>
  );
}

interface FlowProps {
  label: string;
  hint: string;
  /** What stands where none is chosen. */
  none: string;
  flows: readonly string[];
  value: string;
  fault: string | null;
  onChange(flow: string): void;
}

function FlowField({ label, hint, none, flows, value, fault, onChange }: FlowProps) {
  return (
    <Field label={label} hint={hint} fault={fault}>
      {(control) => (
        <select {...control} value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="">{none}</option>
          {flows.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
    </Field>
  );
}
