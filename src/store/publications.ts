/** Published dialplans, every version that ever was, with the text of its files. */
import type { Kysely, Selectable } from 'kysely';
import { asId, type DialplanVersion, type TenantId } from '../../kernel/ids.ts';
import type { Database } from './schema.ts';

export interface Publication {
  publicationId: number;
  tenantId: TenantId;
  version: DialplanVersion;
  /** ms since 1970 */
  publishedAt: number;
  publishedBy: string | null;
  note: string;
  /** file name → text */
  files: Record<string, string>;
}

export async function savePublication(db: Kysely<Database>, publication: Omit<Publication, 'publicationId'>): Promise<number> {
  const { tenantId: tenant_id, version, publishedAt, publishedBy: published_by, note, files } = publication;
  const row = await db
    .insertInto('dialplan_publications')
    .values({ tenant_id, version, published_at: new Date(publishedAt), published_by, note, files: JSON.stringify(files) })
    .returning('publication_id')
    .executeTakeFirstOrThrow();
  return row.publication_id;
}

/** Newest first, without the files. */
export async function listPublications(db: Kysely<Database>, tenantId: TenantId, limit: number): Promise<Omit<Publication, 'files'>[]> {
  const rows = await db
    .selectFrom('dialplan_publications')
    .select(['publication_id', 'tenant_id', 'version', 'published_at', 'published_by', 'note'])
    .where('tenant_id', '=', tenantId)
    .orderBy('publication_id', 'desc')
    .limit(Math.min(Math.max(1, limit), 200))
    .execute();
  return rows.map(headOf);
}

/** The newest publication of this version (it may have been published again); null = never. */
export async function publicationOf(db: Kysely<Database>, tenantId: TenantId, version: DialplanVersion): Promise<Publication | null> {
  const row = await db
    .selectFrom('dialplan_publications')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('version', '=', version)
    .orderBy('publication_id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : { ...headOf(row), files: row.files };
}

const headOf = (row: Omit<Selectable<Database['dialplan_publications']>, 'files'>): Omit<Publication, 'files'> => ({
  publicationId: row.publication_id,
  tenantId: asId<TenantId>(row.tenant_id),
  version: asId<DialplanVersion>(row.version),
  publishedAt: row.published_at.getTime(),
  publishedBy: row.published_by,
  note: row.note,
});
