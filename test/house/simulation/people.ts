/** Who calls and who answers: callers come, key, lose patience; agents sit at their desks and send what any agent might, whether it fits or not. */
import { type AgentId, agentIdOf, asId, type CallId, legIdOf } from '../../../kernel/ids.ts';
import type { DeskLine } from '../../../src/cti/desks.ts';
import type { House } from './house.ts';
import { AGENTS, CARD, HOTLINE, OUTSIDE, PASSWORD, TENANT } from './tenant.ts';
import type { World } from './world.ts';

/** A caller, number `n` of the day. Nobody comes in while the house is closed. */
export function callerComes(world: World, n: number): void {
  const { clock, dice } = world;
  const callId = asId<CallId>(`c-${n.toString(16).padStart(6, '0')}`);
  const legId = legIdOf(callId, 0);
  const number = `+86138${String(dice.between(1, 6)).padStart(8, '0')}`;
  const { house } = world;
  if (house?.isOpen !== true || !house.life.alive || !house.accepting) return;
  const dialog = world.newDialog(legId, null);
  const arrival = { type: 'callArrived', callId, legId, tenantId: TENANT, trunk: 'city', sipCallId: `s-${n}` } as const;
  if (!house.phones.arrives(dialog, { ...arrival, caller: { number, raw: number }, callee: { number: HOTLINE, raw: HOTLINE } })) return;
  if (dice.chance(0.85)) clock.after(dice.between(500, dice.chance(0.5) ? 10_000 : 60_000), () => world.hangUp(legId));
  if (dice.chance(0.05)) clock.after(dice.between(1_000, 20_000), () => world.vanishes(legId));
  const presses = (left: number): void => {
    clock.after(dice.between(200, 4_000), () => {
      const endpoint = world.media.endpoints.get(legId);
      if (dialog.state === 'gone' || left === 0) return;
      if (endpoint?.masked === true) keysInSecretly(world, legId, dice.chance(0.5) ? PASSWORD : CARD);
      else world.media.presses(legId, dice.pick(['1', '1', '2', '2', '3', '3', '4', '5', '9', '#', '0', '7']) ?? '1');
      presses(left - 1);
    });
  };
  presses(dice.between(0, 12));
}

/** Key by key, for as long as nobody hears them. */
function keysInSecretly(world: World, legId: ReturnType<typeof legIdOf>, digits: string): void {
  const [key, ...rest] = [...digits];
  if (key === undefined || world.media.endpoints.get(legId)?.masked !== true) return;
  world.media.presses(legId, key);
  world.clock.after(world.dice.between(5, 120), () => keysInSecretly(world, legId, rest.join('')));
}

type Wish = readonly [type: string, data: object];
type Choice = (of: AgentAtWork) => Wish;

/** An agent at her desk, and her phone. */
export class AgentAtWork {
  readonly agentId: AgentId;
  readonly #world: World;
  readonly #number: string;
  #line: DeskLine | null = null;
  /** At which house it is. */
  #at: House | null = null;
  #commands = 0;

  constructor(world: World, number: (typeof AGENTS)[number]) {
    this.#world = world;
    this.#number = number;
    this.agentId = agentIdOf(TENANT, number);
    this.#next();
  }

  #next(): void {
    const { clock, dice } = this.#world;
    clock.after(dice.between(200, 2_500), () => {
      if (this.#world.over) return;
      this.#acts();
      this.#next();
    });
  }

  #acts(): void {
    const { house, dice } = this.#world;
    if (house?.isOpen !== true || !house.life.alive) return;
    if (this.#at !== house) this.#line = null;
    this.#world.stir();
    if (this.#world.chance(0.01)) this.#phoneLeaves();
    else if (this.#line === null) {
      if (dice.chance(0.7)) this.#connect(house);
    } else if (this.#world.chance(0.02)) {
      this.#line.closed();
      this.#line = null;
    } else this.#wishes(house);
  }

  #connect(house: House): void {
    this.#at = house;
    const socket = {
      send: (text: string) => {
        this.#world.mustNotTell(text, 'what a desk was told');
        if (text.includes('"bad_message"')) this.#world.breaks('INV1', `a desk was not understood: ${text}`);
      },
      close: () => {
        this.#line = null;
      },
    };
    this.#line = house.desks.accept(socket);
    this.#send('hello', { token: this.#number });
  }

