/**
 * One leg: a SIP dialog (or the attempt at one) and the media endpoint of the same id.
 *
 *   arriving ──200──▶ up ──▶ ended          a call to us: seen from the caller, it rings until our 200
 *   opening ──INVITE──▶ ringing ──200──▶ up ──▶ ended       a call of ours: her phones ring until the first answers
 *
 * Every state goes to `ended` once and only by `end`, which closes the endpoint and tells `legEnded`.
 */
import type { CallId, LegId } from '../../kernel/ids.ts';
import type { Answerer } from '../../media/port.ts';
import type { PhoneWord } from '../call/control.ts';
import type { EndedBy, Ending, EndingCause } from '../call/ending.ts';
import type { LegStands } from '../call/event.ts';
import { tagOf } from './address.ts';
import { PhoneControl } from './control.ts';
import { cancelReason, endingOfBye, endingOfServerBye, reasonHeader, statusOfCause } from './endings.ts';
import { openAnew } from './endpoint.ts';
import { Hold, isLost } from './hold.ts';
import { hearKeys } from './info.ts';
import { type LastWord, tellAudio } from './leg-audio.ts';
import { mediaGroupOf } from './legs.ts';
import { Referral } from './refer.ts';
import { type DialogLeg, type DialogName, guarded, type LegOwner, type Rim } from './rim.ts';
import type { Ringing } from './ring.ts';
import type { SipDialog, SipRequest, SipResponse } from './srf.ts';
import { endDialog } from './trunk/inside.ts';

export type LegProgress =
  | { at: 'arriving'; req: SipRequest; res: SipResponse }
  | { at: 'opening' }
  | { at: 'ringing'; fork: Ringing }
  | { at: 'up'; dialog: SipDialog; hold: Hold; control: PhoneControl; referral: Referral; theirs: boolean }
  | { at: 'ended' };

export class Leg implements DialogLeg {
  /** Another one after an attended transfer. */
  callId: CallId;
  readonly legId: LegId;
  readonly owner: LegOwner;
  readonly mediaGroup: string;
  /** Whom the signalling comes from, for the media server's source lock; '' before an endpoint was opened. */
  signallingAddress = '';
  /** What its phone does when told to. */
  takes: readonly PhoneWord[] = [];
  /** It is to go off-hook by itself, and has been told or will be. */
  picked = false;
  readonly #rim: Rim;
  #progress: LegProgress;
  #stopTimer: (() => void) | null = null;
  /** Its caller was told that it rings. */
  #alerted = false;
  /** Its endpoint went before the dialog stood: it is to have another as soon as it does. */
  #adrift = false;
  /** Its audio has gone past the media server. */
  #direct = false;

  constructor(rim: Rim, callId: CallId, legId: LegId, owner: LegOwner, progress: LegProgress, mediaGroup = mediaGroupOf(rim.legs, rim.calls, callId)) {
    this.#rim = rim;
    this.mediaGroup = mediaGroup;
    this.callId = callId;
    this.legId = legId;
    this.owner = owner;
    this.#progress = progress;
  }

  get progress(): LegProgress {
    return this.#progress;
  }

  get dialogs(): readonly DialogName[] {
    const progress = this.#progress;
    if (progress.at === 'ringing') return progress.fork.dialogs;
    if (progress.at === 'arriving') return [arrivingDialog(progress.req)];
    if (progress.at !== 'up') return [];
    const { callId, localTag, remoteTag } = progress.dialog.sip;
    return [{ sipCallId: callId, localTag, remoteTag, state: 'confirmed', initiator: progress.theirs ? 'them' : 'us' }];
  }

  get rings(): boolean {
    return this.#alerted || this.dialogs.some(({ initiator, remoteTag }) => initiator === 'us' && remoteTag !== null);
  }

  get ended(): boolean {
    return this.#progress.at === 'ended';
  }

