/** E2: every phone registers at once after a restart. The SIP server's guard before the application's registrar, on a virtual clock. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFresh, NonceMint, nonceKeyOf } from '../../kernel/nonce.ts';
import { parseTrustedNetwork } from '../../sip/guard/addresses.ts';
import { Guard } from '../../sip/guard/guard.ts';
import { SAMPLE_MS } from '../../sip/guard/overload.ts';
import { PendingPerSource } from '../../sip/guard/pending.ts';
import { newRequest, type Request, type Response, responseTo } from '../../sip/message/message.ts';
import type { Hop } from '../../sip/transport/hop.ts';
import { Authenticator } from '../../src/phone/authenticate.ts';
import { Bindings } from '../../src/phone/bindings.ts';
import { ha1Of, responseOf } from '../../src/phone/digest.ts';
import { Nonces } from '../../src/phone/nonce.ts';
import { Registrar } from '../../src/phone/registrar.ts';
import type { SendOptions, SipRequest, SipResponse } from '../../src/phone/srf.ts';
import { SIP_REALM } from '../../src/tenants/directory.ts';
import { SimClock, seeded } from '../sip/support/simulation.ts';
import { agentId, demo, passwordOf, phoneDirectory } from '../support/phone-directory.ts';

const PHONES = 5_000;
const ALL_WITHIN_MS = 10_000;
const BACK_WITHIN_MS = 120_000;
const ONE_WAY_MS = 10;
const LOSS = 0.02;
/** RFC 3261 §17.1.2: timers E and F of a phone. */
const T1_MS = 500;
const T2_MS = 4_000;
const TIMER_F_MS = 32_000;
/** What phones do when nobody answered or the challenge did not end. */
const TRY_AGAIN_MS = 20_000;
const CALLS_A_SECOND = 10;
const KEY = nonceKeyOf('test-secret');
const TRUNK: Hop = { protocol: 'udp', address: '10.0.0.5', port: 5060, flow: 'udp-0' };

const account = (username: string) => ({
  ...{ username, agentId: agentId(username), tenantId: demo },
  ha1Md5: ha1Of('MD5', username, SIP_REALM, passwordOf(username)),
  ha1Sha256: ha1Of('SHA-256', username, SIP_REALM, passwordOf(username)),
});

class Avalanche {
  readonly clock = new SimClock();
  readonly random: () => number;
  readonly guard: Guard;
  readonly blocked: string[] = [];
  readonly backAt = new Map<string, number>();
  readonly retryAfter: number[] = [];
  readonly began = this.clock.now();
  calls = { made: 0, refused: 0 };
  readonly #registrar: Registrar;
  readonly #pending = new PendingPerSource();
  readonly #answers = new Map<string, Response | null>();
  readonly #queue: (() => void)[] = [];
  readonly #stops: (() => void)[];

