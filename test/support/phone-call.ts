/** One call of a test phone: its dialog (RFC 3261 §12), its RTP, and promises for what happens to it. */
import { systemClock, within } from '../../kernel/clock.ts';
import { randomToken } from '../../kernel/ids.ts';
import { newRequest, type Request, type Response, responseTo, tagOf } from '../../sip/message/message.ts';
import { EVENTS, type RtpStream } from './rtp.ts';
import type { SipSocket } from './sip-socket.ts';

export interface CallEnd {
  by: 'us' | 'them';
  /** Final status of a call that never stood. */
  status: number | null;
  /** Reason header of the BYE, CANCEL or final answer. */
  reason: string | null;
}

type Headers = (readonly [string, string])[];
/** Answers a challenge: headers to add to the request sent again, or null. */
export type Respond = (request: Request, challenge: Response) => Headers | null;
type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

const PATIENCE_MS = 10_000;

export interface CallParts {
  sip: SipSocket;
  rtp: RtpStream;
  respond: Respond;
  /** `sip:8001@127.0.0.1:5070` */
  contact: string;
  onEnd: () => void;
}

export class PhoneCall {
  readonly rtp: RtpStream;
  readonly callId: string;
  readonly #parts: CallParts;
  readonly #localTag = randomToken(8);
  readonly #answered = new Latch<void>();
  readonly #ringback = new Latch<void>();
  readonly #ended = new Latch<CallEnd>();
  readonly #notified: string[] = [];
  readonly #transferDone = new Latch<void>();
  #local: string;
  #remote: string;
  #target: string;
  /** To tag of the last 18x. */
  #earlyTag = '';
  #routes: string[] = [];
  #cseq = 1;
  #invite: Request;
  #sdpVersion = 1;
  /** The INVITE that rang us; null for a call of ours. */
  readonly incoming: Request | null;
  #state: 'trying' | 'up' | 'ended' = 'trying';

  private constructor(parts: CallParts, invite: Request, incoming: boolean) {
    this.#parts = parts;
    this.rtp = parts.rtp;
    this.#invite = invite;
    this.incoming = incoming ? invite : null;
    this.callId = invite.headers.get('call-id') ?? '';
    const from = invite.headers.get('from') ?? '';
    const to = invite.headers.get('to') ?? '';
    this.#local = incoming ? `${to};tag=${this.#localTag}` : from;
    this.#remote = incoming ? from : to;
    this.#target = incoming ? uriIn(invite.headers.get('contact') ?? '') : invite.uri;
    if (incoming) this.#routes = invite.headers.list('record-route');
  }

  /** `from` and `to` are header values. */
  static dial(parts: CallParts, uri: string, from: string, headers: Headers, withSdp = true): PhoneCall {
    const invite = newRequest('INVITE', uri, [
      ['From', `${from};tag=${randomToken(8)}`],
      ['To', `<${uri}>`],
      ['Call-ID', randomToken(12)],
      ['CSeq', '1 INVITE'],
      ...headers,
    ]);
    const call = new PhoneCall(parts, invite, false);
    call.#complete(invite, withSdp ? call.#sdp('sendrecv') : '');
    void call.#dialled(invite, true);
    return call;
  }

  static ring(parts: CallParts, invite: Request, headers: Headers = []): PhoneCall {
    const call = new PhoneCall(parts, invite, true);
    call.#reply(invite, 180, '', headers);
    return call;
  }

  get state(): 'trying' | 'up' | 'ended' {
    return this.#state;
  }

