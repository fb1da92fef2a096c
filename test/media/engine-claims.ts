/** What every engine must do alike: node:dgram, and our own packet path by epoll or by io_uring, behind one interface, under one house. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { type Clock, pause, systemClock } from '../../kernel/clock.ts';
import { SILENCE } from '../../media/codec/g711.ts';
import type { EndpointStats, MediaEvent } from '../../media/port.ts';
import { chooseEngine, openEngine } from '../../media/worker/engine.ts';
import { House } from '../../media/worker/house.ts';
import type { Agreement } from '../../media/worker/messages.ts';
import { type EngineName, PortTaken, type RtpSockets, type SocketEngine, type SocketOwner } from '../../media/worker/sockets.ts';
import { freeRange } from '../support/ports.ts';
import { secondsOf } from '../support/tone.ts';
import { Party, type PartyOptions } from './party.ts';
import { until } from './support.ts';

const cancels: (() => void)[] = [];
const clock: Clock = {
  ...systemClock,
  every: (ms, fn) => {
    const cancel = systemClock.every(ms, fn);
    cancels.push(cancel);
    return cancel;
  },
};
const parties: Party[] = [];
after(() => {
  for (const cancel of cancels) cancel();
  for (const party of parties) party.close();
});

async function partyAt(port: number, options: PartyOptions = {}): Promise<Party> {
  const party = await Party.open(options);
  parties.push(party);
  const address = options.address?.includes(':') ? options.address : '127.0.0.1';
  return party.aim(`c=IN IP4 ${address}\r\nm=audio ${port} `);
}

interface Ear extends SocketOwner {
  heard: { text: string; address: string; port: number }[];
  reports: string[];
}
const ear = (): Ear => {
  const heard: Ear['heard'] = [];
  const reports: string[] = [];
  return {
    heard,
    reports,
    heardRtp: (packet, address, port) => void heard.push({ text: packet.toString('latin1'), address, port }),
    heardRtcp: (packet, address) => void reports.push(`${packet.toString('latin1')} of ${address}`),
  };
};

const openFiles = (): number => readdirSync('/proc/self/fd').length;

/** Tests one way of carrying packets, where this machine has it. Of our own two only one can be open in a process. */
export function testEngine(wanted: EngineName): void {
  const { name, why } = chooseEngine(wanted === 'io_uring' ? 'native' : wanted);
  if (name === wanted) makeClaims(openEngine(name));
  else test(`${wanted} engine`, { skip: why ?? 'not there' }, () => undefined);
}