  constructor(seed: number, capacity: number, busyMs: number) {
    const { clock, random } = { clock: this.clock, random: seeded(seed) };
    this.random = random;
    const mint = new NonceMint(KEY);
    const trunk = parseTrustedNetwork(TRUNK.address);
    assert.ok(typeof trunk === 'object');
    this.guard = new Guard({
      ...{ isOn: true, trunks: [trunk], realm: SIP_REALM, dice: random, isMine: () => true },
      signer: {
        issue: (now, address) => mint.issue(now, address),
        look(nonce, address, now) {
          const issuedAt = mint.issuedAt(nonce, address);
          return issuedAt === null ? 'foreign' : isFresh(issuedAt, now) ? 'good' : 'stale';
        },
        stamp: (text) => mint.stamp(text),
      },
      onBlocked: (cause, address) => this.blocked.push(`${cause} ${address}`),
    });
    const accounts = new Map(Array.from({ length: PHONES }, (_, at) => [`${10_000 + at}`, account(`${10_000 + at}`)]));
    const directory = { ...phoneDirectory(), sipAccount: (username: string) => accounts.get(username) ?? null };
    const bindings = new Bindings(clock, () => undefined);
    this.#registrar = new Registrar(clock, new Authenticator(clock, directory, new Nonces(KEY, clock.now())), bindings);
    this.#stops = [
      clock.every(1_000 / capacity, () => this.#queue.shift()?.()),
      clock.every(SAMPLE_MS, () => {
        const busyShare = clock.now() - this.began < busyMs ? 1 : 0.5;
        this.guard.overload.sample({ lagMs: 0, busyShare, pending: this.#queue.length, backlogBytes: 0 }, clock.now());
      }),
      clock.every(1_000 / CALLS_A_SECOND, () => this.#callOfTrunk()),
    ];
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  #callOfTrunk(): void {
    this.calls.made += 1;
    const admitted = this.guard.admit(Buffer.from('INVITE sip:10086@huawu SIP/2.0\r\n'), TRUNK, this.clock.now());
    const invite = newRequest('INVITE', 'sip:10086@huawu', [['Call-ID', `call ${this.calls.made}`]]);
    if (!admitted || this.guard.judge(invite, TRUNK, 0, this.clock.now()).does !== 'pass') this.calls.refused += 1;
  }

  /** A datagram comes; `back` is the way to its sender. As the SIP server does it: first look, copies, guard, application. */
  arrive(request: Request, branch: string, source: Hop, back: (response: Response) => void): void {
    const now = this.clock.now();
    if (!this.guard.admit(Buffer.from('REGISTER sip:huawu SIP/2.0\r\n'), source, now)) return;
    const earlier = this.#answers.get(branch);
    if (earlier !== undefined) {
      if (earlier !== null) back(earlier);
      return;
    }
    const verdict = this.guard.judge(request, source, this.#pending.of(source.address), now);
    if (verdict.does === 'refuse') back(withHeaders(responseTo(request, verdict.status, 'us'), verdict.headers));
    if (verdict.does !== 'pass') return;
    this.#answers.set(branch, null);
    this.#pending.enter(source.address);
    this.#queue.push(() => {
      this.#pending.leave(source.address);
      const response = this.#register(request, source);
      this.#answers.set(branch, response);
      this.guard.answered(request, response, source, this.clock.now());
      back(response);
    });
  }

  #register(request: Request, { address, port }: Hop): Response {
    let response = responseTo(request, 500, 'us');
    const get = (name: string): string | undefined => request.headers.get(name);
    const req = { method: 'REGISTER', uri: request.uri, body: '', source_address: address, source_port: port, protocol: 'udp', get };
    const send = (status: number, second?: string | SendOptions, third?: SendOptions): void => {
      const headers = (typeof second === 'string' ? third : second)?.headers ?? {};
      response = withHeaders(responseTo(request, status, 'us'), Object.entries(headers) as [string, string][]);
    };
    this.#registrar.register(req as Partial<SipRequest> as SipRequest, { send } as Partial<SipResponse> as SipResponse);
    return response;
  }
}

const withHeaders = (response: Response, headers: readonly (readonly [string, string])[]): Response => {
  for (const [name, value] of headers) response.headers.add(name, value);
  return response;
};

/** A phone on UDP: sends again until answered, answers challenges, and comes back when it is told to. */
class Phone {
  readonly #world: Avalanche;
  readonly #user: string;
  readonly #source: Hop;
  #cseq = 0;
  #nonce: string | null = null;
  #challenges = 0;

  constructor(world: Avalanche, user: string, source: Hop) {
    this.#world = world;
    this.#user = user;
    this.#source = source;
  }

  register(): void {
    const { clock } = this.#world;
    this.#cseq += 1;
    const branch = `${this.#user} ${this.#cseq}`;
    const request = this.#request();
    let over = false;
    const heard = (response: Response): void => {
      if (over) return;
      over = true;
      this.#heard(response);
    };
    const until = clock.now() + TIMER_F_MS;
    const send = (waitMs: number): void => {
      if (over) return;
      if (clock.now() >= until) {
        over = true;
        this.#later(TRY_AGAIN_MS * (0.5 + this.#world.random()));
        return;
      }
      this.#wire(() => this.#world.arrive(request, branch, this.#source, (response) => this.#wire(() => heard(response))));
      clock.after(waitMs, () => send(Math.min(2 * waitMs, T2_MS)));
    };
    send(T1_MS);
  }

  #wire(deliver: () => void): void {
    if (this.#world.random() >= LOSS) this.#world.clock.after(ONE_WAY_MS, deliver);
  }

  #later(ms: number): void {
    this.#challenges = 0;
    this.#world.clock.after(ms, () => this.register());
  }

