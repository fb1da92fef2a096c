/**
 * drachtio-srf as we use it: only the callback forms, because a BYE may lie in the same TCP segment as the answer that made
 * the dialog, and a listener hung on by a promise would come too late. The library's own typings lack most of this.
 */
import type { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import Srf from 'drachtio-srf';
import type { Wire } from './wire.ts';

export type SipHeaders = Record<string, string>;

export interface SipMessage {
  readonly headers: Readonly<Record<string, string>>;
  /** '' when there is none. */
  readonly body: string;
  get(name: string): string | undefined;
  has(name: string): boolean;
}

export interface SipRequest extends SipMessage {
  readonly method: string;
  readonly uri: string;
  /** Socket address it came from; for a request of ours, where it left. */
  readonly source_address: string;
  readonly source_port: number;
  /** udp, tcp, tls, ws …; '' on some in-dialog requests. */
  readonly protocol: string;
  readonly source: 'network' | 'application';
  /** '' outside dialogs. */
  readonly stackDialogId: string;
  on(event: 'cancel', listener: (cancel: SipMessage) => void): this;
  on(event: 'response', listener: (response: SipResponse) => void): this;
  cancel(options: { headers?: SipHeaders }, done: (error: Error | null) => void): void;
}

export interface SendOptions {
  headers?: SipHeaders;
  body?: string;
}

export interface SipResponse extends SipMessage {
  /** What it answers: of a request of ours, that request as it was sent. */
  readonly req: SipRequest;
  readonly status: number;
  readonly reason: string;
  readonly stackDialogId: string;
  /** '' when the SIP server made the answer itself (time-out, no route). */
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  readonly finalResponseSent: boolean;
  send(status: number, options?: SendOptions, done?: (error: Error | string | null) => void): void;
  send(status: number, reason: string, options?: SendOptions): void;
}

/** What went wrong with an INVITE of ours: `status` when somebody answered, `code` when it could not be sent. */
export interface SipFailure extends Error {
  status?: number;
  code?: string;
  res?: SipResponse;
}

export interface RequestOptions extends SendOptions {
  method: string;
  uri?: string;
  proxy?: string;
  stackDialogId?: string;
}

export interface SipDialog {
  readonly id: string;
  readonly connected: boolean;
  readonly sip: { callId: string; localTag: string; remoteTag: string };
  readonly local: { uri: string; sdp: string; contact?: string };
  readonly remote: { uri: string; sdp: string };
  readonly res: SipResponse;
  on(event: 'destroy', listener: (bye: SipRequest, reason: string) => void): this;
  on(event: 'ack', listener: (ack: SipRequest) => void): this;
  on(event: 'unsubscribe', listener: (req: SipRequest) => void): this;
  on(
    event: 'subscribe' | 'modify' | 'refer' | 'update' | 'info' | 'options' | 'notify' | 'message',
    listener: (req: SipRequest, res: SipResponse) => void,
  ): this;
  destroy(options: { headers?: SipHeaders }, done: (error: Error | null) => void): void;
  request(options: RequestOptions, done: (error: Error | null, res?: SipResponse) => void): void;
}

export interface CallProgress {
  cbRequest: (error: Error | null, request?: SipRequest) => void;
  cbProvisional: (response: SipResponse) => void;
}

/** What of srf's agent has to do with its connection: what `connect` would do with a connection of its own. Held to 5.0.29 (package.json). */
interface Inside {
  client: unknown;
  _init(): { secret: string; tags: readonly string[]; wp: Wire; _onConnect(socket: Socket): void; _onMsg(socket: Socket, text: string): void };
}

export interface SipAgent extends EventEmitter {
  /** For `wired` alone. */
  readonly app: Inside;
  use(method: string, handler: (req: SipRequest, res: SipResponse) => void): void;
  createUAS(
    req: SipRequest,
    res: SipResponse,
    options: { localSdp?: string; headers?: SipHeaders },
    done: (error: Error | null, dialog?: SipDialog) => void,
  ): void;
  createUAC(
    uri: string,
    options: { headers: SipHeaders; localSdp: string; proxy?: string },
    progress: CallProgress,
    done: (error: SipFailure | null, dialog?: SipDialog) => void,
  ): void;
  request(options: RequestOptions, done: (error: Error | null, request?: SipRequest) => void): void;
  addDialog(dialog: SipDialog): void;
}

// The typings name other shapes for the same methods (a request's options as a received request, for one), so they cannot be narrowed to ours.
export const newSipAgent = (): SipAgent => new Srf() as unknown as SipAgent;

/** A dialog that stood before this run of ours began, as our SIP server tells of it. */
export interface KeptDialog {
  id: string;
  /** `uas`: the peer called. */
  role: 'uac' | 'uas';
  callId: string;
  localTag: string;
  remoteTag: string;
  /** Our Contact, whole. */
  contact: string;
  /** The peer's: a URI. */
  target: string;
  localSdp: string;
  remoteSdp: string;
}

export interface Wired {
  /** Where its messages go. */
  hear(text: string): void;
  /** The dialog again, as if it had been made by this agent. */
  revive(kept: KeptDialog): SipDialog;
}

/**
 * Has the agent speak over this wire, which is up. A connection that srf makes itself is another with each reconnect, and the calls
 * over the one before are lost to it; over TLS it is even dialled again in clear.
 */
export function wired(agent: SipAgent, wire: Wire, { secret, tags }: { secret: string; tags: readonly string[] }): Wired {
  const { app } = agent;
  const client = app._init();
  app.client = client;
  Object.assign(client, { secret, tags, wp: wire });
  // Never connected: it only stands for the one connection that srf believes in.
  const key = new Socket();
  client._onConnect(key);
  return {
    hear: (text) => client._onMsg(key, text),
    revive(kept) {
      const dialog = dialogOf(agent, client, key, kept);
      agent.addDialog(dialog);
      return dialog;
    },
  };
}

/** What srf's Dialog reads of the messages that made it (5.0.29, `lib/dialog.js`). */
type Maker = new (agent: SipAgent, role: 'uac' | 'uas', messages: { req: object; res: object; sent?: object }) => SipDialog;

function dialogOf(agent: SipAgent, client: unknown, socket: Socket, kept: KeptDialog): SipDialog {
  const { id, role, callId, localTag, remoteTag, contact, target, localSdp, remoteSdp } = kept;
  const message = (tag: string, whole: string, uri: string, body: string): object => ({
    ...{ method: 'INVITE', uri: target, body, socket, agent: client, stackDialogId: id },
    get: (name: string) => ({ 'call-id': callId, contact: whole })[name.toLowerCase()],
    getParsedHeader: (name: string) => (name.toLowerCase() === 'contact' ? [{ uri }] : { params: { tag } }),
  });
  const ours = message(localTag, contact, /<([^>]*)>/.exec(contact)?.[1] ?? contact, localSdp);
  const theirs = message(remoteTag, `<${target}>`, target, remoteSdp);
  // The typings have no constructor: dialogs are srf's to make.
  const made: unknown = Srf.Dialog;
  const Dialog = made as Maker;
  return role === 'uas' ? new Dialog(agent, role, { req: theirs, res: ours, sent: ours }) : new Dialog(agent, role, { req: ours, res: theirs });
}

/**
 * Several headers of one name: srf joins values with commas, which RFC 3261 §7.3.1 forbids for challenges. The value is written
 * into the message as it stands, so that a line end in it begins the next header line.
 */
export const headerLines = (name: string, values: readonly string[]): SipHeaders => ({ [name]: values.join(`\r\n${name}: `) });

/** BYE to a phone of ours; that it cannot be delivered changes nothing for us. To trunks, which may challenge it: `trunk/inside.ts`. */
export function hangUp(dialog: SipDialog, reason: string): void {
  if (dialog.connected) dialog.destroy({ headers: { Reason: reason } }, () => undefined);
}
