/** A tenant as a file (`dialplans/<tenant>/tenant.yaml`): what is seeded into an empty store. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { DialplanWords } from '../ivr/words.ts';
import { personRoles } from '../users/user.ts';
import { calendarRules } from './calendar.ts';
import { locationSchema } from './location.ts';
import { agentFaults, circleNote, circlesIn, type NameFault, type Names, queueFaults } from './names.ts';
import { outsideRules } from './outside.ts';
import { agentSections, queueSections, sectionsOfAgent, sectionsOfQueue } from './sections.ts';
import { tenantRules } from './settings.ts';
import { numbersOf, trunkSettings } from './trunk.ts';

const ms = z.int().positive();
const level = z.int().min(1).max(10);
const name = z.string().regex(/^[a-z0-9-]+$/);

const queue = z.strictObject({
  name,
  displayName: z.strictObject({ zh: z.string(), en: z.string() }),
  skills: z.array(z.strictObject({ skill: z.string(), level })),
  maxWaitMs: ms.nullable(),
  maxWaiting: z.int().nonnegative(),
  leaveWhenNoAgents: z.boolean(),
  ringTimeoutMs: ms,
  wrapUpMs: z.int().nonnegative(),
  record: z.boolean(),
  recording: z.enum(['optional', 'mandatory', 'forbidden']).optional(),
  media: z.enum(['anchored', 'direct']).optional(),
  music: z.string().nullable(),
  answerWithinMs: ms,
  ...queueSections,
});

const calendar = z.strictObject({
  name,
  displayName: calendarRules.name,
  timeZone: calendarRules.timeZone.optional(),
  week: calendarRules.week,
  days: calendarRules.days.optional(),
  /** Files with special days, beside this one: .csv, .ics or .json. */
  holidays: z.array(z.string()).optional(),
});

const agent = z.strictObject({
  number: z.string().regex(/^[a-z0-9]+$/),
  name: z.string(),
  queues: z.array(name),
  skills: z.record(z.string(), level),
  /** `sha256`: her phone is never let in by MD5. */
  /** What of her phone's settings is known beforehand: where it stands. */
  phone: z.strictObject({ location: locationSchema }).optional(),
  phoneDigest: z.enum(['any', 'sha256']).default('any'),
  ...agentSections,
});

const fen = z.int();
const account = z.strictObject({
  balanceFen: fen,
  monthFeeFen: fen,
  dataTotalMb: z.int(),
  dataUsedMb: z.int(),
  voiceTotalMin: z.int(),
  voiceUsedMin: z.int(),
  planName: z.strictObject({ zh: z.string(), en: z.string() }),
  billItems: z.array(z.strictObject({ label: z.string(), fen })),
});

const customer = z.strictObject({
  number: z.string(),
  name: z.string(),
  tier: z.string(),
  language: z.enum(['zh', 'en']),
  age: z.int().min(0).max(120),
  specialNeeds: z.array(z.enum(['vision', 'hearing', 'elder', 'language', 'other'])),
  region: z.string().min(1).max(100).optional(),
  marketingConsent: z.enum(['given', 'refused']).optional(),
  servicePassword: z.string().regex(/^[0-9]{6}$/),
  openTickets: z.array(z.strictObject({ ticketId: z.string(), title: z.string(), status: z.string(), openedAt: z.iso.datetime({ offset: true }) })),
  account,
});

/** Its password stands in the file, or (better) in one beside it that only the server may read. */
const trunk = z.strictObject({
  ...z.strictObject(trunkSettings).partial().shape,
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/),
  password: z.string().min(1).optional(),
  passwordFile: z.string().min(1).optional(),
});

const tenantFile = z.strictObject({
  tenant: name,
  name: z.string(),
  sipDomains: z.array(z.string()),
  numbers: z.array(z.string()),
  outboundNumbers: tenantRules.outboundNumbers,
  /** Of its calendars, where they do not say; absent = China's. */
  timeZone: calendarRules.timeZone.optional(),
  calendars: z.array(calendar).optional(),
  queues: z.array(queue),
  agents: z.array(agent),
  users: z.array(z.strictObject({ name: z.string(), displayName: z.string(), role: z.enum(personRoles), teams: z.array(name).optional() })),
  customers: z.array(customer),
  trunks: z.array(trunk).optional(),
  /** Calls outside, where they differ from the usual rules. */
  outside: z.strictObject(outsideRules).partial().optional(),
});

export type TenantFile = z.infer<typeof tenantFile>;

/** Throws one error that names every fault of form by its place in the file. */
export function readTenantFile(path: string): TenantFile {
  const { file, faults } = formOf(parse(readFileSync(path, 'utf8')));
  if (file === null) throw faulty(path, faults);
  return file;
}

/** The same of the names in it: what they stand for must be there. `dialplan`: what stands beside it; null = its exits and sounds are not checked. */
export function demandNames(path: string, file: TenantFile, dialplan: DialplanWords | null): void {
  const faults = namesIn(file, dialplan);
  if (faults.length > 0) throw faulty(path, faults);
}

/** Everything that is wrong with a file, and circles of overflow, which are allowed. */
export function checkTenant(content: unknown, dialplan: DialplanWords | null): { faults: NameFault[]; notes: string[] } {
  const { file, faults } = formOf(content);
  return file === null ? { faults, notes: [] } : { faults: namesIn(file, dialplan), notes: circlesIn(file.queues).map(circleNote) };
}

const faulty = (path: string, faults: NameFault[]): Error => new Error(`${path}: ${faults.map(({ at, message }) => `${at.join('.')}: ${message}`).join('; ')}`);

function formOf(content: unknown): { file: TenantFile; faults: [] } | { file: null; faults: NameFault[] } {
  const read = tenantFile.safeParse(content);
  if (read.success) return { file: read.data, faults: [] };
  return {
    file: null,
    faults: read.error.issues.map(({ path, message }) => ({ at: path.map((step) => (typeof step === 'number' ? step : String(step))), message })),
  };
}

function namesIn(file: TenantFile, dialplan: DialplanWords | null): NameFault[] {
  const names: Names = {
    queues: file.queues.map((each) => each.name),
    calendars: (file.calendars ?? []).map((each) => each.name),
    teams: file.agents.flatMap(({ team = [] }) => team),
    numbers: [...file.numbers, ...Object.values(file.outboundNumbers), ...(file.trunks ?? []).flatMap(numbersOf)],
    dialplan,
  };
  const below = (list: string, n: number, faults: NameFault[]): NameFault[] => faults.map(({ at, message }) => ({ at: [list, n, ...at], message }));
  return [
    ...file.queues.flatMap((each, n) => below('queues', n, queueFaults(each.name, { ...sectionsOfQueue(each), music: each.music }, names))),
    ...file.agents.flatMap((each, n) => below('agents', n, agentFaults({ ...sectionsOfAgent(each), queues: each.queues }, names))),
  ];
}
