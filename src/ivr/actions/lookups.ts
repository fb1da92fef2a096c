/** Carries out `lookUp`: asks what a customer has and owes, within 2 s, and answers with `lookupEnded`, once, whatever happens. */
import { type Clock, within } from '../../../kernel/clock.ts';
import { asId, type CustomerId, type TenantId } from '../../../kernel/ids.ts';
import type { Logger } from '../../../kernel/log.ts';
import type { CallsView } from '../../call/call.ts';
import type { CallCommand } from '../../call/command.ts';
import type { CallEvent } from '../../call/event.ts';
import { type LookupName, lookupNames } from '../plan.ts';

/** Money in fen (1/100 yuan), data in MB, voice in minutes; `label` names a prompt. */
export interface Account {
  balanceFen: number;
  monthFeeFen: number;
  dataTotalMb: number;
  dataUsedMb: number;
  voiceTotalMin: number;
  voiceUsedMin: number;
  planName: { zh: string; en: string };
  billItems: { label: string; fen: number }[];
}

/** null = the customer has no account, or it cannot be had now. */
export interface AccountSource {
  accountOf(tenantId: TenantId, customerId: CustomerId): Promise<Account | null>;
}

export interface LookUpsOptions {
  accounts: AccountSource;
  /** For open tickets, which came with the customer's card. */
  calls: CallsView;
  clock: Clock;
  log: Logger;
  take(event: CallEvent): void;
}

type LookUp = Extract<CallCommand, { type: 'lookUp' }>;

const DEADLINE_MS = 2000;
/** A source that hangs must not gather calls without end: beyond this a lookup fails at once. */
const MOST_UNDER_WAY = 1000;

export function createLookUps(options: LookUpsOptions): { lookUp(command: LookUp): void } {
  let underWay = 0;
  const answer = ({ callId, playId }: LookUp, values: Record<string, string> | null): void =>
    options.take({ type: 'lookupEnded', callId, playId, ok: values !== null, values: values ?? {} });
  return {
    lookUp(command) {
      if (underWay >= MOST_UNDER_WAY) return answer(command, null);
      underWay += 1;
      within(options.clock, DEADLINE_MS, valuesOf(options, command), () => new Error(`no answer within ${DEADLINE_MS} ms`))
        .catch((error: Error) => {
          options.log.warn({ err: error, callId: command.callId, what: command.what }, 'a lookup failed');
          return null;
        })
        .then((values) => {
          underWay -= 1;
          answer(command, values);
        });
    },
  };
}

async function valuesOf({ accounts, calls }: LookUpsOptions, command: LookUp): Promise<Record<string, string> | null> {
  const what = lookupNames.find((name) => name === command.what);
  const customerId = command.arguments.customerId ?? '';
  if (what === undefined || customerId === '') return null;
  if (what === 'tickets') return ticketValues(calls, command);
  const account = await accounts.accountOf(command.tenantId, asId<CustomerId>(customerId));
  return account === null ? null : accountValues[what](account);
}

const MB_PER_GB = 1024;
const left = (total: number, used: number): number => Math.max(0, total - used);
const oneDecimal = (value: number): string => String(Math.round(value * 10) / 10);
const billTotal = ({ billItems }: Account): number => billItems.reduce((sum, item) => sum + item.fen, 0);

/** The names that dialplans read under `values`. */
const accountValues: Record<Exclude<LookupName, 'tickets'>, (account: Account) => Record<string, string>> = {
  balance: (account) => ({
    balanceFen: String(account.balanceFen),
    monthFeeFen: String(account.monthFeeFen),
    billTotalFen: String(billTotal(account)),
  }),
  usage: (account) => ({
    dataTotalMb: String(account.dataTotalMb),
    dataUsedMb: String(account.dataUsedMb),
    dataLeftMb: String(left(account.dataTotalMb, account.dataUsedMb)),
    dataLeftGb: oneDecimal(left(account.dataTotalMb, account.dataUsedMb) / MB_PER_GB),
    voiceTotalMin: String(account.voiceTotalMin),
    voiceUsedMin: String(account.voiceUsedMin),
    voiceLeftMin: String(left(account.voiceTotalMin, account.voiceUsedMin)),
  }),
  bill: (account) => ({
    billCount: String(account.billItems.length),
    billTotalFen: String(billTotal(account)),
    ...Object.fromEntries(
      account.billItems.flatMap(({ label, fen }, at) => [
        [`bill.${at + 1}.label`, label],
        [`bill.${at + 1}.fen`, String(fen)],
      ]),
    ),
  }),
  plans: (account) => ({ planNameZh: account.planName.zh, planNameEn: account.planName.en, monthFeeFen: String(account.monthFeeFen) }),
};

function ticketValues(calls: CallsView, { callId }: LookUp): Record<string, string> {
  const tickets = calls.get(callId)?.customer?.openTickets ?? [];
  const rows = tickets.flatMap(({ ticketId, title, status }, at) => [
    [`ticket.${at + 1}.id`, ticketId],
    [`ticket.${at + 1}.title`, title],
    [`ticket.${at + 1}.status`, status],
  ]);
  return { ticketCount: String(tickets.length), ...Object.fromEntries(rows) };
}
