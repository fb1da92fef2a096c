/** What a tenant demands of who signs in. */
import { z } from 'zod';
import { personRoles } from './user.ts';

export const signInRulesSchema = z.strictObject({
  secondFactor: z.array(z.enum(personRoles)).max(personRoles.length).describe('Roles that must have a second factor'),
});
export type SignInRules = z.infer<typeof signInRulesSchema>;

/** What cannot be read demands nothing: nobody is locked out by a row. */
export function readRules(stored: unknown): SignInRules {
  const read = signInRulesSchema.partial().safeParse(stored);
  return { secondFactor: (read.success ? read.data.secondFactor : undefined) ?? [] };
}
