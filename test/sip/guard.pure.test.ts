/** The guard on a clock of its own: every limit, each at its edge. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isWithin, networkOf, parseTrustedNetwork, type TrustedNetwork } from '../../sip/guard/addresses.ts';
import { shorten } from '../../sip/guard/answers.ts';
import { Guard, type GuardOptions, type Verdict } from '../../sip/guard/guard.ts';
import { Overload } from '../../sip/guard/overload.ts';
import { Strikes } from '../../sip/guard/strikes.ts';
import { BoundedTable } from '../../sip/guard/table.ts';
import { ParseError } from '../../sip/message/fault.ts';
import { newRequest, type Request, type Response, responseTo } from '../../sip/message/message.ts';
import { parseMessage } from '../../sip/message/parse.ts';
import { writeMessage } from '../../sip/message/write.ts';
import type { Hop } from '../../sip/transport/hop.ts';
import { seeded } from './support/simulation.ts';

const START = 1_700_000_000_000;
const networks = (...texts: string[]): TrustedNetwork[] =>
  texts.map((text) => {
    const network = parseTrustedNetwork(text);
    if (typeof network === 'string') throw new Error(network);
    return network;
  });

/** A guard with the trunk 10.0.0.0/24, whose nonces are `<address>@<time>`. */
class Watch {
  now = START;
  readonly blocked: string[] = [];
  readonly guard: Guard;
  constructor(options: Partial<GuardOptions> = {}) {
    const random = seeded(7);
    this.guard = new Guard({
      ...{ isOn: true, trunks: networks('10.0.0.0/24'), realm: 'huawu', dice: random, isMine: (address) => address === '10.9.9.9' },
      signer: {
        issue: (now, address) => `${address}@${now}`,
        look: (nonce, address, now) => {
          const [whose, at] = nonce.split('@');
          return whose !== address ? 'foreign' : now - Number(at) > 300_000 ? 'stale' : 'good';
        },
        stamp: (text) => `stamp${text.length}`,
      },
      onBlocked: (cause, address) => this.blocked.push(`${cause} ${address}`),
      ...options,
    });
  }
  admit(address: string, method = 'INVITE', port = 5060): boolean {
    return this.guard.admit(Buffer.from(`${method} sip:10086@10.9.9.9 SIP/2.0\r\n`), udp(address, port), this.now);
  }
  judge(request: Request, source: Hop, pending = 0): Verdict {
    return this.guard.judge(request, source, pending, this.now);
  }
  /** How many of `count` at once are let in. */
  burst(address: string, count: number, method = 'INVITE'): number {
    return Array.from({ length: count }, () => this.admit(address, method)).filter(Boolean).length;
  }
  /** Sends `perSecond` for `seconds`; how many a second are let in after the first. */
  steady(address: string, perSecond: number, seconds: number): number {
    let let_in = 0;
    for (let second = 0; second < seconds; second += 1)
      for (let nth = 0; nth < perSecond; nth += 1) {
        this.now += 1_000 / perSecond;
        if (this.admit(address) && second > 0) let_in += 1;
      }
    return let_in / (seconds - 1);
  }
  /** The phone at that source has registered for so long. */
  register(source: Hop, seconds = 300): void {
    const request = aRequest('REGISTER');
    this.guard.answered(request, answer(request, 200, [['Contact', `<sip:8001@x>;expires=${seconds}`]]), source, this.now);
  }
}

const udp = (address: string, port = 5060): Hop => ({ protocol: 'udp', address, port, flow: 'udp-0' });
const aRequest = (method: string, headers: [string, string][] = [], uri = 'sip:10086@10.9.9.9'): Request =>
  newRequest(method, uri, [
    ['Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa'],
    ['From', '<sip:a@b>;tag=1'],
    ['To', '<sip:10086@b>'],
    ['Call-ID', `c-${headers.length}`],
    ['CSeq', `1 ${method}`],
    ...headers,
  ]);
function answer(request: Request, status: number, headers: [string, string][] = []): Response {
  const response = responseTo(request, status, 'us');
  for (const [name, value] of headers) response.headers.add(name, value);
  return response;
}
const credentials = (nonce: string): [string, string] => ['Authorization', `Digest username="8001", realm="huawu", nonce="${nonce}", response="x"`];
const challengesOf = (verdict: Verdict): string[] => (verdict.does === 'refuse' ? verdict.headers.map(([, value]) => value) : []);
const statusOf = (verdict: Verdict): number | string => (verdict.does === 'refuse' ? verdict.status : verdict.does);

