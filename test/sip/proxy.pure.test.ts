/** The proxy on the simulated network: a caller, targets around the server, and one application that gives requests away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTrustedNetwork } from '../../sip/guard/addresses.ts';
import { Guard } from '../../sip/guard/guard.ts';
import { type Request, type Response, responseTo, tagOf } from '../../sip/message/message.ts';
import { type BranchInput, type BranchState, branchTable } from '../../sip/proxy/branch-table.ts';
import { type SimPeer, SimWorld } from './support/sim-peer.ts';
import { SimApp, SimNode } from './support/simulation.ts';

const CALLER = '10.0.0.9';
const [A, B, C] = ['10.0.0.21', '10.0.0.22', '10.0.0.23'];
const uri = (address: string, user = 'b'): string => `sip:${user}@${address}`;

interface ProxyWorld {
  world: SimWorld;
  caller: SimPeer;
  a: SimPeer;
  b: SimPeer;
  c: SimPeer;
  invite: Request;
}
interface Wish {
  remain?: boolean;
  follow?: boolean;
  simultaneous?: boolean;
  provisional?: string;
  final?: string;
  partial?: boolean;
  headers?: string;
}
/** The newest request is given away. */
function give({ world }: Pick<ProxyWorld, 'world'>, targets: string[], wish: Wish = {}): string {
  const { remain, follow, simultaneous, provisional = '', final = '', partial, headers = '' } = wish;
  const words = [remain ? 'remainInDialog' : '', partial ? '' : 'fullResponse', follow ? 'followRedirects' : '', simultaneous ? 'simultaneous' : 'serial'];
  const id = world.app.ask(
    `proxy|${world.transaction}|${words.join('|')}|${provisional}|${final}|${targets.join('|')}`,
    `INVITE ${targets[0]} SIP/2.0\r\n${headers}\r\n`,
  );
  world.clock.forward(50);
  return id;
}
function newProxyWorld(edit: (headers: Request['headers']) => void = () => undefined): ProxyWorld {
  const world = new SimWorld(['invite', 'register', 'message']);
  const [caller, a, b, c] = [world.peer(CALLER), world.peer(A), world.peer(B), world.peer(C)];
  const invite = caller.request('INVITE', edit);
  caller.send(invite);
  return { world, caller, a, b, c, invite };
}
/** What the application was answered to its order: statuses with their origin, `done`, or the refusal. */
const told = ({ world }: Pick<ProxyWorld, 'world'>, id: string): string[] =>
  world.app.heard
    .filter(({ tokens }) => tokens[1] === 'response' && tokens[2] === id)
    .map(({ tokens, message }) => {
      if (tokens[12] !== 'continue') return tokens.slice(3).join(' ');
      return `${message?.kind === 'response' ? message.status : ''} ${tokens[7]}:${tokens[8]}`;
    });
const viaCount = (message: Request | Response): number => message.headers.list('via').length;

// ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────────────

test('branch: every state × input has its outcome', () => {
  const inputs: BranchInput[] = [
    'found',
    '1xx',
    '2xx',
    '300-699',
    'provisionalTimeout',
    'finalTimeout',
    'timerC',
    'cancel',
    'cancelTimeout',
    'silence',
    'transportError',
    'flowFailed',
  ];
  // Next states in the order of `inputs`; "." stays.
  const expected: Record<BranchState, string> = {
    finding: 'trying . . . done done . done . . done done',
    trying: '. ringing answered done withdrawn withdrawn . withdrawn . done done done',
    ringing: '. . answered done . cancelled cancelled cancelled . done done done',
    withdrawn: '. cancelled answered done . . . . . done done done',
    cancelled: '. . answered done . . . . done done done done',
    answered: '. . . . . . . . . . . .',
    done: '. . . . . . . . . . . .',
  };
  for (const [state, row] of Object.entries(expected) as [BranchState, string][]) {
    const nexts = inputs.map((input) => (branchTable[state][input].next === state ? '.' : branchTable[state][input].next));
    assert.equal(nexts.join(' '), row, state);
  }
});

