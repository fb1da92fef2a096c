/** What a tenant wants of its recordings. */
import { z } from 'zod';

/** Recordings of outbound calls are to be kept thirty days at least (MIIT's notice on call centres of 2020), so nothing shorter can be set. */
const LEAST_DAYS = 30;
const MOST_DAYS = 36_500;

export const recordingRulesSchema = z.strictObject({
  /** null: kept until somebody erases them. */
  keepDays: z.number().int().min(LEAST_DAYS).max(MOST_DAYS).nullable(),
  /** While nothing can be recorded, its calls are refused (503) rather than carried unrecorded. */
  required: z.boolean(),
});
export type RecordingRules = z.infer<typeof recordingRulesSchema>;

export const usualRecordingRules: RecordingRules = { keepDays: null, required: false };

export const readRules = (said: unknown): RecordingRules => recordingRulesSchema.parse({ ...usualRecordingRules, ...(said as object) });
