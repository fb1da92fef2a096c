/**
 * Whom an endpoint listens to. Only a source that agrees with what was signalled may speak: the address of the SDP (any port,
 * until the signalled one speaks) or the address the signalling came from (a NAT shows us no other). After at most five packets
 * the source is locked and nothing but a new offer or answer opens it again.
 */
export interface Remote {
  address: string;
  port: number;
}

/** `lock`: from now on this one alone. `candidate`: agrees, not locked yet. */
export type Verdict = 'lock' | 'candidate' | 'stranger';

const PACKETS_TO_LOCK = 5;

export interface LockState {
  signalled: Remote;
  signallingAddress: string;
  locked: Remote | null;
  candidates: (Remote & { packets: number })[];
}

export class SourceLock {
  #locked: Remote | null = null;
  readonly #candidates: LockState['candidates'] = [];
  readonly #signalled: Remote;
  readonly #signallingAddress: string;

  constructor(signalled: Remote, signallingAddress: string) {
    this.#signalled = signalled;
    this.#signallingAddress = signallingAddress;
  }

  static resumed({ signalled, signallingAddress, locked, candidates }: LockState): SourceLock {
    const lock = new SourceLock(signalled, signallingAddress);
    lock.#locked = locked;
    lock.#candidates.push(...candidates);
    return lock;
  }

  carry(): LockState {
    return { signalled: this.#signalled, signallingAddress: this.#signallingAddress, locked: this.#locked, candidates: this.#candidates };
  }

  get locked(): Remote | null {
    return this.#locked;
  }

  /** Whether `hear` would call him a stranger whatever he sends; changes nothing. */
  refuses(address: string, port: number): boolean {
    if (this.#locked !== null) return this.#locked.port !== port || this.#locked.address !== address;
    return address !== this.#signalled.address && address !== this.#signallingAddress;
  }

  hear(address: string, port: number): Verdict {
    if (this.#locked !== null) return this.#locked.port === port && this.#locked.address === address ? 'lock' : 'stranger';
    if (address === this.#signalled.address && port === this.#signalled.port) return this.#lockTo({ address, port });
    if (address !== this.#signalled.address && address !== this.#signallingAddress) return 'stranger';
    return this.#count(address, port);
  }

  #count(address: string, port: number): Verdict {
    let candidate = this.#candidates.find((each) => each.port === port && each.address === address);
    if (candidate === undefined) {
      candidate = { address, port, packets: 0 };
      this.#candidates.push(candidate);
    }
    candidate.packets += 1;
    const packets = this.#candidates.reduce((sum, each) => sum + each.packets, 0);
    if (packets < PACKETS_TO_LOCK) return 'candidate';
    const best = this.#candidates.reduce((most, each) => (each.packets >= most.packets ? each : most));
    this.#lockTo({ address: best.address, port: best.port });
    return best === candidate ? 'lock' : 'stranger';
  }

  #lockTo(remote: Remote): Verdict {
    this.#locked = remote;
    this.#candidates.length = 0;
    return 'lock';
  }
}
