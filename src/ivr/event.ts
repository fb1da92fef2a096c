/** What happens to dialplans. Facts about a call's walk through one are in `../call/event.ts`. */
import type { DialplanVersion, TenantId } from '../../kernel/ids.ts';

export type IvrEvent =
  /** From here on new calls of the tenant take this version; calls under way keep theirs. `plan` is the checked, compiled plan (`ivr/plan.ts`). */
  { type: 'dialplanPublished'; tenantId: TenantId; version: DialplanVersion; plan: unknown };
