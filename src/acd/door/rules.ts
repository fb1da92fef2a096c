/** What a queue's door goes by, beside its length. */

export interface DoorRules {
  /** Name of one of the tenant's calendars; absent = always open. */
  calendar?: string | undefined;
  /** Who waits when the queue closes is still served (`stay`, the usual), or goes back to the dialplan (`leave`). */
  whenClosed?: 'stay' | 'leave' | undefined;
}
