/**
 * One call of ours to several contacts at once: each its own INVITE with the same offer; the first 200 wins and the rest are
 * cancelled, or, where their 200 crossed our CANCEL, hung up.
 */

import type { Opened } from '../../media/port.ts';
import { controls, type PhoneWord, wordsIn } from '../call/control.ts';
import type { Ending } from '../call/ending.ts';
import { eventsIn, tagOf } from './address.ts';
import type { Target } from './bindings.ts';
import { ANSWERED_ELSEWHERE, endingOfStatus, mostTelling } from './endings.ts';
import type { DialogName, Rim } from './rim.ts';
import { hangUp, type SipDialog, type SipFailure, type SipHeaders, type SipRequest, type SipResponse } from './srf.ts';

/** A phone on the line says something within this time; the transaction itself would wait 32 s (RFC 3261 timer B). */
const SIGN_OF_LIFE_MS = 4_000;
/** The SIP server hangs up by itself when a 200 crosses a CANCEL; when it did not so long after, we do. */
const CROSSING_MS = 500;

/** What a leg sees of its call while it rings, at phones or over trunks. */
export interface Ringing {
  /** Ends all of it; nothing is told to the listener any more. */
  cancel(reason: string): void;
  readonly pickable: Pickable | null;
  /** Its early dialogs that another phone may take over. */
  readonly dialogs: readonly DialogName[];
}

/** A phone that can be told to go off-hook. */
export interface Pickable {
  target: Target;
  /** At once where it rings; with the name of its early dialog, '' = it has none. */
  whenRinging(tell: (dialogId: string) => void): void;
  /** It did not: it is told no more. */
  refused(): void;
}

export interface ForkListener {
  /** An INVITE with this Call-ID is out. */
  sent(sipCallId: string): void;
  ringing(): void;
  answered(dialog: SipDialog): void;
  /** Every branch came to nothing. */
  failed(ending: Ending): void;
}

/** Of several phones it matters which one answered. */
export interface PhonesListener extends Omit<ForkListener, 'answered'> {
  /** `takes`: what that one does when told to, by all that it has said. */
  answered(dialog: SipDialog, target: Target, takes: readonly PhoneWord[]): void;
  /** Whether one can be told to go off-hook is another thing from now on. */
  pickable(isPickable: boolean): void;
}

interface Branch {
  target: Target;
  /** Said again in clear, should a phone that was offered keys not take them. */
  plainly: (() => void) | null;
  request: SipRequest | null;
  /** Of the early dialog, once it rings. */
  dialogId: string | null;
  remoteTag: string | null;
  takes: readonly PhoneWord[];
  /** It is to be told something as soon as it rings. */
  whenRinging: ((dialogId: string) => void) | null;
  /** null = still open */
  ending: Ending | null;
  /** Reason of the CANCEL, once one is wanted. */
  cancelled: string | null;
  stopTimer: () => void;
}

export interface Invitation extends Opened {
  headers: SipHeaders;
  /** true: a target silent for 4 s is taken for gone (phones; a trunk may take longer to find its party). */
  impatient: boolean;
}

/** RFC 3261 §21.4.13, §21.4.26, §21.6.4: the description is not acceptable. A phone that speaks TLS need not speak SRTP. */
const NOT_SO_PROTECTED: ReadonlySet<number> = new Set([415, 488, 606]);

const UNREACHABLE: Ending = { cause: 'unreachable', by: 'far_end', sip: 408, q850: 18 };

export class Fork implements Ringing {
  readonly #rim: Rim;
  readonly #listener: PhonesListener;
  readonly #branches: Branch[];
  #ringing = false;
  #over = false;
  #toldPickable: boolean;

