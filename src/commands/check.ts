/**
 * `huawu check [FILES|FOLDER] [--queues a,b]`: checks dialplans, and the tenant.yaml beside them, and prints every fault as file:line:column: sentence.
 * A folder is a tenant's, or holds tenants' folders; files are checked together with the rest of their folder. Default: dialplans.
 * Exit codes: 0 fine, 1 faults, 2 wrong usage.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { asId, type TenantId } from '../../kernel/ids.ts';
import { parseFlags } from '../../kernel/settings.ts';
import { compileDialplan } from '../ivr/compile.ts';
import { type Fault, faultAt, faultLine } from '../ivr/fault.ts';
import { emptyFault, readSource, TENANT_FILE, tenantFolders } from '../ivr/files.ts';
import { parseFile } from '../ivr/read.ts';
import { type DialplanWords, wordsOf } from '../ivr/words.ts';
import { checkTenant } from '../tenants/file.ts';

const USAGE = 'usage: huawu check [FILES|FOLDER] [--queues name,name]\n';
const KNOWN_FLAGS = ['QUEUES'];

export async function main(args: string[]): Promise<number> {
  const { flags, words } = parseFlags(args);
  const unknown = Object.keys(flags).find((flag) => !KNOWN_FLAGS.includes(flag));
  if (unknown !== undefined) return wrongUsage(`there is no --${unknown.toLowerCase()}`);
  const given = words.length === 0 ? ['dialplans'] : words;
  const missing = given.find((path) => !existsSync(path));
  if (missing !== undefined) return wrongUsage(`there is no "${missing}"`);
  const queues = flags.QUEUES?.split(',').map((name) => name.trim());

  const folders = [...new Set(given.flatMap(foldersOf))];
  if (folders.length === 0) return complain([faultLine(emptyFault(given.join(' ')))]);
  const faults: string[] = [];
  for (const folder of folders) {
    const tenantId = asId<TenantId>(basename(resolve(folder)));
    const source = readSource(folder, tenantId, { shown: folder, names: queues === undefined ? {} : { queues } });
    const compiled = compileDialplan(source);
    faults.push(...checkTenantFile(folder, compiled.plan === null ? null : wordsOf(compiled.plan, source.music)));
    faults.push(...(source.files.length === 0 ? [faultLine(emptyFault(folder))] : compiled.faults.map(faultLine)));
    if (compiled.plan !== null && source.files.length > 0) {
      const { nodes, numbers, version } = compiled.plan;
      process.stdout.write(`${folder}: fine (${Object.keys(numbers).length} numbers, ${Object.keys(nodes).length} steps, version ${version})\n`);
    }
  }
  return faults.length === 0 ? 0 : complain(faults);
}

/** The tenant's own file, where the folder has one; circles of overflow are told and are no fault. */
function checkTenantFile(folder: string, dialplan: DialplanWords | null): string[] {
  const path = join(folder, TENANT_FILE);
  if (!existsSync(path)) return [];
  const faults: Fault[] = [];
  const parsed = parseFile(path, readFileSync(path, 'utf8'), faults);
  if (parsed === null) return faults.map(faultLine);
  const checked = checkTenant(parsed.document.toJS(), dialplan);
  for (const note of checked.notes) process.stdout.write(`${path}: note: ${note}\n`);
  return checked.faults.map(({ at, message }) => faultLine(faultAt({ file: parsed, at }, `${at.join('.')}: ${message}`)));
}

const foldersOf = (path: string): string[] => (statSync(path).isDirectory() ? tenantFolders(path) : [dirname(path)]);

function complain(faults: readonly string[]): number {
  process.stdout.write(`${faults.join('\n')}\n${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}\n`);
  return 1;
}

function wrongUsage(message: string): number {
  process.stderr.write(`huawu check: ${message}\n${USAGE}`);
  return 2;
}
