/** Section `desk` of a queue, as tenant file and API take it: what an agent's desk shows and asks for with its calls. */
import { z } from 'zod';

const MOST_SCRIPT = 4_000;
const MOST_FIELDS = 20;
const MOST_CHOICES = 30;
const MOST_NUMBERS = 200;

const words = z.string().trim().min(1).max(100);
const bilingual = z.strictObject({ zh: words, en: words });
/** A name of the operator's own; as data of a call it has `form.` before it. */
const fieldName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,31}$/, 'a letter, then letters, digits or "_": 32 at most');
const common = { name: fieldName, label: bilingual, required: z.boolean().optional() };
const option = z.strictObject({ value: z.string().regex(/^[\p{L}\p{N}_.-]{1,64}$/u, 'letters, digits and _ . -: 64 at most'), label: bilingual });

const fieldSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...common, type: z.literal('text') }),
  z.strictObject({ ...common, type: z.literal('number'), least: z.number().optional(), most: z.number().optional() }),
  z.strictObject({ ...common, type: z.literal('date') }),
  z.strictObject({ ...common, type: z.literal('checkbox') }),
  z.strictObject({ ...common, type: z.literal('choice'), choices: z.array(option).min(1).max(MOST_CHOICES) }),
]);

const distinct = <T>(nameOf: (item: T) => string) => [(items: T[]) => new Set(items.map(nameOf)).size === items.length, 'each name once'] as const;

export const deskSchema = z.strictObject({
  script: z.strictObject({ zh: z.string().min(1).max(MOST_SCRIPT), en: z.string().min(1).max(MOST_SCRIPT) }).optional(),
  dispositions: z
    .array(z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'lower-case letters, digits and "_"'), label: bilingual }))
    .min(1)
    .max(MOST_CHOICES)
    .refine(...distinct<{ name: string }>(({ name }) => name))
    .optional(),
  form: z
    .array(fieldSchema)
    .max(MOST_FIELDS)
    .refine(...distinct<{ name: string }>(({ name }) => name))
    .optional(),
  numbers: z
    .array(z.strictObject({ name: bilingual, number: z.string().regex(/^\+?[0-9*#]{1,24}$/, 'digits, * and #, with + before them for another country') }))
    .max(MOST_NUMBERS)
    .optional(),
});
