/** The application as `src/main.ts` puts it together: its rooms, switchboard, journal, writer of records, sound, desks, and how it begins again; its edge is played. */
import { createHash, type Hash } from 'node:crypto';
import { type AgentId, agentIdOf, asId, type CallId, type LegId, type QueueId, type TenantId, type UserId } from '../../../kernel/ids.ts';
import type { Logger } from '../../../kernel/log.ts';
import type { MediaEvent } from '../../../media/port.ts';
import { begin } from '../../../src/beginning.ts';
import { isTalking } from '../../../src/call/call.ts';
import { Vault } from '../../../src/capture/vault.ts';
import type { KeptRecord } from '../../../src/cdr/kept.ts';
import { Spool } from '../../../src/cdr/spool.ts';
import { CdrWriter } from '../../../src/cdr/writer.ts';
import { Desks } from '../../../src/cti/desks.ts';
import { InvariantWatch } from '../../../src/invariants/watch.ts';
import { createLookUps } from '../../../src/ivr/actions/lookups.ts';
import { type KeptJournal, keepJournal } from '../../../src/journal/keep.ts';
import { createRooms, type Rooms } from '../../../src/rooms.ts';
import { MediaEar } from '../../../src/sound/ear.ts';
import type { Fleet } from '../../../src/sound/fleet.ts';
import { SoundRim } from '../../../src/sound/sound.ts';
import { Switchboard } from '../../../src/switchboard.ts';
import type { Carriers, Command, CommandType, Event, Recorded } from '../../../src/vocabulary.ts';
import { Customers } from './customers.ts';
import { DISK, mount } from './disk.ts';
import { Life } from './life.ts';
import { PlayedPhones } from './phones.ts';
import { AGENTS, agents, FORMS, plan, queues, TENANT } from './tenant.ts';
import { CALLS_KEPT_MS, type World } from './world.ts';

export const JOURNAL = `${DISK}/journal`;

/** A fault of ours that is put in on purpose, so that the invariants can be seen to find it. */
export type Planted = 'second_key' | 'forgets_release' | 'forgets_call' | 'room_throws' | 'tells_keys' | 'journal_lies';

/** What goes on from one life of the application to the next. */
export interface Chronicle {
  /** Of all that is written to the disk, in order: every event, and records that wait there. */
  hash: Hash;
  events: number;
  /** Calls that arrived, as far as anybody was told. */
  arrived: Set<CallId>;
}

export const newChronicle = (): Chronicle => ({ hash: createHash('sha256'), events: 0, arrived: new Set() });

export class House {
  readonly life: Life;
  readonly rooms: Rooms = createRooms();
  readonly phones: PlayedPhones;
  readonly desks: Desks;
  readonly cdr: CdrWriter;
  readonly kept: KeptJournal;
  readonly watch: InvariantWatch;
  readonly vault = new Vault();
  /** It takes calls. */
  isOpen = false;
  readonly #world: World;
  readonly #chronicle: Chronicle;
  readonly #planted: Planted | null;
  readonly #switchboard: Switchboard;
  readonly #sound: SoundRim;
  readonly #customers: Customers;
  readonly #ear: MediaEar;
  #dialled = 0;
  #listens = false;