  #heard(response: Response): void {
    const { status, headers } = response;
    if (status === 200) this.#world.backAt.set(this.#user, this.#world.clock.now() - this.#world.began);
    else if (status === 401 && this.#challenges < 2) {
      this.#challenges += 1;
      this.#nonce = /nonce="([^"]+)"/.exec(headers.get('www-authenticate') ?? '')?.[1] ?? null;
      this.register();
    } else if (status === 503) {
      const seconds = Number(headers.get('retry-after'));
      this.#world.retryAfter.push(seconds);
      this.#later(seconds * 1_000);
    } else this.#later(TRY_AGAIN_MS * (0.5 + this.#world.random()));
  }

  #request(): Request {
    const aor = `<sip:${this.#user}@huawu>`;
    const { address, port } = this.#source;
    const request = newRequest('REGISTER', 'sip:huawu', [
      ['From', `${aor};tag=${this.#user}`],
      ['To', aor],
      ['Call-ID', this.#user],
      ['CSeq', `${this.#cseq} REGISTER`],
      ['Contact', `<sip:${this.#user}@${address}:${port}>`],
      ['Expires', '3600'],
    ]);
    if (this.#nonce !== null) request.headers.add('Authorization', this.#credentials(this.#nonce));
    return request;
  }

  #credentials(nonce: string): string {
    const nc = this.#cseq.toString(16).padStart(8, '0');
    const ha1 = ha1Of('SHA-256', this.#user, SIP_REALM, passwordOf(this.#user));
    const response = responseOf(ha1, 'REGISTER', { nonce, nc, cnonce: 'abc', uri: 'sip:huawu', algorithm: 'SHA-256' });
    return `Digest username="${this.#user}", realm="${SIP_REALM}", nonce="${nonce}", uri="sip:huawu", response="${response}", algorithm=SHA-256, qop=auth, nc=${nc}, cnonce="abc"`;
  }
}

interface Floor {
  where: string;
  source: (at: number) => Hop;
  /** REGISTERs a second that the application answers. */
  capacity: number;
  /** The server's event loop never rests for so long after the restart. */
  busyMs: number;
}
const behindNat = (at: number): Hop => ({ ...TRUNK, address: `198.51.${at % 20}.1`, port: 20_000 + at });
const apart = (at: number): Hop => ({ ...TRUNK, address: `172.16.${at % 20}.${1 + Math.floor(at / 20)}` });
const floors: Floor[] = [
  {
    where: 'twenty sites of one network, each behind one address',
    source: (at) => ({ ...behindNat(at), address: `198.51.100.${1 + (at % 20)}` }),
    capacity: 1_000,
    busyMs: 0,
  },
  { where: 'an address for each, and an application that is slow to answer', source: apart, capacity: 150, busyMs: 0 },
  { where: 'a server that is at its limit for 7 s', source: behindNat, capacity: 1_000, busyMs: 7_000 },
];

function avalanche({ source, capacity, busyMs }: Floor, seed: number): Avalanche {
  const world = new Avalanche(seed, capacity, busyMs);
  for (let at = 0; at < PHONES; at += 1) {
    const phone = new Phone(world, `${10_000 + at}`, source(at));
    world.clock.after(world.random() * ALL_WITHIN_MS, () => phone.register());
  }
  world.clock.forward(BACK_WITHIN_MS);
  world.stop();
  return world;
}

for (const [at, floor] of floors.entries())
  test(`E2: 5,000 phones that register within 10 s of a restart are all back within 120 s, and calls go on: ${floor.where} (seed ${at + 1})`, () => {
    const world = avalanche(floor, at + 1);
    assert.equal(world.backAt.size, PHONES, `only ${world.backAt.size} are back`);
    assert.deepEqual(world.blocked, [], 'no site is taken for an attacker');
    assert.deepEqual(world.calls, { made: (BACK_WITHIN_MS / 1_000) * CALLS_A_SECOND, refused: 0 });
    if (floor.busyMs === 0) return;
    const told = world.retryAfter;
    const times = new Map<number, number>();
    for (const seconds of told) times.set(seconds, (times.get(seconds) ?? 0) + 1);
    assert.ok(told.length > 500, `${told.length} were told to come back`);
    assert.ok(told.every((seconds) => seconds >= 5 && seconds <= 30));
    assert.ok(Math.max(...times.values()) < 0.1 * told.length, 'they do not come back together');
  });
