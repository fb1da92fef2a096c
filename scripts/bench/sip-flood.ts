/**
 * A flood of INVITEs without credentials from one stranger beside honest calls of a trusted trunk. First the honest calls alone, so that what the flood costs can be told
 * from what they do; then both; then a rest, after which the memory must have come back.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { pause, systemClock } from '../../kernel/clock.ts';
import { randomToken } from '../../kernel/ids.ts';
import { newRequest, type Request, type Response } from '../../sip/message/message.ts';
import { SipSocket } from '../../test/support/sip-socket.ts';
import type { FloodCounts, FloodOrder } from './sip-flooder.ts';
import { SipStage } from './sip-stage.ts';

const HONEST = '127.0.0.1';
const STRANGER = '127.0.0.9';
const TALK_MS = 1_000;
const ALONE_S = 10;
const REST_MS = 40_000;
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40002 RTP/AVP 8\r\n';

export interface FloodOptions {
  seconds: number;
  floodPerSecond: number;
  callsPerSecond: number;
}

interface Period {
  cpuMsPerSecond: number;
  delaysMs: number[];
  failed: number;
}

export async function benchFlood({ seconds, floodPerSecond, callsPerSecond }: FloodOptions): Promise<object> {
  const stage = await SipStage.open({ TRUSTED_TRUNKS: HONEST, SIP_CHALLENGE_REALM: 'bench' });
  const caller = await SipSocket.open(HONEST, 0, { host: HONEST, port: stage.sipPort });
  try {
    const alone = await honestCalls(stage, caller, callsPerSecond, ALONE_S);
    const rssBefore = stage.rssMb().sip;
    await stage.loopLag();
    const flooder = flood({ from: STRANGER, port: stage.sipPort, perSecond: floodPerSecond, seconds });
    const beside = await honestCalls(stage, caller, callsPerSecond, seconds);
    const counts = await flooder;
    const lag = await stage.loopLag();
    const rssDuring = stage.rssMb().sip;
    await pause(systemClock, REST_MS);
    const sorted = beside.delaysMs.sort((a, b) => a - b);
    const attackerMs = Math.max(0, beside.cpuMsPerSecond - alone.cpuMsPerSecond);
    return {
      honestCalls: beside.delaysMs.length + beside.failed,
      honestFailed: beside.failed,
      postDialP50Ms: quantile(sorted, 0.5),
      postDialP99Ms: quantile(sorted, 0.99),
      floodSent: counts.sent,
      floodChallenged: counts.challenged,
      floodOtherAnswers: counts.otherAnswers,
      attackerCpuSharePct: round((100 * attackerMs) / Math.max(beside.cpuMsPerSecond, 1)),
      sipCpuPct: { honestAlone: round(alone.cpuMsPerSecond / 10), withFlood: round(beside.cpuMsPerSecond / 10) },
      rssMb: { before: rssBefore, endOfFlood: rssDuring, afterRest: stage.rssMb().sip },
      loopLagMs: { p50: lag.p50Ms, p99: lag.p99Ms, max: lag.maxMs },
    };
  } finally {
    caller.close();
    await stage.close();
  }
}

const round = (value: number): number => Math.round(value * 10) / 10;
const quantile = (sorted: readonly number[], share: number): number | null => {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return value === undefined ? null : round(value);
};

async function flood(order: FloodOrder): Promise<FloodCounts> {
  const child = fork(new URL(`./sip-flooder.${extension}`, import.meta.url).pathname, [], { execArgv: process.execArgv });
  process.once('exit', () => child.kill('SIGKILL'));
  child.send(order);
  return ((await once(child, 'message')) as [FloodCounts])[0];
}

async function honestCalls(stage: SipStage, caller: SipSocket, perSecond: number, seconds: number): Promise<Period> {
  const before = stage.usage().sipCpuMs;
  const period: Period = { cpuMsPerSecond: 0, delaysMs: [], failed: 0 };
  const calls: Promise<void>[] = [];
  const began = systemClock.now();
  for (let nth = 0; nth < perSecond * seconds; nth += 1) {
    await pause(systemClock, Math.max(0, began + (nth * 1_000) / perSecond - systemClock.now()));
    calls.push(honestCall(caller, period));
  }
  period.cpuMsPerSecond = (stage.usage().sipCpuMs - before) / ((systemClock.now() - began) / 1_000);
  await Promise.all(calls);
  return period;
}

async function honestCall(caller: SipSocket, period: Period): Promise<void> {
  const invite = requestOf(caller, 'INVITE', randomToken(8), 1);
  const began = systemClock.now();
  let rang: number | null = null;
  const answer = await caller.request(invite, ({ status }) => {
    if (status >= 180) rang ??= systemClock.now();
  });
  if (answer.status !== 200) {
    period.failed += 1;
    return;
  }
  period.delaysMs.push((rang ?? systemClock.now()) - began);
  caller.send(within(caller, invite, answer, 'ACK', 1));
  await pause(systemClock, TALK_MS);
  const { status } = await caller.request(within(caller, invite, answer, 'BYE', 2));
  if (status !== 200) period.failed += 1;
}

function requestOf({ server, port }: SipSocket, method: string, callId: string, seq: number): Request {
  return newRequest(
    method,
    `sip:bench@${server.host}:${server.port}`,
    [
      ['From', `<sip:honest@${HONEST}>;tag=${randomToken(8)}`],
      ['To', `<sip:bench@${server.host}>`],
      ['Call-ID', callId],
      ['CSeq', `${seq} ${method}`],
      ['Contact', `<sip:honest@${HONEST}:${port}>`],
      ['Max-Forwards', '70'],
      ['Content-Type', 'application/sdp'],
    ],
    SDP,
  );
}

/** A request inside the dialog; its ACK has a branch of its own, as §17.1.1.3 of RFC 3261 asks of the ACK of a 2xx. */
function within(caller: SipSocket, invite: Request, answer: Response, method: 'ACK' | 'BYE', seq: number): Request {
  const target = /<([^>]+)>/.exec(answer.headers.get('contact') ?? '')?.[1] ?? invite.uri;
  const request = newRequest(method, target, [
    ['From', invite.headers.get('from') ?? ''],
    ['To', answer.headers.get('to') ?? ''],
    ['Call-ID', invite.headers.get('call-id') ?? ''],
    ['CSeq', `${seq} ${method}`],
    ['Max-Forwards', '70'],
  ]);
  if (method === 'ACK') request.headers.prepend('Via', `SIP/2.0/UDP ${caller.address}:${caller.port};rport;branch=z9hG4bK${randomToken(8)}`);
  return request;
}
