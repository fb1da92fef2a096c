/** The lines of the control protocol: `uuid|verb|token|…`, then, behind a CRLF, a SIP message. */
import { newUuid } from '../../kernel/ids.ts';
import type { Hop } from '../transport/hop.ts';

/** A frame of an application, cut up. */
export interface Frame {
  id: string;
  verb: string;
  /** What follows the verb. */
  tokens: string[];
  /** The SIP text; empty when there is none. */
  text: string;
}

export function parseFrame(text: string): Frame {
  const end = text.indexOf('\r\n');
  const [id = '', verb = '', ...tokens] = (end < 0 ? text : text.slice(0, end)).split('|');
  return { id, verb, tokens, text: end < 0 ? '' : text.slice(end + 2) };
}

/** The newest second, written once for all frames in it. */
let second = -1;
let secondText = '';

/** `HH:MM:SS.uuuuuu`, UTC. */
function timeOfDay(now: number): string {
  const whole = Math.floor(now / 1_000);
  if (whole !== second) {
    second = whole;
    secondText = new Date(whole * 1_000).toISOString().slice(11, 19);
  }
  // With a 1 before them, so that zeros in front are kept.
  const micros = 1_000_000 + Math.floor((now - whole * 1_000) * 1_000);
  return `${secondText}.${String(micros).slice(1)}`;
}

const BREAKS_LINE = /[|\r\n]/;

/** Length, `#`, the meta line and the message, as one piece. A "|", CR or LF in a token would break the line: they become spaces. */
export function frame(tokens: readonly (string | number)[], message?: Buffer): Buffer {
  let line = newUuid();
  for (const token of tokens) line += typeof token === 'string' && BREAKS_LINE.test(token) ? `|${token.replace(/[|\r\n]/g, ' ')}` : `|${token}`;
  if (message === undefined) return Buffer.from(`${Buffer.byteLength(line)}#${line}`, 'utf8');
  line += '\r\n';
  const lineBytes = Buffer.byteLength(line);
  const head = `${lineBytes + message.length}#`;
  const whole = Buffer.allocUnsafe(head.length + lineBytes + message.length);
  whole.write(head, 0, 'latin1');
  whole.write(line, head.length, 'utf8');
  message.copy(whole, head.length + lineBytes);
  return whole;
}

/** How a message travelled, as events and echoes tell it. */
export interface Trip {
  source: 'network' | 'application';
  bytes: number;
  /** The far end, or our own side for a request that we sent. */
  at: Pick<Hop, 'address' | 'port'> & { protocol: string };
  time: number;
}

const tripTokens = ({ source, bytes, at, time }: Trip): (string | number)[] => [source, bytes, at.protocol, at.address, at.port, timeOfDay(time)];

/** A request or response of the network, or one that this server sent by itself. `dialog` is empty outside dialogs. */
export const sipEvent = (trip: Trip, transaction: string, dialog: string, message: Buffer): Buffer =>
  frame(['sip', ...tripTokens(trip), transaction, dialog, ''], message);

/** A new request outside any dialog, with our address it came to. */
export const newRequestEvent = (trip: Trip, transaction: string, local: { address: string; port: number }, message: Buffer): Buffer =>
  frame(['sip', ...tripTokens(trip), transaction, '', local.address, local.port, ''], message);

/** `what` is the role of a start, the reason of a stop. */
export const cdrEvent = (verb: string, source: string, time: number, what: string | undefined, message: Buffer): Buffer =>
  frame(what === undefined ? [verb, source, timeOfDay(time)] : [verb, source, timeOfDay(time), what], message);

export const requestSent = (to: string, trip: Trip, transaction: string, message: Buffer): Buffer =>
  frame(['response', to, 'OK', ...tripTokens(trip), transaction, 'Msg sent:', ''], message);

export const responseSent = (to: string, trip: Trip, transaction: string, dialog: string, message: Buffer): Buffer =>
  frame(['response', to, 'OK', ...tripTokens(trip), transaction, dialog, '', 'Msg sent:', ''], message);

/** A final response of a target of a proxied request; more of them follow. `from` is undefined when no peer sent it. */
export const proxyAnswer = (to: string, trip: Trip, message: Buffer): Buffer => frame(['response', to, 'OK', ...tripTokens(trip), '', '', 'continue'], message);

export const fine = (to: string, ...tokens: string[]): Buffer => frame(['response', to, 'OK', ...tokens]);
/** One of the calls that are up, for who asked which there are; JSON. */
export const dialogKept = (to: string, kept: object): Buffer => frame(['dialog', to], Buffer.from(JSON.stringify(kept), 'utf8'));
/** The stack refuses; the connection goes on. */
export const refused = (to: string, reason: string): Buffer => frame(['response', to, 'NOK', reason]);
/** Refused at the door; the connection is closed behind it. */
export const dismissed = (to: string, reason: string): Buffer => frame(['response', to, 'NO', reason]);
