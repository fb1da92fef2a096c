/** sipp against the server with a small drachtio-srf application behind it; what a scenario ends in stands in its name. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '../support/ports.ts';
import { inProject } from '../support/project.ts';
import { until } from '../support/wait.ts';
import { type App, connectApp, leave, SDP, type SipProgram, startProgram } from './support/program.ts';

let program: SipProgram;
let app: App;
let folder: string;
let callee: number;
const counts = { invites: new Map<string, number>(), ended: 0 };

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sipp-'));
  callee = await freePort();
  program = await startProgram();
  app = await connectApp(program);
  app.invite((req, res) => {
    const callId = req.get('call-id');
    counts.invites.set(callId, (counts.invites.get(callId) ?? 0) + 1);
    const number = /<sip:(\w+)@/.exec(req.get('to'))?.[1];
    if (number === 'ring') res.send(180);
    else if (number === 'busy') res.send(486);
    else if (number === 'bridge')
      app
        .createB2BUA(req, res, `sip:phone@127.0.0.1:${callee}`, {})
        .then(({ uas, uac }) => {
          uas.on('destroy', () => uac.destroy().catch(() => undefined));
          uac.on('destroy', () => uas.destroy().catch(() => undefined));
        })
        .catch(() => undefined);
    else
      app
        .createUAS(req, res, { localSdp: SDP })
        .then((dialog) => {
          dialog.on('destroy', () => {
            counts.ended += 1;
          });
          if (number === 'hangup') dialog.destroy();
        })
        .catch(() => undefined);
  });
});
after(async () => {
  leave(app);
  assert.equal(await program.stop(), 0);
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  scenario: string;
  number?: string;
  args?: string[];
  withinMs?: number;
}

/** Runs a scenario as a caller; rejects with sipp's own words. */
function sipp({ scenario, number = 'answer', args = [], withinMs = 60_000 }: Run, target = [`127.0.0.1:${program.sipPort}`]): Promise<void> {
  const file = inProject(`test/sip/scenarios/${scenario}.xml`);
  const errors = join(folder, `${scenario}-${Math.floor(performance.now())}.err`);
  const all = [...target, '-sf', file, '-i', '127.0.0.1', '-s', number, '-nostdin', '-m', '1', '-trace_err', '-error_file', errors, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn('sipp', all, { cwd: folder, stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(timer);
      if (code === 0) return resolve();
      let said = '';
      try {
        said = readFileSync(errors, 'utf8').slice(0, 2_000);
      } catch {
        // It said nothing.
      }
      reject(new Error(`sipp ${scenario}: exit ${code}\n${said}`));
    });
  });
}

for (const transport of ['u1', 't1'])
  test(`a caller over ${transport === 'u1' ? 'UDP' : 'TCP'} is answered and hangs up`, () =>
    sipp({ scenario: 'uac-talks-and-hangs-up-expect-200', args: ['-t', transport] }));

test('the application hangs up: BYE', () => sipp({ scenario: 'uac-is-hung-up-on-expect-bye', number: 'hangup' }));
test('a caller that gives up in the queue: 487', () => sipp({ scenario: 'uac-abandons-in-queue-expect-487', number: 'ring' }));
test('an INVITE without Contact: 400', () => sipp({ scenario: 'uac-without-contact-expect-400' }));
test('a caller that never acknowledges is hung up on with BYE', () => sipp({ scenario: 'uac-never-acks-expect-bye' }));

test('with a tenth of all packets lost on the way 100 calls are answered, each once, and hung up', async () => {
  counts.invites.clear();
  await sipp({ scenario: 'uac-talks-and-hangs-up-expect-200', args: ['-m', '100', '-r', '25', '-lost', '10'], withinMs: 90_000 });
  assert.equal(counts.invites.size, 100);
  assert.deepEqual(
    [...counts.invites.values()].filter((count) => count !== 1),
    [],
    'never two calls from one INVITE',
  );
});

test('sixty calls through a B2BUA to a phone, both legs with loss', async () => {
  const phone = sipp({ scenario: 'uas-answers-expect-bye', args: ['-p', String(callee), '-m', '60', '-lost', '3'], withinMs: 90_000 }, []);
  await until('the phone to listen', () => new Promise((resolve) => setTimeout(() => resolve(true), 300)));
  await sipp({ scenario: 'uac-talks-and-hangs-up-expect-200', number: 'bridge', args: ['-m', '60', '-r', '30', '-lost', '3'], withinMs: 90_000 });
  await phone;
});
