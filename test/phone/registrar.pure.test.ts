import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asId, type UserId } from '../../kernel/ids.ts';
import { Authenticator } from '../../src/phone/authenticate.ts';
import { Bindings, targetOf } from '../../src/phone/bindings.ts';
import { mayContact } from '../../src/phone/contacts.ts';
import { ha1Of, responseOf } from '../../src/phone/digest.ts';
import type { ContactBinding } from '../../src/phone/event.ts';
import { Registrar } from '../../src/phone/registrar.ts';
import type { SendOptions, SipRequest, SipResponse } from '../../src/phone/srf.ts';
import { SIP_REALM } from '../../src/tenants/directory.ts';
import { PhonePasses } from '../../src/users/phone-passes.ts';
import type { Event } from '../../src/vocabulary.ts';
import { FakeClock } from '../support/clock.ts';
import { agentId, demo, passwordOf, phoneDirectory } from '../support/phone-directory.ts';

interface Answer {
  status: number;
  reason: string;
  headers: Record<string, string>;
}

/** A registrar on a clock of its own, and phones that talk to it without a wire. */
class Office {
  readonly clock = new FakeClock();
  readonly events: Event[] = [];
  readonly bindings = new Bindings(this.clock, (event) => this.events.push(event));
  readonly passes = new PhonePasses();
  readonly registrar: Registrar;

  constructor(onGuessing?: (guessed: object) => void, isOurs?: (host: string) => boolean) {
    const authenticator = new Authenticator(this.clock, phoneDirectory(), undefined, undefined, onGuessing, this.passes);
    this.registrar = new Registrar(this.clock, authenticator, this.bindings, isOurs);
  }

  send(headers: Record<string, string>, source = '10.0.0.7:5060'): Answer {
    const [source_address = '', port = ''] = source.split(':');
    const answers: Answer[] = [];
    const all = new Map(
      Object.entries({ To: '<sip:8001@huawu>', 'Call-ID': 'c1', CSeq: '1 REGISTER', ...headers }).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const get = (name: string): string | undefined => all.get(name.toLowerCase());
    const req = {
      method: 'REGISTER',
      uri: 'sip:huawu',
      body: '',
      source_address,
      source_port: Number(port),
      protocol: 'udp',
      get,
      has: (name: string) => get(name) !== undefined,
    };
    const send = (status: number, second?: string | SendOptions, third?: SendOptions): void => {
      const options = typeof second === 'string' ? third : second;
      answers.push({ status, reason: typeof second === 'string' ? second : '', headers: options?.headers ?? {} });
    };
    this.registrar.register(req as Partial<SipRequest> as SipRequest, { send } as Partial<SipResponse> as SipResponse);
    assert.equal(answers.length, 1, 'each REGISTER gets one answer');
    return answers[0] as Answer;
  }

  /** Asks for a challenge, then registers with it. */
  register(
    headers: Record<string, string>,
    who = { user: '8001', password: passwordOf('8001'), algorithm: 'SHA-256' as 'MD5' | 'SHA-256' },
    source?: string,
  ): Answer {
    const challenge = this.send(headers, source);
    const nonce = /nonce="([^"]+)"/.exec(challenge.headers['WWW-Authenticate'] ?? '')?.[1] ?? '';
    return this.send({ ...headers, Authorization: credentials(nonce, who) }, source);
  }

  types(): string[] {
    return this.events.map(({ type }) => type);
  }
}

function credentials(
  nonce: string,
  { user, password, algorithm }: { user: string; password: string; algorithm: 'MD5' | 'SHA-256' },
  nc = '00000001',
  method = 'REGISTER',
): string {
  const parts = { nonce, nc, cnonce: 'abc', uri: 'sip:huawu', algorithm };
  const response = responseOf(ha1Of(algorithm, user, SIP_REALM, password), method, parts);
  return `Digest username="${user}", realm="${SIP_REALM}", nonce="${nonce}", uri="sip:huawu", response="${response}", algorithm=${algorithm}, qop=auth, nc=${nc}, cnonce="abc"`;
}

