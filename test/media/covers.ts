/** Parties with protected audio: keys from the SDP (SDES), or as a browser has it: checks of ICE, a handshake of DTLS, all on one port. */
import { systemClock } from '../../kernel/clock.ts';
import { randomToken } from '../../kernel/ids.ts';
import { isRtcp } from '../../media/rtp/packet.ts';
import { plainCipher } from '../../media/srtp/plain-cipher.ts';
import { SrtpReceiver, SrtpSender } from '../../media/srtp/session.ts';
import { type MasterKey, type SuiteName, suiteNamed } from '../../media/srtp/suite.ts';
import { DtlsAssociation } from '../../media/webrtc/dtls/association.ts';
import { fingerprintOf, makeCertificate, ownCertificate } from '../../media/webrtc/dtls/certificate.ts';
import { isDtls } from '../../media/webrtc/dtls/record.ts';
import { bindingRequest, isStun, readStun, type StunMessage } from '../../media/webrtc/stun.ts';
import type { Cover, Party } from './party.ts';

const keyOf = (suite: SuiteName, bytes: Buffer): MasterKey => ({ suite, key: bytes.subarray(0, 16), salt: bytes.subarray(16) });

class Sealed implements Cover {
  readonly #sender: SrtpSender;
  readonly #receiver: SrtpReceiver;

  constructor(local: MasterKey, remote: MasterKey) {
    this.#sender = new SrtpSender(local, plainCipher);
    this.#receiver = new SrtpReceiver(remote, plainCipher);
  }

  seal(packet: Buffer): Buffer | null {
    return isRtcp(packet) ? this.#sender.sealRtcp(packet) : this.#sender.sealRtp(packet);
  }

  open(packet: Buffer): Buffer | null {
    return isRtcp(packet) ? this.#receiver.openRtcp(packet) : this.#receiver.openRtp(packet);
  }
}

/** The party's offer with one suite, and what it becomes once that is answered. */
export function sdesOffer(party: Party, suite: SuiteName, direction = 'sendrecv'): { offer: string; answered(sdp: string): void } {
  const own = Buffer.from(randomToken(16 + (suiteNamed(suite)?.saltBytes ?? 0)), 'hex');
  const offer = party.offer({ direction, extra: [`a=crypto:1 ${suite} inline:${own.toString('base64')}`] }).replace('RTP/AVP', 'RTP/SAVP');
  return {
    offer,
    answered: (sdp) => {
      const theirs = Buffer.from(/a=crypto:1 \S+ inline:(\S+)/.exec(sdp)?.[1] ?? '', 'base64');
      party.aim(sdp).cover = new Sealed(keyOf(suite, own), keyOf(suite, theirs));
    },
  };
}

const certificate = ownCertificate(makeCertificate(systemClock.now()));

/** The browser's side of one party. */
export class BrowserSide implements Cover {
  readonly ufrag: string;
  readonly pwd = randomToken(16);
  readonly answers: StunMessage[] = [];
  readonly #party: Party;
  #remote = { ufrag: '', pwd: '' };
  #dtls: DtlsAssociation | null = null;
  #keys: Sealed | null = null;

  constructor(party: Party, ufrag = randomToken(4)) {
    this.#party = party;
    this.ufrag = ufrag;
    party.cover = this;
  }

  /** As a browser writes it. `fingerprint`: of another certificate than it will show. */
  offer(changes: { direction?: string; fingerprint?: string } = {}): string {
    return [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      't=0 0',
      'a=group:BUNDLE 0',
      'm=audio 9 UDP/TLS/RTP/SAVPF 8 101',
      'c=IN IP4 0.0.0.0',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=mid:0',
      'a=rtcp-mux',
      'a=setup:actpass',
      `a=ice-ufrag:${this.ufrag}`,
      `a=ice-pwd:${this.pwd}`,
      `a=fingerprint:sha-256 ${changes.fingerprint ?? fingerprintOf(certificate.der)}`,
      'a=candidate:1 1 udp 2122260223 nobody.local 51234 typ host',
      `a=${changes.direction ?? 'sendrecv'}`,
      '',
    ].join('\r\n');
  }

  answered(sdp: string): this {
    const value = (name: string): string => new RegExp(`a=${name}:(\\S+)`).exec(sdp)?.[1] ?? '';
    this.#remote = { ufrag: value('ice-ufrag'), pwd: value('ice-pwd') };
    this.#party.aim(sdp);
    return this;
  }

  check(changes: Partial<{ pwd: string; useCandidate: boolean; priority: number; role: 'controlling' | 'controlled' }> = {}): void {
    const { pwd = this.#remote.pwd, useCandidate = true, priority = 100, role = 'controlling' } = changes;
    const username = `${this.#remote.ufrag}:${this.ufrag}`;
    this.#party.naked(bindingRequest(Buffer.from(randomToken(12), 'hex'), { username, password: pwd, priority, useCandidate, role }));
  }

  /** The first flight of the handshake goes out. */
  shake(sdp: string): void {
    const [, hash = '', value = ''] = /a=fingerprint:(\S+) (\S+)/.exec(sdp) ?? [];
    this.#dtls = new DtlsAssociation({
      role: 'client',
      own: certificate,
      fingerprint: { hash, value },
      nowMs: systemClock.now(),
      send: (datagram) => this.#party.naked(datagram),
    });
  }

  /** As a page does that is closed or loaded anew. */
  sayGoodbye(): void {
    this.#dtls?.close();
  }

  get isUp(): boolean {
    return this.#keys !== null;
  }

  get state(): DtlsAssociation['state'] | 'none' {
    return this.#dtls?.state ?? 'none';
  }

  seal(packet: Buffer): Buffer | null {
    return this.#keys?.seal(packet) ?? null;
  }

  open(packet: Buffer): Buffer | null {
    const message = isStun(packet) ? readStun(packet) : null;
    if (message !== null) this.answers.push({ ...message, transaction: Buffer.from(message.transaction) });
    if (isDtls(packet)) {
      this.#dtls?.heard(packet, systemClock.now());
      const keys = this.#dtls?.keys;
      if (keys != null) this.#keys ??= new Sealed(keys.local, keys.remote);
    }
    return message !== null || isDtls(packet) ? null : (this.#keys?.open(packet) ?? null);
  }
}
