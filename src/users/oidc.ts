/**
 * Sign-in by an identity provider (OpenID Connect, authorization code with PKCE, state and nonce). Who begins in one browser can end in no other: each attempt is
 * bound to a cookie. What comes back is a claim that names a user of the tenant; the first time it is tied to the provider's own name for her (issuer and subject),
 * and from then on that counts. The console fetches its session by a code that is good once, for a minute: no token stands in an address.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  type IDToken,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import type { Clock } from '../../kernel/clock.ts';
import { asId, randomToken, type TenantId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import { writeAudit } from '../store/audit.ts';
import { linkIdentity, userOfIdentity } from '../store/identities.ts';
import type { Store } from '../store/store.ts';
import { usersByName } from '../store/users.ts';
import type { OidcProvider, OidcProviders } from './oidc-settings.ts';
import type { Alongside, Sessions } from './sessions.ts';
import type { PersonRole, User } from './user.ts';

const ATTEMPT_MS = 600_000;
const HANDOVER_MS = 60_000;
const MOST_ATTEMPTS = 10_000;
const PROVIDER_WITHIN_S = 10;

interface Attempt {
  tenantId: TenantId;
  console: string;
  verifier: string;
  nonce: string;
  cookieHash: Buffer;
  until: number;
}
interface Handover {
  user: User;
  cookieHash: Buffer;
  until: number;
}

/** Why nobody is signed in. */
export type OidcRefusal = 'unknown_tenant' | 'expired' | 'provider' | 'no_such_user' | 'no_role' | 'unavailable';

export class Oidc {
  readonly #parts: OidcParts;
  readonly #discovered = new Map<string, Promise<Configuration>>();
  /** By state; by code. */
  readonly #attempts = new Map<string, Attempt>();
  readonly #handovers = new Map<string, Handover>();

  constructor(parts: OidcParts) {
    this.#parts = parts;
  }

