import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { inProject, moduleFile, runsModules } from '../support/project.ts';
import { demoFolder } from './demo.ts';

const root = mkdtempSync(join(tmpdir(), 'check-'));
after(() => rmSync(root, { recursive: true, force: true }));
const command = moduleFile('src/commands/check');

/** `huawu check` in a process of its own, in `cwd`. */
function check(args: string[], cwd = inProject('.')): { code: number | null; out: string; err: string } {
  const script = `import { main } from ${JSON.stringify(command)}; process.exitCode = await main(${JSON.stringify(args)});`;
  const { status, stdout, stderr } = spawnSync(process.execPath, [...runsModules, '--input-type=module', '-e', script], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, out: stdout, err: stderr };
}

describe('huawu check', () => {
  it('finds the dialplans of the repository fine, and exits 0', () => {
    const { code, out, err } = check([]);
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^dialplans\/demo: fine \(10 numbers, [0-9]+ steps, version demo@[0-9a-f]{12}\)\n$/);
  });

  it('names a planted fault by file, line and column, and exits 1', () => {
    const folder = join(root, 'demo');
    cpSync(demoFolder, folder, { recursive: true });
    const path = join(folder, 'main.yaml');
    const text = readFileSync(path, 'utf8').replace('play: welcome-gold', 'play: welcome-glod');
    writeFileSync(path, text);
    const line = text.split('\n').findIndex((row) => row.includes('welcome-glod')) + 1;
    const column = (text.split('\n')[line - 1] ?? '').indexOf('welcome-glod') + 1;
    const say = (language: string): string =>
      `${path}:${line}:${column}: there is no prompt "welcome-glod" in "${language}", did you mean "welcome-gold"?: record prompts/${language}/welcome-glod.wav or name another`;
    for (const given of [folder, path, root]) assert.deepEqual(check([given]), { code: 1, out: `${say('zh')}\n${say('en')}\n2 faults\n`, err: '' });
  });

  it('names what tenant.yaml names and what is not there: a queue, an exit of the dialplan', () => {
    const folder = join(mkdtempSync(join(root, 'names-')), 'demo');
    cpSync(demoFolder, folder, { recursive: true });
    const path = join(folder, 'tenant.yaml');
    const overflow = '    overflow: [{ when: { waiting: 9 }, to: { queue: elders } }, { when: { waiting: 9 }, to: { exit: nowhere } }]\n';
    const text = readFileSync(path, 'utf8').replace('    maxWaitMs: 600000\n', `${overflow}    maxWaitMs: 600000\n`);
    writeFileSync(path, text.replace('../holidays', 'holidays'));
    const line = text.split('\n').findIndex((row) => row.includes('elders')) + 1;
    const { code, out } = check([folder]);
    assert.equal(code, 1);
    assert.ok(out.includes(`${path}:${line}:53: queues.0.overflow.0.to.queue: there is no queue "elders", did you mean "elder"?: add it first`), out);
    assert.match(out, new RegExp(`:${line}:[0-9]+: queues\\.0\\.overflow\\.1\\.to\\.exit: there is no exit "nowhere": add a flow of that name`));
  });

  it('takes the queues it is told of for the only ones', () => {
    const { code, out } = check([demoFolder, '--queues', 'service,vip,elder,english,faults,complaints,bench,bench-recorded,nobody']);
    assert.equal(code, 1);
    assert.match(out, /there is no queue "nobody-silent"/);
  });

  it('exits 2 on wrong usage and says which', () => {
    assert.deepEqual(check(['/nowhere/at/all']), {
      code: 2,
      out: '',
      err: 'huawu check: there is no "/nowhere/at/all"\nusage: huawu check [FILES|FOLDER] [--queues name,name]\n',
    });
    assert.equal(check(['--quues', 'a']).code, 2);
  });

  it('finds a folder without dialplans at fault', () => {
    const empty = mkdtempSync(join(root, 'empty-'));
    assert.deepEqual(check([empty]), { code: 1, out: `${empty}:1:1: there is no dialplan file here: add one that ends in .yaml\n1 fault\n`, err: '' });
  });
});
