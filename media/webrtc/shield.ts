/**
 * What stands between the sockets of an endpoint and everything else of it, where audio is protected: packets are told apart
 * (RFC 7983), opened before anybody looks into them, sealed before they go. Nobody latches on, counts or hears what has not
 * proved itself. One for SDES: keys from the SDP; one for browsers: ICE says who may speak, DTLS brings the keys.
 */
import { isRtcp } from '../rtp/packet.ts';
import type { Remote, SourceLock } from '../rtp/source-lock.ts';
import { makeCipher } from '../srtp/maker.ts';
import { type DirectionState, SrtpReceiver, SrtpSender } from '../srtp/session.ts';
import type { MasterKey } from '../srtp/suite.ts';
import type { Protection } from '../worker/messages.ts';
import { DtlsAssociation } from './dtls/association.ts';
import { type OwnCertificate, ownCertificate } from './dtls/certificate.ts';
import { isDtls } from './dtls/record.ts';
import { IceLite } from './ice.ts';
import { isStun } from './stun.ts';

/** What a shield may ask of its endpoint. */
export interface Wire {
  /** From the RTP port to whom it may concern. */
  sendTo(packet: Buffer, remote: Remote): void;
  /** Audio goes there from now on. */
  aim(remote: Remote): void;
  /** It will never come to anything; why. */
  failed(reason: string): void;
  /** A browser is gone, or there again. */
  away(isAway: boolean): void;
}

/** `stranger`: from where nobody may speak. null = dropped, or of the shield's own business. */
export type Opened = Buffer | 'stranger' | null;

/** What keys from the SDP have been used for so far. */
export interface ShieldState {
  receiver: DirectionState;
  sender: DirectionState;
}

export interface Shield {
  /** RTCP comes and goes on the RTP port. */
  readonly muxed: boolean;
  agree(protection: Protection, nowMs: number): void;
  open(packet: Buffer, address: string, port: number, lock: SourceLock | null, nowMs: number): Opened;
  openRtcp(packet: Buffer): Buffer | null;
  sealRtp(packet: Buffer): Buffer | null;
  sealRtcp(packet: Buffer): Buffer | null;
  check(nowMs: number): void;
  /** To go on with in another thread; null = it cannot (an association of DTLS is an object of its thread). */
  carry(): ShieldState | null;
  resume(state: ShieldState): void;
  close(): void;
}

export const shieldFor = (protection: Protection, wire: Wire, nowMs: number): Shield =>
  protection.kind === 'sdes' ? new SdesShield(protection) : new BrowserShield(protection, wire, nowMs);

class Keys {
  readonly receiver: SrtpReceiver;
  readonly sender: SrtpSender;

  constructor(local: MasterKey, remote: MasterKey) {
    this.sender = new SrtpSender(local, makeCipher);
    this.receiver = new SrtpReceiver(remote, makeCipher);
  }
}

type Sdes = Extract<Protection, { kind: 'sdes' }>;
type Dtls = Extract<Protection, { kind: 'dtls' }>;

class SdesShield implements Shield {
  readonly muxed = false;
  #agreed: Sdes;
  #keys: Keys;
  #opened = 0;

  constructor(agreed: Sdes) {
    this.#agreed = agreed;
    this.#keys = new Keys(agreed.local, agreed.remote);
  }

