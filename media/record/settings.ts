/** What the recorder is started with: the master keys, and where it notes what it has open. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ownKeys, readKeyRing } from '../../kernel/seal/keys.ts';
import type { MediaConfig } from '../config.ts';
import type { RecorderSettings } from './messages.ts';

/** Throws an Error when a key is none. One ledger for each control socket: two servers that share a folder leave one another's files alone. */
export function recorderSettings({ recordings, socket }: MediaConfig): RecorderSettings {
  if (recordings === null) return { keys: null, ledger: null };
  const keys = recordings.keys ?? ownKeys(recordings.keysFile);
  readKeyRing(keys);
  const owner = createHash('sha256').update(JSON.stringify(socket)).digest('hex').slice(0, 16);
  return { keys, ledger: join(recordings.folder, '.open', owner) };
}
