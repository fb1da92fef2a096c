/** What the server does without any application: refusals at the door, where answers and later requests go, what it keeps of registrations. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newLeg } from '../../sip/agent/ledger.ts';
import { pathToCallee, pathToCaller, replyHop } from '../../sip/agent/return-path.ts';
import { uacDialog, uasDialog } from '../../sip/dialog/dialog.ts';
import { newRequest, type Request, responseTo } from '../../sip/message/message.ts';
import { noteSource } from '../../sip/message/via.ts';
import { onward } from '../../sip/proxy/forward.ts';
import { RegisteredFlows } from '../../sip/transport/flows.ts';
import type { Hop } from '../../sip/transport/hop.ts';
import type { Source } from '../../sip/transport/network.ts';
import { SimClock } from './support/simulation.ts';
import { events, invite, last, lines, newest, newWorld, nothingLeft, PEER, respond, SERVER, type World } from './support/world.ts';

const outOfDialog = (method: string, headers: [string, string | undefined][] = []): Request => {
  const request = invite();
  for (const [name, value] of [['CSeq', `1 ${method}`], ...headers] as [string, string | undefined][]) {
    request.headers.remove(name);
    if (value !== undefined) request.headers.add(name, value);
  }
  request.method = method;
  return request;
};
const finals = (world: World): string[] => lines(world).filter((each) => !each.startsWith('100'));

/** What a new request of a method that nobody has routed is answered. */
const unrouted: Record<string, string[]> = {
  INVITE: ['100 INVITE', '503 INVITE'],
  REGISTER: ['503 REGISTER'],
  MESSAGE: ['503 MESSAGE'],
  OPTIONS: ['503 OPTIONS'],
  INFO: ['503 INFO'],
  NOTIFY: ['503 NOTIFY'],
  SUBSCRIBE: ['503 SUBSCRIBE'],
  PUBLISH: ['503 PUBLISH'],
  REFER: ['503 REFER'],
  DANCE: ['501 DANCE'],
  BYE: ['481 BYE'],
  UPDATE: ['481 UPDATE'],
  PRACK: ['481 PRACK'],
  CANCEL: ['481 CANCEL'],
  ACK: [],
};
for (const [method, expected] of Object.entries(unrouted))
  test(`${method} that nobody has routed: ${expected.at(-1) ?? 'nothing'}`, () => {
    const world = newWorld();
    world.app.ask('remove_route|invite');
    world.send(outOfDialog(method));
    assert.deepEqual(lines(world), expected);
    if (expected.at(-1)?.startsWith('503')) assert.ok(Number(last(world, expected.at(-1) ?? '').headers.get('retry-after')) > 0, 'with Retry-After');
  });

/** Headers of a request that is routed (undefined: without it), and its refusal; undefined: the application hears of it. */
const door: Record<string, [method: string, headers: [string, string | undefined][], status: number | undefined]> = {
  'a REGISTER with a Contact': ['REGISTER', [], undefined],
  'a REGISTER without any asks for the bindings': ['REGISTER', [['Contact', undefined]], undefined],
  'a REGISTER whose Contact has no scheme': ['REGISTER', [['Contact', `<8001@${PEER}>`]], 400],
  'a REGISTER whose Contact has a port and no scheme': ['REGISTER', [['Contact', `8001@${PEER}:5060`]], 400],
  'a REGISTER of * with Expires 0': [
    'REGISTER',
    [
      ['Contact', '*'],
      ['Expires', '0'],
    ],
    undefined,
  ],
  'a REGISTER of * with Expires 60': [
    'REGISTER',
    [
      ['Contact', '*'],
      ['Expires', '60'],
    ],
    400,
  ],
  'a REGISTER of * without Expires': ['REGISTER', [['Contact', '*']], 400],
  'a REGISTER of * and another Contact': [
    'REGISTER',
    [
      ['Contact', `*, <sip:a@${PEER}>`],
      ['Expires', '0'],
    ],
    400,
  ],
  'an INVITE without Contact': ['INVITE', [['Contact', undefined]], 400],
  'an INVITE without Call-ID': ['INVITE', [['Call-ID', undefined]], 400],
  'an INVITE without From': ['INVITE', [['From', undefined]], 400],
  'an INVITE without To': ['INVITE', [['To', undefined]], 400],
  'an INVITE without CSeq': ['INVITE', [['CSeq', undefined]], 400],
  'an INVITE whose Call-ID would break the dialog id': ['INVITE', [['Call-ID', 'a|b']], 400],
  'an INVITE whose Max-Forwards is used up': ['INVITE', [['Max-Forwards', '0']], 483],
  'an OPTIONS whose Max-Forwards is used up is for us': ['OPTIONS', [['Max-Forwards', '0']], undefined],
};
for (const [what, [method, headers, status]] of Object.entries(door))
  test(`${what}: ${status ?? 'the application hears of it'}`, () => {
    const world = newWorld();
    for (const verb of ['register', 'options']) world.app.ask(`route|${verb}`);
    world.send(outOfDialog(method, headers));
    assert.deepEqual(
      finals(world).map((each) => each.split(' ')[0]),
      status === undefined ? [] : [String(status)],
    );
    assert.deepEqual(events(world), status === undefined ? [method] : []);
  });

