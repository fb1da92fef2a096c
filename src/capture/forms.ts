/**
 * What may be asked of callers in secret, and to whom it is handed: the setting CAPTURE_FORMS, a YAML of tenants and their forms. It stands
 * with the other secrets of the server, not in a dialplan: who edits flows cannot send card numbers anywhere else.
 *
 *   demo:
 *     payment:
 *       url: https://pay.example.com/huawu
 *       token: …                              # sent as Authorization: Bearer
 *       fields: { card: { least: 13, most: 19 }, expiry: { least: 4, most: 4 }, cvv: { least: 3, most: 4 } }
 */
import { parse } from 'yaml';
import { z } from 'zod';

const name = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'give a name of letters, digits, "_" and "-"');
const field = z
  .strictObject({ least: z.number().int().min(1).max(64), most: z.number().int().min(1).max(64) })
  .refine(({ least, most }) => least <= most, '"least" is more than "most"');
const form = z.strictObject({
  url: z.string().refine(isProtected, 'give an https:// address, or http:// of this very machine'),
  token: z.string().min(1).max(4096).optional(),
  fields: z.record(name, field).refine((fields) => Object.keys(fields).length <= 16, 'at most 16 fields'),
});
const formsSchema = z.record(z.string().min(1), z.record(name, form));

export type CaptureForm = z.infer<typeof form>;
/** Tenant → form → where it goes and what it asks. */
export type CaptureForms = z.infer<typeof formsSchema>;

/** Card numbers cross no network in the clear. */
function isProtected(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname));
}

/** Faults name the place and never the text, which holds tokens. */
export function readForms(text: string | undefined, faults: string[]): CaptureForms {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    faults.push('CAPTURE_FORMS is not YAML: give tenant → form → url, token, fields');
    return {};
  }
  const read = formsSchema.safeParse(value);
  if (read.success) return read.data;
  faults.push(...read.error.issues.map(({ path, message }) => `CAPTURE_FORMS, ${path.join('.') || 'at its top'}: ${message}`));
  return {};
}

/** What a desk may ask for, without where it goes. */
export const fieldsOf = (forms: CaptureForms, tenantId: string): Record<string, CaptureForm['fields']> =>
  Object.fromEntries(Object.entries(forms[tenantId] ?? {}).map(([formName, { fields }]) => [formName, fields]));
