/** Some of several: queues of an agent, days of a week. */
interface Props {
  legend: string;
  hint?: string;
  options: readonly { value: string; text: string }[];
  chosen: readonly string[];
  onChange(chosen: string[]): void;
}

export function Checks({ legend, hint, options, chosen, onChange }: Props) {
  const toggle = (value: string) => onChange(chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value]);
  return (
    <fieldset className="checks">
      <legend>{legend}</legend>
      {hint !== undefined && <p className="field-hint quiet">{hint}</p>}
      <div className="checks-box">
        {options.map(({ value, text }) => (
          <label key={value}>
            <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
            {text}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
