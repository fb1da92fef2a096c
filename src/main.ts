/**
 * Opens the rooms in order, so that nobody is told of what is not there yet, and closes them in reverse:
 * store → directory → rooms and journal → rims → HTTP and desks → switchboard → the floor → phones.
 */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, enduring, systemClock } from '../kernel/clock.ts';
import { type AgentId, type CallbackId, type CallId, type LegId, newCallId, type QueueId, randomToken, type TenantId, type UserId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/log.ts';
import { HeapRoom } from '../kernel/memory.ts';
import type { MediaEvent } from '../media/port.ts';
import type { QueueState } from './acd/calendar/calendar.ts';
import type { InteractionEvent } from './acd/channels/event.ts';
import { type AgentWish, eventOfWish } from './acd/offering/wish.ts';
import { dayOfQueues } from './api/day.ts';
import { ledgerPort } from './api/house.ts';
import { openHttp } from './api/open.ts';
import type { OrdersPort } from './api/ports.ts';
import { AuditWatch } from './audit/watch.ts';
import { BackupWatch } from './backup/watch.ts';
import { begin, nameOf, readyStaticAgents } from './beginning.ts';
import type { DialAccount } from './call/command.ts';
import type { Notice } from './call/notice.ts';
import { auditCapture } from './capture/audit.ts';
import { createDeliveries } from './capture/delivery.ts';
import { fieldsOf } from './capture/forms.ts';
import { Vault } from './capture/vault.ts';
import { Spool } from './cdr/spool.ts';
import { CdrWriter } from './cdr/writer.ts';
import type { Config } from './config.ts';
import { alarmForDesk } from './cti/alarm.ts';
import { Desks, type DeskUser } from './cti/desks.ts';
import { DayFigures } from './cti/floor/day.ts';
import { FloorFeeds } from './cti/floor/feeds.ts';
import { trunkRows } from './cti/floor/trunks.ts';
import { type Order, supervise } from './cti/supervising.ts';
import { type Customers, createCustomers } from './customers/customers.ts';
import { beginErasures } from './customers/erasure.ts';
import { healthOf } from './health.ts';
import { watchIntake } from './intake.ts';
import { InvariantWatch } from './invariants/watch.ts';
import { createLookUps } from './ivr/actions/lookups.ts';
import { Publisher } from './ivr/publisher.ts';
import { type KeptJournal, keepJournal } from './journal/keep.ts';
import { claim, demandFinished, watchClaim } from './lock.ts';
import { journalKeys, secretKeys } from './master-keys.ts';
import { SipOperation } from './phone/operation.ts';
import { createPhone, type Phone } from './phone/phone.ts';
import { systemNames } from './phone/trunk/names.ts';
import { Prompts } from './prompts/prompts.ts';
import { auditPause } from './recordings/pauses.ts';
import { Recordings } from './recordings/recordings.ts';
import { SpaceWatch } from './recordings/space.ts';
import { openReportMail, type ReportMail } from './report-mail/report-mail.ts';
import { createRooms, type Rooms } from './rooms.ts';
import { ownMediaServers, startServers } from './servers.ts';
import { MediaEar } from './sound/ear.ts';
import { type Fleet, openFleet } from './sound/fleet.ts';
import { mediaServers } from './sound/servers.ts';
import { SoundRim } from './sound/sound.ts';
import { createSpeech } from './sound/tts/speech.ts';
import { accountOf } from './store/accounts.ts';
import { writeAudit } from './store/audit.ts';
import { recordWriter } from './store/records.ts';
import { openStore, type Store } from './store/store.ts';
import { Switchboard } from './switchboard.ts';
import { dialplanNames } from './tenants/dialplan-names.ts';
import type { Directory } from './tenants/directory.ts';
import { Floor } from './tenants/floor.ts';
import { type LoadedDirectory, loadDirectory } from './tenants/load.ts';
import { type Login, type Seeded, seedTenant } from './tenants/seed.ts';
import type { TrunkId } from './tenants/trunk.ts';
import { alarmIn } from './toll/alarm.ts';
import { ApiKeys } from './users/api-keys.ts';
import { Oidc } from './users/oidc.ts';
import { PhonePasses } from './users/phone-passes.ts';
import { SecondFactors } from './users/second-factor.ts';
import { createSessions, type Sessions } from './users/sessions.ts';
import type { User } from './users/user.ts';
import type { Command, Event } from './vocabulary.ts';
import { type OpenWebhooks, openWebhooks } from './webhooks/open.ts';
import { Trials } from './whatif/trials.ts';

const LAST_RECORDS_MS = 5_000;
const MOST_SPOOL_BYTES = 2 * 1024 * 1024 * 1024;
const ALARM_BLOCKED = 'ALARM: an account is blocked for calls outside, and what it had out is cut';
const ALARM_MEMORY = 'ALARM: memory is nearly full; new calls are refused';
const ALARM_EMERGENCY = 'ALARM: an emergency call is made';

export interface House {
  /** Who can sign in to the tenants that were seeded. */
  logins: Login[];
  readonly liveCalls: number;
  /** New calls get 503 from now on. */
  drain(): void;
  close(): Promise<void>;
  /** Ends, and leaves the calls that are up to the servers beside it: whoever is started next goes on with them. */
  leave(): Promise<void>;
}

/** Registers how to close what was opened, and hands it on. */
type Opened = <T>(thing: T, close: (thing: T) => unknown) => T;

interface Ground {
  config: Config;
  log: Logger;
  clock: Clock;
  opened: Opened;
  take: (event: Event) => void;
  /** It closes, and its calls go on. */
  isLeaving: () => boolean;
}

/** `atOnce`: another server has taken its place, and it must not go on for its calls' sake. */
type OnFatal = (reason: string, atOnce?: boolean) => void;

/** `onFatal`: a server was given up after a crash loop, or another has taken its folder or database. Rejects, with everything closed again, when the house cannot be opened. */
export async function openHouse(config: Config, log: Logger, onFatal: OnFatal, clock: Clock = systemClock): Promise<House> {
  demandFinished(config.dataDir);
  const release = claim(config.dataDir);
  const closers: (() => unknown)[] = [];
  const opened: Opened = (thing, close) => {
    closers.unshift(() => close(thing));
    return thing;
  };
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0)) {
      try {
        await closer();
      } catch (error) {
        log.error({ err: error }, 'a room could not be closed in order');
      }
    }
    release();
  };
  // A server that dies again and again while we still wait for it would keep us waiting for ever.
  let giveUp: OnFatal = onFatal;
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = (reason) => reject(new Error(reason));
  });
  try {
    let isLeaving = false;
    const furnished = await Promise.race([
      furnish({ config, log, clock, opened, isLeaving: () => isLeaving }, (reason, atOnce) => giveUp(reason, atOnce)),
      givenUp,
    ]);
    giveUp = onFatal;
    const leave = (): Promise<void> => {
      isLeaving = true;
      return close();
    };
    return { ...furnished, close, leave };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Folder and database are this server's alone: who has lost one of them ends. */
async function openOwnStore({ config: { dataDir, databaseUrl }, clock, log, opened, isLeaving }: Omit<Ground, 'take'>, onFatal: OnFatal): Promise<Store> {
  const onLost = (reason: string): void => onFatal(reason, true);
  opened(watchClaim(dataDir, clock, onLost), (stop) => stop());
  return opened(await openStore({ databaseUrl: databaseUrl ?? undefined, dataDir, onLost, log, clock }), (it) => it.close(isLeaving()));
}

async function furnish(base: Omit<Ground, 'take'>, onFatal: OnFatal): Promise<Omit<House, 'close' | 'leave'>> {
  const { config, log, clock, opened, isLeaving } = base;
  const servers = opened(startServers(config, clock, log, onFatal), async (starting) =>
    Promise.all((await starting).map((server) => (isLeaving() ? server.leave() : server.stop()))),
  );
  const store = await openOwnStore(base, onFatal);
  const { sessions, factors, passes, logins, settled, directory } = await openPeople(base, store);
  await servers;

  const rooms = createRooms();
  let switchboard: Switchboard | null = null;
  const ground: Ground = { ...base, take: (event) => switchboard?.take(event) };
  const cdr = opened(openCdrWriter(ground, store), (it) => it.close(LAST_RECORDS_MS));
  const kept = opened(openJournal(ground, rooms, cdr), (it) => it.close());
  const people: People = {
    ...{ store, sessions, factors, passes, directory, rooms, kept },
    ...(await openRecordings(ground, store)),
    reportMail: opened(openReportMail({ mail: config.mail, store, clock, log }), (it) => it.close()),
    webhooks: opened(
      openWebhooks({
        ...{ config, store, clock, log, keys: secretKeys(config), journalKeys: journalKeys(config) },
        ...{ house: nameOf(config.dataDir), lastSeq: kept.journal.lastSeq },
      }),
      (it) => it.close(),
    ),
  };
  const room = opened(new HeapRoom(clock, (full, share) => log.error({ full, share }, full ? ALARM_MEMORY : 'there is memory for new calls again')), (it) =>
    it.close(),
  );
  const rims = openRims(ground, people, () => kept.journal.healthy && !cdr.counts.full && !room.full);
  const atWork = opened(openSwitchboard(ground, people, rims, cdr), (it) => it.close());
  switchboard = atWork;

  await begin({
    ...rims,
    ...{ calls: rooms.calls, kept, cdr, space: people.space, clock, log, opened, take: ground.take },
    finish: (facts) => atWork.finish(facts),
  });
  const watch = opened(new InvariantWatch({ acd: rooms.acd, calls: rooms.calls, clock, log, take: ground.take }), (it) => it.close());
  const { phone, operation } = rims;
  opened(watchIntake(phone, clock, ground.take), (stop) => stop());
  const floor = new Floor(ground.take);
  floor.tell(directory);
  floor.removeUnknown(rooms.acd.view, directory.tenants());
  const publisher = openPublisher(ground, directory);
  phone.restoreBindings(kept.bindings);
  opened(phone, (it) => (isLeaving() ? it.leave() : it.close()));
  await operation?.tellTrunks();
  await phone.start();
  readyStaticAgents(ground.take, directory.agents());
  const directoryChanged = async (): Promise<void> => {
    await directory.refresh();
    floor.tell(directory);
    phone.directoryChanged();
    await operation?.tellTrunks();
  };
  opened(
    await openHttp({
      ...{ clock, log, store, sessions, publisher, directory, directoryChanged },
      ...httpOptions(ground, { ...people, room }, rims, cdr, watch),
    }),
    (it) => it.close(),
  );
  await settled;
  return {
    logins,
    drain: () => phone.drain(),
    get liveCalls() {
      return rooms.calls.size;
    },
  };
}

function openPublisher({ config, clock, log, opened, take }: Ground, directory: Directory): Publisher {
  const publisher = new Publisher({
    tenants: directory.tenants().map(({ tenantId }) => ({ tenantId, folder: join(config.dialplansDir, tenantId) })),
    dataDir: config.dataDir,
    names: (tenantId) => ({ ...dialplanNames(directory, tenantId), forms: Object.keys(config.captureForms[tenantId] ?? {}) }),
    ...{ take, clock, log },
  });
  opened(publisher, (it) => it.close());
  publisher.open();
  return publisher;
}

interface People {
  store: Store;
  webhooks: OpenWebhooks;
  reportMail: ReportMail;
  sessions: Sessions;
  factors: SecondFactors;
  passes: PhonePasses;
  directory: LoadedDirectory;
  rooms: Rooms;
  kept: KeptJournal;
  recordings: Recordings;
  space: SpaceWatch;
  backups: BackupWatch;
}

async function openPeople(
  { config, log, clock }: Omit<Ground, 'take'>,
  store: Store,
): Promise<Pick<People, 'sessions' | 'factors' | 'passes' | 'directory'> & { logins: Login[]; settled: Promise<unknown> }> {
  const factors = new SecondFactors({ store, clock, keys: secretKeys(config) });
  const sessions = createSessions({ store, clock, log, factors });
  const passes = new PhonePasses();
  sessions.onRevoked((userId) => passes.endOfUser(userId));
  const seeded: Seeded[] = [];
  for (const folder of readdirSync(config.dialplansDir).sort()) {
    const tenantFile = join(config.dialplansDir, folder, 'tenant.yaml');
    if (!existsSync(tenantFile)) continue;
    const password = folder === 'demo' ? (config.demoPassword ?? undefined) : undefined;
    seeded.push(await seedTenant({ store, sessions, tenantFile, loginsFile: join(config.dataDir, `${folder}-logins.json`), password }));
  }
  const settled = Promise.all(seeded.map((each) => each.settled));
  // Whoever opens the house awaits it, after the calls.
  settled.catch(() => undefined);
  return {
    logins: seeded.flatMap((each) => each.logins),
    settled,
    ...{ sessions, factors, passes, directory: await loadDirectory({ store, bench: config.bench }) },
  };
}

function openCdrWriter({ config, clock, log, take }: Ground, store: Store): CdrWriter {
  const writer = new CdrWriter({
    write: recordWriter(store.db),
    spool: new Spool(join(config.dataDir, 'spool'), MOST_SPOOL_BYTES, journalKeys(config)),
    clock,
    log,
  });
  writer.onWritten((callId, revision) => take({ type: 'cdrWritten', callId, revision }));
  return writer;
}

function openJournal({ config, clock, log }: Ground, rooms: Rooms, cdr: CdrWriter): KeptJournal {
  return keepJournal({
    ...{ folder: join(config.dataDir, 'journal'), keepBytes: config.journalKeepBytes, callsKeptMs: config.callsKeptSeconds * 1_000 },
    ...{ keys: journalKeys(config), rooms, clock, log, unwritten: () => cdr.unwritten() },
  });
}

async function openRecordings({ config, clock, log, take, opened }: Ground, store: Store): Promise<Pick<People, 'recordings' | 'space' | 'backups'>> {
  const { dir, leastFreeBytes } = config.recordings;
  const recordings = opened(new Recordings({ ...config.recordings, store, clock, log }), (it) => it.close());
  await recordings.readRules();
  return {
    recordings,
    backups: opened(new BackupWatch({ config, clock, log }), (it) => it.close()),
    space: opened(new SpaceWatch({ dir, leastBytes: leastFreeBytes, clock, log, changed: (full) => take({ type: 'recordingSpaceChanged', full }) }), (it) =>
      it.close(),
    ),
  };
}

interface Rims {
  media: Fleet;
  ear: MediaEar;
  phone: Phone;
  /** null: the SIP server is not ours. */
  operation: SipOperation | null;
  sound: SoundRim;
  customers: Customers;
  lookUps: ReturnType<typeof createLookUps>;
  vault: Vault;
  deliveries: ReturnType<typeof createDeliveries>;
  desks: Desks;
  floor: FloorFeeds;
  orders: OrdersPort;
}

/** `accepting`: what is said of a call can be kept; a call that would leave no record is better refused (503) than lost. */
function openRims(
  { config, clock, log, take, opened }: Ground,
  { store, sessions, passes, directory, rooms, kept, recordings, space }: People,
  accepting: () => boolean,
): Rims {
  const { calls, acd, desk } = rooms;
  const steady = enduring(clock, (error) => log.error({ err: error }, 'what waited for its time failed'));
  const ear = new MediaEar(() => ({ sound, phone }));
  const lines = { onEvent: (event: MediaEvent) => ear.take(event), onConnected: () => sound.mediaBack() };
  const identity = { name: nameOf(config.dataDir), run: randomToken(8), isHeir: kept.underway !== null };
  const media = opened(
    openFleet({ servers: mediaServers({ own: ownMediaServers(config), ...config.media, identity }, clock, log), clock, log, ...lines }),
    (it) => it.disconnect(),
  );
  const phone = createPhone({
    ...{ drachtio: config.drachtio, clock: steady, log, take, directory, media, calls, toll: rooms.toll, trustedTrunks: config.trustedTrunks },
    ...{
      publicAddress: config.publicAddress,
      domains: config.sip.domains,
      newCallId: () => newCallId(clock.now()),
      accepting,
      recordable: (tenantId: TenantId) => space.space !== 'full' || !recordings.rules(tenantId).required,
      onKey: (legId, key) => sound.signalledKey(legId, key),
    },
    passes,
    names: systemNames(config.sipDnsServers),
    name: identity.name,
    isHeir: identity.isHeir,
    ...(config.stirRoots === null ? {} : { stirRoots: config.stirRoots }),
  });
  const customers = createCustomers({ store, clock, log, take });
  const vault = new Vault();
  const deliveries = createDeliveries({ forms: config.captureForms, vault, calls, clock, log, take });
  const sound = new SoundRim({
    ...{ media, clock: steady, log, take, calls, broke: phone.broke.bind(phone), dialplansFolder: config.dialplansDir, recordings: config.recordings },
    speech: createSpeech(config.tts, join(config.dataDir, 'tts'), clock),
    verifyServicePassword: customers.verifyServicePassword,
    keepSecret: (callId, name, digits) => vault.keep(callId, name, digits, clock.now()),
  });
  const lookUps = createLookUps({ accounts: { accountOf: accountOf.bind(null, store) }, calls, clock, log, take });
  const userOfToken = (token: string): Promise<DeskUser | null> => sessions.deskUserOf(token);
  const forms = (tenantId: TenantId): ReturnType<typeof fieldsOf> => fieldsOf(config.captureForms, tenantId);
  const figures = { ledger: ledgerPort(store, rooms.ledger.view, clock), clock, directory };
  const day = opened(new DayFigures(clock, (tenantId) => dayOfQueues(figures, tenantId)), (it) => it.close());
  const floor = opened(
    new FloorFeeds({
      ...{ clock, calls, acd: acd.view, today: (queueId: QueueId) => day.of(queueId), tenants: () => directory.tenants().map(({ tenantId }) => tenantId) },
      trunks: (tenantId: TenantId) => trunkRows(phone.trunks(), tenantId),
      bounds: (tenantId: TenantId) => directory.floorAlerts(tenantId),
    }),
    (it) => it.close(),
  );
  const dialling = {
    ...{ newCallId: () => newCallId(clock.now()), reach: phone.reach.bind(phone), accepting: () => phone.accepting },
    ...{ now: () => clock.now(), numberToCallBack: phone.numberToCallBack.bind(phone) },
  };
  const flows = rooms.ivr.fromDesk.bind(rooms.ivr);
  const obeying = { desk, acd: acd.view, calls, directory, forms, flows, ...dialling };
  const orders: OrdersPort = {
    judge: (message, by) => supervise(message, by, { ...obeying, newId: () => randomToken(12) }),
    carryOut: orderOfSupervisor(store, { clock, take }),
  };
  const parts = { ...obeying, clock, log, take, journal: kept.journal, userOfToken, carryOut: orders.carryOut, floor, press: sound.press.bind(sound) };
  const desks = opened(new Desks(parts), (it) => it.close());
  const operation = config.drachtio.embedded
    ? opened(new SipOperation(config.sipOperationSocket, () => phone.trunkSources(), clock, log), (it) => it.close())
    : null;
  phone.onTrunkSources(() => void operation?.tellTrunks());
  return { media, ear, phone, operation, sound, customers, lookUps, vault, deliveries, desks, floor, orders };
}

/** As over the API: in the audit trail, then done. */
function orderOfSupervisor(store: Store, { clock, take }: Pick<Ground, 'clock' | 'take'>) {
  return async ({ action, resource, before, after, events }: Order, { tenantId, userId }: DeskUser, source: string | null): Promise<void> => {
    await writeAudit(store.db, { at: clock.now(), tenantId, userId, source, action, resource, before, after });
    for (const event of events) take(event);
  };
}

/** Under which phones of a tenant may register that were told no other. */
const sipDomainOf = ({ sip, publicAddress }: Config, directory: Directory, tenantId: TenantId): string =>
  directory.tenants().find((tenant) => tenant.tenantId === tenantId)?.sipDomains[0] ?? [...sip.domains][0] ?? publicAddress;

function openSwitchboard(
  { clock, log }: Ground,
  { rooms, kept, store, space, webhooks }: People,
  { phone, sound, customers, lookUps, vault, deliveries, desks, floor }: Rims,
  cdr: CdrWriter,
): Switchboard {
  return new Switchboard({
    ...{ clock, log, journal: kept.journal, rooms: rooms.all, heed: (command: Command) => kept.heed(command) },
    carriers: {
      ...phone.carriers,
      ...sound.carriers,
      findCustomer: (command) => customers.findCustomer(command),
      lookUp: (command) => lookUps.lookUp(command),
      deliverSecrets: (command) => deliveries.deliverSecrets(command),
      popScreen: (command) => desks.popScreen(command),
      tellDesk: (command) => desks.tellDesk(command),
      writeCdr: (command) => cdr.accept(command),
      writeInteraction: (command) => cdr.accept(command),
      writeLedger: (command) => cdr.accept(command),
    },
    watchers: [
      ({ event, at }) => {
        auditPause({ store, calls: rooms.calls, log }, event, at);
        auditCapture({ store, calls: rooms.calls, log }, event, at);
        if (event.type === 'callEnded') vault.forget(event.callId);
        if (event.type === 'recordingEnded' && event.reason === 'disk full') space.ranOut();
      },
      (recorded) => kept.watch(recorded),
      (recorded) => webhooks.feed.watch(recorded),
      ({ event }) => {
        if (event.type === 'legEnded') sound.forget(event.legId);
        phone.hear(event);
        floor.hear(event);
      },
      ({ event }) => {
        const alarming = alarmIn(event, clock.now());
        if (alarming === null) return;
        const { tenantId, alarm } = alarming;
        log.error({ tenant: tenantId, ...alarm }, alarm.what === 'blocked' ? ALARM_BLOCKED : ALARM_EMERGENCY);
        desks.alarm(tenantId, alarmForDesk(alarm));
      },
    ],
  });
}

const tollPort = (take: Ground['take'], { toll }: People['rooms']) => ({
  ...{ blocked: toll.blocked.bind(toll), alarms: toll.alarms.bind(toll), counts: toll.counts },
  lift: (tenantId: TenantId, account: DialAccount, by: UserId) => take({ type: 'tollLifted', tenantId, account, by }),
});

function httpOptions(
  { config, take, clock, log, opened }: Ground,
  { rooms, kept, store, sessions, passes, directory, recordings, space, backups, factors, webhooks, reportMail, room }: People & { room: HeapRoom },
  { phone, media, desks, operation, orders }: Rims,
  cdr: CdrWriter,
  watch: InvariantWatch,
) {
  return {
    ...{
      ledger: rooms.ledger.view,
      acd: rooms.acd.view,
      explain: rooms.acd.explain,
      calls: rooms.calls,
      desks,
      orders,
      recordings,
      webDir: config.webDir,
      embedOrigins: config.embedOrigins,
      version: config.version,
    },
    ...{ ...config.http, ctiOrigins: config.ctiOrigins },
    openOffers: (tenantId: TenantId, callId: CallId) => {
      const call = rooms.cdr.open.get(callId);
      return call?.tenantId === tenantId ? call.offers : null;
    },
    setAgentState: (agentId: AgentId, wish: AgentWish, by: UserId | null, byName?: string) => take(eventOfWish(agentId, wish, by, byName)),
    pauseRecording: (callId: CallId, userId: UserId, forMs: number | null) =>
      take({ type: 'recordingPauseAsked', callId, holder: 'api', by: { kind: 'user', userId }, forMs }),
    resumeRecording: (callId: CallId, userId: UserId) => take({ type: 'recordingResumeAsked', callId, holder: 'api', by: { kind: 'user', userId } }),
    floor: {
      switchQueue: (queueId: QueueId, state: QueueState | 'calendar', until: number | null, by: UserId, notice: Notice | null) =>
        take({ type: 'queueSwitched', queueId, state, until, by, ...(notice === null ? {} : { notice }) }),
      sayable: (tenantId: TenantId) => {
        const { zh = [], en = [] } = rooms.ivr.plan(tenantId)?.prompts ?? {};
        return { prompts: new Set([...zh, ...en]), texts: config.tts.kind !== 'off' };
      },
    },
    tellInteraction: (event: InteractionEvent) => take(event),
    prompts: new Prompts(config.dialplansDir),
    phoneContacts: (agentId: AgentId) => phone.contactsOf(agentId),
    trials: opened(new Trials({ journal: join(config.dataDir, 'journal'), clock, log }), (it) => it.close()),
    cancelCallback: (callbackId: CallbackId, by: UserId) => take({ type: 'callbackCancelled', callbackId, by }),
    trunks: { status: () => phone.trunks(), calls: (trunkId: TrunkId) => phone.callsOver(trunkId) },
    toll: tollPort(take, rooms),
    mediaServers: () => media.servers(),
    watched: () => watch.counts,
    legAudio: (legId: LegId) =>
      media.stats(legId).then(
        ({ quality }) => (phone.hasBeenDirect(legId) ? { ...quality, direct: 'not_measured' as const } : quality),
        () => null,
      ),
    sipTrace: operation === null ? null : (callId: CallId) => operation.trace(callId, phone.sipCallsOf(callId)),
    sipMetrics: async () => (operation === null ? '' : operation.metrics()),
    browserPhones: config.drachtio.embedded ? { socket: config.sip.browserSocket, secret: config.drachtio.secret } : null,
    phonePasses: config.drachtio.embedded
      ? {
          make: (user: User, agentId: AgentId, token: string) => passes.make(user, agentId, token, clock.now()),
          domain: (tenantId: TenantId) => sipDomainOf(config, directory, tenantId),
          end: (token: string) => passes.endOfToken(token),
        }
      : null,
    health: healthOf({ kept, store, space, backups, room, phone, media, cdr }),
    oidc: new Oidc({ store, clock, log, sessions, providers: config.oidc }),
    ...{ factors, webhooks: webhooks.hooks, reportMail, apiKeys: new ApiKeys({ store, clock, log }) },
    erasures: opened(beginErasures({ store, clock, log, recordings, journal: kept, records: cdr, calls: rooms.calls, acd: rooms.acd.view, take }), (it) =>
      it.close(),
    ),
    auditWatch: opened(new AuditWatch({ store, clock, log, dataDir: config.dataDir }), (it) => it.close()),
  };
}
