import type { Clock } from '../../kernel/clock.ts';
import type { CallObserver } from '../agent/records.ts';
import type { Message } from '../message/message.ts';
import { writeMessage } from '../message/write.ts';
import type { Routes } from './routes.ts';
import { cdrEvent } from './wire.ts';

/** `cdr:attempt`, `cdr:start` and `cdr:stop`, each to one of the applications that have routed it. */
export function cdrEvents(routes: Routes, clock: Clock): CallObserver {
  const tell = (verb: 'cdr:attempt' | 'cdr:start' | 'cdr:stop', source: string, what: string | undefined, message: Message): void => {
    const app = routes.pick(verb);
    if (typeof app !== 'string') app.deliver(cdrEvent(verb, source, clock.now(), what, writeMessage(message)));
  };
  return {
    get isDeaf() {
      return !routes.has('cdr:attempt') && !routes.has('cdr:start') && !routes.has('cdr:stop');
    },
    attempt: (source, invite) => tell('cdr:attempt', source, undefined, invite),
    start: (source, role, ok) => tell('cdr:start', source, role, ok),
    stop: (source, reason, message) => tell('cdr:stop', source, reason, message),
  };
}
