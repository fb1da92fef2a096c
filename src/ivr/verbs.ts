/** Each verb's arguments → its node. What they name (prompts, queues, flows, expressions) is looked up here. */

import { z } from 'zod';
import { expressionFault, parseTemplate } from './expression.ts';
import { below, faultAt, keyOf, nearest, type Place, schemaFaults } from './fault.ts';
import { lookupNames, type NodeId, type Pace, type Part, type Patience, type QueueWish, type Span, type Template } from './plan.ts';
import { shallowVerbs, type VerbArguments, type VerbName } from './schema.ts';
import { fragments, type SpokenKind } from './speak.ts';
import { type Body, flowStart, type StepWork } from './work.ts';

type Verb = Exclude<VerbName, 'when'>;
type Compilers = { [V in Verb]: (step: StepWork, given: VerbArguments<V>) => Body | null };

/** Verbs that may stand alone: `- answer`. */
export const simpleVerbs = ['answer', 'echo', 'hangup', 'pause-recording', 'resume-recording'] as const;
export const isSimpleVerb = (word: string): word is (typeof simpleVerbs)[number] => simpleVerbs.some((verb) => verb === word);

const FIRST_KEY_SECONDS = 5;
const BETWEEN_KEYS_SECONDS = 3;
const ERRORS = 3;
const SILENCES = 2;
const PASSWORD_DIGITS = 6;
const PASSWORD_ATTEMPTS = 3;
const TRANSFER_SECONDS = 30;
const CHINA_OFFSET = '+08:00';
// biome-ignore lint/suspicious/noTemplateCurlyInString: the dialplan's own ${…}
const CALLERS_NUMBER = '${caller}';

