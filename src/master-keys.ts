/** Under which keys lies what is sealed: those of the settings, else those of a file in the data folder, made at the first start. */
import { join } from 'node:path';
import { type KeyRing, keysFrom } from '../kernel/seal/keys.ts';
import type { Config } from './config.ts';

/** Secrets that must be read again, in the database. */
export const secretKeys = ({ secretKeys: keys, dataDir }: Pick<Config, 'secretKeys' | 'dataDir'>): KeyRing => keysFrom(keys, join(dataDir, 'secrets.keys'));

/** What is personal in the journal and the spool: those of the recordings. */
export const journalKeys = ({ recordings: { keys, keysFile } }: Pick<Config, 'recordings'>): KeyRing => keysFrom(keys, keysFile);
