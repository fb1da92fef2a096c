import { Button, Input } from 'antd';
import { useAdmin } from '../admin.ts';
import { Field } from '../field.tsx';
import { useWords } from '../words.ts';
import { newPassword } from './people.ts';

interface Props {
  label: string;
  hint: string;
  value: string;
  fault: string | null;
  onChange(value: string): void;
}

/** Shown once, to be handed on. */
export function PasswordField({ label, hint, value, fault, onChange }: Props) {
  const w = useWords();
  const { isReader } = useAdmin();
  if (isReader) return null;
  return (
    <Field label={label} hint={hint} fault={fault}>
      {(control) => (
        <div className="password-line">
          <Input {...control} autoComplete="off" value={value} onChange={(event) => onChange(event.target.value)} />
          <Button onClick={() => onChange(newPassword())}>{w('user.newPassword')}</Button>
        </div>
      )}
    </Field>
  );
}