test('branch: whatever ends it is kept or relayed on the way, and an answer never keeps', () => {
  for (const [state, row] of Object.entries(branchTable) as [BranchState, (typeof branchTable)[BranchState]][])
    for (const [input, { next, does }] of Object.entries(row)) {
      if (next !== 'done' || state === 'done' || state === 'withdrawn') continue;
      assert.ok(
        does.some((action) => action.startsWith('keep')),
        `${state} × ${input}`,
      );
      assert.ok(does.includes('stop timers'), `${state} × ${input}`);
    }
  for (const state of ['trying', 'ringing', 'withdrawn', 'cancelled', 'answered'] as const) assert.ok(branchTable[state]['2xx'].does.includes('relay'), state);
});

// ── one target ────────────────────────────────────────────────────────────────────────────────────────────────────────

test('a call is passed on: the target’s copy has our Via, one hop less, our Record-Route and the application’s header; answers go up without our Via', () => {
  const it = newProxyWorld();
  const id = give(it, [uri(A)], { remain: true, headers: 'X-Extra: 1\r\nVia: evil\r\nRoute: <sip:evil>\r\nFrom: <sip:evil@x>\r\n' });
  const passed = it.a.last('INVITE') as Request;
  assert.equal(passed.uri, uri(A));
  assert.match(passed.headers.get('via') ?? '', /^SIP\/2\.0\/UDP 10\.0\.0\.1:5060;rport;branch=z9hG4bK/);
  assert.equal(viaCount(passed), 2);
  assert.equal(passed.headers.get('max-forwards'), '69');
  assert.match(passed.headers.get('record-route') ?? '', /^<sip:10\.0\.0\.1:5060;lr;huawu=[0-9a-f]{16}>$/);
  assert.deepEqual([passed.headers.get('x-extra'), passed.headers.has('route')], ['1', false]);
  for (const name of ['from', 'to', 'call-id', 'cseq', 'contact']) assert.equal(passed.headers.get(name), it.invite.headers.get(name), name);
  it.a.answer('INVITE', 100);
  it.a.answer('INVITE', 180);
  it.a.answer('INVITE', 200);
  assert.deepEqual(it.caller.lines, ['100 INVITE', '180 INVITE', '200 INVITE']);
  assert.equal(viaCount(it.caller.last('200 INVITE') as Response), 1);
  assert.deepEqual(told(it, id), [`200 ${A}:5060`, 'OK done']);
});

test('a call that runs through us: ACK, re-INVITE, INFO and BYE of both sides go on along the route, the application hears nothing of them', () => {
  const it = newProxyWorld();
  give(it, [uri(A)], { remain: true });
  const passed = it.a.last('INVITE') as Request;
  it.a.answer('INVITE', 200);
  const ok = it.caller.last('200 INVITE') as Response;
  it.caller.send(it.caller.inside('ACK', ok, 1));
  const ack = it.a.last('ACK') as Request;
  assert.deepEqual([ack.uri, ack.headers.has('route'), ack.headers.get('max-forwards'), viaCount(ack)], [`sip:peer@${A}`, false, '69', 2]);
  it.caller.send(it.caller.inside('INVITE', ok, 2));
  assert.equal(it.a.lines.filter((each) => each === 'INVITE').length, 2);
  it.a.answer('INVITE', 488);
  assert.equal(it.caller.lines.at(-1), '488 INVITE');
  assert.equal(it.a.lines.at(-1), 'ACK', 'our own ACK of the refusal');
  it.a.send(it.a.back('INFO', passed, 1));
  it.caller.answer('INFO', 200);
  assert.equal(it.a.lines.at(-1), '200 INFO');
  assert.equal(it.world.node.agent.proxy.calls, 1, 'a graceful stop waits for it');
  it.a.send(it.a.back('BYE', passed, 2));
  it.caller.answer('BYE', 200);
  assert.equal(it.a.lines.at(-1), '200 BYE');
  assert.equal(it.world.node.agent.proxy.calls, 0);
  assert.deepEqual(it.world.events, ['INVITE']);
  it.world.assertIdle();
});

test('a route of ours is followed only in the call it was made for', () => {
  const it = newProxyWorld();
  give(it, [uri(A)], { remain: true });
  it.a.answer('INVITE', 200);
  const ok = it.caller.last('200 INVITE') as Response;
  const before = it.b.got.length;
  const stolen = it.caller.inside('MESSAGE', ok, 7, uri(B));
  stolen.headers.set('Call-ID', 'another');
  it.caller.send(stolen);
  assert.equal(it.caller.lines.at(-1), '481 MESSAGE');
  const unmarked = it.caller.inside('MESSAGE', ok, 8, uri(B));
  unmarked.headers.set('Route', '<sip:10.0.0.1;lr>');
  it.caller.send(unmarked);
  assert.equal(it.caller.lines.at(-1), '481 MESSAGE');
  assert.equal(it.b.got.length, before);
});

