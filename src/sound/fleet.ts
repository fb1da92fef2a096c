/**
 * Several media servers behind one `MediaServer`. A call (group) lies on one of them, chosen when its first endpoint is opened; what is asked of
 * an endpoint goes where it is. A server that dies or hangs tells its endpoints lost, and what is opened then goes to another: the calls are put
 * there by who owns them (`src/phone/leg.ts`).
 */
import { type Clock, pause } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import {
  type Capabilities,
  type ConferenceId,
  type ConferenceRequest,
  type EndpointId,
  type Kept,
  MediaError,
  type MediaEvent,
  type MediaServer,
  type Opened,
  type OpenRequest,
  type ServerReport,
} from '../../media/port.ts';
import { chooseServer, type Need } from './choose.ts';
import type { MediaClient } from './client.ts';

/** What a media server tells the fleet. */
export interface MediaLines {
  onEvent: (event: MediaEvent) => void;
  onLost: () => void;
  onConnected: () => void;
}

export interface FleetOptions {
  servers: readonly { name: string; connect: (lines: MediaLines) => MediaClient }[];
  clock: Clock;
  log: Logger;
  onEvent: (event: MediaEvent) => void;
  /** A media server is there (again). */
  onConnected: () => void;
}

export interface FleetStatus {
  name: string;
  connected: boolean;
  endpoints: number;
  report: ServerReport | null;
  capabilities: Capabilities | null;
}

/** `connected`: one of them at least. */
export type Fleet = MediaServer & {
  readonly connected: boolean;
  servers(): FleetStatus[];
  /** What runs of ours before this one have opened and is there still. Asked once, before anything is opened. */
  claim(): Promise<Omit<Kept, 'more'>>;
  disconnect(): void;
};

interface Member {
  name: string;
  client: MediaClient;
  capabilities: Capabilities | null;
  report: ServerReport | null;
  endpoints: number;
  /** When the report that is still awaited was asked for. */
  askedMs: number | null;
  readonly connected: boolean;
}

const REPORT_EACH_MS = 1000;
/** Connected, and silent for so long: it hangs. */
const HUNG_MS = 4000;
/** A media server that died is back within a second; whoever opens an endpoint meanwhile waits for it so long. */
const WAIT_FOR_SERVER_MS = 4000;
const LOOK_AGAIN_MS = 50;
/** A media server that is not there by then keeps nothing for us. */
const CLAIM_WITHIN_MS = 10_000;
const MOST_WAITING = 2000;

