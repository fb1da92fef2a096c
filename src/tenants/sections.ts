/** The further rules of queues and agents as tenant file and API take them and the store keeps them. */
import { z } from 'zod';
import type { AgentSections, QueueSections } from '../acd/sections.ts';
import { alertBoundsSchema, supervisionSchema } from './alerts.ts';
import { announcementsSchema } from './announcements.ts';
import { callbackSchema, redialMsSchema } from './callback.ts';
import { channelsSchema, interruptibleBySchema } from './channels.ts';
import { recordingConsentSchema } from './consent.ts';
import { deskSchema } from './desk.ts';
import { doorSchema } from './door.ts';
import { agentMatching, queueMatching } from './matching.ts';
import { offeringSchema } from './offering.ts';
import { overflowSchema } from './overflow.ts';
import { surveySchema } from './survey.ts';
import { wideningSchema } from './widening.ts';

const label = z.string().min(1).max(64);

/** Each by its name in `QueueSections`, as it is when it is there. */
const ofQueue = {
  announcements: announcementsSchema,
  overflow: overflowSchema,
  ...{ door: doorSchema, matching: queueMatching, widening: wideningSchema, offering: offeringSchema },
  ...{ callback: callbackSchema, redialMs: redialMsSchema, alerts: alertBoundsSchema, supervision: supervisionSchema, desk: deskSchema },
  survey: surveySchema,
  recordingConsent: recordingConsentSchema,
};

/** Each by its name in `AgentSections`. */
const ofAgent = {
  team: label,
  site: label,
  liftsHold: z.boolean(),
  supervision: z.literal('forbidden'),
  matching: agentMatching,
  channels: channelsSchema,
  interruptibleBy: interruptibleBySchema,
};

/** For a file or a new one: each may be absent. */
export const queueSections = z.strictObject(ofQueue).partial().shape;
export const agentSections = z.strictObject(ofAgent).partial().shape;

/** For a change: `null` takes the section away, so that the usual rule stands again. */
export const queueSectionChanges = changesOf(ofQueue);
export const agentSectionChanges = changesOf(ofAgent);

/** What of a configuration is kept as sections. */
export const sectionsOfQueue = (queue: object): QueueSections => partOf(ofQueue, queue);
export const sectionsOfAgent = (agent: object): AgentSections => partOf(ofAgent, agent);

/** As the store has them; what this version does not know is left out. Throws on a section that is not as it was written. */
export const readQueueSections = (stored: unknown): QueueSections => partOf(ofQueue, z.object(ofQueue).partial().parse(stored));
export const readAgentSections = (stored: unknown): AgentSections => partOf(ofAgent, z.object(ofAgent).partial().parse(stored));

/** The configuration with sections changed, added or (`null`) taken away. */
export const withQueueSections = <T extends QueueSections>(before: T, change: object): T => withSections(ofQueue, before, change);
export const withAgentSections = <T extends AgentSections>(before: T, change: object): T => withSections(ofAgent, before, change);

function changesOf<S extends Record<string, z.ZodType>>(shape: S): { [K in keyof S]: z.ZodOptional<z.ZodNullable<S[K]>> } {
  const entries = Object.entries(shape).map(([name, section]) => [name, section.nullable().optional()]);
  return Object.fromEntries(entries) as { [K in keyof S]: z.ZodOptional<z.ZodNullable<S[K]>> };
}

/** Only what the shape names and what is there: the schemas have checked the shapes themselves. */
const partOf = (shape: object, whole: object): object =>
  Object.fromEntries(Object.entries(whole).filter(([name, value]) => Object.hasOwn(shape, name) && value !== undefined && value !== null));

function withSections<T extends object>(shape: object, before: T, change: object): T {
  const named = Object.entries(change).filter(([name, value]) => Object.hasOwn(shape, name) && value !== undefined);
  const gone = new Set(named.map(([name]) => name));
  const kept = Object.fromEntries(Object.entries(before).filter(([name]) => !gone.has(name)));
  return { ...kept, ...partOf(shape, change) } as T;
}
