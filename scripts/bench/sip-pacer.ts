/**
 * Callers at a pace, as a process of its own: calls of one second over one UDP socket by a schedule, each counted in the period in which it was placed. They behave
 * as RFC 3261 has it: an INVITE is repeated until something is heard, given up after 32 s, and who is refused does not come again.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { pause, systemClock } from '../../kernel/clock.ts';

export interface PacerOrder {
  from: string;
  port: number;
  /** Answered later than this is not answered well. */
  lateMs: number;
  periods: readonly { perSecond: number; seconds: number }[];
}
export interface PeriodCounts {
  placed: number;
  /** Answered 200, and hung up well. */
  answered: number;
  /** 503 with Retry-After. */
  refused: number;
  /** Any other end: no answer, another status, a BYE that was not answered. */
  failed: number;
  /** Of those answered, from the INVITE. */
  answerMs: number[];
  /** Of those refused, from the INVITE. */
  refuseMs: number[];
  /** Of each that was not answered within `lateMs`, when it was placed, in seconds from the beginning of the period. */
  badAtS: number[];
}

interface Call {
  id: number;
  period: PeriodCounts;
  periodBegan: number;
  placedAt: number;
  state: 'calling' | 'proceeding' | 'talking' | 'leaving' | 'over';
  to: string;
  target: string;
  cancelRepeat: () => void;
  cancelEnd: () => void;
}

const TALK_MS = 1_000;
const T1_MS = 500;
const T2_MS = 4_000;
const GIVE_UP_MS = 32_000;
const TICK_MS = 5;
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n';

class Pacer {
  readonly #order: PacerOrder;
  readonly #socket: Socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
  readonly #calls = new Map<number, Call>();
  #ownPort = 0;
  #next = 0;

  constructor(order: PacerOrder) {
    this.#order = order;
  }

  async run(onPeriod: (nth: number) => void): Promise<PeriodCounts[]> {
    this.#socket.bind(0, this.#order.from);
    await once(this.#socket, 'listening');
    this.#ownPort = this.#socket.address().port;
    this.#socket.on('message', (bytes) => this.#heard(bytes.toString('latin1')));
    const counted: PeriodCounts[] = [];
    for (const [nth, { perSecond, seconds }] of this.#order.periods.entries()) {
      onPeriod(nth);
      const period: PeriodCounts = { placed: 0, answered: 0, refused: 0, failed: 0, answerMs: [], refuseMs: [], badAtS: [] };
      counted.push(period);
      const began = systemClock.now();
      for (let elapsed = 0; elapsed < seconds; elapsed = (systemClock.now() - began) / 1_000) {
        for (; period.placed < elapsed * perSecond; period.placed += 1) this.#place(period, began);
        await pause(systemClock, TICK_MS);
      }
    }
    while (this.#calls.size > 0) await pause(systemClock, TICK_MS);
    this.#socket.close();
    return counted;
  }

  #place(period: PeriodCounts, periodBegan: number): void {
    const id = this.#next;
    this.#next += 1;
    const placedAt = systemClock.now();
    const nothing = (): void => undefined;
    const to = '<sip:bench@127.0.0.1>';
    const call: Call = {
      id,
      period,
      periodBegan,
      placedAt,
      state: 'calling',
      to,
      target: `sip:bench@127.0.0.1:${this.#order.port}`,
      cancelRepeat: nothing,
      cancelEnd: nothing,
    };
    this.#calls.set(id, call);
    this.#sendUntil(call, 'INVITE', 1, 'calling');
    call.cancelEnd = systemClock.after(GIVE_UP_MS, () => this.#over(call, 'failed'));
  }

  /** Repeats it while the call is in that state. */
  #sendUntil(call: Call, method: 'INVITE' | 'BYE', seq: number, state: Call['state']): void {
    const text = this.#request(call, method, seq);
    const send = (waitMs: number): void => {
      if (call.state !== state) return;
      this.#send(text);
      call.cancelRepeat = systemClock.after(waitMs, () => send(method === 'INVITE' ? 2 * waitMs : Math.min(2 * waitMs, T2_MS)));
    };
    send(T1_MS);
  }

  #heard(text: string): void {
    if (!text.startsWith('SIP/2.0 ')) return;
    const call = this.#calls.get(Number(/^Call-ID: pace-(\d+)-/im.exec(text)?.[1]));
    const method = /^CSeq: \d+ (\w+)/im.exec(text)?.[1];
    const status = Number(text.slice(8, 11));
    if (call === undefined || method === undefined) return;
    if (method === 'BYE') {
      if (status >= 200) this.#over(call, status === 200 ? 'answered' : 'failed');
      return;
    }
    if (call.state !== 'calling' && call.state !== 'proceeding') {
      // The 200 again: its ACK was lost.
      if (status === 200) this.#send(this.#request(call, 'ACK', 1));
      return;
    }
    call.cancelRepeat();
    call.state = 'proceeding';
    if (status >= 200) this.#answered(call, status, text);
  }

