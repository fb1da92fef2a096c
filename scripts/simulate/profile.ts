/** A day's traffic as a file (YAML or JSON), and a tenant's queues and agents as a configuration to try it on. Times of the day are HH:MM, durations seconds. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { AgentId } from '../../kernel/ids.ts';
import type { AgentConfiguration, QueueConfiguration } from '../../src/acd/event.ts';
import { DAY_MS, type DayPlan, type Demand, type Habits, type Shift, type Spread } from '../../src/acd/simulation/day/plan.ts';
import { demandNames, readTenantFile } from '../../src/tenants/file.ts';
import { agentsIn, queuesIn } from '../../src/tenants/plan.ts';

export interface Configuration {
  queues: QueueConfiguration[];
  agents: AgentConfiguration[];
}

const clock = z
  .string()
  .regex(/^([01]\d|2[0-4]):[0-5]\d$/, 'a time of the day, as "08:30"')
  .transform((text) => Number(text.slice(0, 2)) * 3_600_000 + Number(text.slice(3)) * 60_000);
const seconds = z
  .number()
  .positive()
  .max(86_400)
  .transform((length) => length * 1000);
/** A bare number is the mean of an exponential one. */
const spread = z.union([
  seconds.transform((mean): Spread => ({ kind: 'exponential', mean })),
  z.strictObject({ fixed: seconds }).transform(({ fixed }): Spread => ({ kind: 'fixed', mean: fixed })),
  z.strictObject({ mean: seconds, cv: z.number().positive().max(10) }).transform(({ mean, cv }): Spread => ({ kind: 'lognormal', mean, cv })),
]);
const skills = z.array(z.strictObject({ skill: z.string(), level: z.int().min(1).max(10) })).max(20);
const queue = z.strictObject({
  from: clock,
  /** Length of the intervals of `calls`. */
  minutes: z.number().int().min(1).max(1440).default(30),
  calls: z.array(z.number().min(0).max(1_000_000)).min(1).max(1440),
  talk: spread,
  patience: spread.nullable().default(null),
  wishes: z
    .array(z.strictObject({ share: z.number().min(0).max(1), priority: z.int().min(0).max(100).optional(), skills: skills.optional() }))
    .max(50)
    .default([]),
});
const shift = z.strictObject({
  /** Numbers of agents; `all`: who is in no other shift. */
  agents: z.union([z.literal('all'), z.array(z.string()).min(1)]),
  from: clock,
  to: clock,
  breaks: z
    .array(z.strictObject({ from: clock, to: clock, reason: z.enum(['break', 'meal', 'training', 'meeting', 'other']).default('break') }))
    .max(20)
    .default([]),
});
const profileSchema = z.strictObject({
  queues: z.record(z.string(), queue),
  shifts: z.array(shift).min(1),
  /** From the ring to the answer. */
  answer: spread.default({ kind: 'exponential', mean: 3_000 }),
  noAnswerShare: z.number().min(0).max(1).default(0),
  backAfter: seconds.default(60_000),
  wrapUp: spread.nullable().default(null),
});
export type Profile = z.infer<typeof profileSchema>;

/** Throws one error that names every fault by its place in the file. */
export function readProfile(path: string): Profile {
  const read = profileSchema.safeParse(parse(readFileSync(path, 'utf8')));
  if (read.success) return read.data;
  throw new Error(`${path}: ${read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`);
}

/** Queues and agents of a tenant file, as they would be seeded. */
export function configurationIn(path: string): Configuration {
  const file = readTenantFile(path);
  demandNames(path, file, null);
  return { queues: queuesIn(file), agents: agentsIn(file) };
}

/** Throws when the profile names queues or agents that the configuration has not. */
export function planOf(profile: Profile, { queues, agents }: Configuration): DayPlan {
  const habits: Habits = { answer: profile.answer, noAnswerShare: profile.noAnswerShare, backAfterMs: profile.backAfter, wrapUp: profile.wrapUp };
  return { queues, agents, shifts: shiftsOf(profile, agents), habits, lengthMs: DAY_MS };
}

export function demandsOf(profile: Profile, { queues }: Configuration): Demand[] {
  return Object.entries(profile.queues).map(([name, { from, minutes, calls, talk, patience, wishes }]) => {
    const found = queues.find(({ queueId }) => queueId === name || queueId.endsWith(`:${name}`));
    if (found === undefined) throw new Error(`the profile has calls for the queue "${name}", which the configuration does not have`);
    const lengthMs = minutes * 60_000;
    const arrivals = calls.map((number, n) => ({ fromMs: from + n * lengthMs, toMs: from + (n + 1) * lengthMs, calls: number }));
    const wished = wishes.map(({ share, priority = 0, skills: wanted = [] }) => ({ share, priority, skills: wanted }));
    return { queueId: found.queueId, arrivals, talk, patience, wishes: wished };
  });
}

function shiftsOf({ shifts }: Profile, agents: readonly AgentConfiguration[]): Shift[] {
  const named = new Set(shifts.flatMap((each) => (each.agents === 'all' ? [] : each.agents)));
  const known = new Map(agents.map(({ number, agentId }) => [number, agentId]));
  return shifts.flatMap(({ agents: whom, from, to, breaks }) => {
    const numbers = whom === 'all' ? [...known.keys()].filter((number) => !named.has(number)) : whom;
    return numbers.map((number): Shift => {
      const agentId: AgentId | undefined = known.get(number);
      if (agentId === undefined) throw new Error(`the profile has a shift of the agent "${number}", whom the configuration does not have`);
      return { agentId, fromMs: from, toMs: to, breaks: breaks.map((pause) => ({ fromMs: pause.from, toMs: pause.to, reason: pause.reason })) };
    });
  });
}
