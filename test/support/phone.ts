/**
 * A SIP phone with real RTP, for tests and the demo: registers (MD5 and SHA-256 digest), calls and is called, presses keys,
 * holds, transfers, and can tell which tone it hears. Nothing of the server is in it but the message parser.
 */
import { createHash } from 'node:crypto';
import { systemClock, within } from '../../kernel/clock.ts';
import { randomToken } from '../../kernel/ids.ts';
import { newRequest, type Request, type Response, responseTo } from '../../sip/message/message.ts';
import { type CallParts, isInDialog, PhoneCall } from './phone-call.ts';
import { RtpStream } from './rtp.ts';
import { SipSocket } from './sip-socket.ts';

export interface PhoneOptions {
  /** SIP user: an agent's number, or a caller's number for a phone that does not register. */
  user: string;
  password?: string;
  /** What it calls itself to prove who it is; default `user`. */
  username?: string;
  name?: string;
  server: { host: string; port: number };
  /** Loopback address to sit on; default 127.0.0.1. */
  address?: string;
  port?: number;
  /** Which challenge it answers; default the first it is given. */
  algorithm?: 'MD5' | 'SHA-256';
  /** Says `Allow-Events: talk` and goes off-hook when told to; default true. */
  talk?: boolean;
  /** Says `hold` too, and holds when told to; default false. */
  hold?: boolean;
  /** Says those as it rings, not as it registers. */
  saysRinging?: boolean;
  /** Host part of its Contact, to play a phone behind NAT; default its address. */
  contactHost?: string;
}

const PATIENCE_MS = 10_000;
const HASHES = { MD5: 'md5', 'SHA-256': 'sha256' } as const;

export class SipPhone {
  readonly options: PhoneOptions;
  readonly sip: SipSocket;
  readonly calls = new Map<string, PhoneCall>();
  /** Looks at every request first; true = it has answered. */
  onNotify: ((request: Request) => boolean) | null = null;
  readonly #callId = randomToken(12);
  readonly #arrived: PhoneCall[] = [];
  readonly #waiting: ((call: PhoneCall) => void)[] = [];
  #cseq = 0;
  #nonceCounts = new Map<string, number>();

  private constructor(options: PhoneOptions, sip: SipSocket) {
    this.options = options;
    this.sip = sip;
    sip.onRequest = (request) => void this.#handle(request);
  }

  static async open(options: PhoneOptions): Promise<SipPhone> {
    return new SipPhone(options, await SipSocket.open(options.address ?? '127.0.0.1', options.port ?? 0, options.server));
  }

  get contact(): string {
    return `sip:${this.options.user}@${this.options.contactHost ?? this.sip.address}:${this.sip.port}`;
  }

