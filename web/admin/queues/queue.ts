/** Queues as the API tells and takes them. */
export const QUEUES = '/api/v1/queues';
export const CALENDARS = '/api/v1/calendars';
export const TRIALS = '/api/v1/trials';

/** Rules that are absent unless somebody set them. */
export const sectionNames = [
  'door',
  'announcements',
  'overflow',
  'matching',
  'widening',
  'offering',
  'callback',
  'channels',
  'desk',
  'redialMs',
  'survey',
  'recordingConsent',
] as const;

export interface Door {
  calendar?: string | undefined;
  whenClosed?: 'stay' | 'leave' | undefined;
  dissuade?: { waiting?: number; estimateMs?: number } | undefined;
  [other: string]: unknown;
}
export interface Announcements {
  firstMs: number;
  everyMs: number;
  position?: boolean;
  estimate?: boolean;
  messages?: string[];
}

export interface SurveyRules {
  flow: string;
  asks?: 'always' | 'when_sent';
  everyDays?: number;
}

export interface Queue {
  queueId: string;
  name: { zh: string; en: string };
  skills: { skill: string; level: number }[];
  maxWaitMs: number | null;
  maxWaiting: number;
  leaveWhenNoAgents: boolean;
  ringTimeoutMs: number;
  wrapUpMs: number;
  record: boolean;
  recording: 'optional' | 'mandatory' | 'forbidden';
  media: 'anchored' | 'direct';
  music: string | null;
  answerWithinMs: number;
  door?: Door | undefined;
  announcements?: Announcements | undefined;
  survey?: SurveyRules | undefined;
  recordingConsent?: 'announced' | 'given' | undefined;
  warnings: { at: string; message: string }[];
  live: { state: 'open' | 'closed' | 'emergency'; waiting: number; signedIn: number; ready: number; talking: number } | null;
}

/** What of a queue can be changed, as it is held while somebody changes it. */
export type Draft = Omit<Queue, 'queueId' | 'warnings' | 'live'> & Record<string, unknown>;

export function draftOf(queue: Queue): Draft {
  const { queueId: _id, warnings: _warnings, live: _live, ...draft } = queue;
  return draft;
}

/** What a new queue has unless told otherwise: the server's own values, so that they can be seen before it is made. */
export const newDraft: Draft = {
  ...{ name: { zh: '', en: '' }, skills: [], maxWaitMs: 600_000, maxWaiting: 500, leaveWhenNoAgents: true, ringTimeoutMs: 20_000, wrapUpMs: 30_000 },
  ...{ record: true, recording: 'optional', media: 'anchored', music: 'default', answerWithinMs: 20_000 },
};

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Only what differs: what somebody else changes meanwhile stays theirs. A section that is gone is `null`. */
export function changeOf(before: Draft, after: Draft): Record<string, unknown> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries([...names].flatMap((name) => (same(before[name], after[name]) ? [] : [[name, after[name] ?? null]])));
}

/** The rules of a draft that are written as text. */
export const rulesOf = (draft: Draft): Record<string, unknown> =>
  Object.fromEntries(sectionNames.flatMap((name) => (draft[name] === undefined ? [] : [[name, draft[name]]])));

/** The draft with these rules in place of those it had. */
export function withRules(draft: Draft, rules: Record<string, unknown>): Draft {
  const others = Object.fromEntries(Object.entries(draft).filter(([name]) => !(sectionNames as readonly string[]).includes(name)));
  return { ...others, ...rules } as Draft;
}

export const shortName = (queue: Pick<Queue, 'queueId'>): string => queue.queueId.slice(queue.queueId.indexOf(':') + 1);
