/** What goes into the database by the one way on which nothing is lost. */
import type { LedgerRecord } from '../ledger/record.ts';
import type { InteractionRecord } from './interaction-record.ts';
import type { CallRecord } from './record.ts';

export type KeptRecord = CallRecord | InteractionRecord | LedgerRecord;
export const isOfLedger = (record: KeptRecord): record is LedgerRecord => 'ledger' in record;
export const isOfInteraction = (record: KeptRecord): record is InteractionRecord => 'channel' in record;
export const isOfCall = (record: KeptRecord): record is CallRecord => !isOfLedger(record) && !isOfInteraction(record);
