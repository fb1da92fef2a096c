/** The ports of who comes in: people, programs, identity providers, and the systems that are told. What changes something tells the audit trail in its transaction. */
import type { Clock } from '../../kernel/clock.ts';
import type { ReportMail } from '../report-mail/report-mail.ts';
import { writeAudit } from '../store/audit.ts';
import type { Store } from '../store/store.ts';
import { type ApiKeys, isApiKey } from '../users/api-keys.ts';
import type { Oidc } from '../users/oidc.ts';
import type { SecondFactors } from '../users/second-factor.ts';
import type { Sessions } from '../users/sessions.ts';
import type { Webhooks } from '../webhooks/webhooks.ts';
import type { ApiPorts, AuditEntry } from './ports.ts';

export interface AccessParts {
  clock: Clock;
  sessions: Sessions;
  apiKeys: ApiKeys;
  oidc: Oidc;
  factors: SecondFactors;
  webhooks: Webhooks;
  reportMail: ReportMail;
}
type AccessPorts = Pick<ApiPorts, 'sessions' | 'keys' | 'oidc' | 'factors' | 'webhooks' | 'reportMail'>;

export function accessPorts({ clock, sessions, apiKeys, oidc, factors, webhooks, reportMail }: AccessParts): AccessPorts {
  return {
    sessions: {
      async signIn(tenantId, username, password, code) {
        const signedIn = await sessions.signIn(tenantId, username, password, code);
        if (signedIn.ok) return { result: 'ok', token: signedIn.token, expiresAt: signedIn.expiresAt, identity: signedIn.user };
        const { reason, ...more } = signedIn;
        return { result: reason, ...more };
      },
      identify: (token, source) => (isApiKey(token) ? apiKeys.identify(token, source) : sessions.userOf(token)),
      signOut: (token) => sessions.signOut(token),
      widen: (token) => sessions.widen(token),
    },
    keys: {
      list: (tenantId) => apiKeys.list(tenantId),
      create: (tenantId, key, told) => apiKeys.create(tenantId, key, (db, keyId) => writeAudit(db, { ...told(keyId), at: clock.now() })),
      revoke: (tenantId, keyId, told) => apiKeys.revoke(tenantId, keyId, (db) => writeAudit(db, { ...told, at: clock.now() })),
    },
    oidc: {
      ways: () => oidc.ways(),
      begin: (tenant, page) => oidc.begin(tenant, page),
      end: (tenant, query, cookie) => oidc.end(tenant, query, cookie),
      fetch: (code, cookie, told) => oidc.fetch(code, cookie, (user) => (db) => writeAudit(db, { ...told(user), at: clock.now() })),
    },
    factors: {
      has: (userId) => factors.has(userId),
      begin: (user) => factors.begin(user),
      confirm: (userId, code, told) => factors.confirm(userId, code, (db) => writeAudit(db, { ...told, at: clock.now() })),
      isRight: (userId, code) => factors.isRight(userId, code),
      remove: (userId, told) => factors.remove(userId, (db) => writeAudit(db, { ...told, at: clock.now() })),
      rules: (tenantId) => factors.rules(tenantId),
      saveRules: (tenantId, rules, told) => factors.saveRules(tenantId, rules, (db) => writeAudit(db, { ...told, at: clock.now() })),
    },
    webhooks: webhooksPort(webhooks, clock),
    reportMail: reportMailPort(reportMail, clock),
  };
}

function webhooksPort(webhooks: Webhooks, clock: Clock): ApiPorts['webhooks'] {
  const written = (told: (webhookId: string) => AuditEntry) => (db: Store['db'], webhookId: string) => writeAudit(db, { ...told(webhookId), at: clock.now() });
  return {
    fault: (url) => webhooks.fault(url),
    list: (tenantId) => webhooks.list(tenantId),
    get: (tenantId, webhookId) => webhooks.get(tenantId, webhookId),
    create: (tenantId, wish, told) => webhooks.create(tenantId, wish, written(told)),
    change: (tenantId, webhookId, change, told) => webhooks.change(tenantId, webhookId, change, written(told)),
    rotate: (tenantId, webhookId, keepOldMs, told) => webhooks.rotate(tenantId, webhookId, keepOldMs, written(told)),
    remove: (tenantId, webhookId, told) => webhooks.remove(tenantId, webhookId, written(told)),
    deliveries: (webhookId, state, limit, before) => webhooks.deliveries(webhookId, state, limit, before),
    redeliver: (webhookId, deliveryId, told) => webhooks.redeliver(webhookId, deliveryId, written(told)),
    ping: (webhook) => webhooks.ping(webhook),
  };
}

function reportMailPort(reportMail: ReportMail, clock: Clock): ApiPorts['reportMail'] {
  const written = (told: (scheduleId: string) => AuditEntry) => (db: Store['db'], scheduleId: string) =>
    writeAudit(db, { ...told(scheduleId), at: clock.now() });
  return {
    mail: reportMail.mail,
    allowedDomains: reportMail.allowedDomains,
    refusedRecipient: (recipients) => reportMail.refusedRecipient(recipients),
    list: (tenantId) => reportMail.list(tenantId),
    get: (tenantId, scheduleId) => reportMail.get(tenantId, scheduleId),
    create: (tenantId, wish, told) => reportMail.create(tenantId, wish, written(told)),
    change: (tenantId, scheduleId, change, told) => reportMail.change(tenantId, scheduleId, change, written(told)),
    remove: (tenantId, scheduleId, told) => reportMail.remove(tenantId, scheduleId, written(told)),
    sendNow: (schedule, told) => reportMail.sendNow(schedule, written(told)),
    deliveries: (scheduleId) => reportMail.deliveries(scheduleId),
  };
}
