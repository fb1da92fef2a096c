/**
 * The one place where what is personal is masked: every answer on its way out, by the marks of its schema (`.meta(personal(…))`). What is marked is shown in
 * clear to whom the table of roles lets see it (`personal.read`) of whom it belongs to; an answer that does not say whose it is (`belonging`) is nobody's.
 */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AgentId, TenantId } from '../../kernel/ids.ts';
import { maskName, maskNumber, maskNumbersIn, PERSONAL, type PersonalKind, withheld } from '../../kernel/mask.ts';
import type { ApiPorts, Identity } from './ports.ts';
import { mayToAny } from './scope.ts';
import type { Api } from './shapes.ts';

type House = Pick<ApiPorts, 'directory'>;
/** Whether a number is nobody's: a hotline's own. */
type IsOurs = (number: string) => boolean;

const OWNERS = Symbol('agents whose it is');
/** About the configuration: nobody's. */
const NOT_PERSONAL = Symbol('not personal');

/** The same, and whose it is, with all that is in it. */
export const belonging = <T extends object>(agentIds: Iterable<AgentId | null>, item: T): T => Object.assign(item, { [OWNERS]: [...agentIds] });
/** The same, and about nobody, whatever its schema says may be in it. */
export const impersonal = <T extends object>(item: T): T => Object.assign(item, { [NOT_PERSONAL]: true });

/** What can be shown in clear: the thing as its schema has it, and whose it is. */
export interface Revealable {
  schema: z.core.$ZodType;
  value: object;
}

/** As `belonging` has said it. */
export const ownersOf = (item: object): readonly (AgentId | null)[] => said(item).owners ?? [];

const kindOf = (schema: z.core.$ZodType): PersonalKind | undefined => z.globalRegistry.get(schema)?.[PERSONAL] as PersonalKind | undefined;

/** Schemas that are in this one; `of`: of the parts of an object, by name. */
function within(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) return Object.values(schema.shape);
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  if (schema instanceof z.ZodUnion) return [...schema.options];
  const inner = innerOf(schema);
  return inner === null ? [] : [inner];
}

function innerOf(schema: z.core.$ZodType): z.core.$ZodType | null {
  const { innerType, out } = schema._zod.def as { innerType?: z.core.$ZodType; out?: z.core.$ZodType };
  return innerType ?? out ?? null;
}

const known = new WeakMap<z.core.$ZodType, boolean>();
/** Whether there is a mark in it. */
export function isMarked(schema: z.core.$ZodType): boolean {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const is = kindOf(schema) !== undefined || within(schema).some(isMarked);
  known.set(schema, is);
  return is;
}

interface Visitor {
  /** Whether what belongs to these is to be left as it is. */
  leaves(owners: readonly (AgentId | null)[]): boolean;
  personal(kind: PersonalKind, value: unknown, path: string): unknown;
}
interface At {
  path: string;
  owners: readonly (AgentId | null)[];
}

/** The value with what is marked in it as the visitor makes it. */
function walk(schema: z.core.$ZodType, value: unknown, visitor: Visitor, at: At): unknown {
  if (value === null || value === undefined || !isMarked(schema)) return value;
  const { owners: told, plain } = said(value);
  const owners = told ?? at.owners;
  if (plain || visitor.leaves(owners)) return value;
  const kind = kindOf(schema);
  if (kind !== undefined) return visitor.personal(kind, value, at.path);
  const into = (inner: z.core.$ZodType, part: unknown, name: string) =>
    walk(inner, part, visitor, { owners, path: at.path === '' ? name : `${at.path}.${name}` });
  if (schema instanceof z.ZodArray && Array.isArray(value)) return value.map((item, nth) => into(schema.element, item, String(nth)));
  if (schema instanceof z.ZodUnion) {
    const fitting = schema.options.find((option) => z.safeParse(option, value).success);
    return fitting === undefined ? value : walk(fitting, value, visitor, { ...at, owners });
  }
  const shape = schema instanceof z.ZodObject ? (schema.shape as Record<string, z.core.$ZodType>) : null;
  const each = schema instanceof z.ZodRecord ? schema.valueType : null;
  if ((shape !== null || each !== null) && typeof value === 'object') {
    const parts = Object.entries(value).map(([name, part]) => {
      const inner = each ?? shape?.[name];
      return [name, inner === undefined ? part : into(inner, part, name)];
    });
    return Object.fromEntries(parts);
  }
  const inner = innerOf(schema);
  return inner === null ? value : walk(inner, value, visitor, { ...at, owners });
}

function said(value: unknown): { owners?: readonly (AgentId | null)[]; plain: boolean } {
  if (typeof value !== 'object' || value === null) return { plain: false };
  const { [OWNERS]: owners, [NOT_PERSONAL]: plain = false } = value as { [OWNERS]?: readonly (AgentId | null)[]; [NOT_PERSONAL]?: boolean };
  return owners === undefined ? { plain } : { owners, plain };
}

/** What is left of each kind. */
const masks: { [K in PersonalKind]: (value: unknown, isOurs: IsOurs) => unknown } = {
  number: (value, isOurs) => (isOurs(String(value)) ? value : maskNumber(String(value))),
  name: (value) => maskName(String(value)),
  text: (value) => withheld(String(value)),
  data: (value) => Object.fromEntries(Object.entries(Object(value)).map(([name, its]) => [name, withheld(String(its))])),
  message: (value, isOurs) => maskedMessage(String(value), isOurs),
  json: (value, isOurs) => maskedJson(value, isOurs),
};

