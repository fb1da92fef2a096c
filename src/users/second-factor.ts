/** A second factor beside the password: set up with an authenticator, proved by its codes, each good once; ten recovery codes for a lost phone. */
import { createHash } from 'node:crypto';
import { renderSVG } from 'uqr';
import type { Clock } from '../../kernel/clock.ts';
import { randomBelow, randomKey, type TenantId, type UserId } from '../../kernel/ids.ts';
import { openText, sealText } from '../../kernel/seal/box.ts';
import type { KeyRing } from '../../kernel/seal/keys.ts';
import { beginFactor, confirmFactor, factorOf, readSignInRules, removeFactor, saveSignInRules, spendRecovery, spendStep } from '../store/second-factors.ts';
import type { Store } from '../store/store.ts';
import { readRules, type SignInRules } from './rules.ts';
import { SignInThrottle } from './throttle.ts';
import { base32, keyUri, SEED_BYTES, stepOf } from './totp.ts';
import type { User } from './user.ts';

const ISSUER = 'Huawu';
const RECOVERY_CODES = 10;
/** No 0, o, 1, l, i: they are read from paper. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const CODE_LETTERS = 10;

export interface Enrolment {
  /** For who types it in. */
  secret: string;
  uri: string;
  /** An SVG of the QR code. */
  qr: string;
}
type Alongside = (db: Store['db']) => Promise<void>;

export class SecondFactors {
  readonly #store: Pick<Store, 'db'>;
  readonly #clock: Clock;
  readonly #keys: KeyRing;
  readonly #throttle = new SignInThrottle();

  constructor({ store, clock, keys }: { store: Pick<Store, 'db'>; clock: Clock; keys: KeyRing }) {
    this.#store = store;
    this.#clock = clock;
    this.#keys = keys;
  }

  async has(userId: UserId): Promise<boolean> {
    return (await factorOf(this.#store.db, userId))?.confirmed === true;
  }

  /** The first step: nothing is demanded until it is confirmed. null: she has one. */
  async begin({ userId, tenantId, username }: Pick<User, 'userId' | 'tenantId' | 'username'>): Promise<Enrolment | null> {
    const seed = randomKey(SEED_BYTES);
    if (!(await beginFactor(this.#store.db, userId, sealText(this.#keys, purposeOf(userId), seed.toString('base64'))))) return null;
    const uri = keyUri(ISSUER, `${username}@${tenantId}`, seed);
    return { secret: base32(seed), uri, qr: renderSVG(uri, { border: 2 }) };
  }

  /** The second step: recovery codes, told once. null: the code is wrong, or there is nothing to confirm. */
  async confirm(userId: UserId, code: string, alongside: Alongside): Promise<string[] | null> {
    const factor = await factorOf(this.#store.db, userId);
    if (factor === null || factor.confirmed) return null;
    const now = this.#clock.now();
    const step = stepOf(this.#seedOf(userId, factor.seed), code, now, 0);
    if (step === null) return null;
    const codes = Array.from({ length: RECOVERY_CODES }, newCode);
    return this.#store.db.transaction().execute(async (trx) => {
      if (!(await confirmFactor(trx, userId, now, step, codes.map(hashOf)))) return null;
      await alongside(trx);
      return codes;
    });
  }

  /** Of a code of the authenticator, or a recovery code: either is good once. */
  async isRight(userId: UserId, code: string): Promise<boolean> {
    const now = this.#clock.now();
    if (this.#throttle.waitMs(userId, now) > 0) return false;
    this.#throttle.tried(userId, now);
    const right = await this.#isGood(userId, code, now);
    if (right) this.#throttle.succeeded(userId);
    return right;
  }

  async #isGood(userId: UserId, code: string, now: number): Promise<boolean> {
    const factor = await factorOf(this.#store.db, userId);
    if (factor === null || !factor.confirmed) return false;
    const typed = code.replaceAll(/[\s-]/g, '').toLowerCase();
    const step = stepOf(this.#seedOf(userId, factor.seed), typed, now, factor.lastStep);
    if (step !== null) return spendStep(this.#store.db, userId, step);
    return typed.length === CODE_LETTERS && spendRecovery(this.#store.db, userId, hashOf(typed));
  }

  async remove(userId: UserId, alongside: Alongside): Promise<boolean> {
    return this.#store.db.transaction().execute(async (trx) => {
      if (!(await removeFactor(trx, userId))) return false;
      await alongside(trx);
      return true;
    });
  }

  async rules(tenantId: TenantId): Promise<SignInRules> {
    return readRules(await readSignInRules(this.#store.db, tenantId));
  }

  async saveRules(tenantId: TenantId, rules: SignInRules, alongside: Alongside): Promise<void> {
    await this.#store.db.transaction().execute(async (trx) => {
      await saveSignInRules(trx, tenantId, rules);
      await alongside(trx);
    });
  }

  #seedOf(userId: UserId, sealed: string): Buffer {
    return Buffer.from(openText(this.#keys, purposeOf(userId), sealed), 'base64');
  }
}

const purposeOf = (userId: UserId): string => `second factor of ${userId}`;
const newCode = (): string => Array.from({ length: CODE_LETTERS }, () => LETTERS[randomBelow(LETTERS.length)]).join('');
/** 49 random bits, tried through the throttle of sign-ins: a slow hash would add nothing. */
const hashOf = (code: string): Buffer => createHash('sha256').update(code).digest();
