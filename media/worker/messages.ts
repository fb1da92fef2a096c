/** What the main thread and an RTP worker tell each other. Worker-side failures travel as the MediaError they will become. */
import type { MessagePort } from 'node:worker_threads';
import type { CodecName } from '../codec/codec.ts';
import type { ToneListening } from '../dtmf/keys.ts';
import type { AnswerTimes, EndpointStats, Gain, MediaErrorCode, MediaEvent, PlayChange, PlayOptions, PlayState, Source, TapRequest } from '../port.ts';
import type { RecordingFile } from '../record/messages.ts';
import type { Choice } from '../sdp/formats.ts';
import type { Protection as Agreed } from '../sdp/security.ts';
import type { CertificateFiles } from '../webrtc/dtls/certificate.ts';
import type { Moving } from './moving.ts';
import type { EngineName } from './sockets.ts';

/** What a worker is started with. */
export interface WorkerSetup {
  engine: EngineName;
}

export interface OpenEndpoint {
  endpointId: string;
  family: 4 | 6;
  host: string;
  port: number;
  timeoutMs: number;
  ssrc: number;
  sequence: number;
  timestamp: number;
}

/** How packets are protected; our certificate is the same for all endpoints of the process. */
export type Protection = Exclude<Agreed, { kind: 'dtls' }> | (Extract<Agreed, { kind: 'dtls' }> & { certificate: CertificateFiles });

/** What offer and answer agreed on, as packets need it. */
export interface Agreement {
  /** null = nowhere to send, now (hold by the null address, stream refused). */
  remote: { address: string; port: number; rtcpPort: number } | null;
  signallingAddress: string;
  codec: CodecName;
  payloadType: number;
  /** What it may send. */
  understood: Choice[];
  eventOut: number | null;
  eventIn: number | null;
  eventRate: 8000 | 48_000;
  comfortNoise: boolean;
  /** The remote party wants to hear us. */
  hears: boolean;
  /** It is to send all the time: its silence is a fault. */
  mustSend: boolean;
  /** null = in clear. */
  protection: Protection | null;
}

/** Each order and what it answers. */
export interface Orders {
  /** Binds a port for an endpoint that will be opened there. */
  prepare: { params: Pick<OpenEndpoint, 'family' | 'host' | 'port'>; result: { taken: boolean } };
  discard: { params: { port: number }; result: null };
  open: { params: OpenEndpoint; result: { taken: boolean } };
  agree: { params: { endpointId: string; agreed: Agreement }; result: null };
  play: { params: { endpointId: string; playId: string; sources: Source[] } & PlayOptions; result: null };
  changePlay: { params: { endpointId: string; playId: string; change: PlayChange }; result: PlayState };
  stop: { params: { endpointId: string }; result: null };
  sendDigits: { params: { endpointId: string; keys: string }; result: null };
  signalledKey: { params: { endpointId: string; key: string }; result: null };
  listenForTones: { params: { endpointId: string; when: ToneListening }; result: null };
  maskKeys: { params: { endpointId: string; mostMs: number }; result: null };
  unmaskKeys: { params: { endpointId: string }; result: null };
  join: { params: { a: string; b: string }; result: null };
  part: { params: { a: string; b: string }; result: null };
  echo: { params: { endpointId: string }; result: null };
  mute: { params: { endpointId: string; muted: boolean }; result: null };
  conference: { params: { conferenceId: string; members: string[]; gains: Gain[] }; result: null };
  setGains: { params: { conferenceId: string; gains: Gain[] }; result: null };
  removeFromConference: { params: { conferenceId: string; endpointId: string }; result: null };
  endConference: { params: { conferenceId: string }; result: null };
  playToConference: { params: { conferenceId: string; playId: string; sources: Source[]; loop: boolean }; result: null };
  record: { params: { recordingId: string; file: RecordingFile; left: string; right: string; paused: boolean }; result: null };
  pauseRecording: { params: { recordingId: string }; result: null };
  resumeRecording: { params: { recordingId: string }; result: null };
  moveRecording: { params: { recordingId: string; left: string; right: string }; result: null };
  stopRecording: { params: { recordingId: string }; result: null };
  tap: { params: TapRequest; result: null };
  untap: { params: { endpointId: string; tapId: string }; result: null };
  watchVoice: { params: { endpointId: string; on: boolean }; result: null };
  detectAnswer: { params: { endpointId: string; times: Partial<AnswerTimes> }; result: null };
  stats: { params: { endpointId: string }; result: EndpointStats };
  close: { params: { endpointId: string }; result: EndpointStats | null };
  /** Out of this worker with these, all of one group; null = they cannot be moved now, and stay. */
  yield: { params: { endpointIds: string[] }; result: Moving[] | null };
  adopt: { params: { moving: Moving[] }; result: null };
  /** The recorder is (again) there. */
  recorder: { params: { port: MessagePort }; result: null };
  /** Is it alive? By how many ms did it come late to what was due, at worst since the last time? */
  ping: { params: null; result: number };
}
export type OrderName = keyof Orders;
/** Those that the main thread only passes on to where the endpoint lives. */
export type OneEndpointOrder =
  | 'tap'
  | 'untap'
  | 'watchVoice'
  | 'detectAnswer'
  | 'changePlay'
  | 'mute'
  | 'signalledKey'
  | 'listenForTones'
  | 'maskKeys'
  | 'unmaskKeys';
export type OrderHandlers = { [Name in OrderName]: (params: Orders[Name]['params']) => Orders[Name]['result'] | Promise<Orders[Name]['result']> };

export interface Order<Name extends OrderName = OrderName> {
  id: number;
  name: Name;
  params: Orders[Name]['params'];
}
export type FromWorker =
  | { id: number; result: unknown }
  | { id: number; error: { code: MediaErrorCode; message: string } }
  | { event: MediaEvent }
  | { alarm: { endpointId: string; strangersASecond: number } }
  | { fault: string };
