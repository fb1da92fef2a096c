/** A day of the played house: callers and agents, and what goes wrong meanwhile, all by the dice of its seed; then everybody goes home, and it is looked at. */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import type { Dice } from '../../../src/acd/simulation/dice.ts';
import { playDisks } from './disk.ts';
import { type Chronicle, House, newChronicle, type Planted } from './house.ts';
import { look } from './invariants.ts';
import { AgentAtWork, callerComes } from './people.ts';
import { AGENTS } from './tenant.ts';
import { type Breach, type Dialog, World } from './world.ts';

const DAY_MS = 45_000;
/** From the moment everybody hangs up: what is not over by then is never over (INV2). */
const AFTERWARDS_MS = 40_000;
/** Agents who are left among themselves hang up then. */
const GOODBYE_MS = 10_000;

export interface Told {
  /** Of all that was written to the disk, in order: every event of the day. */
  hash: string;
  events: number;
  calls: number;
  /** How often the application died. */
  deaths: number;
  breaches: Breach[];
}

let dice: Dice | null = null;
let isPlayed = false;

/** The one thing of ours that asks for chance while a day goes on: how long a writer waits before it tries again. */
function playChance(): void {
  if (isPlayed) return;
  isPlayed = true;
  playDisks();
  const own = crypto.randomInt;
  Reflect.set(crypto, 'randomInt', (below: number, ...rest: number[]) => (dice === null ? own(below, ...(rest as [number])) : dice.between(0, below - 1)));
  syncBuiltinESMExports();
}

export async function playDay(seed: number, planted: Planted | null = null): Promise<Told> {
  playChance();
  const world = new World(seed);
  dice = world.dice;
  try {
    return await new Day(world, seed, planted).play();
  } finally {
    dice = null;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class Day {
  readonly #world: World;
  readonly #planted: Planted | null;
  readonly #chronicle: Chronicle = newChronicle();
  #deaths = 0;
  /** The house that has been opened last, which may be dead. */
  #house: House | null = null;

  /** It is the dearest thing to look at: a day in four it is. */
  readonly #tellsAnew: boolean;

  constructor(world: World, seed: number, planted: Planted | null) {
    this.#world = world;
    this.#tellsAnew = seed % 4 === 0;
    world.disk.onWrite = (bytes) => {
      this.#chronicle.hash.update(bytes);
      if (world.tells(bytes)) world.mustNotTell(bytes.toString(), 'what is written to the disk');
    };
    this.#planted = planted;
  }

  async play(): Promise<Told> {
    const { clock } = this.#world;
    const closing = clock.now() + DAY_MS;
    this.#open();
    this.#plan();
    await this.#until(closing);
    this.#everybodyGoesHome();
    await this.#until(closing + AFTERWARDS_MS);
    const { house } = this.#world;
    if (house?.isOpen !== true) throw new Error('it did not open again');
    look(this.#world, house, this.#chronicle, this.#tellsAnew);
    await this.#close(house);
    const { hash, events, arrived } = this.#chronicle;
    return { hash: hash.digest('hex'), events, calls: arrived.size, deaths: this.#deaths, breaches: this.#world.breaches };
  }

  /** What is to happen when: callers, agents, and what goes wrong. */
  #plan(): void {
    const { clock, dice } = this.#world;
    for (const number of AGENTS) new AgentAtWork(this.#world, number);
    const calls = dice.between(8, 12);
    for (let n = 1; n <= calls; n += 1) clock.after(dice.between(200, DAY_MS - 8_000), () => callerComes(this.#world, n));
    const sometimes = (probability: number, happens: () => void): void => {
      if (dice.chance(probability)) clock.after(dice.between(3_000, DAY_MS - 5_000), happens);
    };
    for (let kill = 0; kill < 3; kill += 1) sometimes(0.3, () => this.#kill());
    sometimes(0.06, () => this.#losePower());
    sometimes(0.25, () => this.#mediaDies());
    for (const weather of ['away', 'slow', 'read_only'] as const) sometimes(0.25, () => this.#weather(weather));
    sometimes(0.1, () => this.#diskIsFull());
  }

  /** In the midst of whatever it does next. */
  #kill(): void {
    const { house, dice, faults } = this.#world;
    faults.add('killed');
    house?.life.dieAfter(dice.between(0, 30));
  }

  #losePower(): void {
    const { house, faults } = this.#world;
    if (house === null) return;
    faults.add('killed');
    house.life.die();
    this.#world.machineDied();
    this.#restart();
  }

  #mediaDies(): void {
    this.#world.faults.add('media');
    this.#world.media.dies();
  }

  #weather(weather: 'away' | 'slow' | 'read_only'): void {
    const { database, clock, dice } = this.#world;
    database.weather = weather;
    clock.after(dice.between(1_000, 15_000), () => {
      database.weather = 'well';
    });
  }

  #diskIsFull(): void {
    const { disk, clock, dice, faults } = this.#world;
    faults.add('disk');
    disk.full = true;
    clock.after(dice.between(500, 5_000), () => {
      disk.full = false;
    });
  }

  #restart(): void {
    const { clock, dice } = this.#world;
    this.#deaths += 1;
    this.#house = null;
    clock.after(this.#world.over ? 100 : dice.chance(0.05) ? 35_000 : dice.between(100, 6_000), () => this.#open());
  }

  #open(): void {
    if (this.#world.house !== null) return;
    // Killed again while it recovers.
    const dieAfter = this.#deaths > 0 && this.#world.chance(0.15) ? this.#world.dice.between(0, 25) : null;
    this.#house = new House(this.#world, this.#chronicle, this.#planted, dieAfter);
    this.#world.house = this.#house;
    this.#world.stir();
  }

  /** Nothing goes wrong any more. */
  #everybodyGoesHome(): void {
    const { world } = { world: this.#world };
    world.over = true;
    world.database.weather = 'well';
    world.disk.full = false;
    world.media.comesBack();
    if (world.house === null) this.#open();
    const hangUp = (whose: (dialog: Dialog) => boolean): void => {
      for (const dialog of [...world.dialogs.values()]) if (!dialog.isReleased && whose(dialog)) world.hangUp(dialog.legId);
    };
    hangUp(({ agentId }) => agentId === null);
    world.clock.after(GOODBYE_MS, () => hangUp(() => true));
  }

  async #until(end: number): Promise<void> {
    const { clock } = this.#world;
    for (;;) {
      while (this.#world.hasStirred) await turn();
      this.#bury();
      if (!clock.step(end)) break;
    }
    clock.forward(end - clock.now());
  }

  /** It died in the midst of something: the world notices. */
  #bury(): void {
    if (this.#house === null || this.#house.life.alive) return;
    this.#world.disk.abandon();
    this.#world.applicationDied();
    this.#restart();
  }

  async #close(house: House): Promise<void> {
    const closed = house.close();
    let isClosed = false;
    void closed.then(() => {
      isClosed = true;
    });
    const { clock } = this.#world;
    for (let tries = 0; !isClosed && tries < 1_000; tries += 1) {
      await turn();
      if (!isClosed) clock.step(clock.now() + 1_000);
    }
    if (!isClosed) this.#world.breaks('INV2', 'it does not end');
    if (house.life.armed > 1) this.#world.breaks('INV2', `${house.life.armed} timers are armed after its end`);
    if (this.#world.disk.open > 0) this.#world.breaks('INV2', `${this.#world.disk.open} files are open after its end`);
  }
}