describe('addresses', () => {
  const rows: [text: string, inside: [string, number][], outside: [string, number][]][] = [
    ['192.0.2.7', [['192.0.2.7', 1]], [['192.0.2.8', 1]]],
    ['192.0.2.0/24:5060', [['192.0.2.9', 5060]], [['192.0.2.9', 5061]]],
    ['192.0.2.128/25', [['::ffff:192.0.2.200', 1]], [['192.0.2.127', 1]]],
    [
      '[2001:db8::]/32',
      [['2001:db8:1::5', 1]],
      [
        ['2001:db9::1', 1],
        ['192.0.2.1', 1],
      ],
    ],
    ['[2001:db8::1]:5060', [['2001:0db8:0:0::1', 5060]], [['2001:db8::1', 5061]]],
    ['2001:db8::/127', [['2001:db8::1', 9]], [['2001:db8::2', 9]]],
    ['0.0.0.0/0', [['203.0.113.1', 1]], [['2001:db8::1', 1]]],
  ];
  for (const [text, inside, outside] of rows)
    it(`${text} holds what it says`, () => {
      const list = networks(text);
      for (const [address, port] of inside) assert.ok(isWithin(list, address, port), address);
      for (const [address, port] of outside) assert.ok(!isWithin(list, address, port), address);
    });

  it('what is no address, prefix or port is named', () => {
    for (const wrong of ['example.com', '1.2.3', '1.2.3.4/33', '1.2.3.4:0', '1.2.3.4:70000', '[::1', '::1::2', '256.1.1.1', '2001:db8::/129', ''])
      assert.equal(typeof parseTrustedNetwork(wrong), 'string', wrong);
  });

  it('the network of a source is its /24 or its /64', () => {
    assert.equal(networkOf('192.0.2.7'), networkOf('192.0.2.200'));
    assert.notEqual(networkOf('192.0.2.7'), networkOf('192.0.3.7'));
    assert.equal(networkOf('2001:db8::1'), networkOf('2001:db8:0:0:ffff::9'));
    assert.notEqual(networkOf('2001:db8::1'), networkOf('2001:db8:0:1::1'));
    assert.equal(networkOf('::ffff:192.0.2.7'), networkOf('192.0.2.9'));
  });
});

describe('tables', () => {
  it('forget what was touched longest ago', () => {
    const table = new BoundedTable<number>(2);
    table.set('a', 1);
    table.set('b', 2);
    table.touch('a');
    table.set('c', 3);
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => table.peek(key)),
      [1, undefined, 3],
    );
    assert.equal(table.size, 2);
  });

  it('strikes block at the last straw, once, for as long as was said', () => {
    const strikes = new Strikes({ most: 3, windowMs: 1_000, blockMs: 5_000 }, 10);
    assert.deepEqual(
      [0, 999, 1_001].map((ms) => strikes.strike('a', ms)),
      [false, false, false],
      'the window went by',
    );
    assert.equal(strikes.strike('a', 1_002), false);
    assert.equal(strikes.strike('a', 1_003), true);
    assert.equal(strikes.strike('a', 1_004), false, 'told once');
    assert.ok(strikes.isBlocked('a', 6_002));
    assert.ok(!strikes.isBlocked('a', 6_003));
    assert.ok(!strikes.isBlocked('b', 1_003));
  });
});