  /** What a sign-in page may offer. */
  ways(): { tenant: string; name: { zh: string; en: string } }[] {
    return Object.entries(this.#parts.providers).map(([tenant, { name }]) => ({ tenant, name }));
  }

  /** Where the browser is sent, and the cookie that it must bring back. */
  async begin(tenant: string, page: string): Promise<{ url: string; cookie: string; secure: boolean } | OidcRefusal> {
    const { providers, clock, log } = this.#parts;
    const provider = providers[tenant];
    if (provider === undefined) return 'unknown_tenant';
    const configuration = await this.#configuration(tenant, provider).catch((error: unknown) => {
      log.warn({ err: error, tenant }, 'users: the identity provider cannot be reached');
      return null;
    });
    if (configuration === null) return 'unavailable';
    const [verifier, state, nonce, cookie] = [randomPKCECodeVerifier(), randomState(), randomNonce(), randomToken(32)];
    const now = clock.now();
    prune(this.#attempts, now);
    this.#attempts.set(state, { tenantId: asId<TenantId>(tenant), console: page, verifier, nonce, cookieHash: hashOf(cookie), until: now + ATTEMPT_MS });
    const url = buildAuthorizationUrl(configuration, {
      ...{ redirect_uri: callbackOf(tenant, provider), scope: provider.scope, state, nonce },
      ...{ code_challenge: await calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
    });
    return { url: url.href, cookie, secure: provider.publicUrl.startsWith('https:') };
  }

  /** The browser is back from the provider: which page it goes on to, and the code by which that fetches its session. */
  async end(tenant: string, query: string, cookie: string): Promise<{ ok: true; page: string; code: string } | { ok: false; page: string; why: OidcRefusal }> {
    const { clock, log, providers } = this.#parts;
    const provider = providers[tenant];
    const state = new URLSearchParams(query).get('state') ?? '';
    const attempt = this.#attempts.get(state);
    this.#attempts.delete(state);
    const now = clock.now();
    if (provider === undefined || attempt === undefined || attempt.until <= now || attempt.tenantId !== tenant || !isSame(attempt.cookieHash, cookie))
      return { ok: false, page: attempt?.console ?? '/account', why: 'expired' };
    const page = attempt.console;
    try {
      const configuration = await this.#configuration(tenant, provider);
      const current = new URL(`${callbackOf(tenant, provider)}?${query}`);
      const checks = { pkceCodeVerifier: attempt.verifier, expectedState: state, expectedNonce: attempt.nonce, idTokenExpected: true };
      const claims = (await authorizationCodeGrant(configuration, current, checks)).claims();
      if (claims === undefined) return { ok: false, page, why: 'provider' };
      const user = await this.#userOf(attempt.tenantId, provider, claims);
      if (typeof user === 'string') return { ok: false, page, why: user };
      const code = randomToken(32);
      prune(this.#handovers, now);
      this.#handovers.set(code, { user, cookieHash: attempt.cookieHash, until: now + HANDOVER_MS });
      return { ok: true, page, code };
    } catch (error) {
      log.warn({ err: error, tenant }, 'users: the identity provider’s answer is not taken');
      return { ok: false, page, why: 'provider' };
    }
  }

  /** null: the code was used, is too old, or another browser's. */
  async fetch(code: string, cookie: string, alongside: (user: User) => Alongside): Promise<{ token: string; expiresAt: number; user: User } | null> {
    const handover = this.#handovers.get(code);
    this.#handovers.delete(code);
    if (handover === undefined || handover.until <= this.#parts.clock.now() || !isSame(handover.cookieHash, cookie)) return null;
    return this.#parts.sessions.open(handover.user, alongside(handover.user));
  }

  async #userOf(tenantId: TenantId, provider: OidcProvider, claims: IDToken): Promise<User | OidcRefusal> {
    const { store, sessions, clock } = this.#parts;
    const known = await userOfIdentity(store.db, claims.iss, claims.sub);
    const name = claims[provider.claim];
    const found = known ?? (typeof name === 'string' ? ((await usersByName(store.db, tenantId, name))[0] ?? null) : null);
    if (found === null || found.disabled || found.tenantId !== tenantId) return 'no_such_user';
    const role = roleOf(provider, claims);
    if (role === null) return 'no_role';
    if (known === null) await linkIdentity(store.db, claims.iss, claims.sub, found.userId);
    const { passwordHash: _hash, disabled: _disabled, ...user } = found;
    if (role === undefined || role === user.role) return user;
    const told = { tenantId, userId: null, source: null, action: 'user.update', resource: `user/${user.userId}` };
    await sessions.changeUser(user.userId, { role }, (db) =>
      writeAudit(db, { ...told, at: clock.now(), before: { role: user.role }, after: { role, by: 'oidc' } }),
    );
    return { ...user, role };
  }

  /** Asked once; what failed is asked again the next time. */
  #configuration(tenant: string, { issuer, clientId, clientSecret }: OidcProvider): Promise<Configuration> {
    const known = this.#discovered.get(tenant);
    if (known !== undefined) return known;
    const isLocal = issuer.startsWith('http:');
    const options = { timeout: PROVIDER_WITHIN_S, ...(isLocal ? { execute: [allowInsecureRequests] } : {}) };
    const asked = discovery(new URL(issuer), clientId, clientSecret, clientSecret === undefined ? None() : undefined, options);
    this.#discovered.set(tenant, asked);
    asked.catch(() => this.#discovered.delete(tenant));
    return asked;
  }
}

interface OidcParts {
  store: Pick<Store, 'db'>;
  clock: Clock;
  log: Logger;
  sessions: Pick<Sessions, 'open' | 'changeUser'>;
  providers: OidcProviders;
}

/** undefined: the provider says nothing of roles. null: none of hers is one here. Of several the one that is named first in the settings. */
function roleOf({ roles }: OidcProvider, claims: IDToken): PersonRole | null | undefined {
  if (roles === undefined) return undefined;
  const said = claims[roles.claim];
  const hers = Array.isArray(said) ? said : [said];
  return Object.entries(roles.of).find(([value]) => hers.includes(value))?.[1] ?? null;
}

const callbackOf = (tenant: string, { publicUrl }: OidcProvider): string => `${publicUrl}/api/v1/oidc/${encodeURIComponent(tenant)}/callback`;
const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
const isSame = (hash: Buffer, text: string): boolean => timingSafeEqual(hash, hashOf(text));

function prune(all: Map<string, { until: number }>, now: number): void {
  for (const [key, { until }] of all) if (until <= now) all.delete(key);
  if (all.size >= MOST_ATTEMPTS) for (const oldest of all.keys()) if (all.delete(oldest)) break;
}