const contact = (port = 5060): string => `<sip:8001@10.0.0.7:${port}>`;

describe('the registrar', () => {
  for (const algorithm of ['MD5', 'SHA-256'] as const)
    it(`binds a contact on a right ${algorithm} response, tells the world once, and says how long it holds`, () => {
      const office = new Office();
      const answer = office.register(
        { Contact: contact(), Expires: '600', 'Allow-Events': 'Talk, hold', 'User-Agent': 'Desk 1' },
        { user: '8001', password: passwordOf('8001'), algorithm },
      );
      assert.deepEqual(answer, { status: 200, reason: '', headers: { Contact: '<sip:8001@10.0.0.7:5060>;expires=600' } });
      assert.deepEqual(office.types(), ['bindingsChanged', 'phoneReachable']);
      const [binding] = office.bindings.of(agentId('8001'));
      assert.deepEqual(binding, {
        ...{ uri: 'sip:8001@10.0.0.7:5060', callId: 'c1', cseq: 1, expiresAt: office.clock.now() + 600_000, source: 'udp/10.0.0.7:5060' },
        ...{ userAgent: 'Desk 1', allowEvents: ['talk', 'hold'] },
      });
    });

  it('believes a browser by the pass it was given, for its own agent alone, until she signs out', () => {
    const office = new Office();
    const user = { userId: asId<UserId>('u1'), tenantId: demo, username: '8001' };
    const { username, password } = office.passes.make(user, agentId('8001'), 'token', office.clock.now());
    const who = { user: username, password, algorithm: 'MD5' as const };
    assert.equal(office.register({ Contact: contact() }, who).status, 200);
    assert.equal(office.bindings.of(agentId('8001')).length, 1);
    assert.equal(office.register({ To: '<sip:8002@huawu>', 'Call-ID': 'c2', Contact: contact() }, who).status, 403);
    office.passes.endOfToken('token');
    assert.equal(office.register({ 'Call-ID': 'c3', Contact: contact() }, who).status, 401);
  });

  it('D4: challenges with SHA-256 first and MD5 behind it, in lines of their own', () => {
    const { status, headers } = new Office().send({ Contact: contact() });
    assert.equal(status, 401);
    assert.match(headers['WWW-Authenticate'] ?? '', /^Digest [^\r]*algorithm=SHA-256[^\r]*\r\nWWW-Authenticate: Digest [^\r]*algorithm=MD5[^\r]*$/);
  });

  it('challenges with MD5 alone a phone that came back without credentials, or whose stack is known to fail', () => {
    const office = new Office();
    const algorithms = (answer: Answer): string[] =>
      [...(answer.headers['WWW-Authenticate'] ?? '').matchAll(/algorithm=([^,]+)/g)].map((match) => match[1] ?? '');
    assert.deepEqual(algorithms(office.send({ Contact: contact() })), ['SHA-256', 'MD5']);
    assert.deepEqual(algorithms(office.send({ Contact: contact() }, '10.0.0.8:5060')), ['SHA-256', 'MD5'], 'another phone is another phone');
    assert.deepEqual(algorithms(office.send({ Contact: contact(), CSeq: '2 REGISTER' })), ['MD5']);
    assert.deepEqual(algorithms(office.send({ Contact: contact(), 'User-Agent': 'baresip v1.0.0 (x86_64/linux)' }, '10.0.0.9:5060')), ['MD5']);
  });

  it('goes on challenging with both a phone that answers, though it always asks first', () => {
    const office = new Office();
    for (const cseq of [1, 2, 3]) {
      const headers = { Contact: contact(), CSeq: `${cseq} REGISTER` };
      assert.match(office.send(headers).headers['WWW-Authenticate'] ?? '', /SHA-256/);
      const nonce = /nonce="([^"]+)"/.exec(office.send(headers, '10.0.0.7:1').headers['WWW-Authenticate'] ?? '')?.[1] ?? '';
      office.send({ ...headers, Authorization: credentials(nonce, { user: '8001', password: passwordOf('8001'), algorithm: 'MD5' }) });
    }
  });

  it('D4: lets nobody in by MD5 whose account is for SHA-256 alone, and says no more than to a wrong password', () => {
    const office = new Office();
    const strict = { user: '8003', password: passwordOf('8003'), algorithm: 'SHA-256' as 'MD5' | 'SHA-256' };
    const headers = { To: '<sip:8003@huawu>', Contact: '<sip:8003@10.0.0.7>' };
    const refused = office.register(headers, { ...strict, algorithm: 'MD5' });
    const wrong = office.register(headers, { ...strict, password: 'wrong' });
    assert.deepEqual([refused.status, Object.keys(refused.headers)], [wrong.status, Object.keys(wrong.headers)]);
    assert.equal(refused.status, 401);
    assert.equal(office.register(headers, strict).status, 200);
  });

  it('D1: answers an unknown user, a wrong password and no password alike', () => {
    const shape = ({ status, headers }: Answer): string => `${status} ${JSON.stringify(headers).replaceAll(/nonce=\\"[^"]+"/g, 'nonce')}`;
    const office = new Office();
    const answers = [
      office.send({ Contact: contact() }, '10.0.0.1:1'),
      office.register({ Contact: contact() }, { user: '8001', password: 'wrong', algorithm: 'MD5' }, '10.0.0.2:1'),
      office.register({ To: '<sip:9999@huawu>', Contact: contact() }, { user: '9999', password: 'wrong', algorithm: 'MD5' }, '10.0.0.3:1'),
    ].map(shape);
    assert.equal(new Set(answers).size, 1, answers.join('\n'));
    assert.deepEqual(office.events, []);
  });

  it('D1: takes as long for a known user as for an unknown one: the medians of 1,000, taken in turns, differ by less than a half of either', () => {
    const office = new Office();
    const took: Record<string, number[]> = { '8001': [], '9999': [] };
    for (let nth = 0; nth < 1_000; nth += 1)
      for (const [user, times] of Object.entries(took)) {
        const source = `10.1.${nth >> 8}.${nth & 255}:5060`;
        const began = performance.now();
        const answer = office.register({ To: `<sip:${user}@huawu>`, Contact: contact() }, { user, password: 'wrong', algorithm: 'SHA-256' }, source);
        times.push(performance.now() - began);
        assert.equal(answer.status, 401);
      }
    const [known = Number.NaN, unknown = Number.NaN] = Object.values(took).map((times) => times.sort((a, b) => a - b)[500]);
    assert.ok(Math.max(known, unknown) / Math.min(known, unknown) < 1.5, `${known} ms and ${unknown} ms`);
  });

  it("D8, D9: refuses to bind to somebody else's address, though the password is right", () => {
    assert.equal(new Office().register({ To: '<sip:8002@huawu>', Contact: contact() }).status, 403);
  });

  it('takes no address-of-record of another house, and says so only to who has proved himself', () => {
    const office = new Office(undefined, (host) => host === 'huawu');
    const elsewhere = { To: '<sip:8001@elsewhere.example>', Contact: '<sip:8001@10.0.0.7>' };
    assert.equal(office.send(elsewhere).status, 401);
    assert.equal(office.register(elsewhere).status, 404);
    assert.equal(office.register({ Contact: '<sip:8001@10.0.0.7>', 'Call-ID': 'c2' }).status, 200);
  });

  it('D3: says stale to a nonce used before or too old, and takes the same credentials with the next count', () => {
    const office = new Office();
    const challenge = office.send({ Contact: contact() });
    const nonce = /nonce="([^"]+)"/.exec(challenge.headers['WWW-Authenticate'] ?? '')?.[1] ?? '';
    const who = { user: '8001', password: passwordOf('8001'), algorithm: 'MD5' as const };
    assert.equal(office.send({ Contact: contact(), Authorization: credentials(nonce, who) }).status, 200);
    const replayed = office.send({ Contact: contact(), CSeq: '2 REGISTER', Authorization: credentials(nonce, who) });
    assert.equal(replayed.status, 401);
    assert.match(replayed.headers['WWW-Authenticate'] ?? '', /stale=true/);
    assert.equal(office.send({ Contact: contact(), CSeq: '3 REGISTER', Authorization: credentials(nonce, who, '00000002') }).status, 200);
    office.clock.forward(5 * 60_000 + 1);
    assert.equal(office.send({ Contact: contact(), CSeq: '4 REGISTER', Authorization: credentials(nonce, who, '00000003') }).status, 401);
  });

  it('D3: takes no response made for another method or another address', () => {
    const office = new Office();
    const nonce = /nonce="([^"]+)"/.exec(office.send({}).headers['WWW-Authenticate'] ?? '')?.[1] ?? '';
    const who = { user: '8001', password: passwordOf('8001'), algorithm: 'MD5' as const };
    assert.equal(office.send({ Authorization: credentials(nonce, who, '00000001', 'INVITE') }).status, 401);
    assert.equal(office.send({ Authorization: credentials(nonce, who) }, '10.0.0.8:5060').status, 401);
  });

  it('D2: shuts a guessing source out for a minute, but not a phone that is registered from there', () => {
    const office = new Office();
    assert.equal(office.register({ Contact: contact() }).status, 200);
    for (let guess = 0; guess < 20; guess += 1)
      assert.equal(
        office.register({ Contact: contact() }, { user: '8002', password: 'guess', algorithm: 'MD5' }, '10.0.0.7:9999').status,
        401,
        `guess ${guess}`,
      );
    assert.equal(office.send({ Contact: contact() }, '10.0.0.7:9999').status, 403);
    assert.equal(office.register({ Contact: contact(), CSeq: '2 REGISTER' }).status, 200);
    office.clock.forward(60_000);
    assert.equal(office.send({ Contact: contact() }, '10.0.0.7:9999').status, 401);
  });

  it('D2: guessed at from a hundred sources, a user lets no new phone in for a minute; the one that is registered goes on, and it is told once', () => {
    const told: object[] = [];
    const office = new Office((guessed) => told.push(guessed));
    const right = { user: '8001', password: passwordOf('8001'), algorithm: 'SHA-256' as 'MD5' | 'SHA-256' };
    assert.equal(office.register({ Contact: contact() }, right).status, 200);
    for (let guess = 0; guess < 100; guess += 1)
      assert.equal(office.register({ Contact: contact() }, { ...right, password: `guess ${guess}` }, `10.0.1.${guess}:5060`).status, 401);
    assert.deepEqual(told, [{ username: '8001' }]);
    assert.equal(office.register({ Contact: '<sip:8001@10.0.2.1>' }, right, '10.0.2.1:5060').status, 401, 'a new phone, though its password is right');
    assert.equal(office.register({ Contact: contact(), CSeq: '2 REGISTER' }, right).status, 200, 'her own phone');
    office.clock.forward(60_000);
    assert.equal(office.register({ Contact: '<sip:8001@10.0.2.1>', CSeq: '3 REGISTER' }, right, '10.0.2.1:5060').status, 200);
  });

  it('keeps several contacts of one agent, and she is lost only with the last', () => {
    const office = new Office();
    office.register({ Contact: `${contact(1)}, ${contact(2)};expires=120` });
    office.register({ Contact: `${contact(1)};expires=0`, CSeq: '2 REGISTER' });
    assert.deepEqual(office.types(), ['bindingsChanged', 'phoneReachable', 'bindingsChanged']);
    office.register({ Contact: '*', Expires: '0', CSeq: '3 REGISTER' });
    assert.deepEqual(office.types().slice(3), ['bindingsChanged', 'phoneLost']);
    assert.equal(office.bindings.size, 0);
  });

  it('loses a contact that was not refreshed in time', () => {
    const office = new Office();
    office.bindings.start();
    office.register({ Contact: contact(), Expires: '60' });
    office.clock.forward(59_000);
    assert.equal(office.bindings.of(agentId('8001')).length, 1);
    office.clock.forward(2_000);
    assert.deepEqual(office.types(), ['bindingsChanged', 'phoneReachable', 'bindingsChanged', 'phoneLost']);
    office.bindings.stop();
    assert.equal(office.clock.armed, 0);
  });

  const refused: [string, Record<string, string>, number][] = [
    ['D9: a contact on this host', { Contact: '<sip:8001@127.0.0.1:22>' }, 403],
    ["D9: a contact at a cloud's metadata", { Contact: '<sip:8001@169.254.169.254:80>' }, 403],
    ['D9: a contact on a multicast address', { Contact: '<sip:8001@224.0.1.75>' }, 403],
    ['D9: a link-local contact', { Contact: '<sip:8001@[fe80::1]>' }, 403],
    ['an interval under a minute', { Contact: contact(), Expires: '59' }, 423],
    ['Contact * with time left', { Contact: '*', Expires: '60' }, 400],
    ['Contact * without Expires', { Contact: '*' }, 400],
    ['Contact * beside another', { Contact: `*, ${contact()}`, Expires: '0' }, 400],
    ['a contact that is no SIP URI', { Contact: '<mailto:a@b>' }, 400],
    ['a contact without host', { Contact: '<sip:8001@>' }, 400],
    ['D9: eleven contacts', { Contact: Array.from({ length: 11 }, (_, at) => contact(at + 1)).join(',') }, 403],
    ['a To without URI', { To: 'x', Contact: contact() }, 400],
    ['a CSeq that is no number', { CSeq: 'x REGISTER', Contact: contact() }, 400],
  ];
  for (const [what, headers, status] of refused)
    it(`refuses ${what} with ${status} and changes nothing`, () => {
      const office = new Office();
      const answer = office.register(headers);
      assert.equal(answer.status, status);
      assert.deepEqual(office.events, []);
      if (status === 423) assert.equal(answer.headers['Min-Expires'], '60');
    });

  it('gives no more than an hour', () => {
    assert.match(new Office().register({ Contact: contact(), Expires: '99999' }).headers.Contact ?? '', /expires=3600$/);
  });

  it('B18: refuses the same Call-ID with a CSeq that is not higher, whole, and takes another Call-ID (RFC 3261 §10.3)', () => {
    const office = new Office();
    office.register({ Contact: contact(1), CSeq: '5 REGISTER' });
    assert.equal(office.register({ Contact: `${contact(2)}, ${contact(1)}`, CSeq: '5 REGISTER' }).status, 400);
    assert.equal(office.register({ Contact: '*', Expires: '0', CSeq: '4 REGISTER' }).status, 400);
    assert.equal(office.bindings.of(agentId('8001')).length, 1);
    assert.equal(office.register({ Contact: contact(1), CSeq: '1 REGISTER', 'Call-ID': 'rebooted' }).status, 200);
  });

  it('lists the contacts to a REGISTER without any', () => {
    const office = new Office();
    office.register({ Contact: contact(1) });
    const { status, headers } = office.register({ CSeq: '2 REGISTER' });
    assert.deepEqual([status, headers.Contact], [200, '<sip:8001@10.0.0.7:1>;expires=3600']);
    assert.equal(office.types().length, 2);
  });

  it('remembers after a restart what the journal knew, and loses what expired meanwhile', () => {
    const office = new Office();
    const binding = (expiresAt: number): ContactBinding => ({
      uri: 'sip:x@10.0.0.7',
      source: 'udp/10.0.0.7:5060',
      callId: 'c',
      cseq: 1,
      expiresAt,
      userAgent: '',
      allowEvents: [],
    });
    office.bindings.restore(agentId('8001'), [binding(office.clock.now() + 1_000)]);
    office.bindings.restore(agentId('8002'), [binding(office.clock.now() - 1_000)]);
    assert.deepEqual(office.types(), ['phoneReachable', 'bindingsChanged', 'phoneLost']);
    assert.equal(office.bindings.of(agentId('8001')).length, 1);
  });
});

