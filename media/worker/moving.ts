/**
 * A group of legs on its way from one worker to another. Only what is simply relayed goes: numbers and addresses, no object of a thread.
 *
 *     old worker                          main thread              new worker
 *     hears what has come, takes down     asks, tells              makes them anew from what was taken down, takes
 *     what each leg is, gives up its      (control/moves.ts)       over or opens its sockets, goes on where the
 *     sockets, forgets it                                          other left off
 */
import { Endpoint, type EndpointState } from './endpoint.ts';
import type { Descriptors, RtpSockets, SocketEngine, SocketOwner } from './sockets.ts';
import type { Surroundings } from './surroundings.ts';

export interface Moving {
  state: EndpointState;
  /** Who hears it, of the same group. */
  listener: string | null;
  descriptors: Descriptors;
}

/** Of packets that come while a group's sockets are opened one after another, so many are kept a leg, and heard once all are open. */
const MOST_EARLY = 16;

/** All of them or none: null = one of them does more than to be relayed, or is heard by one who stays. */
export function giveUp(legs: readonly Endpoint[]): Moving[] | null {
  const taken: { leg: Endpoint; state: EndpointState; listener: string | null }[] = [];
  for (const leg of legs) {
    const state = leg.carry();
    if (state === null || (leg.listener !== null && !legs.includes(leg.listener))) return null;
    taken.push({ leg, state, listener: leg.listener?.id ?? null });
  }
  return taken.map(({ leg, state, listener }) => ({ state, listener, descriptors: leg.handOver() }));
}

/** Rejects when sockets cannot be opened again; then none of them is left open. `ownerOf`: who hears an endpoint's sockets. */
export async function takeUp(
  moving: readonly Moving[],
  world: Surroundings,
  engine: SocketEngine,
  ownerOf: (leg: Endpoint) => SocketOwner,
): Promise<Endpoint[]> {
  const legs = moving.map(({ state }) => new Endpoint(state.setup, world));
  const doors = legs.map((leg) => new Door(ownerOf(leg)));
  const opened = await Promise.allSettled(
    moving.map(({ state: { setup, aim }, descriptors }, at) => engine.adopt(descriptors, aim, setup.family, setup.host, setup.port, doors[at] as Door)),
  );
  const sockets = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = opened.find((each) => each.status === 'rejected');
  if (failed !== undefined) {
    for (const each of sockets) each.close();
    throw failed.reason;
  }
  goOn(moving, legs, sockets);
  for (const door of doors) door.open();
  return legs;
}

function goOn(moving: readonly Moving[], legs: readonly Endpoint[], sockets: readonly RtpSockets[]): void {
  for (const [at, leg] of legs.entries()) {
    leg.attach(sockets[at] as RtpSockets);
    leg.resume((moving[at] as Moving).state);
  }
  for (const [at, leg] of legs.entries()) leg.listener = legs.find(({ id }) => id === moving[at]?.listener) ?? null;
}

/** Keeps back what comes before the leg can hear it. */
class Door implements SocketOwner {
  readonly #owner: SocketOwner;
  #early: (() => void)[] | null = [];

  constructor(owner: SocketOwner) {
    this.#owner = owner;
  }

  heardRtp(packet: Buffer, address: string, port: number): void {
    if (this.#early === null) this.#owner.heardRtp(packet, address, port);
    else this.#keep(packet, (kept) => this.#owner.heardRtp(kept, address, port));
  }

  heardRtcp(packet: Buffer, address: string): void {
    if (this.#early === null) this.#owner.heardRtcp(packet, address);
    else this.#keep(packet, (kept) => this.#owner.heardRtcp(kept, address));
  }

  open(): void {
    const early = this.#early ?? [];
    this.#early = null;
    for (const hear of early) hear();
  }

  #keep(packet: Buffer, hear: (kept: Buffer) => void): void {
    const kept = Buffer.from(packet);
    if (this.#early !== null && this.#early.length < MOST_EARLY) this.#early.push(() => hear(kept));
  }
}
