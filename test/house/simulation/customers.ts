/** The rims that ask others than media and phones, played: who calls, her password, her account, where card numbers go. */
import type { AuthenticationResult } from '../../../src/call/event.ts';
import type { Vault } from '../../../src/capture/vault.ts';
import type { Account } from '../../../src/ivr/actions/lookups.ts';
import type { CommandOf, Event } from '../../../src/vocabulary.ts';
import type { Life } from './life.ts';
import { customer, PASSWORD } from './tenant.ts';
import type { World } from './world.ts';

const ACCOUNT: Account = {
  ...{ balanceFen: 12_345, monthFeeFen: 5_900, dataTotalMb: 1, dataUsedMb: 0, voiceTotalMin: 1, voiceUsedMin: 0 },
  ...{ planName: { zh: '套餐', en: 'plan' }, billItems: [] },
};

export class Customers {
  readonly #world: World;
  readonly #life: Life;
  readonly #take: (event: Event) => void;
  readonly #vault: Vault;

  constructor(world: World, life: Life, take: (event: Event) => void, vault: Vault) {
    this.#world = world;
    this.#life = life;
    this.#take = take;
    this.#vault = vault;
  }

  /** Known, a stranger, late, or never found. */
  find({ callId, number }: CommandOf<'findCustomer'>): void {
    const { dice } = this.#world;
    const card = dice.chance(0.6) ? customer(number, dice.chance(0.3)) : null;
    const late = this.#world.chance(0.05) ? dice.between(1_000, 8_000) : dice.between(1, 300);
    if (this.#world.chance(0.03)) return;
    this.#life.clock.after(late, () => this.#take({ type: 'customerFound', callId, customer: card, authLevel: card === null ? 0 : 1 }));
  }

  /** A promise is never settled once who asked is dead. */
  verify(digits: string): Promise<AuthenticationResult> {
    const { dice } = this.#world;
    return new Promise((resolve, reject) => {
      this.#later(dice.between(5, 400), () => {
        if (this.#world.chance(0.1)) reject(new Error('the database is away'));
        else resolve(digits === PASSWORD ? 'ok' : this.#world.chance(0.2) ? 'locked' : 'wrong');
      });
    });
  }

  account(): Promise<Account | null> {
    const { dice } = this.#world;
    return new Promise((resolve, reject) => {
      this.#later(this.#world.chance(0.1) ? 5_000 : dice.between(5, 500), () => {
        if (this.#world.chance(0.1)) reject(new Error('the database is away'));
        else resolve(this.#world.chance(0.1) ? null : ACCOUNT);
      });
    });
  }

  deliver({ callId, deliveryId, by, form, names }: CommandOf<'deliverSecrets'>): void {
    const { dice } = this.#world;
    const secrets = this.#vault.take(callId, names, this.#life.clock.now());
    const ok = secrets !== null && !this.#world.chance(0.2);
    const values: Record<string, string> = ok ? { token: 'tok-1' } : {};
    this.#life.clock.after(dice.between(50, 3_000), () => this.#take({ type: 'secretsDelivered', callId, deliveryId, by, form, names, ok, values }));
  }

  #later(ms: number, happens: () => void): void {
    this.#life.clock.after(ms, () => {
      this.#world.stir();
      happens();
    });
  }
}
