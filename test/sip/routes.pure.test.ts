/** Which application takes a request. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Application, ownsNothing } from '../../sip/agent/ledger.ts';
import { Routes } from '../../sip/control/routes.ts';

const anApp = (name: string, more: Partial<Application> = {}): Application & { name: string } => ({
  name,
  deliver: () => undefined,
  isBusy: false,
  isAway: false,
  isGone: false,
  tags: new Set(),
  owned: ownsNothing(),
  ...more,
});
const picks = (routes: Routes, method: string, times: number, tag?: string): string[] =>
  Array.from({ length: times }, () => {
    const app = routes.pick(method, tag);
    return typeof app === 'string' ? app : (app as Application & { name: string }).name;
  });

test('applications take turns, once each however often they asked', () => {
  const routes = new Routes();
  const [a, b] = [anApp('a'), anApp('b')];
  for (const app of [a, a, a, b]) routes.add('invite', app);
  assert.deepEqual(picks(routes, 'invite', 4), ['a', 'b', 'a', 'b']);
  assert.deepEqual(picks(routes, 'register', 1), ['none']);
});

test('remove_route takes away one verb, once, and of that application alone', () => {
  const routes = new Routes();
  const [a, b] = [anApp('a'), anApp('b')];
  for (const app of [a, b]) for (const verb of ['invite', 'register', 'cdr:stop']) routes.add(verb, app);
  routes.remove('invite', a);
  routes.remove('invite', a);
  routes.remove('message', a);
  assert.deepEqual(picks(routes, 'invite', 2), ['b', 'b']);
  assert.deepEqual(picks(routes, 'register', 2).toSorted(), ['a', 'b']);
  routes.removeAll(b);
  assert.deepEqual([picks(routes, 'invite', 1), picks(routes, 'register', 1), routes.has('cdr:stop')], [['none'], ['a'], true]);
});

test('one that does not read is left out; all such: busy', () => {
  const routes = new Routes();
  routes.add('invite', anApp('slow', { isBusy: true }));
  assert.deepEqual(picks(routes, 'invite', 1), ['busy']);
  routes.add('invite', anApp('quick'));
  assert.deepEqual(picks(routes, 'invite', 3), ['quick', 'quick', 'quick']);
});

test('a tag picks among those that call themselves so, in turn', () => {
  const routes = new Routes();
  for (const [name, tags] of [
    ['a', ['x', 'y']],
    ['b', ['y']],
    ['c', ['z']],
  ] as const)
    routes.add('invite', anApp(name, { tags: new Set(tags) }));
  assert.deepEqual(picks(routes, 'invite', 4, 'y').toSorted(), ['a', 'a', 'b', 'b']);
  assert.deepEqual(picks(routes, 'invite', 2, 'z'), ['c', 'c']);
  assert.deepEqual(picks(routes, 'invite', 1, 'nobody'), ['busy']);
});