const compilers: Compilers = {
  answer: (step) => ({ verb: 'answer', next: step.next }),
  play: compilePlay,
  say: compilePlay,
  menu(step, given) {
    const keys: Record<string, NodeId | null> = {};
    for (const [key, target] of Object.entries(given.keys))
      keys[key] = step.work.target({ ...step, place: below(step.place, 'keys'), id: `${step.id}.keys` }, key, target, null);
    const parts = partsOf(step, 'prompt', given.prompt);
    return { verb: 'menu', parts, bargeIn: given.bargeIn ?? true, pace: paceOf(given), keys, patience: patienceOf(step, 'menu', given) };
  },
  collect(step, given) {
    const { into, most, least = most } = given;
    if (least > most) step.work.faults.push(faultAt(below(step.place, 'least'), `"least" (${least}) is more than "most" (${most}): give it at most ${most}`));
    const finishKey = given.finishKey === undefined ? (step.work.dialplan.keys.finish ?? '#') : given.finishKey;
    const parts = partsOf(step, 'prompt', given.prompt);
    const patience = patienceOf(step, 'collect', given);
    const masked = given.masked === true ? { masked: true } : {};
    return { verb: 'collect', parts, bargeIn: given.bargeIn ?? true, pace: paceOf(given), into, least, most, finishKey, patience, ...masked, next: step.next };
  },
  rate(step, given) {
    const patience = patienceOf(step, 'rate', given, step.next);
    const unhappy = step.work.target(step, 'unhappy', given.unhappy, step.next);
    const asksWhy = given.unhappy !== undefined;
    const parts = partsOf(step, 'prompt', given.prompt);
    return { verb: 'rate', parts, bargeIn: given.bargeIn ?? true, pace: paceOf(given), patience, unhappy, asksWhy, next: step.next };
  },
  reason(step, given) {
    const patience = patienceOf(step, 'reason', given, step.next);
    if (Object.keys(given.reasons).length === 0) step.work.faults.push(faultAt(below(step.place, 'reasons'), 'give at least one key its reason'));
    const parts = partsOf(step, 'prompt', given.prompt);
    return { verb: 'reason', parts, bargeIn: given.bargeIn ?? true, pace: paceOf(given), reasons: given.reasons, patience, next: step.next };
  },
  authenticate(step, given) {
    const { digits = PASSWORD_DIGITS, attempts = PASSWORD_ATTEMPTS, wrongPrompt } = given;
    if (wrongPrompt !== undefined) checkPrompt(step, below(step.place, 'wrongPrompt'), wrongPrompt);
    const failed = step.work.target(step, 'otherwise', given.otherwise, null);
    return {
      verb: 'authenticate',
      parts: partsOf(step, 'prompt', given.prompt),
      pace: paceOf(given),
      digits,
      finishKey: step.work.dialplan.keys.finish ?? '#',
      wrongPrompt: wrongPrompt ?? null,
      attempts,
      failed,
      locked: step.work.target(step, 'locked', given.locked, failed),
      next: step.next,
    };
  },
  set: (step, given) => ({ verb: 'set', values: templatesOf(step, [], given), next: step.next }),
  hours(step, given) {
    return {
      verb: 'hours',
      offsetMinutes: offsetMinutes(given.utcOffset ?? CHINA_OFFSET),
      spans: given.spans.map((span, at) => spanOf(step, at, span)),
      closedOn: given.closedOn ?? [],
      openOn: given.openOn ?? [],
      open: step.work.target(step, 'open', given.open, step.next),
      closed: step.work.target(step, 'closed', given.closed, step.next),
    };
  },
  language(step, language) {
    const { languages } = step.work.dialplan;
    if (!languages.includes(language)) step.work.faults.push(faultAt(step.place, `this dialplan does not speak "${language}": add it to "languages"`));
    return { verb: 'language', language, next: step.next };
  },
  lookup(step, given) {
    const { what, arguments: named = {}, otherwise } = typeof given === 'string' ? { what: given } : { otherwise: undefined, ...given };
    const place = typeof given === 'string' ? step.place : below(step.place, 'what');
    if (!lookupNames.some((name) => name === what)) {
      step.work.faults.push(faultAt(place, `there is no lookup "${what}"${nearest(what, lookupNames)}; there are ${lookupNames.join(', ')}`));
    }
    const failed = step.work.target(step, 'otherwise', otherwise, step.next);
    return { verb: 'lookup', what, arguments: templatesOf(step, ['arguments'], named), failed, next: step.next };
  },
  deliver(step, given) {
    const { forms } = step.work.source;
    if (forms !== null && !forms.includes(given.to)) {
      const known = forms.length === 0 ? 'CAPTURE_FORMS has none for this tenant' : `there are ${forms.join(', ')}`;
      step.work.faults.push(faultAt(below(step.place, 'to'), `there is no form "${given.to}"${nearest(given.to, forms)}; ${known}`));
    }
    const failed = step.work.target(step, 'otherwise', given.otherwise, step.next);
    return { verb: 'deliver', to: given.to, secrets: given.secrets, failed, next: step.next };
  },
  queue: compileQueue,
  callback(step, given) {
    const asked: Exclude<VerbArguments<'callback'>, string> = typeof given === 'string' ? { queue: given } : given;
    checkQueue(step, typeof given === 'string' ? step.place : below(step.place, 'queue'), asked.queue);
    const { number } = templatesOf(step, [], { number: asked.number ?? CALLERS_NUMBER });
    const { priority = 0, skills = [] } = asked;
    const failed = step.work.target(step, 'otherwise', asked.otherwise, step.next);
    return { verb: 'callback', queue: asked.queue, number: number ?? [''], priority, skills, failed, next: step.next };
  },
  transfer(step, given) {
    const failed = step.work.target(step, 'otherwise', given.otherwise, step.next);
    if ('number' in given) return { verb: 'transfer', to: { number: given.number }, timeoutMs: (given.timeoutSeconds ?? TRANSFER_SECONDS) * 1000, failed };
    const { agents } = step.work.source;
    if (agents !== null && !agents.includes(given.agent)) {
      step.work.faults.push(
        faultAt(below(step.place, 'agent'), `there is no agent "${given.agent}"${nearest(given.agent, agents)}; add her to the tenant or name another`),
      );
    }
    return { verb: 'transfer', to: { agent: given.agent }, timeoutMs: TRANSFER_SECONDS * 1000, failed };
  },
  'pause-recording': (step, given) => ({
    verb: 'pause-recording',
    forMs: given !== null && 'seconds' in given ? given.seconds * 1000 : null,
    next: step.next,
  }),
  'resume-recording': (step) => ({ verb: 'resume-recording', next: step.next }),
  'announce-recording': (step, given) => ({ verb: 'announce-recording', parts: partsOf(step, null, given), next: step.next }),
  'ask-recording'(step, given) {
    const { agree = '1', refuse = '2', bargeIn = true } = given;
    if (agree === refuse) step.work.faults.push(faultAt(below(step.place, 'refuse'), `one key (${agree}) cannot both agree and refuse: give two`));
    const patience = { ...patienceOf(step, 'ask-recording', given, step.next), failed: step.work.target(step, 'refused', given.refused, step.next) };
    return { verb: 'ask-recording', parts: partsOf(step, 'prompt', given.prompt), bargeIn, pace: paceOf(given), agree, refuse, patience, next: step.next };
  },
  goto: (step, flow) => ({ verb: 'goto', next: flowStart(step.work, flow, step.place) }),
  echo: () => ({ verb: 'echo' }),
  hangup: () => ({ verb: 'hangup' }),
};

