/** Which roles must have a second factor. */
import { Alert, Button } from 'antd';
import { useState } from 'react';
import { patch } from '../../shared/api.ts';
import { PanelForm } from '../../shared/side-panel.tsx';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useOne, useRefresh } from '../admin.ts';
import { Failure } from '../failure.tsx';
import { Panel } from '../panel.tsx';
import { Checks } from '../people/checks.tsx';
import { roles } from '../people/people.ts';
import { useWords } from '../words.ts';

const RULES = '/api/v1/sign-in-rules';

interface Rules {
  secondFactor: string[];
}

export function SignInRules() {
  const w = useWords();
  const [open, setOpen] = useState(false);
  const rules = useOne<Rules>(RULES);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{w('rules.open')}</Button>
      {open && rules.data !== undefined && <RulesForm rules={rules.data} onClose={() => setOpen(false)} />}
    </>
  );
}

function RulesForm({ rules, onClose }: { rules: Rules; onClose(): void }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const [secondFactor, setSecondFactor] = useState(rules.secondFactor);
  const { busy, failed, submit } = useSubmission(
    () => patch(token, RULES, { secondFactor }),
    () => {
      void refresh(RULES);
      tell(w('rules.saved'));
      onClose();
    },
  );
  return (
    <Panel title={w('rules.open')} onClose={onClose}>
      <PanelForm busy={busy} submit={w('form.save')} onSubmit={() => void submit()}>
        <Failure error={failed} />
        <Checks
          legend={w('rules.secondFactor')}
          hint={w('rules.secondFactorHint')}
          options={roles.map((role) => ({ value: role, text: w(`role.${role}`) }))}
          chosen={secondFactor}
          onChange={setSecondFactor}
        />
        <Alert type="info" showIcon title={w('rules.where')} />
      </PanelForm>
    </Panel>
  );
}