describe('the first look', () => {
  it('without anybody to trust nobody is told from anybody', () => {
    const watch = new Watch({ isOn: false });
    assert.equal(watch.burst('203.0.113.1', 5_000), 5_000);
    const invite = aRequest('INVITE', [['P-Asserted-Identity', '<sip:1@x>']]);
    assert.equal(statusOf(watch.judge(invite, udp('203.0.113.1'))), 'pass');
    assert.ok(invite.headers.has('p-asserted-identity'));
  });

  it('E1: of one stranger 200 at once and 50 a second are read, of a trunk everything', () => {
    const watch = new Watch();
    assert.equal(watch.burst('203.0.113.1', 1_000), 200);
    assert.equal(watch.guard.counts.dropped.rate, 800);
    assert.ok(Math.abs(watch.steady('203.0.113.1', 1_000, 11) - 50) < 2);
    assert.equal(watch.burst('10.0.0.77', 5_000), 5_000);
  });

  it('of one network of strangers 1,000 at once, of all together 2,000', () => {
    const watch = new Watch();
    const admitted = (prefix: string): number =>
      Array.from({ length: 100 }, (_, host) => watch.burst(`${prefix}.${host}`, 20)).reduce((sum, one) => sum + one, 0);
    assert.equal(admitted('203.0.113'), 1_000);
    assert.equal(admitted('198.51.100'), 1_000);
    assert.equal(admitted('192.0.2'), 0);
    assert.ok(watch.guard.counts.dropped['network rate'] > 0 && watch.guard.counts.dropped['global rate'] > 0);
  });

  it('E3: 10,000 sources fill no more than their rows, and a registered phone among them is served', () => {
    const watch = new Watch();
    const phone = udp('203.0.113.5', 40_000);
    watch.register(phone);
    let served = 0;
    for (let nth = 0; nth < 200_000; nth += 1) {
      watch.now += 0.1;
      const source = nth % 10_000;
      watch.admit(`127.${100 + (source >> 16)}.${(source >> 8) & 255}.${source & 255}`, 'INVITE', 1_024 + source);
      if (nth % 1_000 === 0 && watch.guard.admit(Buffer.from('INVITE '), phone, watch.now)) served += 1;
    }
    assert.equal(served, 200);
    assert.ok(watch.guard.sourcesTracked <= 10_000);
    const wide = new Watch();
    for (let nth = 0; nth < 150_000; nth += 1) wide.admit(`2001:db8:${(nth >> 12).toString(16)}:${(nth & 4_095).toString(16)}::1`);
    assert.equal(wide.guard.sourcesTracked, 100_000, 'the table is bounded');
  });

  it('D13: a sweep of OPTIONS is cut after 20, then its source is not listened to for a minute', () => {
    const watch = new Watch();
    assert.equal(watch.burst('203.0.113.1', 69, 'OPTIONS'), 20);
    assert.deepEqual(watch.blocked, []);
    watch.burst('203.0.113.1', 1, 'OPTIONS');
    assert.deepEqual(watch.blocked, ['sweep 203.0.113.1']);
    assert.ok(!watch.admit('203.0.113.1', 'INVITE'));
    watch.now += 60_000;
    assert.ok(watch.admit('203.0.113.1', 'INVITE'));
  });

  it('twenty malformed messages in ten seconds block a stranger, two hundred a registered phone, never a trunk', () => {
    const watch = new Watch();
    const stranger = udp('203.0.113.1');
    const phone = udp('203.0.113.1', 40_000);
    const trunk = udp('10.0.0.7');
    watch.register(phone);
    for (let nth = 0; nth < 19; nth += 1) watch.guard.malformed(stranger, watch.now);
    assert.ok(watch.admit('203.0.113.1'));
    watch.guard.malformed(stranger, watch.now);
    assert.ok(!watch.admit('203.0.113.1'));
    assert.ok(watch.admit('203.0.113.1', 'INVITE', 40_000), 'a phone behind the same address is known');
    for (let nth = 0; nth < 200; nth += 1) for (const source of [phone, trunk]) watch.guard.malformed(source, watch.now);
    assert.ok(!watch.admit('203.0.113.1', 'INVITE', 40_000));
    assert.ok(watch.admit('10.0.0.7'));
    assert.deepEqual(watch.blocked, ['malformed 203.0.113.1', 'malformed 203.0.113.1']);
  });

  it('whom an application calls may answer from an address that others misuse', () => {
    const watch = new Watch();
    for (let nth = 0; nth < 20; nth += 1) watch.guard.malformed(udp('203.0.113.9'), watch.now);
    assert.ok(!watch.admit('203.0.113.9'));
    watch.guard.trust.dial('203.0.113.9', watch.now);
    assert.equal(watch.burst('203.0.113.9', 5_000), 4_000);
    assert.equal(statusOf(watch.judge(aRequest('INVITE'), udp('203.0.113.9'))), 401, 'its own calls still need credentials');
  });
});

