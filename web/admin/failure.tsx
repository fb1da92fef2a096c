/** What went wrong and what to do about it, with every field that the server names. */
import { Alert } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../shared/api.ts';
import { useAdmin } from './admin.ts';
import { useWords } from './words.ts';

const MOST_SHOWN = 12;

export function Failure({ error }: { error: Error | null }) {
  const { t } = useTranslation();
  const w = useWords();
  const { onExpired } = useAdmin();
  const problem = error instanceof Problem ? error : error === null ? null : new Problem('server', 0, error.message);
  const expired = problem?.status === 401;
  useEffect(() => {
    if (expired) onExpired();
  }, [expired, onExpired]);
  if (problem === null || expired) return null;
  const { kind, status, detail, errors } = problem;
  const title =
    status === 403 ? w('failure.forbidden') : errors.length > 1 ? w('failure.several', { count: errors.length }) : t(`problem.${kind}`, { status, detail });
  const list = (
    <ul className="failure-list">
      {errors.slice(0, MOST_SHOWN).map(({ at, message }) => (
        <li key={`${at} ${message}`}>
          <code>{at.replace(/^body\./, '')}</code> {message}
        </li>
      ))}
    </ul>
  );
  // One that a field of the form tells needs no list: its sentence is the title.
  const isTold = errors.length === 1 && errors[0]?.at.startsWith('body.') === true;
  return <Alert type="error" showIcon role="alert" title={title} description={errors.length > 0 && !isTold ? list : undefined} />;
}

/** What the server says of one field, where it says something. */
export function faultOf(error: Error | null, field: string): string | null {
  if (!(error instanceof Problem)) return null;
  const found = error.errors.find(({ at }) => at === `body.${field}` || at.startsWith(`body.${field}.`));
  return found?.message ?? null;
}
