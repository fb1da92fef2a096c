import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agentIdOf, asId, type CallId, type LegId, legIdOf, type TenantId, type UserId } from '../../kernel/ids.ts';
import type { TollEvent } from '../../src/toll/event.ts';
import { type Caps, type Destination, usualRules } from '../../src/toll/policy.ts';
import { createToll, type TollRoom } from '../../src/toll/room.ts';

const tenantId = asId<TenantId>('demo');
const account = agentIdOf(tenantId, '8001');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOON = Date.parse('2026-05-17T12:00:00+08:00');
const mobile: Destination = { kind: 'domestic', number: '+8613800001001', country: 'CN' };
const caps: Caps = { ...usualRules.agent, minutesPerHour: 30 };
const callId = asId<CallId>('c');
const leg = (n: number): LegId => legIdOf(callId, n);
const on = { tenantId, account, callId, country: 'CN', blockHours: 24 } as const;
const dialled = (n: number, kind: Destination['kind'] = 'domestic'): TollEvent => ({ type: 'outsideDialled', ...on, legId: leg(n), kind, caps });
const refused = (n: number): TollEvent => ({ type: 'outsideRefused', ...on, legId: leg(n), kind: 'international', why: 'closed' });
const lifted: TollEvent = { type: 'tollLifted', tenantId, account, by: asId<UserId>('demo:admin') };
const cut = (n: number) => ({ type: 'releaseLeg', callId, legId: leg(n), cause: 'not_allowed', by: 'server' });
const verdict = (room: TollRoom, now: number): string => {
  const answer = room.judge(tenantId, account, mobile, usualRules, now);
  return answer.is === 'let' ? 'let' : answer.why;
};

describe('H1: an account', () => {
  it('has two calls outside at a time, and one again when one ends', () => {
    const room = createToll();
    for (const n of [1, 2]) room.decide(dialled(n), NOON);
    assert.equal(verdict(room, NOON), 'parallel');
    room.decide({ type: 'legEnded', legId: leg(1) } as never, NOON);
    assert.equal(verdict(room, NOON), 'let');
  });

  it('that goes on after ten refusals is blocked, and what it has out is cut', () => {
    const room = createToll();
    room.decide(dialled(1), NOON);
    for (let n = 2; n <= 10; n += 1) assert.deepEqual(room.decide(refused(n), NOON + n * 1_000).commands, []);
    const turn = room.decide(refused(11), NOON + 11_000);
    const until = NOON + 11_000 + 24 * HOUR;
    assert.deepEqual(turn.events, [{ type: 'tollBlocked', tenantId, account, why: 'refusals', until }]);
    assert.deepEqual(turn.commands, [cut(1)]);
    assert.deepEqual([verdict(room, NOON + HOUR), verdict(room, until)], ['blocked', 'let']);
    assert.deepEqual(room.blocked(tenantId, NOON + HOUR), [{ account, until }]);
  });

  it('is not blocked by ten mistakes of a day', () => {
    const room = createToll();
    for (let n = 1; n <= 12; n += 1) assert.deepEqual(room.decide(refused(n), NOON + n * 2 * MINUTE).events, []);
  });

  it('whose minutes are spent is cut and blocked within ten seconds', () => {
    const room = createToll();
    room.decide(dialled(1), NOON);
    room.decide({ type: 'legAnswered', legId: leg(1) } as never, NOON + 500);
    let now = NOON;
    let turn = room.decide({ type: 'timePassed' }, now);
    while (turn.events.length === 0) {
      assert.ok(turn.wakeAt !== null && turn.wakeAt - now <= 10_000 && now < NOON + HOUR);
      now = turn.wakeAt;
      turn = room.decide({ type: 'timePassed' }, now);
    }
    assert.ok(now >= NOON + 30 * MINUTE && now <= NOON + 30 * MINUTE + 11_000, String(now - NOON));
    assert.deepEqual(turn.commands, [cut(1)]);
  });

  it('is free again when an admin says so', () => {
    const room = createToll();
    for (let n = 1; n <= 10; n += 1) room.decide(refused(n), NOON);
    assert.equal(verdict(room, NOON), 'blocked');
    room.decide(lifted, NOON);
    assert.equal(verdict(room, NOON), 'let');
    assert.deepEqual(room.decide(refused(11), NOON).events, [], 'the count begins anew');
  });

  it('H6: calls for help are on nobody’s account', () => {
    const room = createToll();
    for (let n = 1; n <= 5; n += 1) room.decide(dialled(n, 'emergency'), NOON);
    assert.deepEqual(room.usage(tenantId, account, NOON), { live: 0, callsHour: 0, minutesHour: 0, callsDay: 0, minutesDay: 0, blocked: false });
  });

  it('is no other tenant’s, and the dialplans have their own', () => {
    const room = createToll();
    for (let n = 1; n <= 10; n += 1) room.decide(refused(n), NOON);
    assert.equal(room.judge(asId('other'), account, mobile, usualRules, NOON).is, 'let');
    assert.equal(room.judge(tenantId, 'flow', mobile, usualRules, NOON).is, 'let');
  });
});

describe('a restart', () => {
  /** A call under way, an hour's calls, a block on another account. */
  function story(): { room: TollRoom; told: [TollEvent | { type: string }, number][] } {
    const other = agentIdOf(tenantId, '8002');
    const told: [TollEvent | { type: string }, number][] = [
      [dialled(1), NOON],
      [{ type: 'legAnswered', legId: leg(1) } as never, NOON + MINUTE],
      ...Array.from({ length: 10 }, (_, n) => [{ ...refused(20 + n), account: other }, NOON + 2 * MINUTE] as [TollEvent, number]),
      [{ type: 'heartbeat' }, NOON + 5 * MINUTE],
    ];
    const room = createToll();
    for (const [event, now] of told) for (const fact of room.decide(event, now).events) room.decide(fact, now);
    return { room, told };
  }
  const picture = (room: TollRoom, now: number) => [room.usage(tenantId, account, now), room.blocked(tenantId, now)];

  it('forgives nobody: the journal told again, or its snapshot, gives the same; what was out ended with us', () => {
    const { room, told } = story();
    const replayed = createToll();
    for (const [event, now] of told) replayed.decide(event, now);
    const restored = createToll();
    restored.restore(JSON.parse(JSON.stringify(room.snapshot())));
    restored.decide({ type: 'heartbeat' }, NOON + 5 * MINUTE);
    const now = NOON + 30 * MINUTE;
    for (const one of [room, replayed, restored]) {
      one.decide({ type: 'serverStarted' }, now);
      assert.deepEqual(picture(one, now), [
        { live: 0, callsHour: 1, minutesHour: 4, callsDay: 1, minutesDay: 4, blocked: false },
        [{ account: agentIdOf(tenantId, '8002'), until: NOON + 2 * MINUTE + 24 * HOUR }],
      ]);
    }
  });

  it('keeps no more than it must: a ledger of yesterday is not in the snapshot', () => {
    const { room } = story();
    room.decide({ type: 'serverStarted' }, NOON + HOUR);
    room.decide({ type: 'heartbeat' }, NOON + 26 * HOUR);
    assert.deepEqual(room.snapshot(), []);
  });
});
