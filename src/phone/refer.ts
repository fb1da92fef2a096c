/**
 * Transfer asked for by a phone (REFER, RFC 3515): 202, NOTIFYs with a sipfrag, and the wish as an event with its target looked up: blind,
 * or with Replaces, which names another leg of hers (RFC 5589). Only agents' phones may: a REFER from outside could make us call, and pay
 * for, anything (faults H3).
 */
import type { TenantId } from '../../kernel/ids.ts';
import { queueIdOf } from '../../kernel/ids.ts';
import type { CallEvent, TransferTarget } from '../call/event.ts';
import type { Directory } from '../tenants/directory.ts';
import { parseNameAddress, parseSipUri } from './address.ts';
import { legOf, type Replaces, replacesOfUri } from './replaces.ts';
import { type DialogLeg, guarded, type Rim } from './rim.ts';
import type { SipDialog, SipRequest, SipResponse } from './srf.ts';
import { askInside } from './trunk/inside.ts';

/** What a Refer-To leads to, or the final status that says why not. */
export type Referred = { target: TransferTarget } | { status: Refusal };
type Refusal = 400 | 404 | 416 | 603;

/** Reason phrases of the failures a sipfrag may tell (RFC 3261 §21). */
const reasons: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  404: 'Not Found',
  480: 'Temporarily Unavailable',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  500: 'Server Internal Error',
  503: 'Service Unavailable',
};

/** A wish that came to nothing for so long is told off. */
const OUTCOME_WITHIN_MS = 30_000;
const DIALLABLE = /^\+?[0-9*#]{2,20}$/;

/** An agent's number, a queue by name or a number to dial. */
export function referredTo(header: string, tenantId: TenantId, directory: Directory, isOurs: (host: string) => boolean): Referred {
  const address = parseNameAddress(header);
  if (address === null) return { status: 400 };
  const uri = parseSipUri(address.uri);
  if (uri === null) return { status: /^sips?:/i.test(address.uri) ? 400 : 416 };
  const method = uri.params.get('method')?.toUpperCase() ?? 'INVITE';
  if (method !== 'INVITE') return { status: 603 };
  // Whoever has that number elsewhere is not the one that has it here.
  if (!isOurs(uri.host)) return { status: 404 };
  const agent = directory.agentByNumber(tenantId, uri.user);
  if (agent !== null) return { target: { kind: 'agent', agentId: agent.agentId } };
  const queue = directory.queue(queueIdOf(tenantId, uri.user));
  if (queue !== null) return { target: { kind: 'queue', queueId: queue.queueId } };
  return DIALLABLE.test(uri.user) ? { target: { kind: 'number', number: uri.user } } : { status: 404 };
}

export class Referral {
  readonly #rim: Rim;
  readonly #leg: DialogLeg;
  readonly #dialog: SipDialog;
  /** The subscription a REFER made, while its end was not told. */
  #open: { event: string; stopTimer: () => void } | null = null;

  constructor(rim: Rim, leg: DialogLeg, dialog: SipDialog) {
    this.#rim = rim;
    this.#leg = leg;
    this.#dialog = dialog;
    dialog.on(
      'refer',
      guarded(rim, leg, (req: SipRequest, res: SipResponse) => this.#asked(req, res)),
    );
  }

  /** The caller is where she was to go. */
  succeeded(): void {
    this.#finish('200 OK');
  }

  /** Nobody took her over; the call is as it was. */
  failed(status: number): void {
    this.#finish(`${status} ${reasons[status] ?? 'Declined'}`);
  }

  /** The leg is gone: nothing more is told. */
  stop(): void {
    this.#open?.stopTimer();
    this.#open = null;
  }

  #asked(req: SipRequest, res: SipResponse): void {
    const { owner } = this.#leg;
    const tenantId = owner.is === 'agent' ? this.#rim.directory.agent(owner.agentId)?.tenantId : undefined;
    if (tenantId === undefined) {
      res.send(603);
      return;
    }
    if (this.#open !== null) {
      res.send(491);
      return;
    }
    const header = req.get('Refer-To');
    const wish = header === undefined ? ({ status: 400 } as const) : this.#wishOf(header, tenantId);
    if ('status' in wish) {
      res.send(wish.status);
      return;
    }
    // RFC 4488 §4: "Refer-Sub: false" asks for no implicit subscription.
    const silent = /^\s*false/i.test(req.get('Refer-Sub') ?? '');
    res.send(202, silent ? { headers: { 'Refer-Sub': 'false' } } : {});
    if (!silent) this.#subscribe(req);
    this.#rim.take(wish.event);
  }

  #wishOf(header: string, tenantId: TenantId): { event: CallEvent } | { status: Refusal } {
    const { callId, legId } = this.#leg;
    const replaces = replacesOfUri(parseNameAddress(header)?.uri ?? '');
    if (replaces === undefined) {
      const referred = referredTo(header, tenantId, this.#rim.directory, this.#rim.isOurs);
      return 'status' in referred ? referred : { event: { type: 'transferAsked', callId, legId, target: referred.target } };
    }
    const consult = replaces === null ? null : this.#consultOf(replaces);
    if (consult === null) return { status: replaces === null ? 400 : 603 };
    return { event: { type: 'attendedTransferAsked', callId, legId, consult: { callId: consult.callId, legId: consult.legId } } };
  }

  /** Another leg of the same agent, in another call, that can be joined with this one's party (faults B17: else the call stays as it is). */
  #consultOf(replaces: Replaces): DialogLeg | null {
    const { legs, calls } = this.#rim;
    const leg = legOf(legs, replaces)?.leg;
    const [mine, theirs] = [this.#leg.owner, leg?.owner];
    if (leg === undefined || leg.ended || mine.is !== 'agent' || theirs?.is !== 'agent' || mine.agentId !== theirs.agentId) return null;
    const joinable = leg.callId !== this.#leg.callId && leg.mediaGroup === this.#leg.mediaGroup;
    return joinable && calls.get(this.#leg.callId)?.joined?.includes(this.#leg.legId) === true ? leg : null;
  }

  #subscribe(req: SipRequest): void {
    // RFC 3515 §2.4.6: each REFER's subscription is told apart by the "id" of its CSeq number.
    const event = `refer;id=${Number.parseInt(req.get('CSeq') ?? '0', 10)}`;
    const tooLate = guarded(this.#rim, this.#leg, () => this.#finish('503 Service Unavailable'));
    this.#open = { event, stopTimer: this.#rim.clock.after(OUTCOME_WITHIN_MS, tooLate) };
    this.#notify(event, 'active;expires=60', '100 Trying');
  }

  #finish(status: string): void {
    if (this.#open === null) return;
    const { event } = this.#open;
    this.stop();
    this.#notify(event, 'terminated;reason=noresource', status);
  }

  #notify(event: string, state: string, status: string): void {
    if (!this.#dialog.connected) return;
    const headers = { Event: event, 'Subscription-State': state, 'Content-Type': 'message/sipfrag;version=2.0' };
    const line = this.#rim.trunks.lineOf(this.#leg.legId);
    askInside(this.#rim, line, this.#dialog, { method: 'NOTIFY', headers, body: `SIP/2.0 ${status}\r\n` });
  }
}
