/**
 * The topic `floor` of the desk protocol: what a supervisor's wall is told of her tenant. Rows are told whole, those that changed, four times a second
 * at most; whoever has applied a snapshot and every change after it has what a snapshot would say now. Nothing here needs Node.
 */
import { z } from 'zod';

const time = z.iso.datetime();
const bilingual = z.object({ zh: z.string(), en: z.string() });

/** When a queue calls for help: so many callers wait, one of them for so long, the day's service level is below, more of the day's callers were lost, an agent has been not ready for so long; absent: never for that. */
const alertBounds = z.object({
  ...{ waiting: z.int().optional(), longestWaitMs: z.int().optional(), serviceLevelPct: z.number().optional() },
  ...{ abandonedPct: z.number().optional(), notReadyMs: z.int().optional() },
});

/** Of this day, in the tenant's time zone; a queue nobody has come to yet has zeros. */
const dayFigures = z.object({
  offered: z.int(),
  answered: z.int(),
  abandoned: z.int(),
  /** null: nobody was answered yet */
  asaMs: z.int().nullable(),
  /** null: it would be 0 ÷ 0; `variant`: by which formula. */
  serviceLevel: z.object({ pct: z.number().nullable(), variant: z.string(), withinMs: z.int() }),
  /** IANA name of the zone the day is counted in, and since when. */
  timeZone: z.string(),
  since: time,
});

const queueSchema = z.object({
  queueId: z.string(),
  name: bilingual,
  state: z.enum(['open', 'closed', 'emergency']),
  waiting: z.int(),
  /** when the longest waiting caller came */
  oldestSince: time.nullable(),
  signedIn: z.int(),
  ready: z.int(),
  talking: z.int(),
  wrappingUp: z.int(),
  /** As `queueStats` has it. */
  expectedWait: z.object({ p50Ms: z.int(), p90Ms: z.int(), calibrated: z.boolean() }).nullable(),
  /** null: the day's figures are not kept here */
  today: dayFigures.nullable(),
  bounds: alertBounds.optional(),
});

const agentSchema = z.object({
  agentId: z.string(),
  number: z.string(),
  name: z.string(),
  team: z.string().optional(),
  state: z.enum(['signed_out', 'not_ready', 'ready', 'offered', 'talking', 'wrapping_up']),
  activity: z.enum(['signed_out', 'not_ready', 'ready', 'serving', 'reserved', 'ringing', 'talking', 'holding', 'consulting', 'wrapping_up']),
  /** Absent: none. */
  reasons: z.array(z.string()).optional(),
  since: time,
  /** Absent: none. */
  callId: z.string().optional(),
  queues: z.array(z.string()),
  /** A supervisor is on her call; `answered` false: their phone still rings. */
  supervised: z.object({ by: z.string(), mode: z.enum(['listen', 'whisper', 'barge', 'take_over']), answered: z.boolean() }).optional(),
  /** Absent: her phone is reachable, or she is signed out. */
  phone: z.literal('lost').optional(),
});

const trunkSchema = z.object({
  trunkId: z.string(),
  name: z.string(),
  calls: z.int(),
  /** null: without limit */
  most: z.int().nullable(),
  /** How many of its addresses answer, of how many. */
  up: z.int(),
  addresses: z.int(),
});

export const alertKinds = ['waiting', 'longest_wait', 'service_level', 'abandoned', 'not_ready'] as const;
const alertSchema = z.object({
  alertId: z.string(),
  /** null: of the whole floor */
  queueId: z.string().nullable(),
  /** Of `not_ready`: who has been so longest. */
  agentId: z.string().optional(),
  what: z.enum(alertKinds),
  /** The bound of the queue, and the figure when it passed: callers, ms, or per cent. */
  bound: z.number(),
  value: z.number(),
  since: time,
  /** null: nobody has seen to it yet */
  acknowledged: z.object({ by: z.string(), at: time }).nullable(),
});

/** What a snapshot holds whole; a change holds the parts that changed, and whose rows are gone. */
const wholeFloor = z.object({
  queues: z.array(queueSchema),
  agents: z.array(agentSchema),
  trunks: z.array(trunkSchema),
  alerts: z.array(alertSchema),
});
const changedFloor = wholeFloor.partial().extend({
  /** Ids of queues, agents and alerts that are no more. */
  gone: z.array(z.string()).optional(),
});

const onTopic = <T extends string, D extends z.ZodType>(type: T, data: D) =>
  z.object({ v: z.literal(1), topic: z.literal('floor'), seq: z.int().nonnegative(), type: z.literal(type), ts: time, data });

export const floorSnapshot = onTopic(
  'floorSnapshot',
  wholeFloor.extend({
    /** Names the numbering of the topic. */
    epoch: z.string(),
    /** Agents beyond what a wall is shown. */
    agentsNotShown: z.int(),
  }),
);
export const floorChanged = onTopic('floorChanged', changedFloor);

export type FloorQueue = z.infer<typeof queueSchema>;
export type FloorAgent = z.infer<typeof agentSchema>;
export type FloorTrunk = z.infer<typeof trunkSchema>;
export type FloorAlert = z.infer<typeof alertSchema>;
