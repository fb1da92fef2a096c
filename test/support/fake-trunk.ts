/** A carrier's gateway on loopback: raw SIP whose every answer the test chooses. */
import { createHash } from 'node:crypto';
import { systemClock } from '../../kernel/clock.ts';
import { randomToken } from '../../kernel/ids.ts';
import { newRequest, type Request, type Response, responseTo } from '../../sip/message/message.ts';
import { SipSocket } from './sip-socket.ts';
import { until } from './wait.ts';

/** What an INVITE gets: a final status, `answer` (180, then 200), `ring` (180 and no more), nothing, or a word of the test's own. */
type Reaction = number | 'answer' | 'ring' | 'silence' | ((invite: Request, trunk: FakeTrunk) => void);

export interface Lock {
  username: string;
  realm: string;
  password: string;
  algorithm: 'MD5' | 'SHA-256';
  /** 407 instead of 401 */
  proxy?: boolean;
}

const HASHES = { MD5: 'md5', 'SHA-256': 'sha256' } as const;
const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n';

const ISUP_TYPE = 'multipart/mixed;boundary=unique-boundary-1';
const besideIsup = (sdp: string): string =>
  [
    '--unique-boundary-1',
    'Content-Type: application/ISUP;version=itu-t92+;base=itu-t92+',
    'Content-Disposition: signal;handling=optional',
    '',
    '\u0001\u0010\u0000\n\u0003\u0002',
    '--unique-boundary-1',
    'Content-Type: application/sdp',
    'Content-Disposition: session;handling=required',
    '',
    sdp,
    '--unique-boundary-1--',
    '',
  ].join('\r\n');

export class FakeTrunk {
  readonly sip: SipSocket;
  readonly received: Request[] = [];
  /** Status of its answer to OPTIONS; null = none. */
  ping: number | null = 200;
  invite: Reaction = 'answer';
  bye: number = 200;
  /** What it wants shown before it takes INVITE and REGISTER. */
  lock: Lock | null = null;
  /** `lock` holds inside calls too. */
  locksInside = false;
  /** Seconds it grants to a REGISTER. */
  grants = 600;
  retryAfter: number | null = null;
  readonly #seen = new Set<string>();
  #closed = false;

  private constructor(sip: SipSocket) {
    this.sip = sip;
    sip.onRequest = (request) => this.#hear(request);
  }

  static async open(address = '127.0.0.1'): Promise<FakeTrunk> {
    return new FakeTrunk(await SipSocket.open(address, 0, { host: '127.0.0.1', port: 9 }));
  }

  get uri(): string {
    return `sip:${this.sip.address}:${this.sip.port}`;
  }

  of(method: string): Request[] {
    return this.received.filter((request) => request.method === method);
  }

  /** The `nth` request of this method, from 1, once it is there. */
  async heard(method: string, nth = 1, withinMs = 10_000): Promise<Request> {
    await until(`${method} ${nth}`, () => this.of(method).length >= nth, withinMs);
    const request = this.of(method)[nth - 1];
    if (request === undefined) throw new Error(`no ${method} ${nth}`);
    return request;
  }

