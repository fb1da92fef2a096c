/** What may be asked over the control socket: the methods of `MediaServer` with their arguments as a list, checked at the door. */
import { z } from 'zod';
import { LONGEST_MASK_MS } from '../dtmf/mask.ts';
import { LEAST_VOLUME_DB, MOST_VOLUME_DB } from '../play/gain.ts';
import { MediaError, type SignalName, type ToneCountry } from '../port.ts';

const id = z.string().min(1).max(200);
const sdp = z.string().max(32_768);
const MOST_SOURCES = 200;
const LONGEST_MS = 86_400_000;
const hz = z.number().int().min(1).max(3999);
const ms = z.number().min(0).max(LONGEST_MS);

const signalNames = ['dial', 'ringback', 'busy', 'congestion', 'callWaiting', 'unobtainable', 'beep', 'milliwatt'] as const satisfies SignalName[];
const countries = ['CN', 'DE', 'FR', 'GB', 'HK', 'JP', 'SG', 'US'] as const satisfies ToneCountry[];
const volumeDb = z.number().min(LEAST_VOLUME_DB).max(MOST_VOLUME_DB).exactOptional();
const playOptions = z.object({ loop: z.boolean(), bargeIn: z.boolean(), volumeDb, fromMs: ms.exactOptional() });
const playChange = z.object({
  paused: z.boolean().exactOptional(),
  volumeDb,
  atMs: ms.exactOptional(),
  byMs: z.number().min(-LONGEST_MS).max(LONGEST_MS).exactOptional(),
});

const source = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('file'), path: z.string().min(1).max(4096) }),
  z.object({
    kind: z.literal('tone'),
    hz: z.array(hz).min(1).max(4),
    dbm0: z.number().min(-70).max(3),
    onMs: z.number().int().min(1).max(60_000),
    offMs: z.number().int().min(0).max(60_000),
    ms: ms.exactOptional(),
  }),
  z.object({ kind: z.literal('signal'), name: z.enum(signalNames), country: z.enum(countries).exactOptional(), ms: ms.exactOptional() }),
  z.object({ kind: z.literal('tap'), tapId: id }),
  z.object({ kind: z.literal('silence'), ms }),
  z.object({ kind: z.literal('music'), path: z.string().min(1).max(4096) }),
]);

const openRequest = z.object({
  endpointId: id,
  offer: sdp.exactOptional(),
  signallingAddress: z.string().max(100),
  timeoutMs: ms,
  profile: z.enum(['plain', 'sdes', 'webrtc']).exactOptional(),
  toBrowsers: z.boolean().exactOptional(),
  toPrivatePhones: z.boolean().exactOptional(),
  privateSignalling: z.boolean().exactOptional(),
  ahead: z.boolean().exactOptional(),
  group: id.exactOptional(),
});
const recordRequest = z.object({
  recordingId: id,
  path: z.string().min(1).max(4096).startsWith('/'),
  left: id,
  right: id,
  sealed: z.boolean().exactOptional(),
  format: z.enum(['pcm16', 'alaw', 'opus']).exactOptional(),
  paused: z.boolean().exactOptional(),
});

const answerer = z.object({ signallingAddress: z.string().max(100), privateSignalling: z.boolean() });
const gain = z.object({ speaker: id, listener: id, db: z.number().min(-60).max(12).nullable() });
const MOST_MEMBERS = 32;
const gains = z.array(gain).max(MOST_MEMBERS * MOST_MEMBERS);
const conferenceRequest = z.object({ conferenceId: id, members: z.array(id).min(2).max(MOST_MEMBERS), gains });
const tapRequest = z.object({
  ...{ tapId: id, endpointId: id, directions: z.enum(['in', 'out', 'both']), rate: z.union([z.literal(8000), z.literal(16_000)]) },
  to: z
    .string()
    .max(4096)
    .regex(/^(\/|tcp:127\.0\.0\.1:[0-9]{1,5}$|tcp:\[::1\]:[0-9]{1,5}$)/, 'give an absolute path, or tcp:127.0.0.1:port'),
});
const time = z.number().min(100).max(60_000).exactOptional();
const answerTimes = z.object({ greetingMs: time, answerMs: time, silenceMs: time, mostMs: time });

export const methods = {
  /**
   * The application's name, by which it takes up its endpoints again after a broken connection, and the last event that reached it; then which run of it this is, and
   * whether it goes on with what the run before it had (`listener.ts` reads it).
   */
  hello: z.union([z.tuple([id, z.number()]), z.tuple([id, z.number(), id, z.boolean()])]),
  capabilities: z.tuple([]),
  open: z.tuple([openRequest]),
  accept: z.union([z.tuple([id, sdp]), z.tuple([id, sdp, answerer])]),
  renegotiate: z.tuple([id, sdp]),
  play: z.tuple([id, id, z.array(source).min(1).max(MOST_SOURCES), playOptions]),
  changePlay: z.tuple([id, id, playChange]),
  stop: z.tuple([id]),
  sendDigits: z.tuple([id, z.string().min(1).max(64)]),
  signalledKey: z.tuple([id, z.string().regex(/^[0-9*#A-D]$/)]),
  listenForTones: z.tuple([id, z.enum(['auto', 'always', 'never'])]),
  maskKeys: z.tuple([id, z.number().min(1).max(LONGEST_MASK_MS)]),
  unmaskKeys: z.tuple([id]),
  join: z.tuple([id, id]),
  part: z.tuple([id, id]),
  echo: z.tuple([id]),
  mute: z.tuple([id, z.boolean()]),
  conference: z.tuple([conferenceRequest]),
  setGains: z.tuple([id, gains]),
  removeFromConference: z.tuple([id, id]),
  endConference: z.tuple([id]),
  playToConference: z.tuple([id, id, z.array(source).min(1).max(MOST_SOURCES), z.object({ loop: z.boolean() })]),
  record: z.tuple([recordRequest]),
  pauseRecording: z.tuple([id]),
  resumeRecording: z.tuple([id]),
  moveRecording: z.tuple([id, id, id]),
  stopRecording: z.tuple([id]),
  tap: z.tuple([tapRequest]),
  untap: z.tuple([id, id]),
  watchVoice: z.tuple([id, z.boolean()]),
  detectAnswer: z.tuple([id, answerTimes]),
  stats: z.tuple([id]),
  close: z.tuple([id]),
  /** What is there of the application's, endpoints from this one on. */
  kept: z.tuple([z.number().int().min(0)]),
  report: z.tuple([]),
  drain: z.tuple([]),
};
export type MethodName = keyof typeof methods;
export type Params<Name extends MethodName> = z.infer<(typeof methods)[Name]>;

const envelope = z.object({ id: z.number().int(), method: z.string(), params: z.unknown() });
/** Throws an Error when it is no request at all: the connection speaks something else. */
export function readRequest(text: string): { id: number; method: string; params: unknown } {
  return envelope.parse(JSON.parse(text));
}

export const isMethod = (method: string): method is MethodName => Object.hasOwn(methods, method);

export function readParams<Name extends MethodName>(method: Name, params: unknown): Params<Name> {
  const read = methods[method].safeParse(params);
  if (read.success) return read.data as Params<Name>;
  throw new MediaError('bad_request', `${method}: ${read.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}`);
}
