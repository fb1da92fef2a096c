/**
 * Makes the client of the desk protocol as a package of its own, in `dist/consoles/cti/client`: plain ES modules with their types, which need nothing, and which the
 * server hands out at `/cti/client/`. It is compiled against messages made of the schemas (`types.ts`), and so is the README's example; and these messages are
 * compared with those our consoles compile against, so that neither can say what the other does not.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageRoot } from '../../src/config.ts';
import { messagesModule } from './types.ts';

const SOURCE = join(packageRoot, 'web/shared/cti');
const WORK = join(packageRoot, 'dist/cti-client');

/** Both ways round: what one takes the other takes. */
const CHECK = `import type * as made from './messages.ts';
import type * as errors from 'CTI/errors.ts';
import type * as ours from 'CTI/protocol.ts';
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
export const told: Same<made.ServerMessage, ours.ServerMessage> = true;
export const asked: Same<made.DeskMessageInput, ours.DeskMessageInput> = true;
export const codes: Same<made.CtiErrorCode, errors.CtiErrorCode> = true;
`;

const options = { target: 'ES2022', module: 'NodeNext', moduleResolution: 'NodeNext', lib: ['ES2023', 'DOM'], types: [], skipLibCheck: true };
const strict = { strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true };
const ways = { allowImportingTsExtensions: true, rewriteRelativeImportExtensions: true, incremental: false, composite: false };

export function makeClient(outDir: string): void {
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  const sources = readdirSync(SOURCE).filter((name) => name.endsWith('.ts') && name !== 'messages.ts');
  for (const name of sources) copyFileSync(join(SOURCE, name), join(WORK, name));
  writeFileSync(join(WORK, 'messages.ts'), messagesModule());
  writeFileSync(join(WORK, 'package.json'), readFileSync(join(SOURCE, 'package.json')));
  writeFileSync(join(WORK, 'same.check.ts'), CHECK.replaceAll('CTI', relative(WORK, join(packageRoot, 'src/cti'))));
  for (const [nth, example] of examples().entries()) writeFileSync(join(WORK, `example-${nth}.check.ts`), example);
  compile('check.json', { noEmit: true, paths: { '@huawu/cti/*.js': [`${WORK}/*.ts`] } }, ['*.ts']);
  rmSync(outDir, { recursive: true, force: true });
  compile('tsconfig.json', { outDir, rootDir: WORK, declaration: true }, [...sources, 'messages.ts']);
  for (const name of ['package.json', 'README.md']) copyFileSync(join(SOURCE, name), join(outDir, name));
}

/** The README's, each a module. */
const examples = (): string[] =>
  [...readFileSync(join(SOURCE, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map((found) => `${found[1] ?? ''}\nexport {};\n`);

function compile(name: string, own: object, include: string[]): void {
  writeFileSync(join(WORK, name), JSON.stringify({ compilerOptions: { ...options, ...strict, ...ways, ...own }, include }));
  execFileSync(process.execPath, [join(packageRoot, 'node_modules/typescript/bin/tsc'), '-p', join(WORK, name)], { stdio: ['ignore', 2, 2] });
}

if (process.argv[2] !== undefined) makeClient(process.argv[2]);
