import assert from 'node:assert/strict';
import test from 'node:test';
import { OrderedList } from '../../src/acd/ordered.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';

interface Item {
  rank: number;
  id: number;
}
const byRank = (a: Item, b: Item): number => a.rank - b.rank || a.id - b.id;

test('an ordered list holds what a sorted array holds, through 20,000 additions and removals', () => {
  const dice = new Dice(7);
  const list = new OrderedList<Item>(byRank);
  let plain: Item[] = [];
  for (let id = 0; id < 20_000; id += 1) {
    const growing = id % 4_000 < 2_500;
    if (plain.length === 0 || dice.chance(growing ? 0.8 : 0.2)) {
      const item = { rank: dice.between(0, 500), id };
      list.add(item);
      plain.push(item);
    } else {
      const item = dice.pick(plain) as Item; // not empty
      assert.equal(list.remove(item), true);
      plain = plain.filter((other) => other !== item);
    }
    assert.equal(list.size, plain.length);
    if (id % 500 === 0) assert.deepEqual([...list], plain.toSorted(byRank));
    if (id % 50 === 0) assert.equal(list.first(), plain.length === 0 ? undefined : plain.reduce((least, item) => (byRank(item, least) < 0 ? item : least)));
  }
});

test('adding twice adds once, and what is not there cannot be removed', () => {
  const list = new OrderedList<Item>(byRank);
  const item = { rank: 1, id: 1 };
  list.add(item);
  list.add(item);
  assert.equal(list.size, 1);
  assert.equal(list.remove({ rank: 1, id: 1 }), false, 'an equal item is not the item');
  assert.equal(list.remove({ rank: 0, id: 9 }), false);
  assert.equal(list.remove(item), true);
  assert.equal(list.remove(item), false);
  assert.equal(list.first(), undefined);
});
