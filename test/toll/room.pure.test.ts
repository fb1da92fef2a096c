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

  it('whose money is spent is cut and blocked within ten seconds, and a supervisor sees it', () => {
    const room = createToll();
    // 20 a minute and 5 a call, 100 an hour: the fifth begun minute is one too many.
    const costly = { ...dialled(1), caps: { ...caps, spendPerHour: 100 }, rate: { perMinute: 20, perCall: 5 } };
    room.decide(costly, NOON);
    room.decide({ type: 'legAnswered', legId: leg(1) } as never, NOON);
    let now = NOON;
    let turn = room.decide({ type: 'timePassed' }, now);
    while (turn.events.length === 0) {
      assert.ok(turn.wakeAt !== null && now < NOON + HOUR);
      now = turn.wakeAt;
      turn = room.decide({ type: 'timePassed' }, now);
    }
    assert.ok(now > NOON + 4 * MINUTE && now <= NOON + 4 * MINUTE + 10_000, String(now - NOON));
    assert.deepEqual(turn.commands, [cut(1)]);
    for (const fact of turn.events) room.decide(fact, now);
    assert.equal(room.usage(tenantId, account, now).spentHour, 105);
    assert.deepEqual(room.alarms(tenantId, now), [{ at: now, what: 'blocked', account, why: 'money', until: now + 24 * HOUR }]);
    assert.deepEqual(room.alarms(asId('other'), now), []);
    assert.equal(verdict(room, now), 'blocked');
  });

  it('pays for begun minutes within the hour, for a call when it was answered, and for none that nobody answered', () => {
    const room = createToll();
    const at = (n: number, rate: { perMinute: number; perCall: number }): TollEvent => ({ ...dialled(n), rate }) as TollEvent;
    const usage = (now: number) => room.usage(tenantId, account, now);
    room.decide(at(1, { perMinute: 1, perCall: 10 }), NOON);
    room.decide(at(2, { perMinute: 100, perCall: 100 }), NOON);
    room.decide({ type: 'legAnswered', legId: leg(1) } as never, NOON + 5_000);
    room.decide({ type: 'legEnded', legId: leg(1) } as never, NOON + 5_000 + MINUTE + 1);
    room.decide({ type: 'legEnded', legId: leg(2) } as never, NOON + 30_000);
    assert.deepEqual([usage(NOON + 10 * MINUTE).spentHour, usage(NOON + 2 * HOUR).spentHour, usage(NOON + 2 * HOUR).spentDay], [12, 0, 12]);
  });

  it('is free again when an admin says so', () => {
    const room = createToll();
    for (let n = 1; n <= 10; n += 1) room.decide(refused(n), NOON);
    assert.equal(verdict(room, NOON), 'blocked');
    room.decide(lifted, NOON);
    assert.equal(verdict(room, NOON), 'let');
    assert.deepEqual(room.decide(refused(11), NOON).events, [], 'the count begins anew');
  });

  it('H6: calls for help are on nobody’s account, and a supervisor sees each, with its place', () => {
    const room = createToll();
    const help = { number: '120', location: { address: '5层', latitude: null, longitude: null, accessNetwork: null } };
    for (let n = 1; n <= 5; n += 1) room.decide({ ...dialled(n, 'emergency'), help } as TollEvent, NOON + n);
    assert.deepEqual(
      room.alarms(tenantId, NOON + MINUTE).map(({ at, what }) => [at - NOON, what]),
      [5, 4, 3, 2, 1].map((n) => [n, 'emergency']),
    );
    assert.deepEqual(room.alarms(tenantId, NOON + 25 * HOUR), []);
    assert.deepEqual(room.usage(tenantId, account, NOON), {
      live: 0,
      callsHour: 0,
      minutesHour: 0,
      callsDay: 0,
      minutesDay: 0,
      spentHour: 0,
      spentDay: 0,
      blocked: false,
    });
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
        { live: 0, callsHour: 1, minutesHour: 4, callsDay: 1, minutesDay: 4, spentHour: 0, spentDay: 0, blocked: false },
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