describe('the host of a contact', () => {
  const cases: [host: string, protocol: string, source: string, may: boolean][] = [
    ['10.0.0.7', 'udp', '10.0.0.7', true],
    ['192.168.1.4', 'udp', '203.0.113.9', true],
    ['phone.example.com', 'tcp', '203.0.113.9', true],
    ['127.0.0.1', 'udp', '127.0.0.1', true],
    ['[::1]', 'udp', '::1', true],
    ['127.0.0.1', 'udp', '203.0.113.9', false],
    ['[::ffff:127.0.0.1]', 'udp', '203.0.113.9', false],
    ['0.0.0.0', 'udp', '203.0.113.9', false],
    ['255.255.255.255', 'udp', '203.0.113.9', false],
    ['169.254.169.254', 'tcp', '203.0.113.9', false],
    ['df7jal23ls0d.invalid', 'ws', '203.0.113.9', true],
    ['10.1.1.1', 'wss', '203.0.113.9', true],
    ['intranet.example.com', 'wss', '203.0.113.9', false],
  ];
  for (const [host, protocol, source, may] of cases)
    it(`D9: ${host} over ${protocol} from ${source} is ${may ? 'taken' : 'refused'}`, () => assert.equal(mayContact(host, protocol, source), may));
});

describe('a suspended registrar', () => {
  it('B20: forgets after 60 s of sleep those alone whose time ran out, each told once, and takes them again as they come', () => {
    const office = new Office();
    const right = (user: string) => ({ user, password: passwordOf(user), algorithm: 'SHA-256' as const });
    office.bindings.start();
    office.register({ Contact: contact(), Expires: '60' }, right('8001'));
    office.register({ To: '<sip:8002@huawu>', Contact: '<sip:8002@10.0.0.8>', Expires: '300' }, right('8002'), '10.0.0.8:5060');
    office.events.length = 0;
    office.clock.sleep(60_000);
    office.clock.forward(0);
    assert.deepEqual(office.types(), ['bindingsChanged', 'phoneLost']);
    assert.deepEqual([office.bindings.of(agentId('8001')).length, office.bindings.of(agentId('8002')).length], [0, 1]);
    assert.equal(office.register({ Contact: contact(), CSeq: '2 REGISTER' }, right('8001')).status, 200);
    assert.deepEqual(office.types().slice(2), ['bindingsChanged', 'phoneReachable']);
    office.bindings.stop();
    assert.equal(office.clock.armed, 0);
  });
});

