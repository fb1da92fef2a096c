/**
 * Who is with whom in one worker. Two who speak the same codec (or the two laws of G.711) are relayed on arrival; two who do not are
 * bridged through a mixer, which decodes and encodes; more than two, or gains, are a conference. Each change keeps the streams whole.
 */
import { isLaw } from '../codec/codec.ts';
import { Conference } from '../mix/conference.ts';
import type { Playlist } from '../play/playlist.ts';
import type { Tick } from '../play/tick.ts';
import { type Gain, MediaError, type MediaEvent } from '../port.ts';
import type { Endpoint } from './endpoint.ts';

type PlayEnd = Extract<MediaEvent, { type: 'playEnded' }>['end'];

export class Exchange {
  readonly #tick: Tick;
  readonly #tell: (event: MediaEvent) => void;
  readonly #conferences = new Map<string, Conference>();
  /** Two parties each, joined by a mixer because they have no codec in common. */
  readonly #bridges = new Map<Conference, readonly [Endpoint, Endpoint]>();

  constructor(tick: Tick, tell: (event: MediaEvent) => void) {
    this.#tick = tick;
    this.#tell = tell;
  }

  join(a: Endpoint, b: Endpoint): void {
    if (a === b) throw new MediaError('bad_request', 'an endpoint cannot be joined with itself');
    for (const endpoint of [a, b]) {
      endpoint.speaker.endPlay('stopped');
      this.leave(endpoint);
    }
    this.#connect(a, b);
    for (const endpoint of [a, b]) endpoint.speaker.greet();
  }

  part(a: Endpoint, b: Endpoint): void {
    if (this.#otherOf(a) === b) this.leave(a);
  }

  echo(endpoint: Endpoint): void {
    endpoint.speaker.endPlay('stopped');
    this.leave(endpoint);
    endpoint.listener = endpoint;
  }

  /** Out of whatever it is in. */
  leave(endpoint: Endpoint): void {
    const { listener, seat } = endpoint;
    endpoint.listener = null;
    if (listener?.listener === endpoint) listener.listener = null;
    if (seat === null) return;
    for (const each of this.#bridges.get(seat) ?? [endpoint]) {
      each.seat = null;
      seat.leave(each);
    }
    if (seat.size === 0) this.#dissolve(seat);
  }

  /** Its codec may have changed. */
  agreed(endpoint: Endpoint): void {
    const other = this.#otherOf(endpoint);
    if (other === null) endpoint.seat?.settle();
    else if (relayable(endpoint, other) !== (endpoint.seat === null)) this.#reconnect(endpoint, other);
  }

  /** It has begun to send what its listener cannot be sent as it is. */
  unforwardable(endpoint: Endpoint): void {
    const { listener } = endpoint;
    if (listener === null || listener === endpoint) return;
    this.leave(endpoint);
    this.#bridge(endpoint, listener);
  }

  // -- conferences

  /** Its members, all of them, and the gains that are not 0 dB; whoever is new leaves what it was in. */
  confer(conferenceId: string, members: readonly Endpoint[], gains: readonly Gain[]): void {
    const conference = this.#conferences.get(conferenceId) ?? new Conference(false);
    this.#conferences.set(conferenceId, conference);
    const stay = new Set(members);
    for (const party of [...conference.parties] as Endpoint[]) if (!stay.has(party)) this.leave(party);
    this.#conferences.set(conferenceId, conference);
    conference.replaceGains(gains);
    for (const endpoint of stay) this.#seat(endpoint, conference);
    this.#tick.add(conference);
  }

  setGains(conferenceId: string, gains: readonly Gain[]): void {
    this.#conference(conferenceId).setGains(gains);
  }

  removeFrom(conferenceId: string, endpoint: Endpoint): void {
    const conference = this.#conferences.get(conferenceId);
    if (conference !== undefined && endpoint.seat === conference) this.leave(endpoint);
  }

  end(conferenceId: string): void {
    const conference = this.#conferences.get(conferenceId);
    for (const party of [...(conference?.parties ?? [])] as Endpoint[]) this.leave(party);
  }

  /** Ends what plays to all, and says so; what is played next is awaited. */
  startPlay(conferenceId: string, playId: string): void {
    this.#conference(conferenceId).startAnnouncement(playId, (end) => this.#playEnded(conferenceId, playId, end));
  }

  play(conferenceId: string, playId: string, list: Playlist): void {
    this.#conferences.get(conferenceId)?.announce(playId, list);
  }

  failPlay(conferenceId: string, playId: string, reason: string): void {
    if (this.#conferences.get(conferenceId)?.forgetAnnouncement(playId) === true) this.#playEnded(conferenceId, playId, 'failed', reason);
  }

  #playEnded(conferenceId: string, playId: string, end: PlayEnd, reason?: string): void {
    this.#tell({ type: 'playEnded', endpointId: conferenceId, playId, end, ...(reason === undefined ? {} : { reason }) });
  }

  #conference(conferenceId: string): Conference {
    const conference = this.#conferences.get(conferenceId);
    if (conference === undefined) throw new MediaError('unknown_endpoint', `no conference ${conferenceId}`);
    return conference;
  }

  #seat(endpoint: Endpoint, conference: Conference): void {
    if (endpoint.seat === conference) return;
    endpoint.speaker.endPlay('stopped');
    this.leave(endpoint);
    endpoint.seat = conference;
    conference.seat(endpoint);
  }

  #dissolve(conference: Conference): void {
    this.#tick.remove(conference);
    this.#bridges.delete(conference);
    for (const [conferenceId, each] of this.#conferences) if (each === conference) this.#conferences.delete(conferenceId);
    conference.close();
  }

  // -- two parties

  #otherOf(endpoint: Endpoint): Endpoint | null {
    const { listener, seat } = endpoint;
    if (listener !== null) return listener === endpoint ? null : listener;
    const bridged = seat === null ? undefined : this.#bridges.get(seat);
    return bridged?.find((each) => each !== endpoint) ?? null;
  }

  #reconnect(a: Endpoint, b: Endpoint): void {
    this.leave(a);
    this.#connect(a, b);
  }

  #connect(a: Endpoint, b: Endpoint): void {
    if (!relayable(a, b)) {
      this.#bridge(a, b);
      return;
    }
    a.listener = b;
    b.listener = a;
  }

  #bridge(a: Endpoint, b: Endpoint): void {
    const bridge = new Conference(true);
    this.#bridges.set(bridge, [a, b]);
    for (const endpoint of [a, b]) {
      endpoint.seat = bridge;
      bridge.seat(endpoint);
    }
    this.#tick.add(bridge);
  }
}

/** What one says the other can be sent as it is, or by one look-up a sample. What is not agreed yet is seen when it is. */
function relayable(a: Endpoint, b: Endpoint): boolean {
  if (a.codec === null || b.codec === null) return true;
  return a.codec === b.codec || (isLaw(a.codec) && isLaw(b.codec));
}