test('an OPTIONS of a probe is answered without any application, one of anybody else is routed', () => {
  const world = newWorld();
  Object.assign(world.node.stack, { probeAgents: new Set(['LB probe']) });
  world.app.ask('route|options');
  world.send(outOfDialog('OPTIONS', [['User-Agent', 'LB probe']]));
  assert.deepEqual([lines(world), events(world)], [['200 OPTIONS'], []]);
  world.send(
    outOfDialog('OPTIONS', [
      ['User-Agent', 'LB probe 2'],
      ['Via', `SIP/2.0/UDP ${PEER}:5060;branch=z9hG4bKnext`],
    ]),
  );
  assert.deepEqual(events(world), ['OPTIONS']);
});

test('a request that waits for its application is told once, however often it comes', () => {
  const world = newWorld();
  for (const _copy of [1, 2, 3]) world.send(invite());
  assert.deepEqual(events(world), ['INVITE']);
  respond(world, newest(world).transaction, '486 Busy Here');
  assert.equal(finals(world).length, 1);
});

test('a response to nothing that was asked is dropped, though it has a second Via: only a proxy that remembers passes it on', () => {
  const world = newWorld();
  const response = responseTo(
    invite((headers) => headers.add('Via', `SIP/2.0/UDP ${PEER}:5062;branch=z9hG4bKbelow`)),
    200,
    'x',
  );
  world.send(response);
  assert.deepEqual([lines(world), events(world)], [[], []]);
  nothingLeft(world);
});

// ── where messages go ─────────────────────────────────────────────────────────────────────────────────────────────────

const local = { address: SERVER, port: 5060 };
const from = (address: string, port: number, protocol: Hop['protocol'] = 'udp'): Source => ({ protocol, address, port, flow: `${protocol}-1`, local });

/** Via of the request, where it came from; the Via that is answered with, and where the answer goes. */
const replies: Record<string, [via: string, source: Source, noted: string, to: [address: string, port: number]]> = {
  'the sent-by is where it came from': ['SIP/2.0/UDP 10.0.0.9:5062', from('10.0.0.9', 5062), 'SIP/2.0/UDP 10.0.0.9:5062', ['10.0.0.9', 5062]],
  'another address is noted, the port stays that of the sent-by': [
    'SIP/2.0/UDP 192.168.1.5:5062',
    from('203.0.113.9', 40_000),
    'SIP/2.0/UDP 192.168.1.5:5062;received=203.0.113.9',
    ['203.0.113.9', 5062],
  ],
  'who asks with rport is answered where he sent from': [
    'SIP/2.0/UDP 192.168.1.5:5062;rport',
    from('203.0.113.9', 40_000),
    'SIP/2.0/UDP 192.168.1.5:5062;rport=40000;received=203.0.113.9',
    ['203.0.113.9', 40_000],
  ],
  'a port of the sent-by that is not said is the usual one': [
    'SIP/2.0/UDP pbx.example.com',
    from('203.0.113.9', 40_000),
    'SIP/2.0/UDP pbx.example.com;received=203.0.113.9',
    ['203.0.113.9', 5060],
  ],
  'over a connection it goes back on that one': ['SIP/2.0/TCP 10.0.0.9:5062', from('10.0.0.9', 40_000, 'tcp'), 'SIP/2.0/TCP 10.0.0.9:5062', ['10.0.0.9', 5062]],
};
for (const [what, [via, source, noted, [address, port]]] of Object.entries(replies))
  test(`answers: ${what}`, () => {
    const request = invite((headers) => headers.set('Via', via));
    noteSource(request.headers, source.address, source.port);
    assert.equal(request.headers.get('via'), noted);
    const hop = replyHop(request, source);
    assert.deepEqual([hop.protocol, hop.address, hop.port, hop.flow], [source.protocol, address, port, source.flow]);
  });

