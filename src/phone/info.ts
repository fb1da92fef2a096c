/** Keys by SIP INFO (`application/dtmf-relay`, `application/dtmf`), from phones that send no RFC 4733 events. Bounded: faults E7, C18. */
import { type DialogLeg, guarded, type Rim } from './rim.ts';
import type { SipDialog, SipRequest, SipResponse } from './srf.ts';

const MOST_KEYS_A_SECOND = 20;
const LONGEST_BODY = 256;

/** `Signal=5`, or the key alone; null = no key we know. `10` and `11` stand for * and # in some phones. */
export function keyOf(contentType: string, body: string): string | null {
  const type = contentType.split(';')[0]?.trim().toLowerCase();
  if (body.length > LONGEST_BODY || (type !== 'application/dtmf-relay' && type !== 'application/dtmf')) return null;
  const signal = type === 'application/dtmf' ? body.trim() : /^\s*signal\s*=\s*(\S+)\s*$/im.exec(body)?.[1];
  const key = signal === '10' ? '*' : signal === '11' ? '#' : (signal ?? '').toUpperCase();
  return /^[0-9*#A-D]$/.test(key) ? key : null;
}

/** Tells the keys of one dialog, at most so many a second; what is no key is refused (415), as RFC 6086 §4.2.2 would have it. */
export function hearKeys(rim: Pick<Rim, 'clock' | 'pressed' | 'broke'>, leg: DialogLeg, dialog: SipDialog): void {
  let second = 0;
  let keys = 0;
  const heard = (req: SipRequest, res: SipResponse): void => {
    if (req.body === '') {
      res.send(200);
      return;
    }
    const key = keyOf(req.get('Content-Type') ?? '', req.body);
    if (key === null) {
      res.send(415, { headers: { Accept: 'application/dtmf-relay, application/dtmf' } });
      return;
    }
    const now = Math.floor(rim.clock.now() / 1_000);
    keys = now === second ? keys + 1 : 1;
    second = now;
    if (keys > MOST_KEYS_A_SECOND) {
      res.send(503, { headers: { 'Retry-After': '1' } });
      return;
    }
    res.send(200);
    if (!leg.ended) rim.pressed(leg.legId, key);
  };
  dialog.on('info', guarded(rim, leg, heard));
}
