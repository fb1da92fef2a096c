/** The watcher of the invariants, on a real core: nothing on a sound floor, an alarm and a healing where something is broken. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { asId, type CallId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { createAcd } from '../../src/acd/acd.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import { InvariantWatch } from '../../src/invariants/watch.ts';
import type { Event } from '../../src/vocabulary.ts';
import {
  agentConfigured,
  agentId,
  callArrived,
  callEnded,
  callId,
  callQueued,
  legAnswered,
  legEnded,
  legId,
  phoneReachable,
  queueConfigured,
  signedIn,
  wentReady,
} from '../acd/floor.ts';
import { FakeClock } from '../support/clock.ts';

interface House {
  clock: FakeClock;
  watch: InvariantWatch;
  taken: Event[];
  acd: ReturnType<typeof createAcd>;
  tell(...events: Event[]): void;
}

/** `deaf`: events the routing core never hears of, as if they were lost on their way. */
function openHouse(deaf: (event: Event) => boolean = () => false): House {
  const clock = new FakeClock();
  const acd = createAcd();
  const room = createCallRoom();
  const taken: Event[] = [];
  const tell = (...events: Event[]): void => {
    const facts = [...events];
    for (const fact of facts) {
      if (!deaf(fact)) facts.push(...acd.decide(fact, clock.now()).events);
      room.decide(fact, clock.now());
    }
  };
  const take = (event: Event): void => {
    taken.push(event);
    tell(event);
  };
  const watch = new InvariantWatch({ acd, calls: room.calls, clock, log: silentLog, take });
  tell(queueConfigured('service', { wrapUpMs: 0 }), agentConfigured('8001'), phoneReachable('8001'), signedIn('8001'), wentReady('8001'));
  return { clock, watch, taken, acd, tell };
}

const stateOf = ({ acd }: House) => acd.view.agent(agentId('8001'))?.state;

test('on a sound floor nothing is found, however long it is looked at', () => {
  const house = openHouse();
  house.tell(callArrived('a'), callQueued('a'), legAnswered('a.1'), callArrived('b'), callQueued('b'));
  house.clock.forward(600_000);
  assert.deepEqual(house.taken, []);
  assert.deepEqual(house.watch.counts.breaches, { INV1: 0, INV2: 0, INV6: 0, INV7: 0 });
  assert.ok(house.watch.counts.looks >= 100, `${house.watch.counts.looks} looks`);
});

test('an agent who talks on a leg that no longer exists is let go, by an event, and not before its end could have come', () => {
  const house = openHouse((event) => (event.type === 'legEnded' && event.legId === 'a.1') || event.type === 'callEnded');
  house.tell(callArrived('a'), callQueued('a'), legAnswered('a.1'));
  house.tell(legEnded('a.0'), legEnded('a.1'), callEnded('a'));
  assert.equal(stateOf(house), 'talking');
  house.clock.forward(10_000);
  assert.equal(stateOf(house), 'talking');
  house.clock.forward(10_000);
  assert.equal(stateOf(house), 'ready');
  assert.deepEqual(house.taken, [{ type: 'leaseExpired', agentId: agentId('8001'), legId: legId('a.1') }]);
  assert.equal(house.watch.counts.healed, 1);
  assert.equal(house.watch.counts.breaches.INV6, 1);
});

test('who was held for a moment more by an offer that came to nothing is no suspect ten seconds later', () => {
  const house = openHouse();
  house.tell(callArrived('a'), callQueued('a'));
  house.tell(legEnded('a.1', 'media_failure', 'server'));
  house.watch.look();
  house.tell(legEnded('a.0'), callEnded('a'));
  house.clock.forward(1_000);
  house.tell({ type: 'timePassed' });
  assert.equal(stateOf(house), 'ready');
  house.clock.forward(20_000);
  assert.deepEqual([house.watch.counts.healed, house.watch.counts.breaches.INV6, house.taken], [0, 0, []]);
});

test('an offer whose timer was lost ends when the watcher looks: time is told to have passed', () => {
  const house = openHouse();
  house.tell(callArrived('a'), callQueued('a'));
  assert.equal(stateOf(house), 'offered');
  house.clock.forward(30_000);
  assert.equal(stateOf(house), 'not_ready');
  assert.deepEqual(house.taken[0], { type: 'timePassed' });
  assert.ok(house.watch.counts.breaches.INV7 >= 1, 'it is counted');
});

test('what has expired already, and another agent’s leg, change nothing', () => {
  const house = openHouse();
  house.tell(callArrived('a'), callQueued('a'), legAnswered('a.1'));
  house.tell({ type: 'leaseExpired', agentId: agentId('8001'), legId: legId('b.1') }, { type: 'leaseExpired', agentId: agentId('8002'), legId: legId('a.1') });
  assert.equal(stateOf(house), 'talking');
});

test('a look at 8,000 agents is bounded, and all of them are looked at in time', () => {
  const acd = createAcd();
  acd.decide(queueConfigured('service', { maxWaiting: 10_000 }), 0);
  for (let n = 0; n < 8_000; n += 1) {
    const number = `${10_000 + n}`;
    acd.decide(agentConfigured(number, { staticContact: `sip:${number}@127.0.0.1` }), 0);
    acd.decide(signedIn(number), 0);
    acd.decide(wentReady(number), 0);
    acd.decide(callArrived(`c${n}`), n);
    acd.decide(callQueued(`c${n}`), n);
  }
  const seen = new Set<CallId>();
  for (let look = 0; look < 16; look += 1) {
    const { leases, looked } = acd.inspect(1, 500);
    assert.ok(looked <= 1_000, `${looked} looked at`);
    for (const lease of leases) seen.add(lease.callId);
  }
  assert.equal(seen.size, 8_000);
  assert.ok(seen.has(asId(callId('c7999'))));
});