  reply(request: Request, status: number, headers: (readonly [string, string])[] = [], body = ''): void {
    if (this.#closed) return; // a late answer of a test that is over
    const response = responseTo(request, status, status === 100 ? undefined : tagFor(request));
    for (const [name, value] of headers) response.headers.add(name, value);
    if (request.method === 'INVITE' && status < 300 && status > 100) response.headers.add('Contact', `<${this.uri}>`);
    if (body !== '') {
      if (!response.headers.has('Content-Type')) response.headers.add('Content-Type', 'application/sdp');
      response.body = Buffer.from(body);
    }
    this.sip.answer(request, response);
  }

  answer(invite: Request): void {
    this.reply(invite, 200, [], SDP);
  }

  /** The same, as a network does that carries ISUP beside its session descriptions (SIP-I). */
  answerWithIsup(invite: Request): void {
    this.reply(invite, 200, [['Content-Type', ISUP_TYPE]], besideIsup(SDP));
  }

  /** A call from it. Resolves with the final answer. */
  call(number: string, from: string, more: (readonly [string, string])[] = [], withIsup = false): Promise<Response> {
    const { host, port } = this.sip.server;
    const headers = [
      ['From', `<sip:${from}@${this.sip.address}>;tag=${randomToken(8)}`],
      ['To', `<sip:${number}@${host}>`],
      ['Call-ID', randomToken(12)],
      ['CSeq', '1 INVITE'],
      ['Contact', `<${this.uri}>`],
      ['Max-Forwards', '70'],
      ['Content-Type', withIsup ? ISUP_TYPE : 'application/sdp'],
      ...more,
    ] as const;
    const invite = newRequest('INVITE', `sip:${number}@${host}:${port}`, [...headers]);
    invite.body = Buffer.from(withIsup ? besideIsup(SDP) : SDP);
    return this.sip.request(invite);
  }

  /** ACK for the answer to a call of it. */
  acknowledge(ok: Response): void {
    const target = /<([^>]*)>/.exec(ok.headers.get('contact') ?? '')?.[1] ?? '';
    const seq = Number.parseInt(ok.headers.get('cseq') ?? '1', 10);
    const kept = ['From', 'To', 'Call-ID'].map((name): [string, string] => [name, ok.headers.get(name) ?? '']);
    const via = `SIP/2.0/UDP ${this.sip.address}:${this.sip.port};branch=z9hG4bK${randomToken(8)};rport`;
    this.sip.send(newRequest('ACK', target, [['Via', via], ['Max-Forwards', '70'], ...kept, ['CSeq', `${seq} ACK`]]));
  }

  close(): void {
    this.#closed = true;
    this.sip.close();
  }

  #hear(request: Request): void {
    const key = `${request.headers.get('via')} ${request.method}`;
    if (this.#seen.has(key)) return; // sent again, because we have not answered yet
    this.#seen.add(key);
    this.received.push(request);
    switch (request.method) {
      case 'OPTIONS':
        if (this.ping !== null) this.reply(request, this.ping);
        return;
      case 'REGISTER':
        if (this.#unlocked(request)) this.reply(request, 200, [['Contact', `${request.headers.get('contact')};expires=${this.#granted(request)}`]]);
        return;
      case 'INVITE':
        if ((!this.locksInside && isInside(request)) || this.#unlocked(request)) this.#invited(request);
        return;
      case 'CANCEL':
        this.reply(request, 200);
        for (const invite of this.of('INVITE')) if (invite.headers.get('call-id') === request.headers.get('call-id')) this.reply(invite, 487);
        return;
      case 'ACK':
        return;
      default:
        if (!this.locksInside || this.#unlocked(request)) this.reply(request, request.method === 'BYE' ? this.bye : 200);
    }
  }

  #granted(request: Request): number {
    return Math.min(this.grants, Number(request.headers.get('expires')));
  }

  #invited(invite: Request): void {
    if (this.invite === 'silence') return;
    if (typeof this.invite === 'function') this.invite(invite, this);
    else if (typeof this.invite === 'number') this.reply(invite, this.invite, this.retryAfter === null ? [] : [['Retry-After', String(this.retryAfter)]]);
    else {
      this.reply(invite, 180);
      if (this.invite === 'answer') systemClock.after(1, () => this.answer(invite));
    }
  }

  #challenge(): (readonly [string, string])[] {
    const { realm = '', algorithm = 'MD5', proxy = false } = this.lock ?? {};
    return [[proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate', `Digest realm="${realm}", nonce="${randomToken(8)}", algorithm=${algorithm}, qop="auth"`]];
  }

  /** Challenges, or refuses a wrong password with 403. */
  #unlocked(request: Request): boolean {
    if (this.lock === null) return true;
    const { proxy = false, username, realm, password, algorithm } = this.lock;
    const shown = request.headers.get(proxy ? 'proxy-authorization' : 'authorization');
    if (shown === undefined) {
      this.reply(request, proxy ? 407 : 401, this.#challenge());
      return false;
    }
    const field = (name: string): string => new RegExp(`[ ,]${name}="?([^",]*)`).exec(shown)?.[1] ?? '';
    const hash = (text: string): string => createHash(HASHES[algorithm]).update(text).digest('hex');
    const ha2 = hash(`${request.method}:${field('uri')}`);
    const right = hash(`${hash(`${username}:${realm}:${password}`)}:${field('nonce')}:${field('nc')}:${field('cnonce')}:auth:${ha2}`);
    if (field('response') === right && field('uri') === request.uri) return true;
    this.reply(request, 403);
    return false;
  }
}

const isInside = (request: Request): boolean => /;tag=/.test(request.headers.get('to') ?? '');

const tags = new Map<string, string>();
/** One tag a call, as a UAS has. */
function tagFor(request: Request): string {
  const callId = request.headers.get('call-id') ?? '';
  const tag = tags.get(callId) ?? randomToken(8);
  tags.set(callId, tag);
  return tag;
}
