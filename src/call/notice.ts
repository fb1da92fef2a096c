/** What callers hear of a queue that somebody has closed by hand, before their dialplan goes on: a recorded prompt, or words that are spoken. */
import type { Language } from './event.ts';

export type Notice = { prompt: string } | { text: { [language in Language]?: string | undefined } };
