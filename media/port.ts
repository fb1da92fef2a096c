/**
 * What the application may ask of any media server: ours (`media/`), or another behind the same port.
 *
 * An *endpoint* is our end of one leg's audio: one RTP port (RTCP on the next, odd one), one remote party. The media
 * server speaks SDP (RFC 3264 offer/answer) itself, so that codecs, RFC 4733 events and later ICE and SRTP are its business alone.
 *
 * Every call answers within 5 s or rejects with a MediaError. Nothing here blocks audio.
 */
export type EndpointId = string;

export interface Capabilities {
  /** for example ['PCMA/8000', 'PCMU/8000'] in order of preference */
  codecs: string[];
  record: boolean;
  mix: boolean;
  webrtc: boolean;
  /**
   * What carries the packets, where a server has more than one way: `native` is our C++, `plain` is node:dgram at more than twice the cost.
   * SRTP is node:crypto's under either: the native path has no cipher of its own.
   */
  packetPath?: 'native' | 'plain';
}

/**
 * `file`: absolute path of a WAV (8 kHz or 16 kHz mono, PCM16, A-law or µ-law) or raw G.711 (`.al`, `.ul`).
 * `tone`: frequencies in Hz, levels in dBm0, on/off cadence in ms (off 0 = steady); `ms` = how long, absent = for ever.
 * `signal`: a tone of a telephone network by name, with its country's frequencies and cadence (absent = CN); for ever unless `ms` is given, a beep 200 ms.
 * `tap`: what the consumer of a tap of this endpoint wants to be heard, as it comes, until it says that this was all, or the play is stopped.
 * `music`: a file looped for ever, encoded once per codec for all who listen, wherever it stands now.
 */
/** `callWaiting`: heard in a call, a second one waits. `unobtainable`: nobody has that number. `milliwatt`: 1004 Hz at 0 dBm0, for measuring. */
export type SignalName = 'dial' | 'ringback' | 'busy' | 'congestion' | 'callWaiting' | 'unobtainable' | 'beep' | 'milliwatt';
export type ToneCountry = 'CN' | 'DE' | 'FR' | 'GB' | 'HK' | 'JP' | 'SG' | 'US';

export type Source =
  | { kind: 'file'; path: string }
  | { kind: 'tone'; hz: number[]; dbm0: number; onMs: number; offMs: number; ms?: number }
  | { kind: 'signal'; name: SignalName; country?: ToneCountry; ms?: number }
  | { kind: 'tap'; tapId: string }
  | { kind: 'silence'; ms: number }
  | { kind: 'music'; path: string };

/** `volumeDb` −40 to +12, in whole decibels, 0 when absent; `fromMs`: not from its beginning. */
export interface PlayOptions {
  loop: boolean;
  bargeIn: boolean;
  volumeDb?: number;
  fromMs?: number;
}
/** What is absent stays. `atMs`, or where it stands, plus `byMs` (which may be negative) = where it goes on; what lies beyond the end is the end. */
export interface PlayChange {
  paused?: boolean;
  volumeDb?: number;
  atMs?: number;
  byMs?: number;
}
/** `lengthMs` of one round of the list; null = endless, or not read yet. */
export interface PlayState {
  atMs: number;
  lengthMs: number | null;
  paused: boolean;
  volumeDb: number;
}

/** How audio is protected: not at all, by keys in the SDP (SDES), or as browsers do it (ICE and DTLS-SRTP). */
export type Profile = 'plain' | 'sdes' | 'webrtc';

export interface OpenRequest {
  endpointId: EndpointId;
  /** The remote offer; absent = we offer. */
  offer?: string;
  /** Source address of the signalling, to which latching may also lock (behind NAT the SDP address is private). */
  signallingAddress: string;
  /** No RTP for so long while sending is expected = `mediaTimeout` event; 0 = never. */
  timeoutMs: number;
  /** How to offer, where no offer came; absent = plain. An offer is answered as it was made. */
  profile?: Profile;
  /** Where no offer came: make a second one besides, for the browsers among those who are asked; whose answer is accepted decides. */
  toBrowsers?: boolean;
  /** The same with keys in it (SDES), for those whose signalling nobody else reads. */
  toPrivatePhones?: boolean;
  /** Nobody else reads the signalling (TLS): only then keys that stand in it are worth anything, and taken. */
  privateSignalling?: boolean;
  /** Nobody needs it yet: refused (`no_ports`) while ports are few, and by servers that keep none ready. */
  ahead?: boolean;
  /** Endpoints that may ever be joined or recorded together carry the same group (the call id); absent = the endpoint id up to its last dot. */
  group?: string;
}

