/**
 * What is outside the application, and outlives it: the time, the network's dialogs, media servers, the database, the disk. Everything that may go one way or
 * another goes as the dice of the day's seed fall.
 */
import type { AgentId, LegId } from '../../../kernel/ids.ts';
import { Dice } from '../../../src/acd/simulation/dice.ts';
import type { Ending } from '../../../src/call/ending.ts';
import { FakeClock } from '../../support/clock.ts';
import { PlayedDatabase } from './database.ts';
import { Disk } from './disk.ts';
import type { House } from './house.ts';
import { PlayedMedia } from './media.ts';
import { agents, CARD, PASSWORD } from './tenant.ts';

/** As long as SIP server and media servers keep the calls of an application that died. */
export const CALLS_KEPT_MS = 30_000;
const FAR_END: Ending = { cause: 'normal', by: 'far_end' };

/** A SIP dialog of somebody's phone with our SIP server. */
export interface Dialog {
  readonly legId: LegId;
  /** Whose phone it is; null = a caller's, or a number's. */
  readonly agentId: AgentId | null;
  state: 'early' | 'up' | 'gone';
  /** We have been told to end it: nobody at its other end need do anything. */
  isReleased: boolean;
  /** How it ended, while nobody may have heard of it. */
  ending: Ending | null;
}

/** What must never happen, by the invariant it breaks. */
export interface Breach {
  invariant: 'INV1' | 'INV2' | 'INV3' | 'INV4' | 'INV5';
  what: string;
}

export class World {
  readonly clock = new FakeClock();
  readonly dice: Dice;
  readonly disk: Disk;
  readonly database: PlayedDatabase;
  readonly media: PlayedMedia;
  readonly dialogs = new Map<LegId, Dialog>();
  readonly breaches: Breach[] = [];
  /** Faults the dice have made so far, by name: what is logged as an error must come from one of them. */
  readonly faults = new Set<string>();
  house: House | null = null;
  /** The day is over: nothing goes wrong any more. */
  over = false;
  #stirred = false;
  readonly #unreachable = new Set<AgentId>();

  constructor(seed: number) {
    this.dice = new Dice(seed);
    this.disk = new Disk(this.dice);
    this.database = new PlayedDatabase(this);
    this.media = new PlayedMedia(this);
  }

  /** Something goes wrong. */
  chance(probability: number): boolean {
    return !this.over && this.dice.chance(probability);
  }

  /** Promises may have been settled: what waits for them has its turn before anything else happens. */
  stir(): void {
    this.#stirred = true;
  }

  get hasStirred(): boolean {
    const stirred = this.#stirred;
    this.#stirred = false;
    return stirred;
  }

  breaks(invariant: Breach['invariant'], what: string): void {
    this.breaches.push({ invariant, what });
  }

  newDialog(legId: LegId, agentId: AgentId | null): Dialog {
    const dialog: Dialog = { legId, agentId, state: 'early', isReleased: false, ending: null };
    this.dialogs.set(legId, dialog);
    return dialog;
  }

  isReachable(agentId: AgentId): boolean {
    return !this.#unreachable.has(agentId);
  }

  get reachable(): AgentId[] {
    return agents.map(({ agentId }) => agentId).filter((agentId) => this.isReachable(agentId));
  }

  phoneGoes(agentId: AgentId): void {
    this.#unreachable.add(agentId);
    this.house?.take({ type: 'phoneLost', agentId });
  }

  phoneComes(agentId: AgentId): void {
    if (this.#unreachable.delete(agentId)) this.house?.take({ type: 'phoneReachable', agentId });
  }

  /** Somebody is rung: she answers, refuses, is busy, lets it ring, or her phone has gone and says nothing. */
  invites(dialog: Dialog): void {
    const { legId } = dialog;
    const after = (least: number, most: number, happens: () => void): void => {
      this.clock.after(this.dice.between(least, most), () => {
        if (dialog.state === 'early') happens();
      });
    };
    if (this.chance(0.04)) {
      after(4_000, 4_000, () => this.#farEnd(dialog, { cause: 'unreachable', by: 'far_end', sip: 408 }));
      return;
    }
    after(10, 600, () => this.house?.phones.rings(legId));
    const luck = this.dice.fraction();
    if (luck < 0.08) after(300, 4_000, () => this.#farEnd(dialog, { cause: 'rejected', by: 'far_end', sip: 603 }));
    else if (luck < 0.13) after(30, 300, () => this.#farEnd(dialog, { cause: 'busy', by: 'far_end', sip: 486 }));
    else if (luck < 0.85) after(300, 10_000, () => this.house?.phones.answers(legId));
  }

  /** Who is at this end hangs up: CANCEL or BYE. */
  hangUp(legId: LegId): void {
    const dialog = this.dialogs.get(legId);
    if (dialog !== undefined && dialog.state !== 'gone') this.#farEnd(dialog, FAR_END);
  }

  /** Its phone says nothing any more. */
  vanishes(legId: LegId): void {
    const silentMs = 30_000;
    this.clock.after(silentMs, () => this.media.silent(legId, silentMs));
  }

  /** The application is dead: who was not answered yet is told to call again; who talks goes on talking for a while. */
  applicationDied(): void {
    this.house = null;
    for (const dialog of this.dialogs.values()) if (dialog.state === 'early') dialog.state = 'gone';
    this.clock.after(CALLS_KEPT_MS, () => {
      if (this.house === null) this.dropCalls();
    });
  }

  /** Nobody goes on with them. */
  dropCalls(): void {
    for (const dialog of this.dialogs.values()) dialog.state = 'gone';
    for (const endpointId of [...this.media.endpoints.keys()]) this.media.close(endpointId);
  }

  machineDied(): void {
    this.house = null;
    for (const dialog of this.dialogs.values()) dialog.state = 'gone';
    this.media.vanishes();
    this.disk.losePower();
  }

  /** A line of the log. Errors must come from a fault that was made. */
  log(level: string, message: string, fields: object): void {
    const text = `${level} ${message} ${JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? (value.stack ?? value.message) : value))}`;
    this.mustNotTell(text, 'a line of the log');
    if (level !== 'error' && level !== 'fatal') return;
    const expected = expectedErrors.find(([pattern]) => pattern.test(message));
    if (expected === undefined || !this.faults.has(expected[1])) this.breaks('INV1', text.slice(0, 1_500));
  }

  tells(bytes: Buffer): boolean {
    return bytes.includes(PASSWORD) || bytes.includes(CARD.slice(0, 9));
  }

  /** What is keyed in unheard stands nowhere. */
  mustNotTell(text: string, where: string): void {
    if (text.includes(PASSWORD) || text.includes(CARD.slice(0, 9))) this.breaks('INV5', `a secret stands in ${where}: ${text.slice(0, 600)}`);
  }

  #farEnd(dialog: Dialog, ending: Ending): void {
    const wasUp = dialog.state === 'up';
    const { house } = this;
    if (house?.life.alive === true) house.phones.farEnd(dialog.legId, ending);
    if (dialog.state === 'gone') return;
    // Nobody has heard of it: whoever comes finds it so.
    dialog.ending = ending;
    if (wasUp || house === null) dialog.state = 'gone';
  }
}

const expectedErrors: readonly (readonly [RegExp, string])[] = [
  [/torn or changed tail/, 'killed'],
  [/ALARM: a recording could not be paused or resumed/, 'media'],
  [/journal: the disk refuses writes/, 'disk'],
  [/cdr: the spool takes no more records/, 'disk'],
];
