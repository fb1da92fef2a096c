/** Requests outside any dialog that are no call and no registration: each answered at once and the same for everybody. */
import { ALLOWED_METHODS, EXTENSIONS } from './inbound.ts';
import type { SipAgent, SipRequest, SipResponse } from './srf.ts';

const RETRY_AFTER = { 'Retry-After': '30' };

/** Method → final status. Nothing of a stranger is relayed to agents; we hold no presence and take no transfers outside a call. */
const refusals: Readonly<Record<string, number>> = { message: 405, publish: 489, notify: 481, info: 481, refer: 403 };

export function answerOthers(sip: SipAgent, refusing: () => boolean): void {
  sip.use('options', (_req: SipRequest, res: SipResponse) => {
    if (refusing()) return res.send(503, { headers: RETRY_AFTER });
    res.send(200, { headers: { Allow: ALLOWED_METHODS, Accept: 'application/sdp', Supported: EXTENSIONS } });
  });
  for (const [method, status] of Object.entries(refusals)) {
    const headers = status === 405 ? { Allow: ALLOWED_METHODS } : {};
    sip.use(method, (_req: SipRequest, res: SipResponse) => res.send(status, { headers }));
  }
}