export const verbCompilers = {
  checked<V extends Verb>(step: StepWork, verb: V, given: unknown): Body | null {
    const schema = shallowVerbs[verb];
    const checked = schema.safeParse(given ?? (isSimpleVerb(verb) ? null : given));
    if (checked.success) return compilers[verb](step, checked.data as VerbArguments<V>);
    step.work.faults.push(...schemaFaults(step.place, `"${verb}"`, checked.error, argumentNames(verb)));
    return null;
  },
  when(step: StepWork, given: { when: string; then?: unknown; else?: unknown }): Body {
    checkExpression(step, below(step.place, 'when'), given.when, 'bool');
    const target = (name: 'then' | 'else'): NodeId | null => step.work.target(step, name, given[name], step.next);
    return { verb: 'when', test: given.when, ifTrue: target('then'), ifFalse: target('else') };
  },
};

/** For "it takes …": only where the arguments are one map. */
function argumentNames(verb: Verb): string[] {
  const schema = shallowVerbs[verb];
  if ('shape' in schema) return Object.keys(schema.shape);
  const objects = 'options' in schema ? schema.options.filter((option) => option instanceof z.ZodObject) : [];
  return objects.length === 1 ? objects.flatMap((option) => Object.keys(option.shape)) : [];
}

function compilePlay(step: StepWork, given: VerbArguments<'play'>): Body {
  if (typeof given === 'object' && 'prompt' in given) {
    const bargeIn = 'bargeIn' in given ? (given.bargeIn ?? true) : true;
    return { verb: 'play', parts: partsOf(step, 'prompt', given.prompt), bargeIn, next: step.next };
  }
  return { verb: 'play', parts: partsOf(step, null, given), bargeIn: true, next: step.next };
}

function checkQueue(step: StepWork, place: Place, name: string): void {
  const { queues } = step.work.source;
  if (queues === null || queues.includes(name)) return;
  step.work.faults.push(faultAt(place, `there is no queue "${name}"${nearest(name, queues)}; the queues are ${queues.join(', ')}`));
}

function compileQueue(step: StepWork, given: VerbArguments<'queue'>): Body {
  const asked: Exclude<VerbArguments<'queue'>, string> = typeof given === 'string' ? { name: given } : given;
  const { music } = step.work.source;
  checkQueue(step, typeof given === 'string' ? step.place : below(step.place, 'name'), asked.name);
  if (typeof asked.music === 'string' && !music.includes(asked.music)) {
    step.work.faults.push(
      faultAt(below(step.place, 'music'), `there is no music "${asked.music}"${nearest(asked.music, music)}: put music/${asked.music}.wav in the folder`),
    );
  }
  const closed = step.work.target(step, 'closed', asked.closed, step.next);
  const full = step.work.target(step, 'full', asked.full, step.next);
  return {
    verb: 'queue',
    queue: asked.name,
    priority: asked.priority ?? 0,
    skills: asked.skills ?? [],
    maxWaitMs: asked.maxWaitSeconds === undefined ? null : asked.maxWaitSeconds * 1000,
    ...wishesOf(step, asked),
    ...(asked.music === undefined ? {} : { music: asked.music }),
    ...(asked.keys === undefined ? {} : { keys: targetsOf(step, 'keys', asked.keys) }),
    ...(asked.overflow === undefined ? {} : { overflow: targetsOf(step, 'overflow', asked.overflow) }),
    exits: {
      timeout: step.work.target(step, 'timeout', asked.timeout, step.next),
      full,
      no_agents: step.work.target(step, 'noAgents', asked.noAgents, step.next),
      closed,
      dissuaded: step.work.target(step, 'dissuaded', asked.dissuaded, full),
      emergency: step.work.target(step, 'emergency', asked.emergency, closed),
    },
  };
}

