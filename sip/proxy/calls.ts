import type { Clock } from '../../kernel/clock.ts';
import { contactUri } from '../dialog/dialog.ts';
import { type Request, type Response, tagOf } from '../message/message.ts';
import type { Hop } from '../transport/hop.ts';

/** A call whose BYE went another way, or never came, is counted no longer than this after the last that was heard of it. */
const FORGOTTEN_MS = 12 * 3_600_000;
const MOST_CALLS = 100_000;

/** One end of a call that runs through us. */
interface End {
  readonly tag: string;
  /** Its Contact. */
  target: string;
  /** Where it speaks from: a phone behind NAT, or on its own connection, is reached nowhere else. */
  readonly hop: Hop;
}

/** A call that we stay in the path of. The objects stand for its two halves in call records. */
export interface RoutedCall {
  readonly caller: End;
  readonly callee: End;
  readonly key: string;
  heardAt: number;
}

/** Calls that were answered through us and stay with us: counted, recorded, and reached behind NAT. Requests are routed without it too. */
export class RoutedCalls {
  readonly #calls = new Map<string, RoutedCall>();
  readonly #clock: Clock;
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** An INVITE that we record-routed was answered. Undefined when it is known already, or there is no room. */
  add(invite: Request, inviteFrom: Hop, ok: Response, okFrom: Hop): RoutedCall | undefined {
    const callerTag = tagOf(invite.headers.get('from') ?? '') ?? '';
    const calleeTag = tagOf(ok.headers.get('to') ?? '') ?? '';
    const key = keyOf(invite.headers.get('call-id') ?? '', callerTag, calleeTag);
    if (this.#calls.has(key) || this.#calls.size >= MOST_CALLS) return undefined;
    const call: RoutedCall = {
      caller: { tag: callerTag, target: contactUri(invite) ?? '', hop: inviteFrom },
      callee: { tag: calleeTag, target: contactUri(ok) ?? '', hop: okFrom },
      key,
      heardAt: this.#clock.now(),
    };
    this.#calls.set(key, call);
    return call;
  }

  /** The call that a request inside a dialog belongs to, and the end it is for. */
  find(request: Request): { call: RoutedCall; to: End; from: End } | undefined {
    const { headers } = request;
    const [callId, from, to] = [headers.get('call-id') ?? '', tagOf(headers.get('from') ?? '') ?? '', tagOf(headers.get('to') ?? '') ?? ''];
    const downward = this.#calls.get(keyOf(callId, from, to));
    const call = downward ?? this.#calls.get(keyOf(callId, to, from));
    if (call === undefined) return undefined;
    call.heardAt = this.#clock.now();
    return downward === undefined ? { call, to: call.caller, from: call.callee } : { call, to: call.callee, from: call.caller };
  }

  remove({ key }: RoutedCall): void {
    this.#calls.delete(key);
  }

  /** Forgets what nobody has spoken of. */
  sweep(): void {
    for (const call of this.#calls.values()) if (this.#clock.now() - call.heardAt > FORGOTTEN_MS) this.remove(call);
  }
}

const keyOf = (callId: string, callerTag: string, calleeTag: string): string => `${callId}|${callerTag}|${calleeTag}`;
