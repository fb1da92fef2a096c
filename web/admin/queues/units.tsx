/** Durations as people write them: seconds, where the API has milliseconds. */
import { Input } from 'antd';
import { useState } from 'react';
import { Field } from '../field.tsx';
import { useWords } from '../words.ts';

interface Props {
  label: string;
  hint: string;
  fault: string | null;
  value: number | null;
  /** null can be said, by leaving it empty. */
  nullable?: boolean;
  onChange(value: number | null): void;
}

const MS = 1_000;

export const Seconds = ({ value, onChange, ...rest }: Props) => (
  <Count {...rest} unit="s" value={value === null ? null : value / MS} onChange={(seconds) => onChange(seconds === null ? null : Math.round(seconds * MS))} />
);

export function Count({ label, hint, fault, value, nullable = false, unit, onChange }: Props & { unit?: 's' }) {
  const w = useWords();
  const [text, setText] = useState(value === null ? '' : String(value));
  const wrong = text.trim() === '' ? !nullable : !Number.isFinite(Number(text)) || Number(text) < 0;
  const change = (typed: string) => {
    setText(typed);
    const number = Number(typed);
    if (typed.trim() === '') onChange(null);
    else if (Number.isFinite(number) && number >= 0) onChange(number);
  };
  return (
    <Field label={label} hint={hint} fault={fault ?? (wrong ? w('queue.number') : null)}>
      {(control) => (
        <Input
          {...control}
          inputMode="decimal"
          className="count"
          value={text}
          {...(unit === undefined ? {} : { suffix: w('queue.seconds') })}
          onChange={(event) => change(event.target.value)}
        />
      )}
    </Field>
  );
}