  constructor(rim: Rim, targets: readonly Target[], listener: PhonesListener) {
    this.#rim = rim;
    this.#listener = listener;
    this.#branches = targets.map((target) => ({
      target,
      plainly: null,
      request: null,
      dialogId: null,
      remoteTag: null,
      takes: target.takes ?? [],
      whenRinging: null,
      ending: null,
      cancelled: null,
      stopTimer: () => undefined,
    }));
    this.#toldPickable = this.pickable !== null;
  }

  invite(invitation: Invitation): void {
    for (const branch of this.#branches) this.#send(branch, invitation);
  }

  /** Ends all branches; nothing is told to the listener any more. */
  cancel(reason: string): void {
    this.#over = true;
    for (const branch of this.#branches) this.#cancel(branch, reason);
  }

  /** The first open branch whose phone can be told to answer, rather one that rings. */
  get pickable(): Pickable | null {
    const open = this.#branches.filter(({ ending, takes }) => ending === null && controls.answer({ takes, holds: false }) === 'phone');
    const branch = open.find(({ dialogId }) => dialogId !== null) ?? open[0];
    if (branch === undefined) return null;
    return {
      target: branch.target,
      whenRinging(tell) {
        if (branch.dialogId === null) branch.whenRinging = tell;
        else tell(branch.dialogId);
      },
      refused: () => {
        branch.takes = branch.takes.filter((word) => word !== 'talk');
        branch.whenRinging = null;
        this.#tellPickable();
      },
    };
  }

  #tellPickable(): void {
    const isPickable = this.pickable !== null;
    if (this.#over || isPickable === this.#toldPickable) return;
    this.#toldPickable = isPickable;
    this.#listener.pickable(isPickable);
  }

  /** Early dialogs that are still open. */
  get dialogs(): DialogName[] {
    return this.#branches.flatMap(({ request, remoteTag, ending }) =>
      request === null || ending !== null
        ? []
        : [{ sipCallId: request.get('Call-ID') ?? '', localTag: tagOf(request.get('From')), remoteTag, state: 'early' as const, initiator: 'us' as const }],
    );
  }

  #send(branch: Branch, invitation: Invitation): void {
    const { sdp, browserSdp, keyedSdp } = invitation;
    const { isBrowser, isPrivate } = branch.target;
    if (isPrivate && keyedSdp !== undefined) {
      branch.plainly = () => this.#sendOffer(branch, sdp, invitation);
      this.#sendOffer(branch, keyedSdp, invitation);
    } else this.#sendOffer(branch, (isBrowser ? browserSdp : undefined) ?? sdp, invitation);
  }

  #sendOffer(branch: Branch, localSdp: string, { headers, impatient }: Invitation): void {
    const { sip, clock } = this.#rim;
    const { uri, proxy } = branch.target;
    if (impatient) branch.stopTimer = clock.after(SIGN_OF_LIFE_MS, () => this.#gone(branch));
    const options = { headers: { ...headers, To: `<${uri}>` }, localSdp, ...(proxy === null ? {} : { proxy }) };
    const progress = {
      cbRequest: (_error: Error | null, request?: SipRequest) => {
        branch.request = request ?? null;
        if (request !== undefined) this.#listener.sent(request.get('Call-ID') ?? '');
        this.#sendCancel(branch);
      },
      cbProvisional: (response: SipResponse) => this.#progress(branch, response),
    };
    try {
      sip.createUAC(uri, options, progress, (error, dialog) => this.#final(branch, error, dialog));
    } catch {
      // srf throws when it holds no connection to the SIP server.
      this.#closed(branch, { cause: 'sip_failure', by: 'server', q850: 38 });
    }
  }

  #progress(branch: Branch, response: SipResponse): void {
    branch.stopTimer();
    branch.remoteTag ??= tagOf(response.get('To'));
    if (response.status > 100) branch.dialogId ??= response.stackDialogId;
    if (this.#over || response.status < 180) return;
    hearWords(branch, response);
    if (!this.#ringing) this.#listener.ringing();
    this.#ringing = true;
    this.#tellPickable();
    branch.whenRinging?.(branch.dialogId ?? '');
    branch.whenRinging = null;
  }

  #final(branch: Branch, error: SipFailure | null, dialog?: SipDialog): void {
    branch.stopTimer();
    const { plainly } = branch;
    branch.plainly = null;
    if (dialog !== undefined) this.#won(branch, dialog);
    else if (plainly !== null && !this.#over && branch.ending === null && branch.cancelled === null && NOT_SO_PROTECTED.has(error?.status ?? 0)) {
      Object.assign(branch, { request: null, dialogId: null, remoteTag: null });
      plainly();
    } else this.#closed(branch, endingOfFailure(error));
  }

  #won(branch: Branch, dialog: SipDialog): void {
    branch.ending ??= { cause: 'answered_elsewhere', by: 'server' };
    if (this.#over) {
      this.#rim.clock.after(CROSSING_MS, () => hangUp(dialog, ANSWERED_ELSEWHERE));
      return;
    }
    this.cancel(ANSWERED_ELSEWHERE);
    hearWords(branch, dialog.res);
    this.#listener.answered(dialog, branch.target, branch.takes);
  }

  #closed(branch: Branch, ending: Ending): void {
    if (branch.ending !== null) return;
    branch.ending = ending;
    if (this.#over) return;
    // RFC 3261 §16.7: on a 6xx "no new branches" matter: the person has spoken for all her phones.
    const final = ending.sip !== undefined && ending.sip >= 600;
    const endings = this.#branches.flatMap(({ ending }) => (ending === null ? [] : [ending]));
    if (!final && endings.length < this.#branches.length) {
      this.#tellPickable();
      return;
    }
    this.cancel(ANSWERED_ELSEWHERE);
    this.#listener.failed(final ? ending : mostTelling(endings));
  }

  #gone(branch: Branch): void {
    this.#cancel(branch, ANSWERED_ELSEWHERE);
    this.#closed(branch, UNREACHABLE);
  }

  #cancel(branch: Branch, reason: string): void {
    branch.stopTimer();
    if (branch.ending !== null || branch.cancelled !== null) return;
    branch.cancelled = reason;
    this.#sendCancel(branch);
  }

  /** Now, or as soon as the SIP server has named the transaction. */
  #sendCancel({ request, cancelled }: Branch): void {
    if (request === null || cancelled === null) return;
    try {
      request.cancel({ headers: { Reason: cancelled } }, () => undefined);
    } catch (error) {
      this.#rim.log.debug({ err: error }, 'CANCEL could not be sent');
    }
  }
}

/** What it says of itself in this call counts beside what it said as it registered. */
function hearWords(branch: Branch, response: Pick<SipResponse, 'get'>): void {
  if (branch.target.takes === null) return;
  const said = wordsIn(eventsIn(response.get('Allow-Events')));
  branch.takes = [...branch.takes, ...said.filter((word) => !branch.takes.includes(word))];
}

/** 408 and 503 made by the SIP server itself have no source: nobody answered there. */
function endingOfFailure(error: SipFailure | null): Ending {
  const status = error?.status;
  if (status === undefined) return { cause: error?.code === 'ESOCKETDESTROYED' ? 'sip_failure' : 'unreachable', by: 'server', q850: 38 };
  const made = error?.res?.source_address === '' && (status === 408 || status === 503);
  return made ? { ...UNREACHABLE, sip: status } : endingOfStatus(status, error?.res?.get('Reason'));
}
