/**
 * An initialised PostgreSQL cluster, made once on this machine and copied for each server that a test starts: initdb alone takes longer than
 * everything else of a start. That a house begins with nothing at all is tested where `anew` is asked for, and in embedded.store.test.ts.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinaries } from '../../src/store/binaries.ts';
import { makeCluster } from '../../src/store/cluster.ts';
import { clusterFolder, runAs, runnableBinaries } from '../../src/store/place.ts';
import { inProject } from './project.ts';

const CACHE = inProject('node_modules/.cache/huawu-tests');
/** Of databases that live for one test, on loopback. */
const PASSWORD = 'of-a-test-alone';

/** Before the first start on `dataDir`: its cluster need not be made any more. */
export async function placeCluster(dataDir: string): Promise<void> {
  const from = await template();
  const folder = clusterFolder(dataDir, runAs());
  copy(`${from}/.`, folder);
  writeFileSync(join(dataDir, 'postgres.password'), `${PASSWORD}\n`, { mode: 0o600 });
}

async function template(): Promise<string> {
  const [binaries, as] = [findBinaries(), runAs()];
  const { size, mtimeMs } = statSync(binaries.postgres);
  // Another release, or another user of the server, is another template.
  const made = join(CACHE, `cluster-${size}-${Math.round(mtimeMs)}-${as.uid ?? 'own'}`);
  if (existsSync(made)) return made;
  const dataDir = mkdtempSync(join(tmpdir(), 'huawu-template-'));
  chmodSync(dataDir, 0o711);
  const folder = clusterFolder(dataDir, as);
  await makeCluster({ folder, binaries: runnableBinaries(binaries, as), as, password: PASSWORD, logFile: join(dataDir, 'log') });
  mkdirSync(CACHE, { recursive: true });
  const part = mkdtempSync(join(CACHE, 'part-'));
  copy(`${folder}/.`, part);
  for (const done of [folder, dataDir]) rmSync(done, { recursive: true, force: true });
  try {
    renameSync(part, made);
  } catch (error) {
    // Another test file was first: a folder that is not empty is not replaced.
    rmSync(part, { recursive: true, force: true });
    if (!existsSync(made)) throw error;
  }
  return made;
}

/** With owners and modes, which PostgreSQL insists on. */
function copy(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-a', from, to]);
  if (status !== 0) throw new Error(`cp -a ${from} ${to}: ${stderr}`);
}
