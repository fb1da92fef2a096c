/** The API's ports on the rooms of this house: thin, because each room already speaks its own language well. */
import type { Clock } from '../../kernel/clock.ts';
import { asId, type CallId, type TenantId, type UserId } from '../../kernel/ids.ts';
import type { AuditWatch } from '../audit/watch.ts';
import { buildCard } from '../customers/card.ts';
import { normaliseNumber } from '../customers/normalise.ts';
import type { Publisher } from '../ivr/publisher.ts';
import type { LedgerView } from '../ledger/fold.ts';
import { listAudit, writeAudit } from '../store/audit.ts';
import { removeCalendar, saveCalendar } from '../store/calendars.ts';
import { BadCursor, type CallRow, callDetail, listCalls, type CallDetail as StoredCall } from '../store/calls.ts';
import { type CustomerWithHistory, customerById, customerByNumber } from '../store/customers.ts';
import { heldAmong } from '../store/holds.ts';
import { interactionRecord, listInteractions } from '../store/interactions.ts';
import { ledgerIntervals, ledgerSums } from '../store/ledger.ts';
import { resolutionSums } from '../store/resolution.ts';
import type { Store } from '../store/store.ts';
import {
  disableAgent,
  putAgent,
  putAgents,
  removeAgent,
  removeNumber,
  type SeedTransaction,
  saveFloorAlerts,
  saveNumber,
  saveOutsideRules,
  saveQueue,
  saveTenantSettings,
} from '../store/tenants.ts';
import { changeTicket, countTickets, listTickets, ticketById } from '../store/ticket-work.ts';
import { removeTrunk, saveTrunk } from '../store/trunks.ts';
import { listUsers, sessionsOf, type UserWithHash, userById, userNames } from '../store/users.ts';
import { trunkSecretOf } from '../users/digest.ts';
import { hashedUser, putUser } from '../users/sessions.ts';
import type { User } from '../users/user.ts';
import { type AccessParts, accessPorts } from './access-ports.ts';
import type { ApiPorts, AuditEntry, CallDetail, CallRecord, OfferTold, Page, PageRequest, UserRecord } from './ports.ts';
import { Problem } from './problems.ts';

type HousePorts = Pick<
  ApiPorts,
  | 'sessions'
  | 'oidc'
  | 'users'
  | 'keys'
  | 'factors'
  | 'webhooks'
  | 'reportMail'
  | 'configuration'
  | 'customers'
  | 'dialplans'
  | 'records'
  | 'interactionRecords'
  | 'ledger'
  | 'audit'
  | 'tickets'
  | 'offersOf'
>;

export interface HouseParts extends AccessParts {
  store: Store;
  clock: Clock;
  ledger: LedgerView;
  publisher: Publisher;
  auditWatch: Pick<AuditWatch, 'look' | 'standing' | 'broken'>;
  /** Offers of a call whose record is still being folded. */
  openOffers(tenantId: TenantId, callId: CallId): OfferTold[] | null;
  /** Reads the directory again and tells the floor what is new. */
  directoryChanged(): Promise<void>;
}

export function portsOf({
  store,
  clock,
  ledger,
  sessions,
  apiKeys,
  oidc,
  factors,
  webhooks,
  reportMail,
  publisher,
  auditWatch,
  openOffers,
  directoryChanged,
}: HouseParts): HousePorts {
  const cardOf = (customer: CustomerWithHistory | null) => (customer === null ? null : buildCard(customer, clock.now()));
  return {
    ...accessPorts({ clock, sessions, apiKeys, oidc, factors, webhooks, reportMail }),
    users: usersPort({ store, sessions, clock, directoryChanged }),
    configuration: configurationPort({ store, sessions, clock, directoryChanged }),
    customers: {
      byNumber: async (tenantId, number) => cardOf(await customerByNumber(store.db, tenantId, normaliseNumber(number))),
      byId: async (tenantId, customerId) => cardOf(await customerById(store.db, tenantId, customerId)),
    },
    dialplans: publisher,
    records: {
      async list(tenantId, { to, ...filter }, { cursor, limit }) {
        const wanted = { ...filter, tenantId, ...(to === undefined ? {} : { until: to }) };
        const { calls, next } = await listCalls(store.db, wanted, limit, cursor).catch(refuseCursor);
        const held = await heldAmong(
          store.db,
          tenantId,
          calls.map(({ callId }) => callId),
        );
        return { items: calls.map((row) => ({ ...recordOf(row), legalHold: held.has(row.callId) })), nextCursor: next };
      },
      async get(tenantId, callId) {
        const stored = await callDetail(store.db, tenantId, callId);
        if (stored === null) return null;
        const detail = detailOf(stored);
        const held = await heldAmong(store.db, tenantId, [callId]);
        return { ...detail, call: { ...detail.call, legalHold: held.has(callId) } };
      },
    },
    interactionRecords: {
      async list(tenantId, filter, page) {
        const { records, next } = await listInteractions(store.db, tenantId, filter, page).catch(refuseCursor);
        return { items: records, nextCursor: next };
      },
      get: (tenantId, interactionId) => interactionRecord(store.db, tenantId, interactionId),
    },
    ledger: ledgerPort(store, ledger, clock),
    tickets: ticketsPort(store, clock),
    offersOf: async (tenantId, callId) => openOffers(tenantId, callId) ?? (await callDetail(store.db, tenantId, callId))?.offers ?? null,
    audit: {
      write: (entry) => writeAudit(store.db, { ...entry, at: clock.now() }),
      async prove(tenantId) {
        await auditWatch.look();
        return auditWatch.standing(tenantId);
      },
      async list(tenantId, filter, { cursor, limit }) {
        if (cursor !== null && !/^[0-9]{1,15}$/.test(cursor))
          throw new Problem('validation_failed', '', [{ at: 'querystring.cursor', message: 'not a cursor of ours' }]);
        const found = await listAudit(store.db, tenantId, limit + 1, cursor === null ? null : Number(cursor), filter);
        const items = found.slice(0, limit);
        return { items, nextCursor: found.length > limit ? String(items.at(-1)?.auditId ?? '') : null };
      },
    },
  };
}