/** Our SDP, and the offers that were asked for besides. */
export interface Opened {
  sdp: string;
  browserSdp?: string;
  keyedSdp?: string;
}

/** Who answered our offer. */
export interface Answerer {
  /** See `OpenRequest`, both. */
  signallingAddress: string;
  privateSignalling: boolean;
}

export type ConferenceId = string;

/** How loud one member hears another: 0 = as it came; null = not at all. Heard at 0 dB is whoever is not named. */
export interface Gain {
  speaker: EndpointId;
  listener: EndpointId;
  /** −60 … 12 */
  db: number | null;
}

/**
 * Endpoints of one group (`OpenRequest.group`) that hear one another, each in its own codec: 2 to 32 of them. With customer C, agent A and
 * supervisor S: listening in is C, A, S with S → C and S → A null; whispering S → C null alone; barging in no gain at all; taking over is a
 * conference of C and S alone. A member that has put us on hold is not heard; one that closes leaves; the last to leave ends it.
 */
export interface ConferenceRequest {
  conferenceId: ConferenceId;
  members: EndpointId[];
  gains: Gain[];
}

export interface RecordRequest {
  recordingId: string;
  /** Absolute path of the file to write, within the media server's folder of recordings: 8 kHz stereo, left first. Its folder exists. */
  path: string;
  left: EndpointId;
  right: EndpointId;
  /** Absent or false: a plain WAV of PCM16. true: sealed (kernel/seal/format.ts) under the master key. */
  sealed?: boolean;
  /** In a sealed file: PCM16 (absent), A-law in half the space, or Opus in an eighth. */
  format?: 'pcm16' | 'alaw' | 'opus';
  /** It begins paused. */
  paused?: boolean;
}

/** How a media server is doing: cheap, asked each second by whoever chooses among several. */
export interface ServerReport {
  endpoints: number;
  workers: number;
  /** The longest a worker took to answer just now. */
  lagMs: number;
  /** Of the whole process since the report before, in % of one core. */
  cpuPercent: number;
  /** Groups that went on in another worker because theirs lagged, since the start. */
  moved: number;
  /** It takes no new groups and ends when its last endpoint is closed. */
  draining: boolean;
}

/** One direction of a leg's sound. */
export interface AudioDirection {
  /** Estimate by the E-model (ITU-T G.107), 1 bad … 4.5, over the whole leg and of its worst 5 s. */
  mos: number;
  worstMos: number;
  lossPct: number;
  jitterMs: number;
}
/**
 * `not_heard`: the party should send and nothing of it comes · `not_hearing`: its reports say that nothing of ours reaches it ·
 * `poor`: below MOS 3.1 for ten seconds.
 */
export type AudioTrouble = 'not_heard' | 'not_hearing' | 'poor';
export interface AudioQuality {
  codec: string | null;
  /** What the party says, as it reaches us; null = nothing came. */
  heard: AudioDirection | null;
  /** What we say, as the party reports it (RTCP); null = it sent no reports. */
  sent: AudioDirection | null;
  /** There and back between us and the party; null = unknown. */
  roundTripMs: number | null;
  /** Every kind there was, once. */
  troubles: AudioTrouble[];
}

/**
 * The samples of one leg to whoever recognises, assists or answers, and back. `to`: where the consumer listens: the absolute path of a stream socket, or
 * `tcp:127.0.0.1:port`; the frames are those of `media/tap/wire.ts`. `in` is what the party says, `out` what it is sent.
 */
export interface TapRequest {
  tapId: string;
  endpointId: EndpointId;
  to: string;
  rate: 8000 | 16000;
  directions: 'in' | 'out' | 'both';
}

/** What tells people from machines, in ms; what is absent has its usual value. */
export interface AnswerTimes {
  /** Speech that goes on for longer than this is a machine's (2300). */
  greetingMs: number;
  /** Silence after a short greeting: somebody waits for us (700). */
  answerMs: number;
  /** Nothing at all was said (4000). */
  silenceMs: number;
  /** The verdict comes by then (6000). */
  mostMs: number;
}
export interface Answer {
  by: 'human' | 'machine' | 'unknown';
  why: 'beep' | 'long_greeting' | 'short_greeting' | 'silence' | 'undecided';
}

export interface EndpointStats {
  packetsIn: number;
  packetsOut: number;
  lost: number;
  /** RFC 3550 interarrival jitter */
  jitterMs: number;
  /** Packets refused by the source lock. */
  strangers: number;
  quality: AudioQuality;
}

