/** What a JSON Schema allows at a place, as an editor offers it. Pure. */
import type { Path } from './place.ts';

export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  items?: Schema | boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  pattern?: string;
}

export interface Offer {
  label: string;
  /** Of a key: what it takes; of a value: nothing. */
  detail: string;
  info: string;
  isKey: boolean;
}

/** A schema that refers to itself ends here. */
const DEEPEST = 12;

/** The schema without references and choices: all that it may be. */
function alternatives(schema: Schema | boolean | undefined, root: Schema, depth = 0): Schema[] {
  if (typeof schema !== 'object' || depth > DEEPEST) return [];
  if (schema.$ref !== undefined) return alternatives(referred(schema.$ref, root), root, depth + 1);
  const choices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const own = schema.properties !== undefined || choices.length === 0 ? [schema] : [];
  return [...own, ...choices.flatMap((choice) => alternatives(choice, root, depth + 1).map((each) => describedBy(each, choice, schema)))];
}

const describedBy = (each: Schema, choice: Schema, whole: Schema): Schema => {
  const description = each.description ?? choice.description ?? whole.description;
  return description === undefined ? each : { ...each, description };
};

function referred(ref: string, root: Schema): Schema | undefined {
  let at: unknown = root;
  for (const step of ref.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined;
  }
  return typeof at === 'object' && at !== null ? (at as Schema) : undefined;
}

export function schemasAt(root: Schema, path: Path): Schema[] {
  let here = alternatives(root, root);
  for (const step of path) here = here.flatMap((schema) => inside(schema, step)).flatMap((schema) => alternatives(schema, root));
  return here;
}

function inside(schema: Schema, step: string): (Schema | boolean)[] {
  if (step === '*') return schema.items === undefined ? [] : [schema.items];
  const named = schema.properties?.[step];
  if (named !== undefined) return [named];
  const patterned = Object.entries(schema.patternProperties ?? {}).filter(([pattern]) => new RegExp(pattern).test(step));
  if (patterned.length > 0) return patterned.map(([, of]) => of);
  return schema.additionalProperties === undefined ? [] : [schema.additionalProperties];
}

const valuesOf = (schema: Schema): string[] => {
  if (schema.const !== undefined) return [String(schema.const)];
  if (schema.enum !== undefined) return schema.enum.map(String);
  return schema.type === 'boolean' ? ['true', 'false'] : [];
};

function kindOf(schema: Schema | undefined, root: Schema): string {
  const kinds = alternatives(schema, root).map((each) => {
    const values = valuesOf(each);
    if (values.length > 0 && values.length <= 4) return values.join(' | ');
    const { type = 'object', minimum, maximum } = each;
    const range = minimum === undefined && maximum === undefined ? '' : ` ${minimum ?? ''}…${maximum ?? ''}`;
    return `${Array.isArray(type) ? type.join(' | ') : type}${range}`;
  });
  return [...new Set(kinds)].slice(0, 3).join(' | ');
}

/** Of several alternatives' keys each once. */
export function offersAt(root: Schema, path: Path, kind: 'key' | 'value'): Offer[] {
  const offers = new Map<string, Offer>();
  for (const schema of schemasAt(root, path)) {
    for (const value of valuesOf(schema)) offers.set(value, { label: value, detail: '', info: schema.description ?? '', isKey: false });
    if (kind === 'value') continue;
    for (const [name, of] of Object.entries(schema.properties ?? {})) {
      const [first] = alternatives(of, root);
      const info = of.description ?? first?.description ?? '';
      if (!offers.has(name)) offers.set(name, { label: name, detail: kindOf(of, root), info, isKey: true });
    }
  }
  return [...offers.values()];
}
