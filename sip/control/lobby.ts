import type { Clock } from '../../kernel/clock.ts';
import { type Application, type Incoming, ownsNothing } from '../agent/ledger.ts';
import type { Stack } from '../agent/stack.ts';
import type { ServerSide } from '../agent/uas.ts';
import type { Routes } from './routes.ts';

/** Longer than an application takes to be started anew, and shorter than trunks wait for a word after 100 Trying before they go elsewhere. */
const PATIENCE_MS = 10_000;
const MOST_WAITING = 1_000;
/** An application whose callers wait for it, should it die. */
const LOBBY = 'lobby';

/**
 * Where new callers wait while the application that takes calls is being started anew: nobody refuses them, and it is given them in the order in which they came.
 * They may give up; who has waited in vain is refused as without any application.
 */
export class Lobby {
  readonly #clock: Clock;
  readonly #stack: Stack;
  readonly #routes: Routes;
  readonly #serverSide: () => ServerSide;
  #expectedUntil = Number.NEGATIVE_INFINITY;
  /** Owns who waits. */
  readonly #nobody: Application = {
    deliver: () => undefined,
    decide: (incoming) => this.#wait(incoming),
    isBusy: false,
    isAway: false,
    isGone: false,
    tags: new Set(),
    owned: ownsNothing(),
  };

  constructor({ clock, stack, routes, serverSide }: { clock: Clock; stack: Stack; routes: Routes; serverSide: () => ServerSide }) {
    this.#clock = clock;
    this.#stack = stack;
    this.#routes = routes;
    this.#serverSide = serverSide;
    // Its own answer comes first.
    routes.onAdded = (method) => method === 'invite' && clock.after(0, () => this.#open());
  }

  /** Who takes a new request that no application takes now; undefined: nobody. */
  pick(method: string): Application | undefined {
    const isExpected = method === 'invite' && this.#clock.now() < this.#expectedUntil;
    return isExpected && this.#nobody.owned.incoming.size < MOST_WAITING ? this.#nobody : undefined;
  }

  /** Its connection is closed: it may be back in a moment. */
  left({ tags }: Pick<Application, 'tags'>): void {
    if (tags.has(LOBBY)) this.#expectedUntil = this.#clock.now() + PATIENCE_MS;
  }

  #wait(incoming: Incoming): void {
    const { guard } = this.#stack;
    // No application is slow: none is there.
    guard.overload.heard(incoming.id, incoming.request.method, this.#clock.now());
    this.#clock.after(PATIENCE_MS, () => {
      if (this.#nobody.owned.incoming.has(incoming)) this.#serverSide().answers.abandon(incoming);
    });
  }

  #open(): void {
    const { ledger, guard } = this.#stack;
    for (const incoming of [...this.#nobody.owned.incoming]) {
      const app = this.#routes.pick('invite');
      if (typeof app === 'string') return;
      guard.overload.asked(incoming.id, incoming.request.method, this.#clock.now());
      ledger.assign(incoming, app);
      this.#serverSide().tellNew(incoming);
    }
  }
}
