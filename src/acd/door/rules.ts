/** What a queue's door goes by, beside its length. */

/** Which of its agents there must be, one at least. */
export interface Staffing {
  /** `on_duty`: signed in and not on a break · `ready`: could take a call now */
  needs: 'signed_in' | 'on_duty' | 'ready';
  /** Who wraps up counts as on duty, and as ready; absent = yes. */
  wrapUpCounts?: boolean | undefined;
}

export interface DoorRules {
  /** Name of one of the tenant's calendars; absent = always open. */
  calendar?: string | undefined;
  /** Who waits when the queue closes is still served (`stay`, the usual), or goes back to the dialplan (`leave`). */
  whenClosed?: 'stay' | 'leave' | undefined;
  /** Without them nobody comes in. */
  join?: Staffing | undefined;
  /** Without them nobody goes on waiting, but for whom a phone rings. */
  leave?: Staffing | undefined;
  /** Who could not be served at once is told it takes long, and goes back to the dialplan. */
  dissuade?: Dissuasion | undefined;
}

export interface Dissuasion {
  /** So many wait already. */
  waiting?: number | undefined;
  /** It takes half of the callers so long; while the estimate is not to be trusted: somebody has waited so long. */
  estimateMs?: number | undefined;
}