describe('new requests', () => {
  it('a stranger without credentials is asked for them, SHA-256 first, MD5 for phones that need it', () => {
    const watch = new Watch();
    const stranger = udp('203.0.113.1');
    for (const method of ['INVITE', 'REGISTER', 'SUBSCRIBE', 'REFER', 'MESSAGE', 'PUBLISH', 'NOTIFY', 'INFO']) {
      const verdict = watch.judge(aRequest(method), udp('203.0.113.1', method.length * 1_000 + method.charCodeAt(0)));
      assert.equal(statusOf(verdict), 401, method);
      assert.match(challengesOf(verdict)[0] ?? '', /^Digest realm="huawu", nonce="203\.0\.113\.1@\d+", algorithm=SHA-256, qop="auth"$/);
      assert.match(challengesOf(verdict)[1] ?? '', /algorithm=MD5/);
    }
    const weak = watch.judge(aRequest('REGISTER', [['User-Agent', 'SIP.js/0.21.2']]), stranger);
    assert.equal(challengesOf(weak).length, 1);
    assert.match(challengesOf(weak)[0] ?? '', /algorithm=MD5/);
    assert.equal(watch.guard.counts.refused.challenge, 9);
  });

  it('a phone that balks at two challenges gets MD5 alone; one whose answer was lost does not', () => {
    const watch = new Watch();
    const phone = udp('203.0.113.1');
    const first = aRequest('REGISTER');
    assert.equal(challengesOf(watch.judge(first, phone)).length, 2);
    assert.equal(challengesOf(watch.judge(first, phone)).length, 2, 'the same request again');
    const next = aRequest('REGISTER', [['X-Try', '2']]);
    assert.deepEqual(
      challengesOf(watch.judge(next, phone)).map((value) => /algorithm=([\w-]+)/.exec(value)?.[1]),
      ['MD5'],
    );
    assert.equal(challengesOf(watch.judge(aRequest('INVITE', [['X-Try', '3']]), phone)).length, 1, 'and ever after');
  });

  it('D3: credentials pass on a fresh nonce of this address alone; an old one is stale, another’s is none', () => {
    const watch = new Watch();
    const stranger = udp('203.0.113.1');
    const nonce = `203.0.113.1@${watch.now}`;
    assert.equal(statusOf(watch.judge(aRequest('REGISTER', [credentials(nonce)]), stranger)), 'pass');
    assert.equal(statusOf(watch.judge(aRequest('REGISTER', [credentials(nonce)]), udp('203.0.113.2'))), 401);
    watch.now += 300_001;
    const stale = watch.judge(aRequest('REGISTER', [credentials(nonce)]), stranger);
    assert.equal(statusOf(stale), 401);
    for (const value of challengesOf(stale)) assert.match(value, /, stale=true$/);
  });

  it('OPTIONS of a stranger goes to the application, BYE, UPDATE and PRACK outside dialogs are answered 481', () => {
    const watch = new Watch();
    assert.equal(statusOf(watch.judge(aRequest('OPTIONS'), udp('203.0.113.1'))), 'pass');
    for (const method of ['BYE', 'UPDATE', 'PRACK']) assert.equal(statusOf(watch.judge(aRequest(method), udp('203.0.113.1'))), 481);
  });

  it('who registered is known until the registration ends, by address and port, and no longer', () => {
    const watch = new Watch();
    const phone = udp('203.0.113.1', 40_000);
    watch.register(phone, 60);
    assert.equal(statusOf(watch.judge(aRequest('INVITE'), phone)), 'pass');
    assert.equal(statusOf(watch.judge(aRequest('INVITE'), udp('203.0.113.1', 40_001))), 401);
    watch.now += 60_000;
    assert.equal(statusOf(watch.judge(aRequest('INVITE'), phone)), 401);
    watch.register(phone, 60);
    const gone = aRequest('REGISTER');
    watch.guard.answered(gone, answer(gone, 200), phone, watch.now);
    assert.equal(statusOf(watch.judge(aRequest('INVITE'), phone)), 401, 'it unregistered');
  });

  it('a call that was let in by its credentials makes its source known', () => {
    const watch = new Watch();
    const caller = udp('203.0.113.1');
    const invite = aRequest('INVITE', [credentials(`203.0.113.1@${watch.now}`)]);
    watch.guard.answered(invite, answer(invite, 100), caller, watch.now);
    assert.equal(watch.guard.classOf(caller, watch.now), 'stranger');
    watch.guard.answered(invite, answer(invite, 180), caller, watch.now);
    assert.equal(watch.guard.classOf(caller, watch.now), 'flow');
  });

  it('over a stream the connection is known, not its address', () => {
    const watch = new Watch();
    const phone: Hop = { protocol: 'wss', address: '203.0.113.1', port: 50_000, flow: 'wss-7' };
    watch.register(phone);
    assert.equal(watch.guard.classOf(phone, watch.now), 'flow');
    assert.equal(watch.guard.classOf({ ...phone, flow: 'wss-8' }, watch.now), 'stranger');
  });

  it('a registrar that took our REGISTER calls without credentials, as do trunks an application tells of', () => {
    const watch = new Watch();
    const request = aRequest('REGISTER');
    watch.guard.registered(answer(request, 200, [['Contact', '<sip:us@10.9.9.9>;expires=60']]), udp('198.51.100.1'), watch.now);
    assert.equal(statusOf(watch.judge(aRequest('INVITE'), udp('198.51.100.1', 5_080))), 'pass');
    watch.now += 60_000;
    assert.equal(statusOf(watch.judge(aRequest('INVITE'), udp('198.51.100.1'))), 401);
    watch.guard.trust.tell(networks('198.51.100.0/24'));
    assert.equal(statusOf(watch.judge(aRequest('INVITE'), udp('198.51.100.1'))), 'pass');
    watch.guard.trust.tell([]);
    assert.equal(statusOf(watch.judge(aRequest('INVITE'), udp('198.51.100.1'))), 401);
  });

  it('a registered phone has 60 new requests at once and 20 a second; the next is told when to come back, each at another time', () => {
    const watch = new Watch();
    const phone = udp('203.0.113.1');
    watch.register(phone);
    const verdicts = Array.from({ length: 80 }, () => watch.judge(aRequest('INVITE'), phone));
    assert.equal(verdicts.filter(({ does }) => does === 'pass').length, 60);
    const seconds = verdicts.flatMap((verdict) => (verdict.does === 'refuse' ? verdict.headers.map(([, value]) => Number(value)) : []));
    assert.equal(seconds.length, 20);
    assert.ok(seconds.every((each) => each >= 5 && each < 30) && new Set(seconds).size > 5);
  });

  it('a stranger may have a hundred requests waiting for an application', () => {
    const watch = new Watch();
    const good = (): Request => aRequest('INVITE', [credentials(`203.0.113.1@${watch.now}`)]);
    assert.equal(statusOf(watch.judge(good(), udp('203.0.113.1'), 99)), 'pass');
    assert.equal(statusOf(watch.judge(good(), udp('203.0.113.1'), 100)), 503);
  });

  it('D13: a scanner gets no answer by whatever it is known, and is not listened to for a minute', () => {
    for (const headers of [
      [['User-Agent', 'friendly-scanner']],
      [['user-agent', 'sipcli/v1.8']],
      [['User-Agent', 'pplsip']],
      [['User-Agent', 'Mozilla sundayddr 1']],
    ] as [string, string][][]) {
      const watch = new Watch();
      assert.equal(statusOf(watch.judge(aRequest('OPTIONS', headers), udp('203.0.113.1'))), 'drop', headers[0]?.[1]);
      assert.ok(!watch.admit('203.0.113.1'));
      assert.equal(statusOf(watch.judge(aRequest('OPTIONS', headers), udp('10.0.0.1'))), 'pass', 'a trunk may call itself anything');
    }
    const named = aRequest('OPTIONS');
    named.headers.set('From', '"sipvicious" <sip:100@1.1.1.1>;tag=1');
    assert.equal(statusOf(new Watch().judge(named, udp('203.0.113.1'))), 'drop');
    for (const agent of ['Yealink SIP-T46S 66.84', 'snom760/8.9', 'Linphone/5', 'gulperware phone'])
      assert.equal(statusOf(new Watch().judge(aRequest('OPTIONS', [['User-Agent', agent]]), udp('203.0.113.1'))), 'pass', agent);
  });

  it('D10, D11: a Route or maddr to a third party is refused, one to us is not, and a name is left to the application', () => {
    const watch = new Watch();
    const phone = udp('203.0.113.1');
    watch.register(phone);
    const routed = (route: string): Verdict => watch.judge(aRequest('INVITE', [['Route', route]]), phone);
    assert.equal(statusOf(routed('<sip:198.51.100.9;lr>')), 403);
    assert.equal(statusOf(routed('<sip:10.9.9.9;lr>, <sip:198.51.100.9;lr>')), 403);
    assert.equal(statusOf(routed('<sip:10.9.9.9;lr>')), 'pass');
    assert.equal(statusOf(routed('<sip:pbx.example.com;lr>')), 'pass');
    assert.equal(statusOf(watch.judge(aRequest('INVITE', [], 'sip:1@10.9.9.9;maddr=198.51.100.9'), phone)), 403);
  });

  it('D14: internal headers of a stranger and of a phone are gone in every spelling, a trunk’s are not', () => {
    const text = [
      'INVITE sip:10086@10.9.9.9 SIP/2.0',
      ...['Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa', 'f: <sip:a@b>;tag=1', 't: <sip:10086@b>', 'i: x', 'CSeq: 1 INVITE'],
      ...['X-Tenant: other', 'x-TENANT : other', 'X-Tenant-Id\t: other', 'X-Huawu-Call-Id:\r\n c-forged', 'x-huawu-anything: 1'],
      ...['P-Asserted-Identity: <sip:110@x>', 'p-asserted-identity:\r\n\t<sip:110@x>', 'P-ASSERTED-IDENTITY  : <tel:110>', 'Remote-Party-ID: <sip:110@x>'],
      ...[
        'P-Preferred-Identity: <sip:110@x>',
        'P-Charging-Vector: icid-value=1',
        'Diversion: <sip:1@x>',
        'History-Info: <sip:1@x>;index=1',
        ...['X%2DTenant: other', 'P%2dAsserted-Identity: <sip:110@x>', '%u0058-Tenant: other', 'C%6Fntact: <sip:elsewhere@x>'],
        'X-Other: kept',
        '',
        '',
      ],
    ].join('\r\n');
    const parsed = (): Request => parseMessage(Buffer.from(text)) as Request;
    const watch = new Watch();
    const phone = udp('203.0.113.1', 40_000);
    watch.register(phone);
    for (const source of [udp('203.0.113.1'), phone]) {
      const request = parsed();
      watch.judge(request, source);
      const written = writeMessage(request).toString();
      assert.doesNotMatch(written, /tenant|huawu|asserted|party|preferred|charging|diversion|history|110|forged|elsewhere/i);
      assert.match(written, /X-Other: kept/);
    }
    const request = parsed();
    watch.judge(request, udp('10.0.0.1'));
    assert.match(writeMessage(request).toString(), /P-Asserted-Identity: <sip:110@x>/);
    // A byte that is no token has the whole message refused; whatever else is read as white space ends the name, which is then known.
    for (const smuggled of ['X-Ten\x01ant: 1', 'X-Tenant\x00: 1', 'X-Tenant\u00a0: 1', 'X-Tenant\x0b: 1', ' X-Tenant: 1']) {
      let heard = '';
      try {
        const bad = parseMessage(Buffer.from(text.replace('X-Other: kept', smuggled), 'latin1')) as Request;
        watch.judge(bad, udp('203.0.113.1'));
        heard = [...bad.headers].map(({ key }) => key).join(' ');
      } catch (error) {
        assert.ok(error instanceof ParseError);
      }
      assert.doesNotMatch(heard, /tenant/i, JSON.stringify(smuggled));
    }
  });

  it('D2: twenty wrong passwords in a minute and the source is not listened to for one, but a registered phone behind it is', () => {
    const watch = new Watch();
    const phone = udp('203.0.113.1', 40_000);
    watch.register(phone);
    const guess = (status: number, headers: [string, string][] = []): void => {
      const request = aRequest('REGISTER', [credentials(`203.0.113.1@${watch.now}`)]);
      watch.guard.answered(request, answer(request, status, headers), udp('203.0.113.1'), watch.now);
    };
    for (let nth = 0; nth < 30; nth += 1) guess(401, [['WWW-Authenticate', 'Digest realm="huawu", nonce="x", stale=true']]);
    for (let nth = 0; nth < 19; nth += 1) guess(401);
    assert.deepEqual(watch.blocked, []);
    guess(403);
    assert.deepEqual(watch.blocked, ['passwords 203.0.113.1']);
    assert.ok(!watch.admit('203.0.113.1'));
    assert.ok(watch.admit('203.0.113.1', 'INVITE', 40_000));
    watch.now += 60_000;
    assert.ok(watch.admit('203.0.113.1'));
  });

  it('D7: inside a dialog only its own addresses, trunks and registered phones may speak', () => {
    const watch = new Watch();
    const phone = udp('198.51.100.4', 40_000);
    watch.register(phone);
    const may = (source: Hop): boolean => watch.guard.mayInside(source, (address) => address === '203.0.113.1', watch.now);
    assert.ok(may(udp('203.0.113.1', 1_234)), 'a NAT changed its port');
    assert.ok(!may(udp('203.0.113.2')));
    assert.ok(may(udp('10.0.0.200')));
    assert.ok(may(phone));
    assert.equal(watch.guard.counts.refused['foreign dialog'], 1);
  });
});

