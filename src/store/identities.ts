/** Whom an identity provider knows under which name. */
import type { Kysely } from 'kysely';
import { asId, type UserId } from '../../kernel/ids.ts';
import type { Database } from './schema.ts';
import { type UserWithHash, userById } from './users.ts';

export async function userOfIdentity(db: Kysely<Database>, issuer: string, subject: string): Promise<UserWithHash | null> {
  const row = await db.selectFrom('user_identities').select('user_id').where('issuer', '=', issuer).where('subject', '=', subject).executeTakeFirst();
  return row === undefined ? null : userById(db, asId<UserId>(row.user_id));
}

export async function linkIdentity(db: Kysely<Database>, issuer: string, subject: string, userId: UserId): Promise<void> {
  await db
    .insertInto('user_identities')
    .values({ issuer, subject, user_id: userId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
