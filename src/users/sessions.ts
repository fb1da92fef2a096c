/**
 * Sign-in and sessions. A token is 256 random bits; only its SHA-256 is kept. Sessions live in Postgres and in a bounded cache
 * that looks again every 4 s, so that what another process revoked is gone here within 5 s; what this process revokes is gone
 * at once. While Postgres is away those who are signed in stay signed in.
 */
import { createHash } from 'node:crypto';
import { type Clock, within } from '../../kernel/clock.ts';
import { randomToken, type TenantId, type UserId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Store } from '../store/store.ts';
import { saveSipAccount } from '../store/tenants.ts';
import {
  insertSession,
  insertUser,
  removeSession,
  removeSessionsOf,
  sessionsByHash,
  type UserChange,
  updateUser,
  userById,
  usersByName,
  widenSession,
} from '../store/users.ts';
import type { SipAccount } from '../tenants/directory.ts';
import { type PhoneDigest, sipAccountOf } from './digest.ts';
import { type Session, SessionLookup } from './lookup.ts';
import { hashPassword, isPassword } from './passwords.ts';
import type { SecondFactors } from './second-factor.ts';
import { SignInThrottle } from './throttle.ts';
import type { User } from './user.ts';

const SESSION_MS = 12 * 3_600_000;
const LOOK_AGAIN_MS = 4_000;
const MOST_CACHED = 20_000;
const SIGN_IN_WITHIN_MS = 5_000;
const LONGEST_PASSWORD = 256;

export type SignIn =
  | { ok: true; token: string; expiresAt: number; user: User }
  /** The password is right; the code of her second factor is to come with it. */
  | { ok: false; reason: 'second_factor'; retryAfterMs: number }
  /** `wrong`: no such user, wrong password or disabled, which nobody can tell apart. `of`: whom it was tried for, for the audit trail alone. */
  | { ok: false; reason: 'wrong' | 'throttled' | 'unavailable'; retryAfterMs: number; of?: Pick<User, 'tenantId' | 'userId'> };

/** What is written in the same transaction. */
export type Alongside = (db: Store['db']) => Promise<void>;

export interface Sessions {
  /** `tenantId` null = the user name alone must be unique. */
  signIn(tenantId: TenantId | null, username: string, password: string, code?: string): Promise<SignIn>;
  /** For whom somebody else has vouched. */
  open(user: User, alongside?: Alongside): Promise<Extract<SignIn, { ok: true }>>;
  /** A limited session has what it lacked. */
  widen(token: string): Promise<void>;
  /** null: unknown, expired or revoked. Rejects with `SessionUnknown` while Postgres cannot be asked and we have never seen it. */
  userOf(token: string): Promise<User | null>;
  /** As `userOf`; null also for a session in which nothing may be done yet. */
  deskUserOf(token: string): Promise<User | null>;
  signOut(token: string): Promise<void>;
  /** false: the name is taken. */
  addUser(user: User, password: string, alongside?: Alongside): Promise<boolean>;
  /** A new password, role or teams, or being disabled, ends every session of the user. false: there is no such user. */
  changeUser(userId: UserId, change: Omit<UserChange, 'passwordHash'> & { password?: string }, alongside?: Alongside): Promise<boolean>;
  /** Ends every session of the user. */
  endSessions(userId: UserId): Promise<void>;
  /** Hears whose sessions were revoked here, to close their sockets. */
  onRevoked(listener: (userId: UserId) => void): () => void;
}

interface Cached {
  user: User;
  expiresAt: number;
  checkedAt: number;
}

