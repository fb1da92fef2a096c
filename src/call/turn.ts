/**
 * What one pure room answers when it is told an event: further facts it established, commands for the world, and when it
 * wants to be woken by `timePassed` at the latest (ms since 1970; null = no need). Rooms change their own state in place;
 * seen from outside they are pure: same state, same event, same time ⇒ same turn.
 */
export interface Turn<E, C> {
  events: E[];
  commands: C[];
  wakeAt: number | null;
}

/** Nobody knows its clock: the switchboard tells each room that time has passed. */
export interface TimePassed {
  type: 'timePassed';
}
