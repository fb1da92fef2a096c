/** Webhooks of a house: what an admin does with them, the feed from its journal, and who sends. */
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import type { KeyRing } from '../../kernel/seal/keys.ts';
import { JournalOpener } from '../journal/seal.ts';
import type { Store } from '../store/store.ts';
import { WebhookDispatcher } from './dispatcher.ts';
import { WebhookFeed } from './feed.ts';
import { Webhooks } from './webhooks.ts';

export interface OpenWebhooks {
  hooks: Webhooks;
  feed: WebhookFeed;
  close(): Promise<void>;
}

/** `house`: its name at each start. `lastSeq`: the last event of its journal. */
export function openWebhooks(parts: {
  store: Store;
  clock: Clock;
  log: Logger;
  keys: KeyRing;
  /** Of what is personal in the journal. */
  journalKeys: KeyRing;
  config: { dataDir: string; webhookHosts: ReadonlySet<string>; version: string };
  house: string;
  lastSeq: number;
}): OpenWebhooks {
  const { config, store, clock, log, keys, journalKeys, house, lastSeq } = parts;
  const shared = { store, clock, log, keys, allowedHosts: config.webhookHosts };
  const dispatcher = new WebhookDispatcher({ ...shared, version: config.version });
  const look = (): void => dispatcher.look();
  const folder = join(config.dataDir, 'journal');
  const feed = new WebhookFeed({ ...{ store, clock, log, house, lastSeq, folder }, opener: new JournalOpener({ folder, keys: journalKeys }), told: look });
  return {
    hooks: new Webhooks({ ...shared, look, expect: () => feed.expect() }),
    feed,
    async close() {
      await feed.close();
      await dispatcher.close();
    },
  };
}
