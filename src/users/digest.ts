/** Digest secrets (RFC 7616 §3.4.2), of agents' phones and of trunks: H(username:realm:password). */
import { createHash } from 'node:crypto';
import { SIP_REALM, type SipAccount } from '../tenants/directory.ts';
import type { TrunkSecret, TrunkSettings } from '../tenants/trunk.ts';
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
  const { ha1Md5, ha1Sha256 } = secretOf(username, SIP_REALM, password);
  return { agentId, tenantId, username, ha1Md5: phoneDigest === 'any' && role !== 'admin' ? ha1Md5 : '', ha1Sha256 };
}

/** null: a trunk without credentials has no use for a password. */
export const trunkSecretOf = (credentials: TrunkSettings['credentials'], password: string): TrunkSecret | null =>
  credentials === null ? null : secretOf(credentials.username, credentials.realm, password);

function secretOf(username: string, realm: string, password: string): TrunkSecret {
  const hash = (algorithm: string): string => createHash(algorithm).update(`${username}:${realm}:${password}`).digest('hex');
  return { ha1Md5: hash('md5'), ha1Sha256: hash('sha256') };
}