describe('answers to strangers', () => {
  it('E6: an answer that is too long for what was asked is cut, the 200 to a call is not', () => {
    const request = aRequest('OPTIONS');
    const long: [string, string][] = [
      ['Allow', 'INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, REFER, NOTIFY, INFO, UPDATE, PRACK'],
      ['Accept', 'application/sdp'],
      ['Supported', 'timer'],
    ];
    const response = answer(request, 200, long);
    response.body = Buffer.alloc(400, 'v');
    const lengthOf = (message: Request | Response): number => writeMessage(message).length;
    shorten(request, response, lengthOf);
    assert.ok(lengthOf(response) <= 1.5 * lengthOf(request));
    const call = answer(aRequest('INVITE'), 200, long);
    shorten(aRequest('INVITE'), call, lengthOf);
    assert.ok(call.headers.has('allow'));
  });
});

describe('after a sleep', () => {
  it('B20: what was saved up in 60 s of sleep is one burst, and registered phones are still known', () => {
    const watch = new Watch();
    const phone = udp('198.51.100.4', 40_000);
    watch.register(phone);
    assert.equal(watch.burst('203.0.113.1', 300), 200);
    watch.now += 60_000;
    assert.equal(watch.burst('203.0.113.1', 1_000), 200);
    assert.equal(watch.guard.classOf(phone, watch.now), 'flow');
  });
});

