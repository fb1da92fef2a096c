/**
 * Takes keys for one step: the pure machine the sound rim drives, told of the end of the prompt, of keys and of time.
 *
 *   prompting ──prompt ended──▶ first_key ──key──▶ between_keys ─┐
 *       │ key, barge-in             │ time                │ time  │ key, not yet the last
 *       └──────────────────────────▶│                     ▼  ◀────┘
 *                                   └──────────────────▶ done ◀── finish key, or the last key
 *
 * To the caller: *prompting* she is being asked (with barge-in she may already answer), *first_key* it is quiet and her turn,
 * *between_keys* she is in the middle of a number.
 */
import type { Collecting } from '../call/command.ts';
import type { CollectEnd } from '../call/event.ts';

export interface CollectOutput {
  /** The prompt is to be stopped now: she has begun to answer. */
  stopPrompt?: true;
  /** ms since 1970 at which `timePassed` is due; null = nothing to wait for. */
  until: number | null;
  /** Given once. `digits` is without the finish key; `timeout` may carry the keys that came before it. */
  done?: { digits: string; end: Extract<CollectEnd, 'complete' | 'finish_key' | 'timeout'> };
}

export interface Collector {
  promptEnded(now: number): CollectOutput;
  /** 0-9, * or #, A-D; anything else is no key and changes nothing. */
  key(key: string, now: number): CollectOutput;
  timePassed(now: number): CollectOutput;
}

type State = { at: 'prompting' } | { at: 'first_key'; until: number } | { at: 'between_keys'; digits: string; until: number } | { at: 'done' };

/** Whatever a step asks for: nobody keys in more by hand. */
const MOST_KEYS = 64;
const KEY = /^[0-9*#A-D]$/;

/** `bargeIn` false: keys pressed while the prompt plays are lost, as the caller was told to listen. */
export function createCollector(collecting: Collecting, bargeIn: boolean): Collector {
  const most = Math.min(Math.max(1, collecting.most), MOST_KEYS);
  let state: State = { at: 'prompting' };

  const still = (): CollectOutput => ({ until: 'until' in state ? state.until : null });
  const end = (digits: string, why: 'complete' | 'finish_key' | 'timeout'): CollectOutput => {
    state = { at: 'done' };
    return { until: null, done: { digits, end: why } };
  };
  const taken = (digits: string, now: number): CollectOutput => {
    if (digits.length >= most) return end(digits, 'complete');
    state = { at: 'between_keys', digits, until: now + collecting.betweenKeysMs };
    return still();
  };

  return {
    promptEnded(now) {
      if (state.at === 'prompting') state = { at: 'first_key', until: now + collecting.firstKeyMs };
      return still();
    },
    // A key that comes after its deadline but before we were told so still counts: she did press it.
    key(key, now) {
      const deaf = state.at === 'done' || (state.at === 'prompting' && !bargeIn);
      if (deaf || !KEY.test(key)) return still();
      const before = state.at === 'between_keys' ? state.digits : '';
      const stopPrompt = state.at === 'prompting' ? { stopPrompt: true as const } : {};
      const output = key === collecting.finishKey ? end(before, 'finish_key') : taken(before + key, now);
      return { ...stopPrompt, ...output };
    },
    timePassed(now) {
      if (!('until' in state) || now < state.until) return still();
      return end(state.at === 'between_keys' ? state.digits : '', 'timeout');
    },
  };
}