/** Contact and Record-Route of the caller, where it sent from; where our requests of the call go: there, or (undefined) as Route and Contact say. */
const callers: Record<string, [contact: string, route: string | undefined, source: Source, there: boolean]> = {
  'whose Contact is where it sends from': ['sip:a@10.0.0.9', undefined, from('10.0.0.9', 5060), false],
  'whose Contact is elsewhere': ['sip:a@192.168.1.5', undefined, from('203.0.113.9', 40_000), true],
  'behind a proxy that stays in the call': ['sip:a@192.168.1.5', 'sip:203.0.113.9;lr', from('203.0.113.9', 5060), false],
  'on a connection of its own': ['sip:a@10.0.0.9', undefined, from('10.0.0.9', 40_000, 'tcp'), true],
  'in a browser': ['sip:a@x.invalid;transport=ws', undefined, from('203.0.113.9', 40_000, 'wss'), true],
};
for (const [what, [contact, route, source, there]] of Object.entries(callers))
  test(`requests of the call of a caller ${what} go ${there ? 'where it sends from' : 'as it says'}`, () => {
    const request = invite((headers) => {
      headers.set('Contact', `<${contact}>`);
      if (route !== undefined) headers.add('Record-Route', `<${route}>`);
    });
    const { app } = newWorld();
    const hop = pathToCaller(newLeg(uasDialog(request, responseTo(request, 200, 'x'), 1), app, []), source);
    assert.deepEqual(hop === undefined ? undefined : [hop.address, hop.port, hop.flow], there ? [source.address, source.port, source.flow] : undefined);
  });

/** The hop we dialled, Contact and Record-Route of the answer, where that came from; where our requests of the call go. */
const callees: Record<string, [hop: Hop, contact: string, route: string | undefined, source: Source, there: boolean]> = {
  'whose Contact is where it answers from': [from('10.0.0.9', 5060), 'sip:b@10.0.0.9', undefined, from('10.0.0.9', 5060), false],
  'whose Contact is public': [from('203.0.113.9', 5060), 'sip:b@203.0.113.77', undefined, from('203.0.113.9', 5060), false],
  'whose Contact is a private address': [from('203.0.113.9', 5060), 'sip:b@192.168.1.5', undefined, from('203.0.113.9', 1_024), true],
  'whose Contact is in 172.32, which is public': [from('203.0.113.9', 5060), 'sip:b@172.32.0.1', undefined, from('203.0.113.9', 5060), false],
  'behind a proxy that stays in the call': [from('203.0.113.9', 5060), 'sip:b@192.168.1.5', 'sip:203.0.113.9;lr', from('203.0.113.9', 5060), false],
  'behind a proxy that names a private address': [from('203.0.113.9', 5060), 'sip:b@10.0.0.5', 'sip:192.168.1.5;lr', from('203.0.113.9', 5060), true],
  'behind two proxies of our own net': [from('10.0.0.9', 5060), 'sip:b@10.0.0.5', 'sip:10.0.0.8;lr', from('10.0.0.9', 5060), false],
  'on a connection': [from('10.0.0.9', 5060, 'tcp'), 'sip:b@10.0.0.5', undefined, from('10.0.0.9', 5060, 'tcp'), true],
};
for (const [what, [hop, contact, route, source, there]] of Object.entries(callees))
  test(`requests of the call of a callee ${what} go ${there ? 'where it answers from' : 'as it says'}`, () => {
    const request = newRequest(
      'INVITE',
      'sip:b@h',
      [...invite().headers].map(({ name, value }): [string, string] => [name, value]),
    );
    const response = responseTo(request, 200, 'x');
    response.headers.add('Contact', `<${contact}>`);
    if (route !== undefined) response.headers.add('Record-Route', `<${route}>`);
    const { app } = newWorld();
    const path = pathToCallee(hop, newLeg(uacDialog(request, response), app, []), source);
    assert.deepEqual(path === undefined ? undefined : [path.address, path.port, path.flow], there ? [source.address, source.port, source.flow] : undefined);
  });

