/** Data for any command of the desk protocol, made of its schema: a simulation that asks whatever there is forgets no command that is added. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { type DeskCommandType, deskMessageSchema } from '../../src/cti/protocol.ts';

interface Schema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  pattern?: string;
  propertyNames?: Schema;
  additionalProperties?: Schema | boolean;
}

const commands = new Map(
  ((z.toJSONSchema(deskMessageSchema, { io: 'input' }) as Schema).oneOf ?? []).map((schema) => [
    String(schema.properties?.type?.const),
    schema.properties?.data ?? {},
  ]),
);

/** Words for texts: by the field's name, else whichever fits its pattern. */
export interface Words {
  named: Record<string, readonly string[]>;
  others: readonly string[];
}

export function anyData(type: DeskCommandType, random: () => number, words: Words): object {
  const schema = commands.get(type);
  assert.ok(schema !== undefined, `${type} has no schema`);
  const data = valueFor(schema, '', random, words);
  return typeof data === 'object' && data !== null ? data : {};
}

const pick = <T>(from: readonly T[], random: () => number): T | undefined => from[Math.floor(random() * from.length)];

function valueFor(schema: Schema, name: string, random: () => number, words: Words): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return pick(schema.enum, random);
  const alternatives = schema.oneOf ?? schema.anyOf ?? (Array.isArray(schema.type) ? schema.type.map((type) => ({ ...schema, type })) : undefined);
  if (alternatives !== undefined) return valueFor(pick(alternatives, random) ?? {}, name, random, words);
  if (schema.type === 'object') return objectOf(schema, random, words);
  if (schema.type === 'array') return random() < 0.5 ? [] : [valueFor(schema.items ?? {}, name, random, words)];
  if (schema.type === 'boolean') return random() < 0.5;
  if (schema.type === 'number' || schema.type === 'integer') return Math.floor(random() * 10);
  if (schema.type === 'null') return null;
  const fits = (word: string): boolean => schema.pattern === undefined || new RegExp(schema.pattern).test(word);
  return pick((words.named[name] ?? words.others).filter(fits), random) ?? words.others.find(fits) ?? 'x';
}

/** What may be left out is there now and then; another's call would only be refused. */
function objectOf({ properties = {}, required = [], propertyNames, additionalProperties }: Schema, random: () => number, words: Words): object {
  if (propertyNames !== undefined && typeof additionalProperties === 'object')
    return { [String(valueFor(propertyNames, 'key', random, words))]: valueFor(additionalProperties, 'value', random, words) };
  const fields = Object.entries(properties).filter(([name]) => required.includes(name) || (name !== 'callId' && random() < 0.5));
  return Object.fromEntries(fields.map(([name, schema]) => [name, valueFor(schema, name, random, words)]));
}
