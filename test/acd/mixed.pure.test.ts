/** Seeded shifts in which calls, callbacks, chats and mails share the same agents; and that who watches them sees what is broken. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Acd, createAcd } from '../../src/acd/acd.ts';
import { runMixedShift } from '../../src/acd/simulation/mixed/shift.ts';
import { isFault } from '../../src/acd/simulation/run.ts';
import type { Command, Event, Turn } from '../../src/vocabulary.ts';

const SEEDS = 30;
const EVENTS = 150;

test(`${SEEDS} shifts of calls, callbacks, chats and mails: one offer an agent, nobody jumps or waits beside who is idle, none is lost, a snapshot decides alike`, () => {
  const ends = new Map<string, number>();
  let answered = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const result = runMixedShift(seed, EVENTS);
    if (isFault(result)) {
      const trace = result.trace.map(({ at, event }) => `${at} ${JSON.stringify(event)}`).join('\n');
      assert.fail(`${result.message}\nagain: npx huawu simulate --seed ${seed} --events ${4 * EVENTS}\n${trace}`);
    }
    answered += result.answered;
    for (const [how, count] of result.ends) ends.set(how, (ends.get(how) ?? 0) + count);
  }
  assert.ok(answered > 3 * SEEDS, `the dice made a floor with work on it: ${answered} answered`);
  for (const how of ['callback served', 'callback called_again', 'callback cancelled', 'chat done', 'mail done', 'chat timeout'])
    assert.ok((ends.get(how) ?? 0) > 0, `none ended ${how}: ${JSON.stringify([...ends])}`);
});

test('the same seed gives the same mixed shift, another seed another', () => {
  const hashes = [11, 11, 12].map((seed) => {
    const result = runMixedShift(seed, 100);
    assert.ok(!isFault(result), 'no fault');
    return result.hash;
  });
  assert.equal(hashes[0], hashes[1]);
  assert.notEqual(hashes[0], hashes[2]);
});

const faulty = (spoil: (turn: Turn<Event, Command>) => void) => (): Acd => {
  const acd = createAcd();
  return {
    ...acd,
    decide(event, now) {
      const turn = acd.decide(event, now);
      spoil(turn);
      return turn;
    },
  };
};
const without = (turn: Turn<Event, Command>, lost: (fact: Event) => boolean): void => {
  turn.events = turn.events.filter((fact) => !lost(fact));
};

const faults: Record<string, { invariant: string; make: () => Acd }> = {
  'a callback of which nobody hears that it is over': { invariant: 'INV5', make: faulty((turn) => without(turn, ({ type }) => type === 'callbackEnded')) },
  'an interaction that ends without a word': { invariant: 'INV', make: faulty((turn) => without(turn, ({ type }) => type === 'interactionEnded')) },
  'a second offer beside a chat that is shown': { invariant: 'INV', make: faulty((turn) => without(turn, ({ type }) => type === 'interactionOfferEnded')) },
  'a callback that is forgotten over a restart': {
    invariant: 'INV5',
    make: () => {
      const acd = createAcd();
      return { ...acd, snapshot: () => ({ ...(acd.snapshot() as object), callbacks: [] }) };
    },
  },
  'more chats at once than she may have': {
    invariant: 'INV8',
    make: () => {
      const acd = createAcd();
      const generous = (event: Event): Event =>
        event.type === 'agentConfigured' ? { ...event, agent: { ...event.agent, channels: { ...event.agent.channels, chat: 5 } } } : event;
      return { ...acd, decide: (event, now) => acd.decide(generous(event), now) };
    },
  },
  'a chat that is offered to who has none of its channel': {
    invariant: 'INV8',
    make: () => {
      const acd = createAcd();
      const all = (event: Event): Event => (event.type === 'interactionAsked' ? { ...event, channel: 'chat' } : event);
      return { ...acd, decide: (event, now) => acd.decide(all(event), now) };
    },
  },
};

for (const [name, { invariant, make }] of Object.entries(faults)) {
  test(`who watches a mixed shift catches ${name}`, () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const result = runMixedShift(seed, 150, make);
      if (!isFault(result)) continue;
      assert.ok(result.message.startsWith(invariant), result.message);
      assert.ok(result.trace.length <= 45, `${result.trace.length} events are left`);
      return;
    }
    assert.fail('20 shifts with the fault, and nobody saw it');
  });
}
