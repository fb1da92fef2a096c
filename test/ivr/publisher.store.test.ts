import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { type Clock, pause, systemClock } from '../../kernel/clock.ts';
import { asId, type DialplanVersion, type TenantId, type UserId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import type { DialplansPort } from '../../src/api/ports.ts';
import type { IvrEvent } from '../../src/ivr/event.ts';
import type { TenantNames } from '../../src/ivr/files.ts';
import type { Plan } from '../../src/ivr/plan.ts';
import { Publisher } from '../../src/ivr/publisher.ts';
import { demoFolder } from './demo.ts';

const DEMO = asId<TenantId>('demo');
const ADMIN = asId<UserId>('u1');
const DEADLINE_MS = 10_000;

const flowTo = (queue: string): string => `numbers: { '10086': main }\nflows:\n  main:\n    - queue: ${queue}\n`;
const FAULTY = "numbers: { '10086': main }\nflows:\n  main:\n    - queue: nowhere\n";
const TENANT_YAML = "numbers: ['10086']\nqueues: [{ name: service }, { name: vip }]\nagents: []\n";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Place {
  folder: string;
  dataDir: string;
}
function place(): Place {
  const root = mkdtempSync(join(tmpdir(), 'publisher-'));
  closers.push(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, 'demo');
  mkdirSync(folder);
  writeFileSync(join(folder, 'tenant.yaml'), TENANT_YAML);
  writeFileSync(join(folder, 'main.yaml'), flowTo('service'));
  return { folder, dataDir: join(root, 'data') };
}

interface Opened extends Place {
  publisher: Publisher;
  taken: Extract<IvrEvent, { type: 'dialplanPublished' }>[];
}
function open(at: Place = place(), clock: Clock = systemClock, names: Partial<TenantNames> = {}): Opened {
  const taken: IvrEvent[] = [];
  const publisher = new Publisher({
    tenants: [{ tenantId: DEMO, folder: at.folder }],
    dataDir: at.dataDir,
    take: (event) => taken.push(event),
    clock,
    log: silentLog,
    names: () => names,
  });
  publisher.open();
  closers.push(() => publisher.close());
  return { ...at, publisher, taken };
}
const edit = ({ folder }: Place, text: string): void => writeFileSync(join(folder, 'main.yaml'), text);
const queueOf = (event: { plan: unknown } | undefined): string | undefined =>
  Object.values((event?.plan as Plan | undefined)?.nodes ?? {}).flatMap((node) => (node.verb === 'queue' ? [node.queue] : []))[0];

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = systemClock.now() + DEADLINE_MS;
  while (!holds()) {
    assert.ok(systemClock.now() < end, `not within ${DEADLINE_MS} ms: ${what}`);
    await pause(systemClock, 20);
  }
}

