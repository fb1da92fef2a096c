import { partOfType } from '../../kernel/multipart.ts';
import type { Answer } from '../dialog/answer.ts';
import { type Dialog, dialogId, dialogKey } from '../dialog/dialog.ts';
import type { ReliableHeard, ReliableResponses } from '../dialog/reliable.ts';
import type { SessionInterval } from '../dialog/session.ts';
import { PendingPerSource } from '../guard/pending.ts';
import { type Request, type Response, tagOf } from '../message/message.ts';
import { parseCSeq } from '../message/values.ts';
import { topVia } from '../message/via.ts';
import type { Sending } from '../transaction/attempts.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { Source } from '../transport/network.ts';

/** A connected application as the agent sees it. */
export interface Application {
  /** Hands it a frame. False when it cannot take more: it does not read what it is sent. */
  deliver(frame: Buffer): void;
  /** Nobody yet: asks around who takes a new request. */
  decide?(incoming: Incoming): void;
  /** It reads too slowly to be given new work. */
  readonly isBusy: boolean;
  /** Its connection is lost, but it may come back: what it is told is kept. */
  readonly isAway: boolean;
  /** Its connection is gone; what it owned has been released. */
  readonly isGone: boolean;
  /** What it called itself by when it authenticated. */
  readonly tags: ReadonlySet<string>;
  readonly owned: Owned;
}

/** What ends when the application goes. */
interface Owned {
  incoming: Set<Incoming>;
  outgoing: Set<Outgoing>;
  legs: Set<Leg>;
}
export const ownsNothing = (): Owned => ({ incoming: new Set(), outgoing: new Set(), legs: new Set() });

/** A dialog with what is going on in it. */
export interface Leg {
  readonly dialog: Dialog;
  readonly app: Application;
  /** Where its peer spoke from when it was made: whoever speaks from elsewhere must be known. */
  readonly addresses: readonly string[];
  /** Our 2xx that waits for its ACK. */
  answer: Answer | undefined;
  /** Sent as soon as the ACK of our 2xx came: RFC 3261 §15 allows the callee no BYE before. */
  afterAck: (() => void)[];
  /** Our reliable provisional responses to the peer's newest INVITE. */
  reliable: ReliableResponses | undefined;
  /** Those of the peer to our newest INVITE. */
  heard: ReliableHeard | undefined;
  /** Our request that opened it. */
  readonly opening: Outgoing | undefined;
  /** The peer's INVITE inside (or, early, of) this dialog that has no final response yet. */
  inviteIn: Incoming | undefined;
  /** Our INVITE inside this dialog that has no final response yet. */
  inviteOut: Outgoing | undefined;
  /** The peer's UPDATE that has no final response yet. */
  updateIn: Incoming | undefined;
  /** Our UPDATE with an offer that has no final response yet. */
  updateOut: Outgoing | undefined;
  /** A PRACK has passed: applications know the dialog though it is early. */
  isKnown: boolean;
  /** The session timer. */
  session: { interval: SessionInterval; readonly endsAt: number; cancel: () => void } | undefined;
  /** Our own refresh of the session, of which the application knows nothing, is under way; what it asks for meanwhile waits. */
  isRefreshing: boolean;
  afterRefresh: (() => void)[];
  /** A subscription's end, when nobody refreshes it. */
  cancelExpiry: () => void;
  /** The session description that we gave last. */
  localSdp: Buffer | undefined;
  /** The one that the peer gave last. */
  remoteSdp: Buffer | undefined;
  /** The peer's Allow names UPDATE. */
  peerUpdates: boolean;
  /** Our own BYE was challenged: one of the application, with credentials, is still carried out. */
  awaitsBye: boolean;
  /** Our INVITE that was answered 2xx, with the ACK once it was sent. */
  answered: { request: Request; ack: (() => void) | undefined } | undefined;
}

export const newLeg = (dialog: Dialog, app: Application, addresses: readonly string[], opening?: Outgoing): Leg => ({
  dialog,
  app,
  addresses,
  reliable: undefined,
  heard: undefined,
  opening,
  answer: undefined,
  afterAck: [],
  inviteIn: undefined,
  inviteOut: undefined,
  updateIn: undefined,
  updateOut: undefined,
  cancelExpiry: () => undefined,
  isKnown: false,
  session: undefined,
  isRefreshing: false,
  afterRefresh: [],
  localSdp: undefined,
  remoteSdp: undefined,
  peerUpdates: false,
  awaitsBye: false,
  answered: undefined,
});