describe('the way to a contact', () => {
  const binding = (uri: string, source: string): ContactBinding => ({ uri, source, callId: 'c', cseq: 1, expiresAt: 0, userAgent: '', allowEvents: ['talk'] });

  it('is the contact itself when that is where the phone registered from', () => {
    assert.equal(targetOf(binding('sip:a@10.0.0.7', 'udp/10.0.0.7:5060')).proxy, null);
    assert.equal(targetOf(binding('sip:a@[2001:db8::1]:5070', 'udp/[2001:db8::1]:5070')).proxy, null);
  });

  it('is the source over UDP when the contact says something else, be it private or forged', () => {
    const target = targetOf(binding('sip:a@192.168.1.4:5060', 'udp/203.0.113.9:40001'));
    assert.deepEqual(target, {
      uri: 'sip:a@192.168.1.4:5060',
      proxy: 'sip:203.0.113.9:40001;transport=udp',
      address: '203.0.113.9',
      takes: ['talk'],
      isBrowser: false,
      isPrivate: false,
    });
  });

  it('D9: is the source over TCP and TLS when the contact names another host, so that no phone can make us dial inwards', () => {
    for (const protocol of ['tcp', 'tls'])
      assert.equal(targetOf(binding('sip:a@10.0.0.1:22', `${protocol}/203.0.113.9:40001`)).proxy, `sip:203.0.113.9:40001;transport=${protocol}`);
    assert.equal(targetOf(binding('sip:a@203.0.113.9:5060', 'tcp/203.0.113.9:40001')).proxy, null);
  });

  it("is left to the SIP server's connection over WebSocket", () => {
    assert.equal(targetOf(binding('sip:a@x.invalid;transport=ws', 'ws/203.0.113.9:40001')).proxy, null);
  });
});
