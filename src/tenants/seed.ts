/**
 * Seeds a tenant from its file, once, in one transaction; afterwards the store is the truth. Everybody in the demo's is synthetic.
 * Passwords are made at the first start and kept for printing in `loginsFile` (readable by its owner only), unless one is given: then
 * everybody has that one, also when it was another at the last start.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { agentIdOf, asId, type CustomerId, calendarIdOf, type TenantId, type UserId } from '../../kernel/ids.ts';
import type { SpecialDay } from '../acd/calendar/calendar.ts';
import { dayInChina } from '../customers/card.ts';
import { normaliseNumber } from '../customers/normalise.ts';
import { dialplanWords } from '../ivr/files.ts';
import { saveAccount } from '../store/accounts.ts';
import { saveCalendar } from '../store/calendars.ts';
import { saveCustomer } from '../store/customers.ts';
import { saveServicePassword } from '../store/servicePasswords.ts';
import type { Store } from '../store/store.ts';
import { putAgent, type SeedTransaction, saveOutsideRules, saveQueue, saveSipAccount, saveTenant, tenantExists } from '../store/tenants.ts';
import { saveTicket } from '../store/tickets.ts';
import { type StoredTrunk, saveTrunk } from '../store/trunks.ts';
import { insertUser, listUsers } from '../store/users.ts';
import { sipAccountOf, trunkSecretOf } from '../users/digest.ts';
import { hashPassword, isPassword, newPassword } from '../users/passwords.ts';
import type { Sessions } from '../users/sessions.ts';
import type { User } from '../users/user.ts';
import { CHINA, type StoredCalendar } from './calendar.ts';
import { demandNames, readTenantFile, type TenantFile } from './file.ts';
import { type HolidayFormat, mergeDays, readHolidays } from './holidays.ts';
import { readOutsideRules } from './outside.ts';
import { agentsIn, queuesIn } from './plan.ts';
import { usualSettings } from './settings.ts';
import { newTrunk, trunkFault } from './trunk.ts';

export interface Login {
  username: string;
  role: User['role'];
  /** null: set at an earlier start from DEMO_PASSWORD, or changed since, and known to its owner only. */
  password: string | null;
}

export interface SeedOptions {
  store: Store;
  sessions: Sessions;
  /** dialplans/demo/tenant.yaml */
  tenantFile: string;
  /** Where made passwords are kept, for example `DATA_DIR/demo-logins.json`. */
  loginsFile: string;
  /** DEMO_PASSWORD */
  password: string | undefined;
}

export interface Seeded {
  /** Who can sign in, for printing. */
  logins: Login[];
  /** Rejects, or resolves when the users of a tenant that was there before have the password that is given: each is tried, which takes a while. */
  settled: Promise<void>;
}

export async function seedTenant(options: SeedOptions): Promise<Seeded> {
  const { store, tenantFile, loginsFile, password } = options;
  const file = readTenantFile(tenantFile);
  const tenantId = asId<TenantId>(file.tenant);
  const folder = basename(dirname(tenantFile));
  // Prompts and flows are looked for in the folder of the tenant's name.
  if (folder !== file.tenant) throw new Error(`${tenantFile} is of the tenant "${file.tenant}": give it a folder of that name, not "${folder}"`);
  let settled = Promise.resolve();
  if (!(await tenantExists(store.db, tenantId))) {
    demandNames(tenantFile, file, dialplanWords(dirname(tenantFile)));
    const passwordOf = password === undefined ? keptPasswords(loginsFile) : () => password;
    await seed(store, file, passwordOf, dirname(tenantFile));
  } else if (password !== undefined) {
    settled = setAll(options, file, password);
    rmSync(loginsFile, { force: true }); // what stood there does not hold any more
  }
  const kept = readKept(loginsFile);
  return { logins: usersIn(file).map(({ username, role }) => ({ username, role, password: password ?? kept[username] ?? null })), settled };
}

async function seed(store: Store, file: TenantFile, passwordOf: (username: string) => string, folder: string): Promise<void> {
  const tenantId = asId<TenantId>(file.tenant);
  // What is wrong with the file is said before anything is written.
  const calendars = calendarsIn(file, folder);
  const trunks = trunksIn(file, folder);
  const users = await Promise.all(usersIn(file).map(async (user) => ({ user, hash: await hashPassword(passwordOf(user.username)) })));
  const secrets = new Map(await Promise.all(file.customers.map(async (customer) => [customer.number, await hashPassword(customer.servicePassword)] as const)));
  await store.db.transaction().execute(async (trx) => {
    const { name, numbers, sipDomains, outboundNumbers, timeZone = CHINA } = file;
    await saveTenant(trx, { tenantId, name, numbers, sipDomains, settings: { ...usualSettings, timeZone, outboundNumbers } });
    if (file.outside !== undefined) await saveOutsideRules(trx, tenantId, readOutsideRules(file.outside));
    for (const calendar of calendars) await saveCalendar(trx, calendar);
    for (const queue of queuesIn(file)) await saveQueue(trx, queue);
    for (const agent of agentsIn(file)) await putAgent(trx, agent);
    for (const { configuration, secret } of trunks) await saveTrunk(trx, configuration, secret);
    for (const { user, hash } of users) {
      await insertUser(trx, user, hash);
      const phoneDigest = file.agents.find(({ number }) => number === user.username)?.phoneDigest;
      const account = sipAccountOf(user, passwordOf(user.username), phoneDigest);
      if (account !== null) await saveSipAccount(trx, account);
    }
    for (const customer of file.customers)
      await seedCustomer(trx, { tenantId, customer, hash: secrets.get(customer.number) ?? null, nowMs: store.clock.now() });
  });
}

