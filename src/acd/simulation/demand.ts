/** What the simulation asks for, by the number of the invariant. */

export class Violation extends Error {}

export function demand(holds: boolean, invariant: string, message: () => string): void {
  if (!holds) throw new Violation(`${invariant}: ${message()}`);
}
