/** A subscription of a test phone (RFC 6665): SUBSCRIBE with digest, NOTIFYs answered and kept, refresh and end. */
import { pause, systemClock } from '../../kernel/clock.ts';
import { randomToken } from '../../kernel/ids.ts';
import { newRequest, type Request, type Response, responseTo } from '../../sip/message/message.ts';
import type { SipPhone } from './phone.ts';

const PATIENCE_MS = 10_000;
const POLL_MS = 5;

export interface Notified {
  state: string;
  event: string;
  type: string;
  body: string;
}

export class Subscriber {
  readonly #phone: SipPhone;
  readonly #event: string;
  readonly #uri: string;
  readonly #callId = randomToken(12);
  readonly #localTag = randomToken(8);
  #to: string;
  #target: string;
  #cseq = 0;
  readonly notified: Notified[] = [];
  /** What NOTIFYs are answered; 0 = nothing at all. */
  status = 200;

  constructor(phone: SipPhone, number: string, event = 'dialog') {
    this.#phone = phone;
    this.#event = event;
    const { server } = phone.options;
    this.#uri = `sip:${number}@${server.host}:${server.port}`;
    this.#to = `<${this.#uri}>`;
    this.#target = this.#uri;
    const before = phone.onNotify;
    phone.onNotify = (request) => before?.(request) === true || this.#heard(request);
  }

  async subscribe(seconds = 600, headers: (readonly [string, string])[] = []): Promise<Response> {
    const request = this.#request(seconds, headers);
    const first = await this.#phone.sip.request(request);
    const credentials = first.status === 401 ? this.#phone.respond(request, first) : null;
    const last = credentials === null ? first : await this.#phone.sip.request(this.#request(seconds, [...headers, ...credentials]));
    if (last.status >= 300) return last;
    this.#to = last.headers.get('to') ?? this.#to;
    this.#target = /<([^>]+)>/.exec(last.headers.get('contact') ?? '')?.[1] ?? this.#target;
    return last;
  }

  /** The nth NOTIFY (from 0), as soon as it is there. */
  async nth(at: number): Promise<Notified> {
    const deadline = systemClock.now() + PATIENCE_MS;
    while (this.notified.length <= at) {
      if (systemClock.now() > deadline) throw new Error(`no NOTIFY ${at}: ${JSON.stringify(this.notified)}`);
      await pause(systemClock, POLL_MS);
    }
    return this.notified[at] as Notified;
  }

  /** The first NOTIFY whose body or state shows this. */
  async showing(sign: RegExp): Promise<Notified> {
    for (let at = 0; ; at += 1) {
      const one = await this.nth(at);
      if (sign.test(`${one.state}\n${one.body}`)) return one;
    }
  }

  #request(seconds: number, headers: readonly (readonly [string, string])[]): Request {
    const { user, server } = this.#phone.options;
    this.#cseq += 1;
    const identity = [
      ['From', `<sip:${user}@${server.host}>;tag=${this.#localTag}`],
      ['To', this.#to],
      ['Call-ID', this.#callId],
      ['CSeq', `${this.#cseq} SUBSCRIBE`],
    ] as const;
    const rest = [
      ['Contact', `<${this.#phone.contact}>`],
      ['Max-Forwards', '70'],
      ['Event', this.#event],
      ['Expires', String(seconds)],
    ] as const;
    return newRequest('SUBSCRIBE', this.#target, [...identity, ...rest, ...headers]);
  }

  #heard(request: Request): boolean {
    if (request.method !== 'NOTIFY' || request.headers.get('call-id') !== this.#callId) return false;
    const header = (name: string): string => request.headers.get(name) ?? '';
    this.notified.push({ state: header('subscription-state'), event: header('event'), type: header('content-type'), body: request.body.toString() });
    if (this.status > 0) this.#phone.sip.answer(request, responseTo(request, this.status, this.#localTag));
    return true;
  }
}