  /** The dialog as this phone would write it into a Replaces for the other end. */
  get names(): { callId: string; toTag: string; fromTag: string } {
    return { callId: this.callId, toTag: tagOf(this.#remote) ?? this.#earlyTag, fromTag: tagOf(this.#local) ?? '' };
  }

  /** `8001` of the From, for who looks at who called. */
  get caller(): string {
    return /sips?:([^@;>]*)/.exec(this.#remote)?.[1] ?? '';
  }

  /** Resolves when the call stands; rejects when it ends first. */
  answered(withinMs = PATIENCE_MS): Promise<void> {
    return this.#wait(this.#answered.promise, withinMs, 'not answered', true);
  }

  /** A 18x came. */
  ringback(withinMs = PATIENCE_MS): Promise<void> {
    return this.#wait(this.#ringback.promise, withinMs, 'no 18x', true);
  }

  ended(withinMs = PATIENCE_MS): Promise<CallEnd> {
    return this.#wait(this.#ended.promise, withinMs, 'not ended', false);
  }

  /** Goes off-hook. */
  answer(): void {
    if (this.incoming === null || this.#state !== 'trying') return;
    this.#state = 'up';
    this.#reply(this.incoming, 200, this.#sdp('sendrecv'));
    this.#hearSdp(this.incoming.body.toString());
    this.#answered.open();
  }

  reject(status = 486): void {
    if (this.incoming === null || this.#state !== 'trying') return;
    this.#reply(this.incoming, status);
    this.#end({ by: 'us', status, reason: null });
  }

  /** BYE (with these headers), CANCEL or refusal, as the state asks for; resolves when it is over. */
  async hangUp(headers: Headers = []): Promise<void> {
    if (this.#state === 'ended') return;
    if (this.#state === 'up') {
      this.#end({ by: 'us', status: null, reason: null });
      await this.#inDialog('BYE', headers, '');
    } else if (this.incoming !== null) this.reject(603);
    else {
      await this.#parts.sip.cancel(this.#invite);
      await this.ended();
    }
  }

  /** A key by SIP INFO; returns the status. */
  async pressBySignalling(key: string): Promise<number> {
    const body = `Signal=${key}\r\nDuration=100\r\n`;
    this.#cseq += 1;
    const request = newRequest('INFO', this.#target, this.#dialogHeaders('INFO', this.#cseq, []));
    this.#complete(request, '');
    request.headers.add('Content-Type', 'application/dtmf-relay');
    request.body = Buffer.from(body);
    return (await this.#parts.sip.request(request)).status;
  }

  /** Returns the status of the re-INVITE. */
  hold(): Promise<number> {
    return this.#reinvite('sendonly');
  }

  retrieve(): Promise<number> {
    return this.#reinvite('sendrecv');
  }

  /** Blind transfer; resolves with the status of the REFER. `transferred` tells how it went on. */
  async refer(uri: string): Promise<number> {
    const response = await this.#inDialog('REFER', [['Refer-To', `<${uri}>`]], '');
    return response.status;
  }

  /** The sipfrags of all NOTIFYs, when the last has come. */
  async transferred(withinMs = PATIENCE_MS): Promise<string[]> {
    await this.#wait(this.#transferDone.promise, withinMs, 'no final NOTIFY', false);
    return this.#notified;
  }

  /** A request of the other side within this call. */
  handle(request: Request): void {
    const { method } = request;
    if (method === 'BYE') {
      this.#reply(request, 200);
      this.#end({ by: 'them', status: null, reason: request.headers.get('reason') ?? null });
    } else if (method === 'CANCEL') this.#cancelled(request);
    else if (method === 'INVITE') this.#reinvited(request);
    else if (method === 'NOTIFY') this.#notify(request);
    else if (method === 'ACK') this.#hearSdp(request.body.toString());
    else this.#reply(request, 200);
  }

  #cancelled(request: Request): void {
    this.#reply(request, 200);
    if (this.#state !== 'trying' || this.incoming === null) return;
    this.#reply(this.incoming, 487);
    this.#end({ by: 'them', status: 487, reason: request.headers.get('reason') ?? null });
  }

  #reinvited(request: Request): void {
    this.#target = uriIn(request.headers.get('contact') ?? '') || this.#target;
    this.#reply(request, 200, this.#sdp('sendrecv'));
    this.#hearSdp(request.body.toString());
  }

  #notify(request: Request): void {
    this.#reply(request, 200);
    const event = request.headers.get('event') ?? '';
    if (/^talk/i.test(event) && this.#state === 'up') void this.retrieve();
    else if (/^talk/i.test(event)) this.answer();
    if (/^hold/i.test(event)) void this.hold();
    if (!/^refer/i.test(request.headers.get('event') ?? '')) return;
    this.#notified.push(request.body.toString().trim());
    if (/^terminated/i.test(request.headers.get('subscription-state') ?? '')) this.#transferDone.open();
  }

  async #dialled(invite: Request, mayRetry: boolean): Promise<void> {
    this.#invite = invite;
    const response = await this.#parts.sip.request(invite, (provisional) => {
      this.#earlyTag = tagOf(provisional.headers.get('to') ?? '') ?? this.#earlyTag;
      if (provisional.status >= 180) this.#ringback.open();
    });
    if (response.status === 401 || response.status === 407) {
      const credentials = mayRetry ? this.#parts.respond(invite, response) : null;
      if (credentials !== null) return this.#dialled(this.#again(invite, credentials), false);
    }
    if (response.status >= 300)
      return this.#end({ by: this.#state === 'ended' ? 'us' : 'them', status: response.status, reason: response.headers.get('reason') ?? null });
    this.#established(invite, response);
  }

  #again(invite: Request, credentials: Headers): Request {
    this.#cseq += 1;
    const kept = [...invite.headers].filter(({ key }) => key !== 'via' && key !== 'cseq').map(({ name, value }) => [name, value] as const);
    return newRequest('INVITE', invite.uri, [...kept, ['CSeq', `${this.#cseq} INVITE`], ...credentials], invite.body);
  }

  #established(invite: Request, response: Response): void {
    this.#remote = response.headers.get('to') ?? this.#remote;
    this.#target = uriIn(response.headers.get('contact') ?? '') || this.#target;
    this.#routes = response.headers.list('record-route').toReversed();
    const late = invite.body.length === 0 ? this.#sdp('sendrecv') : '';
    this.#acknowledge(this.#cseq, late);
    this.#hearSdp(response.body.toString());
    if (this.#state !== 'trying') return;
    this.#state = 'up';
    this.#answered.open();
  }

  #acknowledge(cseq: number, body: string): void {
    const ack = newRequest('ACK', this.#target, this.#dialogHeaders('ACK', cseq, []), body);
    if (body !== '') ack.headers.add('Content-Type', 'application/sdp');
    ack.headers.prepend('Via', `SIP/2.0/UDP ${this.#parts.sip.address}:${this.#parts.sip.port};branch=z9hG4bK${randomToken(8)};rport`);
    this.#parts.sip.send(ack);
  }

  async #reinvite(direction: Direction): Promise<number> {
    const response = await this.#inDialog('INVITE', [], this.#sdp(direction));
    if (response.status === 200) {
      this.#acknowledge(this.#cseq, '');
      this.#hearSdp(response.body.toString());
    }
    return response.status;
  }

  #inDialog(method: string, headers: Headers, body: string): Promise<Response> {
    this.#cseq += 1;
    const request = newRequest(method, this.#target, this.#dialogHeaders(method, this.#cseq, headers));
    this.#complete(request, body);
    return this.#parts.sip.request(request);
  }

  #dialogHeaders(method: string, cseq: number, headers: Headers): Headers {
    const routes = this.#routes.map((route) => ['Route', route] as const);
    return [...routes, ['From', this.#local], ['To', this.#remote], ['Call-ID', this.callId], ['CSeq', `${cseq} ${method}`], ...headers];
  }

  #complete(request: Request, body: string): void {
    request.headers.add('Contact', `<${this.#parts.contact}>`).add('Max-Forwards', '70').add('Allow', 'INVITE, ACK, BYE, CANCEL, NOTIFY, REFER, OPTIONS');
    if (body !== '') request.headers.add('Content-Type', 'application/sdp');
    request.body = Buffer.from(body);
  }

  #reply(request: Request, status: number, body = '', headers: Headers = []): void {
    const response = responseTo(request, status, this.#localTag, undefined, body);
    for (const [name, value] of headers) response.headers.add(name, value);
    if (status > 100 && status < 300 && request.method === 'INVITE') response.headers.add('Contact', `<${this.#parts.contact}>`);
    for (const route of request.headers.all('record-route')) response.headers.add('Record-Route', route);
    if (body !== '') response.headers.add('Content-Type', 'application/sdp');
    this.#parts.sip.answer(request, response);
  }

  #sdp(direction: Direction): string {
    const { address } = this.#parts.sip;
    const lines = [
      'v=0',
      `o=- 1 ${this.#sdpVersion++} IN IP4 ${address}`,
      's=-',
      `c=IN IP4 ${address}`,
      't=0 0',
      `m=audio ${this.rtp.port} RTP/AVP 8 0 ${EVENTS}`,
    ];
    const attributes = ['rtpmap:8 PCMA/8000', 'rtpmap:0 PCMU/8000', `rtpmap:${EVENTS} telephone-event/8000`, `fmtp:${EVENTS} 0-15`, 'ptime:20', direction];
    return [...lines, ...attributes.map((attribute) => `a=${attribute}`), ''].join('\r\n');
  }

  #hearSdp(sdp: string): void {
    const address = /^c=IN IP4 (\S+)/m.exec(sdp)?.[1];
    const port = Number(/^m=audio (\d+)/m.exec(sdp)?.[1] ?? 0);
    if (address !== undefined && port > 0) this.rtp.sendTo(address, port);
  }

  #end(end: CallEnd): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.rtp.close();
    this.#parts.onEnd();
    this.#ended.open(end);
  }

  async #wait<T>(promise: Promise<T>, withinMs: number, what: string, needsLife: boolean): Promise<T> {
    const death = needsLife ? this.#ended.promise.then((end) => Promise.reject<T>(new Error(`${what}: the call ended ${JSON.stringify(end)}`))) : null;
    return within(systemClock, withinMs, death === null ? promise : Promise.race([promise, death]), () => new Error(`${what} within ${withinMs} ms`));
  }
}

/** A promise that is resolved from outside, once. */
export class Latch<T> {
  readonly promise: Promise<T>;
  #resolve: (value: T) => void = () => undefined;
  constructor() {
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
  open(value: T): void {
    this.#resolve(value);
  }
}

export const uriIn = (value: string): string => /<([^>]+)>/.exec(value)?.[1] ?? value.split(';')[0]?.trim() ?? '';
export const isInDialog = (request: Request): boolean => tagOf(request.headers.get('to') ?? '') !== undefined;
