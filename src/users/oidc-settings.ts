/**
 * Identity providers by which users of a tenant sign in: the setting OIDC, a YAML of tenants. It stands with the other secrets of the server.
 *
 *   demo:
 *     issuer: https://login.example.com
 *     clientId: huawu
 *     clientSecret: …                          # absent: a public client, by PKCE alone
 *     publicUrl: https://cc.example.com        # of these consoles; the provider is given <publicUrl>/api/v1/oidc/demo/callback
 *     name: { zh: 企业账号, en: Company account }
 *     claim: preferred_username                # whose value is the user's name here
 *     roles: { claim: groups, of: { cc-admins: admin, cc-leads: supervisor } }   # absent: the role she has here
 */
import { parse } from 'yaml';
import { z } from 'zod';
import { personRoles } from './user.ts';

const LOCAL = ['127.0.0.1', '[::1]', 'localhost'];
/** In the clear only on this very machine. */
const address = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && LOCAL.includes(url.hostname)));
}, 'give an https:// address');

const provider = z.strictObject({
  issuer: address,
  clientId: z.string().min(1).max(200),
  clientSecret: z.string().min(1).max(4096).optional(),
  publicUrl: address.transform((text) => text.replace(/\/+$/, '')),
  name: z.strictObject({ zh: z.string().min(1).max(60), en: z.string().min(1).max(60) }),
  scope: z.string().default('openid profile email'),
  claim: z.string().min(1).max(100).default('preferred_username'),
  roles: z.strictObject({ claim: z.string().min(1).max(100), of: z.record(z.string(), z.enum(personRoles)) }).optional(),
});
export type OidcProvider = z.infer<typeof provider>;
/** By tenant. */
export type OidcProviders = Readonly<Record<string, OidcProvider>>;

/** Faults name the place and never the text, which holds secrets. */
export function readProviders(text: string | undefined, faults: string[]): OidcProviders {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    faults.push('OIDC is not YAML: give tenant → issuer, clientId, publicUrl, name');
    return {};
  }
  const read = z.record(z.string().min(1), provider).safeParse(value);
  if (read.success) return read.data;
  faults.push(...read.error.issues.map(({ path, message }) => `OIDC, ${path.join('.') || 'at its top'}: ${message}`));
  return {};
}