function makeClaims(engine: SocketEngine): void {
  const named = (claim: string): string => `${engine.name} engine: ${claim}`;

  for (const [family, address] of [
    [4, '127.0.0.1'],
    [6, '::1'],
  ] as const) {
    test(named(`everybody is heard with where it speaks from, only the party that is aimed at is sent to (IPv${family})`), async () => {
      const port = await freeRange(2);
      const owner = ear();
      const sockets = await engine.open(family, address, port, owner);
      const party = await partyAt(port, { address });
      const stranger = await partyAt(port, { address });
      assert.equal(sockets.send(Buffer.from('too early')), false);
      await sockets.aim({ address, port: party.port });
      party.raw(Buffer.from('from the party'));
      stranger.raw(Buffer.from('from a stranger'));
      party.raw(Buffer.from('from the party again'));
      await until('all are heard', () => owner.heard.length === 3);
      const of = (one: Party): Ear['heard'] => owner.heard.filter((each) => each.port === one.port && each.address === address);
      assert.deepEqual(
        [of(party).map((each) => each.text), of(stranger).map((each) => each.text)],
        [['from the party', 'from the party again'], ['from a stranger']],
      );
      const before = { at: 'x'.repeat(12) };
      assert.equal(sockets.send(Buffer.from(`${before.at}to the party`)), true);
      await until('it is sent to', () => party.heard.length === 1);
      assert.equal(party.heard[0]?.payload.toString(), 'to the party');
      assert.equal(stranger.heard.length, 0);
      // Another party from now on.
      await sockets.aim({ address, port: stranger.port });
      sockets.send(Buffer.from(`${before.at}to the other`));
      await until('the other is sent to', () => stranger.heard.length === 1);
      assert.equal(party.heard.length, 1);
      sockets.close();
      sockets.close();
      assert.equal(sockets.send(Buffer.from('too late')), false);
    });
  }

  test(named('RTCP has a port of its own, which no second server shares'), async () => {
    const port = await freeRange(2);
    const owner = ear();
    const sockets = await engine.open(4, '127.0.0.1', port, owner);
    await assert.rejects(engine.open(4, '127.0.0.1', port, ear()), PortTaken);
    const party = await partyAt(port + 1);
    party.raw(Buffer.from('a report'));
    await until('it is heard', () => owner.reports.length === 1);
    assert.deepEqual(owner.reports, ['a report of 127.0.0.1']);
    sockets.sendRtcp(Buffer.alloc(20, 1), { address: '127.0.0.1', port: party.port });
    await until('it is answered', () => party.heard.length === 1);
    sockets.close();
    (await engine.open(4, '127.0.0.1', port, ear())).close();
  });

  test(named('a party that has gone (ICMP) costs no packet of the next one, and ends nothing'), async () => {
    const port = await freeRange(2);
    const sockets = await engine.open(4, '127.0.0.1', port, ear());
    const gone = await Party.open();
    await sockets.aim({ address: '127.0.0.1', port: gone.port });
    gone.close();
    for (let sent = 0; sent < 5; sent += 1) sockets.send(Buffer.alloc(20));
    const party = await partyAt(port);
    await sockets.aim({ address: '127.0.0.1', port: party.port });
    sockets.send(Buffer.alloc(20));
    await until('the next is sent to', () => party.heard.length === 1);
    sockets.close();
  });

  test(named('sockets that are closed while their packets are in flight are heard of no more; who has their port next hears none of it'), async () => {
    const first = await freeRange(20);
    const later: Ear[] = [];
    const rows: { sockets: RtpSockets | null; heard: number }[] = [];
    const closeAll = (): void => {
      for (const row of rows) row.sockets?.close();
      for (const row of rows) row.sockets = null;
      for (let at = 0; at < 10; at += 1) later.push(ear());
    };
    for (let at = 0; at < 10; at += 1) {
      const row: (typeof rows)[number] = { sockets: null, heard: 0 };
      row.sockets = await engine.open(4, '127.0.0.1', first + at * 2, {
        heardRtp: () => {
          assert.notEqual(row.sockets, null);
          row.heard += 1;
          closeAll();
          for (const [next, owner] of later.entries())
            void engine.open(4, '127.0.0.1', first + next * 2, owner).then((each) => rows.push({ sockets: each, heard: 0 }));
        },
        heardRtcp: () => undefined,
      });
      rows.push(row);
    }
    const party = await Party.open();
    parties.push(party);
    for (let at = 0; at < 10; at += 1) {
      party.aim(`c=IN IP4 127.0.0.1\r\nm=audio ${first + at * 2} `);
      for (let sent = 0; sent < 3; sent += 1) party.raw(Buffer.from('old'));
    }
    await until('the next ones are open', () => rows.length === 20);
    assert.equal(
      rows.reduce((sum, row) => sum + row.heard, 0),
      1,
    );
    for (let at = 0; at < 10; at += 1) party.aim(`c=IN IP4 127.0.0.1\r\nm=audio ${first + at * 2} `).raw(Buffer.from('new'));
    await until('the next ones hear', () => later.every((each) => each.heard.some(({ text }) => text === 'new')));
    assert.ok(later.every((each) => each.heard.length <= 4));
    for (const row of rows) row.sockets?.close();
  });

  test(named('of what comes faster than it is read, some 80 packets are kept and the rest is lost: nobody is heard seconds late'), async () => {
    const port = await freeRange(2);
    const owner = ear();
    const sockets = await engine.open(4, '127.0.0.1', port, owner);
    const party = await partyAt(port);
    const packet = Buffer.alloc(172);
    for (let sent = 0; sent < 1000; sent += 1) party.raw(packet);
    await until('some are heard', () => owner.heard.length >= 40);
    party.raw(Buffer.from('last'));
    await until('the last is heard', () => owner.heard.at(-1)?.text === 'last');
    assert.ok(owner.heard.length < 160, `${owner.heard.length} of 1000 were kept`);
    sockets.close();
  });

  test(named('out of file descriptors, an endpoint is refused by name and leaves nothing open'), async () => {
    const first = await freeRange(60);
    const prlimit = (most: string): void => void execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${most}:`], { stdio: 'ignore' });
    const before = openFiles();
    const opened: RtpSockets[] = [];
    prlimit(String(before + 20));
    let code: string | undefined;
    for (let at = 0; at < 30 && code === undefined; at += 1) {
      await engine.open(4, '127.0.0.1', first + at * 2, ear()).then(
        (sockets) => opened.push(sockets),
        (error: NodeJS.ErrnoException) => {
          code = error.code;
        },
      );
    }
    for (const sockets of opened) sockets.close();
    await until('all are closed', () => openFiles() <= before);
    prlimit('4096');
    assert.equal(code, 'EMFILE');
    assert.ok(opened.length >= 5);
  });

  testHouse(engine, named);
}

function testHouse(engine: SocketEngine, named: (claim: string) => string): void {
  const events: MediaEvent[] = [];
  let told = 0;
  const counting: SocketEngine = {
    name: engine.name,
    gather: () => engine.gather(),
    flush: () => engine.flush(),
    adopt: (...given) => engine.adopt(...given),
    caughtUp: () => engine.caughtUp(),
    open: (family, host, port, owner) =>
      engine.open(family, host, port, {
        heardRtp: (...heard) => {
          told += 1;
          owner.heardRtp(...heard);
        },
        heardRtcp: (...heard) => owner.heardRtcp(...heard),
      }),
  };
  const house = new House(clock, (message) => void ('event' in message && events.push(message.event)), counting);
  let last = 0;
  const open = async (): Promise<{ id: string; party: Party }> => {
    last += 1;
    const id = `${engine.name}${last}.0`;
    const port = await freeRange(2);
    const party = await partyAt(port);
    const setup = { endpointId: id, family: 4, host: '127.0.0.1', port, timeoutMs: 0, ssrc: 1000 + last, sequence: 65_530, timestamp: 2 ** 32 - 500 } as const;
    assert.deepEqual(await house.handlers.open(setup), { taken: false });
    const remote = { address: '127.0.0.1', port: party.port, rtcpPort: party.port + 1 };
    const agreed: Agreement = {
      remote,
      signallingAddress: '127.0.0.1',
      codec: 'PCMA',
      payloadType: 8,
      understood: [{ codec: 'PCMA', payloadType: 8 }],
      eventRate: 8000,
      comfortNoise: false,
      eventOut: 101,
      eventIn: 101,
      hears: true,
      mustSend: true,
      protection: null,
    };
    await house.handlers.agree({ endpointId: id, agreed });
    return { id, party };
  };
  const stats = async (endpointId: string): Promise<EndpointStats> => house.handlers.stats({ endpointId });

  test(named('F7: loss, reorder and the wraps of sequence and time pass through as they came, in one stream'), async () => {
    const [a, b] = [await open(), await open()];
    await house.handlers.join({ a: a.id, b: b.id });
    await until('it is greeted', () => b.party.heard.length === 1);
    const [base, baseTime] = [65_500, 2 ** 32 - 160 * 30];
    const order = Array.from({ length: 80 }, (_, at) => at).filter((at) => at % 9 !== 4);
    for (let at = 10; at + 1 < order.length; at += 7) [order[at], order[at + 1]] = [order[at + 1] as number, order[at] as number];
    for (const at of order) {
      a.party.sequence = (base + at - 1) & 0xffff;
      a.party.timestamp = (baseTime + (at - 1) * 160) >>> 0;
      a.party.frame(500);
      if (at % 20 === 0) await until('they are through', () => b.party.heard.length > 1);
    }
    await until('all are through', () => b.party.heard.length === order.length + 1);
    const [, ...through] = b.party.heard;
    const [first] = through;
    assert.ok(first !== undefined);
    for (const [nth, at] of order.entries()) {
      const each = through[nth];
      assert.deepEqual(
        [each?.ssrc, ((each?.sequence ?? 0) - first.sequence) & 0xffff, ((each?.timestamp ?? 0) - first.timestamp) >>> 0],
        [first.ssrc, (at - (order[0] ?? 0)) & 0xffff, ((at - (order[0] ?? 0)) * 160) >>> 0],
      );
    }
    assert.equal(((first.sequence - (b.party.heard[0]?.sequence ?? 0)) & 0xffff) === 1, true);
    for (const { id } of [a, b]) await house.handlers.close({ endpointId: id });
  });

  test(named('a call nobody looks into is counted packet for packet, and whoever begins to look sees the very next one'), async () => {
    const [a, b] = [await open(), await open()];
    await house.handlers.join({ a: a.id, b: b.id });
    await until('both are greeted', () => a.party.heard.length === 1 && b.party.heard.length === 1);
    const send = async (frames: number): Promise<void> => {
      const before = b.party.heard.length;
      for (let sent = 0; sent < frames; sent += 1) {
        a.party.frame(500);
        await until('it is through', () => b.party.heard.length === before + sent + 1);
      }
    };
    told = 0;
    await send(60);
    assert.ok(told < 10, `the engine told of ${told} of 60 packets`);
    const { packetsIn, lost, jitterMs } = await stats(a.id);
    assert.deepEqual([packetsIn, lost, (await stats(b.id)).packetsOut], [60, 0, 61]);
    assert.ok(jitterMs < 100, `${jitterMs} ms of jitter`);
    // Card data is the packet that must not slip by: an order in mid-flow holds from the next one on.
    await send(10);
    await house.handlers.maskKeys({ endpointId: a.id, mostMs: 60_000 });
    await send(10);
    const covered = b.party.heard.slice(-10);
    assert.ok(
      covered.every(({ payload }) => payload.every((byte) => byte === SILENCE.PCMA)),
      'its audio is covered',
    );
    await house.handlers.unmaskKeys({ endpointId: a.id });
    a.party.press('5');
    await until('the key is told', () => events.some((event) => event.type === 'digit' && event.endpointId === a.id && event.key === '5'));
    const { sequence, ssrc } = b.party.heard[0] ?? { sequence: 0, ssrc: 0 };
    assert.ok(b.party.heard.every((each, at) => each.ssrc === ssrc && each.sequence === ((sequence + at) & 0xffff)));
    assert.equal((await stats(a.id)).lost, 0);
    for (const { id } of [a, b]) await house.handlers.close({ endpointId: id });
  });

  test(named('who waits is counted, and heard from the packet on that somebody listens'), async () => {
    const [a, b] = [await open(), await open()];
    told = 0;
    for (let sent = 1; sent <= 40; sent += 1) {
      a.party.frame(500);
      await until('it has come', async () => (await stats(a.id)).packetsIn === sent);
    }
    const before = told;
    // One after another, as phones send, and unasked about: what comes in one heap is told, and so is what comes after a question.
    for (let sent = 0; sent < 40; sent += 1) {
      a.party.frame(500);
      await pause(systemClock, 5);
    }
    await until('all have come', async () => (await stats(a.id)).packetsIn === 80);
    assert.ok(told < before + 30, `the engine told of ${told - before} of 40 packets`);
    await house.handlers.join({ a: a.id, b: b.id });
    await until('b is greeted', () => b.party.heard.length === 1);
    for (let sent = 1; sent <= 3; sent += 1) {
      a.party.frame(500);
      await until('b hears it', () => b.party.heard.length === 1 + sent);
    }
    for (const { id } of [a, b]) await house.handlers.close({ endpointId: id });
  });

  test(named('F1, F2: a third address is neither sent to nor heard, before and after the lock, and is counted'), async () => {
    const [a, b] = [await open(), await open()];
    await house.handlers.join({ a: a.id, b: b.id });
    const target = a.party.target;
    const stranger = await partyAt(target?.port ?? 0, { address: '127.0.0.66' });
    stranger.say(2000);
    await until('it is counted before the lock', async () => (await stats(a.id)).strangers > 5);
    a.party.say(500);
    await until('the party is heard', () => secondsOf(b.party.audio(), 500) >= 0.2);
    Object.assign(stranger, { ssrc: a.party.ssrc, sequence: a.party.sequence + 50, timestamp: a.party.timestamp + 8000 });
    const { strangers } = await stats(a.id);
    await until('it is counted after the lock', async () => (await stats(a.id)).strangers > strangers + 20);
    await until('the party goes on', () => secondsOf(b.party.audio(), 500) >= 0.6);
    assert.equal(stranger.heard.length, 0);
    assert.equal(secondsOf(b.party.audio(), 2000), 0);
    assert.equal((await stats(a.id)).lost, 0);
    for (const { id, party } of [a, b]) {
      party.hush();
      await house.handlers.close({ endpointId: id });
    }
    stranger.hush();
  });
}
