/**
 * The registration of this page's phone, one for each connection. What was asked over a connection that broke will not be answered, and is
 * forgotten with it (RFC 3261 §17.1.4); sip.js would ask nothing else until its timer F, 32 s later, so that a network change left her that long without a phone.
 */
import { Registerer, type RegistererOptions, RegistererState, type UserAgent } from 'sip.js';
import { browserClock } from '../../shared/clock.ts';

/** Between a refusal and the next try: so long, to twice so long. */
const RETRY_MS = 3_000;

export interface RegistrationEvents {
  /** Before each REGISTER; false: not now. */
  mayAsk(): Promise<boolean>;
  accepted(): void;
  refused(status: number): void;
  /** It has expired, or the server would not have it again. */
  lapsed(): void;
}

export class Registration {
  readonly #userAgent: UserAgent;
  readonly #options: RegistererOptions;
  readonly #events: RegistrationEvents;
  #current: Registerer | null = null;
  #cancelRetry = (): void => undefined;

  constructor(userAgent: UserAgent, options: RegistererOptions, events: RegistrationEvents) {
    this.#userAgent = userAgent;
    this.#options = options;
    this.#events = events;
  }

  /** Registers now, or anew; nothing is asked while an answer is awaited. */
  async ask(): Promise<void> {
    this.#cancelRetry();
    this.#current ??= this.#begin();
    const mine = this.#current;
    if (!(await this.#events.mayAsk()) || mine !== this.#current) return;
    const requestDelegate = {
      onAccept: () => mine === this.#current && this.#events.accepted(),
      onReject: ({ message }: { message: { statusCode?: number | undefined } }) => {
        if (mine !== this.#current) return;
        this.#later();
        this.#events.refused(message.statusCode ?? 0);
      },
    };
    await mine.register({ requestDelegate }).catch(() => undefined);
  }

  /** The connection is gone. */
  forget(): void {
    this.#cancelRetry();
    const old = this.#current;
    this.#current = null;
    void old?.dispose().catch(() => undefined);
  }

  async leave(): Promise<void> {
    this.#cancelRetry();
    const last = this.#current;
    this.#current = null;
    await last?.unregister().catch(() => undefined);
  }

  #begin(): Registerer {
    const fresh = new Registerer(this.#userAgent, this.#options);
    fresh.stateChange.addListener((state) => {
      if (fresh !== this.#current || state !== RegistererState.Unregistered) return;
      this.#later();
      this.#events.lapsed();
    });
    return fresh;
  }

  #later(): void {
    this.#cancelRetry();
    this.#cancelRetry = browserClock.after(RETRY_MS * (1 + Math.random()), () => void this.ask());
  }
}