/** `factors` absent: nobody has a second factor. */
export function createSessions(options: { store: Store; clock: Clock; log: Logger; factors?: Factors }): Sessions {
  const { store, clock } = options;
  const throttle = new SignInThrottle();
  const cache = new SessionCache();
  const lookup = new SessionLookup((tokenHashes) => store.quickly('session', (db) => sessionsByHash(db, tokenHashes)));
  const listeners = new Set<(userId: UserId) => void>();
  const endSessions = async (userId: UserId): Promise<void> => {
    await removeSessionsOf(store.db, userId);
    cache.removeUser(userId);
    for (const listener of listeners) listener(userId);
  };
  return {
    signIn: (tenantId, username, password, code) => signIn({ ...options, throttle, cache }, { tenantId, username, password, code }),
    open: (user, alongside) => openSession({ ...options, throttle, cache }, user, alongside),
    async widen(token) {
      const tokenHash = hashOf(token);
      await widenSession(store.db, tokenHash);
      cache.remove(tokenHash);
    },
    userOf: (token) => userOf({ clock, cache, lookup }, token),
    async deskUserOf(token) {
      const user = await userOf({ clock, cache, lookup }, token);
      return user?.limited === true ? null : user;
    },
    async signOut(token) {
      const tokenHash = hashOf(token);
      cache.remove(tokenHash);
      await removeSession(store.db, tokenHash);
    },
    addUser: (user, password, alongside) => addUser(store, user, password, undefined, alongside),
    async changeUser(userId, { password, ...change }, alongside) {
      const passwordHash = password === undefined ? undefined : await hashPassword(password);
      const known = await store.db.transaction().execute(async (trx) => {
        if (!(await updateUser(trx, userId, { ...change, ...(passwordHash === undefined ? {} : { passwordHash }) }))) return false;
        if (password !== undefined) await savePhone(trx, userId, password);
        await alongside?.(trx);
        return true;
      });
      if (password !== undefined || change.role !== undefined || change.teams !== undefined || change.disabled === true) await endSessions(userId);
      return known;
    },
    endSessions,
    onRevoked(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** An agent's console password is her phone's too. false: the name is taken. */
export async function addUser(store: Pick<Store, 'db'>, user: User, password: string, phoneDigest?: PhoneDigest, alongside?: Alongside): Promise<boolean> {
  const hashed = await hashedUser(user, password, phoneDigest);
  return store.db.transaction().execute(async (trx) => {
    if (!(await putUser(trx, hashed))) return false;
    await alongside?.(trx);
    return true;
  });
}

interface HashedUser {
  user: User;
  passwordHash: string;
  account: SipAccount | null;
}

export const hashedUser = async (user: User, password: string, phoneDigest?: PhoneDigest): Promise<HashedUser> => ({
  user,
  passwordHash: await hashPassword(password),
  account: sipAccountOf(user, password, phoneDigest),
});

/** Within a transaction of the caller's, or alone. false: the name is taken. */
export async function putUser(db: Store['db'], { user, passwordHash, account }: HashedUser): Promise<boolean> {
  if (!(await insertUser(db, user, passwordHash))) return false;
  if (account !== null) await saveSipAccount(db, account);
  return true;
}

async function savePhone(db: Store['db'], userId: UserId, password: string): Promise<void> {
  const user = await userById(db, userId);
  const account = user === null ? null : sipAccountOf(user, password);
  if (account !== null) await saveSipAccount(db, account);
}

/** What is asked of second factors. */
export type Factors = Pick<SecondFactors, 'has' | 'isRight' | 'rules'>;

interface Desk {
  factors?: Factors;
  store: Store;
  clock: Clock;
  log: Logger;
  throttle: SignInThrottle;
  cache: SessionCache;
}

interface Credentials {
  tenantId: TenantId | null;
  username: string;
  password: string;
  code: string | undefined;
}

async function signIn(desk: Desk, given: Credentials): Promise<SignIn> {
  const { store, clock, log, throttle } = desk;
  const { tenantId, username } = given;
  const name = `${tenantId ?? ''} ${username}`;
  const retryAfterMs = throttle.waitMs(name, clock.now());
  if (retryAfterMs > 0) return { ok: false, reason: 'throttled', retryAfterMs };
  throttle.tried(name, clock.now());
  try {
    const job = checkAndOpen(desk, given);
    const opened = await within(clock, SIGN_IN_WITHIN_MS, job, () => new Error('sign-in took too long'));
    if (opened.ok) throttle.succeeded(name);
    else if (opened.reason === 'second_factor') throttle.forgive(name);
    return opened;
  } catch (error) {
    log.warn({ err: error, health: store.health().state }, 'users: sign-in is not possible now');
    return { ok: false, reason: 'unavailable', retryAfterMs: 5_000 };
  }
}

async function checkAndOpen(desk: Desk, { tenantId, username, password, code }: Credentials): Promise<SignIn> {
  const { store, factors } = desk;
  const found = await usersByName(store.db, tenantId, username);
  const only = found.length === 1 ? found[0] : undefined;
  const right = await isPassword(only?.passwordHash ?? null, password.slice(0, LONGEST_PASSWORD));
  if (only === undefined) return { ok: false, reason: 'wrong', retryAfterMs: 0 };
  const wrong = { ok: false, reason: 'wrong', retryAfterMs: 0, of: { tenantId: only.tenantId, userId: only.userId } } as const;
  if (!right || only.disabled) return wrong;
  const { passwordHash: _hash, disabled: _disabled, ...user } = only;
  if ((await factors?.has(user.userId)) === true) {
    if (code === undefined) return { ok: false, reason: 'second_factor', retryAfterMs: 0 };
    if ((await factors?.isRight(user.userId, code)) !== true) return wrong;
    return openSession(desk, user);
  }
  const rules = await factors?.rules(user.tenantId);
  const mustHave = user.role !== 'key' && rules?.secondFactor.includes(user.role) === true;
  return openSession(desk, mustHave ? { ...user, limited: true } : user);
}

async function openSession({ store, clock, cache }: Desk, user: User, alongside?: Alongside): Promise<Extract<SignIn, { ok: true }>> {
  const token = randomToken(32);
  const now = Math.floor(clock.now());
  const session = { tokenHash: hashOf(token), userId: user.userId, createdAt: now, expiresAt: now + SESSION_MS, limited: user.limited === true };
  await store.db.transaction().execute(async (trx) => {
    await insertSession(trx, session);
    await alongside?.(trx);
  });
  cache.put(session.tokenHash, { user, expiresAt: session.expiresAt, checkedAt: now });
  return { ok: true, token, expiresAt: session.expiresAt, user };
}

async function userOf({ clock, cache, lookup }: Pick<Desk, 'clock' | 'cache'> & { lookup: SessionLookup }, token: string): Promise<User | null> {
  if (!/^[0-9a-f]{64}$/.test(token)) return null;
  const tokenHash = hashOf(token);
  const cached = cache.get(tokenHash);
  const now = clock.now();
  if (cached !== undefined && cached.expiresAt <= now) cache.remove(tokenHash);
  else if (cached !== undefined && now - cached.checkedAt < LOOK_AGAIN_MS) return cached.user;
  let session: Session | null;
  try {
    session = await lookup.find(tokenHash);
  } catch (error) {
    // Postgres is away: who is signed in stays so.
    if (cached !== undefined && cached.expiresAt > now) return cached.user;
    throw error;
  }
  if (session === null || session.expiresAt <= now) {
    cache.remove(tokenHash);
    return null;
  }
  // Revoked here while we asked: the answer is older than the revocation.
  if (cached !== undefined && cache.get(tokenHash) === undefined) return null;
  cache.put(tokenHash, { ...session, checkedAt: now });
  return session.user;
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

class SessionCache {
  readonly #sessions = new Map<string, Cached>();

  get(tokenHash: Buffer): Cached | undefined {
    return this.#sessions.get(tokenHash.toString('hex'));
  }

  put(tokenHash: Buffer, cached: Cached): void {
    if (this.#sessions.size >= MOST_CACHED) for (const oldest of this.#sessions.keys()) if (this.#sessions.delete(oldest)) break;
    this.#sessions.set(tokenHash.toString('hex'), cached);
  }

  remove(tokenHash: Buffer): void {
    this.#sessions.delete(tokenHash.toString('hex'));
  }

  removeUser(userId: UserId): void {
    for (const [key, cached] of this.#sessions) if (cached.user.userId === userId) this.#sessions.delete(key);
  }
}
