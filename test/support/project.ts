/** Where the project's files are, whether the tests run from their sources or from what was built of them. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(import.meta.url);
const built = here.endsWith('.js');
const root = rootAbove(dirname(here));

function rootAbove(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : rootAbove(dirname(folder));
}

/** The absolute path of a file that is named from the project's root. */
export const inProject = (path: string): string => join(root, path);

/** What node needs to run our modules as this test is run: nothing where they are built. */
export const runsModules: string[] = built ? [] : ['--import', import.meta.resolve('tsx')];

/** The file of a module of ours, named from the root without its ending: `media/main`. */
export const moduleFile = (module: string): string => inProject(built ? `dist/${module}.js` : `${module}.ts`);

/** What node is called with to run it. */
export const program = (module: string): string[] => [...runsModules, moduleFile(module)];
