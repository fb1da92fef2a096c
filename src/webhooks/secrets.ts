/** The secrets of a webhook: one that signs, and for a while after a change the one before, so that who receives can change over without losing any. */
import { randomToken } from '../../kernel/ids.ts';
import { openText, sealText } from '../../kernel/seal/box.ts';
import type { KeyRing } from '../../kernel/seal/keys.ts';
import type { StoredWebhook } from '../store/webhooks.ts';

const purposeOf = (webhookId: string): string => `webhook ${webhookId}`;

export const newSecret = (): string => `whs_${randomToken(32)}`;
export const sealSecret = (keys: KeyRing, webhookId: string, secret: string): string => sealText(keys, purposeOf(webhookId), secret);

/** The one in use first. */
export function liveSecrets(keys: KeyRing, { webhookId, secret, oldSecret, oldUntil }: StoredWebhook, now: number): string[] {
  const sealed = [secret, ...(oldSecret !== null && oldUntil !== null && oldUntil > now ? [oldSecret] : [])];
  return sealed.map((each) => openText(keys, purposeOf(webhookId), each));
}
