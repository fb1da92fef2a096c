/** Calls through the proxy while a tenth of all datagrams is lost, a tenth doubled, a tenth late by up to two seconds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tagOf } from '../../sip/message/message.ts';
import { type Heard, SimApp, SimClock, SimNetwork, SimNode, seeded } from './support/simulation.ts';

const CALLS = 150;
const [CALLER, PROXY, BUSY, CALLEE] = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
/** What each call is for. */
type Plan = 'talk' | 'refused' | 'caller gives up';
const planOf = (nth: number): Plan => (nth % 5 === 3 ? 'refused' : nth % 5 === 4 ? 'caller gives up' : 'talk');

interface Call {
  plan: Plan;
  /** Final status that the caller was told. */
  final: number;
  /** Each side's dialog ended. */
  callerEnded: boolean;
  calleeUp: boolean;
  calleeEnded: boolean;
}

function run(seed: number): { calls: Map<string, Call>; idle: string } {
  const clock = new SimClock();
  const network = new SimNetwork(clock, seeded(seed), { loss: 0.1, double: 0.1, late: 0.1, mostDelayMs: 2_000 });
  const nodes = [CALLER, PROXY, BUSY, CALLEE].map((address) => new SimNode(address, clock, network));
  const [caller, proxy, busy, callee] = nodes.map((node) => new SimApp(node)) as [SimApp, SimApp, SimApp, SimApp];
  const calls = new Map<string, Call>();
  for (const app of [proxy, busy, callee]) app.ask('route|invite');

  proxy.onHeard = (heard) => {
    if (methodOf(heard) === 'INVITE')
      proxy.ask(`proxy|${heard.tokens[8]}|remainInDialog|fullResponse||serial|4s||sip:x@${BUSY}|sip:x@${CALLEE}`, sketch('INVITE'));
  };
  busy.onHeard = (heard) => {
    if (methodOf(heard) === 'INVITE') busy.ask(`sip|${heard.tokens[8]}|`, 'SIP/2.0 486 Busy Here\r\n\r\n');
  };
  callee.onHeard = (heard) => {
    const call = calls.get(callIdOf(heard));
    const method = methodOf(heard);
    if (call === undefined || (method !== 'INVITE' && method !== 'BYE')) return;
    const say = (status: string): void => void callee.ask(`sip|${heard.tokens[8]}|`, `SIP/2.0 ${status}\r\n\r\n`);
    if (method === 'BYE') {
      call.calleeEnded = true;
      if (heard.tokens[8] !== 'unsolicited') say('200 OK');
    } else if (call.plan === 'refused') say('603 Decline');
    else {
      say('180 Ringing');
      if (call.plan === 'talk')
        clock.after(3_000, () => {
          call.calleeUp = true;
          say('200 OK');
        });
    }
  };
  caller.onHeard = (heard) => hearAsCaller(caller, calls, heard);
  for (let nth = 0; nth < CALLS; nth += 1) clock.after(nth * 100, () => place(caller, calls, nth));
  clock.forward(400_000);
  const idle = nodes.map(({ stack, agent }) => [stack.ledger.calls, stack.transactions.size, agent.proxy.calls].join('/')).join(' ');
  return { calls, idle: `${idle} timers ${clock.armed}` };
}

const sketch = (method: string, headers = ''): string => `${method} sip:x@${PROXY} SIP/2.0\r\n${headers}\r\n`;
const methodOf = ({ tokens, message }: Heard): string | undefined => (tokens[1] === 'sip' && message?.kind === 'request' ? message.method : undefined);
const callIdOf = ({ message }: Heard): string => message?.headers.get('call-id') ?? '';

function place(caller: SimApp, calls: Map<string, Call>, nth: number): void {
  const id = `call-${nth}`;
  const plan = planOf(nth);
  calls.set(id, { plan, final: 0, callerEnded: false, calleeUp: false, calleeEnded: false });
  caller.ask('sip||', sketch('INVITE', `Call-ID: ${id}\r\n`));
  const transaction = caller.heard.at(-1)?.tokens[10];
  if (plan === 'caller gives up') caller.node.stack.clock.after(12_000, () => void caller.ask(`sip|${transaction}|`, sketch('CANCEL')));
}

function hearAsCaller(caller: SimApp, calls: Map<string, Call>, heard: Heard): void {
  const { tokens, message } = heard;
  const call = calls.get(callIdOf(heard));
  if (call === undefined || tokens[1] !== 'sip') return;
  if (methodOf(heard) === 'BYE') call.callerEnded = true;
  if (message?.kind !== 'response' || message.status < 200) return;
  if (message.headers.get('cseq')?.endsWith('BYE')) call.callerEnded = true;
  else {
    call.final = message.status;
    if (message.status !== 200) return;
    assert.ok(tagOf(message.headers.get('to') ?? '') !== undefined);
    caller.ask(`sip||${tokens[9]}`, sketch('ACK'));
    caller.node.stack.clock.after(5_000, () => void caller.ask(`sip||${tokens[9]}`, 'BYE sip:placeholder SIP/2.0\r\n\r\n'));
  }
}

for (const seed of [11, 12])
  test(`seed ${seed}: every call through the proxy ends as it was meant to, on both sides, and nothing is left`, () => {
    const { calls, idle } = run(seed);
    assert.equal(idle, '0/0/0 0/0/0 0/0/0 0/0/0 timers 0');
    const wrong = [...calls].filter(([, { plan, final, callerEnded, calleeUp, calleeEnded }]) => {
      if (plan === 'talk') return !(final === 200 && callerEnded && calleeEnded) && !(final >= 400 && (!calleeUp || calleeEnded));
      return plan === 'refused' ? final !== 603 && final !== 408 : final !== 487 && final !== 408;
    });
    assert.deepEqual(wrong, [], `rerun: node --import tsx --test test/sip/proxy-lossy.pure.test.ts, seed ${seed}`);
    const talked = [...calls.values()].filter(({ plan, final }) => plan === 'talk' && final === 200).length;
    assert.ok(talked / [...calls.values()].filter(({ plan }) => plan === 'talk').length > 0.97, `${talked} talked`);
  });
