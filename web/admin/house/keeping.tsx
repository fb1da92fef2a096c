/** How long recordings and records are kept. What is to be kept shorter is gone within the hour, for good: so it is asked first. */
import { Button, Checkbox, Popconfirm } from 'antd';
import { useState } from 'react';
import { patch } from '../../shared/api.ts';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useOne, useRefresh } from '../admin.ts';
import { Failure, faultOf } from '../failure.tsx';
import { Count } from '../queues/units.tsx';
import { useWords } from '../words.ts';
import { KEEPING, type Keeping, shortens } from './tenant.ts';

export function KeepingPart() {
  const rules = useOne<Keeping>(KEEPING);
  return (
    <>
      <Failure error={rules.error} />
      {rules.data !== undefined && <KeepingForm key={JSON.stringify(rules.data)} rules={rules.data} />}
    </>
  );
}

function KeepingForm({ rules }: { rules: Keeping }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const [changed, setChanged] = useState(rules);
  const { busy, failed, submit } = useSubmission(
    () => patch(token, KEEPING, changed),
    () => {
      void refresh(KEEPING);
      tell(w('tenant.saved'));
    },
  );
  const asks = shortens(rules, changed);
  const save = (
    <Button type="primary" htmlType={asks ? 'button' : 'submit'} loading={busy}>
      {w('keeping.save')}
    </Button>
  );
  return (
    <form
      className="panel-form tenant-form"
      aria-label={w('keeping.title')}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && !asks) void submit();
      }}
    >
      <h3>{w('keeping.title')}</h3>
      <Failure error={failed} />
      {(['keepDays', 'recordsKeepDays'] as const).map((name) => (
        <Count
          key={name}
          label={w(`keeping.${name}`)}
          hint={w(`keeping.${name}Hint`)}
          fault={faultOf(failed, name)}
          nullable
          value={changed[name]}
          onChange={(days) => setChanged({ ...changed, [name]: days })}
        />
      ))}
      <Checkbox checked={changed.required} onChange={(event) => setChanged({ ...changed, required: event.target.checked })}>
        {w('keeping.required')}
      </Checkbox>
      <div className="panel-foot">
        {asks ? (
          <Popconfirm title={w('keeping.ask')} okText={w('keeping.save')} onConfirm={() => void submit()}>
            {save}
          </Popconfirm>
        ) : (
          save
        )}
      </div>
    </form>
  );
}
