/** `huawu audit verify`: computes the chain of the audit trail anew and says whether every entry is as it was written, and none is missing. */
import { systemClock } from '../../kernel/clock.ts';
import { asId, type TenantId } from '../../kernel/ids.ts';
import { openLog } from '../../kernel/log.ts';
import { parseFlags } from '../../kernel/settings.ts';
import { type Breach, type ChainHead, emptyChain } from '../audit/chain.ts';
import { AuditNotes } from '../audit/notes.ts';
import { proveChain } from '../audit/prove.ts';
import { type Config, readConfig } from '../config.ts';
import { auditedTenants } from '../store/audit-chain.ts';
import { openStore, type Store } from '../store/store.ts';

const USAGE = `usage: huawu audit verify [--tenant TENANT] [--head SEQ:HASH]
  --tenant   of one tenant (all)
  --head     what this command once said of the tenant: it must still stand there (what is noted in DATA_DIR)
`;

const sentences: Record<Breach['by'], string> = {
  changed: 'does not say any more what was written',
  missing: 'is missing',
  unlinked: 'does not follow from the one before it',
  cut: 'and those after it are missing',
  rewritten: 'is not the one that stood there once',
};

/** Exit codes: 0 proved, 1 broken, 2 wrong usage. */
export async function main(args: readonly string[], config?: Config): Promise<number> {
  const { flags, words } = parseFlags(args);
  const head = flags.HEAD === undefined ? null : headOf(flags.HEAD);
  const isRight = words.length === 1 && words[0] === 'verify' && Object.keys(flags).every((name) => name === 'TENANT' || name === 'HEAD');
  if (!isRight || head === 'wrong' || (head !== null && flags.TENANT === undefined)) {
    process.stderr.write(USAGE);
    return 2;
  }
  const { databaseUrl, dataDir, logLevel } = config ?? readConfig([]);
  const log = openLog('audit', logLevel === 'info' ? 'warn' : logLevel);
  const store = await openStore({ databaseUrl: databaseUrl ?? undefined, dataDir, guest: true, log, clock: systemClock });
  try {
    const notes = new AuditNotes(dataDir);
    const tenants = flags.TENANT === undefined ? await auditedTenants(store.db) : [asId<TenantId>(flags.TENANT)];
    let broken = 0;
    for (const tenantId of tenants) broken += (await verify(store, tenantId, head ?? notes.of(tenantId))) ? 0 : 1;
    return broken === 0 ? 0 : 1;
  } finally {
    await store.close();
  }
}

function headOf(text: string): ChainHead | 'wrong' {
  const [, seq, hash] = /^([0-9]{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  return seq === undefined || hash === undefined ? 'wrong' : { seq: Number(seq), hash };
}

async function verify(store: Store, tenantId: TenantId, noted: ChainHead | null): Promise<boolean> {
  const { head, breach } = await proveChain(store, tenantId, emptyChain, noted);
  if (breach === null) process.stdout.write(`${tenantId}: proved, ${head.seq} entries${head.seq === 0 ? '' : `, head ${head.seq}:${head.hash}`}\n`);
  else process.stdout.write(`${tenantId}: BROKEN: entry ${breach.seq} ${sentences[breach.by]}; ${head.seq} before it are as they were written\n`);
  return breach === null;
}
