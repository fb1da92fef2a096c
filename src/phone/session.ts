/**
 * What we have said of a leg's audio, over all the endpoints it has had: to its phone that is one session. RFC 3264 §8: the origin line of a
 * later description is that of the first but for its version, and no media line ever goes. Pure.
 */
import type { Profile } from '../../media/port.ts';

const ORIGIN = /^o=(\S+ \S+) (\d+) (.*)$/m;
const AUDIO_THAT_GOES = /^m=audio [1-9][0-9]* (\S+)/m;
const AUDIO = /^m=audio 0 (\S+)/m;

export class OurSession {
  readonly #first: { name: string; address: string } | null;
  #version: bigint;
  #body: string;

  constructor(sdp: string) {
    const [, name = '', version = '0', address = ''] = ORIGIN.exec(sdp) ?? [];
    this.#first = name === '' ? null : { name, address };
    this.#version = BigInt(version);
    this.#body = sdp;
  }

  /** The last description, for whoever asks for one (an INVITE without SDP). */
  get current(): string {
    return this.#body;
  }

  /** How the audio stands protected. */
  get profile(): Profile {
    const [, protocol = ''] = AUDIO_THAT_GOES.exec(this.#body) ?? AUDIO.exec(this.#body) ?? [];
    if (protocol.startsWith('UDP/TLS/')) return 'webrtc';
    return protocol.startsWith('RTP/SAVP') ? 'sdes' : 'plain';
  }

  /** A description of the endpoint's, as the phone is told it: the version rises when anything else has changed. */
  tell(sdp: string): string {
    const body = this.#withOrigin(sdp);
    if (body !== this.#body) {
      this.#version += 1n;
      this.#body = this.#withOrigin(sdp);
    }
    return this.#body;
  }

  /** A first offer of another endpoint, as a later one of this session: audio stands where it stood, and other media stay refused. */
  offer(sdp: string): string {
    const fresh = sectionsOf(sdp);
    const before = sectionsOf(this.#body).slice(1);
    const at = Math.max(
      0,
      before.findIndex((section) => /^m=audio [1-9]/.test(section)),
    );
    const media = before.map((section, index) => (index === at ? fresh.slice(1).join('') : refused(section)));
    return this.tell((fresh[0] ?? '') + (media.length === 0 ? fresh.slice(1) : media).join(''));
  }

  #withOrigin(sdp: string): string {
    const first = this.#first;
    return first === null ? sdp : sdp.replace(ORIGIN, () => `o=${first.name} ${this.#version} ${first.address}`);
  }
}

/** The session's own lines, then each media section. */
const sectionsOf = (sdp: string): string[] => sdp.split(/^(?=m=)/m);
const refused = (section: string): string => `${(section.split(/\r?\n/)[0] ?? '').replace(/^(m=\S+) \S+/, '$1 0')}\r\n`;

/** What the phone does with audio by its answer, seen from it. */
export function directionOf(sdp: string): 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive' {
  const [common = '', ...media] = sectionsOf(sdp);
  const audio = media.find((section) => section.startsWith('m=audio')) ?? '';
  const [, direction] = DIRECTION.exec(audio) ?? DIRECTION.exec(common) ?? [];
  return direction === 'sendonly' || direction === 'recvonly' || direction === 'inactive' ? direction : 'sendrecv';
}
const DIRECTION = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m;
