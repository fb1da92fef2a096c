import type { Clock } from '../../kernel/clock.ts';
import { T1_MS, T2_MS } from '../transaction/timers.ts';

const GIVE_UP_MS = 64 * T1_MS;

/**
 * Our 2xx to an INVITE, repeated until its ACK. RFC 3261 §13.3.1.4: "Since 2xx is retransmitted end-to-end, there may be hops between UAS and
 * UAC that are UDP. To ensure reliable delivery across these hops, the response is retransmitted periodically even if the transport at the
 * UAS is reliable." · "with an interval that starts at T1 seconds and doubles for each retransmission until it reaches T2 seconds" · "If
 * the server retransmits the 2xx response for 64*T1 seconds without receiving an ACK, the dialog is confirmed, but the session SHOULD be terminated. This is accomplished with a BYE".
 */
export class Answer {
  /** The sequence number of the INVITE, and of the ACK that ends this. */
  readonly seq: number;
  /** The transaction id that its ACK is told with. */
  readonly ackId: string;
  readonly #clock: Clock;
  readonly #cancelGiveUp: () => void;
  #cancelRepeat: () => void = () => undefined;

  constructor(clock: Clock, { seq, ackId }: { seq: number; ackId: string }, repeat: () => void, giveUp: () => void) {
    this.seq = seq;
    this.ackId = ackId;
    this.#clock = clock;
    this.#cancelGiveUp = clock.after(GIVE_UP_MS, () => {
      this.#cancelRepeat();
      giveUp();
    });
    this.#arm(T1_MS, repeat);
  }

  /** The ACK came, or the dialog ended. */
  stop(): void {
    this.#cancelRepeat();
    this.#cancelGiveUp();
  }

  #arm(ms: number, repeat: () => void): void {
    this.#cancelRepeat = this.#clock.after(ms, () => {
      repeat();
      this.#arm(Math.min(2 * ms, T2_MS), repeat);
    });
  }
}
