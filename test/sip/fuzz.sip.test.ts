/** C3: seeded mutants at the running server, with the real drachtio-srf behind it. `SEED=n` runs one seed, `npm run bench -- sip --fuzz 50000 --seed n` a long one. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { FuzzRun } from './support/fuzz-run.ts';
import { type App, connectApp, leave, SDP, type SipProgram, startProgram } from './support/program.ts';

const MESSAGES = 5_000;
const MOST_GROWTH_MB = 256;
const MOST_OPTIONS_MS = 5_000;

let program: SipProgram;
let app: App;
before(async () => {
  program = await startProgram({ LOG_LEVEL: 'info' });
  app = await connectApp(program);
  for (const method of ['options', 'register', 'message', 'refer', 'publish', 'info', 'notify']) app.use(method, (_req, res) => res.send(200));
  app.use('subscribe', (_req, res) => res.send(489));
  app.invite((req, res) => void app.createUAS(req, res, { localSdp: SDP }).catch(() => undefined));
});
after(async () => {
  leave(app);
  program.child.kill('SIGKILL');
});

const rssMb = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${program.child.pid}/status`, 'utf8'))?.[1]) / 1024;

test(`C3: ${MESSAGES} mutants over UDP and TCP: the server lives, honest callers are answered, no header is injected, no 5xx by accident`, async () => {
  const seed = Number(process.env.SEED ?? 1 + Math.floor(Math.random() * 1e6));
  const again = `run it again: SEED=${seed} node --import tsx --test test/sip/fuzz.sip.test.ts`;
  const before = rssMb();
  const figures = await new FuzzRun(program.sipPort, seed).run(MESSAGES);
  assert.equal(program.child.exitCode, null, `the server is gone. ${again}`);
  assert.equal(figures.honestLost, 0, again);
  assert.ok(figures.worstOptionsMs < MOST_OPTIONS_MS, `the worst OPTIONS took ${figures.worstOptionsMs} ms. ${again}`);
  assert.equal(figures.injectedHeaders, 0, again);
  assert.ok(figures.finals + figures.overloaded > MESSAGES / 4, `the mutants are not all hopeless: ${figures.finals} answers. ${again}`);
  assert.ok(figures.fiveHundredsPct <= 0.1, `5xx: ${JSON.stringify(figures.fiveHundreds)}. ${again}`);
  assert.deepEqual(
    program.log.filter((line) => line.includes('"level":50') || line.includes('"level":60')),
    [],
    `no error was logged. ${again}`,
  );
  assert.ok(rssMb() - before < MOST_GROWTH_MB, `memory grew by ${Math.round(rssMb() - before)} MB. ${again}`);
});