interface CustomerSeed {
  tenantId: TenantId;
  customer: TenantFile['customers'][number];
  hash: string | null;
  nowMs: number;
}

async function seedCustomer(trx: SeedTransaction, { tenantId, customer, hash, nowMs }: CustomerSeed): Promise<void> {
  const { name, tier, language, specialNeeds, region = null, marketingConsent = null, openTickets, account } = customer;
  const customerId = asId<CustomerId>(`${tenantId}:${customer.number}`);
  // Born on New Year's Day: then the age holds from the first day to the last of this year.
  const birthDate = `${Number(dayInChina(nowMs).slice(0, 4)) - customer.age}-01-01`;
  const number = normaliseNumber(customer.number);
  await saveCustomer(trx, { customerId, tenantId, name, number, tier, language, birthDate, specialNeeds, region, marketingConsent });
  await saveServicePassword(trx, tenantId, customerId, hash);
  await saveAccount(trx, tenantId, customerId, account);
  for (const { openedAt, ...ticket } of openTickets) await saveTicket(trx, { ...ticket, tenantId, customerId, openedAt: Date.parse(openedAt), closedAt: null });
}

/** Ends the sessions of those whose password it changes, and nobody else's. */
async function setAll({ store, sessions }: SeedOptions, file: TenantFile, password: string): Promise<void> {
  const ours = new Set(usersIn(file).map((user) => user.userId));
  const users = (await listUsers(store.db, asId<TenantId>(file.tenant))).filter((user) => ours.has(user.userId));
  const right = await Promise.all(users.map((user) => isPassword(user.passwordHash, password)));
  for (const [at, user] of users.entries()) if (right[at] === false) await sessions.changeUser(user.userId, { password });
}

function usersIn(file: TenantFile): User[] {
  const tenantId = asId<TenantId>(file.tenant);
  const userIdOf = (username: string): UserId => asId<UserId>(`${tenantId}:${username}`);
  const agents = file.agents.map(({ number, name }) => ({ username: number, name, role: 'agent' as const, agentId: agentIdOf(tenantId, number) }));
  const others = file.users.map(({ name, displayName, role, teams = [] }) => ({ username: name, name: displayName, role, teams, agentId: null }));
  return [...agents, ...others].map((user) => ({ userId: userIdOf(user.username), tenantId, language: 'zh', ...user }));
}

const FORMATS: Record<string, HolidayFormat> = { '.csv': 'csv', '.ics': 'ical', '.json': 'json' };

/** Throws with what is wrong in which file of holidays. */
function calendarsIn(file: TenantFile, folder: string): StoredCalendar[] {
  const tenantId = asId<TenantId>(file.tenant);
  return (file.calendars ?? []).map(({ name, displayName, timeZone = file.timeZone ?? CHINA, week, days = [], holidays = [] }) => {
    const read = holidays.flatMap((path) => holidaysIn(resolve(folder, path)));
    return { calendarId: calendarIdOf(tenantId, name), tenantId, name: displayName, timeZone, week, days: mergeDays(read, days) };
  });
}

function holidaysIn(path: string): SpecialDay[] {
  const format = FORMATS[extname(path)];
  if (format === undefined) throw new Error(`${path}: give a file of holidays as .csv, .ics or .json`);
  const { days, faults } = readHolidays(format, readFileSync(path, 'utf8'));
  if (faults.length > 0) throw new Error(`${path}: ${faults.map(({ line, message }) => `line ${line}: ${message}`).join('; ')}`);
  return days;
}

function trunksIn(file: TenantFile, folder: string): StoredTrunk[] {
  const tenantId = asId<TenantId>(file.tenant);
  return (file.trunks ?? []).map(({ name, password, passwordFile, ...settings }) => {
    const configuration = newTrunk(tenantId, name, { displayNumbers: file.outboundNumbers, ...settings });
    const fault = trunkFault(configuration);
    if (fault !== null) throw new Error(`${folder}/tenant.yaml: trunk "${name}": ${fault}`);
    const secret = password ?? (passwordFile === undefined ? undefined : readFileSync(resolve(folder, passwordFile), 'utf8').trim());
    return { configuration, secret: secret === undefined ? null : trunkSecretOf(configuration.credentials, secret) };
  });
}

/** Made on demand, each once; on disk before anybody gets it, so that what the store holds can be printed again. */
function keptPasswords(loginsFile: string): (username: string) => string {
  const made = readKept(loginsFile);
  return (username) => {
    const known = made[username] ?? newPassword();
    if (made[username] === undefined) writeFileSync(loginsFile, `${JSON.stringify(Object.assign(made, { [username]: known }), null, 2)}\n`, { mode: 0o600 });
    return known;
  };
}

const readKept = (loginsFile: string): Record<string, string> =>
  existsSync(loginsFile) ? (JSON.parse(readFileSync(loginsFile, 'utf8')) as Record<string, string>) : {};
