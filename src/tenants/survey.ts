/** Section `survey` of a queue, as tenant file and API take it; `src/call/survey.ts` says what it means. */
import { z } from 'zod';

const LONGEST_DAYS = 365;

export const surveySchema = z.strictObject({
  flow: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'the name of a flow')
    .describe('A flow of the dialplan that has a `rate` step'),
  asks: z.enum(['always', 'when_sent']).default('always').describe('Whenever an agent ends the talk, or only whom she sends there'),
  everyDays: z.int().min(0).max(LONGEST_DAYS).default(1).describe('A number that was asked is left alone for so many days; 0 = never'),
});
