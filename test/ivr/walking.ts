/** A caller in a dialplan, for tests: drives the room as the switchboard does, and puts what comes out into short words. */
import { asId, type CallId, type LegId, legIdOf, type QueueId, type TenantId } from '../../kernel/ids.ts';
import type { CallCommand, Sound } from '../../src/call/command.ts';
import type { CallEvent, CollectEnd, CustomerCard, QueueExit } from '../../src/call/event.ts';
import { compileDialplan } from '../../src/ivr/compile.ts';
import { faultLine } from '../../src/ivr/fault.ts';
import type { Plan } from '../../src/ivr/plan.ts';
import { fragments } from '../../src/ivr/speak.ts';
import type { WalkStateName } from '../../src/ivr/state.ts';
import { createIvr, type Ivr } from '../../src/ivr/walk.ts';

export const TENANT = asId<TenantId>('t');
const QUEUE = ['queue-position-is', 'queue-position-end', 'queue-estimate-is', 'queue-minutes', 'queue-estimate-several', 'patience'];
const EXTRA = ['hello', 'bye', 'ask', 'wrong', 'silence', 'item-a', 'item-b', ...QUEUE];
const prompts = { zh: [...EXTRA, ...Object.values(fragments.zh).flat()], en: [...EXTRA, ...Object.values(fragments.en).flat()] };

/** Compiles or throws with the faults. */
export function planOf(text: string, version = 't@1'): Plan {
  const { plan, faults } = compileDialplan({
    ...{ tenantId: TENANT, version: asId(version), files: [{ path: 'test.yaml', text }], prompts },
    ...{ music: ['default', 'jazz'], queues: null, agents: null, numbers: null, forms: null },
  });
  if (plan === null) throw new Error(faults.map(faultLine).join('\n'));
  return plan;
}

export const card = (more: Partial<CustomerCard> = {}): CustomerCard => ({
  ...{ customerId: asId('k1'), name: 'K', number: '+8613800001004', tier: 'none', language: 'zh', specialNeeds: [], openTickets: [], recentContacts: [] },
  ...more,
});

function soundWord(sound: Sound): string {
  const language = 'language' in sound && sound.language === 'en' ? 'en:' : '';
  if (sound.kind === 'speech') return `${language}“${sound.text}”${sound.fallback === null ? '' : ` or ${sound.fallback}`}`;
  return sound.kind === 'prompt' ? `${language}${sound.name}` : `${sound.kind}:${sound.name}`;
}
const said = (sounds: readonly Sound[]): string => sounds.map(soundWord).join(',');

export function commandWord(command: CallCommand): string {
  switch (command.type) {
    case 'playSounds':
      return `play${command.loop ? ' for ever' : ''}${command.bargeIn || command.loop ? '' : ' whole'} ${said(command.sounds)}`;
    case 'collectDigits':
      return `ask ${said(command.sounds)}`;
    case 'authenticate':
      return `ask secretly ${said(command.sounds)}`;
    case 'releaseLeg':
      return `release ${command.cause}`;
    case 'lookUp':
      return `look up ${command.what}`;
    case 'dialLeg':
      return `dial ${command.target}`;
    case 'answerLeg':
      return 'answer';
    case 'echoLeg':
      return 'echo';
    default:
      return command.type;
  }
}

export function factWord(event: CallEvent): string {
  switch (event.type) {
    case 'flowEntered':
      return `at ${event.flow}/${event.step}`;
    case 'callQueued':
      return `queued ${event.queueId} ${event.priority}`;
    case 'dataSet':
      return `set ${Object.entries(event.data)
        .map(([name, value]) => `${name}=${value}`)
        .join(',')}`;
    case 'languageChosen':
      return `language ${event.language}`;
    case 'callTransferred':
      return `transferred to ${Object.values(event.target).slice(1).join()}`;
    default:
      return event.type;
  }
}

export class Caller {
  readonly ivr: Ivr;
  readonly callId: CallId;
  readonly legId: LegId;
  readonly facts: CallEvent[] = [];
  readonly commands: CallCommand[] = [];
  now = 1_000_000;
  wakeAt: number | null = null;

