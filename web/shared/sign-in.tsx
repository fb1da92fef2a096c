import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Input } from 'antd';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem, signIn } from './api.ts';
import { waitingFor } from './busy.ts';
import { TasteControls } from './controls.tsx';
import './sign-in.css';

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
}

export function SignIn({ words, notice, onToken }: { words: SignInWords; notice: SignInNotice | null; onToken(token: string): void }) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${words.title} · ${t('product')}`;
  }, [t, words.title]);
  const { mutate, isPending, error, reset } = useMutation({ mutationFn: ({ number, password }: Fields) => signIn(number, password), onSuccess: onToken });
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
          {error !== null ? (
            <ProblemLine error={error} />
          ) : (
            notice !== null && <Alert type={notice === 'signedOut' ? 'info' : 'warning'} showIcon title={t(`signIn.${notice}`)} />
          )}
        </div>
        <SignInForm words={words} busy={isPending} onSubmit={mutate} onChange={reset} />
      </main>
    </div>
  );
}

function ProblemLine({ error }: { error: Error }) {
  const { t } = useTranslation();
  const { kind, status, detail } = error instanceof Problem ? error : new Problem('server', 0, '');
  return <Alert type="error" showIcon title={t(`problem.${kind}`, { status, detail })} />;
}

function SignInForm({ words, busy, onSubmit, onChange }: { words: SignInWords; busy: boolean; onSubmit(fields: Fields): void; onChange(): void }) {
  const { t } = useTranslation();
  const [fields, setFields] = useState<Fields>({ number: '', password: '' });
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
    if (!busy) onSubmit({ number, password: fields.password });
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
      <Button type="primary" size="large" htmlType="submit" block loading={waitingFor(busy)}>
        {t('signIn.submit')}
      </Button>
    </form>
  );
}

const fault = (wrong: boolean, id: string) => (wrong ? ({ status: 'error', 'aria-invalid': true, 'aria-describedby': id } as const) : {});
