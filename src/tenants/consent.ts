/** Section `recordingConsent` of a queue, as tenant file and API take it; `src/call/consent.ts` says what it means. */
import { z } from 'zod';
import { consentNeeds } from '../call/consent.ts';

export const recordingConsentSchema = z
  .enum(consentNeeds)
  .describe(
    'Its talks are recorded only once the dialplan has told the caller (`announced`: announce-recording), or she has agreed there (`given`: ask-recording)',
  );