  /** Returns the final status; 0 s unregisters. `contact` other than its own, or `*`, for tests of the registrar. */
  async register(seconds = 300, contact = `<${this.contact}>`, headers: (readonly [string, string])[] = []): Promise<Response> {
    const first = await this.sip.request(this.#registration(seconds, contact, headers));
    if (first.status !== 401 && first.status !== 407) return first;
    const again = this.#registration(seconds, contact, headers);
    for (const [name, value] of this.respond(again, first) ?? []) again.headers.add(name, value);
    return this.sip.request(again);
  }

  /** Registers, or rejects with the status it got. */
  async registered(): Promise<void> {
    const { status } = await this.register();
    if (status !== 200) throw new Error(`${this.options.user} could not register: ${status}`);
  }

  /** Any request outside a call, to the server itself. */
  ask(method: string, headers: (readonly [string, string])[] = []): Promise<Response> {
    const { user, server } = this.options;
    this.#cseq += 1;
    const identity = [
      ['From', `<sip:${user}@${server.host}>;tag=${randomToken(8)}`],
      ['To', `<sip:${server.host}>`],
      ['Call-ID', randomToken(12)],
    ] as const;
    const rest = [
      ['CSeq', `${this.#cseq} ${method}`],
      ['Contact', `<${this.contact}>`],
      ['Max-Forwards', '70'],
    ] as const;
    return this.sip.request(newRequest(method, `sip:${server.host}:${server.port}`, [...identity, ...rest, ...headers]));
  }

  /** Calls a number at the server, or an address. */
  async call(target: string, headers: (readonly [string, string])[] = [], withSdp = true): Promise<PhoneCall> {
    const { user, name, server } = this.options;
    const uri = target.startsWith('sip:') ? target : `sip:${target}@${server.host}:${server.port}`;
    const from = `${name === undefined ? '' : `"${name}" `}<sip:${user}@${server.host}>`;
    const call = PhoneCall.dial(await this.#parts(), uri, from, headers, withSdp);
    this.calls.set(call.callId, call);
    return call;
  }

  /** The next call that rings (or rang while nobody asked). */
  ringing(withinMs = PATIENCE_MS): Promise<PhoneCall> {
    const arrived = this.#arrived.shift();
    if (arrived !== undefined) return Promise.resolve(arrived);
    const next = new Promise<PhoneCall>((resolve) => this.#waiting.push(resolve));
    return within(systemClock, withinMs, next, () => new Error(`${this.options.user}'s phone did not ring within ${withinMs} ms`));
  }

  async close(): Promise<void> {
    for (const call of [...this.calls.values()])
      if (!this.sip.unplugged) await within(systemClock, 1_000, call.hangUp(), () => new Error('hang-up')).catch(() => undefined);
    for (const call of this.calls.values()) if (call.state !== 'ended') call.rtp.close();
    this.sip.close();
  }

  /** The cable is pulled: no SIP, no RTP, no farewell. */
  unplug(): void {
    this.sip.unplugged = true;
    for (const call of this.calls.values()) call.rtp.sending = false;
  }

  #registration(seconds: number, contact: string, headers: (readonly [string, string])[]): Request {
    const { user, server, saysRinging = false } = this.options;
    this.#cseq += 1;
    const aor = `sip:${user}@${server.host}`;
    const identity = [
      ['From', `<${aor}>;tag=${randomToken(8)}`],
      ['To', `<${aor}>`],
      ['Call-ID', this.#callId],
      ['CSeq', `${this.#cseq} REGISTER`],
    ] as const;
    const rest = [
      ['Contact', contact],
      ['Expires', String(seconds)],
      ['Max-Forwards', '70'],
      ['User-Agent', 'huawu-test-phone'],
    ] as const;
    const given = new Set(headers.map(([name]) => name));
    return newRequest('REGISTER', `sip:${server.host}`, [
      ...[...identity, ...rest].filter(([name]) => !given.has(name)),
      ...(saysRinging ? [] : this.#words),
      ...headers,
    ]);
  }

  get #words(): (readonly [string, string])[] {
    const { talk = true, hold = false } = this.options;
    const words = [...(talk ? ['talk'] : []), ...(hold ? ['hold'] : [])];
    return words.length === 0 ? [] : [['Allow-Events', words.join(', ')]];
  }

  async #parts(): Promise<CallParts> {
    const rtp = await RtpStream.open(this.sip.address);
    return { sip: this.sip, rtp, contact: this.contact, respond: (request, challenge) => this.respond(request, challenge), onEnd: () => undefined };
  }

  async #handle(request: Request): Promise<void> {
    if (this.onNotify?.(request) === true) return;
    const call = this.calls.get(request.headers.get('call-id') ?? '');
    if (call !== undefined) return call.handle(request);
    if (request.method === 'INVITE' && !isInDialog(request)) return this.#ring(request);
    if (request.method === 'ACK') return;
    const talk = request.method === 'NOTIFY' && /^talk/i.test(request.headers.get('event') ?? '');
    if (talk) [...this.calls.values()].find(({ state, incoming }) => state === 'trying' && incoming !== null)?.answer();
    this.sip.answer(request, responseTo(request, request.method === 'OPTIONS' || talk ? 200 : 481, randomToken(8)));
  }

  async #ring(invite: Request): Promise<void> {
    const call = PhoneCall.ring(await this.#parts(), invite, this.options.saysRinging === true ? this.#words : []);
    this.calls.set(call.callId, call);
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#arrived.push(call);
    else waiting(call);
  }

  /** RFC 7616 with qop=auth. */
  respond(request: Request, challenge: Response): (readonly [string, string])[] | null {
    const { user, username = user, password, algorithm: wanted } = this.options;
    if (password === undefined) return null;
    const proxy = challenge.status === 407;
    const offers = challenge.headers.all(proxy ? 'proxy-authenticate' : 'www-authenticate').map(fieldsOf);
    const offer = offers.find(({ algorithm = 'MD5' }) => wanted === undefined || algorithm === wanted);
    if (offer === undefined) return null;
    const { realm = '', nonce = '', algorithm = 'MD5' } = offer;
    const hash = (text: string): string =>
      createHash(algorithm === 'SHA-256' ? HASHES['SHA-256'] : HASHES.MD5)
        .update(text)
        .digest('hex');
    const count = (this.#nonceCounts.get(nonce) ?? 0) + 1;
    this.#nonceCounts = new Map([[nonce, count]]);
    const nc = count.toString(16).padStart(8, '0');
    const cnonce = randomToken(8);
    const response = hash(`${hash(`${username}:${realm}:${password}`)}:${nonce}:${nc}:${cnonce}:auth:${hash(`${request.method}:${request.uri}`)}`);
    const value = `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${request.uri}", response="${response}", algorithm=${algorithm}, qop=auth, nc=${nc}, cnonce="${cnonce}"`;
    return [[proxy ? 'Proxy-Authorization' : 'Authorization', value]];
  }
}

function fieldsOf(challenge: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const match of challenge.replace(/^Digest\s+/i, '').matchAll(/(\w+)\s*=\s*(?:"([^"]*)"|([^,\s]+))/g))
    fields[match[1] ?? ''] = match[2] ?? match[3] ?? '';
  return fields;
}
