/** What /readyz and the admin console say of each part. */
import type { HeapRoom } from '../kernel/memory.ts';
import type { BackupWatch } from './backup/watch.ts';
import type { CdrWriter } from './cdr/writer.ts';
import type { KeptJournal } from './journal/keep.ts';
import type { Phone } from './phone/phone.ts';
import type { SpaceWatch } from './recordings/space.ts';
import type { Fleet } from './sound/fleet.ts';
import type { Store } from './store/store.ts';

interface Parts {
  kept: Pick<KeptJournal, 'journal'>;
  store: Pick<Store, 'health'>;
  space: Pick<SpaceWatch, 'space'>;
  backups: Pick<BackupWatch, 'standing'>;
  room: Pick<HeapRoom, 'full'>;
  phone: Pick<Phone, 'status'>;
  media: Pick<Fleet, 'connected'>;
  cdr: Pick<CdrWriter, 'counts'>;
}

/** `essential`: without it no call can be served. */
export const healthOf = ({ kept, store, space, backups, room, phone, media, cdr }: Parts) => ({
  draining: () => phone.status().draining,
  parts: () => ({
    sip: { ok: phone.status().connected, essential: true },
    media: { ok: media.connected, essential: true },
    journal: { ok: kept.journal.healthy, essential: true },
    memory: { ok: !room.full, essential: true },
    database: { ok: store.health().state === 'ok', essential: false },
    records: { ok: !cdr.counts.full, essential: false },
    recordings: { ok: space.space === 'ok', essential: false, detail: space.space },
    ...(backups.standing.ageMs === null ? {} : { backup: { ok: backups.standing.ok, essential: false } }),
  }),
  backupAgeMs: () => backups.standing.ageMs,
});