  /** Its party rings: so does, in the ear of who called, ours (180). */
  alert(): void {
    if (this.#progress.at !== 'arriving') return;
    this.#progress.res.send(180);
    this.#alerted = true;
    this.#rim.legs.changed(this.legId);
  }

  /** Our INVITEs are out. */
  ringing(fork: Ringing): void {
    if (!this.ended) this.#progress = { at: 'ringing', fork };
  }

  /** One deadline for reaching `up`; `up` and `ended` disarm it. */
  endUnlessUpWithin(ms: number, ending: Ending): void {
    this.#stopTimer = this.#rim.clock.after(ms, () => this.release(ending.cause, ending.by));
  }

  /** The dialog stands. From here on the far end may say BYE, hold, refer; `legAnswered` is told by `answered`. */
  joined(dialog: SipDialog, localSdp: string, theirs = this.#progress.at === 'arriving'): void {
    this.#stopTimer?.();
    const control = new PhoneControl(this.#rim, this, dialog);
    const hold = new Hold(this.#rim, this, dialog, localSdp, (holds) => control.moved(holds));
    this.#progress = { at: 'up', dialog, hold, control, referral: new Referral(this.#rim, this, dialog), theirs };
    hearKeys(this.#rim, this, dialog);
    this.#rim.legs.changed(this.legId);
    const gone = (bye: SipRequest, reason: string): void =>
      this.end(bye.source === 'application' ? endingOfServerBye(reason) : endingOfBye(bye.get('Reason')), Promise.resolve(bye));
    dialog.on('destroy', guarded(this.#rim, this, gone));
  }

  answered(): void {
    if (this.#adrift) void this.#move(() => this.#tellAnswered());
    else if (!this.ended) this.#tellAnswered();
  }

  #tellAnswered(): void {
    const { callId, legId, stands } = this;
    this.#rim.take({ type: 'legAnswered', callId, legId, ...(stands === null ? {} : { stands }) });
  }

  get stands(): LegStands | null {
    const { progress, owner, mediaGroup, signallingAddress } = this;
    if (progress.at !== 'up') return null;
    const agentId = owner.is === 'agent' ? owner.agentId : null;
    const takes = this.takes.length === 0 ? {} : { takes: [...this.takes] };
    return { dialogId: progress.dialog.id, agentId, mediaGroup, signallingAddress, trunkId: this.#rim.trunks.trunkOf(this.legId), ...takes };
  }

  /** The phone's answer to our offer; then it is answered. `from`: which of several phones it is. */
  agree(answer: string, from?: Answerer): void {
    if (from !== undefined) this.signallingAddress = from.signallingAddress;
    this.#rim.media.accept(this.legId, answer, from).then(
      () => this.answered(),
      (error: unknown) => {
        if (isLost(error)) this.#adrift = true;
        if (this.#adrift) return this.answered();
        this.#rim.warn('answer of a phone not usable', { err: error, legId: this.legId });
        this.release('incompatible_media', 'server');
      },
    );
  }

  /** The page of a browser was closed or loaded anew; it has as long to come back as any phone may be silent. */
  away(away: boolean): void {
    const progress = this.#progress;
    if (progress.at !== 'up') return;
    const leftAt = this.#rim.clock.now();
    progress.hold.away(away, () => this.release('media_timeout', 'server', leftAt));
  }

  /** Its media server or worker died. */
  lostMedia(): void {
    if (this.#progress.at === 'up') this.#rim.take({ type: 'legMediaLost', callId: this.callId, legId: this.legId });
    else this.#adrift = true;
  }

  reanchor(): void {
    void this.#move(() => this.#rim.take({ type: 'legMediaRestored', callId: this.callId, legId: this.legId }));
  }

  /** Its phone's last description of itself; '' while it does not stand. */
  get theirs(): string {
    return this.#progress.at === 'up' ? this.#progress.hold.theirs : '';
  }

  /** See `Hold.point`. */
  point(sdp: string): Promise<string> {
    const progress = this.#progress;
    return progress.at === 'up' ? progress.hold.point(sdp, !progress.theirs) : Promise.reject(new Error('the leg does not stand'));
  }

  /** From here on its phone and another send to one another. */
  wentDirect(): void {
    this.#direct = true;
  }

  get hasBeenDirect(): boolean {
    return this.#direct;
  }

  async #move(moved: () => void): Promise<void> {
    const progress = this.#progress;
    if (progress.at !== 'up' || progress.hold.moving) return;
    try {
      await progress.hold.move((profile) => openAnew(this.#rim, this, profile), !progress.theirs);
      this.#adrift = false;
      if (!this.ended) moved();
    } catch (error) {
      this.#rim.warn('the audio of a leg could not be put elsewhere', { err: error, legId: this.legId });
      this.release('media_failure', 'server');
    }
  }

  /** Its phone is to hold, or to retrieve. */
  controlPhone(control: 'hold' | 'retrieve'): void {
    if (this.#progress.at === 'up') this.#progress.control.tell(control, this.#progress.hold.held);
  }

  /** What its phone asked for by REFER came to nothing. */
  refuseTransfer(cause: EndingCause): void {
    if (this.#progress.at === 'up') this.#progress.referral.failed(statusOfCause[cause].status);
  }

  /** Ends it from our side, in the way its state asks for: final answer, CANCEL or BYE. It ends whatever may be thrown as that is sent. */
  release(cause: EndingCause, by: EndedBy, lastHeardAt?: number): void {
    try {
      this.#release(cause, by, lastHeardAt);
    } catch (error) {
      this.#rim.log.error({ err: error, legId: this.legId }, 'the end of a leg could not be told');
      this.end({ cause, by, q850: statusOfCause[cause].q850 });
    }
  }

  #release(cause: EndingCause, by: EndedBy, lastHeardAt: number | undefined): void {
    const progress = this.#progress;
    const { status, q850 } = statusOfCause[cause];
    if (progress.at === 'arriving') {
      progress.res.send(status, { headers: { Reason: reasonHeader(cause), ...(status === 503 ? { 'Retry-After': '30' } : {}) } });
      this.end({ cause, by, sip: status, q850 });
    } else if (progress.at === 'up') {
      if (cause === 'transferred') progress.referral.succeeded();
      const answer = endDialog(this.#rim, this.#rim.trunks.lineOf(this.legId), progress.dialog, reasonHeader(cause));
      this.end({ cause, by, q850, ...(lastHeardAt === undefined ? {} : { lastHeardAt }) }, answer);
    } else {
      if (progress.at === 'ringing') progress.fork.cancel(cancelReason(cause));
      this.end({ cause, by, q850 });
    }
  }

  /** The one way out. Later calls do nothing. `lastWord`: see `leg-audio.ts`. */
  end(ending: Ending, lastWord: Promise<LastWord> = Promise.resolve(null)): void {
    if (this.ended) return;
    const progress = this.#progress;
    const direct = this.#direct ? { theirs: this.theirs, lastWord } : null;
    this.#progress = { at: 'ended' };
    this.#stopTimer?.();
    if (progress.at === 'up') {
      progress.referral.stop();
      progress.hold.stop();
      progress.control.stop();
    }
    this.#rim.forget(this.legId);
    void tellAudio(this.#rim, this, direct);
    this.#rim.take({ type: 'legEnded', callId: this.callId, legId: this.legId, ending });
  }

  /** The connection to the SIP server is gone, and its dialogs with it: nothing can be sent any more. */
  lostSip(): void {
    this.end({ cause: 'sip_failure', by: 'server', q850: statusOfCause.sip_failure.q850 });
  }
}

/** Of an INVITE to us; our tag is the SIP server's business until the answer. */
const arrivingDialog = (req: SipRequest): DialogName => ({
  sipCallId: req.get('Call-ID') ?? '',
  localTag: null,
  remoteTag: tagOf(req.get('From')),
  state: 'early',
  initiator: 'them',
});
