/**
 * What a desk asks of a phone in a dialog that stands: NOTIFY with `Event: hold` or `talk` (Advanced Call Control). That it does so is told by its own
 * re-INVITE, as if she had pressed the key there; a phone that refuses, or agrees and does nothing, is told of.
 */
import type { PhoneWord } from '../call/control.ts';
import type { CommandOf } from '../vocabulary.ts';
import { type DialogLeg, guarded, type Rim } from './rim.ts';
import type { SipDialog, SipHeaders } from './srf.ts';
import { askInside } from './trunk/inside.ts';

/** From the NOTIFY to what follows of it; a phone at hand does it within some tenths of a second. */
export const ACTS_WITHIN_MS = 2_000;

type Control = CommandOf<'controlPhone'>['control'];

/** There is no subscription: phones take these words by agreement, and look at nothing but the event. */
export const wordHeaders = (word: PhoneWord): SipHeaders => ({ Event: word, 'Subscription-State': 'active' });

export class PhoneControl {
  readonly #rim: Rim;
  readonly #leg: DialogLeg;
  readonly #dialog: SipDialog;
  /** What it was told and has not done yet. */
  #told: { control: Control; agreed: boolean; stop: () => void } | null = null;

  constructor(rim: Rim, leg: DialogLeg, dialog: SipDialog) {
    this.#rim = rim;
    this.#leg = leg;
    this.#dialog = dialog;
  }

  /** `holds`: as it stands now. Told the same again while it has not done it, once is enough. */
  tell(control: Control, holds: boolean): void {
    if (this.#told?.control === control) return;
    this.stop();
    if (holds === (control === 'hold')) {
      this.#failed(control, 'unmoved');
      return;
    }
    const late = guarded(this.#rim, this.#leg, () => this.#late());
    const told = { control, agreed: false, stop: this.#rim.clock.after(ACTS_WITHIN_MS, late) };
    this.#told = told;
    const { contact } = this.#dialog.local;
    const headers = { ...wordHeaders(control === 'hold' ? 'hold' : 'talk'), ...(contact === undefined ? {} : { Contact: contact }) };
    askInside(this.#rim, this.#rim.trunks.lineOf(this.#leg.legId), this.#dialog, { method: 'NOTIFY', headers }, (res) => {
      if (this.#told !== told) return;
      told.agreed = res !== null && res.status < 300;
      if (told.agreed) return;
      this.stop();
      this.#failed(control, 'refused', res?.status);
    });
  }

  /** The phone holds, or no longer does, for whatever reason. */
  moved(holds: boolean): void {
    if (this.#told !== null && holds === (this.#told.control === 'hold')) this.stop();
  }

  /** The leg has ended, or nothing is waited for any more. */
  stop(): void {
    this.#told?.stop();
    this.#told = null;
  }

  #late(): void {
    const told = this.#told;
    this.#told = null;
    if (told !== null) this.#failed(told.control, told.agreed ? 'unmoved' : 'silent');
  }

  #failed(control: Control, why: 'refused' | 'silent' | 'unmoved', sip?: number): void {
    const { callId, legId, ended } = this.#leg;
    if (!ended) this.#rim.take({ type: 'legControlFailed', callId, legId, control, why, ...(sip === undefined ? {} : { sip }) });
  }
}
