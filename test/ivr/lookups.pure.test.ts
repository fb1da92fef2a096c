import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '../../kernel/clock.ts';
import { asId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import type { CallsView } from '../../src/call/call.ts';
import type { CallEvent } from '../../src/call/event.ts';
import { type Account, createLookUps } from '../../src/ivr/actions/lookups.ts';

const account: Account = {
  ...{ balanceFen: 3041, monthFeeFen: 5800, dataTotalMb: 20_480, dataUsedMb: 20_000, voiceTotalMin: 300, voiceUsedMin: 341 },
  planName: { zh: '畅享58元套餐', en: 'Smart 58' },
  billItems: [
    { label: 'bill-monthly-fee', fen: 5800 },
    { label: 'bill-data', fen: 200 },
  ],
};
const tickets = [{ ticketId: 'CS1', title: '信号弱', status: '处理中', openedAt: '' }];
// Only the card of the one call is looked at.
const calls = { get: () => ({ customer: { openTickets: tickets } }) } as unknown as CallsView;

/** A clock whose timers go off when the test says so. */
function handClock(): { clock: Clock; goOff(): void; waiting(): number } {
  const timers = new Set<{ ms: number; fn: () => void }>();
  const after = (ms: number, fn: () => void): (() => void) => {
    const timer = { ms, fn };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  return { clock: { now: () => 0, after, every: after }, goOff: () => [...timers].forEach(({ fn }) => void fn()), waiting: () => timers.size };
}

interface Asked {
  what: string;
  customerId?: string;
  accountOf?: () => Promise<Account | null>;
}
async function ask({ what, customerId = 'k1', accountOf = async () => account }: Asked): Promise<CallEvent[]> {
  const taken: CallEvent[] = [];
  const { clock, goOff } = handClock();
  const { lookUp } = createLookUps({ accounts: { accountOf }, calls, clock, log: silentLog, take: (event) => taken.push(event) });
  lookUp({ type: 'lookUp', callId: asId('c1'), playId: 'p1', tenantId: asId('demo'), what, arguments: { customerId, number: '+8613800001004' } });
  await new Promise((resolve) => setImmediate(resolve));
  if (taken.length === 0) goOff();
  await new Promise((resolve) => setImmediate(resolve));
  return taken;
}
const ended = (ok: boolean, values: Record<string, string> = {}): CallEvent[] => [{ type: 'lookupEnded', callId: asId('c1'), playId: 'p1', ok, values }];

describe('lookups', () => {
  const rows: Record<string, Record<string, string>> = {
    balance: { balanceFen: '3041', monthFeeFen: '5800', billTotalFen: '6000' },
    usage: { dataTotalMb: '20480', dataUsedMb: '20000', dataLeftMb: '480', dataLeftGb: '0.5', voiceTotalMin: '300', voiceUsedMin: '341', voiceLeftMin: '0' },
    bill: { billCount: '2', billTotalFen: '6000', 'bill.1.label': 'bill-monthly-fee', 'bill.1.fen': '5800', 'bill.2.label': 'bill-data', 'bill.2.fen': '200' },
    plans: { planNameZh: '畅享58元套餐', planNameEn: 'Smart 58', monthFeeFen: '5800' },
    tickets: { ticketCount: '1', 'ticket.1.id': 'CS1', 'ticket.1.title': '信号弱', 'ticket.1.status': '处理中' },
  };
  for (const [what, values] of Object.entries(rows))
    it(`bring ${what} as names and texts`, async () => assert.deepEqual(await ask({ what }), ended(true, values)));

  it('fail for a customer we do not know, without asking', async () => {
    const accountOf = (): Promise<Account | null> => assert.fail('asked');
    assert.deepEqual(await ask({ what: 'balance', customerId: '', accountOf }), ended(false));
  });
  it('fail for a customer without an account', async () => assert.deepEqual(await ask({ what: 'balance', accountOf: async () => null }), ended(false)));
  it('fail when the store does', async () => assert.deepEqual(await ask({ what: 'bill', accountOf: () => Promise.reject(new Error('away')) }), ended(false)));
  it('A6: fail at the deadline when the store is silent', async () =>
    assert.deepEqual(await ask({ what: 'bill', accountOf: () => new Promise(() => undefined) }), ended(false)));
  it('fail for what nobody can look up', async () => assert.deepEqual(await ask({ what: 'weather' }), ended(false)));

  it('are bounded: beyond a thousand under way the next fails at once', () => {
    const taken: CallEvent[] = [];
    const { clock, waiting } = handClock();
    const accounts = { accountOf: () => new Promise<null>(() => undefined) };
    const { lookUp } = createLookUps({ accounts, calls, clock, log: silentLog, take: (event) => taken.push(event) });
    const command = {
      type: 'lookUp',
      callId: asId<never>('c1'),
      playId: 'p1',
      tenantId: asId<never>('demo'),
      what: 'bill',
      arguments: { customerId: 'k' },
    } as const;
    for (let number = 0; number < 1001; number += 1) lookUp(command);
    assert.deepEqual([taken, waiting()], [ended(false), 1000]);
  });
});
