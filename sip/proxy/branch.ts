import type { Clock } from '../../kernel/clock.ts';
import type { Request, Response } from '../message/message.ts';
import type { Sending } from '../transaction/attempts.ts';
import { type ClientUser, cancelOf } from '../transaction/client-transaction.ts';
import { T1_MS } from '../transaction/timers.ts';
import type { Transactions } from '../transaction/transactions.ts';
import { FlowFailed, type Hop } from '../transport/hop.ts';
import { type BranchAction, type BranchInput, type BranchState, branchTable } from './branch-table.ts';

/** RFC 3261 §16.6 step 11: timer C "MUST be larger than 3 minutes". */
const TIMER_C_MS = 185_000;
const CANCEL_TIMEOUT_MS = 64 * T1_MS;

/** What became of a branch. `from` is undefined when no peer sent it: we made it for a silent or unreachable target. */
export interface Kept {
  readonly branch: Branch;
  readonly outcome: Response | 408 | 430 | 487 | 503;
  readonly from: Hop | undefined;
  readonly at: number;
}

export interface BranchOwner {
  onProvisional(branch: Branch, response: Response): void;
  /** Each 2xx: the first, copies, and those of other forks behind the target. */
  onAnswer(branch: Branch, response: Response, from: Hop): void;
  /** Once, unless it was answered first. */
  onKept(kept: Kept): void;
}

/** How long a branch may take; undefined: as long as the transaction does. */
export interface Patience {
  readonly provisionalMs: number | undefined;
  readonly finalMs: number | undefined;
}

type Tick = 'provisional' | 'final' | 'C' | 'cancel';

/** One target under way. */
export class Branch {
  readonly uri: string;
  readonly #transactions: Transactions;
  readonly #clock: Clock;
  readonly #owner: BranchOwner;
  readonly #ticking = new Map<Tick, () => void>();
  #state: BranchState = 'finding';
  #transaction: Sending | undefined;
  #newest: { response: Response; from: Hop } | undefined;
  #isKept = false;

  constructor(uri: string, transactions: Transactions, clock: Clock, owner: BranchOwner, patience: Patience) {
    this.uri = uri;
    this.#transactions = transactions;
    this.#clock = clock;
    this.#owner = owner;
    if (patience.provisionalMs !== undefined) this.#set('provisional', patience.provisionalMs, 'provisionalTimeout');
    if (patience.finalMs !== undefined) this.#set('final', patience.finalMs, 'finalTimeout');
  }

  /** It still may bring a final response. */
  get isOpen(): boolean {
    return !this.#isKept && this.#state !== 'answered' && this.#state !== 'done';
  }
  /** Its address is still being looked up. */
  get isWaiting(): boolean {
    return this.#state === 'finding';
  }
  get request(): Request | undefined {
    return this.#transaction?.request;
  }

  /** The target has an address: off it goes. */
  start(request: Request, hop: Hop): void {
    if (this.#state !== 'finding') return;
    this.#transaction = this.#transactions.newClient(request, hop, this.#user());
    this.#feed('found');
  }
  cancel(): void {
    this.#feed('cancel');
  }
  fail(): void {
    this.#feed('transportError');
  }

  #user(): ClientUser {
    return {
      isProxy: true,
      onResponse: (response, from) => {
        this.#newest = { response, from };
        this.#feed(response.status < 200 ? '1xx' : response.status < 300 ? '2xx' : '300-699');
      },
      onTimeout: () => this.#feed('silence'),
      onTransportError: (error) => this.#feed(error instanceof FlowFailed ? 'flowFailed' : 'transportError'),
    };
  }

  #feed(input: BranchInput): void {
    const step = branchTable[this.#state][input];
    this.#state = step.next;
    for (const action of step.does) this.#do(action);
  }

  #do(action: BranchAction): void {
    if (action === 'send') this.#transaction?.start();
    else if (action === 'relay') this.#relay();
    else if (action === 'cancel') this.#sendCancel();
    else if (action === 'set C') this.#setC();
    else if (action === 'stop provisional') this.#stop('provisional');
    else if (action === 'stop timers') for (const tick of [...this.#ticking.keys()]) this.#stop(tick);
    else if (action === 'abandon') this.#transaction?.abandon();
    else if (action === 'keep') this.#keep(this.#newest?.response ?? 408, this.#newest?.from);
    else this.#keep(Number(action.slice('keep '.length)) as 408 | 430 | 487 | 503, undefined);
  }

  #relay(): void {
    if (this.#newest === undefined) return;
    const { response, from } = this.#newest;
    if (response.status >= 200) this.#owner.onAnswer(this, response, from);
    // RFC 3261 §16.7 step 5: 100 is between neighbours, never forwarded.
    else if (response.status > 100) this.#owner.onProvisional(this, response);
  }

  #keep(outcome: Kept['outcome'], from: Hop | undefined): void {
    if (this.#isKept) return;
    this.#isKept = true;
    this.#owner.onKept({ branch: this, outcome, from, at: this.#clock.now() });
  }

  /** Only an INVITE can be cancelled (RFC 3261 §9.1); all else ends with timer F. */
  #sendCancel(): void {
    if (this.#transaction?.request.method !== 'INVITE') return;
    const { request, hop } = this.#transaction;
    this.#transactions.newClient(cancelOf(request, []), hop, NOBODY).start();
    this.#set('cancel', CANCEL_TIMEOUT_MS, 'cancelTimeout');
  }

  #setC(): void {
    if (this.#transaction?.request.method === 'INVITE') this.#set('C', TIMER_C_MS, 'timerC');
  }
  #set(tick: Tick, ms: number, input: BranchInput): void {
    this.#stop(tick);
    this.#ticking.set(
      tick,
      this.#clock.after(ms, () => {
        this.#ticking.delete(tick);
        this.#feed(input);
      }),
    );
  }
  #stop(tick: Tick): void {
    this.#ticking.get(tick)?.();
    this.#ticking.delete(tick);
  }
}

const NOBODY: ClientUser = { onResponse: () => undefined, onTimeout: () => undefined, onTransportError: () => undefined };
