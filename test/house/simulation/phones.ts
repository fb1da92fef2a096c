/**
 * The phone rim of one life of the application, played: it has the legs, as `src/phone` has them, and speaks to the world's dialogs, which outlive it. What it
 * promises the core is the real one's: every leg ends once, a leg that is released ends at once and nothing is told of it any more.
 */
import type { AgentId, CallId, LegId } from '../../../kernel/ids.ts';
import type { EndedBy, Ending, EndingCause } from '../../../src/call/ending.ts';
import type { LegStands } from '../../../src/call/event.ts';
import type { ClaimedLegs, KeptLeg } from '../../../src/phone/claim.ts';
import type { Phone } from '../../../src/phone/phone.ts';
import type { Fleet } from '../../../src/sound/fleet.ts';
import type { CommandOf, Event } from '../../../src/vocabulary.ts';
import type { Life } from './life.ts';
import type { Dialog, World } from './world.ts';

interface Leg {
  callId: CallId;
  readonly legId: LegId;
  readonly dialog: Dialog;
  cancelTimer: () => void;
  held: boolean;
  rings: boolean;
}

export interface PhonesOptions {
  world: World;
  life: Life;
  media: Fleet;
  take: (event: Event) => void;
  isTalking: (callId: CallId, legId: LegId) => boolean;
  /** A planted fault: legs that are released are forgotten by nobody but us. */
  forgetsReleases: boolean;
}

export class PlayedPhones {
  readonly #options: PhonesOptions;
  readonly #legs = new Map<LegId, Leg>();
  /** What the network says before everybody is in place. */
  #held: (() => void)[] | null = [];
  #released = 0;

  constructor(options: PhonesOptions) {
    this.#options = options;
  }

  readonly carriers: Phone['carriers'] = {
    answerLeg: ({ legId }) => this.#answer(legId),
    alertLeg: () => undefined,
    ringLeg: (command) => this.#ring(command, command.agentId),
    dialLeg: (command) => this.#ring(command, null),
    releaseLeg: ({ legId, cause, by }) => this.#release(legId, cause, by),
    moveLeg: ({ callId, legId }) => {
      const leg = this.#legs.get(legId);
      if (leg !== undefined) leg.callId = callId;
    },
    refuseTransfer: () => undefined,
    pickUpLeg: ({ callId, legId }) => this.#pickUp(callId, legId),
    controlPhone: ({ callId, legId, control }) => this.#control(callId, legId, control),
    reanchorLeg: ({ legId }) => this.#reanchor(legId),
    directLegs: ({ callId }) => this.#options.take({ type: 'directEnded', callId, legIds: null, moved: false }),
    askCallback: ({ callId, queueId }) => this.#options.take({ type: 'callbackRefused', callId, queueId, why: 'not_allowed' }),
  };

  get size(): number {
    return this.#legs.size;
  }

  async claim(kept: readonly KeptLeg[]): Promise<ClaimedLegs> {
    const { world } = this.#options;
    const claimed: ClaimedLegs = { up: new Set(), ended: new Map() };
    for (const { callId, legId } of kept) {
      const dialog = world.dialogs.get(legId);
      if (dialog?.state === 'up') {
        this.#legs.set(legId, { callId, legId, dialog, cancelTimer: () => undefined, held: false, rings: false });
        claimed.up.add(legId);
      } else if (dialog?.ending != null) claimed.ended.set(legId, dialog.ending);
    }
    // Nobody asked for these: the SIP server ends them.
    for (const dialog of world.dialogs.values()) if (!this.#legs.has(dialog.legId)) dialog.state = 'gone';
    return claimed;
  }

  open(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const tell of held) tell();
  }

