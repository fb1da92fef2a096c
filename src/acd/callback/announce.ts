/** The others hear of a callback's call when it is first offered, or dialled: until then nothing has happened that concerns them. */
import { legIdOf } from '../../../kernel/ids.ts';
import type { Call, Moment } from '../floor.ts';
import { callbackOf, rulesOf } from './callback.ts';

/** The others hear of the call that stands for it, before it is offered to anybody. */
export function announce(m: Moment, call: Call): void {
  const callback = callbackOf(m.floor, call);
  const rules = callback === undefined ? undefined : rulesOf(m.floor, callback.queueId);
  if (callback === undefined || rules === undefined || callback.announced) return;
  callback.announced = true;
  const { callId, tenantId, number, callee, callbackId, of, askedAt, queueId, priority, skills, language, data } = callback;
  const { first, ringMs, display } = rules;
  const music = m.floor.queues.get(queueId)?.configuration.music ?? null;
  const mark = { callbackId, of, askedAt, attempt: callback.attempts + 1, first, ringMs, music, ...(display === undefined ? {} : { display }) };
  const parties = { caller: { number, raw: number }, callee, trunk: '', sipCallId: '' };
  m.events.push(
    { type: 'callArrived', callId, legId: legIdOf(callId, 0), tenantId, ...parties, callback: mark },
    { type: 'languageChosen', callId, language },
    { type: 'dataSet', callId, data: { ...data, callback_of: of }, by: 'flow' },
    { type: 'callQueued', callId, queueId, priority, skills: [...skills], maxWaitMs: null },
  );
}