test('a strict router before us: the Request-URI was our route, the true one stands last', () => {
  const it = newProxyWorld();
  give(it, [uri(A)], { remain: true });
  it.a.answer('INVITE', 200);
  const ok = it.caller.last('200 INVITE') as Response;
  const bye = it.caller.inside('BYE', ok, 2);
  const route = /<(.*)>/.exec(bye.headers.get('route') ?? '')?.[1] ?? '';
  bye.headers.set('Route', `<${bye.uri}>`);
  bye.uri = route;
  it.caller.send(bye);
  const passed = it.a.last('BYE') as Request;
  assert.deepEqual([passed.uri, passed.headers.has('route')], [`sip:peer@${A}`, false]);
});

test('a Request-URI that is not ours stays, and is sent by way of the target; a preloaded Route is dropped', () => {
  const world = new SimWorld(['invite']);
  const [caller, a] = [world.peer(CALLER), world.peer(A)];
  caller.send(caller.request('INVITE', (headers) => headers.add('Route', '<sip:10.0.0.1;lr>, <sip:10.0.0.99;lr>'), 'sip:bob@example.com'));
  give({ world }, [`sip:${A}`]);
  const passed = a.last('INVITE') as Request;
  assert.deepEqual([passed.uri, passed.headers.has('route'), passed.headers.has('record-route')], ['sip:bob@example.com', false, false]);
});

test('a REGISTER that we stay in the path of carries our Path', () => {
  const world = new SimWorld(['register']);
  const [caller, a] = [world.peer(CALLER), world.peer(A)];
  caller.send(caller.request('REGISTER'));
  give({ world }, [uri(A)], { remain: true });
  const passed = a.last('REGISTER') as Request;
  assert.deepEqual(
    [passed.headers.get('path'), passed.headers.list('require'), passed.headers.has('record-route')],
    ['<sip:10.0.0.1:5060;lr>', ['path'], false],
  );
  a.answer('REGISTER', 200);
  assert.equal(caller.lines.at(-1), '200 REGISTER');
  world.assertIdle();
});

test('copies of a request are answered by us; copies of a 200 pass; the ACK too, each time', () => {
  const it = newProxyWorld();
  give(it, [uri(A)], { remain: true });
  it.caller.send(it.invite);
  assert.equal(it.a.lines.length, 1);
  const ok = it.a.answer('INVITE', 200);
  it.a.send(ok);
  it.a.send(ok);
  assert.equal(it.caller.times('200 INVITE').length, 3);
  const ack = it.caller.inside('ACK', it.caller.last('200 INVITE') as Response, 1);
  it.caller.send(ack);
  it.caller.send(ack);
  assert.equal(it.a.times('ACK').length, 2);
  const [first, second] = it.a.got
    .filter(({ message }) => message.kind === 'request' && message.method === 'ACK')
    .map(({ message }) => message.headers.get('via'));
  assert.equal(first, second, 'the same branch, so that it is the same ACK');
});

// ── several targets ───────────────────────────────────────────────────────────────────────────────────────────────────

test('serial: one after the other until one answers', () => {
  const it = newProxyWorld();
  const id = give(it, [uri(A), uri(B), uri(C)]);
  assert.deepEqual([it.a.lines, it.b.lines, it.c.lines], [['INVITE'], [], []]);
  it.a.answer('INVITE', 486);
  assert.deepEqual([it.a.lines, it.b.lines], [['INVITE', 'ACK'], ['INVITE']]);
  it.b.answer('INVITE', 200);
  assert.deepEqual(it.c.lines, []);
  assert.deepEqual(it.caller.lines, ['100 INVITE', '200 INVITE']);
  assert.deepEqual(told(it, id), [`486 ${A}:5060`, `200 ${B}:5060`, 'OK done']);
});