export type MediaEvent =
  | { type: 'playEnded'; endpointId: EndpointId; playId: string; end: 'finished' | 'barge_in' | 'stopped' | 'failed'; reason?: string }
  /**
   * One press = one event, told when the key goes down, whether it came as telephone-event, as tones or by signalling. key: 0-9 * # A-D.
   * `masked`: it was pressed under `maskKeys` and must be kept nowhere.
   */
  | { type: 'digit'; endpointId: EndpointId; key: string; masked?: true }
  /** The party is heard again, and its keys are no secret any more. */
  | { type: 'maskEnded'; endpointId: EndpointId; end: 'asked' | 'timeout' }
  /** Under `watchVoice`: the party begins or ceases to speak; `atMs` since it was asked for. */
  | { type: 'voice'; endpointId: EndpointId; speaking: boolean; atMs: number }
  /** Once for each `detectAnswer`; a machine may still beep. */
  | ({ type: 'answeredBy'; endpointId: EndpointId; atMs: number } & Answer)
  /** A machine's beep is over: now it records. */
  | { type: 'beep'; endpointId: EndpointId; hz: number; ms: number; atMs: number }
  /** Without a reason it was asked for. `dropped`: frames that the consumer was too slow for. */
  | { type: 'tapEnded'; endpointId: EndpointId; tapId: string; dropped: number; reason?: string }
  /** No RTP came for the endpoint's `timeoutMs` (now for `silentMs`) although the remote party should send. Told once; again after it was heard in between. */
  | { type: 'mediaTimeout'; endpointId: EndpointId; silentMs: number }
  /** Sound is bad or goes one way only; `none` = that is over. Told on change. */
  | { type: 'audioTrouble'; endpointId: EndpointId; trouble: AudioTrouble | 'none' }
  /** A browser's page was closed, loaded anew, or lost its network; `false` = it is there again. Another page of hers comes to another endpoint. */
  | { type: 'partyAway'; endpointId: EndpointId; away: boolean }
  /** The endpoint is gone without having been closed: its worker died, or the media server did. Nothing more is heard of it. */
  | { type: 'endpointLost'; endpointId: EndpointId; reason: string }
  /**
   * Told once when it ends; once more after a restart of the media server or its recorder, when a file whose writer died has been mended: then
   * to every application, as nobody knows any longer whose it was. `seal`: last value of a sealed file's hash chain. `bytes`: length of the file.
   */
  | {
      type: 'recordingEnded';
      recordingId: string;
      path: string;
      durationMs: number;
      complete: boolean;
      reason?: string;
      seal?: string;
      bytes?: number;
    };

