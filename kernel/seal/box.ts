/** Short secrets that must be read again (signing keys, seeds of second factors), sealed with AES-256-GCM for the database: `<key id>.<nonce>.<text>.<tag>`. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { randomKey } from '../ids.ts';
import type { KeyRing } from './keys.ts';

const NONCE_BYTES = 12;

/** `purpose` is sealed with it: what was sealed for one thing opens for no other. */
export function sealText(keys: KeyRing, purpose: string, text: string): string {
  const { id, key } = keys.current;
  const nonce = randomKey(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return [id, ...[nonce, sealed, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.');
}

/** Throws when the key is not ours any more, or it was changed, or sealed for something else. `setting`: where the key is to be given. */
export function openText(keys: KeyRing, purpose: string, sealed: string, setting = 'SECRET_KEY'): string {
  const [id = '', ...parts] = sealed.split('.');
  const [nonce, text, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
  const master = keys.find(id);
  if (master === undefined) throw new Error(`a secret is sealed with key ${JSON.stringify(id)}, which is not among ours: give it in ${setting}`);
  if (nonce === undefined || text === undefined || tag?.length !== 16) throw new Error('a sealed secret is torn');
  const decipher = createDecipheriv('aes-256-gcm', master.key, nonce).setAAD(Buffer.from(purpose)).setAuthTag(tag);
  return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
}
