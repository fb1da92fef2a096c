import { parseNameAddr } from '../message/address.ts';
import type { Response } from '../message/message.ts';
import type { Hop } from '../transport/hop.ts';
import { bestOf, statusOf } from './best.ts';
import type { Branch, BranchOwner, Kept } from './branch.ts';

/** Targets of one request, those of redirects included. */
export const MOST_TARGETS = 64;

export interface Search {
  readonly targets: readonly string[];
  readonly simultaneous: boolean;
  readonly followRedirects: boolean;
}

/** What a search does to the world. */
export interface SearchUser {
  /** Opens a branch; it may be kept before this returns. */
  open(uri: string, owner: BranchOwner, isRedirect: boolean): Branch;
  onProvisional(branch: Branch, response: Response): void;
  /** Each 2xx; `isFirst`: it decides the search. */
  onAnswer(branch: Branch, response: Response, from: Hop, isFirst: boolean): void;
  onKept(kept: Kept): void;
  /** Every branch failed. */
  onFailed(best: Kept | undefined, all: readonly Kept[]): void;
}

/**
 * The response context of RFC 3261 §16.7: the targets of one request, tried one after the other or all at once, until one answers or none
 * is left.
 */
export class ResponseContext implements BranchOwner {
  readonly #search: Search;
  readonly #user: SearchUser;
  readonly #queue: { uri: string; isRedirect: boolean }[];
  readonly #seen: Set<string>;
  readonly #branches: Branch[] = [];
  readonly #kept: Kept[] = [];
  #isOver = false;
  #isAdvancing = false;

  constructor(search: Search, user: SearchUser) {
    this.#search = search;
    this.#user = user;
    this.#seen = new Set(search.targets);
    this.#queue = [...this.#seen].map((uri) => ({ uri, isRedirect: false }));
  }

  get kept(): readonly Kept[] {
    return this.#kept;
  }
  /** Its final response is decided. */
  get isOver(): boolean {
    return this.#isOver;
  }

  begin(): void {
    this.#advance();
  }

  /** §16.10: the caller gave up. The branches that are pending are cancelled. */
  cancel(): void {
    this.#queue.length = 0;
    this.#cancelAll();
    this.#advance();
  }

  onProvisional(branch: Branch, response: Response): void {
    if (!this.#isOver) this.#user.onProvisional(branch, response);
  }

  /** §16.7 step 5: "any 2xx response to an INVITE" is forwarded at once; step 10: after it all pending branches of an INVITE are cancelled. */
  onAnswer(branch: Branch, response: Response, from: Hop): void {
    const isFirst = !this.#isOver;
    this.#isOver = true;
    this.#queue.length = 0;
    this.#user.onAnswer(branch, response, from, isFirst);
    if (isFirst) this.#cancelAll(branch);
  }

  onKept(kept: Kept): void {
    this.#kept.push(kept);
    this.#user.onKept(kept);
    if (this.#isOver) return;
    const status = statusOf(kept);
    if (status >= 300 && status < 400 && this.#search.followRedirects) this.#follow(kept);
    // §16.7 step 5: on a 6xx "the proxy … SHOULD cancel all client pending transactions …, and it MUST NOT create any new branches in this context".
    if (status >= 600) {
      this.#queue.length = 0;
      this.#cancelAll();
    }
    // A caller that can answer the challenge comes again, to this same target.
    if ((status === 401 || status === 407) && !this.#search.simultaneous) this.#queue.length = 0;
    this.#advance();
  }

  /** §16.5: contacts of a redirect are targets, best q first; each target is tried once. */
  #follow({ outcome }: Kept): void {
    if (typeof outcome === 'number') return;
    const fresh = contactsOf(outcome).filter((uri) => !this.#seen.has(uri));
    const room = fresh.slice(0, Math.max(0, MOST_TARGETS - this.#seen.size));
    for (const uri of room) this.#seen.add(uri);
    this.#queue.unshift(...room.map((uri) => ({ uri, isRedirect: true })));
  }

  /** Opening a branch may end it at once (its address is nonsense): the loop, not a recursion, goes on. */
  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    while (!this.#isOver && (this.#search.simultaneous || !this.#branches.some((each) => each.isOpen))) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      this.#branches.push(this.#user.open(next.uri, this, next.isRedirect));
    }
    this.#isAdvancing = false;
    if (this.#isOver || this.#queue.length > 0 || this.#branches.some((each) => each.isOpen)) return;
    this.#isOver = true;
    this.#user.onFailed(bestOf(this.#kept.filter((each) => !this.#wasFollowed(each))) ?? bestOf(this.#kept), this.#kept);
  }

  /** §16.7 step 4: a redirect whose contacts were tried says nothing to the caller, unless nothing else does. */
  #wasFollowed(kept: Kept): boolean {
    const status = statusOf(kept);
    return this.#search.followRedirects && status >= 300 && status < 400;
  }

  #cancelAll(but?: Branch): void {
    for (const branch of this.#branches) if (branch !== but) branch.cancel();
  }
}

/** URIs of a redirect's Contacts that can be dialled, by falling q. */
function contactsOf(response: Response): string[] {
  const rows = response.headers.list('contact').flatMap((value) => {
    const found = contactOf(value);
    return found === undefined ? [] : [found];
  });
  return rows.toSorted((a, b) => b.q - a.q).map(({ uri }) => uri);
}

function contactOf(value: string): { uri: string; q: number } | undefined {
  try {
    const { uri, params } = parseNameAddr(value);
    const q = Number(params.get('q') ?? 1);
    return /^sips?:/i.test(uri) ? { uri, q: Number.isFinite(q) ? q : 1 } : undefined;
  } catch {
    return undefined;
  }
}