export interface MediaServer {
  capabilities(): Promise<Capabilities>;
  /** Opens an endpoint and returns our SDP: the answer to `offer`, or our own offer. Rejects `incompatible` when no codec is in common. */
  open(request: OpenRequest): Promise<Opened>;
  /** The remote answer to our offer. `from`: whose signalling it came over, where that was not known yet when it was opened, or another of those who were asked answers. */
  accept(endpointId: EndpointId, answer: string, from?: Answerer): Promise<void>;
  /** A later offer of the remote party (hold, retrieve, moved): returns our answer and the direction it asked for, seen from the remote party. */
  renegotiate(endpointId: EndpointId, offer: string): Promise<{ sdp: string; direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive' }>;
  /**
   * Stops whatever plays on it and plays the list, one after another without a gap; `loop` plays the list for ever.
   * Every play that was taken ends with one `playEnded`; a source that cannot be read ends it `failed`. While it plays, a joined party is not heard.
   */
  play(endpointId: EndpointId, playId: string, sources: Source[], options: PlayOptions): Promise<void>;
  /** Changes what plays, if it is still this one (`bad_request` else), and says where it stands. A paused play sends silence. */
  changePlay(endpointId: EndpointId, playId: string, change: PlayChange): Promise<PlayState>;
  stop(endpointId: EndpointId): Promise<void>;
  /** Sends keys as RFC 4733 events, 100 ms each with 60 ms between. */
  sendDigits(endpointId: EndpointId, keys: string): Promise<void>;
  /** A key of the party that came by signalling (SIP INFO): told as `digit`, unless its press was heard in the audio. */
  signalledKey(endpointId: EndpointId, key: string): Promise<void>;
  /** Listen for keys as tones in the audio: `auto` (the beginning) = where the party has agreed to no telephone-events. */
  listenForTones(endpointId: EndpointId, when: 'auto' | 'always' | 'never'): Promise<void>;
  /**
   * For passwords and card numbers. From now on, for `mostMs` (≤ 600,000) at most, nobody hears the party: whoever is joined with it hears silence
   * and one flat tone for each press, recordings hold silence for it and for whoever it is joined with, and its keys are told as `masked`. Ends with one
   * `maskEnded`, 400 ms after which, and not before the last key was let go, the party is heard again. Asked again = the time begins anew.
   */
  maskKeys(endpointId: EndpointId, mostMs: number): Promise<void>;
  unmaskKeys(endpointId: EndpointId): Promise<void>;
  /** Joins two endpoints: what one says the other hears, from the next packet on. Ends what plays on either. */
  join(a: EndpointId, b: EndpointId): Promise<void>;
  part(a: EndpointId, b: EndpointId): Promise<void>;
  /** Sends everything back to where it came from. */
  echo(endpointId: EndpointId): Promise<void>;
  /** Nobody hears the party, nor does any recording; its keys are told as ever. Joining, parting and conferences leave it muted. */
  mute(endpointId: EndpointId, muted: boolean): Promise<void>;
  /**
   * Makes a conference, or makes one anew with these members and gains: whoever stays is not disturbed, whoever is new leaves what it was in
   * (and what plays on it ends), whoever is not named goes. A member that is played to hears that alone meanwhile. `join` takes two out of it again.
   * While its left side is in one, a recording holds right what that side hears of it.
   */
  conference(request: ConferenceRequest): Promise<void>;
  /** Changes these gains of a conference; the others stay. */
  setGains(conferenceId: ConferenceId, gains: Gain[]): Promise<void>;
  /** Ids that are not in it are fine. */
  removeFromConference(conferenceId: ConferenceId, endpointId: EndpointId): Promise<void>;
  /** Its members stay open and hear nobody. Unknown ids are fine. */
  endConference(conferenceId: ConferenceId): Promise<void>;
  /** Played to all, beside what they say; ends with one `playEnded` whose `endpointId` is the conference's id. */
  playToConference(conferenceId: ConferenceId, playId: string, sources: Source[], options: { loop: boolean }): Promise<void>;
  /** Ends with one `recordingEnded`: when stopped, when either endpoint closes, or when the disk fails. */
  record(request: RecordRequest): Promise<void>;
  /** Both sides are silent in the file from now on, at its pace, until it is resumed. Unknown ids are fine. */
  pauseRecording(recordingId: string): Promise<void>;
  resumeRecording(recordingId: string): Promise<void>;
  /** From now on it records these two, in the same file and without a gap: the call goes on with another leg. */
  moveRecording(recordingId: string, left: EndpointId, right: EndpointId): Promise<void>;
  /** Unknown ids are fine. */
  stopRecording(recordingId: string): Promise<void>;
  /** Rejects `unavailable` when nobody listens at `to`. Ends with one `tapEnded`. A leg may have several; a masked party is silent on them. */
  tap(request: TapRequest): Promise<void>;
  /** Unknown taps are fine. */
  untap(endpointId: EndpointId, tapId: string): Promise<void>;
  watchVoice(endpointId: EndpointId, on: boolean): Promise<void>;
  /** From now on: did a person answer, or a machine? Asked again = begun anew. */
  detectAnswer(endpointId: EndpointId, times?: Partial<AnswerTimes>): Promise<void>;
  stats(endpointId: EndpointId): Promise<EndpointStats>;
  /** Closes an endpoint and everything on it; unknown ids are fine. */
  close(endpointId: EndpointId): Promise<EndpointStats | null>;
}

/** An endpoint that was opened by an earlier run of the application, as it stands. */
interface KeptEndpoint {
  endpointId: EndpointId;
  group: string;
  /** Whom it was joined with last, and not parted from since. */
  joined: EndpointId | null;
  /** What plays on it. */
  playing: string | null;
}
/** What an application finds that was started anew: a part of it, from the one asked for on. */
export interface Kept {
  endpoints: KeptEndpoint[];
  recordings: { recordingId: string; path: string; startedMs: number }[];
  /** There are more endpoints behind these. */
  more: boolean;
}

/** One of several: what whoever chooses among them asks of each. */
export interface ManagedMediaServer extends MediaServer {
  report(): Promise<ServerReport>;
  /** From now on endpoints are opened only in groups that have one; when the last is closed the server ends. There is no way back. */
  drain(): Promise<void>;
}

export type MediaErrorCode = 'incompatible' | 'no_ports' | 'unknown_endpoint' | 'bad_request' | 'timeout' | 'unavailable' | 'internal';
export class MediaError extends Error {
  readonly code: MediaErrorCode;
  constructor(code: MediaErrorCode, message: string) {
    super(message);
    this.name = 'MediaError';
    this.code = code;
  }
}
