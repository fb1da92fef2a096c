/** What callers hear of a queue that somebody has closed, or declared an emergency in, before their flow goes on. */
import type { QueueId } from '../../kernel/ids.ts';
import type { Sound } from '../call/command.ts';
import type { Language, QueueExit } from '../call/event.ts';
import type { Notice } from '../call/notice.ts';
import type { Walk } from './state.ts';

/** As the queue was switched. */
export interface Standing {
  state: string;
  /** ms since 1970; null = until it is switched again */
  until: number | null;
  notice: Notice;
}

export type Notices = ReadonlyMap<QueueId, Standing>;

/** Nothing: nobody has said anything, that time is over, or its prompt is not recorded in this language. */
export function noticeOf(notices: Notices, queueId: QueueId, exit: QueueExit, { language, loaded }: Walk, now: number): Sound[] {
  const standing = notices.get(queueId);
  if (standing === undefined || standing.state !== exit || (standing.until !== null && standing.until <= now)) return [];
  const { notice } = standing;
  if ('text' in notice) return spoken(notice.text, language);
  return loaded?.prompts[language].has(notice.prompt) === true ? [{ kind: 'prompt', name: notice.prompt, language }] : [];
}

/** In the other language, where nothing was said in the caller's own. */
function spoken(text: Extract<Notice, { text: unknown }>['text'], language: Language): Sound[] {
  for (const one of [language, language === 'zh' ? 'en' : 'zh'] as const) {
    const words = text[one];
    if (words !== undefined) return [{ kind: 'speech', text: words, language: one, fallback: null }];
  }
  return [];
}
