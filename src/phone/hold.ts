/**
 * What changes in a dialog that stands. The phone asks: hold, retrieve, moved media (re-INVITE or UPDATE with an offer), session refresh;
 * answers come from the media server, and the call only hears when the direction changed. We ask in two cases only: the leg's audio was lost
 * with its media server and goes on at another endpoint; and to refresh a session whose trunk wants credentials. Joining and parting need no
 * re-INVITE.
 * A browser whose page is gone holds, too: the other party hears music until the page is there again, or another of hers takes the leg's place.
 */
import { MediaError, type Profile } from '../../media/port.ts';
import { descriptionIn, descriptionOf } from './description.ts';
import { reinvite } from './reinvite.ts';
import { type DialogLeg, guarded, MEDIA_TIMEOUT_MS, type Rim } from './rim.ts';
import { directionOf, OurSession } from './session.ts';
import type { SipDialog, SipRequest, SipResponse } from './srf.ts';
import { refreshSession } from './trunk/inside.ts';

const RETRY_SECONDS = '2';
/** A media server that dies under a leg being moved to it is left for the next. */
const MOST_MOVES = 3;

/** How the leg stands towards changes: one at a time. `asking`: our own offer is out. */
type Change = 'none' | 'answering' | 'moving' | 'asking';

export class Hold {
  readonly #rim: Rim;
  readonly #leg: DialogLeg;
  readonly #dialog: SipDialog;
  readonly #session: OurSession;
  readonly #moved: (holds: boolean) => void;
  /** The phone's last description of itself. */
  #theirs: string;
  /** What we have said is another phone's: audio goes past the media server. */
  #direct = false;
  #held = false;
  /** While its browser is away: ends the wait for it. */
  #stopWaiting: (() => void) | null = null;
  /** It was that which put the call on hold. */
  #heldForIt = false;
  #change: Change = 'none';
  /** An offer of ours that waits for its answer in the ACK. */
  #offered = false;