class Pool {
  readonly members: Member[];
  readonly #options: FleetOptions;
  readonly #of = new Map<EndpointId, { member: Member; group: string }>();
  readonly #groups = new Map<string, { member: Member; endpoints: number }>();
  readonly #recordings = new Map<string, Member>();
  readonly #conferences = new Map<ConferenceId, { member: Member; group: string }>();
  #waiting = 0;
  readonly #stop: () => void;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.members = options.servers.map(({ name, connect }) => this.#join(name, connect));
    this.#stop = options.clock.every(REPORT_EACH_MS, () => {
      for (const member of this.members) this.#look(member);
    });
  }

  disconnect(): void {
    this.#stop();
    for (const { client } of this.members) client.disconnect();
  }

  at(endpointId: EndpointId): MediaClient {
    const client = this.#of.get(endpointId)?.member.client;
    if (client === undefined) throw new MediaError('unknown_endpoint', `no endpoint ${endpointId}`);
    return client;
  }

  both(a: EndpointId, b: EndpointId): MediaClient {
    const client = this.at(a);
    if (client !== this.at(b)) throw new MediaError('bad_request', `${a} and ${b} lie on different media servers`);
    return client;
  }

  /** All its members lie where the first does. */
  async conference(request: ConferenceRequest): Promise<void> {
    const place = this.#of.get(request.members[0] ?? '');
    if (place === undefined || request.members.some((endpointId) => this.#of.get(endpointId)?.member !== place.member))
      throw new MediaError('bad_request', `the members of ${request.conferenceId} do not lie on one media server`);
    await place.member.client.conference(request);
    this.#conferences.set(request.conferenceId, place);
  }

  atConference(conferenceId: ConferenceId): MediaClient {
    const client = this.#conferences.get(conferenceId)?.member.client;
    if (client === undefined) throw new MediaError('bad_request', `no conference ${conferenceId}`);
    return client;
  }

  async endConference(conferenceId: ConferenceId): Promise<void> {
    const client = this.#conferences.get(conferenceId)?.member.client;
    this.#conferences.delete(conferenceId);
    await client?.endConference(conferenceId);
  }

  async open(request: OpenRequest): Promise<Opened> {
    const { clock } = this.#options;
    const until = clock.now() + WAIT_FOR_SERVER_MS;
    const group = request.group ?? request.endpointId.replace(/\.[^.]*$/, '');
    if (this.#waiting >= MOST_WAITING) throw new MediaError('unavailable', 'too many calls wait for a media server');
    const full = new Set<Member>();
    this.#waiting += 1;
    try {
      for (;;) {
        const member = this.#memberFor(group, needsOf(request), full);
        if (member === null && full.size > 0) throw new MediaError('no_ports', 'no media server has a port free');
        const opened = member === null ? null : await this.#openAt(member, group, request, full);
        if (opened !== null) return opened;
        if (member !== null && full.has(member)) continue;
        if (clock.now() >= until) throw new MediaError('unavailable', 'no media server takes the call');
        await pause(clock, LOOK_AGAIN_MS);
      }
    } finally {
      this.#waiting -= 1;
    }
  }

  async close(endpointId: EndpointId): ReturnType<MediaServer['close']> {
    const client = this.#of.get(endpointId)?.member.client;
    this.#forget(endpointId);
    return client === undefined ? null : client.close(endpointId);
  }

  async record(request: Parameters<MediaServer['record']>[0]): Promise<void> {
    const client = this.both(request.left, request.right);
    await client.record(request);
    const member = this.members.find((each) => each.client === client);
    if (member !== undefined) this.#recordings.set(request.recordingId, member);
  }

  ofRecording(recordingId: string): MediaClient | undefined {
    return this.#recordings.get(recordingId)?.client;
  }

  async claim(): Promise<Omit<Kept, 'more'>> {
    const claimed = await Promise.all(this.members.map((member) => this.#claimAt(member)));
    return { endpoints: claimed.flatMap(({ endpoints }) => endpoints), recordings: claimed.flatMap(({ recordings }) => recordings) };
  }

  async #claimAt(member: Member): Promise<Omit<Kept, 'more'>> {
    const { clock, log } = this.#options;
    const none = { endpoints: [], recordings: [] };
    if (member.client.kept === undefined) return none;
    const until = clock.now() + CLAIM_WITHIN_MS;
    while (!(member.connected && member.capabilities !== null)) {
      if (clock.now() >= until) return none;
      await pause(clock, LOOK_AGAIN_MS);
    }
    try {
      const kept = await member.client.kept();
      for (const { endpointId, group } of kept.endpoints) this.#place(endpointId, group, member);
      for (const { recordingId } of kept.recordings) this.#recordings.set(recordingId, member);
      return kept;
    } catch (error) {
      log.warn({ err: error, server: member.name }, 'a media server does not say what it has kept');
      return none;
    }
  }

  #join(name: string, connect: (lines: MediaLines) => MediaClient): Member {
    const client = connect({
      onEvent: (event) => this.#heard(event),
      onLost: () => {
        member.report = null;
        member.askedMs = null;
      },
      onConnected: () => void this.#meet(member),
    });
    const member: Member = {
      ...{ name, client, capabilities: null, report: null, endpoints: 0, askedMs: null },
      get connected() {
        return client.connected;
      },
    };
    return member;
  }

  /** It is told of only when it is known what it can do: calls that waited are given to it then. */
  async #meet(member: Member): Promise<void> {
    try {
      member.capabilities = await member.client.capabilities();
      this.#look(member);
      this.#options.onConnected();
    } catch (error) {
      this.#options.log.warn({ err: error, server: member.name }, 'a media server does not say what it can do');
      member.client.giveUp('the media server does not answer');
    }
  }

  #look(member: Member): void {
    const { clock, log } = this.#options;
    if (!member.connected || member.capabilities === null) return;
    const now = clock.now();
    if (member.askedMs !== null) {
      if (now - member.askedMs < HUNG_MS) return;
      log.error({ server: member.name }, 'ALARM: a media server hangs: its calls are put elsewhere');
      member.askedMs = null;
      member.client.giveUp('the media server hangs');
      return;
    }
    member.askedMs = now;
    member.client.report().then(
      (report) => {
        member.askedMs = null;
        if (report.draining && member.report?.draining === false) log.info({ server: member.name }, 'a media server drains');
        member.report = report;
      },
      // Broken, or timed out after the port's five seconds: the connection tells, or the next look does.
      () => undefined,
    );
  }

  #heard(event: MediaEvent): void {
    if (event.type === 'endpointLost') this.#forget(event.endpointId);
    if (event.type === 'recordingEnded') this.#recordings.delete(event.recordingId);
    this.#options.onEvent(event);
  }

  #memberFor(group: string, needs: readonly Need[], full: ReadonlySet<Member>): Member | null {
    const known = this.#groups.get(group)?.member;
    if (known !== undefined) return known.connected ? known : null;
    return chooseServer(
      this.members.filter((member) => !full.has(member)),
      needs,
    );
  }

  /** null = not there, for now. */
  async #openAt(member: Member, group: string, request: OpenRequest, full: Set<Member>): Promise<{ sdp: string } | null> {
    const { endpointId } = request;
    this.#place(endpointId, group, member);
    try {
      return await member.client.open(request);
    } catch (error) {
      const alone = this.#groups.get(group)?.endpoints === 1;
      this.#forget(endpointId);
      if (!(error instanceof MediaError)) throw error;
      if (error.code === 'no_ports' && alone) full.add(member);
      else if (error.code !== 'unavailable') throw error;
      return null;
    }
  }

  #place(endpointId: EndpointId, group: string, member: Member): void {
    this.#of.set(endpointId, { member, group });
    this.#groups.set(group, { member, endpoints: (this.#groups.get(group)?.endpoints ?? 0) + 1 });
    member.endpoints += 1;
  }

  #forget(endpointId: EndpointId): void {
    const place = this.#of.get(endpointId);
    if (place === undefined) return;
    this.#of.delete(endpointId);
    place.member.endpoints -= 1;
    const group = this.#groups.get(place.group);
    if (group === undefined) return;
    group.endpoints -= 1;
    if (group.endpoints > 0) return;
    this.#groups.delete(place.group);
    for (const [conferenceId, { group: of }] of this.#conferences) if (of === place.group) this.#conferences.delete(conferenceId);
  }
}

