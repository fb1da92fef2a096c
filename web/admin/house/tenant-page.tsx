/** The tenant itself: its name, its time zone, what those see whom it calls, how long what it records is kept. What the operator alone sets is shown, and said. */
import { Button, Input } from 'antd';
import { useState } from 'react';
import { patch } from '../../shared/api.ts';
import { Icon } from '../../shared/icon.tsx';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useOne, useRefresh } from '../admin.ts';
import { Failure, faultOf } from '../failure.tsx';
import { Field } from '../field.tsx';
import { Settings } from '../panel.tsx';
import { useWords } from '../words.ts';
import { KeepingPart } from './keeping.tsx';
import { TENANT, type Tenant } from './tenant.ts';
import '../records/records.css';
import './tenant.css';

export default function TenantPage() {
  const { me } = useAdmin();
  const tenant = useOne<Tenant>(TENANT);
  return (
    <>
      <Failure error={tenant.error} />
      {tenant.data !== undefined && (
        <Settings>
          <TenantForm key={JSON.stringify(tenant.data)} tenant={tenant.data} />
          {me.may['record.read'] !== undefined && <KeepingPart />}
        </Settings>
      )}
    </>
  );
}

interface Shown {
  purpose: string;
  number: string;
}

function TenantForm({ tenant }: { tenant: Tenant }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const [name, setName] = useState(tenant.name);
  const [timeZone, setZone] = useState(tenant.timeZone);
  const [language, setLanguage] = useState(tenant.language);
  const [shown, setShown] = useState<Shown[]>(() => Object.entries(tenant.outboundNumbers).map(([purpose, number]) => ({ purpose, number })));
  const { busy, failed, submit } = useSubmission(
    () => patch(token, TENANT, { name, timeZone: timeZone.trim(), language, outboundNumbers: numbersOf(shown) }),
    () => {
      void refresh(TENANT);
      tell(w('tenant.saved'));
    },
  );
  return (
    <form
      className="panel-form tenant-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void submit();
      }}
    >
      <Failure error={failed} />
      <Field label={w('tenant.name')} fault={faultOf(failed, 'name')}>
        {(control) => <Input {...control} maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <ZoneField value={timeZone} fault={faultOf(failed, 'timeZone')} onChange={setZone} />
      <Field label={w('user.language')} hint={w('tenant.languageHint')}>
        {(control) => (
          <select {...control} value={language} onChange={(event) => setLanguage(event.target.value === 'en' ? 'en' : 'zh')}>
            <option value="zh">{w('language.zh')}</option>
            <option value="en">{w('language.en')}</option>
          </select>
        )}
      </Field>
      <OutboundNumbers lines={shown} ours={tenant.numbers} fault={faultOf(failed, 'outboundNumbers')} onChange={setShown} />
      <section className="form-part" aria-label={w('tenant.operators')}>
        <h3>{w('tenant.operators')}</h3>
        <dl className="columns">
          <Fact name={w('tenant.id')} value={tenant.tenantId} />
          <Fact name={w('system.domains')} value={tenant.sipDomains.join(', ') || '—'} />
        </dl>
        <p className="field-hint quiet">{w('tenant.operatorsHint')}</p>
      </section>
      <div className="panel-foot">
        <Button type="primary" htmlType="submit" loading={busy}>
          {w('form.save')}
        </Button>
      </div>
    </form>
  );
}

const numbersOf = (lines: readonly Shown[]): Record<string, string> =>
  Object.fromEntries(lines.flatMap(({ purpose, number }) => (purpose.trim() === '' && number.trim() === '' ? [] : [[purpose.trim(), number.trim()]])));

const zones = (): string[] => Intl.supportedValuesOf('timeZone');

function ZoneField({ value, fault, onChange }: { value: string; fault: string | null; onChange(zone: string): void }) {
  const w = useWords();
  return (
    <Field label={w('tenant.timeZone')} hint={w('tenant.timeZoneHint')} fault={fault}>
      {(control) => (
        <>
          <datalist id={`${control.id}-known`}>
            {zones().map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
          <Input {...control} list={`${control.id}-known`} value={value} onChange={(event) => onChange(event.target.value)} />
        </>
      )}
    </Field>
  );
}

interface OutboundProps {
  lines: readonly Shown[];
  ours: readonly string[];
  fault: string | null;
  onChange(lines: Shown[]): void;
}

function OutboundNumbers({ lines, ours, fault, onChange }: OutboundProps) {
  const w = useWords();
  const set = (at: number, change: Partial<Shown>) => onChange(lines.map((line, n) => (n === at ? { ...line, ...change } : line)));
  return (
    <fieldset className="checks">
      <legend>{w('tenant.outbound')}</legend>
      <p className="field-hint quiet">{w('tenant.outboundHint')}</p>
      {fault !== null && <p className="field-fault">{fault}</p>}
      <datalist id="tenant-purposes">
        {['default', 'service', 'sales', 'callback'].map((purpose) => (
          <option key={purpose} value={purpose} />
        ))}
      </datalist>
      <datalist id="tenant-numbers">
        {ours.map((number) => (
          <option key={number} value={number} />
        ))}
      </datalist>
      {lines.map(({ purpose, number }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other name while it is written
        <div key={at} className="skill-line">
          <Input
            list="tenant-purposes"
            aria-label={w('tenant.purpose')}
            placeholder={w('tenant.purpose')}
            value={purpose}
            onChange={(event) => set(at, { purpose: event.target.value })}
          />
          <Input
            list="tenant-numbers"
            aria-label={w('tenant.numberOf', { purpose })}
            placeholder={w('number.number')}
            value={number}
            onChange={(event) => set(at, { number: event.target.value })}
          />
          <Button
            type="text"
            aria-label={w('tenant.removeOutbound', { purpose })}
            icon={<Icon name="cross" />}
            onClick={() => onChange(lines.filter((_, n) => n !== at))}
          />
        </div>
      ))}
      <Button size="small" onClick={() => onChange([...lines, { purpose: lines.length === 0 ? 'default' : '', number: '' }])}>
        {w('tenant.addOutbound')}
      </Button>
    </fieldset>
  );
}

const Fact = ({ name, value }: { name: string; value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd className="figures">{value}</dd>
  </div>
);