  #phoneLeaves(): void {
    const { world, agentId } = { world: this.#world, agentId: this.agentId };
    world.phoneGoes(agentId);
    world.clock.after(world.dice.between(1_000, 15_000), () => world.phoneComes(agentId));
  }

  #wishes(house: House): void {
    const { dice } = this.#world;
    const phase = house.rooms.desk.phaseOf(this.agentId);
    const [wishes, probability] =
      phase === 'not_ready' || phase === 'wrapping_up' ? ([resting, 0.7] as const) : phase === 'ready' ? ([idle, 0.1] as const) : ([busy, 0.35] as const);
    if (dice.chance(probability)) this.#send(...this.#pick(wishes));
    else if (wishes === busy && dice.chance(0.1)) this.#atThePhone(house);
  }

  /** She hangs up, or holds, at the phone itself. */
  #atThePhone(house: House): void {
    const { dice } = this.#world;
    const legs = [...house.rooms.calls.values()].flatMap((call) => [...call.legs.values()]).filter((leg) => leg.agentId === this.agentId);
    const leg = legs.find(({ progress }) => progress.state === 'up');
    if (leg === undefined) return;
    if (dice.chance(0.4)) this.#world.hangUp(leg.legId);
    else if (this.#world.chance(0.1)) this.#world.vanishes(leg.legId);
    else house.phones.holds(leg.legId, dice.chance(0.5));
  }

  #pick(wishes: readonly Choice[]): Wish {
    const wish = this.#world.dice.pick(wishes);
    return wish?.(this) ?? ['ping', {}];
  }

  #send(type: string, data: object): void {
    this.#commands += 1;
    this.#line?.receive(JSON.stringify({ v: 1, id: `k${this.#commands}`, type, data }));
  }

  colleague(): string {
    return this.#world.dice.pick(AGENTS) ?? AGENTS[0];
  }

  outside(): string {
    return this.#world.dice.pick(OUTSIDE) ?? OUTSIDE[0];
  }

  someone(): object {
    return this.#world.dice.chance(0.5) ? { kind: 'agent', number: this.colleague() } : { kind: 'number', number: this.outside() };
  }
}

const plain = (type: string) => (): Wish => [type, {}];
const idle: readonly Choice[] = [() => ['notReady', { reason: 'break' }], plain('signOut'), plain('ping'), (of) => ['dial', { target: of.someone() }]];
const resting: readonly Choice[] = [
  plain('ready'),
  plain('ready'),
  plain('ready'),
  () => ['wrapUp', { disposition: 'solved', notes: null }],
  plain('extendWrapUp'),
  (of) => ['dial', { target: of.someone() }],
];
const busy: readonly Choice[] = [
  ...['answer', 'answer', 'answer', 'reject', 'hangup', 'hangup', 'hold', 'retrieve', 'retrieve', 'pauseRecording', 'resumeRecording'].map(plain),
  ...['consultComplete', 'consultComplete', 'consultCancel', 'consultToggle', 'consultConference', 'mute', 'unmute', 'sendToSurvey', 'cancelCapture'].map(
    plain,
  ),
  () => ['capture', { form: 'payment', field: 'card' }],
  () => ['setData', { data: { topic: 'bill' } }],
  () => ['sendDigits', { digits: '12#' }],
  (of) => ['consult', { target: of.someone() }],
  (of) => ['consult', { target: of.someone() }],
  (of) => ['addParty', { target: of.someone() }],
  (of) => ['blindTransfer', { target: of.someone() }],
  () => ['blindTransfer', { target: { kind: 'queue', queue: 'service' } }],
  () => ['blindTransfer', { target: { kind: 'dialplan', flow: 'balance' } }],
  () => ['notReady', { reason: 'meal' }],
];
