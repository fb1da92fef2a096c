/** The digest secrets of an agent's phone (RFC 7616 §3.4.2): H(username:realm:password). */
import { createHash } from 'node:crypto';
import { SIP_REALM, type SipAccount } from '../tenants/directory.ts';
import type { User } from './user.ts';

/**
 * `any`: SHA-256, or MD5 for phones that know no better. `sha256`: no MD5 secret is made, so that no downgrade (RFC 8760 §3) can succeed.
 * An admin's phone is always of the second kind.
 */
export type PhoneDigest = 'any' | 'sha256';

/** null for users who have no phone. The SIP user name is the sign-in name. */
export function sipAccountOf(
  user: Pick<User, 'tenantId' | 'username' | 'agentId' | 'role'>,
  password: string,
  phoneDigest: PhoneDigest = 'any',
): SipAccount | null {
  const { tenantId, username, agentId, role } = user;
  if (agentId === null) return null;
  const secret = (algorithm: string): string => createHash(algorithm).update(`${username}:${SIP_REALM}:${password}`).digest('hex');
  return { agentId, tenantId, username, ha1Md5: phoneDigest === 'any' && role !== 'admin' ? secret('md5') : '', ha1Sha256: secret('sha256') };
}