test('simultaneous: all at once; the first 200 goes up, the others are cancelled', () => {
  const it = newProxyWorld();
  const id = give(it, [uri(A), uri(B), uri(C)], { simultaneous: true });
  it.a.answer('INVITE', 180);
  it.b.answer('INVITE', 180);
  assert.equal((it.a.last('INVITE') as Request).headers.get('max-breadth'), '20');
  it.b.answer('INVITE', 200);
  assert.deepEqual(it.a.lines, ['INVITE', 'CANCEL']);
  assert.deepEqual(it.c.lines, ['INVITE'], 'RFC 3261 §9.1: nothing was heard of it');
  it.a.answer('CANCEL', 200);
  it.a.answer('INVITE', 487);
  it.c.answer('INVITE', 180);
  assert.equal(it.c.lines.at(-1), 'CANCEL', 'once it was');
  it.c.answer('INVITE', 487);
  assert.deepEqual(it.caller.lines, ['100 INVITE', '180 INVITE', '180 INVITE', '200 INVITE']);
  assert.deepEqual(told(it, id), [`200 ${B}:5060`, 'OK done']);
  it.world.assertIdle();
});

test('a 200 that crosses the CANCEL goes up too: it is the caller’s to end', () => {
  const it = newProxyWorld();
  give(it, [uri(A), uri(B)], { simultaneous: true, remain: true });
  it.a.answer('INVITE', 180);
  it.a.answer('INVITE', 200);
  it.b.answer('INVITE', 200);
  const tags = it.caller.got
    .filter(({ message }) => message.kind === 'response' && message.status === 200)
    .map(({ message }) => tagOf(message.headers.get('to') ?? ''));
  assert.deepEqual(tags, [A, B]);
});

test('what goes up when nobody answers: a 6xx, else the lowest class, in it what helps the next try', () => {
  const rows: [statuses: number[], up: number][] = [
    [[486, 503, 404], 486],
    [[503, 486, 484], 484],
    [[500, 302, 404], 302],
    [[503, 503, 503], 500],
    [[480, 603, 404], 603],
    [[487, 486, 487], 486],
  ];
  for (const [statuses, up] of rows) {
    const it = newProxyWorld();
    const id = give(it, [uri(A), uri(B), uri(C)], { simultaneous: true });
    for (const [at, peer] of [it.a, it.b, it.c].entries()) peer.answer('INVITE', statuses[at] ?? 0);
    assert.equal(it.caller.lines.at(-1), `${up} INVITE`, statuses.join());
    const last = told(it, id).at(-2) ?? '';
    assert.match(last, new RegExp(`^${up === 500 ? 503 : up} `), 'the last that the application hears is the one that counted');
  }
});

test('a 6xx stops a serial search and cancels what rings', () => {
  const it = newProxyWorld();
  give(it, [uri(A), uri(B)]);
  it.a.answer('INVITE', 603);
  assert.deepEqual([it.b.lines, it.caller.lines.at(-1)], [[], '603 INVITE']);
  const fork = newProxyWorld();
  give(fork, [uri(A), uri(B)], { simultaneous: true });
  fork.b.answer('INVITE', 180);
  fork.a.answer('INVITE', 600);
  assert.equal(fork.b.lines.at(-1), 'CANCEL');
  assert.equal(fork.caller.lines.at(-1), '180 INVITE', 'nothing before the rest has ended');
  fork.b.answer('INVITE', 487);
  assert.equal(fork.caller.lines.at(-1), '600 INVITE');
});

test('silence: the provisional time-out and the final one each move a serial search on; nobody at all is 408', () => {
  const it = newProxyWorld();
  const id = give(it, [uri(A), uri(B), uri(C)], { provisional: '2s', final: '5s' });
  it.world.clock.forward(2_000);
  it.b.answer('INVITE', 180);
  it.world.clock.forward(5_000);
  assert.deepEqual(
    it.b.lines.filter((each) => each !== 'INVITE'),
    ['CANCEL'],
  );
  it.b.answer('INVITE', 487);
  it.world.clock.forward(2_100);
  assert.equal(it.caller.lines.at(-1), '408 INVITE');
  assert.deepEqual([it.a.times('INVITE')[0], it.b.times('INVITE')[0], it.c.times('INVITE')[0]], [0.1, 2.1, 7.1]);
  assert.deepEqual(told(it, id), ['408 :0', '408 :0', '408 :0', 'OK done']);
  it.a.answer('INVITE', 180);
  assert.equal(it.a.lines.at(-1), 'CANCEL', 'it woke up too late');
  it.a.answer('INVITE', 487);
  it.caller.send(it.caller.inside('ACK', it.caller.last('408 INVITE') as Response, 1));
  it.world.assertIdle();
});

