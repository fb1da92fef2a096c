import type { CallId } from '../../kernel/ids.ts';

/** The database has confirmed this revision of the record: the journal need not keep it any longer. */
export interface CdrEvent {
  type: 'cdrWritten';
  callId: CallId;
  revision: number;
}
