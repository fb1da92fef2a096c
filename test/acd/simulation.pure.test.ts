import assert from 'node:assert/strict';
import test from 'node:test';
import { asId } from '../../kernel/ids.ts';
import { type Acd, createAcd } from '../../src/acd/acd.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';
import { Disorder } from '../../src/acd/simulation/disorder.ts';
import { runMixedShift } from '../../src/acd/simulation/mixed/shift.ts';
import { isFault, runShift } from '../../src/acd/simulation/run.ts';
import type { Command, Event, Turn } from '../../src/vocabulary.ts';
import { agentConfigured, callArrived, callQueued, Floor, phoneReachable, queueConfigured, signedIn, wentReady } from './floor.ts';

const SEEDS = 100;
const EVENTS = 600;

test(`J8 ${SEEDS} shifts of ${EVENTS} random events break no invariant, and their snapshots and logs decide alike`, () => {
  let answered = 0;
  let exits = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const result = runShift(seed, EVENTS);
    if (isFault(result)) {
      const trace = result.trace.map(({ at, event }) => `${at} ${JSON.stringify(event)}`).join('\n');
      assert.fail(`${result.message}\nagain: npx huawu simulate --seed ${seed} --events ${EVENTS}\n${trace}`);
    }
    answered += result.answered;
    exits += result.exits;
  }
  assert.ok(answered > 10 * SEEDS && exits > 45 * SEEDS, `the dice made a floor with work on it: ${answered} answered of ${exits}`);
});

test('J8 a seed twice gives the same log of the routing core byte for byte, of calls and of everything together', () => {
  for (const seed of [7, 8, 9, 10, 11])
    for (const run of [() => runShift(seed, 150), () => runMixedShift(seed, 60)]) {
      const [first, second] = [run(), run()].map((result) => {
        assert.ok(!isFault(result), `again: npx huawu simulate --seed ${seed}`);
        return { log: JSON.stringify(result.log), hash: result.hash };
      });
      assert.ok((first?.log.length ?? 0) > 10_000);
      assert.deepEqual(first, second, `seed ${seed}`);
    }
});

test('the same seed gives the same shift, another seed another', () => {
  const hashes = [11, 11, 12].map((seed) => {
    const result = runShift(seed, 500);
    assert.ok(!isFault(result));
    return result.hash;
  });
  assert.equal(hashes[0], hashes[1]);
  assert.notEqual(hashes[0], hashes[2]);
});

/** The real core with one fault put into its turns. */
const faulty = (spoil: (turn: Turn<Event, Command>, event: Event) => void) => (): Acd => {
  const acd = createAcd();
  return {
    ...acd,
    decide(event, now) {
      const turn = acd.decide(event, now);
      spoil(turn, event);
      return turn;
    },
  };
};

const faults: Record<string, { invariant: string; spoil: (turn: Turn<Event, Command>, event: Event) => void }> = {
  'a caller who never leaves': {
    invariant: 'INV5',
    spoil(turn) {
      turn.events = turn.events.filter((fact) => fact.type !== 'callLeftQueue' || fact.exit !== 'abandoned');
    },
  },
  'a phone that rings before the screen pops': {
    invariant: 'INV9',
    spoil(turn) {
      turn.commands.reverse();
    },
  },
  // Perhaps first by the end of a pause or a wrap-up of which nothing comes (INV7).
  'an agent nobody hears is ready': {
    invariant: 'INV',
    spoil(turn) {
      turn.events = turn.events.filter((fact) => fact.type !== 'agentStateChanged' || fact.state !== 'ready');
    },
  },
  'a wake that comes too late': {
    invariant: 'INV7',
    spoil(turn) {
      if (turn.wakeAt !== null) turn.wakeAt += 1;
    },
  },
  'an offer nobody hears of': {
    invariant: 'INV',
    spoil(turn) {
      turn.events = turn.events.filter((fact) => fact.type !== 'callOffered');
    },
  },
  'a leg nobody releases': {
    invariant: 'INV6',
    spoil(turn, event) {
      if (event.type === 'timePassed') turn.commands = turn.commands.filter((command) => command.type !== 'releaseLeg');
    },
  },
};

