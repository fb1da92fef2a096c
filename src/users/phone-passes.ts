/**
 * Passes: what a browser registers its phone with. The console knows a token and no password, so a signed-in agent is given a SIP user name and a
 * password made for this one sign-in: they work for nothing but her own phone, and no longer than the sign-in. In memory alone: after a restart a page asks anew.
 */
import { createHash } from 'node:crypto';
import type { AgentId, TenantId, UserId } from '../../kernel/ids.ts';
import { randomToken } from '../../kernel/ids.ts';
import { SIP_REALM, type SipAccount } from '../tenants/directory.ts';
import type { User } from './user.ts';

/** As long as a sign-in. */
const PASS_MS = 12 * 3_600_000;
/** Beyond it the oldest pass of all ends; beyond the second, the oldest of one sign-in (pages that were loaded again). */
const MOST_PASSES = 20_000;
const MOST_OF_TOKEN = 4;

export interface PhonePass {
  /** Of the digest; the address she registers has her own. */
  username: string;
  password: string;
  expiresAt: number;
}
interface Kept {
  account: SipAccount;
  userId: UserId;
  tokenHash: string;
  expiresAt: number;
}

export class PhonePasses {
  /** In the order in which they were made. */
  readonly #passes = new Map<string, Kept>();
  readonly #random: (bytes: number) => string;

  constructor(random: (bytes: number) => string = randomToken) {
    this.#random = random;
  }

  make({ userId, tenantId, username }: Pick<User, 'userId' | 'tenantId' | 'username'>, agentId: AgentId, token: string, now: number): PhonePass {
    const tokenHash = hashOf('sha256', token);
    this.#drop(({ expiresAt }) => expiresAt <= now);
    const own = [...this.#passes].filter(([, pass]) => pass.tokenHash === tokenHash);
    for (const [name] of own.slice(0, Math.max(0, own.length + 1 - MOST_OF_TOKEN))) this.#passes.delete(name);
    if (this.#passes.size >= MOST_PASSES) for (const oldest of this.#passes.keys()) if (this.#passes.delete(oldest)) break;
    const name = `pass-${this.#random(16)}`;
    const password = this.#random(16);
    const expiresAt = now + PASS_MS;
    this.#passes.set(name, { account: accountOf({ agentId, tenantId, username }, name, password), userId, tokenHash, expiresAt });
    return { username: name, password, expiresAt };
  }

  /** Whose phone shows this name; null = no pass, or no longer. */
  account(username: string, now: number): SipAccount | null {
    const pass = this.#passes.get(username);
    return pass === undefined || pass.expiresAt <= now ? null : pass.account;
  }

  /** She signed out there. */
  endOfToken(token: string): void {
    const tokenHash = hashOf('sha256', token);
    this.#drop((pass) => pass.tokenHash === tokenHash);
  }

  /** Her sign-ins were withdrawn. */
  endOfUser(userId: UserId): void {
    this.#drop((pass) => pass.userId === userId);
  }

  #drop(isOver: (pass: Kept) => boolean): void {
    for (const [name, pass] of this.#passes) if (isOver(pass)) this.#passes.delete(name);
  }
}

/** MD5 too: it is all that a browser's SIP stack knows, and a password of 128 random bits is guessed by neither. */
function accountOf(whose: { agentId: AgentId; tenantId: TenantId; username: string }, name: string, password: string): SipAccount {
  const secret = (algorithm: string): string => hashOf(algorithm, `${name}:${SIP_REALM}:${password}`);
  return { ...whose, ha1Md5: secret('md5'), ha1Sha256: secret('sha256') };
}

const hashOf = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex');
