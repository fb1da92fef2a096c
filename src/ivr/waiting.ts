/** What a caller hears while it waits: music, between it its place, how long it may take and messages; and the keys that lead out. */
import type { Sound } from '../call/command.ts';
import type { CallEvent, Language } from '../call/event.ts';
import type { PlanNode } from './plan.ts';
import { speak } from './speak.ts';
import type { IvrTurn, Walk, WalkState } from './state.ts';
import { nextPlayId } from './steps.ts';

type Queued = Extract<WalkState, { at: 'queued' }>;
type QueueNode = Extract<PlanNode, { verb: 'queue' }>;

/** In silence: then the keys are listened for anew. */
const LISTEN_MS = 600_000;

/** Plays from here on; whatever was playing is over. `music` null = silence. */
export function playWait(walk: Walk, turn: IvrTurn, state: Queued, node: QueueNode | undefined, music: string | null, announced: readonly Sound[]): void {
  const sounds: Sound[] = [...announced, ...(music === null ? [] : [{ kind: 'music' as const, name: music }])];
  const keys = Object.keys(node?.keys ?? {});
  if (sounds.length === 0 && keys.length === 0) return;
  const playId = nextPlayId(walk);
  const { callId, legId, tenantId } = walk;
  walk.state = { ...state, playId };
  if (keys.length === 0) {
    turn.commands.push({ type: 'playSounds', callId, legId, playId, tenantId, sounds, loop: music !== null, bargeIn: false });
    return;
  }
  const collecting = { least: 1, most: 1, finishKey: null, firstKeyMs: LISTEN_MS, betweenKeysMs: LISTEN_MS };
  turn.commands.push({ type: 'collectDigits', callId, legId, playId, tenantId, sounds, bargeIn: true, collecting });
}

/** What is announced, of recorded prompts; what this language has not recorded is not said. */
export function announcementOf(walk: Walk, { position, minutes, message }: Extract<CallEvent, { type: 'waitAnnounced' }>): Sound[] {
  const { language } = walk;
  const phrases = [
    position === null ? [] : ['queue-position-is', ...numberIn(language, position), 'queue-position-end'],
    minutes === null ? [] : minutes === 'several' ? ['queue-estimate-several'] : ['queue-estimate-is', ...minutesIn(language, minutes), 'queue-minutes'],
    message === null ? [] : [message],
  ];
  const recorded = walk.loaded?.prompts[language];
  const said = phrases.filter((phrase) => phrase.every((name) => recorded?.has(name) === true));
  return said.flat().map((name) => ({ kind: 'prompt', name, language }));
}

const numberIn = (language: Language, value: number): string[] => speak('number', String(value), language) ?? [];
/** 两分钟, not 二分钟. */
const minutesIn = (language: Language, value: number): string[] => (language === 'zh' && value === 2 ? ['liang'] : numberIn(language, value));