const ticketsPort = ({ db }: Store, clock: Clock): ApiPorts['tickets'] => ({
  async list(tenantId, filter, { cursor, limit }) {
    const { tickets, next } = await listTickets(db, tenantId, filter, limit, cursor).catch(refuseCursor);
    return { items: tickets, nextCursor: next };
  },
  count: (tenantId, filter) => countTickets(db, tenantId, filter),
  get: (tenantId, ticketId) => ticketById(db, tenantId, ticketId),
  change: (ticketId, change, told) => changeTicket(db, ticketId, change, { ...told, at: clock.now() }),
});

export const ledgerPort = (store: Store, ledger: LedgerView, clock: Clock): ApiPorts['ledger'] => ({
  memory: (tenantId, from, to) => ledger.intervals(tenantId, clock.now(), from, to),
  sums: (asked) => ledgerSums(store.db, asked),
  intervals: (tenantId, from, to) => ledgerIntervals(store.db, tenantId, from, to),
  resolution: (asked) => resolutionSums(store.db, asked),
});

/** Saved together with its line in the audit trail, read again, and told to the floor. */
function configurationPort({
  store,
  sessions,
  clock,
  directoryChanged,
}: Pick<HouseParts, 'store' | 'sessions' | 'clock' | 'directoryChanged'>): ApiPorts['configuration'] {
  const save = async <T>(told: AuditEntry, write: (trx: SeedTransaction) => Promise<T>): Promise<T> => {
    const written = await store.db.transaction().execute(async (trx) => {
      const result = await write(trx);
      await writeAudit(trx, { ...told, at: clock.now() });
      return result;
    });
    await directoryChanged();
    return written;
  };
  return {
    saveQueue: (queue, told) => save(told, (trx) => saveQueue(trx, queue)),
    saveAgent: (agent, told) => save(told, (trx) => putAgent(trx, agent)),
    async saveAgents(tenantId, agents, signIns, told) {
      const hashed = await Promise.all(
        signIns.map(({ password, ...user }) => hashedUser({ ...user, tenantId, userId: asId<UserId>(`${tenantId}:${user.username}`) }, password)),
      );
      await save(told, async (trx) => {
        await putAgents(trx, agents);
        for (const user of hashed) if (!(await putUser(trx, user))) throw new Problem('changed_since');
      });
    },
    async disableAgent(agentId, disabled, told) {
      const users = await save(told, (trx) => disableAgent(trx, agentId, disabled));
      if (disabled) for (const userId of users) await sessions.endSessions(userId);
    },
    async removeAgent(agentId, told) {
      const users = await save(told, (trx) => removeAgent(trx, agentId));
      for (const userId of users) await sessions.endSessions(userId);
    },
    saveCalendar: (calendar, told) => save(told, (trx) => saveCalendar(trx, calendar)),
    removeCalendar: (calendarId, told) => save(told, (trx) => removeCalendar(trx, calendarId)),
    saveTrunk: (trunk, password, told) =>
      save(told, (trx) => saveTrunk(trx, trunk, typeof password === 'string' ? trunkSecretOf(trunk.credentials, password) : password)),
    removeTrunk: (trunkId, told) => save(told, (trx) => removeTrunk(trx, trunkId)),
    saveFloorAlerts: (tenantId, bounds, told) => save(told, (trx) => saveFloorAlerts(trx, tenantId, bounds)),
    saveOutsideRules: (tenantId, rules, told) => save(told, (trx) => saveOutsideRules(trx, tenantId, rules)),
    saveTenant: (tenantId, name, settings, told) => save(told, (trx) => saveTenantSettings(trx, tenantId, name, settings)),
    saveNumber: (tenantId, number, told) =>
      save(told, async (trx) => {
        if (!(await saveNumber(trx, tenantId, number))) throw new Problem('conflict', `${number.number} is another tenant’s: a number has one owner`);
      }),
    removeNumber: (tenantId, number, told) => save(told, (trx) => removeNumber(trx, tenantId, number)),
  };
}