  constructor(ivr: Ivr, callId = 'c1') {
    this.ivr = ivr;
    this.callId = asId(callId);
    this.legId = legIdOf(this.callId, 0);
  }

  /** One turn: the event, then the facts it led to, then the commands; in words. */
  tell(event: CallEvent | { type: 'timePassed' } | { type: 'serverStarted' }): string[] {
    const queue: { type: string }[] = [event];
    const words: string[] = [];
    const commands: CallCommand[] = [];
    for (let at = 0; at < queue.length && at < 1000; at += 1) {
      const turn = this.ivr.decide(queue[at] as { type: string }, this.now);
      this.wakeAt = turn.wakeAt;
      queue.push(...turn.events);
      this.facts.push(...turn.events);
      words.push(...turn.events.map(factWord));
      commands.push(...turn.commands);
    }
    this.commands.push(...commands);
    return [...words, ...commands.map(commandWord)];
  }

  arrive(callee: string, customer: CustomerCard | null = null): string[] {
    const { callId, legId } = this;
    const caller = { number: customer?.number ?? '+8613900000000', raw: '' };
    this.tell({ type: 'callArrived', callId, legId, tenantId: TENANT, caller, callee: { number: callee, raw: callee }, trunk: 't', sipCallId: 's' });
    return this.tell({ type: 'customerFound', callId, customer, authLevel: 1 });
  }

  answered(legId = this.legId): string[] {
    return this.tell({ type: 'legAnswered', callId: this.callId, legId });
  }

  /** Arrives and is answered. */
  dial(callee: string, customer: CustomerCard | null = null): string[] {
    const words = this.arrive(callee, customer);
    return words.includes('answer') ? [...words, ...this.answered()] : words;
  }

  get playId(): string {
    const last = this.commands.findLast((command) => 'playId' in command || command.type === 'deliverSecrets');
    if (last?.type === 'deliverSecrets') return last.deliveryId;
    return last !== undefined && 'playId' in last ? last.playId : '';
  }

  keys(digits: string, end: CollectEnd = digits === '' ? 'timeout' : 'complete'): string[] {
    const { callId, legId, playId } = this;
    return this.tell({ type: 'digitsCollected', callId, legId, playId, digits, end });
  }

  heard(end: 'finished' | 'barge_in' | 'stopped' | 'failed' = 'finished'): string[] {
    const { callId, legId, playId } = this;
    return this.tell({ type: 'promptEnded', callId, legId, playId, end });
  }

  authenticated(result: 'ok' | 'wrong' | 'locked' | 'no_input' | 'unavailable'): string[] {
    const { callId, legId, playId } = this;
    return this.tell({ type: 'authenticationEnded', callId, legId, playId, result, authLevel: result === 'ok' ? 2 : 1 });
  }

  lookedUp(values: Record<string, string> | null): string[] {
    const { callId, playId } = this;
    return this.tell({ type: 'lookupEnded', callId, playId, ok: values !== null, values: values ?? {} });
  }

  leftQueue(queue: string, exit: QueueExit): string[] {
    return this.tell({ type: 'callLeftQueue', callId: this.callId, queueId: asId<QueueId>(`${TENANT}:${queue}`), exit });
  }

  hangUp(): string[] {
    return this.tell({ type: 'legEnded', callId: this.callId, legId: this.legId, ending: { cause: 'normal', by: 'far_end' } });
  }

  get state(): WalkStateName | undefined {
    return this.ivr.walk(this.callId)?.state;
  }
}

export function ivrWith(...plans: Plan[]): Ivr {
  const ivr = createIvr();
  for (const plan of plans) ivr.decide({ type: 'dialplanPublished', ...{ tenantId: plan.tenantId, version: plan.version, plan } }, 0);
  return ivr;
}

/** A caller in a fresh room with this dialplan. */
export const callerIn = (text: string): Caller => new Caller(ivrWith(planOf(text)));