test('timer C: a target that rings for 185 s without a word more is cancelled; each 1xx begins it anew', () => {
  const it = newProxyWorld();
  give(it, [uri(A)]);
  it.a.answer('INVITE', 180);
  it.world.clock.forward(184_000);
  it.a.answer('INVITE', 180);
  it.world.clock.forward(184_000);
  assert.deepEqual(it.a.lines.at(-1), 'INVITE');
  it.world.clock.forward(1_100);
  assert.equal(it.a.lines.at(-1), 'CANCEL');
  assert.equal(it.caller.lines.at(-1), '408 INVITE');
});

test('redirects are followed on wish, best q first, no target twice; without the wish they go up', () => {
  const it = newProxyWorld();
  const id = give(it, [uri(A)], { follow: true });
  it.a.answer('INVITE', 302, (headers) => headers.set('Contact', `<${uri(A)}>, <${uri(B, 'second')}>;q=0.5, <${uri(C, 'first')}>;q=0.9, <tel:1>, *`));
  assert.equal((it.c.last('INVITE') as Request).uri, uri(C, 'first'));
  it.c.answer('INVITE', 404);
  assert.equal((it.b.last('INVITE') as Request).uri, uri(B, 'second'));
  it.b.answer('INVITE', 486);
  assert.equal(it.caller.lines.at(-1), '404 INVITE');
  assert.equal(it.a.lines.filter((each) => each === 'INVITE').length, 1);
  assert.deepEqual(told(it, id), [`302 ${A}:5060`, `486 ${B}:5060`, `404 ${C}:5060`, 'OK done']);
  const not = newProxyWorld();
  give(not, [uri(A)]);
  not.a.answer('INVITE', 302, (headers) => headers.set('Contact', `<${uri(B)}>`));
  assert.equal((not.caller.last('302 INVITE') as Response).headers.get('contact'), `<${uri(B)}>`);
});

test('a challenge stops the search and the request with credentials goes to the same target', () => {
  const it = newProxyWorld();
  give(it, [uri(A), uri(B), uri(C)]);
  it.a.answer('INVITE', 404);
  it.b.answer('INVITE', 407, (headers) => headers.add('Proxy-Authenticate', 'Digest realm="b", nonce="n-of-b", qop="auth"'));
  assert.equal(it.caller.lines.at(-1), '407 INVITE');
  assert.deepEqual(it.c.lines, []);
  const again = it.caller.request('INVITE', (headers) => {
    headers.set('CSeq', '2 INVITE').add('Proxy-Authorization', 'Digest username="u", realm="b", nonce="n-of-b", response="x"');
    headers.replaceFirst('Via', `SIP/2.0/UDP ${CALLER}:5060;branch=z9hG4bKagain`);
  });
  it.caller.send(again);
  give(it, [uri(A), uri(B), uri(C)]);
  assert.equal(it.a.times('INVITE').length, 1);
  assert.equal(it.b.times('INVITE').length, 2);
});

test('challenges of several forks go up together', () => {
  const it = newProxyWorld();
  give(it, [uri(A), uri(B)], { simultaneous: true });
  it.a.answer('INVITE', 407, (headers) => headers.add('Proxy-Authenticate', 'Digest realm="a", nonce="1"'));
  it.b.answer('INVITE', 401, (headers) => headers.add('WWW-Authenticate', 'Digest realm="b", nonce="2"'));
  const up = it.caller.last('407 INVITE') as Response;
  assert.deepEqual([up.headers.all('proxy-authenticate').length, up.headers.all('www-authenticate').length], [1, 1]);
});

// ── endings ───────────────────────────────────────────────────────────────────────────────────────────────────────────

