import type { Message, Request, Response } from '../message/message.ts';

/** Who sent the message that is told of: a peer, or we for an application. */
export type CallSource = 'network' | 'application';
/** What we were to the call. */
export type CallRole = 'uac' | 'uas' | 'proxy-uac' | 'proxy-uas';
export type StopReason = 'call-rejected' | 'call-canceled' | 'normal-release' | 'session-expired' | 'ackbye' | 'system-initiated-termination';

/** Hears of calls as records want them: attempt (the INVITE), start (its 200), stop (BYE, refusal or CANCEL). */
export interface CallObserver {
  /** Nobody listens: nothing need be told. */
  readonly isDeaf: boolean;
  attempt(source: CallSource, invite: Request): void;
  start(source: CallSource, role: CallRole, ok: Response): void;
  stop(source: CallSource, reason: StopReason, message: Message): void;
}

/**
 * Tells an observer of calls so that each attempt has exactly one stop, with at most one start before it. A call is known by the object that
 * stands for it: the request under way, and from its answer on the dialog.
 */
export class CallRecords {
  readonly #observer: CallObserver;
  readonly #open = new WeakSet<object>();
  constructor(observer: CallObserver) {
    this.#observer = observer;
  }

  attempted(call: object, source: CallSource, invite: Request): void {
    if (this.#observer.isDeaf) return;
    this.#open.add(call);
    this.#observer.attempt(source, invite);
  }
  /** `dialog` stands for the call from here on; undefined when nothing more will be seen of it. */
  answered(call: object, source: CallSource, role: CallRole, ok: Response, dialog: object | undefined): void {
    if (!this.#open.delete(call)) return;
    if (dialog !== undefined) this.#open.add(dialog);
    this.#observer.start(source, role, ok);
  }
  ended(call: object, source: CallSource, reason: StopReason, message: Message): void {
    if (this.#open.delete(call)) this.#observer.stop(source, reason, message);
  }
}

/** The reason of a BYE that we sent by our own decision, from the text applications are told. */
export function stopReasonOf(text: string): StopReason {
  if (text === 'Session timer expired') return 'session-expired';
  return /^(ACK-BYE|CANCEL after 200)/.test(text) ? 'ackbye' : 'system-initiated-termination';
}
