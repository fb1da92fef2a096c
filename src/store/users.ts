/** Users and their sessions. */
import type { Kysely, Selectable } from 'kysely';
import { type AgentId, asId, type TenantId, type UserId } from '../../kernel/ids.ts';
import type { Language } from '../call/event.ts';
import type { PersonRole, User } from '../users/user.ts';
import type { Database } from './schema.ts';

const MOST_SESSIONS_SHOWN = 100;

export interface UserWithHash extends User {
  passwordHash: string;
  disabled: boolean;
}

/** Those of this name, in the tenant or (null) in all; at most two are looked at. */
export async function usersByName(db: Kysely<Database>, tenantId: TenantId | null, username: string): Promise<UserWithHash[]> {
  let query = db.selectFrom('users').selectAll().where('username', '=', username);
  if (tenantId !== null) query = query.where('tenant_id', '=', tenantId);
  return (await query.limit(2).execute()).map(userOf);
}

export async function userById(db: Kysely<Database>, userId: UserId): Promise<UserWithHash | null> {
  const row = await db.selectFrom('users').selectAll().where('user_id', '=', userId).executeTakeFirst();
  return row === undefined ? null : userOf(row);
}

export async function listUsers(db: Kysely<Database>, tenantId: TenantId): Promise<UserWithHash[]> {
  return (await db.selectFrom('users').selectAll().where('tenant_id', '=', tenantId).orderBy('username').execute()).map(userOf);
}

/** false: this name is taken in the tenant. */
export async function insertUser(db: Kysely<Database>, user: User, passwordHash: string): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('users')
    .values({
      user_id: user.userId,
      tenant_id: user.tenantId,
      username: user.username,
      name: user.name,
      role: user.role,
      language: user.language,
      agent_id: user.agentId,
      teams: [...(user.teams ?? [])],
      password_hash: passwordHash,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export interface UserChange {
  name?: string;
  role?: PersonRole;
  language?: Language;
  agentId?: AgentId | null;
  teams?: readonly string[];
  passwordHash?: string;
  disabled?: boolean;
}

/** false: there is no such user. */
export async function updateUser(db: Kysely<Database>, userId: UserId, change: UserChange): Promise<boolean> {
  const { passwordHash, agentId, teams, ...rest } = change;
  const set = {
    ...rest,
    ...(teams === undefined ? {} : { teams: [...teams] }),
    ...(agentId === undefined ? {} : { agent_id: agentId }),
    ...(passwordHash === undefined ? {} : { password_hash: passwordHash }),
  };
  if (Object.keys(set).length === 0) return (await userById(db, userId)) !== null;
  const { numUpdatedRows } = await db.updateTable('users').set(set).where('user_id', '=', userId).executeTakeFirst();
  return numUpdatedRows > 0n;
}

export interface NewSession {
  tokenHash: Buffer;
  userId: UserId;
  createdAt: number;
  expiresAt: number;
  limited: boolean;
}

/** Also clears away what has expired. */
export async function insertSession(db: Kysely<Database>, session: NewSession): Promise<void> {
  await db.deleteFrom('sessions').where('expires_at', '<', new Date(session.createdAt)).execute();
  await db
    .insertInto('sessions')
    .values({
      ...{ token_hash: session.tokenHash, user_id: session.userId, limited: session.limited },
      ...{ created_at: new Date(session.createdAt), expires_at: new Date(session.expiresAt) },
    })
    .execute();
}

/** By the hash in hex; who is missing is unknown or revoked, or disabled. */
export async function sessionsByHash(db: Kysely<Database>, tokenHashes: Buffer[]): Promise<Map<string, { user: User; expiresAt: number }>> {
  const rows = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.user_id', 'sessions.user_id')
    .selectAll('users')
    .select(['sessions.expires_at', 'sessions.token_hash', 'sessions.limited'])
    .where('token_hash', 'in', tokenHashes)
    .execute();
  const found = new Map<string, { user: User; expiresAt: number }>();
  for (const row of rows) {
    const { passwordHash: _hash, disabled, ...user } = userOf(row);
    const limited = row.limited ? ({ limited: true } as const) : {};
    if (!disabled) found.set(row.token_hash.toString('hex'), { user: { ...user, ...limited }, expiresAt: row.expires_at.getTime() });
  }
  return found;
}

/** Newest first. */
export async function sessionsOf(db: Kysely<Database>, userId: UserId, now: number): Promise<{ openedAt: number; expiresAt: number }[]> {
  const rows = await db
    .selectFrom('sessions')
    .select(['created_at', 'expires_at'])
    .where('user_id', '=', userId)
    .where('expires_at', '>', new Date(now))
    .orderBy('created_at', 'desc')
    .limit(MOST_SESSIONS_SHOWN)
    .execute();
  return rows.map((row) => ({ openedAt: row.created_at.getTime(), expiresAt: row.expires_at.getTime() }));
}

export async function userNames(db: Kysely<Database>, tenantId: TenantId): Promise<string[]> {
  return (await db.selectFrom('users').select('username').where('tenant_id', '=', tenantId).execute()).map(({ username }) => username);
}

export async function removeSession(db: Kysely<Database>, tokenHash: Buffer): Promise<void> {
  await db.deleteFrom('sessions').where('token_hash', '=', tokenHash).execute();
}

/** From now on it may what its user may. */
export async function widenSession(db: Kysely<Database>, tokenHash: Buffer): Promise<void> {
  await db.updateTable('sessions').set({ limited: false }).where('token_hash', '=', tokenHash).execute();
}

export async function removeSessionsOf(db: Kysely<Database>, userId: UserId): Promise<void> {
  await db.deleteFrom('sessions').where('user_id', '=', userId).execute();
}

const userOf = (row: Selectable<Database['users']>): UserWithHash => ({
  userId: asId<UserId>(row.user_id),
  tenantId: asId<TenantId>(row.tenant_id),
  username: row.username,
  name: row.name,
  role: row.role,
  language: row.language,
  agentId: row.agent_id === null ? null : asId<AgentId>(row.agent_id),
  teams: row.teams,
  passwordHash: row.password_hash,
  disabled: row.disabled,
});