test('the caller gives up: 200 to the CANCEL, CANCEL to what rings, 487 when that has ended; a copy of the CANCEL is answered again', () => {
  const it = newProxyWorld();
  const id = give(it, [uri(A), uri(B)]);
  it.a.answer('INVITE', 180);
  it.caller.cancel(it.invite);
  assert.deepEqual([it.caller.lines.at(-1), it.a.lines.at(-1)], ['200 CANCEL', 'CANCEL']);
  it.caller.cancel(it.invite);
  assert.equal(it.a.times('CANCEL').length, 1);
  it.a.answer('CANCEL', 200);
  it.a.answer('INVITE', 487);
  assert.equal(it.caller.lines.at(-1), '487 INVITE');
  assert.deepEqual(it.b.lines, []);
  assert.deepEqual(told(it, id), [`487 ${A}:5060`, 'OK done']);
  it.caller.send(it.caller.inside('ACK', it.caller.last('487 INVITE') as Response, 1));
  it.world.assertIdle();
});

test('a CANCEL whose sent-by a NAT has changed is the INVITE’s all the same', () => {
  const it = newProxyWorld();
  give(it, [uri(A)]);
  it.a.answer('INVITE', 180);
  const changed = it.caller.request('INVITE', (headers) => headers.set('Via', `SIP/2.0/UDP 192.168.1.5:5062;branch=z9hG4bKINVITE${CALLER}`));
  it.caller.cancel(changed);
  assert.deepEqual([it.caller.lines.at(-1), it.a.lines.at(-1)], ['200 CANCEL', 'CANCEL']);
});

test('the caller gives up after a first refusal: it hears 487 all the same', () => {
  const it = newProxyWorld();
  const id = give(it, [uri(A), uri(B)]);
  it.a.answer('INVITE', 486);
  it.b.answer('INVITE', 180);
  it.caller.cancel(it.invite);
  it.b.answer('INVITE', 487);
  assert.equal(it.caller.lines.at(-1), '487 INVITE');
  assert.deepEqual(told(it, id), [`486 ${A}:5060`, `487 ${B}:5060`, 'OK done']);
});

test('the caller gives up before anything was heard: 487 at once, the CANCEL as soon as it may; a target that never ends is given up after 32 s', () => {
  const it = newProxyWorld();
  give(it, [uri(A)]);
  it.caller.cancel(it.invite);
  assert.deepEqual(it.caller.lines, ['100 INVITE', '200 CANCEL', '487 INVITE']);
  it.a.answer('INVITE', 100);
  assert.equal(it.a.lines.at(-1), 'CANCEL');
  const deaf = newProxyWorld();
  give(deaf, [uri(A)]);
  deaf.a.answer('INVITE', 180);
  deaf.caller.cancel(deaf.invite);
  deaf.world.clock.forward(33_000);
  assert.equal(deaf.caller.lines.at(-1), '487 INVITE');
});

test('the application is lost in the middle: the call is set up, talks and ends all the same, nothing leaks', () => {
  const it = newProxyWorld();
  give(it, [uri(A), uri(B)], { remain: true });
  it.a.answer('INVITE', 180);
  const heard = it.world.app.heard.length;
  it.world.app.leave();
  it.a.answer('INVITE', 486);
  it.b.answer('INVITE', 200);
  const ok = it.caller.last('200 INVITE') as Response;
  it.caller.send(it.caller.inside('ACK', ok, 1));
  it.caller.send(it.caller.inside('BYE', ok, 2));
  it.b.answer('BYE', 200);
  assert.equal(it.caller.lines.at(-1), '200 BYE');
  assert.equal(it.world.app.heard.length, heard);
  it.world.assertIdle();
  assert.equal(it.world.node.agent.proxy.calls, 0);
});

test('a target that cannot be reached counts as 503, the caller hears 500; a wrong one as the refusal of the order', async () => {
  const it = newProxyWorld();
  const id = give(it, ['sip:b@nowhere.example']);
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  it.world.clock.forward(50);
  assert.equal(it.caller.lines.at(-1), '500 INVITE');
  assert.deepEqual(told(it, id), ['503 :0', 'OK done']);
});

test('orders that cannot be carried out leave the request with the application', () => {
  const it = newProxyWorld();
  const { transaction } = it.world;
  assert.deepEqual(told(it, give(it, ['tel:1'])), ['NOK error proxying request to tel:1']);
  assert.deepEqual(told(it, give(it, ['sip:b@'])), ['NOK error proxying request to sip:b@']);
  assert.deepEqual(told(it, give(it, [uri(A)], { final: 'soon' })), ['NOK invalid final timeout "soon": give 500ms or 5s']);
  const other = it.world.app.ask(`proxy|other||||serial|||${uri(A)}`);
  assert.deepEqual(told(it, other), ['NOK Unknown transaction id: other']);
  const short = it.world.app.ask(`proxy|${transaction}||||serial||`);
  assert.deepEqual(told(it, short), ['NO Invalid proxy request: not enough information provided']);
  it.world.respond('486 Busy Here');
  assert.equal(it.caller.lines.at(-1), '486 INVITE');
  assert.deepEqual(it.a.lines, []);
});

