/** What a tenant wants of its recordings, and how long of the records. */
import { z } from 'zod';

/** Recordings of outbound calls are to be kept thirty days at least (MIIT's notice on call centres of 2020), so nothing shorter can be set. */
const LEAST_DAYS = 30;
/** What a network knows of its use is to be kept six months (Cybersecurity Law, article 21). */
const LEAST_RECORDS_DAYS = 184;
const MOST_DAYS = 36_500;

export const recordingRulesSchema = z.strictObject({
  /** null: kept until somebody erases them. */
  keepDays: z.number().int().min(LEAST_DAYS).max(MOST_DAYS).nullable(),
  /** Of calls and interactions; one of which a recording is still there stays as long as that. null: for good. */
  recordsKeepDays: z.number().int().min(LEAST_RECORDS_DAYS).max(MOST_DAYS).nullable(),
  /** While nothing can be recorded, its calls are refused (503) rather than carried unrecorded. */
  required: z.boolean(),
});
export type RecordingRules = z.infer<typeof recordingRulesSchema>;

export const usualRecordingRules: RecordingRules = { keepDays: null, recordsKeepDays: null, required: false };

export const readRules = (said: unknown): RecordingRules => recordingRulesSchema.parse({ ...usualRecordingRules, ...(said as object) });