test('a request that is passed on has one hop less; one that said nothing of hops has 70', () => {
  const copy = (edit: Parameters<typeof invite>[0]): string | undefined =>
    onward(invite(edit), { uri: 'sip:b', via: 'SIP/2.0/UDP x', recordRoutes: [], path: undefined, added: [], share: 1 }).headers.get('max-forwards');
  assert.deepEqual([copy((headers) => headers.set('Max-Forwards', '9')), copy((headers) => headers.remove('Max-Forwards'))], ['8', '70']);
});

// ── registrations ─────────────────────────────────────────────────────────────────────────────────────────────────────

interface Registration {
  clock: SimClock;
  flows: RegisteredFlows;
  open: Set<string>;
  /** A REGISTER (or another method) over that connection, and what its 200 says. */
  note(flow: string, contact: string, granted: [string, string][], method?: string, asked?: [string, string][]): void;
}
function registrar(): Registration {
  const clock = new SimClock();
  const open = new Set(['a', 'b', 'c']);
  const flows = new RegisteredFlows(clock, (flow) => open.has(flow));
  const note: Registration['note'] = (flow, contact, granted, method = 'REGISTER', asked = []) => {
    const request = outOfDialog(method, [['Contact', contact], ...asked]);
    const response = responseTo(request, 200, 'x');
    for (const [name, value] of granted) response.headers.add(name, value);
    flows.note(request, response, { protocol: flow === 'udp' ? 'udp' : 'tcp', address: '203.0.113.9', port: 40_000, flow });
  };
  return { clock, flows, open, note };
}
const BOUND = 'sip:8001@192.168.1.5:5062';
/** What happens to the registration of `BOUND`, and over which connection it is called then. */
const registrations: Record<string, [act: (it: Registration) => void, flow: string | undefined]> = {
  'over a connection: called over that one': [({ note }) => note('a', `<${BOUND}>`, [['Expires', '60']]), 'a'],
  'over UDP: called where the Contact says': [({ note }) => note('udp', `<${BOUND}>`, [['Expires', '60']]), undefined],
  'a SUBSCRIBE over a connection counts like a REGISTER': [({ note }) => note('a', `<${BOUND}>`, [['Expires', '60']], 'SUBSCRIBE'), 'a'],
  'for as long as the 200 grants to that Contact': [
    ({ note, clock }) => {
      note('a', `<${BOUND}>;expires=3600`, [['Contact', `<sip:8001@10.9.9.9>;expires=9999, <${BOUND}>;expires=30`]]);
      clock.forward(31_000);
    },
    undefined,
  ],
  'still there just before': [
    ({ note, clock }) => {
      note('a', `<${BOUND}>;expires=3600`, [['Contact', `<${BOUND}>;expires=30`]]);
      clock.forward(29_000);
    },
    'a',
  ],
  'as long as was asked where the 200 says nothing': [
    ({ note, clock }) => {
      note('a', `<${BOUND}>;expires=30`, []);
      clock.forward(31_000);
    },
    undefined,
  ],
  'an hour where nobody says anything': [
    ({ note, clock }) => {
      note('a', `<${BOUND}>`, []);
      clock.forward(3_599_000);
    },
    'a',
  ],
  'expires=0 takes it away': [
    ({ note }) => {
      note('a', `<${BOUND}>`, [['Expires', '60']]);
      note('a', `<${BOUND}>;expires=0`, []);
    },
    undefined,
  ],
  'a closed connection is none': [
    ({ note, open }) => {
      note('a', `<${BOUND}>`, [['Expires', '60']]);
      open.delete('a');
    },
    undefined,
  ],
  'the newest counts': [
    ({ note }) => {
      note('a', `<${BOUND}>`, [['Expires', '60']]);
      note('b', `<${BOUND}>`, [['Expires', '60']]);
    },
    'b',
  ],
  'of two flows of one instance the other is left when one closes': [
    ({ note, open }) => {
      for (const [flow, id] of [
        ['a', 1],
        ['b', 2],
      ])
        note(String(flow), `<${BOUND}>;+sip.instance="<urn:x>";reg-id=${id}`, [['Expires', '60']]);
      open.delete('b');
    },
    'a',
  ],
};
for (const [what, [act, flow]] of Object.entries(registrations))
  test(`registered ${what}`, () => {
    const it = registrar();
    act(it);
    assert.equal(it.flows.find(BOUND)?.flow, flow);
    assert.equal(it.flows.find('sip:8002@192.168.1.5:5062'), undefined, 'nobody else is');
  });