test('without fullResponse the application hears `done` when the first copy has left', () => {
  const it = newProxyWorld();
  const id = give(it, [uri(A), uri(B)], { partial: true });
  assert.deepEqual(told(it, id), ['OK done']);
  it.a.answer('INVITE', 486);
  it.b.answer('INVITE', 200);
  assert.deepEqual(told(it, id), ['OK done']);
  assert.equal(it.caller.lines.at(-1), '200 INVITE');
});

test('a request that is no INVITE: answered through us, never cancelled, 504 for silence', () => {
  const world = new SimWorld(['message']);
  const [caller, a, b] = [world.peer(CALLER), world.peer(A), world.peer(B)];
  caller.send(caller.request('MESSAGE'));
  give({ world }, [uri(A), uri(B)], { simultaneous: true });
  a.answer('MESSAGE', 200);
  assert.deepEqual([caller.lines, b.lines.includes('CANCEL')], [['200 MESSAGE'], false]);
  world.assertIdle();
  const deaf = new SimWorld(['message']);
  const sender = deaf.peer(CALLER);
  deaf.peer(A);
  sender.send(sender.request('MESSAGE'));
  give({ world: deaf }, [uri(A)]);
  deaf.clock.forward(33_000);
  assert.equal(sender.lines.at(-1), '504 MESSAGE');
  deaf.assertIdle();
});

test('call records of a passed call: both halves, whoever hangs up, and exactly one stop for each attempt', () => {
  const records = (world: SimWorld): string[] =>
    world.app.heard.filter(({ tokens }) => tokens[1]?.startsWith('cdr:')).map(({ tokens }) => [tokens[1], tokens[2], ...tokens.slice(4)].join(' '));
  const recorded = (): ProxyWorld => {
    const it = newProxyWorld();
    for (const verb of ['attempt', 'start', 'stop']) it.world.app.ask(`route|cdr:${verb}`);
    const second = it.caller.request('INVITE', (headers) => {
      headers.set('Call-ID', 'second').replaceFirst('Via', `SIP/2.0/UDP ${CALLER}:5060;branch=z9hG4bKsecond`);
    });
    it.caller.send(second);
    return { ...it, invite: second };
  };
  const up = recorded();
  give(up, [uri(A), uri(B)], { remain: true });
  up.a.answer('INVITE', 486);
  up.b.answer('INVITE', 200);
  const ok = up.caller.last('200 INVITE') as Response;
  const bye = up.caller.inside('BYE', ok, 2);
  bye.headers.set('Call-ID', 'second');
  up.caller.send(bye);
  up.b.answer('BYE', 200);
  assert.deepEqual(records(up.world), [
    'cdr:attempt network',
    'cdr:attempt application',
    'cdr:stop network call-rejected',
    'cdr:attempt application',
    'cdr:start network proxy-uac',
    'cdr:start application proxy-uas',
    'cdr:stop network normal-release',
    'cdr:stop application normal-release',
  ]);
  const gone = recorded();
  give(gone, [uri(A)]);
  gone.a.answer('INVITE', 180);
  gone.caller.cancel(gone.invite);
  gone.a.answer('INVITE', 487);
  assert.deepEqual(records(gone.world), ['cdr:attempt network', 'cdr:attempt application', 'cdr:stop network call-canceled', 'cdr:stop network call-canceled']);
});

// ── strangers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