function wishesOf(step: StepWork, asked: Exclude<VerbArguments<'queue'>, string>): { wishes?: QueueWish } {
  const { preferredSkills, virtualWaitSeconds, place, agent, agentWaitSeconds, insist } = asked;
  if (virtualWaitSeconds !== undefined) checkExpression(step, below(step.place, 'virtualWaitSeconds'), String(virtualWaitSeconds), 'any');
  const wishes: QueueWish = {
    ...(preferredSkills === undefined ? {} : { preferredSkills }),
    ...(virtualWaitSeconds === undefined ? {} : { virtualWait: String(virtualWaitSeconds) }),
    ...templatesOf(step, [], { ...(place === undefined ? {} : { place }), ...(agent === undefined ? {} : { agent }) }),
    ...(agentWaitSeconds === undefined ? {} : { agentWaitMs: agentWaitSeconds * 1000 }),
    ...(insist === true ? { insists: true as const } : {}),
  };
  return Object.keys(wishes).length === 0 ? {} : { wishes };
}

const targetsOf = (step: StepWork, what: 'keys' | 'overflow', given: Record<string, unknown>): Record<string, NodeId | null> =>
  Object.fromEntries(
    Object.entries(given).map(([key, target]) => [
      key,
      step.work.target({ ...step, place: below(step.place, what), id: `${step.id}.${what}` }, key, target, step.next),
    ]),
  );

// -- what several verbs have in common

type Speech = string | SpeechPart | (string | SpeechPart)[];
type SpeechPart =
  | { tone: Extract<Part, { tone: string }>['tone']; seconds?: number | undefined }
  | TextGiven
  | Exclude<Part, { tone: string } | { text: unknown }>;
interface TextGiven {
  text: { zh?: string | undefined; en?: string | undefined };
  fallback?: string | undefined;
}

function partsOf(step: StepWork, name: string | null, speech: Speech): Part[] {
  const place = name === null ? step.place : below(step.place, name);
  if (!Array.isArray(speech)) return [partOf(step, place, speech)];
  return speech.map((piece, at) => partOf(step, below(place, at), piece));
}

function partOf(step: StepWork, place: Place, piece: string | SpeechPart): Part {
  if (typeof piece === 'string' || 'prompt' in piece) {
    const prompt = typeof piece === 'string' ? piece : piece.prompt;
    checkPrompt(step, place, prompt);
    return { prompt };
  }
  if ('tone' in piece) return piece.seconds === undefined ? { tone: piece.tone } : { tone: piece.tone, ms: piece.seconds * 1000 };
  if ('text' in piece) return textOf({ ...step, place }, piece);
  if ('list' in piece) {
    checkFragments(step, place, 'money');
    return piece;
  }
  const [kind, cel] = Object.entries(piece)[0] as [SpokenKind, string];
  checkExpression(step, below(place, kind), cel, 'any');
  checkFragments(step, place, kind);
  return piece;
}

function textOf(step: StepWork, { text, fallback }: TextGiven): Part {
  if (fallback !== undefined) checkPrompt(step, below(step.place, 'fallback'), fallback);
  const place = below(step.place, 'text');
  for (const language of step.work.dialplan.languages) {
    if ((text[language] ?? '').trim() !== '') continue;
    step.work.faults.push(faultAt(keyOf(place), `this text is not there in "${language}": add "${language}: …"`));
  }
  const given = Object.entries(text).flatMap(([language, words]) => (words === undefined ? [] : [[language, words]]));
  return { text: templatesOf(step, ['text'], Object.fromEntries(given)), fallback: fallback ?? null };
}