describe('the publisher', () => {
  it('keeps the promise the API relies on', () => {
    const port: DialplansPort = open().publisher;
    assert.ok(port);
  });

  it('has the folder taken at the start', async () => {
    const { publisher, taken } = open();
    assert.deepEqual([taken.length, queueOf(taken[0]), taken[0]?.tenantId], [1, 'service', 'demo']);
    assert.equal(publisher.current(DEMO), taken[0]?.version);
    const versions = await publisher.versions(DEMO);
    assert.deepEqual(
      versions.map(({ current, publishedBy }) => ({ current, publishedBy })),
      [{ current: true, publishedBy: null }],
    );
  });

  it('takes the demo as it lies in the repository', () => {
    const { publisher, taken } = open({ folder: demoFolder, dataDir: place().dataDir });
    assert.deepEqual(publisher.faults(DEMO), []);
    assert.equal(taken.length, 1);
  });

  it('takes a changed file, once it is checked', async () => {
    const opened = open();
    edit(opened, flowTo('vip'));
    await until('the change is taken', () => opened.taken.length === 2);
    assert.equal(queueOf(opened.taken[1]), 'vip');
    assert.notEqual(opened.taken[0]?.version, opened.taken[1]?.version);
  });

  it('refuses a faulty file, tells why, and leaves the old version in use; mended, it is taken', async () => {
    const opened = open();
    const { publisher, taken } = opened;
    const before = publisher.current(DEMO);
    edit(opened, FAULTY);
    await until('the faults are known', () => publisher.faults(DEMO).length > 0);
    assert.deepEqual(publisher.faults(DEMO), [{ file: 'main.yaml', line: 4, column: 14, message: 'there is no queue "nowhere"; the queues are service, vip' }]);
    assert.deepEqual([publisher.current(DEMO), taken.length], [before, 1]);
    edit(opened, flowTo('vip'));
    await until('the mended file is taken', () => taken.length === 2);
    assert.deepEqual(publisher.faults(DEMO), []);
  });

  it('notices a prompt that comes after the file that plays it', async () => {
    const at = place();
    mkdirSync(join(at.folder, 'prompts', 'zh'), { recursive: true });
    edit(at, flowTo('service').replace('- queue', '- play: hello\n    - queue'));
    const { publisher, taken } = open(at);
    assert.match(publisher.faults(DEMO)[0]?.message ?? '', /no prompt "hello" in "zh"/);
    assert.equal(taken.length, 0);
    cpSync(join(demoFolder, 'prompts', 'zh', 'welcome.wav'), join(at.folder, 'prompts', 'zh', 'hello.wav'));
    await until('it is taken', () => taken.length === 1);
  });

  it('refuses a dialplan without the exit that a queue overflows to', async () => {
    const { publisher } = open(place(), systemClock, { exits: [{ queue: 'vip', exit: 'main' }] });
    assert.deepEqual(publisher.words(DEMO)?.exits, ['main']);
    const other = { 'main.yaml': flowTo('vip').replaceAll('main', 'other') };
    const [fault] = await publisher.check(DEMO, other);
    assert.match(fault?.message ?? '', /^the queue "vip" overflows to the exit "main", which would be gone/);
    assert.equal((await publisher.publish(DEMO, other, ADMIN, '')).result, 'faulty');
    assert.deepEqual(await publisher.check(DEMO, { 'main.yaml': flowTo('vip') }), []);
  });

  it('says what would be wrong with the version in use under other names, and changes nothing', async () => {
    const { publisher, taken } = open();
    assert.deepEqual(await publisher.fits(DEMO, {}), []);
    const [fault] = await publisher.fits(DEMO, { queues: ['vip'] });
    assert.match(fault?.message ?? '', /no queue "service"/);
    assert.equal(taken.length, 1);
  });

  it('takes a burst of saves as one change', async () => {
    const opened = open();
    for (let save = 0; save < 20; save += 1) edit(opened, flowTo(save % 2 === 0 ? 'vip' : 'nowhere'));
    edit(opened, flowTo('vip'));
    await until('it is taken', () => opened.taken.length === 2);
    assert.deepEqual(opened.publisher.faults(DEMO), []);
  });

  it('publishes over the API with who and why, and refuses what is faulty', async () => {
    const { publisher, taken } = open();
    const published = await publisher.publish(DEMO, { 'main.yaml': flowTo('vip') }, ADMIN, 'VIPs first');
    assert.equal(published.result, 'published');
    assert.equal(queueOf(taken[1]), 'vip');
    const [newest] = await publisher.versions(DEMO);
    assert.deepEqual([newest?.publishedBy, newest?.note, newest?.current], ['u1', 'VIPs first', true]);
    const refused = await publisher.publish(DEMO, { 'main.yaml': FAULTY }, ADMIN, '');
    assert.equal(refused.result, 'faulty');
    assert.deepEqual([publisher.current(DEMO), taken.length], [newest?.version, 2]);
    assert.deepEqual(await publisher.files(DEMO, newest?.version as DialplanVersion), { 'main.yaml': flowTo('vip') });
  });

  it('checks without changing anything', async () => {
    const { publisher, taken } = open();
    assert.equal((await publisher.check(DEMO, { 'main.yaml': FAULTY })).length, 1);
    assert.deepEqual(await publisher.check(DEMO, { 'main.yaml': flowTo('vip') }), []);
    assert.deepEqual([taken.length, (await publisher.versions(DEMO)).length, publisher.faults(DEMO).length], [1, 1, 0]);
  });

  it('rolls back with one word, and not to what it never had', async () => {
    const { publisher, taken } = open();
    const first = publisher.current(DEMO) as DialplanVersion;
    await publisher.publish(DEMO, { 'main.yaml': flowTo('vip') }, ADMIN, '');
    assert.equal(await publisher.rollBack(DEMO, first, ADMIN), first);
    assert.deepEqual([publisher.current(DEMO), queueOf(taken[2])], [first, 'service']);
    assert.equal(await publisher.rollBack(DEMO, asId('demo@000000000000'), ADMIN), null);
    assert.equal(await publisher.rollBack(DEMO, asId('../../etc'), ADMIN), null);
  });

  it('does not roll back to what would break today', async () => {
    const at = place();
    const { publisher, taken } = open(at);
    const first = publisher.current(DEMO) as DialplanVersion;
    await publisher.publish(DEMO, { 'main.yaml': flowTo('vip') }, ADMIN, '');
    writeFileSync(join(at.folder, 'tenant.yaml'), TENANT_YAML.replace('{ name: service }, ', ''));
    assert.equal(await publisher.rollBack(DEMO, first, ADMIN), null);
    assert.match(publisher.faults(DEMO)[0]?.message ?? '', /no queue "service"/);
    assert.equal(queueOf(taken.at(-1)), 'vip');
  });

  for (const name of ['../main.yaml', 'a/b.yaml', '.hidden.yaml', 'main.txt', 'tenant.yaml', '']) {
    it(`writes no file called "${name}"`, async () => {
      const { publisher } = open();
      const published = await publisher.publish(DEMO, { [name]: flowTo('vip') }, ADMIN, '');
      assert.equal(published.result, 'faulty');
    });
  }

  it('goes on after a restart with what was published last', async () => {
    const first = open();
    await first.publisher.publish(DEMO, { 'main.yaml': flowTo('vip') }, ADMIN, '');
    first.publisher.close();
    assert.equal(queueOf(open(first).taken[0]), 'vip');
  });

  it('goes on after a restart with the folder, when it was edited since', async () => {
    const first = open();
    await first.publisher.publish(DEMO, { 'main.yaml': flowTo('vip') }, ADMIN, '');
    first.publisher.close();
    edit(first, `${flowTo('service')}    - hangup\n`);
    assert.equal(queueOf(open(first).taken[0]), 'service');
  });

  it('goes on after a restart with the last good version, when the folder is faulty, and tells the faults', () => {
    const first = open();
    first.publisher.close();
    edit(first, FAULTY);
    const second = open(first);
    assert.equal(queueOf(second.taken[0]), 'service');
    assert.equal(second.publisher.faults(DEMO).length, 1);
  });

  it('keeps fifty versions, and the one in use', async () => {
    const { publisher, dataDir } = open();
    for (let number = 0; number < 60; number += 1) await publisher.publish(DEMO, { 'main.yaml': `# ${number}\n${flowTo('vip')}` }, ADMIN, `${number}`);
    const versions = await publisher.versions(DEMO);
    assert.equal(versions.length, 50);
    assert.ok(versions.some(({ current }) => current));
    assert.equal(readdirSync(join(dataDir, 'dialplans', 'demo')).filter((name) => name.startsWith('demo@')).length, 50);
  });

  it('knows nothing of a tenant without a folder, and says so', async () => {
    const { publisher } = open();
    const other = asId<TenantId>('other');
    assert.deepEqual([publisher.current(other), await publisher.versions(other)], [null, []]);
    assert.equal((await publisher.publish(other, {}, ADMIN, '')).result, 'faulty');
  });
});
