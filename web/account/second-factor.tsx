/** Setting up a second factor: scan, type one code, keep the recovery codes. */
import { Alert, Button, Input } from 'antd';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem, post } from '../shared/api.ts';
import { useSubmission } from '../shared/submission.ts';
import { useWords } from './words.ts';

const PATH = '/api/v1/me/second-factor';

interface Begun {
  secret: string;
  qr: string;
}

export function SetUpSecondFactor({ token, onDone }: { token: string; onDone(): void }) {
  const w = useWords();
  const [begun, setBegun] = useState<Begun | null>(null);
  const [failed, setFailed] = useState<Error | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  useEffect(() => {
    let gone = false;
    post<Begun>(token, PATH).then(
      (answer) => !gone && setBegun(answer),
      (error: Error) => !gone && setFailed(error),
    );
    return () => {
      gone = true;
    };
  }, [token]);
  if (codes !== null) return <RecoveryCodes codes={codes} onDone={onDone} />;
  if (begun === null) return failed === null ? null : <Told error={failed} />;
  return (
    <section className="second-factor" aria-label={w('factor.title')}>
      <ol>
        <li>{w('factor.scan')}</li>
        <li>{w('factor.type')}</li>
      </ol>
      <img className="second-factor-qr" src={`data:image/svg+xml,${encodeURIComponent(begun.qr)}`} alt={w('factor.qr')} />
      <p className="quiet">
        {w('factor.byHand')} <code>{begun.secret}</code>
      </p>
      <CodeForm
        submit={w('factor.confirm')}
        send={async (code) => setCodes((await post<{ recoveryCodes: string[] }>(token, `${PATH}/confirmation`, { code })).recoveryCodes)}
      />
    </section>
  );
}

/** One code, sent where it is wanted. */
export function CodeForm({ submit: words, send }: { submit: string; send(code: string): Promise<void> }) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const { busy, failed, submit } = useSubmission(
    () => send(code.trim()),
    () => undefined,
  );
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy && code.trim() !== '') void submit();
  };
  return (
    <form className="sign-in-form" onSubmit={onSubmit} noValidate>
      {failed !== null && <Told error={failed} />}
      <label htmlFor="code">{t('secondFactor.code')}</label>
      <Input
        id="code"
        size="large"
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={20}
        value={code}
        onChange={(event) => setCode(event.target.value)}
      />
      <Button type="primary" size="large" htmlType="submit" block loading={busy}>
        {words}
      </Button>
    </form>
  );
}

function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone(): void }) {
  const w = useWords();
  return (
    <section className="second-factor" aria-label={w('factor.recovery')}>
      <Alert type="success" showIcon title={w('factor.done')} description={w('factor.recoveryHint')} />
      <ul className="second-factor-codes" aria-label={w('factor.recovery')}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <Button type="primary" size="large" block onClick={onDone}>
        {w('factor.goOn')}
      </Button>
    </section>
  );
}

function Told({ error }: { error: Error }) {
  const { t } = useTranslation();
  const w = useWords();
  const { kind, status, detail, code } = error instanceof Problem ? error : new Problem('server', 0, '');
  return <Alert type="error" showIcon role="alert" title={code === 'validation_failed' ? w('factor.wrong') : t(`problem.${kind}`, { status, detail })} />;
}