  constructor(world: World, chronicle: Chronicle, planted: Planted | null, dieAfter: number | null) {
    this.#world = world;
    this.#chronicle = chronicle;
    this.#planted = planted;
    const life = new Life(world.clock, () => world.stir());
    this.life = life;
    if (dieAfter !== null) life.dieAfter(dieAfter);
    mount(world.disk);
    world.disk.writer = life;
    const log = this.#log();
    const { clock } = life;
    const take = (event: Event): void => this.take(event);
    this.cdr = new CdrWriter({
      write: (records) => world.database.write(life, this.#records(records)),
      spool: new Spool(`${DISK}/spool`, 2 ** 20),
      clock,
      log,
    });
    this.cdr.onWritten((callId, revision) => take({ type: 'cdrWritten', callId, revision }));
    const journal = { folder: JOURNAL, keepBytes: 2 ** 30, callsKeptMs: CALLS_KEPT_MS };
    this.kept = keepJournal({ ...journal, rooms: this.rooms, clock, log, unwritten: () => this.cdr.unwritten() });
    const media = world.media.fleetFor(life);
    this.#customers = new Customers(world, life, take, this.vault);
    const { calls, acd, desk } = this.rooms;
    const forgetsReleases = planted === 'forgets_release';
    const talks = (callId: CallId, legId: LegId): boolean => {
      const call = calls.get(callId);
      return call !== undefined && isTalking(call, legId);
    };
    this.phones = new PlayedPhones({ world, life, media, take, isTalking: talks, forgetsReleases });
    this.#sound = new SoundRim({
      ...{ media, clock, log, take, calls, broke: (legId, error) => this.phones.broke(legId, error), dialplansFolder: '/dialplans' },
      ...{ speech: { speak: () => Promise.reject(new Error('nobody speaks')) }, recordings: { dir: `${DISK}/recordings`, sealed: false, format: 'pcm16' } },
      keepSecret: (callId, name, digits) => {
        this.vault.keep(callId, name, digits, clock.now());
        if (planted === 'tells_keys') log.info({ callId, kept: digits }, 'a secret is kept');
      },
      verifyServicePassword: (_tenant, _customer, digits) => this.#customers.verify(digits),
    });
    this.#ear = this.#openEar();
    this.desks = this.#openDesks(log, desk, acd.view);
    const lookUps = createLookUps({ accounts: { accountOf: () => this.#customers.account() }, calls, clock, log, take });
    this.#switchboard = this.#openSwitchboard(log, lookUps);
    this.watch = new InvariantWatch({ acd, calls, clock, log, take });
    this.#begin(media, log);
  }

  #openEar(): MediaEar {
    const { phones } = this;
    const phone = {
      ...{ audioTroubled: () => undefined, partyAway: () => undefined },
      mediaTimedOut: (legId: LegId, ms: number) => phones.mediaTimedOut(legId, ms),
      endpointLost: (legId: LegId) => phones.endpointLost(legId),
      broke: (legId: LegId, error: unknown) => phones.broke(legId, error),
    };
    return new MediaEar(() => ({ sound: this.#sound, phone }));
  }

  #openSwitchboard(log: Logger, lookUps: ReturnType<typeof createLookUps>): Switchboard {
    const { life, kept } = this;
    return new Switchboard({
      ...{ clock: life.clock, log, journal: kept.journal, rooms: this.#roomsAsPlanted(), heed: (command: Command) => life.alive && kept.heed(command) },
      carriers: this.#mortal({
        ...this.phones.carriers,
        ...this.#sound.carriers,
        findCustomer: (command) => this.#customers.find(command),
        lookUp: (command) => lookUps.lookUp(command),
        deliverSecrets: (command) => this.#customers.deliver(command),
        popScreen: (command) => this.desks.popScreen(command),
        tellDesk: (command) => this.desks.tellDesk(command),
        writeCdr: (command) => this.cdr.accept(command),
        writeInteraction: (command) => this.cdr.accept(command),
        writeLedger: (command) => this.cdr.accept(command),
      }),
      watchers: [(recorded) => this.#watch(recorded)],
    });
  }

  #begin(media: Fleet, log: Logger): void {
    const world = this.#world;
    this.#listens = true;
    world.media.listen((event) => this.#ear.take(event));
    if (this.kept.underway === null) world.dropCalls();
    for (const { callId } of this.rooms.calls.values()) this.#chronicle.arrived.add(callId);
    begin({
      ...{ kept: this.kept, cdr: this.cdr, space: { look: async () => undefined }, ear: this.#ear, calls: this.#callsToGoOnWith() },
      ...{ clock: this.life.clock, log, opened: () => undefined, take: (event: Event) => this.take(event) },
      ...{ phone: this.phones, media, sound: this.#sound, finish: (facts: readonly Event[]) => this.#switchboard.finish(facts) },
    }).then(
      () => this.#begun(),
      (error: Error) => world.breaks('INV1', `it could not begin: ${error.stack}`),
    );
  }

  take(event: Event): void {
    if (!this.life.alive) return;
    this.#world.stir();
    this.#switchboard.take(event);
  }

  get hearsMedia(): boolean {
    return this.#listens && this.life.alive;
  }

  hearMedia(event: MediaEvent): void {
    this.#world.stir();
    this.#ear.take(event);
  }

  mediaBack(): void {
    if (this.life.alive) this.#sound.mediaBack();
  }

  /** As the application has it: what is said of a new call can be kept. */
  get accepting(): boolean {
    return this.kept.journal.healthy && !this.cdr.counts.full;
  }

  /** As at an orderly end; resolves when nothing of it is left. */
  async close(): Promise<void> {
    this.watch.close();
    this.desks.close();
    this.#switchboard.close();
    await this.cdr.close(0);
    await this.kept.close();
  }

  #begun(): void {
    if (!this.life.alive) return;
    for (const queue of queues) this.take({ type: 'queueConfigured', queue });
    for (const agent of agents) this.take({ type: 'agentConfigured', agent });
    if (this.rooms.ivr.plan(TENANT)?.version !== plan.version) this.take({ type: 'dialplanPublished', tenantId: TENANT, version: plan.version, plan });
    for (const agentId of this.#world.reachable) {
      if (this.kept.bindings.get(agentId) === undefined) this.take({ type: 'bindingsChanged', agentId, bindings: [bindingOf(agentId)] });
      this.take({ type: 'phoneReachable', agentId });
    }
    this.phones.open();
    this.isOpen = this.life.alive;
  }

  #watch(recorded: Recorded): void {
    const { life } = this;
    if (!life.alive) return;
    const { event } = recorded;
    this.#chronicle.events += 1;
    if (event.type === 'callArrived') this.#chronicle.arrived.add(event.callId);
    if (event.type === 'callEnded') this.vault.forget(event.callId);
    this.kept.watch(recorded);
    if (event.type === 'legEnded') this.#sound.forget(event.legId);
  }

  /** What a dead program does reaches nobody. */
  #mortal(carriers: Carriers): Carriers {
    const wrapped = Object.entries(carriers).map(([type, carrier]) => [
      type,
      (command: Command) => (this.life.acts() ? (carrier as (command: Command) => void | Promise<void>)(command) : undefined),
    ]);
    return Object.fromEntries(wrapped) as { [T in CommandType]: Carriers[T] };
  }

  #openDesks(log: Logger, desk: Rooms['desk'], acd: Rooms['acd']['view']): Desks {
    const { calls, ivr } = this.rooms;
    const { clock } = this.life;
    const directory = {
      agent: (agentId: AgentId) => agents.find((agent) => agent.agentId === agentId) ?? null,
      agentByNumber: (_: TenantId, number: string) => agents.find((agent) => agent.number === number) ?? null,
      queue: (queueId: QueueId) => queues.find((queue) => queue.queueId === queueId) ?? null,
    };
    return new Desks({
      ...{ clock, log, desk, acd, calls, directory, journal: this.kept.journal, forms: () => FORMS, flows: ivr.fromDesk.bind(ivr) },
      take: (event) => this.take(event),
      press: (legIds, keys) => this.#sound.press(legIds, keys),
      now: () => clock.now(),
      newCallId: () => {
        this.#dialled += 1;
        return asId<CallId>(`c-d${Math.floor(clock.now()).toString(16)}${this.#dialled.toString(16)}`);
      },
      accepting: () => this.accepting,
      reach: (_, number) => {
        const party = { number, raw: number };
        const agent = directory.agentByNumber(TENANT, number);
        if (agent !== null) return { ok: true, target: { kind: 'agent', agentId: agent.agentId }, party, emergency: false };
        return { ok: true, target: { kind: 'number', number }, party, emergency: false };
      },
      numberToCallBack: () => null,
      carryOut: () => Promise.reject(new Error('there is no supervisor')),
      floor: { subscribe: () => undefined, unsubscribe: () => undefined, acknowledge: () => false },
      userOfToken: async (token) => {
        const number = AGENTS.find((known) => known === token);
        if (number === undefined) return null;
        const seat = { userId: asId<UserId>(`u${number}`), tenantId: TENANT, agentId: agentIdOf(TENANT, number), name: number };
        return { ...seat, role: 'agent', teams: [], language: 'zh' };
      },
    });
  }

  #records(records: readonly KeptRecord[]): readonly KeptRecord[] {
    if (this.#planted !== 'second_key') return records;
    return [...records, ...records.map((record) => ({ ...record, callId: asId<CallId>(`${record.callId}b`) }))];
  }

  #callsToGoOnWith(): Rooms['calls'] {
    const { calls } = this.rooms;
    if (this.#planted !== 'forgets_call') return calls;
    const [, ...others] = [...calls.values()];
    return { get: calls.get.bind(calls), size: others.length, values: () => others.values() } as unknown as Rooms['calls'];
  }

  #roomsAsPlanted(): Rooms['all'] {
    const { all } = this.rooms;
    if (this.#planted === 'room_throws') {
      const throws = (event: Event): never => {
        throw new TypeError(`planted: ${event.type}`);
      };
      return [...all, { name: 'sick', decide: (event) => (event.type === 'callQueued' ? throws(event) : { events: [], commands: [], wakeAt: null }) }];
    }
    if (this.#planted !== 'journal_lies') return all;
    // A room that hears what the journal does not hold.
    return all.map((room) =>
      room.name === 'acd'
        ? { name: room.name, decide: (event, now) => room.decide(event.type === 'agentWentReady' ? { type: 'timePassed' } : event, now) }
        : room,
    );
  }

  #log(): Logger {
    const { life } = this;
    const at = (level: string) => (fields: unknown, message?: string) => {
      if (life.alive) this.#world.log(level, message ?? String(fields), typeof fields === 'object' && fields !== null ? fields : {});
    };
    const log = { trace: () => undefined, debug: () => undefined, info: at('info'), warn: at('warn'), error: at('error'), fatal: at('fatal') };
    return { ...log, child: () => log } as unknown as Logger;
  }
}

const bindingOf = (agentId: AgentId) => ({
  ...{ uri: `sip:${agentId.split(':')[1]}@127.0.0.1`, source: 'udp/127.0.0.1:5060', callId: 'r', cseq: 1, userAgent: 'a played phone' },
  ...{ allowEvents: ['talk', 'hold'], expiresAt: 1_800_000_000_000 },
});
