/** The digest secrets of an agent's phone (RFC 7616 §3.4.2): H(username:realm:password). */
import { createHash } from 'node:crypto';
import { SIP_REALM, type SipAccount } from '../tenants/directory.ts';
import type { User } from './user.ts';

/** null for users who have no phone. The SIP user name is the sign-in name. */
export function sipAccountOf(user: Pick<User, 'tenantId' | 'username' | 'agentId'>, password: string): SipAccount | null {
  const { tenantId, username, agentId } = user;
  if (agentId === null) return null;
  const secret = (algorithm: string): string => createHash(algorithm).update(`${username}:${SIP_REALM}:${password}`).digest('hex');
  return { agentId, tenantId, username, ha1Md5: secret('md5'), ha1Sha256: secret('sha256') };
}