faults['a reserve that is not awakened'] = {
  invariant: 'INV12',
  spoil(turn) {
    turn.events = turn.events.filter((fact) => fact.type !== 'reserveChanged' || !fact.open || fact.why !== 'waiting');
  },
};
faults['a reserve that is never put back to sleep'] = {
  invariant: 'INV12',
  spoil(turn) {
    turn.events = turn.events.filter((fact) => fact.type !== 'reserveChanged' || fact.open || fact.why !== 'over');
  },
};

for (const [name, { invariant, spoil }] of Object.entries(faults)) {
  test(`the observer catches ${name}, and shrinks the log to a few events`, () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const result = runShift(seed, 400, faulty(spoil));
      if (!isFault(result)) continue;
      assert.ok(result.message.startsWith(invariant), result.message);
      assert.ok(result.trace.length <= 45, `${result.trace.length} events are left`);
      return;
    }
    assert.fail('20 shifts with the fault, and nobody saw it');
  });
}

test('what is found only at the end of a shift, a call that is kept for ever, is shrunk too', () => {
  const hoarding = (): Acd => {
    const acd = createAcd();
    const kept = new Set<string>();
    return {
      ...acd,
      decide(event, now) {
        if (event.type === 'callQueued' && event.priority === 3) kept.add(event.callId);
        return acd.decide(event, now);
      },
      snapshot() {
        const whole = acd.snapshot() as { calls: unknown[] };
        return kept.size === 0 ? whole : { ...whole, unsaid: ['kept'] };
      },
      restore: (from) => acd.restore({ ...(from as object), unsaid: [] }),
    };
  };
  const result = runShift(2, 300, hoarding);
  assert.ok(isFault(result), 'nobody saw it');
  assert.ok(result.message.startsWith('INV8'), result.message);
  assert.ok(result.trace.length <= 3, `${result.trace.length} events are left`);
});

test('a disordered shift loses, doubles and holds back some of what is told, jumps its clock and restarts its core; the same for the same seed', () => {
  const tells = (seed: number): { told: string[]; jumps: number; restarts: number } => {
    const disorder = new Disorder(new Dice(seed));
    const told: string[] = [];
    let [jumps, restarts] = [0, 0];
    for (let n = 0; n < 5_000; n += 1) {
      for (const event of disorder.of({ type: 'callEnded', callId: asId(`c${n}`), ending: { cause: 'normal', by: 'far_end' } }))
        if (event.type === 'callEnded') told.push(event.callId);
      if (disorder.jumpMs() > 0) jumps += 1;
      if (disorder.restarts()) restarts += 1;
    }
    return { told, jumps, restarts };
  };
  const { told, jumps, restarts } = tells(1);
  const numbers = told.map((name) => Number(name.slice(1)));
  assert.deepEqual(tells(1).told, told);
  assert.ok(new Set(told).size < 4_950, 'some are lost');
  assert.ok(told.length - new Set(told).size > 50, 'some are doubled');
  assert.ok(
    numbers.some((n, at) => n > (numbers[at + 1] ?? n)),
    'some come behind others',
  );
  assert.ok(jumps > 3 && restarts > 3, `${jumps} jumps, ${restarts} restarts`);
});

for (const [what, forgotten] of Object.entries({ 'the phones': { phones: [] }, 'the time, so that it goes back with the clock': { toldAt: 0 } })) {
  test(`a core that forgets ${what} over a restart is caught in a disordered shift`, () => {
    const forgetful = (): Acd => {
      const acd = createAcd();
      return { ...acd, snapshot: () => ({ ...(acd.snapshot() as object), ...forgotten }) };
    };
    for (let seed = 1; seed <= 60; seed += 3) {
      const result = runShift(seed, 600, forgetful);
      if (isFault(result)) return;
    }
    assert.fail('20 disordered shifts, and nobody saw it');
  });
}

test('a clock that was set back over a restart costs nobody a place: who came before is served before, and what is due is done at once', () => {
  const before = new Floor();
  before.tell(queueConfigured('service'), agentConfigured('8001'), phoneReachable('8001'), signedIn('8001'));
  before.tell(callArrived('c1'), callQueued('c1'));
  const after = new Floor();
  after.acd.restore(JSON.parse(JSON.stringify(before.acd.snapshot())));
  after.now = before.now - 600_000;
  after.tell(callArrived('c2'), callQueued('c2'));
  const lines = after.tell(wentReady('8001'));
  assert.ok(lines[0]?.startsWith('c1.o1 c1 offered to 8001'), lines.join('\n'));
});
