/**
 * `huawu user add`: adds a user. The password is made and printed, or read from a file (`--password-file`): on a command line
 * everybody on the machine could read it.
 */
import { readFileSync } from 'node:fs';
import { systemClock } from '../../kernel/clock.ts';
import { agentIdOf, asId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { openLog } from '../../kernel/log.ts';
import { parseFlags } from '../../kernel/settings.ts';
import { type Config, readConfig } from '../config.ts';
import { writeAudit } from '../store/audit.ts';
import { openStore, type Store } from '../store/store.ts';
import { agentExists, tenantExists } from '../store/tenants.ts';
import type { PhoneDigest } from '../users/digest.ts';
import { newPassword } from '../users/passwords.ts';
import { addUser } from '../users/sessions.ts';
import { type PersonRole, personRoles, type User } from '../users/user.ts';

const USAGE =
  'usage: huawu user add --tenant TENANT --name NAME --role agent|lead|supervisor|quality|planner|admin|auditor [--teams TEAM,…] [--display-name TEXT] [--language zh|en] [--agent NUMBER] [--password-file FILE] [--phone-digest any|sha256]';
const USAGE_ERROR = 2;
const LEAST_LETTERS = 8;

export async function main(args: readonly string[], config: Config = readConfig(args)): Promise<number> {
  const wish = readWish(args);
  if (typeof wish === 'string') {
    process.stderr.write(`${wish}\n${USAGE}\n`);
    return USAGE_ERROR;
  }
  const log = openLog('user', config.logLevel === 'info' ? 'warn' : config.logLevel);
  const store = await openStore({ databaseUrl: config.databaseUrl ?? undefined, dataDir: config.dataDir, guest: true, log, clock: systemClock });
  try {
    return await add(store, wish);
  } finally {
    await store.close();
  }
}

interface Wish {
  user: User;
  /** null = made and printed */
  password: string | null;
  phoneDigest: PhoneDigest;
}

/** The wish, or what is wrong with it. */
function readWish(args: readonly string[]): Wish | string {
  const { flags, words } = parseFlags(args);
  if (words[0] !== 'add') return `huawu user: there is no "${words[0] ?? ''}"`;
  const { TENANT = '', NAME = '', ROLE = '', LANGUAGE = 'zh', DISPLAY_NAME, AGENT, PASSWORD_FILE, PHONE_DIGEST = 'any', TEAMS = '' } = flags;
  if (!/^[a-z0-9-]{1,63}$/.test(TENANT)) return '--tenant is missing or not a tenant name';
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(NAME)) return '--name is missing or has other characters than letters, digits and _ . -';
  if (!isRole(ROLE)) return `--role must be one of ${personRoles.join(', ')}`;
  if (LANGUAGE !== 'zh' && LANGUAGE !== 'en') return '--language must be zh or en';
  if (PHONE_DIGEST !== 'any' && PHONE_DIGEST !== 'sha256') return '--phone-digest must be any or sha256';
  const tenantId = asId<TenantId>(TENANT);
  const number = AGENT ?? (ROLE === 'agent' ? NAME : null);
  const password = PASSWORD_FILE === undefined ? null : readFileSync(PASSWORD_FILE, 'utf8').trim();
  if (password !== null && password.length < LEAST_LETTERS) return `the password in ${PASSWORD_FILE} has fewer than ${LEAST_LETTERS} characters`;
  const user: User = {
    userId: asId<UserId>(`${TENANT}:${NAME}`),
    tenantId,
    username: NAME,
    name: DISPLAY_NAME ?? NAME,
    role: ROLE,
    language: LANGUAGE,
    agentId: number === null ? null : agentIdOf(tenantId, number),
    teams: TEAMS.split(',')
      .map((team) => team.trim())
      .filter((team) => team !== ''),
  };
  return { user, password, phoneDigest: PHONE_DIGEST };
}

async function add(store: Store, { user, password, phoneDigest }: Wish): Promise<number> {
  if (!(await tenantExists(store.db, user.tenantId))) return failed(`there is no tenant "${user.tenantId}"`);
  if (user.agentId !== null && !(await agentExists(store.db, user.agentId))) return failed(`there is no agent "${user.agentId}": give her number with --agent`);
  const given = password ?? newPassword();
  const { tenantId, userId, role, agentId, teams } = user;
  const told = {
    at: systemClock.now(),
    tenantId,
    userId: null,
    source: 'cli',
    action: 'user.create',
    resource: `user/${userId}`,
    after: { role, agentId, teams },
  };
  if (!(await addUser(store, user, given, phoneDigest, (db) => writeAudit(db, told)))) return failed(`"${user.username}" is taken in ${user.tenantId}`);
  process.stdout.write(`added ${user.role} ${user.username} of ${user.tenantId}${password === null ? `, password ${given}` : ''}\n`);
  return 0;
}

function failed(why: string): number {
  process.stderr.write(`huawu user: ${why}\n`);
  return 1;
}

const isRole = (text: string): text is PersonRole => (personRoles as readonly string[]).includes(text);
