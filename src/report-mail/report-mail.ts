/**
 * Sends reports by mail when they are due. What is due is put by with its days, and sent from there: it is tried again after longer and longer, and after the
 * last try it has failed, stays to be seen, and can be sent again by hand. Who was not there when several were due sends the newest alone. At least once:
 * a second mail of the same report has the same Message-ID.
 */
import type { Clock } from '../../kernel/clock.ts';
import { randomToken, type TenantId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import {
  type ClaimedReport,
  claimReports,
  dueReportSchedules,
  forgetReportDeliveries,
  insertDelivery,
  listReportDeliveries,
  listReportSchedules,
  putReportBy,
  type ReportDelivery,
  type ReportOutcome,
  type ReportSchedule,
  removeReportSchedule,
  saveReportSchedule,
  settleReport,
} from '../store/report-mail.ts';
import type { Store } from '../store/store.ts';
import { LONGEST_TRY_SECONDS, type Mailer, type MailSettings, smtpMailer } from './mailer.ts';
import { nextDue, type ReportWish, spanOf } from './schedule.ts';
import { wordsOf } from './words.ts';

const LOOK_MS = 10_000;
const AT_ONCE = 4;
const MOST_DUE = 200;
const MOST_SCHEDULES = 50;
const SHOWN_DELIVERIES = 100;
const KEEP_DAYS = 90;
const FORGET_EACH_MS = 3_600_000;
/** After try 1, 2 …: a day in all. */
const RETRY_SECONDS = [60, 300, 900, 3_600, 10_800, 21_600, 43_200];
const LONGEST_REASON = 300;

/** A report as it is attached; `fault`: why there can be none, however often it is tried. */
export type BuiltReport = { ok: true; name: string; type: string; content: Buffer; serviceLevel: string } | { ok: false; fault: string };
export type BuildReport = (report: ClaimedReport) => Promise<BuiltReport>;
/** In the transaction of what it tells of. */
export type Alongside = (db: Store['db'], scheduleId: string) => Promise<void>;

export interface ReportMailParts {
  store: Pick<Store, 'db'>;
  clock: Clock;
  log: Logger;
  /** null: the house sends no mail. */
  mailer: Mailer | null;
  from: string | null;
  /** Domains that may receive reports; none: all. */
  domains: ReadonlySet<string>;
}

/** As the settings have it; null: the house sends none. */
export const openReportMail = ({ mail, ...house }: Pick<ReportMailParts, 'store' | 'clock' | 'log'> & { mail: OutgoingMail | null }): ReportMail =>
  new ReportMail({ ...house, mailer: mail === null ? null : smtpMailer(mail), from: mail?.from ?? null, domains: mail?.domains ?? new Set() });

export type OutgoingMail = MailSettings & { domains: ReadonlySet<string> };

export class ReportMail {
  readonly #parts: ReportMailParts;
  #build: BuildReport | null = null;
  #stops: (() => void)[] = [];
  #looking: Promise<void> | null = null;
  #again = false;
  #closed = false;

  constructor(parts: ReportMailParts) {
    this.#parts = parts;
  }

  /** From now on what is due is sent. */
  begin(build: BuildReport): void {
    const { clock, store, log } = this.#parts;
    this.#build = build;
    const forget = (): void =>
      void forgetReportDeliveries(store.db, KEEP_DAYS).catch((error: unknown) =>
        log.warn({ err: error }, 'report mail: old deliveries are not cleared away yet'),
      );
    this.#stops = [clock.every(LOOK_MS, () => this.look()), clock.every(FORGET_EACH_MS, forget)];
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of this.#stops) stop();
    await this.#looking;
  }

  get mail(): { configured: boolean; from: string | null } {
    return { configured: this.#parts.mailer !== null, from: this.#parts.from };
  }

  /** Which of these may receive nothing from here; null = all may. */
  refusedRecipient(recipients: readonly string[]): string | null {
    const { domains } = this.#parts;
    if (domains.size === 0) return null;
    return recipients.find((address) => !domains.has(address.slice(address.lastIndexOf('@') + 1).toLowerCase())) ?? null;
  }

  get allowedDomains(): string[] {
    return [...this.#parts.domains];
  }

  list(tenantId: TenantId): Promise<ReportSchedule[]> {
    return listReportSchedules(this.#parts.store.db, tenantId);
  }

  async get(tenantId: TenantId, scheduleId: string): Promise<ReportSchedule | null> {
    return (await this.list(tenantId)).find((schedule) => schedule.scheduleId === scheduleId) ?? null;
  }

  /** null: the tenant has as many as it may. */
  async create(tenantId: TenantId, wish: ReportWish, alongside: Alongside): Promise<ReportSchedule | null> {
    const { store, clock } = this.#parts;
    const schedule = { ...wish, scheduleId: `${tenantId}:${randomToken(8)}`, tenantId, nextAt: nextDue(wish, clock.now()) };
    return store.db.transaction().execute(async (trx) => {
      if ((await listReportSchedules(trx, tenantId)).length >= MOST_SCHEDULES) return null;
      await saveReportSchedule(trx, schedule);
      await alongside(trx, schedule.scheduleId);
      return { ...schedule, last: null };
    });
  }

  async change(tenantId: TenantId, scheduleId: string, change: Partial<ReportWish>, alongside: Alongside): Promise<ReportSchedule | null> {
    const before = await this.get(tenantId, scheduleId);
    if (before === null) return null;
    const { last, ...after } = { ...before, ...change };
    const saved = { ...after, nextAt: nextDue(after, this.#parts.clock.now()) };
    await this.#parts.store.db.transaction().execute(async (trx) => {
      await saveReportSchedule(trx, saved);
      await alongside(trx, scheduleId);
    });
    return { ...saved, last };
  }

  /** With what waits to be sent of it. */
  async remove(tenantId: TenantId, scheduleId: string, alongside: Alongside): Promise<boolean> {
    if ((await this.get(tenantId, scheduleId)) === null) return false;
    await this.#parts.store.db.transaction().execute(async (trx) => {
      await removeReportSchedule(trx, scheduleId);
      await alongside(trx, scheduleId);
    });
    return true;
  }

  /** The one that would have been due last, now. */
  async sendNow(schedule: ReportSchedule, alongside: Alongside): Promise<ReportDelivery> {
    const { store, clock } = this.#parts;
    const now = clock.now();
    const delivery = await store.db.transaction().execute(async (trx) => {
      await alongside(trx, schedule.scheduleId);
      return insertDelivery(trx, schedule.scheduleId, now - (now % 1000), spanOf(schedule, now));
    });
    this.look();
    return delivery;
  }

  deliveries(scheduleId: string): Promise<ReportDelivery[]> {
    return listReportDeliveries(this.#parts.store.db, scheduleId, SHOWN_DELIVERIES);
  }

  /** There may be something to send. */
  look(): void {
    if (this.#closed || this.#build === null || this.#parts.mailer === null) return;
    if (this.#looking !== null) {
      this.#again = true;
      return;
    }
    this.#looking = this.#work(this.#build, this.#parts.mailer)
      .catch((error: unknown) => this.#parts.log.debug({ err: error }, 'report mail: cannot be looked at now'))
      .finally(() => {
        this.#looking = null;
        const again = this.#again;
        this.#again = false;
        if (again) this.look();
      });
  }

  async #work(build: BuildReport, mailer: Mailer): Promise<void> {
    const { store, clock } = this.#parts;
    const now = clock.now();
    for (const schedule of await dueReportSchedules(store.db, now, MOST_DUE))
      await putReportBy(store.db, schedule, nextDue(schedule, now), spanOf(schedule, now));
    while (!this.#closed) {
      const claimed = await claimReports(store.db, AT_ONCE, LONGEST_TRY_SECONDS);
      if (claimed.length === 0) return;
      for (const report of claimed) await settleReport(store.db, report.deliveryId, await this.#send(report, build, mailer));
    }
  }

  async #send(report: ClaimedReport, build: BuildReport, mailer: Mailer): Promise<ReportOutcome> {
    const { schedule, deliveryId, attempts } = report;
    try {
      const built = await build(report);
      if (!built.ok) return { ok: false, error: built.fault, retrySeconds: null };
      const { name, type, content, serviceLevel } = built;
      const domain = this.#parts.from?.split('@').at(-1)?.replace('>', '') ?? 'localhost';
      const messageId = `<report-${schedule.scheduleId.replace(/[^\w-]/g, '-')}-${deliveryId}@${domain}>`;
      await mailer.send({ to: schedule.recipients, ...wordsOf(report, serviceLevel), messageId, attachment: { name, type, content } });
      return { ok: true };
    } catch (error) {
      const retrySeconds = RETRY_SECONDS[attempts - 1] ?? null;
      this.#parts.log.warn({ err: error, scheduleId: schedule.scheduleId, retrySeconds }, 'report mail: a report could not be sent');
      return { ok: false, error: (error instanceof Error ? error.message : 'it failed').slice(0, LONGEST_REASON), retrySeconds };
    }
  }
}