  /** `moved`: told whenever the phone holds, or no longer does. */
  constructor(rim: Rim, leg: DialogLeg, dialog: SipDialog, localSdp: string, moved: (holds: boolean) => void) {
    this.#rim = rim;
    this.#moved = moved;
    this.#leg = leg;
    this.#dialog = dialog;
    this.#session = new OurSession(localSdp);
    this.#theirs = descriptionOf(dialog.remote.sdp);
    // One whose dialog stood before we came, and that held then.
    const held = rim.calls.get(leg.callId)?.legs.get(leg.legId)?.progress;
    this.#held = held?.state === 'up' && held.held && isHold(directionOf(this.#theirs));
    const changed = guarded(rim, leg, (req: SipRequest, res: SipResponse) => this.#changed(req, res));
    dialog.on('modify', changed);
    dialog.on('update', changed);
    dialog.on(
      'ack',
      guarded(rim, leg, (ack: SipRequest) => this.#acknowledged(ack)),
    );
  }

  get moving(): boolean {
    return this.#change === 'moving' || this.#change === 'asking';
  }

  get theirs(): string {
    return this.#theirs;
  }

  get held(): boolean {
    return this.#held;
  }

  /** `tooLong`: nobody came back. */
  away(away: boolean, tooLong: () => void): void {
    this.stop();
    if (away) this.#stopWaiting = this.#rim.clock.after(MEDIA_TIMEOUT_MS, guarded(this.#rim, this.#leg, tooLong));
    const { callId, legId } = this.#leg;
    const leg = this.#rim.calls.get(callId)?.legs.get(legId);
    const isHeld = leg?.progress.state === 'up' && leg.progress.held;
    if (away ? isHeld || this.#held : !this.#heldForIt || this.#held) return;
    this.#heldForIt = away;
    this.#rim.take({ type: away ? 'legHeld' : 'legRetrieved', callId, legId });
  }

  /** The leg has ended. */
  stop(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
  }

  /** `open` opens another endpoint for the leg, protected as its audio stands, and gives its offer. Rejects when there is none, or the phone does not take it. */
  async move(open: (profile: Profile) => Promise<string>, ours: boolean): Promise<void> {
    try {
      for (let moves = 1; ; moves += 1) {
        this.#change = 'moving';
        const offer = this.#session.offer(await open(this.#session.profile));
        this.#change = 'asking';
        const answer = await reinvite(this.#rim, this.#rim.trunks.lineOf(this.#leg.legId), this.#dialog, offer, ours);
        const heard = await this.#hear(answer, moves < MOST_MOVES);
        if (!heard) continue;
        this.#theirs = answer;
        this.#direct = false;
        this.#tell(isHold(directionOf(answer)));
        return;
      }
    } finally {
      this.#change = 'none';
    }
  }

  /** Tells the phone to send to where another is (`sdp`, that one's description). Resolves with its answer; rejects when it does not take it. */
  async point(sdp: string, ours: boolean): Promise<string> {
    if (this.#change !== 'none') throw new Error('the leg is being changed');
    const before = this.#session.current;
    this.#change = 'asking';
    try {
      const answer = await reinvite(this.#rim, this.#rim.trunks.lineOf(this.#leg.legId), this.#dialog, this.#session.offer(sdp), ours);
      this.#theirs = answer;
      this.#direct = true;
      return answer;
    } catch (error) {
      this.#session.tell(before);
      throw error;
    } finally {
      this.#change = 'none';
    }
  }

  /** false: the endpoint that was offered is gone by now. */
  async #hear(answer: string, mayMoveOn: boolean): Promise<boolean> {
    try {
      await this.#rim.media.accept(this.#leg.legId, answer);
      return true;
    } catch (error) {
      if (mayMoveOn && isLost(error)) return false;
      throw error;
    }
  }

  async #changed(req: SipRequest, res: SipResponse): Promise<void> {
    // Told by our SIP server, whose own refresh was challenged.
    if (req.source === 'application') {
      refreshSession(this.#rim, this.#rim.trunks.lineOf(this.#leg.legId), this.#dialog, req, this.#session.current);
      return;
    }
    const offer = descriptionIn(req);
    if (offer === '' && this.#change !== 'asking') {
      this.#offered = req.method === 'INVITE';
      this.#accept(res, this.#offered ? this.#session.current : null);
      return;
    }
    // RFC 3261 §14.2 and RFC 3311 §5.2: while an offer of ours is out, the other's is refused with 491.
    if (this.#change === 'asking') return res.send(491);
    // RFC 3261 §14.2: a second offer while one is being answered is refused "with a Retry-After header field".
    if (this.#change !== 'none') return res.send(500, { headers: { 'Retry-After': RETRY_SECONDS } });
    // RFC 3264 §8: the version of the origin line stays while the description does: a refresh, which changes nothing.
    if (this.#direct && originOf(offer) === originOf(this.#theirs)) return this.#accept(res, this.#session.current);
    this.#change = 'answering';
    try {
      const { sdp, direction } = await this.#rim.media.renegotiate(this.#leg.legId, offer);
      this.#accept(res, this.#session.tell(sdp));
      this.#theirs = offer;
      this.#tell(isHold(direction));
    } catch (error) {
      // The session stays as it was (RFC 3261 §14.2): only this change is refused.
      this.#rim.warn('media change refused', { err: error, legId: this.#leg.legId });
      if (!this.#leg.ended) this.#refuse(res, error);
    } finally {
      if (this.#change === 'answering') this.#change = 'none';
      if (this.#direct && !this.#leg.ended) this.#anchored();
    }
  }

  /** It has been answered for ourselves, or could not be: the audio comes back to the media server, of both. */
  #anchored(): void {
    this.#direct = false;
    this.#rim.take({ type: 'directEnded', callId: this.#leg.callId, legIds: null, moved: true });
  }

  /** What a media server that is away cannot answer now it may answer later. */
  #refuse(res: SipResponse, error: unknown): void {
    if (isLost(error)) res.send(500, { headers: { 'Retry-After': RETRY_SECONDS } });
    else res.send(488);
  }

  async #acknowledged(ack: SipRequest): Promise<void> {
    const answer = descriptionIn(ack);
    if (!this.#offered || answer === '') return;
    this.#offered = false;
    try {
      await this.#rim.media.accept(this.#leg.legId, answer);
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
    this.#moved(held);
    this.#rim.take({ type: held ? 'legHeld' : 'legRetrieved', callId: this.#leg.callId, legId: this.#leg.legId, by: 'phone' });
  }
}

/** The endpoint is gone with its media server, or will be told so soon. */
export const isLost = (error: unknown): boolean => error instanceof MediaError && (error.code === 'unavailable' || error.code === 'unknown_endpoint');
/** `o=` of a description. */
const originOf = (sdp: string): string => /^o=(.*?)\s*$/m.exec(sdp)?.[1] ?? '';
const isHold = (direction: string): boolean => direction === 'sendonly' || direction === 'inactive';