test('with the guard on: a target may answer and hang up, but says nothing that only trunks may; a CANCEL from elsewhere is nobody’s', () => {
  const trunk = parseTrustedNetwork(CALLER);
  assert.ok(typeof trunk !== 'string');
  const signer = { issue: () => '', look: () => 'foreign' as const, stamp: () => 'stamped' };
  const guard = new Guard({ isOn: true, trunks: [trunk], realm: 'huawu', dice: () => 0, isMine: (address) => address === '10.0.0.1', signer });
  const world = new SimWorld(['invite'], guard);
  const [caller, a, b] = [world.peer(CALLER), world.peer(A), world.peer(B)];
  const invite = caller.request('INVITE');
  caller.send(invite);
  give({ world }, [uri(A)], { remain: true });
  a.answer('INVITE', 180);
  assert.ok(guard.trust.isDialled(A, world.clock.now()), 'its answers are not taken for a flood');
  b.cancel(invite);
  assert.deepEqual([b.lines, a.lines], [['481 CANCEL'], ['INVITE']]);
  a.answer('INVITE', 200);
  const bye = a.back('BYE', a.last('INVITE') as Request, 1);
  bye.headers.add('P-Asserted-Identity', '<sip:admin@x>');
  a.send(bye);
  assert.equal((caller.last('BYE') as Request).headers.has('p-asserted-identity'), false);
  const unmarked = a.back('INFO', a.last('INVITE') as Request, 2);
  unmarked.headers.set('Route', '<sip:10.0.0.1;lr>');
  a.send(unmarked);
  assert.equal(a.lines.at(-1), '481 INFO', 'who does not know the mark of the call is no part of it');
});

// ── loops ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

test('B16: two servers that pass a call to each other end it with 482, a call passed on to its own server too', () => {
  const it = newProxyWorld();
  const other = new SimNode('10.0.0.2', it.world.clock, it.world.network);
  const otherApp = new SimApp(other);
  otherApp.ask('route|invite');
  let passed = 1;
  for (const [app, target] of [
    [it.world.app, 'sip:10086@10.0.0.2'],
    [otherApp, 'sip:10086@10.0.0.1'],
  ] as const)
    app.onHeard = ({ tokens, message }) => {
      if (tokens[1] !== 'sip' || message?.kind !== 'request') return;
      passed += 1;
      app.ask(`proxy|${tokens[8]}||fullResponse||serial|||${target}`, `INVITE ${target} SIP/2.0\r\n\r\n`);
    };
  it.world.app.ask(`proxy|${it.world.transaction}||fullResponse||serial|||sip:10086@10.0.0.2`, 'INVITE sip:10086@10.0.0.2 SIP/2.0\r\n\r\n');
  it.world.clock.forward(1_000);
  assert.equal(it.caller.lines.at(-1), '482 INVITE');
  assert.ok(passed <= 4, `${passed} hops`);
  assert.ok(it.world.network.carried <= 70, `${it.world.network.carried} messages`);
});

test('B16: a spiral is no loop: the call comes by again with another Request-URI and is passed on', () => {
  const it = newProxyWorld();
  give(it, ['sip:extension@10.0.0.1'], { remain: true });
  assert.deepEqual(it.world.events, ['INVITE', 'INVITE']);
  give(it, [uri(A)], { remain: true });
  const passed = it.a.last('INVITE') as Request;
  assert.equal(viaCount(passed), 3);
  it.a.answer('INVITE', 200);
  const ok = it.caller.last('200 INVITE') as Response;
  it.caller.send(it.caller.inside('ACK', ok, 1));
  assert.equal(it.a.times('ACK').length, 1);
});

test('B16: a request without a hop left is 483, one that would fork beyond its breadth 440, an unknown Proxy-Require 420', () => {
  const rows: [header: [string, string], simultaneous: boolean, status: number][] = [
    [['Max-Forwards', '0'], false, 483],
    [['Max-Breadth', '2'], true, 440],
    [['Proxy-Require', 'x-unheard-of'], false, 420],
  ];
  for (const [[name, value], simultaneous, status] of rows) {
    const it = newProxyWorld((headers) => headers.set(name, value));
    if (status !== 483) give(it, [uri(A), uri(B), uri(C)], { simultaneous });
    assert.equal(it.caller.lines.at(-1), `${status} INVITE`);
    assert.deepEqual(it.a.lines, []);
  }
  const last = newProxyWorld((headers) => headers.set('Max-Forwards', '1'));
  give(last, [uri(A)]);
  assert.equal((last.a.last('INVITE') as Request).headers.get('max-forwards'), '0');
});

test('B9: forks behind one target: each 200 goes up with its own tag', () => {
  const it = newProxyWorld();
  give(it, [uri(A)]);
  it.a.answer('INVITE', 200);
  it.a.send(responseTo(it.a.last('INVITE') as Request, 200, 'fork'));
  assert.equal(it.caller.times('200 INVITE').length, 2);
});