  /** An INVITE; false = it was refused. */
  arrives(dialog: Dialog, event: Extract<Event, { type: 'callArrived' }>): boolean {
    if (this.#held !== null) return false;
    this.#keep(event.callId, dialog);
    this.#options.take(event);
    return true;
  }

  /** BYE, CANCEL or a final answer of the far end. */
  farEnd(legId: LegId, ending: Ending): void {
    this.#hear(legId, (leg) => this.#end(leg, ending));
  }

  rings(legId: LegId): void {
    this.#hear(legId, (leg) => {
      if (!leg.rings) this.#options.take({ type: 'legRinging', callId: leg.callId, legId });
      leg.rings = true;
    });
  }

  answers(legId: LegId): void {
    this.#hear(legId, (leg) => this.#joined(leg));
  }

  holds(legId: LegId, held: boolean): void {
    this.#hear(legId, (leg) => this.#tellHold(leg, held, true));
  }

  mediaTimedOut(legId: LegId, silentMs: number): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined || leg.held || !this.#options.isTalking(leg.callId, legId)) return;
    this.#end(leg, { cause: 'media_timeout', by: 'server', lastHeardAt: this.#options.world.clock.now() - silentMs });
  }

  endpointLost(legId: LegId): void {
    const leg = this.#legs.get(legId);
    if (leg?.dialog.state === 'up') this.#options.take({ type: 'legMediaLost', callId: leg.callId, legId });
  }

  /** Of ours something threw. */
  broke(legId: LegId, error: unknown): void {
    const leg = this.#legs.get(legId);
    this.#options.world.log('error', 'something of a leg failed', { err: error, legId });
    if (leg !== undefined) this.#options.take({ type: 'callBroke', callId: leg.callId, where: 'phone' });
  }

  #hear(legId: LegId, tell: (leg: Leg) => void): void {
    const told = (): void => {
      const leg = this.#legs.get(legId);
      if (leg !== undefined && this.#options.life.alive) tell(leg);
    };
    if (this.#held === null) told();
    else this.#held.push(told);
  }

  #keep(callId: CallId, dialog: Dialog): Leg {
    const { legId } = dialog;
    const leg: Leg = { callId, legId, dialog, cancelTimer: () => undefined, held: false, rings: false };
    this.#legs.set(legId, leg);
    return leg;
  }

  #end(leg: Leg, ending: Ending): void {
    const { callId, legId, dialog } = leg;
    if (!this.#legs.delete(legId)) return;
    leg.cancelTimer();
    const wasUp = dialog.state === 'up';
    dialog.state = 'gone';
    dialog.ending ??= ending;
    void this.#options.media.close(legId).then(() => {
      const audio = { codec: 'PCMA/8000', heard: null, sent: null, roundTripMs: null, troubles: [] };
      if (wasUp) this.#options.take({ type: 'legAudioMeasured', callId, legId, audio });
    });
    this.#options.take({ type: 'legEnded', callId, legId, ending });
  }

  #release(legId: LegId, cause: EndingCause, by: EndedBy): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined) return;
    this.#released += 1;
    leg.dialog.isReleased = true;
    if (this.#options.forgetsReleases && this.#released % 3 === 0) return;
    this.#end(leg, { cause, by });
  }

  async #answer(legId: LegId): Promise<void> {
    const { world, life, media } = this.#options;
    const leg = this.#legs.get(legId);
    if (leg === undefined || leg.dialog.state !== 'early') return;
    try {
      await media.open({ endpointId: legId, signallingAddress: '', timeoutMs: 30_000 });
    } catch {
      return this.#end(leg, { cause: 'media_failure', by: 'server' });
    }
    if (world.chance(0.02)) leg.cancelTimer = life.clock.after(32_000, () => this.#end(leg, { cause: 'no_ack', by: 'server' }));
    else leg.cancelTimer = life.clock.after(world.dice.between(5, 200), () => this.#joined(leg));
  }

  #joined(leg: Leg): void {
    const { callId, legId, dialog } = leg;
    if (dialog.state !== 'early' || !this.#legs.has(legId)) return;
    leg.cancelTimer();
    dialog.state = 'up';
    const stands: LegStands = { dialogId: `d-${legId}`, agentId: dialog.agentId, mediaGroup: callId, signallingAddress: '127.0.0.1', trunkId: null };
    // As the media server takes the phone's description.
    void this.#options.media.accept(legId, '').then(() => {
      if (this.#legs.has(legId)) this.#options.take({ type: 'legAnswered', callId, legId, stands: { ...stands, takes: ['talk', 'hold'] } });
    });
  }

  async #ring({ callId, legId, timeoutMs }: CommandOf<'ringLeg'> | CommandOf<'dialLeg'>, agentId: AgentId | null): Promise<void> {
    const { world, life, media } = this.#options;
    const dialog = world.newDialog(legId, agentId);
    const leg = this.#keep(callId, dialog);
    if (agentId !== null && !world.isReachable(agentId)) return this.#end(leg, { cause: 'unreachable', by: 'server' });
    leg.cancelTimer = life.clock.after(timeoutMs, () => this.#end(leg, { cause: 'no_answer', by: 'server' }));
    try {
      await media.open({ endpointId: legId, signallingAddress: '', timeoutMs: 30_000 });
    } catch {
      return this.#end(leg, { cause: 'media_failure', by: 'server' });
    }
    if (this.#legs.has(legId)) world.invites(dialog);
  }

  /** A phone that is told to go off-hook does, or does nothing of the kind. */
  #pickUp(callId: CallId, legId: LegId): void {
    const { world, life } = this.#options;
    const leg = this.#legs.get(legId);
    if (leg === undefined) return;
    if (world.chance(0.85)) life.clock.after(world.dice.between(20, 300), () => this.answers(legId));
    else life.clock.after(2_000, () => this.#tellFailure(callId, legId, 'answer'));
  }

  #control(callId: CallId, legId: LegId, control: 'hold' | 'retrieve'): void {
    const { world, life } = this.#options;
    const leg = this.#legs.get(legId);
    if (leg === undefined) return;
    if (world.chance(0.9)) life.clock.after(world.dice.between(20, 300), () => this.#tellHold(leg, control === 'hold', true));
    else life.clock.after(500, () => this.#tellFailure(callId, legId, control));
  }

  #tellFailure(callId: CallId, legId: LegId, control: 'answer' | 'hold' | 'retrieve'): void {
    if (this.#legs.has(legId)) this.#options.take({ type: 'legControlFailed', callId, legId, control, why: 'unmoved' });
  }

  /** A change of direction alone is told. */
  #tellHold(leg: Leg, held: boolean, byPhone: boolean): void {
    const { callId, legId, dialog } = leg;
    if (leg.held === held || dialog.state !== 'up' || !this.#legs.has(legId)) return;
    leg.held = held;
    this.#options.take({ type: held ? 'legHeld' : 'legRetrieved', callId, legId, ...(byPhone ? { by: 'phone' as const } : {}) });
  }

  #reanchor(legId: LegId): void {
    const { world, life, media, take } = this.#options;
    const leg = this.#legs.get(legId);
    if (leg?.dialog.state !== 'up') return;
    const lost = (): void => this.#end(leg, { cause: 'media_failure', by: 'server' });
    life.clock.after(world.dice.between(20, 4_000), () => {
      if (!this.#legs.has(legId)) return;
      media
        .open({ endpointId: legId, signallingAddress: '', timeoutMs: 30_000 })
        .then(() => (world.chance(0.1) ? lost() : this.#legs.has(legId) && take({ type: 'legMediaRestored', callId: leg.callId, legId })), lost);
    });
  }
}
