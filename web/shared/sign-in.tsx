import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Input } from 'antd';
import { type FormEvent, lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem, signIn } from './api.ts';
import { waitingFor } from './busy.ts';
import { TasteControls } from './controls.tsx';
import { Providers } from './providers.tsx';
import './sign-in.css';

/** Few ever need it: it is loaded then. */
const SetUp = lazy(() => import('../account/second-factor.tsx').then((all) => ({ default: all.SetUpSecondFactor })));

/** Why she is (back) here. */
export type SignInNotice = 'expired' | 'signedOut' | 'forbidden';
/** What this console calls itself, and those who sign in. */
export interface SignInWords {
  title: string;
  lead: string;
  name: string;
  nameMissing: string;
}
interface Fields {
  number: string;
  password: string;
  /** Of the second factor, where it is asked for. */
  code: string;
}

export function SignIn({ words, notice, onToken }: { words: SignInWords; notice: SignInNotice | null; onToken(token: string): void }) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${words.title} · ${t('product')}`;
  }, [t, words.title]);
  const [limited, setLimited] = useState<string | null>(null);
  const [asksCode, setAsksCode] = useState(false);
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: ({ number, password, code }: Fields) => signIn(number, password, code === '' ? undefined : code),
    onSuccess: (session) => (session.limited ? setLimited(session.token) : onToken(session.token)),
    onError: (failed) => {
      if (needsCode(failed)) setAsksCode(true);
    },
  });
  const told = needsCode(error) ? null : error;
  return (
    <div className="sign-in">
      <header className="sign-in-top">
        <span className="brand">{t('productLong')}</span>
        <TasteControls />
      </header>
      <main className="sign-in-card">
        <h1>{words.title}</h1>
        <p className="quiet">{words.lead}</p>
        <div className="sign-in-notice" role="alert">
          {told !== null ? (
            <ProblemLine error={told} />
          ) : (
            notice !== null && <Alert type={notice === 'signedOut' ? 'info' : 'warning'} showIcon title={t(`signIn.${notice}`)} />
          )}
        </div>
        {limited === null ? (
          <SignInForm words={words} busy={isPending} asksCode={asksCode} onSubmit={mutate} onChange={reset} />
        ) : (
          <>
            <Alert type="info" showIcon title={t('secondFactor.demanded')} />
            <Suspense fallback={null}>
              <SetUp token={limited} onDone={() => onToken(limited)} />
            </Suspense>
          </>
        )}
        {limited === null && <Providers onToken={onToken} />}
      </main>
    </div>
  );
}

const needsCode = (error: Error | null): boolean => error instanceof Problem && error.code === 'second_factor_needed';

function ProblemLine({ error }: { error: Error }) {
  const { t } = useTranslation();
  const { kind, status, detail } = error instanceof Problem ? error : new Problem('server', 0, '');
  return <Alert type="error" showIcon title={t(`problem.${kind}`, { status, detail })} />;
}

interface FormProps {
  words: SignInWords;
  busy: boolean;
  asksCode: boolean;
  onSubmit(fields: Fields): void;
  onChange(): void;
}

function SignInForm({ words, busy, asksCode, onSubmit, onChange }: FormProps) {
  const { t } = useTranslation();
  const [fields, setFields] = useState<Fields>({ number: '', password: '', code: '' });
  const [missing, setMissing] = useState<keyof Fields | null>(null);
  const set = (change: Partial<Fields>) => {
    setFields({ ...fields, ...change });
    setMissing(null);
    onChange();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const number = fields.number.trim();
    if (number === '') return setMissing('number');
    if (fields.password === '') return setMissing('password');
    if (asksCode && fields.code.trim() === '') return setMissing('code');
    if (!busy) onSubmit({ number, password: fields.password, code: asksCode ? fields.code.trim() : '' });
  };
  return (
    <form className="sign-in-form" onSubmit={submit} noValidate>
      <label htmlFor="number">{words.name}</label>
      <Input
        id="number"
        size="large"
        autoFocus
        autoComplete="username"
        value={fields.number}
        onChange={(event) => set({ number: event.target.value })}
        {...fault(missing === 'number', 'number-fault')}
      />
      <p className="fault" id="number-fault">
        {missing === 'number' && words.nameMissing}
      </p>
      <label htmlFor="password">{t('signIn.password')}</label>
      <Input.Password
        id="password"
        size="large"
        autoComplete="current-password"
        value={fields.password}
        onChange={(event) => set({ password: event.target.value })}
        {...fault(missing === 'password', 'password-fault')}
      />
      <p className="fault" id="password-fault">
        {missing === 'password' && t('signIn.passwordMissing')}
      </p>
      {asksCode && (
        <>
          <label htmlFor="code">{t('secondFactor.code')}</label>
          <Input
            id="code"
            size="large"
            autoFocus
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={20}
            value={fields.code}
            onChange={(event) => set({ code: event.target.value })}
            {...fault(missing === 'code', 'code-fault')}
          />
          <p className={missing === 'code' ? 'fault' : 'code-hint quiet'} id="code-fault">
            {missing === 'code' ? t('secondFactor.codeMissing') : t('secondFactor.codeHint')}
          </p>
        </>
      )}
      <Button type="primary" size="large" htmlType="submit" block loading={waitingFor(busy)}>
        {t('signIn.submit')}
      </Button>
    </form>
  );
}

const fault = (wrong: boolean, id: string) => (wrong ? ({ status: 'error', 'aria-invalid': true, 'aria-describedby': id } as const) : {});
