/** From which day to which, both of them in it. */
import { useId } from 'react';
import { type Range, rangeFault } from './span.ts';
import { useWords } from './words.ts';

interface Props {
  range: Range;
  mostDays?: number;
  onRange(range: Range): void;
}

export function RangeFields({ range, mostDays, onRange }: Props) {
  const w = useWords();
  const id = useId();
  const fault = rangeFault(range, mostDays);
  const faulty = fault === null ? {} : ({ 'aria-invalid': true, 'aria-describedby': `${id}-fault` } as const);
  return (
    <>
      {(['from', 'to'] as const).map((end) => (
        <label key={end} className="reports-field">
          <span>{w(`range.${end}`)}</span>
          <input type="date" required value={range[end]} {...faulty} onChange={(event) => onRange({ ...range, [end]: event.target.value })} />
        </label>
      ))}
      {fault !== null && (
        <p className="fault" id={`${id}-fault`} role="alert">
          {w(`rangeFault.${fault}`, { days: mostDays ?? 0 })}
        </p>
      )}
    </>
  );
}
