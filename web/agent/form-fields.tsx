/** The fields that the queue's form asks for beside the outcome. */
import { Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { languageNow } from '../shared/labels.ts';
import type { FormField } from './queue-desk.ts';

interface FieldsProps {
  form: readonly FormField[];
  values: Readonly<Record<string, string>>;
  onChange(name: string, value: string): void;
}

export function FormFields({ form, values, onChange }: FieldsProps) {
  return form.map((field) => <OneField key={field.name} field={field} value={values[field.name] ?? ''} onChange={(value) => onChange(field.name, value)} />);
}

interface FieldProps {
  field: FormField;
  value: string;
  onChange(value: string): void;
}

function OneField({ field, value, onChange }: FieldProps) {
  const { t } = useTranslation();
  const id = `form-${field.name}`;
  const words = field.label[languageNow()];
  const required = field.required === true && <span className="required">{t('wrapUp.required')}</span>;
  if (field.type === 'checkbox') {
    return (
      <label className="form-field is-checkbox">
        <input id={id} type="checkbox" checked={value === 'yes'} onChange={(event) => onChange(event.target.checked ? 'yes' : '')} />
        <span>
          {words} {required}
        </span>
      </label>
    );
  }
  return (
    <div className="form-field">
      <label htmlFor={id}>
        {words} {required}
      </label>
      {field.type === 'choice' ? (
        <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="">{t('wrapUp.notChosen')}</option>
          {field.choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label[languageNow()]}
            </option>
          ))}
        </select>
      ) : (
        <Input
          id={id}
          type={field.type}
          {...(field.type === 'number' ? { min: field.least, max: field.most, step: 'any' } : {})}
          value={value}
          maxLength={1_000}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </div>
  );
}