function checkPrompt({ work }: StepWork, place: Place, name: string): void {
  for (const language of work.dialplan.languages) {
    if (work.prompts[language].has(name)) continue;
    const near = nearest(name, [...work.prompts[language]]);
    work.faults.push(faultAt(place, `there is no prompt "${name}" in "${language}"${near}: record prompts/${language}/${name}.wav or name another`));
  }
}

function checkFragments({ work }: StepWork, place: Place, kind: SpokenKind): void {
  for (const language of work.dialplan.languages) {
    const missing = fragments[language][kind].filter((name) => !work.prompts[language].has(name));
    if (missing.length === 0) continue;
    const shown = missing.slice(0, 5).join(', ');
    const more = missing.length > 5 ? ` and ${missing.length - 5} more` : '';
    work.faults.push(
      faultAt(place, `to say ${kind} in "${language}" the fragments ${shown}${more} are missing: record them as prompts/${language}/<name>.wav`),
    );
  }
}

function checkExpression({ work }: StepWork, place: Place, cel: string, wanted: 'bool' | 'any'): void {
  const fault = expressionFault(cel, wanted);
  if (fault !== null) work.faults.push(faultAt(place, `the expression "${cel}" is wrong at character ${fault.at + 1}: ${fault.message}`));
}

function templatesOf(step: StepWork, under: string[], given: Record<string, string | number>): Record<string, Template> {
  const templates: Record<string, Template> = {};
  for (const [name, text] of Object.entries(given)) {
    const place = below(step.place, ...under, name);
    const template = parseTemplate(String(text));
    if (template === null) step.work.faults.push(faultAt(place, `"$\{" is not closed in "${text}": write $\{expression}`));
    else for (const [at, piece] of template.entries()) if (at % 2 === 1) checkExpression(step, place, piece, 'any');
    templates[name] = template ?? [''];
  }
  return templates;
}

const paceOf = (given: { firstKeySeconds?: number | undefined; betweenKeysSeconds?: number | undefined }): Pace => ({
  firstKeyMs: (given.firstKeySeconds ?? FIRST_KEY_SECONDS) * 1000,
  betweenKeysMs: (given.betweenKeysSeconds ?? BETWEEN_KEYS_SECONDS) * 1000,
});

interface PatienceGiven {
  errors?: number | undefined;
  silences?: number | undefined;
  errorPrompt?: string | undefined;
  silencePrompt?: string | undefined;
  otherwise?: unknown;
}

/** `absent`: where it goes on that has no `otherwise`; left out: to a person, and there must be a way to one. */
function patienceOf(step: StepWork, verb: 'menu' | 'collect' | 'rate' | 'reason' | 'ask-recording', given: PatienceGiven, absent?: NodeId | null): Patience {
  const { work, place } = step;
  const { agentFlow } = work.dialplan;
  for (const name of ['errorPrompt', 'silencePrompt'] as const) {
    const prompt = given[name];
    if (prompt !== undefined) checkPrompt(step, below(place, name), prompt);
  }
  if (given.otherwise === undefined && absent === undefined && agentFlow === null) {
    work.faults.push(
      faultAt(keyOf(place), `this ${verb} has no way out for a caller who says nothing or errs: add "otherwise:", or "agentFlow:" at the top of a file`),
    );
  }
  return {
    errors: given.errors ?? ERRORS,
    silences: given.silences ?? SILENCES,
    errorPrompt: given.errorPrompt ?? null,
    silencePrompt: given.silencePrompt ?? null,
    failed: step.work.target(step, 'otherwise', given.otherwise, absent !== undefined ? absent : agentFlow === null ? null : `${agentFlow.name}/0`),
  };
}

function offsetMinutes(offset: string): number {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6));
  return offset.startsWith('-') ? -minutes : minutes;
}

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));

function spanOf(step: StepWork, at: number, given: { days: (typeof weekdays)[number][]; from: string; to: string }): Span {
  const span = { days: given.days.map((day) => weekdays.indexOf(day)), fromMinute: minuteOf(given.from), toMinute: minuteOf(given.to) };
  if (span.fromMinute >= span.toMinute) {
    const place = below(step.place, 'spans', at, 'to');
    step.work.faults.push(faultAt(place, `"to" (${given.to}) is not after "from" (${given.from}): split a span that passes midnight in two`));
  }
  return span;
}
