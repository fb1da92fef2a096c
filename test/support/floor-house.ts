/** The phone rim and the pure rooms behind it, with our real SIP server before it: agents with phones who are signed in and ready. */
import { pause, systemClock } from '../../kernel/clock.ts';
import { asId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import type { CallRecord } from '../../src/cdr/record.ts';
import { compileDialplan } from '../../src/ivr/compile.ts';
import { faultLine } from '../../src/ivr/fault.ts';
import type { Plan } from '../../src/ivr/plan.ts';
import type { Phone } from '../../src/phone/phone.ts';
import { createRooms, type Rooms } from '../../src/rooms.ts';
import { Switchboard } from '../../src/switchboard.ts';
import type { Carriers, Command, CommandOf, CommandType, Event } from '../../src/vocabulary.ts';
import { type PhoneOptions, SipPhone } from './phone.ts';
import { agentId, demo, passwordOf, phoneDirectory } from './phone-directory.ts';
import { FakeMedia, RimHouse, type RimOptions } from './phone-rim.ts';

const PATIENCE_MS = 10_000;
const POLL_MS = 5;
const PHONE_COMMANDS: readonly CommandType[] = [
  'answerLeg',
  'alertLeg',
  'ringLeg',
  'dialLeg',
  'releaseLeg',
  'pickUpLeg',
  'controlPhone',
  'moveLeg',
  'refuseTransfer',
];

/** 10086 leads straight to queue `service`. */
const hotline = ((): Plan => {
  const text = 'numbers: { "10086": main }\nflows:\n  main:\n    - answer\n    - queue: service\n    - hangup\n';
  const { plan, faults } = compileDialplan({
    ...{ tenantId: demo, version: asId('demo@1'), files: [{ path: 'main.yaml', text }], prompts: { zh: [], en: [] }, music: ['default'] },
    ...{ queues: ['service'], agents: null, numbers: null, forms: null },
  });
  if (plan === null) throw new Error(faults.map(faultLine).join('\n'));
  return plan;
})();

export class FloorHouse {
  readonly media = new FakeMedia();
  readonly rooms: Rooms = createRooms();
  /** Every fact, of the rims and of the rooms. */
  readonly facts: Event[] = [];
  /** Every command but those to phones. */
  readonly commands: Command[] = [];
  readonly #switchboard: Switchboard;
  readonly #phones: SipPhone[] = [];
  #rim: RimHouse | null = null;
  #phone: Phone | null = null;
  #seq = 0;

  private constructor() {
    const carriers = new Proxy({} as Carriers, { get: (_, type: CommandType) => (command: Command) => this.#carry(type, command) });
    this.#switchboard = new Switchboard({
      ...{ clock: systemClock, log: silentLog, rooms: this.rooms.all, carriers },
      journal: {
        append: (event, at) => ({ seq: ++this.#seq, at, event }),
        write: () => undefined,
        settled: async () => undefined,
        close: async () => undefined,
      },
      watchers: [
        ({ event }) => {
          this.facts.push(event);
          this.#phone?.hear(event);
        },
      ],
    });
  }

  static async open(options: RimOptions = {}): Promise<FloorHouse> {
    const house = new FloorHouse();
    const { agents, queues } = { agents: phoneDirectory().agents(), queues: phoneDirectory().queues() };
    for (const queue of queues) house.take({ type: 'queueConfigured', queue });
    for (const agent of agents) house.take({ type: 'agentConfigured', agent: { ...agent, queues: queues.map(({ queueId }) => queueId) } });
    house.take({ type: 'dialplanPublished', tenantId: demo, version: hotline.version, plan: hotline });
    house.#rim = await RimHouse.open({
      ...{ trustedTrunks: [], media: house.media, calls: house.rooms.calls },
      react: (event, phone) => {
        house.#phone = phone;
        house.take(event);
      },
      ...options,
    });
    house.#phone = house.#rim.phone;
    return house;
  }

  get server(): { host: string; port: number } {
    return this.rim.server;
  }

  get rim(): RimHouse {
    if (this.#rim === null) throw new Error('not open');
    return this.#rim;
  }

  take(event: Event): void {
    this.#switchboard.take(event);
  }

  /** An agent with a registered phone, signed in and ready. */
  async agent(number: string, options: Partial<PhoneOptions> = {}): Promise<SipPhone> {
    const phone = await this.phone(number, { password: passwordOf(number), ...options });
    await phone.registered();
    this.take({ type: 'agentSignedIn', agentId: agentId(number) });
    this.take({ type: 'agentWentReady', agentId: agentId(number) });
    return phone;
  }

  async phone(user: string, options: Partial<PhoneOptions> = {}): Promise<SipPhone> {
    const phone = await SipPhone.open({ user, server: this.server, ...options });
    this.#phones.push(phone);
    return phone;
  }

  /** The nth fact of this type, as soon as it is there. */
  async fact<T extends Event['type']>(type: T, fits: (event: Extract<Event, { type: T }>) => boolean = () => true): Promise<Extract<Event, { type: T }>> {
    const found = (): Extract<Event, { type: T }> | undefined =>
      this.facts.find((event): event is Extract<Event, { type: T }> => event.type === type && fits(event as Extract<Event, { type: T }>));
    await this.until(() => found() !== undefined, type);
    return found() as Extract<Event, { type: T }>;
  }

  /** The last record written of a call. */
  record(callId: string): CallRecord | undefined {
    return this.commandsOf('writeCdr')
      .map(({ record }) => record)
      .findLast((record) => record.callId === callId);
  }

  commandsOf<T extends CommandType>(type: T): CommandOf<T>[] {
    return this.commands.filter((command): command is CommandOf<T> => command.type === type);
  }

  stateOf(number: string): string {
    const agent = this.rooms.acd.view.agent(agentId(number));
    return agent === undefined ? '' : [agent.state, ...agent.reasons].join(' ');
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const deadline = systemClock.now() + PATIENCE_MS;
    while (!condition()) {
      if (systemClock.now() > deadline) throw new Error(`not in time: ${what}; facts: ${this.facts.map(({ type }) => type).join(' ')}`);
      await pause(systemClock, POLL_MS);
    }
  }

  async close(): Promise<void> {
    for (const phone of this.#phones) await phone.close();
    await this.#rim?.close();
    this.#switchboard.close();
  }

  #carry(type: CommandType, command: Command): void {
    if (PHONE_COMMANDS.includes(type)) {
      const carriers = this.#phone?.carriers as Record<string, (command: Command) => void> | undefined;
      carriers?.[type]?.(command);
      return;
    }
    this.commands.push(command);
    if (command.type === 'joinLegs') this.take({ type: 'legsJoined', callId: command.callId, legIds: command.legIds });
    if (command.type === 'findCustomer') this.take({ type: 'customerFound', callId: command.callId, customer: null, authLevel: 0 });
  }
}
