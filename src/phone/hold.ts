/**
 * What a phone asks for in a dialog that stands: hold, retrieve, moved media (re-INVITE or UPDATE with an offer), session refresh.
 * Answers come from the media server; the call only hears when the direction changed. We send no re-INVITE of our own, but to refresh a session
 * whose trunk wants credentials: the media server joins and parts without one.
 */
import type { DialogLeg, Rim } from './rim.ts';
import type { SipDialog, SipRequest, SipResponse } from './srf.ts';
import { refreshSession } from './trunk/inside.ts';

const RETRY_SECONDS = '2';

export class Hold {
  readonly #rim: Rim;
  readonly #leg: DialogLeg;
  readonly #dialog: SipDialog;
  #localSdp: string;
  #held = false;
  #busy = false;
  /** An offer of ours that waits for its answer in the ACK. */
  #offered = false;

  constructor(rim: Rim, leg: DialogLeg, dialog: SipDialog, localSdp: string) {
    this.#rim = rim;
    this.#leg = leg;
    this.#dialog = dialog;
    this.#localSdp = localSdp;
    dialog.on('modify', (req, res) => void this.#changed(req, res));
    dialog.on('update', (req, res) => void this.#changed(req, res));
    dialog.on('ack', (ack) => void this.#acknowledged(ack));
  }

  get held(): boolean {
    return this.#held;
  }

  async #changed(req: SipRequest, res: SipResponse): Promise<void> {
    // Told by our SIP server, whose own refresh was challenged.
    if (req.source === 'application') {
      refreshSession(this.#rim, this.#rim.trunks.lineOf(this.#leg.legId), this.#dialog, req, this.#localSdp);
      return;
    }
    if (req.body === '') {
      this.#offered = req.method === 'INVITE';
      this.#accept(res, this.#offered ? this.#localSdp : null);
      return;
    }
    // RFC 3261 §14.2: a second offer while one is being answered is refused "with a Retry-After header field".
    if (this.#busy) return res.send(500, { headers: { 'Retry-After': RETRY_SECONDS } });
    this.#busy = true;
    try {
      const { sdp, direction } = await this.#rim.media.renegotiate(this.#leg.legId, req.body);
      this.#localSdp = sdp;
      this.#accept(res, sdp);
      this.#tell(direction === 'sendonly' || direction === 'inactive');
    } catch (error) {
      // The session stays as it was (RFC 3261 §14.2): only this change is refused.
      this.#rim.warn('media change refused', { err: error, legId: this.#leg.legId });
      if (!this.#leg.ended) res.send(488);
    } finally {
      this.#busy = false;
    }
  }

  async #acknowledged(ack: SipRequest): Promise<void> {
    if (!this.#offered || ack.body === '') return;
    this.#offered = false;
    try {
      await this.#rim.media.accept(this.#leg.legId, ack.body);
    } catch (error) {
      this.#rim.warn('answer in ACK not usable', { err: error, legId: this.#leg.legId });
    }
  }

  #accept(res: SipResponse, sdp: string | null): void {
    if (this.#leg.ended) return;
    const contact = this.#dialog.local.contact;
    const headers = { ...(contact === undefined ? {} : { Contact: contact }), ...(sdp === null ? {} : { 'Content-Type': 'application/sdp' }) };
    res.send(200, { headers, ...(sdp === null ? {} : { body: sdp }) });
  }

  #tell(held: boolean): void {
    if (this.#leg.ended || held === this.#held) return;
    this.#held = held;
    this.#rim.take({ type: held ? 'legHeld' : 'legRetrieved', callId: this.#leg.callId, legId: this.#leg.legId });
  }
}
