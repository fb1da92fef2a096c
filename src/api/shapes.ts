/** Shapes that several rooms of the API share. Requests are strict: an unknown field is refused, not ignored. */
import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Branded } from '../../kernel/ids.ts';
import type { PageRequest } from './ports.ts';

/** The server with zod's types. */
export type Api = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, FastifyBaseLogger, ZodTypeProvider>;

const MOST_PER_PAGE = 200;

export const idSchema = z.string().regex(/^[A-Za-z0-9_.:@+-]{1,128}$/, 'an id: letters, digits and _ . : @ + -');
export const nameSchema = z.string().trim().min(1).max(100);
/** The last part of an id: `service` of `demo:service`. */
export const shortNameSchema = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'lower-case letters, digits, _ and -: 64 at most');
export const skillNameSchema = z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/, 'lower-case letters, digits and _ . -: 64 at most');
export const skillLevelSchema = z.number().int().min(1).max(10);
export const languageSchema = z.enum(['zh', 'en']);
export const bilingualSchema = z.strictObject({ zh: nameSchema, en: nameSchema });
export const passwordSchema = z.string().min(8).max(128);
export const timeSchema = z.iso.datetime({ offset: true });

export const pageQuery = {
  cursor: z.string().min(1).max(512).optional(),
  limit: z.coerce.number().int().min(1).max(MOST_PER_PAGE).default(50),
};
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().nullable() });
export const pageRequest = (query: { cursor?: string | undefined; limit: number }): PageRequest => ({ cursor: query.cursor ?? null, limit: query.limit });

export const iso = (ms: number): string => new Date(ms).toISOString();
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

/** Pages a list that is in memory already; the cursor is the last id of the page before. */
export function pageThrough<T>(items: readonly T[], idOf: (item: T) => string, { cursor, limit }: PageRequest): { items: T[]; nextCursor: string | null } {
  const sorted = [...items].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const rest = cursor === null ? sorted : sorted.filter((item) => idOf(item) > cursor);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { items: page, nextCursor: rest.length > limit && last !== undefined ? idOf(last) : null };
}

/** An id that came through a schema. */
export const branded = <Id extends Branded<string>>(text: string): Id => text as Id;

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
/** A partial body without its absent fields: JSON has no undefined, only the types do. */
export const given = <T extends object>(body: T): Given<T> => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as Given<T>;