  #answered(call: Call, status: number, text: string): void {
    call.to = /^To: (.*)$/im.exec(text)?.[1]?.trim() ?? call.to;
    const tookMs = systemClock.now() - call.placedAt;
    if (status !== 200 || tookMs > this.#order.lateMs) call.period.badAtS.push((call.placedAt - call.periodBegan) / 1_000);
    if (status !== 200) {
      this.#send(this.#request(call, 'ACK', 1, 'INVITE'));
      const isRefused = status === 503 && /^Retry-After: \d+/im.test(text);
      if (isRefused) call.period.refuseMs.push(tookMs);
      this.#over(call, isRefused ? 'refused' : 'failed');
      return;
    }
    call.state = 'talking';
    call.period.answerMs.push(tookMs);
    call.target = /^Contact: <([^>]+)>/im.exec(text)?.[1] ?? call.target;
    this.#send(this.#request(call, 'ACK', 1));
    call.cancelEnd();
    systemClock.after(TALK_MS, () => {
      call.state = 'leaving';
      call.cancelEnd = systemClock.after(GIVE_UP_MS, () => this.#over(call, 'failed'));
      this.#sendUntil(call, 'BYE', 2, 'leaving');
    });
  }

  #over(call: Call, how: 'answered' | 'refused' | 'failed'): void {
    if (call.state === 'over') return;
    if (call.state === 'calling' || (call.state === 'proceeding' && how === 'failed')) call.period.badAtS.push((call.placedAt - call.periodBegan) / 1_000);
    call.state = 'over';
    call.cancelRepeat();
    call.cancelEnd();
    call.period[how] += 1;
    this.#calls.delete(call.id);
  }

  #send(text: string): void {
    this.#socket.send(text, this.#order.port, '127.0.0.1');
  }

  /** The ACK of a refusal has the branch of its INVITE. */
  #request({ id, to, target }: Call, method: 'INVITE' | 'ACK' | 'BYE', seq: number, branch: string = method): string {
    const { from } = this.#order;
    const body = method === 'INVITE' ? SDP : '';
    const lines = [
      `${method} ${target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${from}:${this.#ownPort};rport;branch=z9hG4bK${process.pid}n${id}${branch}`,
      'Max-Forwards: 70',
      `From: <sip:caller@${from}>;tag=p${id}`,
      `To: ${to}`,
      `Call-ID: pace-${id}-${process.pid}`,
      `CSeq: ${seq} ${method}`,
      `Contact: <sip:caller@${from}:${this.#ownPort}>`,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ];
    return `${lines.join('\r\n')}\r\n\r\n${body}`;
  }
}

process.once('message', (order: PacerOrder) => {
  void new Pacer(order).run((nth) => process.send?.({ period: nth })).then((counts) => process.send?.({ counts }, () => process.exit(0)));
});
