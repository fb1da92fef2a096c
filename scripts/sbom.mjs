// The bill of materials of what runs (CycloneDX 1.5, JSON), by the lock file alone: the same lock file gives the same bill, without a network. `npm run sbom > sbom.json`.
// `npm sbom --omit dev` leaves out what the build needs as well as the program (zod, yaml, …).
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const text = readFileSync(join(root, 'package-lock.json'), 'utf8');
const { name, version, packages } = JSON.parse(text);

const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
const purlOf = (pack, at) => `pkg:npm/${pack.replace('@', '%40')}@${at}`;
const hashOf = (integrity) => {
  const [alg, value] = integrity.split(/-(.*)/s);
  return { alg: alg.replace('sha', 'SHA-'), content: Buffer.from(value, 'base64').toString('hex') };
};
const licensesOf = (license) => (typeof license === 'string' ? [/ (?:OR|AND) /.test(license) ? { expression: license } : { license: { id: license } }] : []);

/** The one that who lies at `path` finds, as Node looks for it. */
function found(path, wanted) {
  for (let at = path; ; at = at.includes('/node_modules/') ? at.slice(0, at.lastIndexOf('/node_modules/')) : '') {
    const there = `${at === '' ? '' : `${at}/`}node_modules/${wanted}`;
    if (packages[there] !== undefined) return there;
    if (at === '') return null;
  }
}

const running = Object.keys(packages).filter((path) => path !== '' && packages[path].dev !== true);
const refOf = (path) => (path === '' ? purlOf(name, version) : `${purlOf(nameOf(path), packages[path].version)}#${path}`);
const bill = {
  ...{ $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json', bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 },
  serialNumber: `urn:uuid:${createHash('sha256')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-5$3-8$4-$5')}`,
  metadata: {
    component: { type: 'application', 'bom-ref': refOf(''), name, version, purl: purlOf(name, version), licenses: licensesOf(packages[''].license) },
  },
  components: running.map((path) => ({
    ...{ type: 'library', 'bom-ref': refOf(path), name: nameOf(path), version: packages[path].version, purl: purlOf(nameOf(path), packages[path].version) },
    ...{ hashes: [hashOf(packages[path].integrity)], licenses: licensesOf(packages[path].license) },
    scope: packages[path].optional === true ? 'optional' : 'required',
  })),
  dependencies: ['', ...running].map((path) => ({
    ref: refOf(path),
    dependsOn: Object.keys({ ...packages[path].dependencies, ...packages[path].optionalDependencies }).flatMap((wanted) => {
      const there = found(path, wanted);
      return there === null ? [] : [refOf(there)];
    }),
  })),
};
process.stdout.write(`${JSON.stringify(bill, null, 1)}\n`);
