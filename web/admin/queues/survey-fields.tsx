/** What callers of the queue are asked after the talk: in which flow, who, and how often the same number. */
import { Input } from 'antd';
import { faultOf } from '../failure.tsx';
import { Field } from '../field.tsx';
import { useWords } from '../words.ts';
import type { Draft, SurveyRules } from './queue.ts';
import { Count } from './units.tsx';

interface Props {
  draft: Draft;
  failed: Error | null;
  set(change: Partial<Draft>): void;
}

export function SurveyFields({ draft, failed, set }: Props) {
  const w = useWords();
  const { survey } = draft;
  const change = (next: Partial<SurveyRules>) => set({ survey: { flow: '', asks: 'always', everyDays: 1, ...survey, ...next } });
  return (
    <>
      <Field label={w('queueField.surveyFlow')} hint={w('queueHint.surveyFlow')} fault={faultOf(failed, 'survey.flow')}>
        {(control) => (
          <Input
            {...control}
            maxLength={64}
            value={survey?.flow ?? ''}
            onChange={(event) => (event.target.value.trim() === '' ? set({ survey: undefined }) : change({ flow: event.target.value.trim() }))}
          />
        )}
      </Field>
      {survey !== undefined && (
        <>
          <Field label={w('queueField.surveyAsks')}>
            {(control) => (
              <select
                {...control}
                value={survey.asks ?? 'always'}
                onChange={(event) => change({ asks: event.target.value === 'when_sent' ? 'when_sent' : 'always' })}
              >
                <option value="always">{w('surveyAsks.always')}</option>
                <option value="when_sent">{w('surveyAsks.when_sent')}</option>
              </select>
            )}
          </Field>
          <Count
            label={w('queueField.surveyEveryDays')}
            hint={w('queueHint.surveyEveryDays')}
            fault={faultOf(failed, 'survey.everyDays')}
            value={survey.everyDays ?? 1}
            onChange={(everyDays) => change({ everyDays: everyDays ?? 0 })}
          />
        </>
      )}
    </>
  );
}