/** What a peer's Allow says of it, and its session description. */
export function notePeer(leg: Leg, message: Request | Response): void {
  const { headers } = message;
  if (headers.has('allow')) leg.peerUpdates = headers.list('allow').some((method) => method.trim() === 'UPDATE');
  leg.remoteSdp = descriptionIn(message) ?? leg.remoteSdp;
}
/** A session description of ours that took effect. */
export function noteOurs(leg: Leg, message: Request | Response): void {
  leg.localSdp = descriptionIn(message) ?? leg.localSdp;
}

/** Copied: a body is a piece of what came with it. */
function descriptionIn({ headers, body }: Request | Response): Buffer | undefined {
  if (body.length === 0) return undefined;
  const type = headers.get('content-type') ?? '';
  if (/^application\/sdp\b/i.test(type)) return Buffer.from(body);
  const part = /^multipart\//i.test(type) ? partOfType(body.toString('latin1'), type, 'application/sdp') : undefined;
  return part === undefined ? undefined : Buffer.from(part, 'latin1');
}

/** A call that is up, as an application that was started anew is told of it. */
export interface KeptDialog {
  id: string;
  role: 'uac' | 'uas';
  callId: string;
  localTag: string;
  remoteTag: string;
  /** Our Contact, whole. */
  contact: string;
  /** The remote target: a URI. */
  target: string;
  /** The session descriptions given last; empty = there was none. */
  localSdp: string;
  remoteSdp: string;
}

export function keptDialogs(app: Application): KeptDialog[] {
  const legs = [...app.owned.legs].filter(({ dialog }) => dialog.method === 'INVITE' && dialog.state === 'confirmed');
  return legs.map(({ dialog: { id, role, callId, localTag, remoteTag, contact, target }, localSdp, remoteSdp }) => ({
    ...{ id, role, callId, localTag, remoteTag, contact, target },
    localSdp: localSdp?.toString('utf8') ?? '',
    remoteSdp: remoteSdp?.toString('utf8') ?? '',
  }));
}

/** A peer's request that an application was given and has not finally answered. */
export interface Incoming {
  readonly id: string;
  /** The transaction id that the application was told. */
  readonly toldAs: string;
  readonly request: Request;
  readonly source: Source;
  readonly transaction: ServerTransaction;
  app: Application;
  readonly isInside: boolean;
  leg: Leg | undefined;
  /** Our tag in its To. */
  localTag: string;
  /** The deadline for an application that says nothing. */
  cancelSilence: () => void;
  /** The application's 2xx that waits for the PRACK of a session description. */
  held: Response | undefined;
}

/** An application's request under way. */
export interface Outgoing {
  readonly id: string;
  readonly app: Application;
  readonly transaction: Sending;
  /** The dialog it was sent in. */
  readonly inside: Leg | undefined;
  /** The dialogs it opened, by the peer's tag. */
  readonly forks: Map<string, Leg>;
  /** The fork that was answered first. */
  winner: Leg | undefined;
  state: 'calling' | 'proceeding' | 'final';
  /** `held`: nothing provisional was heard yet, RFC 3261 §9.1 lets no CANCEL go. */
  cancel: undefined | { state: 'held'; send: () => void } | { state: 'sent' };
  cancelGiveUp: () => void;
}

/** Everything under way, by each name it is looked up with. */
export class Ledger {
  readonly incoming = new Map<string, Incoming>();
  readonly outgoing = new Map<string, Outgoing>();
  /** SUBSCRIBEs outside dialogs by the dialog id they will have: RFC 6665 §4.4.1 lets the first NOTIFY overtake their answer. */
  readonly subscribing = new Map<string, Outgoing>();
  /** UPDATEs told with the transaction id of their INVITE, by that id. */
  readonly updates = new Map<string, Incoming>();
  readonly pending = new PendingPerSource();
  readonly #byTransaction = new Map<ServerTransaction, Incoming>();
  readonly #byId = new Map<string, Leg>();
  readonly #byKey = new Map<string, Leg>();
  /** New requests by Call-ID, From tag and CSeq: RFC 3261 §8.2.2.2. */
  readonly merged = new Map<string, ServerTransaction>();

  /** Dialogs and calls under way: what a graceful stop waits for. */
  get calls(): number {
    return this.#byKey.size + this.incoming.size + this.outgoing.size;
  }
  get dialogs(): number {
    return this.#byKey.size;
  }
  get legs(): Iterable<Leg> {
    return this.#byKey.values();
  }

