/**
 * Applications on both ends of simulated calls, each call with a plan of its own: who hangs up when, who cancels, which datagrams never
 * arrive. They note what they were told; whether that was right is judged elsewhere.
 */
import type { Heard, SimApp, SimClock } from './simulation.ts';
import { sightOf } from './sniff.ts';

/** Each plan with its weight: a loop of ten hops costs as much as ten calls. */
const WEIGHTS = {
  'caller hangs up': 6,
  'callee hangs up': 6,
  'both hang up': 6,
  'caller cancels': 6,
  'caller cancels as it is answered': 6,
  'callee refuses': 4,
  'callee says nothing': 1,
  'no ACK ever arrives': 2,
  'callee hangs up before the ACK': 4,
  'caller hangs up before its ACK': 4,
  're-INVITEs cross': 6,
  forked: 4,
  'loop with new Call-IDs': 1,
  'loop with one Call-ID': 1,
} as const;
export type Plan = keyof typeof WEIGHTS;
const PLANS = (Object.keys(WEIGHTS) as Plan[]).flatMap((plan) => Array<Plan>(WEIGHTS[plan]).fill(plan));
export const planOf = (random: number): Plan => PLANS[Math.floor(random * PLANS.length)] ?? 'caller hangs up';

export interface Call {
  readonly plan: Plan;
  readonly callId: string;
  /** Final responses the caller's application was told to its INVITE. */
  finals: number[];
  /** INVITEs the callee's application was told of. */
  invites: number;
  /** The callee's application was told of the ACK. */
  acknowledged: boolean;
  /** Ends told: the peer's BYE or CANCEL, one the server sent by itself, the answer to one's own BYE. */
  callerEnds: number;
  calleeEnds: number;
  /** The session each side believes in, as the number of the last description that was answered. */
  callerSession: number;
  calleeSession: number;
  reInvites: number;
}

const DIALOG = 9;
const TRANSACTION = 8;
const ECHOED_TRANSACTION = 10;
const RE_INVITE_TRIES = 8;
const CALLEE = 'sip:b@10.0.0.2';
export const FORKING = '10.0.0.9';
const HOPS = 10;

export class Calls {
  readonly byId = new Map<string, Call>();
  readonly #clock: SimClock;
  readonly #random: () => number;
  readonly #caller: SimApp;
  readonly #callee: SimApp;
  readonly #dialogs = new Map<string, string>();
  /** What an application does once its request is echoed, by frame. */
  readonly #onEcho = new Map<string, (transaction: string) => void>();
  readonly #onRefused = new Map<string, () => void>();
  /** What an application does about the final response of a transaction of its own. */
  readonly #onFinal = new Map<string, (status: number) => void>();
  #described = 0;
  #hops = 0;

  constructor(clock: SimClock, random: () => number, caller: SimApp, callee: SimApp) {
    this.#clock = clock;
    this.#random = random;
    this.#caller = caller;
    this.#callee = callee;
    caller.ask('route|invite');
    callee.ask('route|invite');
    caller.onHeard = (heard) => this.#callerHears(heard);
    callee.onHeard = (heard) => this.#calleeHears(heard);
  }

  dial(callId: string, plan: Plan): void {
    const blank = { finals: [], invites: 0, acknowledged: false, callerEnds: 0, calleeEnds: 0, callerSession: 0, calleeSession: 0, reInvites: 0 };
    const call: Call = { plan, callId, ...blank };
    this.byId.set(callId, call);
    const loops = plan.startsWith('loop');
    const uri = plan === 'forked' ? `sip:f@${FORKING}` : loops ? 'sip:loop@10.0.0.2' : CALLEE;
    const extra = loops ? `Max-Forwards: ${HOPS}\r\n` : '';
    const echo = this.#caller.ask('sip||', `INVITE ${uri} SIP/2.0\r\nCall-ID: ${callId}\r\n${extra}\r\nv=0\r\n`);
    const key = this.#key(this.#caller, echo);
    if (plan === 'caller cancels') this.#onEcho.set(key, (transaction) => this.#after(4_000, () => this.#cancel(call, transaction)));
    // The callee answers two seconds after it heard of the call.
    if (plan === 'caller cancels as it is answered')
      this.#onEcho.set(key, (transaction) => this.#after(30, () => this.#clock.after(1_990, () => this.#cancel(call, transaction))));
  }

