/** Honest callers of the SIP benches: calls of one second at an even pace, over whatever carries SIP, and how long each waited for its first ring. */
import { within as inTime, pause, systemClock } from '../../kernel/clock.ts';
import { randomToken } from '../../kernel/ids.ts';
import { type Message, newRequest, type Request, type Response } from '../../sip/message/message.ts';
import { parseMessage } from '../../sip/message/parse.ts';
import { topVia } from '../../sip/message/via.ts';
import { writeMessage } from '../../sip/message/write.ts';
import { SipSocket } from '../../test/support/sip-socket.ts';
import { type Secure, secureLine } from './sip-secure.ts';
import type { SipStage } from './sip-stage.ts';

const TALK_MS = 1_000;
/** RFC 3261 timer B. */
const GIVE_UP_MS = 32_000;
const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40002 RTP/AVP 8\r\n';

/** One socket from which calls are made. */
export interface Caller {
  readonly contact: string;
  readonly serverPort: number;
  /** Puts a Via on; `heard` is told of what is provisional. Rejects when nothing comes. */
  request(request: Request, heard?: (response: Response) => void): Promise<Response>;
  /** With a Via of its own, as the ACK of a 2xx has. */
  send(request: Request): void;
  close(): void;
}

export async function udpCaller(address: string, serverPort: number): Promise<Caller> {
  const socket = await SipSocket.open(address, 0, { host: '127.0.0.1', port: serverPort });
  return {
    contact: `<sip:honest@${address}:${socket.port}>`,
    serverPort,
    request: (request, heard) => socket.request(request, heard),
    send(request) {
      request.headers.prepend('Via', `SIP/2.0/UDP ${address}:${socket.port};rport;branch=z9hG4bK${randomToken(8)}`);
      socket.send(request);
    },
    close: () => socket.close(),
  };
}

export async function secureCaller(protocol: Secure, address: string, serverPort: number): Promise<Caller> {
  const waiting = new Map<string, (response: Response) => void>();
  const line = await secureLine(protocol, serverPort, address, (bytes) => {
    const message: Message = parseMessage(bytes);
    if (message.kind === 'response') waiting.get(topVia(message.headers).params.get('branch') ?? '')?.(message);
  });
  const send = (request: Request): string => {
    const branch = `z9hG4bK${randomToken(8)}`;
    request.headers.prepend('Via', `SIP/2.0/${protocol.toUpperCase()} honest.invalid;branch=${branch}`);
    line.write(writeMessage(request));
    return branch;
  };
  return {
    contact: `<sip:honest@honest.invalid;transport=${protocol === 'wss' ? 'ws' : 'tls'}>`,
    serverPort,
    async request(request, heard) {
      const branch = send(request);
      const answer = new Promise<Response>((resolve) => waiting.set(branch, (response) => (response.status < 200 ? heard?.(response) : resolve(response))));
      return inTime(systemClock, GIVE_UP_MS, answer, () => new Error('no answer')).finally(() => waiting.delete(branch));
    },
    send: (request) => void send(request),
    close: () => line.close(),
  };
}

export interface Period {
  cpuMsPerSecond: number;
  /** From INVITE to the first ring, or the answer. */
  delaysMs: number[];
  failed: number;
}

/** `perSecond` calls in all, by each of the callers in turn. */
export async function honestCalls(stage: SipStage, callers: readonly Caller[], perSecond: number, seconds: number): Promise<Period> {
  const before = stage.usage().sipCpuMs;
  const period: Period = { cpuMsPerSecond: 0, delaysMs: [], failed: 0 };
  const calls: Promise<void>[] = [];
  const began = systemClock.now();
  for (let nth = 0; nth < perSecond * seconds; nth += 1) {
    await pause(systemClock, Math.max(0, began + (nth * 1_000) / perSecond - systemClock.now()));
    const caller = callers[nth % callers.length];
    if (caller !== undefined) calls.push(honestCall(caller, period));
  }
  period.cpuMsPerSecond = (stage.usage().sipCpuMs - before) / ((systemClock.now() - began) / 1_000);
  await Promise.all(calls);
  return period;
}

async function honestCall(caller: Caller, period: Period): Promise<void> {
  const invite = inviteOf(caller);
  const began = systemClock.now();
  let rang: number | null = null;
  try {
    const answer = await caller.request(invite, ({ status }) => {
      if (status >= 180) rang ??= systemClock.now();
    });
    if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
    period.delaysMs.push((rang ?? systemClock.now()) - began);
    caller.send(inside(invite, answer, 'ACK', 1));
    await pause(systemClock, TALK_MS);
    const { status } = await caller.request(inside(invite, answer, 'BYE', 2));
    if (status !== 200) throw new Error(`BYE answered ${status}`);
  } catch {
    period.failed += 1;
  }
}

const inviteOf = ({ serverPort, contact }: Caller): Request =>
  newRequest(
    'INVITE',
    `sip:bench@127.0.0.1:${serverPort}`,
    [
      ['From', `<sip:honest@127.0.0.1>;tag=${randomToken(8)}`],
      ['To', '<sip:bench@127.0.0.1>'],
      ['Call-ID', randomToken(8)],
      ['CSeq', '1 INVITE'],
      ['Contact', contact],
      ['Max-Forwards', '70'],
      ['Content-Type', 'application/sdp'],
    ],
    SDP,
  );

function inside(invite: Request, answer: Response, method: 'ACK' | 'BYE', seq: number): Request {
  const target = /<([^>]+)>/.exec(answer.headers.get('contact') ?? '')?.[1] ?? invite.uri;
  return newRequest(method, target, [
    ['From', invite.headers.get('from') ?? ''],
    ['To', answer.headers.get('to') ?? ''],
    ['Call-ID', invite.headers.get('call-id') ?? ''],
    ['CSeq', `${seq} ${method}`],
    ['Max-Forwards', '70'],
  ]);
}

export const round = (value: number): number => Math.round(value * 10) / 10;
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return value === undefined ? null : round(value);
}