  addLeg(leg: Leg): void {
    this.#byId.set(leg.dialog.id, leg);
    this.#byKey.set(keyOf(leg.dialog), leg);
    leg.app.owned.legs.add(leg);
  }
  /** The leg that an application means; of several forks the newest, or the one that was answered. */
  legOf(id: string): Leg | undefined {
    return this.#byId.get(id);
  }
  legFor(callId: string, localTag: string, remoteTag: string): Leg | undefined {
    return this.#byKey.get(dialogKey(callId, localTag, remoteTag));
  }
  holds(leg: Leg): boolean {
    return this.#byKey.get(keyOf(leg.dialog)) === leg;
  }
  prefer(leg: Leg): void {
    this.#byId.set(leg.dialog.id, leg);
  }
  /** Its application has done with it; the peer may still speak of it (its own BYE on the way). */
  retireLeg(leg: Leg): void {
    leg.answer?.stop();
    leg.answer = undefined;
    leg.reliable?.stop();
    leg.session?.cancel();
    leg.cancelExpiry();
    leg.session = undefined;
    if (this.#byId.get(leg.dialog.id) === leg) this.#byId.delete(leg.dialog.id);
    leg.app.owned.legs.delete(leg);
  }
  removeLeg(leg: Leg): void {
    this.retireLeg(leg);
    const key = keyOf(leg.dialog);
    if (this.#byKey.get(key) === leg) this.#byKey.delete(key);
  }

  addIncoming(incoming: Incoming): void {
    this.incoming.set(incoming.id, incoming);
    this.#byTransaction.set(incoming.transaction, incoming);
    this.pending.enter(incoming.source.address);
    incoming.app.owned.incoming.add(incoming);
  }
  /** Another application answers it from here on. */
  assign(incoming: Incoming, app: Application): void {
    incoming.app.owned.incoming.delete(incoming);
    incoming.app = app;
    app.owned.incoming.add(incoming);
  }
  incomingOf(transaction: ServerTransaction): Incoming | undefined {
    return this.#byTransaction.get(transaction);
  }
  /** It has its final response, or the peer gave up. */
  removeIncoming(incoming: Incoming): void {
    incoming.cancelSilence();
    if (this.incoming.delete(incoming.id)) this.pending.leave(incoming.source.address);
    this.#byTransaction.delete(incoming.transaction);
    incoming.app.owned.incoming.delete(incoming);
    if (this.updates.get(incoming.toldAs) === incoming) this.updates.delete(incoming.toldAs);
    if (incoming.leg?.inviteIn === incoming) incoming.leg.inviteIn = undefined;
    if (incoming.leg?.updateIn === incoming) incoming.leg.updateIn = undefined;
  }

  addOutgoing(outgoing: Outgoing): void {
    this.outgoing.set(outgoing.id, outgoing);
    outgoing.app.owned.outgoing.add(outgoing);
    if (outgoing.inside === undefined && outgoing.transaction.request.method === 'SUBSCRIBE') this.subscribing.set(openingId(outgoing), outgoing);
  }
  /** Its final response was told. */
  removeOutgoing(outgoing: Outgoing): void {
    outgoing.state = 'final';
    outgoing.cancelGiveUp();
    this.outgoing.delete(outgoing.id);
    outgoing.app.owned.outgoing.delete(outgoing);
    if (this.subscribing.size > 0) this.subscribing.delete(openingId(outgoing));
    if (outgoing.inside?.inviteOut === outgoing) outgoing.inside.inviteOut = undefined;
    if (outgoing.inside?.updateOut === outgoing) outgoing.inside.updateOut = undefined;
  }
}

/** The id of the dialog that a request of ours opens. */
export const openingId = ({ transaction: { request } }: Outgoing): string =>
  dialogId(request.headers.get('call-id') ?? '', tagOf(request.headers.get('from') ?? '') ?? '');

const keyOf = ({ callId, localTag, remoteTag }: Dialog): string => dialogKey(callId, localTag, remoteTag);

/** What two requests share that are one, merged on its way through two proxies. */
export const mergeKey = ({ headers }: Request): string => `${headers.get('call-id')}|${tagOf(headers.get('from') ?? '')}|${headers.get('cseq')}`;

/**
 * The INVITE that a CANCEL or an ACK speaks of though its topmost Via does not say so: a caller behind NAT that has learnt another address of its own
 * writes that one in the sent-by. The branch, the Call-ID, the From tag and the sequence number must all be the same.
 */
export function inviteBehindNat(ledger: Ledger, request: Request): ServerTransaction | undefined {
  const { headers } = request;
  const branch = topVia(headers).params.get('branch')?.toLowerCase() ?? '';
  const { number } = parseCSeq(headers.get('cseq') ?? '');
  const found = ledger.merged.get(`${headers.get('call-id')}|${tagOf(headers.get('from') ?? '')}|${number} INVITE`);
  return found?.key.startsWith(`${branch}|`) === true ? found : undefined;
}