describe('overload', () => {
  const idle = { lagMs: 0, busyShare: 0.3, pending: 0, backlogBytes: 0 };
  /** Of 1,000 new requests of each class, how many are refused. */
  const refused = (overload: Overload): Record<string, number> =>
    Object.fromEntries(
      (['stranger', 'flow', 'trunk'] as const).map((kind) => [kind, Array.from({ length: 1_000 }, () => overload.refuses(kind)).filter(Boolean).length]),
    );

  it('turns nobody away from an idle server', () => {
    const overload = new Overload();
    overload.sample(idle, 0);
    assert.deepEqual(refused(overload), { stranger: 0, flow: 0, trunk: 0 });
  });

  const stages: [pressure: number, expected: Record<string, number>][] = [
    [0.3, { stranger: 0, flow: 0, trunk: 0 }],
    [0.425, { stranger: 500, flow: 0, trunk: 0 }],
    [0.55, { stranger: 1_000, flow: 0, trunk: 0 }],
    [0.75, { stranger: 1_000, flow: 800, trunk: 0 }],
    [0.875, { stranger: 1_000, flow: 1_000, trunk: 500 }],
    [1, { stranger: 1_000, flow: 1_000, trunk: 1_000 }],
  ];
  for (const [pressure, expected] of stages)
    it(`at a pressure of ${pressure} turns away strangers first, known phones next, trunks last`, () => {
      for (const load of [{ lagMs: pressure * 2_000 }, { pending: pressure * 10_000 }, { backlogBytes: pressure * 1024 * 1024 }]) {
        const overload = new Overload();
        overload.sample({ ...idle, ...load }, 0);
        for (const [kind, count] of Object.entries(refused(overload))) assert.ok(Math.abs(count - (expected[kind] ?? 0)) <= 1, `${kind}: ${count}`);
      }
    });

  it('E5: a loop that never rests sheds trunks after 8 s, and is itself again 5 s after it rests', () => {
    const overload = new Overload();
    const seconds = (busyShare: number, most: number, until: () => boolean): number => {
      for (let half = 1; half <= 2 * most; half += 1) {
        overload.sample({ ...idle, busyShare }, 0);
        if (until()) return half / 2;
      }
      return Number.POSITIVE_INFINITY;
    };
    assert.equal(
      seconds(1, 60, () => overload.pressure > 0.76),
      8,
    );
    seconds(1, 60, () => false);
    assert.equal(overload.pressure, 1);
    assert.ok(seconds(0.5, 60, () => overload.pressure < 0.3) <= 5);
  });

  it('E5: at twice what an application can answer, known callers keep their calls and the rest is refused at once', () => {
    // 500 requests a second are answered; trunks bring 400, phones 50, strangers with credentials 600.
    const overload = new Overload();
    const random = seeded(11);
    const served = { stranger: 0, flow: 0, trunk: 0 };
    const asked = { stranger: 0, flow: 0, trunk: 0 };
    let pending = 0;
    let credit = 0;
    for (let ms = 0; ms < 120_000; ms += 1) {
      credit += 0.5;
      while (credit >= 1 && pending > 0) {
        credit -= 1;
        pending -= 1;
      }
      credit = Math.min(credit, 1);
      for (const [kind, perMs] of [
        ['trunk', 0.4],
        ['flow', 0.05],
        ['stranger', 0.6],
      ] as const) {
        if (random() >= perMs) continue;
        asked[kind] += 1;
        if (overload.refuses(kind)) continue;
        served[kind] += 1;
        pending += 1;
      }
      if (ms % 500 === 0) overload.sample({ ...idle, pending }, 0);
    }
    assert.ok((served.trunk + served.flow) / (asked.trunk + asked.flow) >= 0.995);
    assert.ok(served.stranger < 0.25 * asked.stranger);
    assert.ok(pending < 5_500);
  });
});

