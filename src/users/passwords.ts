/** argon2id with the parameters of the OWASP password storage cheat sheet (19 MiB, 2 passes, 1 lane). */
import { hash, verify } from '@node-rs/argon2';
import { randomBelow } from '../../kernel/ids.ts';

export const hashPassword = (password: string): Promise<string> => hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });

/** Of a password nobody has: checking against it takes as long as against a real one. */
const nobodysHash = hashPassword('nobody has this password');

/** `known` null = there is no such user or password: false, in the same time. */
export async function isPassword(known: string | null, given: string): Promise<boolean> {
  const right = await verify(known ?? (await nobodysHash), given).catch(() => false);
  return right && known !== null;
}

/** No 0, o, 1, l, i: it is read from a screen and typed into a phone. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

/** 12 letters, about 59 bits. */
export const newPassword = (): string => Array.from({ length: 12 }, () => LETTERS[randomBelow(LETTERS.length)]).join('');
