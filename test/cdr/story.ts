/** Tells the fold a call as a story: at which second what happened. */
import {
  type AgentId,
  asId,
  type CallId,
  type CustomerId,
  type DialplanVersion,
  type LegId,
  legIdOf,
  offerIdOf,
  type QueueId,
  type TenantId,
} from '../../kernel/ids.ts';
import type { Ending } from '../../src/call/ending.ts';
import { type CdrRoom, createCdr } from '../../src/cdr/fold.ts';
import type { CallRecord } from '../../src/cdr/record.ts';
import type { Event } from '../../src/vocabulary.ts';

export const START = Date.parse('2026-05-17T02:00:00Z');
export const callId = asId<CallId>('c-1');
export const tenantId = asId<TenantId>('demo');
export const service = asId<QueueId>('demo:service');
export const vip = asId<QueueId>('demo:vip');
export const wang = asId<AgentId>('demo:8001');
export const li = asId<AgentId>('demo:8002');
export const version = asId<DialplanVersion>('demo@1');
export const leg = (n: number): LegId => legIdOf(callId, n);
export const offer = (n: number) => offerIdOf(callId, n);
export const hungUp: Ending = { cause: 'normal', by: 'far_end', q850: 16 };
export const released: Ending = { cause: 'normal', by: 'other_party', q850: 16 };
export const customer = {
  customerId: asId<CustomerId>('demo:13800001001'),
  name: '金卡客户',
  number: '+8613800001001',
  tier: 'gold',
  language: 'zh' as const,
  age: 38,
  specialNeeds: [],
  openTickets: [],
  recentContacts: [],
};

/** Seconds since START → what happened then. */
export type Step = [seconds: number, event: Event];

export const say = {
  arrived: (at = 0): Step => [
    at,
    {
      type: 'callArrived',
      callId,
      legId: leg(0),
      tenantId,
      caller: { number: '+8613800001001', raw: '013800001001', name: 'W' },
      callee: { number: '10086', raw: '10086' },
      trunk: 'loopback',
      sipCallId: 'abc@127.0.0.1',
    },
  ],
  found: (at: number): Step => [at, { type: 'customerFound', callId, customer, authLevel: 1 }],
  answered: (at: number, n: number): Step => [at, { type: 'legAnswered', callId, legId: leg(n) }],
  ringing: (at: number, n: number): Step => [at, { type: 'legRinging', callId, legId: leg(n) }],
  held: (at: number, n: number): Step => [at, { type: 'legHeld', callId, legId: leg(n) }],
  retrieved: (at: number, n: number): Step => [at, { type: 'legRetrieved', callId, legId: leg(n) }],
  legEnded: (at: number, n: number, ending: Ending = hungUp): Step => [at, { type: 'legEnded', callId, legId: leg(n), ending }],
  flow: (at: number, step: string): Step => [at, { type: 'flowEntered', callId, version, flow: 'main', step }],
  queued: (at: number, queueId: QueueId = service): Step => [at, { type: 'callQueued', callId, queueId, priority: 0, skills: [], maxWaitMs: null }],
  left: (at: number, exit: 'answered' | 'abandoned' | 'timeout', queueId: QueueId = service): Step => [at, { type: 'callLeftQueue', callId, queueId, exit }],
  offered: (at: number, n: number, agentId: AgentId = wang, queueId: QueueId | null = service): Step => [
    at,
    { type: 'callOffered', callId, queueId, record: true, offerId: offer(n), legId: leg(n), agentId, until: START + (at + 20) * 1000 },
  ],
  offerEnded: (at: number, n: number, end: 'answered' | 'no_answer' | 'caller_gone', agentId: AgentId = wang, queueId: QueueId | null = service): Step => [
    at,
    { type: 'offerEnded', callId, queueId, offerId: offer(n), legId: leg(n), agentId, end },
  ],
  state: (at: number, state: 'ready' | 'not_ready' | 'offered' | 'talking' | 'wrapping_up' | 'signed_out', agentId: AgentId = wang): Step => [
    at,
    { type: 'agentStateChanged', agentId, state, reasons: [], callId: state === 'talking' || state === 'wrapping_up' ? callId : null, wrapUpUntil: null },
  ],
  wrappedUp: (at: number, disposition: string | null, notes: string | null, agentId: AgentId = wang, form?: Record<string, string>): Step => [
    at,
    { type: 'wrapUpEnded', agentId, callId, disposition, notes, ...(form === undefined ? {} : { form }) },
  ],
  recordingStarted: (at: number): Step => [at, { type: 'recordingStarted', callId, recordingId: `${callId}.r1`, path: '/r/1.wav' }],
  recordingEnded: (at: number, durationMs: number): Step => [
    at,
    { type: 'recordingEnded', callId, recordingId: `${callId}.r1`, path: '/r/1.wav', durationMs, complete: true },
  ],
  ended: (at: number, ending: Ending = hungUp): Step => [at, { type: 'callEnded', callId, ending }],
  heartbeat: (at: number): Step => [at, { type: 'heartbeat' }],
  restarted: (at: number): Step => [at, { type: 'serverStarted' }],
};

/** The records the story left, in the order they were asked to be written. */
export function told(steps: readonly Step[], room: CdrRoom = createCdr()): CallRecord[] {
  return steps.flatMap(([seconds, event]) =>
    room.decide(event, START + seconds * 1000).commands.flatMap((command) => (command.type === 'writeCdr' ? [command.record] : [])),
  );
}

export const at = (seconds: number): number => START + seconds * 1000;