it('D11: where our own names are said, a stranger’s request for another name or address is refused; a trunk’s and a registered phone’s are the application’s business', () => {
  const watch = new Watch({ domains: new Set(['sip.example.com']), realm: undefined });
  const stranger = udp('10.7.7.7');
  const uris: [string, boolean][] = [
    ['sip:10086@sip.example.com', true],
    ['sip:10086@SIP.Example.COM:5060', true],
    ['sip:10086@10.9.9.9', true],
    ['tel:+8610086', true],
    ['sip:10086@other.example', false],
    ['sip:10086@192.0.2.1', false],
    ['sips:10086@example.com', false],
  ];
  const passes = (uri: string, source: Hop): boolean => watch.judge(aRequest('INVITE', [], uri), source).does === 'pass';
  for (const [uri, isOurs] of uris) {
    assert.equal(passes(uri, stranger), isOurs, uri);
    assert.equal(passes(uri, udp('10.0.0.5')), true, `${uri} of a trunk`);
  }
  const phone = udp('10.7.7.8');
  watch.register(phone);
  assert.equal(passes('sip:10086@other.example', phone), true);
  assert.equal(
    new Watch({ realm: undefined }).judge(aRequest('INVITE', [], 'sip:10086@other.example'), stranger).does,
    'pass',
    'without names of ours any may be one',
  );
});

it('B16: a spiral through our own address is not asked who it is; neither our address alone nor the branch of a request of ours is enough', () => {
  const rows: [what: string, address: string, isOurs: boolean, verdict: string][] = [
    ['what we have under way, from our own address', '10.9.9.9', true, 'pass'],
    ['our address, forged', '10.9.9.9', false, '401'],
    ['the branch, from who got the request', '192.0.2.66', true, '401'],
  ];
  for (const [what, address, isOurs, expected] of rows) {
    const verdict = new Watch({ isOurs: () => isOurs }).judge(aRequest('INVITE'), udp(address));
    assert.equal(verdict.does === 'refuse' ? String(verdict.status) : verdict.does, expected, what);
  }
});
