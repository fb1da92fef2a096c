/** The commands of `huawu`. `sip` and `media` are programs of their own and are started by `scripts/huawu.mjs`. */
import { ConfigError, version } from './config.ts';

interface CommandHelp {
  usage: string;
  does: string;
  run?: () => Promise<{ main(args: string[]): number | Promise<number> }>;
}

const commands: Record<string, CommandHelp> = {
  serve: { usage: 'serve', does: 'the whole server: SIP, media, application, consoles', run: () => import('./commands/serve.ts') },
  sip: { usage: 'sip', does: 'the SIP server alone, with its control port for drachtio applications' },
  media: { usage: 'media', does: 'the media server alone' },
  migrate: { usage: 'migrate', does: 'brings the database up to date and says what it did', run: () => import('./commands/migrate.ts') },
  check: { usage: 'check [FILES|FOLDER]', does: 'checks dialplans and tenant.yaml; faults as file:line:column', run: () => import('./commands/check.ts') },
  simulate: {
    usage: 'simulate [--runs N | --day | --profile F | --journal F]',
    does: 'random shifts with invariants; days under two configurations',
    run: () => import('../scripts/simulate.ts'),
  },
  replay: {
    usage: 'replay [FOLDER] [--from start|snapshot|N] [--print]',
    does: 'proves by hash that a journal is decided the same again',
    run: () => import('./commands/replay.ts'),
  },
  reconcile: {
    usage: 'reconcile [--day YYYY-MM-DD] [--zone Z] [--tenant T]',
    does: "proves a day: the ledger's sums, records of calls, the journal counted anew",
    run: () => import('./commands/reconcile.ts'),
  },
  refused: {
    usage: 'refused',
    does: 'the records that the database would not take and that were set aside, as JSON',
    run: () => import('./commands/refused.ts'),
  },
  call: {
    usage: 'call NUMBER [--from N] [--keys 1,0] [--seconds N]',
    does: 'a test call to a running server, with real audio',
    run: () => import('../scripts/call.ts'),
  },
  recording: {
    usage: 'recording verify FILE…|--all',
    does: 'proves that recordings are what was recorded',
    run: () => import('./commands/recording.ts'),
  },
  audit: {
    usage: 'audit verify [--tenant T] [--head SEQ:HASH]',
    does: 'proves that the audit trail is as it was written; names the first broken entry',
    run: () => import('./commands/audit.ts'),
  },
  backup: {
    usage: 'backup FOLDER [--kind full|light] | backup verify FOLDER',
    does: 'everything that cannot be made anew, beside the server that runs; verify: whether it is what was written',
    run: () => import('./commands/backup.ts'),
  },
  restore: {
    usage: 'restore FOLDER [--backup NAME]',
    does: 'puts a backup in place in an empty data folder, and proves what is there then',
    run: () => import('./commands/restore.ts'),
  },
  user: { usage: 'user add --tenant T --name N --role agent|supervisor|admin', does: 'adds a user', run: () => import('./commands/user.ts') },
};

const USAGE_ERROR = 2;

export function helpOf(name: string): string {
  const command = commands[name];
  return command === undefined ? overview() : `huawu ${command.usage}\n  ${command.does}\n${settingsHint}`;
}

const settingsHint = '\nSettings: flags (--sip-port 5070) over environment (SIP_PORT=5070) over huawu.yaml; README.md has the table.\n';

function overview(): string {
  const rows = Object.values(commands).map(({ usage, does }) => `  ${usage.padEnd(60)} ${does}`);
  return `huawu ${version} — open contact-centre server\n\nUsage: huawu COMMAND [settings]\n\n${rows.join('\n')}\n  --help, --version\n${settingsHint}`;
}

/** Exit codes: 0 fine, 1 failed, 2 wrong usage. */
export async function main(args: string[]): Promise<number> {
  const [name = '--help', ...rest] = args;
  if (name === '--version') return say(`${version}\n`, 0);
  if (name === '--help' || name === 'help') return say(overview(), 0);
  const command = commands[name];
  if (command?.run === undefined) return complain(`huawu: there is no command "${name}"\n\n${overview()}`);
  if (rest.includes('--help')) return say(helpOf(name), 0);
  try {
    return await (await command.run()).main(rest);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return complain(`huawu cannot start, because of its settings:\n${error.faults.map((fault) => `  ${fault}\n`).join('')}`);
  }
}

function say(text: string, code: number): number {
  process.stdout.write(text);
  return code;
}

function complain(text: string): number {
  process.stderr.write(text);
  return USAGE_ERROR;
}
