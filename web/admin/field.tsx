/** A field of a form: its name, its control, what it is for, and what is wrong with it. */
import { type ReactNode, useId } from 'react';

interface Props {
  label: string;
  hint?: string | undefined;
  fault?: string | null;
  children(control: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': true | undefined }): ReactNode;
}

export function Field({ label, hint, fault = null, children }: Props) {
  const id = useId();
  const described = [hint === undefined ? '' : `${id}-hint`, fault === null ? '' : `${id}-fault`].filter(Boolean).join(' ');
  return (
    <div className={fault === null ? 'field' : 'field is-faulty'}>
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': described === '' ? undefined : described, 'aria-invalid': fault === null ? undefined : true })}
      {fault !== null && (
        <p className="field-fault" id={`${id}-fault`}>
          {fault}
        </p>
      )}
      {hint !== undefined && (
        <p className="field-hint quiet" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