/** An agent's password is her phone's too, so a new one must reach the directory before the phone registers with it. */
function usersPort({ store, sessions, clock, directoryChanged }: Pick<HouseParts, 'store' | 'sessions' | 'clock' | 'directoryChanged'>): ApiPorts['users'] {
  const record = ({ passwordHash: _hash, ...user }: UserWithHash): UserRecord => user;
  const byId = async (userId: UserId): Promise<UserRecord | null> => {
    const found = await userById(store.db, userId);
    return found === null ? null : record(found);
  };
  return {
    async list(tenantId, page) {
      return pageOf((await listUsers(store.db, tenantId)).map(record), page, (user) => user.username);
    },
    async get(tenantId, userId) {
      const found = await byId(userId);
      return found?.tenantId === tenantId ? found : null;
    },
    names: (tenantId) => userNames(store.db, tenantId),
    sessions: (userId) => sessionsOf(store.db, userId, clock.now()),
    endSessions: (userId) => sessions.endSessions(userId),
    async create(tenantId, { password, ...wanted }, told) {
      const user: User = { ...wanted, tenantId, userId: asId<UserId>(`${tenantId}:${wanted.username}`) };
      if (!(await sessions.addUser(user, password, (db) => writeAudit(db, { ...told, at: clock.now() })))) return null;
      await directoryChanged();
      return { ...user, disabled: false };
    },
    async update(tenantId, userId, change, told) {
      if ((await byId(userId))?.tenantId !== tenantId) return null;
      await sessions.changeUser(userId, change, (db) => writeAudit(db, { ...told, at: clock.now() }));
      await directoryChanged();
      return byId(userId);
    },
  };
}

/** A page of a list that is short enough to be read whole, ordered by `key`, which is also the cursor. */
function pageOf<T>(all: T[], { cursor, limit }: PageRequest, key: (item: T) => string): Page<T> {
  const rest = all.filter((item) => cursor === null || key(item) > cursor).sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: last !== undefined && rest.length > limit ? key(last) : null };
}

function refuseCursor(error: unknown): never {
  if (error instanceof BadCursor) throw new Problem('validation_failed', '', [{ at: 'querystring.cursor', message: error.message }]);
  throw error;
}

const ms = (text: string): number => Date.parse(text);
const msOrNull = (text: string | null): number | null => (text === null ? null : Date.parse(text));

function recordOf(row: CallRow): CallRecord {
  const { arrivedAt, answeredAt, agentAnsweredAt, endedAt, ending } = row;
  return {
    ...(row as CallRow & Pick<CallRecord, 'callId' | 'tenantId' | 'customerId' | 'queueId' | 'agentId'>),
    ...{ arrivedAt: ms(arrivedAt), answeredAt: msOrNull(answeredAt), agentAnsweredAt: msOrNull(agentAnsweredAt), endedAt: ms(endedAt) },
    ...{ cause: ending.cause, endedBy: ending.by },
  };
}

function detailOf(stored: StoredCall): CallDetail {
  return {
    call: recordOf(stored),
    queues: stored.queues,
    legs: stored.legs.map(({ startedAt, answeredAt, endedAt, ending, ringingAt: _, ...leg }) => ({
      ...leg,
      ...{ agentId: leg.agentId === null ? null : asId(leg.agentId), startedAt: ms(startedAt), answeredAt: msOrNull(answeredAt), endedAt: ms(endedAt) },
      ...{ cause: ending.cause, endedBy: ending.by, sipStatus: ending.sip ?? null, q850: ending.q850 ?? null },
    })),
    recordings: stored.recordings.map(({ recordingId, startedAt, durationMs, complete, pauses }) => ({
      ...{ recordingId, startedAt: ms(startedAt) },
      ...{ durationMs, complete, pauses },
    })),
    followUp: stored.followUp,
    agentIds: [...new Set(stored.agents.map((agent) => agent.agentId))],
  };
}
