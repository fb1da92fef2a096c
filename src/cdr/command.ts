/** What the fold asks of the world. Carried out by `writer.ts`. */
import type { InteractionRecord } from './interaction-record.ts';
import type { CallRecord } from './record.ts';

export type CdrCommand = { type: 'writeCdr'; record: CallRecord } | { type: 'writeInteraction'; record: InteractionRecord };