/** A browser's offer asks for DTLS (RFC 5763 §5). */
const needsOf = ({ offer = '' }: OpenRequest): Need[] => (/^m=audio \d+ UDP\/TLS\/RTP\/SAVPF? /m.test(offer) ? ['webrtc'] : []);

/** Returns at once; `onConnected` tells when one of them is there. */
export function openFleet(options: FleetOptions): Fleet {
  const pool = new Pool(options);
  const { members } = pool;
  const known = (): Member[] => members.filter((member) => member.connected && member.capabilities !== null);
  return {
    get connected() {
      return known().length > 0;
    },
    servers: () => members.map(({ name, connected, endpoints, report, capabilities }) => ({ name, connected, endpoints, report, capabilities })),
    claim: () => pool.claim(),
    disconnect: () => pool.disconnect(),
    capabilities: async () => ableTogether(known()),
    open: (request) => pool.open(request),
    accept: async (endpointId, answer, from) => pool.at(endpointId).accept(endpointId, answer, from),
    renegotiate: async (endpointId, offer) => pool.at(endpointId).renegotiate(endpointId, offer),
    play: async (endpointId, playId, sources, how) => pool.at(endpointId).play(endpointId, playId, sources, how),
    stop: async (endpointId) => pool.at(endpointId).stop(endpointId),
    changePlay: async (endpointId, playId, change) => pool.at(endpointId).changePlay(endpointId, playId, change),
    sendDigits: async (endpointId, keys) => pool.at(endpointId).sendDigits(endpointId, keys),
    signalledKey: async (endpointId, key) => pool.at(endpointId).signalledKey(endpointId, key),
    listenForTones: async (endpointId, on) => pool.at(endpointId).listenForTones(endpointId, on),
    maskKeys: async (endpointId, ms) => pool.at(endpointId).maskKeys(endpointId, ms),
    unmaskKeys: async (endpointId) => pool.at(endpointId).unmaskKeys(endpointId),
    join: async (a, b) => pool.both(a, b).join(a, b),
    part: async (a, b) => pool.both(a, b).part(a, b),
    echo: async (endpointId) => pool.at(endpointId).echo(endpointId),
    mute: async (endpointId, muted) => pool.at(endpointId).mute(endpointId, muted),
    conference: (request) => pool.conference(request),
    setGains: async (conferenceId, gains) => pool.atConference(conferenceId).setGains(conferenceId, gains),
    removeFromConference: async (conferenceId, endpointId) => pool.atConference(conferenceId).removeFromConference(conferenceId, endpointId),
    endConference: (conferenceId) => pool.endConference(conferenceId),
    playToConference: async (conferenceId, playId, sources, how) => pool.atConference(conferenceId).playToConference(conferenceId, playId, sources, how),
    record: (request) => pool.record(request),
    pauseRecording: async (recordingId) => pool.ofRecording(recordingId)?.pauseRecording(recordingId),
    resumeRecording: async (recordingId) => pool.ofRecording(recordingId)?.resumeRecording(recordingId),
    moveRecording: async (recordingId, left, right) => pool.both(left, right).moveRecording(recordingId, left, right),
    stopRecording: async (recordingId) => pool.ofRecording(recordingId)?.stopRecording(recordingId),
    tap: async (request) => pool.at(request.endpointId).tap(request),
    untap: async (endpointId, tapId) => pool.at(endpointId).untap(endpointId, tapId),
    watchVoice: async (endpointId, on) => pool.at(endpointId).watchVoice(endpointId, on),
    detectAnswer: async (endpointId, times) => pool.at(endpointId).detectAnswer(endpointId, times),
    stats: async (endpointId) => pool.at(endpointId).stats(endpointId),
    close: (endpointId) => pool.close(endpointId),
  };
}

/** What one of them at least can do. */
function ableTogether(members: readonly Member[]): Capabilities {
  const able = members.flatMap(({ capabilities }) => (capabilities === null ? [] : [capabilities]));
  const any = (what: Need): boolean => able.some((each) => each[what]);
  return { codecs: [...new Set(able.flatMap(({ codecs }) => codecs))], record: any('record'), mix: any('mix'), webrtc: any('webrtc') };
}