/** Names under which our own JSON has what is personal. */
const ofJson: Record<string, PersonalKind> = {
  ...{ caller: 'number', callee: 'number', number: 'number', from: 'number' },
  ...{ customerName: 'name', note: 'text', notes: 'text', data: 'data' },
};

function maskedJson(value: unknown, isOurs: IsOurs): unknown {
  if (typeof value === 'string') return maskNumbersIn(value, isOurs);
  if (Array.isArray(value)) return value.map((item) => maskedJson(item, isOurs));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      const kind = ofJson[name];
      const fits = kind === 'data' ? typeof part === 'object' && part !== null : typeof part === 'string';
      return [name, kind !== undefined && fits ? masks[kind](part, isOurs) : maskedJson(part, isOurs)];
    }),
  );
}

/** Header lines that name a party: `From: "Wang" <sip:…>`. */
const PARTY =
  /^(?:from|f|to|t|contact|m|p-asserted-identity|p-preferred-identity|p-called-party-id|remote-party-id|diversion|history-info|refer-to|r|referred-by|b|reply-to)[ \t]*:/i;
/** Whole values: a signed number, a text, what came from a customer’s system. */
const WHOLE = /^(?:identity|y|subject|s|user-to-user|geolocation|call-info)[ \t]*:/i;
/** What finds messages that belong together, and where sound goes. */
const TECHNICAL = /^(?:(?:via|v|call-id|i|cseq|max-forwards)[ \t]*:|[aot]=)/i;

const maskedMessage = (text: string, isOurs: IsOurs): string =>
  text
    .split(/(\r?\n(?![ \t]))/)
    .map((line) => maskedLine(line, isOurs))
    .join('');

function maskedLine(line: string, isOurs: IsOurs): string {
  const whole = WHOLE.exec(line);
  if (whole !== null) return `${whole[0]} ${withheld(line)}`;
  if (TECHNICAL.test(line)) return line;
  const party = PARTY.exec(line)?.[0];
  if (party === undefined) return maskNumbersIn(line, isOurs);
  const parts = line.slice(party.length).split(TAG);
  return `${party}${parts.map((part, nth) => (nth % 2 === 1 ? part : maskNumbersIn(part.replaceAll(DISPLAY_NAME, shownName), isOurs))).join('')}`;
}

/** Of a dialog, what tells it from others. */
const TAG = /(;[ \t]*tag=[^;,\s]+)/i;
const DISPLAY_NAME = /"(?:[^"\\]|\\.)*"|[^<>",;:]+(?=<)/g;
const shownName = (name: string): string => (name.trim() === '' ? name : ' "****" ');

/** As it is written is all the same: +86, 86, 0 or nothing before it. */
const bare = (number: string): string => number.replace(/\D/g, '').replace(/^(?:00)?86|^0+/, '');

function oursOf({ directory }: House, tenantId: TenantId): IsOurs {
  const numbers = directory.tenants().find((tenant) => tenant.tenantId === tenantId)?.numbers ?? [];
  const ours = new Set(numbers.map(bare));
  return (number) => ours.has(bare(number));
}

/** `user` null: who is not signed in. */
function maskFor(house: House, user: Identity | null): Visitor {
  const isOurs = user === null ? () => false : oursOf(house, user.tenantId);
  return {
    leaves: (agentIds) => user !== null && mayToAny(house, user, 'personal.read', { tenantId: user.tenantId, agentIds }),
    personal: (kind, value) => masks[kind](value, isOurs),
  };
}

export const maskedFor = (house: House, user: Identity | null, schema: z.core.$ZodType, value: unknown): unknown =>
  walk(schema, value, maskFor(house, user), { path: '', owners: [] });

/** Everything personal in it by where it stands: `caller`, `data.account`, `legs.0.target`. */
export function personalOf(schema: z.core.$ZodType, value: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  const note = (path: string, text: unknown) => {
    if (text !== '') found[path] = String(text);
  };
  const personal: Visitor['personal'] = (kind, part, path) => {
    if (kind === 'data') for (const [name, its] of Object.entries(Object(part))) note(`${path}.${name}`, its);
    else note(path, kind === 'json' ? JSON.stringify(part) : part);
    return part;
  };
  walk(schema, value, { leaves: () => false, personal }, { path: '', owners: [] });
  return found;
}

function schemaOf({ routeOptions }: FastifyRequest, status: number): z.core.$ZodType | null {
  const response = (routeOptions.schema?.response ?? {}) as Record<string, unknown>;
  const schema = response[status] ?? response[`${Math.floor(status / 100)}xx`];
  return schema instanceof z.ZodType ? schema : null;
}

/** Behind the guard, before an answer is made text of. */
export function maskAnswers(app: Api, house: House): void {
  app.addHook('preSerialization', async (request, reply, payload) => {
    const schema = schemaOf(request, reply.statusCode);
    return schema === null || !isMarked(schema) ? payload : maskedFor(house, request.user, schema, payload);
  });
}