  /** Too late to cancel, it hangs up. */
  #cancel(call: Call, transaction: string): void {
    const app = this.#caller;
    const hangUp = (): void => {
      if (call.finals[0] === 200) this.#bye(app, call);
    };
    if (call.finals.length > 0) hangUp();
    else this.#onRefused.set(this.#key(app, app.ask(`sip|${transaction}|`, `CANCEL ${CALLEE} SIP/2.0\r\n\r\n`)), hangUp);
  }

  /** Datagrams that are lost for sure. */
  isTaken(callId: string, method: string): boolean {
    return method === 'ACK' && this.byId.get(callId)?.plan === 'no ACK ever arrives';
  }

  #after(mostMs: number, act: () => void): void {
    this.#clock.after(this.#random() * mostMs, act);
  }
  #key = (app: SimApp, id: string): string => `${app === this.#caller ? 'a' : 'b'} ${id}`;

  #bye(app: SimApp, call: Call): void {
    app.ask(`sip||${this.#dialogs.get(this.#key(app, call.callId)) ?? ''}`, 'BYE sip:placeholder SIP/2.0\r\n\r\n');
  }
  #ack(app: SimApp, dialog: string): void {
    app.ask(`sip||${dialog}`, 'ACK sip:placeholder SIP/2.0\r\n\r\n');
  }
  #answer(app: SimApp, transaction: string, line: string, body = ''): void {
    app.ask(`sip|${transaction}|`, `SIP/2.0 ${line}\r\n\r\n${body}`);
  }

  // ── the caller's application ────────────────────────────────────────────────────────────────────────────────────────

  #callerHears(heard: Heard): void {
    const app = this.#caller;
    const known = this.#common(app, heard);
    if (known === undefined) return;
    const { call, transaction, sight } = known;
    if (sight.method === 'INVITE' && sight.toTag === '') this.#pass(app, call, heard, CALLEE.replace('b@', 'loop@'));
    else if (sight.method === 'BYE') call.callerEnds += 1;
    else if (sight.status >= 200 && sight.seqMethod === 'BYE') call.callerEnds += 1;
    else if (sight.status >= 200 && sight.seqMethod === 'INVITE' && !this.#onFinal.has(this.#key(app, transaction))) this.#finalAtCaller(call, heard);
  }

  #finalAtCaller(call: Call, { tokens, bytes }: Heard): void {
    const { status } = sightOf(bytes);
    call.finals.push(status);
    const dialog = tokens[DIALOG] ?? '';
    if (status >= 300) {
      call.callerEnds += 1;
      return;
    }
    const app = this.#caller;
    this.#dialogs.set(this.#key(app, call.callId), dialog);
    if (call.plan === 'caller hangs up before its ACK') {
      this.#bye(app, call);
      return;
    }
    this.#ack(app, dialog);
    if (['caller hangs up', 'both hang up', 'forked'].includes(call.plan)) this.#clock.after(10_000, () => this.#bye(app, call));
    if (call.plan === 're-INVITEs cross') {
      this.#clock.after(6_000, () => this.#reInvite(app, call, RE_INVITE_TRIES));
      this.#clock.after(90_000, () => this.#bye(app, call));
    }
  }

  // ── the callee's application ────────────────────────────────────────────────────────────────────────────────────────

  #calleeHears(heard: Heard): void {
    const app = this.#callee;
    const known = this.#common(app, heard);
    if (known === undefined) return;
    const { call, transaction, sight } = known;
    if (sight.method === 'INVITE' && sight.toTag === '') this.#newCall(call, transaction, heard);
    else if (sight.method === 'ACK') this.#acknowledged(call, heard);
    else if (sight.method === 'BYE' || sight.method === 'CANCEL') call.calleeEnds += 1;
    else if (sight.status >= 200 && sight.seqMethod === 'BYE') call.calleeEnds += 1;
  }

  #newCall(call: Call, transaction: string, heard: Heard): void {
    const app = this.#callee;
    if (call.plan.startsWith('loop')) {
      this.#pass(app, call, heard, 'sip:loop@10.0.0.1');
      return;
    }
    call.invites += 1;
    if (call.plan === 'callee says nothing') return;
    this.#after(1_000, () => this.#answer(app, transaction, '180 Ringing'));
    const wait = call.plan === 'caller cancels as it is answered' ? 2_000 : 1_000 + this.#random() * 3_000;
    this.#clock.after(wait, () => {
      if (call.plan === 'callee refuses') {
        this.#answer(app, transaction, '486 Busy Here');
        call.calleeEnds += 1;
        return;
      }
      this.#dialogs.set(this.#key(app, call.callId), heard.tokens[DIALOG] || `${call.callId};from-tag=${sightOf(heard.bytes).fromTag}`);
      this.#answer(app, transaction, '200 OK', 'v=0\r\n');
      if (call.plan === 'callee hangs up before the ACK') this.#bye(app, call);
    });
  }

  #acknowledged(call: Call, heard: Heard): void {
    if (call.acknowledged) return;
    call.acknowledged = true;
    const app = this.#callee;
    this.#dialogs.set(this.#key(app, call.callId), heard.tokens[DIALOG] ?? '');
    if (call.plan === 'callee hangs up' || call.plan === 'both hang up') this.#clock.after(10_000, () => this.#bye(app, call));
    if (call.plan === 're-INVITEs cross') this.#clock.after(6_000, () => this.#reInvite(app, call, RE_INVITE_TRIES));
  }

  // ── both ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Echoes, answers to one's own requests inside, requests that are answered the same way everywhere. Undefined: nothing is left to do. */
  #common(app: SimApp, { tokens, bytes }: Heard) {
    if (tokens[1] === 'response') {
      const frame = this.#key(app, tokens[2] ?? '');
      if (tokens[3] !== 'OK') this.#onRefused.get(frame)?.();
      else this.#onEcho.get(frame)?.(tokens[ECHOED_TRANSACTION] ?? '');
      return undefined;
    }
    const sight = sightOf(bytes);
    const call = this.#callOf(sight.callId);
    if (call === undefined) return undefined;
    const transaction = tokens[TRANSACTION] ?? '';
    if (sight.status >= 200 && sight.seqMethod === 'INVITE') {
      const onFinal = this.#onFinal.get(this.#key(app, transaction));
      onFinal?.(sight.status);
      if (onFinal !== undefined) return undefined;
    }
    if (sight.method === 'BYE' && transaction !== 'unsolicited') this.#answer(app, transaction, '200 OK');
    if (sight.method === 'INVITE' && sight.toTag !== '') {
      this.#reInvited(app, call, transaction, bytes);
      return undefined;
    }
    return { call, transaction, sight };
  }

  /** `sim-7.h3` is the third hop of `sim-7`. */
  #callOf(callId: string): Call | undefined {
    const at = callId.indexOf('.h');
    return this.byId.get(at < 0 ? callId : callId.slice(0, at));
  }

  /** RFC 3261 §14.1: after a 491 the owner of the Call-ID waits 2.1 to 4 s, the other up to 2 s. */
  #reInvite(app: SimApp, call: Call, tries: number): void {
    this.#described += 1;
    const session = this.#described;
    const dialog = this.#dialogs.get(this.#key(app, call.callId)) ?? '';
    const id = app.ask(`sip||${dialog}`, `INVITE sip:placeholder SIP/2.0\r\nContent-Type: application/sdp\r\n\r\nv=0\r\ns=${session}\r\n`);
    this.#onEcho.set(this.#key(app, id), (transaction) =>
      this.#onFinal.set(this.#key(app, transaction), (status) => {
        if (status < 300) {
          call.reInvites += 1;
          this.#ack(app, dialog);
          this.#believes(app, call, session);
        } else if (tries > 0) {
          const [least, most] = app === this.#caller ? [2_100, 4_000] : [0, 2_000];
          this.#clock.after(least + this.#random() * (most - least), () => this.#reInvite(app, call, tries - 1));
        }
      }),
    );
  }

  #reInvited(app: SimApp, call: Call, transaction: string, bytes: Buffer): void {
    this.#after(200, () => {
      this.#believes(app, call, Number(/s=(\d+)/.exec(bytes.toString('latin1'))?.[1]));
      this.#answer(app, transaction, '200 OK', 'v=0\r\n');
    });
  }

  #believes(app: SimApp, call: Call, session: number): void {
    if (app === this.#caller) call.callerSession = session;
    else call.calleeSession = session;
  }

  /** Passes a call on as a back-to-back user agent does that counts hops; with its own Call-ID or with that it came with. */
  #pass(app: SimApp, call: Call, { tokens, bytes }: Heard, uri: string): void {
    const transaction = tokens[TRANSACTION] ?? '';
    const head = bytes.toString('latin1');
    const hops = Number(/^Max-Forwards: (\d+)/m.exec(head)?.[1]);
    this.#hops += 1;
    const { seq, fromTag } = sightOf(bytes);
    const same = call.plan === 'loop with one Call-ID';
    const identity = same
      ? `Call-ID: ${call.callId}\r\nFrom: <sip:a@10.0.0.1>;tag=${fromTag}\r\nCSeq: ${seq} INVITE\r\n`
      : `Call-ID: ${call.callId}.h${this.#hops}\r\n`;
    const id = app.ask('sip||', `INVITE ${uri} SIP/2.0\r\n${identity}Max-Forwards: ${hops - 1}\r\n\r\nv=0\r\n`);
    this.#onEcho.set(this.#key(app, id), (passed) => this.#onFinal.set(this.#key(app, passed), (status) => this.#answer(app, transaction, `${status} Passed`)));
  }
}
