/** The big day that is measured: agents in three shifts, queues of very different sizes, each agent in three of them. */
import { agentIdOf, asId, queueIdOf, type TenantId } from '../../../../kernel/ids.ts';
import type { AgentConfiguration, QueueConfiguration } from '../../event.ts';
import { DAY_MS, type DayPlan, type Demand, type Shift } from './plan.ts';

const TENANT = asId<TenantId>('simulated');
const HOUR_MS = 3_600_000;
const HALF_HOURS = 48;
const TALK = { kind: 'lognormal', mean: 400_000, cv: 1.2 } as const;
const PATIENCE = { kind: 'exponential', mean: 180_000 } as const;
const SHIFT_MS = 8.5 * HOUR_MS;

/** Calls by the hour, in parts of the day: a night, a morning peak, an afternoon one. */
const HOURS = [1, 0.7, 0.5, 0.4, 0.4, 0.7, 1.5, 3, 6, 8.5, 9, 8, 6, 6.5, 7.5, 8, 7.5, 6.5, 5.5, 5, 4.5, 3.5, 2.5, 1.5];

export interface BigDay {
  plan: DayPlan;
  demands: Demand[];
}

export function bigDay(agents: number, calls: number, queues: number): BigDay {
  const shares = Array.from({ length: queues }, (_, n) => 1 / (1 + n / 8));
  const whole = shares.reduce((sum, share) => sum + share, 0);
  return {
    plan: {
      queues: Array.from({ length: queues }, (_, n) => queueOf(n)),
      agents: Array.from({ length: agents }, (_, n) => agentOf(n, queues)),
      shifts: Array.from({ length: agents }, (_, n) => shiftOf(n, agents, queues)),
      habits: { answer: { kind: 'exponential', mean: 3_000 }, noAnswerShare: 0.005, backAfterMs: 60_000, wrapUp: { kind: 'exponential', mean: 20_000 } },
      lengthMs: DAY_MS,
    },
    demands: shares.map((share, n) => demandOf(n, (calls * share) / whole, queues)),
  };
}

const queueOf = (n: number): QueueConfiguration => ({
  queueId: queueIdOf(TENANT, `q${n}`),
  tenantId: TENANT,
  name: { zh: `q${n}`, en: `q${n}` },
  skills: [{ skill: `s${n}`, level: 3 }],
  maxWaitMs: 1_200_000,
  maxWaiting: 5_000,
  leaveWhenNoAgents: false,
  ringTimeoutMs: 20_000,
  wrapUpMs: 60_000,
  record: true,
  music: null,
  answerWithinMs: 20_000,
});

const queuesOf = (n: number, queues: number): number[] => [...new Set([n % queues, (n * 7 + 3) % queues, (n * 13 + 5) % queues])];

function agentOf(n: number, queues: number): AgentConfiguration {
  const number = String(100_000 + n);
  const own = queuesOf(n, queues);
  const skills = Object.fromEntries(own.map((queue) => [`s${queue}`, 3 + ((n + queue) % 8)]));
  return {
    agentId: agentIdOf(TENANT, number),
    tenantId: TENANT,
    number,
    name: number,
    queues: own.map((queue) => queueIdOf(TENANT, `q${queue}`)),
    skills,
    staticContact: null,
  };
}

/** As many begin at each half hour as the day's curve asks for; her break is in the middle. */
function shiftOf(n: number, agents: number, queues: number): Shift {
  const rank = ((n * 7919) % agents) / agents;
  const middle = hourAt(rank) * HOUR_MS;
  const fromMs = Math.round(Math.min(DAY_MS - SHIFT_MS, Math.max(0, middle - SHIFT_MS / 2)));
  const pauseAt = fromMs + SHIFT_MS / 2 + (n % queues) * 60_000 - (queues * 60_000) / 2;
  return {
    agentId: agentIdOf(TENANT, String(100_000 + n)),
    fromMs,
    toMs: fromMs + SHIFT_MS,
    breaks: [{ fromMs: pauseAt, toMs: pauseAt + 1_800_000, reason: 'meal' }],
  };
}

/** The hour before which `share` of the day's calls have come. */
function hourAt(share: number): number {
  const whole = HOURS.reduce((sum, part) => sum + part, 0);
  let left = share * whole;
  for (const [hour, part] of HOURS.entries()) {
    if (left < part) return hour + left / part;
    left -= part;
  }
  return 24;
}

function demandOf(n: number, calls: number, queues: number): Demand {
  const whole = HOURS.reduce((sum, part) => sum + part, 0);
  const arrivals = Array.from({ length: HALF_HOURS }, (_, half) => ({
    fromMs: (half * HOUR_MS) / 2,
    toMs: ((half + 1) * HOUR_MS) / 2,
    calls: (calls * (HOURS[half >> 1] ?? 0)) / whole / 2,
  }));
  const wishes = [
    { share: 0.05, priority: 1 },
    { share: 0.05, skills: [{ skill: `s${n}`, level: 6 }] },
  ];
  return { queueId: queueIdOf(TENANT, `q${n % queues}`), arrivals, talk: TALK, patience: PATIENCE, wishes };
}
