/** What an agent's desk shows and asks for with the calls of a queue. The routing core does nothing of itself with it. */
interface Bilingual {
  zh: string;
  en: string;
}
interface Field<T extends string> {
  type: T;
  name: string;
  label: Bilingual;
  /** The desk asks for it before it lets her be done; absent = she may leave it empty. */
  required?: boolean;
}

export type FormField =
  | Field<'text'>
  | Field<'date'>
  | Field<'checkbox'>
  | (Field<'number'> & { least?: number; most?: number })
  | (Field<'choice'> & { choices: { value: string; label: Bilingual }[] });

export interface QueueDesk {
  /** What she says, with `{{name}}` for what is known of the call; absent = nothing is prescribed. */
  script?: Bilingual;
  /** How a call may have gone; absent = the desk's usual ones. */
  dispositions?: { name: string; label: Bilingual }[];
  /** What she fills in beside it: kept with the record's data as `form.<name>`. */
  form?: FormField[];
  /** Numbers outside that its callers are often sent to. */
  numbers?: { name: Bilingual; number: string }[];
}

const LONGEST_TEXT = 1_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** What is wrong with the first value that does not fit its field; null: nothing. An empty one is none at all; what is required is the desk's to ask for. */
export function faultInForm(form: readonly FormField[], values: Readonly<Record<string, string>>): string | null {
  for (const [name, value] of Object.entries(values)) {
    const field = form.find((one) => one.name === name);
    if (field === undefined) return `no field "${name}"`;
    if (value !== '' && !fits(field, value)) return `"${name}" is no ${field.type} that may be given`;
  }
  return null;
}

function fits(field: FormField, value: string): boolean {
  if (field.type === 'text') return value.length <= LONGEST_TEXT;
  if (field.type === 'date') return DATE.test(value) && !Number.isNaN(Date.parse(value));
  if (field.type === 'checkbox') return value === 'yes';
  if (field.type === 'choice') return field.choices.some((choice) => choice.value === value);
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = field;
  const number = Number(value);
  return value.trim() !== '' && Number.isFinite(number) && number >= least && number <= most;
}