  /** Keys that stay keep their counters; where either is new both begin anew, as RFC 4568 §6.4 has it. */
  agree(protection: Protection): void {
    if (protection.kind !== 'sdes') return;
    if (!isSame(protection.local, this.#agreed.local) || !isSame(protection.remote, this.#agreed.remote))
      this.#keys = new Keys(protection.local, protection.remote);
    this.#agreed = protection;
  }

  open(packet: Buffer, address: string, port: number, lock: SourceLock | null): Opened {
    if (lock === null) return null;
    if (lock.refuses(address, port)) return 'stranger';
    this.#opened += 1;
    if (this.#opened > MOST_OPENED_A_SECOND) return null;
    if (isRtcp(packet)) return this.#keys.receiver.openRtcp(packet);
    const opened = this.#keys.receiver.openRtp(packet);
    // Only who has proved himself may move the lock.
    return opened !== null && lock.hear(address, port) === 'stranger' ? 'stranger' : opened;
  }

  openRtcp(packet: Buffer): Buffer | null {
    return this.#keys.receiver.openRtcp(packet);
  }

  sealRtp(packet: Buffer): Buffer | null {
    return this.#keys.sender.sealRtp(packet);
  }

  sealRtcp(packet: Buffer): Buffer | null {
    return this.#keys.sender.sealRtcp(packet);
  }

  check(): void {
    this.#opened = 0;
  }

  carry(): ShieldState {
    return { receiver: this.#keys.receiver.carry(), sender: this.#keys.sender.carry() };
  }

  /** Under the keys it was begun with. */
  resume({ receiver, sender }: ShieldState): void {
    this.#keys.receiver.resume(receiver);
    this.#keys.sender.resume(sender);
  }

  close(): void {}
}

const isSame = (a: MasterKey, b: MasterKey): boolean => a.suite === b.suite && Buffer.from(a.key).equals(b.key) && Buffer.from(a.salt).equals(b.salt);

/** Opening costs a signature each: what comes beyond this in a second is a flood, and dropped unopened. */
const MOST_OPENED_A_SECOND = 400;
/** Checks cost one too: a few a second are a party's, more are noise. */
const MOST_CHECKS_A_SECOND = 100;
/**
 * A browser checks its path every 2.5 s at the latest (RFC 7675 asks for every 5 s on average), also while it says nothing. A page that is closed or
 * loaded anew says goodbye by DTLS; of one that crashed nothing comes.
 */
const AWAY_AFTER_MS = 6000;

class BrowserShield implements Shield {
  readonly muxed = true;
  readonly #wire: Wire;
  readonly #ice: IceLite;
  readonly #own: OwnCertificate;
  #agreed: Dtls;
  #dtls: DtlsAssociation;
  #keys: Keys | null = null;
  #aimed: Remote | null = null;
  #failed = false;
  #checks = 0;
  #opened = 0;
  #heardAtMs: number;
  #away = false;

  constructor(agreed: Dtls, wire: Wire, nowMs: number) {
    this.#heardAtMs = nowMs;
    this.#agreed = agreed;
    this.#wire = wire;
    this.#ice = new IceLite(agreed.ice.local, agreed.ice.remoteUfrag);
    this.#own = ownCertificate(agreed.certificate);
    this.#dtls = this.#associate(nowMs);
  }

  /** RFC 8842 §5.5: another fingerprint or role is another association; else the keys stay, whatever ICE does. */
  agree(protection: Protection, nowMs: number): void {
    if (protection.kind !== 'dtls') return;
    const { fingerprint, role } = this.#agreed;
    this.#agreed = protection;
    this.#ice.agree(protection.ice.local, protection.ice.remoteUfrag);
    if (protection.fingerprint.value === fingerprint.value && protection.fingerprint.hash === fingerprint.hash && protection.role === role) return;
    this.#keys = null;
    this.#dtls = this.#associate(nowMs);
    this.#isThere(nowMs);
  }

  open(packet: Buffer, address: string, port: number, _lock: SourceLock | null, nowMs: number): Opened {
    if (isStun(packet)) return this.#heardCheck(packet, address, port, nowMs);
    if (!this.#ice.isChecked(address, port)) return 'stranger';
    this.#opened += 1;
    if (this.#opened > MOST_OPENED_A_SECOND) return null;
    if (isDtls(packet)) return this.#heardDtls(packet, nowMs);
    const receiver = this.#keys?.receiver;
    if (receiver === undefined) return null;
    const opened = isRtcp(packet) ? receiver.openRtcp(packet) : receiver.openRtp(packet);
    if (opened !== null) this.#isThere(nowMs);
    return opened;
  }

  /** Nothing is agreed on for the RTCP port. */
  openRtcp(): null {
    return null;
  }

  sealRtp(packet: Buffer): Buffer | null {
    return this.#keys?.sender.sealRtp(packet) ?? null;
  }

  sealRtcp(packet: Buffer): Buffer | null {
    return this.#keys?.sender.sealRtcp(packet) ?? null;
  }

  check(nowMs: number): void {
    this.#checks = 0;
    this.#opened = 0;
    this.#dtls.check(nowMs);
    this.#tellFailure();
    if (this.#keys !== null && nowMs - this.#heardAtMs > AWAY_AFTER_MS) this.#tellAway(true);
  }

  carry(): null {
    return null;
  }

  resume(): void {}

  close(): void {
    this.#dtls.close();
  }

  #associate(nowMs: number): DtlsAssociation {
    const { role, fingerprint } = this.#agreed;
    return new DtlsAssociation({
      role,
      own: this.#own,
      fingerprint,
      nowMs,
      send: (datagram) => {
        const to = this.#ice.selected ?? this.#ice.latest;
        if (to !== null) this.#wire.sendTo(datagram, to);
      },
    });
  }

  #heardCheck(packet: Buffer, address: string, port: number, nowMs: number): null {
    this.#checks += 1;
    if (this.#checks > MOST_CHECKS_A_SECOND) return null;
    const answer = this.#ice.heard(packet, address, port, nowMs);
    if (this.#ice.checkedAtMs === nowMs) this.#isThere(nowMs);
    if (answer !== null) this.#wire.sendTo(answer, { address, port });
    const { selected } = this.#ice;
    if (selected !== null && (selected.address !== this.#aimed?.address || selected.port !== this.#aimed.port)) {
      this.#aimed = { address: selected.address, port: selected.port };
      this.#wire.aim(this.#aimed);
    }
    return null;
  }

  #heardDtls(packet: Buffer, nowMs: number): null {
    this.#dtls.heard(packet, nowMs);
    const { keys } = this.#dtls;
    if (keys !== null) this.#keys ??= new Keys(keys.local, keys.remote);
    this.#tellFailure();
    if (this.#dtls.state === 'closed') this.#tellAway(true);
    return null;
  }

  /** After its goodbye a browser does not come back to this association, whatever was under way. */
  #isThere(nowMs: number): void {
    this.#heardAtMs = nowMs;
    if (this.#away && this.#dtls.state !== 'closed') this.#tellAway(false);
  }

  #tellAway(isAway: boolean): void {
    if (isAway === this.#away) return;
    this.#away = isAway;
    this.#wire.away(isAway);
  }

  #tellFailure(): void {
    if (this.#failed || this.#dtls.state !== 'failed') return;
    this.#failed = true;
    this.#wire.failed(this.#dtls.reason);
  }
}
