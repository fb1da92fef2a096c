/** What a walk makes of what happens to its call: the answers to what its steps asked for. */
import type { QueueId, TenantId } from '../../kernel/ids.ts';
import type { Sound } from '../call/command.ts';
import type { CallEvent, Language, OverflowTarget, QueueExit } from '../call/event.ts';
import type { TimePassed } from '../call/turn.ts';
import { judgeConsent, noteConsent } from './consent.ts';
import { type Notices, noticeOf } from './notices.ts';
import { entryOf, type NodeId, type PlanNode } from './plan.ts';
import { type AskingNode, askingVerbs, type IvrTurn, type LoadedPlan, type Verdict, type Waits, type Walk, type WalkState } from './state.ts';
import { ask, askSecret, play, release, repeatStep, type Stepping, walkOn } from './steps.ts';
import { giveUpSurvey, judgeSurvey } from './survey.ts';
import { announcementOf, playWait } from './waiting.ts';

export interface Hearing {
  walk: Walk;
  plans: ReadonlyMap<TenantId, LoadedPlan>;
  /** Queues' own music. */
  music: ReadonlyMap<QueueId, string | null>;
  notices: Notices;
  turn: IvrTurn;
  now: number;
}
type Word = CallEvent | TimePassed;
type Handlers = { [T in Word['type']]?: (hearing: Hearing, event: Extract<Word, { type: T }>) => void };
type In<At extends WalkState['at']> = Extract<WalkState, { at: At }>;

/** Silences when a password is asked for, before the flow goes on without. */
const SECRET_SILENCES = 2;
const MOST_VALUES = 500;

export function hear<T extends Word['type']>(hearing: Hearing, event: Extract<Word, { type: T }>): void {
  const handler = handlers[event.type as T] as ((hearing: Hearing, event: Extract<Word, { type: T }>) => void) | undefined;
  handler?.(hearing, event);
}

const handlers: Handlers = {
  customerFound(hearing, event) {
    const { walk } = hearing;
    if (walk.state.at !== 'identifying' && (walk.ours !== true || walk.answered)) return;
    walk.customer = event.customer;
    walk.authLevel = event.authLevel;
    if (walk.state.at === 'identifying') begin(hearing);
    else speakAs(walk, event.customer?.language);
  },
  legAnswered(hearing, event) {
    const { walk } = hearing;
    if (event.legId === walk.legId) {
      walk.answered = true;
      if (walk.state.at === 'answering') goOn(hearing, walk.state.node);
    } else if (walk.state.at === 'transferring' && walk.state.legId === event.legId) walk.state = { at: 'served' };
  },
  legEnded(hearing, event) {
    const { state } = hearing.walk;
    if (state.at === 'transferring' && state.legId === event.legId) goOn(hearing, nodeOf(hearing, state.node, 'transfer')?.failed ?? null);
  },
  offerEnded(hearing, event) {
    const { walk } = hearing;
    const { state } = walk;
    if (state.at !== 'transferring' || state.agentId !== event.agentId) return;
    if (event.end === 'answered') walk.state = { at: 'served' };
    else goOn(hearing, nodeOf(hearing, state.node, 'transfer')?.failed ?? null);
  },
  promptEnded(hearing, event) {
    const { state } = hearing.walk;
    if (state.at !== 'playing' || state.playId !== event.playId) return;
    if (state.announces === true && event.end === 'finished') noteConsent(hearing.walk, hearing.turn, 'announced', 'notice');
    goOn(hearing, state.next);
  },
  digitsCollected(hearing, event) {
    const { state } = hearing.walk;
    if (state.at === 'asking' && state.playId === event.playId) takeDigits(hearing, state, event.digits, event.end);
    else if (state.at === 'queued' && state.playId === event.playId) takeKey(hearing, state, event);
  },
  secretCollected(hearing, event) {
    const { state } = hearing.walk;
    if (state.at === 'asking' && state.playId === event.playId) takeSecret(hearing, state, event);
  },
  secretsDelivered(hearing, event) {
    const { walk } = hearing;
    const { state } = walk;
    if (state.at !== 'delivering' || state.playId !== event.deliveryId) return;
    const node = nodeOf(hearing, state.node, 'deliver');
    if (event.ok) for (const [name, value] of Object.entries(event.values).slice(0, MOST_VALUES)) walk.values.set(name, value);
    goOn(hearing, (event.ok ? node?.next : node?.failed) ?? null);
  },
  authenticationEnded(hearing, event) {
    const { walk } = hearing;
    walk.authLevel = event.authLevel;
    const { state } = walk;
    if (state.at === 'authenticating' && state.playId === event.playId) takeAuthentication(hearing, state, event.result);
  },
  lookupEnded(hearing, event) {
    const { walk } = hearing;
    const { state } = walk;
    if (state.at !== 'looking_up' || state.playId !== event.playId) return;
    const node = nodeOf(hearing, state.node, 'lookup');
    if (event.ok) for (const [name, value] of Object.entries(event.values).slice(0, MOST_VALUES)) walk.values.set(name, value);
    goOn(hearing, (event.ok ? node?.next : node?.failed) ?? null);
  },
  languageChosen(hearing, event) {
    hearing.walk.language = event.language;
  },
  dataSet({ walk }, event) {
    walk.data = { ...walk.data, ...event.data };
  },
  callQueued(hearing, event) {
    const { walk } = hearing;
    // The queue it waited in has overflowed into this one: the step stays, and with it where it leads.
    if (walk.state.at === 'queued' && event.from === walk.state.queueId) walk.state = { ...walk.state, queueId: event.queueId };
    // By somebody else (an agent's transfer): whoever sent it there sees to its music.
    if (walk.state.at === 'queued' && walk.state.queueId === event.queueId) playMusic(hearing, walk.state);
  },
  waitAnnounced(hearing, event) {
    const { walk } = hearing;
    if (walk.state.at !== 'queued' || walk.state.queueId !== event.queueId || walk.state.key !== undefined) return;
    const announced = announcementOf(walk, event);
    if (announced.length > 0) playMusic(hearing, walk.state, announced);
  },
  callLeftQueue: leaveQueue,
  /** An agent has sent the caller here: data and language are as they are by now. A flow that this version has not leads to a person. */
  callTransferred(hearing, { target }) {
    const { walk } = hearing;
    const plan = walk.loaded?.plan;
    if (target.kind !== 'dialplan' || walk.state.at === 'over') return;
    walk.pending = [];
    goOn(hearing, plan !== undefined && Object.hasOwn(plan.nodes, entryOf(target.flow)) ? entryOf(target.flow) : (plan?.agentFlow ?? null));
  },
  surveyAsked(hearing, { flow }) {
    const { walk, turn } = hearing;
    // Whoever has not been with a person has nothing to rate.
    if (walk.state.at !== 'served') return;
    const known = Object.hasOwn(walk.loaded?.plan.nodes ?? {}, entryOf(flow));
    walk.pending = [];
    walk.survey = true;
    if (!known) giveUpSurvey(walk, turn, 'rate', 'failed');
    goOn(hearing, known ? entryOf(flow) : null);
  },
  callbackPlaced(hearing) {
    const { state } = hearing.walk;
    if (state.at === 'calling_back') goOn(hearing, nodeOf(hearing, state.node, 'callback')?.next ?? null);
  },
  callbackRefused(hearing, event) {
    const { state, values } = hearing.walk;
    if (state.at !== 'calling_back') return;
    values.set('callback', event.why);
    goOn(hearing, nodeOf(hearing, state.node, 'callback')?.failed ?? null);
  },
  timePassed(hearing) {
    lateAnswer(hearing);
  },
};

function begin(hearing: Hearing): Waits {
  const { walk, plans, turn } = hearing;
  const loaded = plans.get(walk.tenantId);
  if (loaded === undefined) return release(walk, turn, 'internal');
  walk.loaded = loaded;
  const { plan } = loaded;
  const wished = walk.customer?.language;
  speakAs(walk, wished);
  // The call itself already speaks its customer's language, else Mandarin.
  if (walk.language !== (wished ?? 'zh')) turn.events.push({ type: 'languageChosen', callId: walk.callId, language: walk.language });
  const own = walk.entry === null ? null : `${walk.entry}/0`;
  if (own !== null && Object.hasOwn(plan.nodes, own)) return goOn(hearing, own);
  if (!Object.hasOwn(plan.numbers, walk.callee.number)) return release(walk, turn, 'not_found');
  return goOn(hearing, plan.numbers[walk.callee.number] ?? null);
}

/** In the customer's language where the dialplan speaks it. */
function speakAs(walk: Walk, wished: Language | undefined): void {
  const plan = walk.loaded?.plan;
  if (plan !== undefined) walk.language = wished !== undefined && plan.languages.includes(wished) ? wished : plan.language;
}

function goOn({ walk, turn, now }: Hearing, at: NodeId | null): Waits {
  if (walk.loaded === null) return release(walk, turn, 'internal');
  return walkOn(walk, walk.loaded, at, turn, now);
}

function nodeOf<V extends PlanNode['verb']>({ walk }: Hearing, id: NodeId, ...verbs: V[]): Extract<PlanNode, { verb: V }> | undefined {
  const node = walk.loaded?.plan.nodes[id];
  return node !== undefined && verbs.some((verb) => verb === node.verb) ? (node as Extract<PlanNode, { verb: V }>) : undefined;
}

// -- keys

type Asking = In<'asking'>;

function takeDigits(hearing: Hearing, state: Asking, digits: string, end: string): Waits {
  const node = nodeOf(hearing, state.node, ...askingVerbs);
  if (node === undefined || end === 'failed') return unasked(hearing, node);
  return follow(hearing, state, node, judge(hearing, node, digits, end));
}

function judge(hearing: Hearing, node: AskingNode, digits: string, end: string): Verdict {
  if (node.verb === 'menu') return judgeKey(hearing, node, digits);
  if (node.verb === 'collect') return judgeInput(hearing, node, digits, end);
  return node.verb === 'ask-recording' ? judgeConsent(hearing.walk, hearing.turn, node, digits) : judgeSurvey(hearing.walk, hearing.turn, node, digits);
}

/** The question could not be put, or its answer never came. */
function unasked(hearing: Hearing, node: AskingNode | undefined): Waits {
  if (node !== undefined) giveUp(hearing, node, 'failed');
  return goOn(hearing, node?.patience.failed ?? null);
}

function giveUp({ walk, turn }: Hearing, { verb }: AskingNode, why: 'no_key' | 'wrong_keys' | 'failed'): void {
  if (verb === 'ask-recording') noteConsent(walk, turn, 'refused', why);
  else giveUpSurvey(walk, turn, verb, why);
}

function takeSecret(hearing: Hearing, state: Asking, event: Extract<CallEvent, { type: 'secretCollected' }>): Waits {
  const node = nodeOf(hearing, state.node, 'collect');
  if (node?.masked !== true) return 'waits';
  if (event.end === 'failed') return goOn(hearing, node.patience.failed);
  return follow(hearing, state, node, judgeSecret(hearing, node, event));
}

function follow(hearing: Hearing, state: Asking, node: AskingNode, verdict: Verdict): Waits {
  if (verdict === 'error' || verdict === 'silence') return askAgain(hearing, state, node, verdict);
  if (verdict === 'repeat') return resume(hearing, state.node, (stepping) => ask(stepping, node, { errors: state.errors, silences: 0 }, []));
  return goOn(hearing, verdict.go);
}

function judgeKey({ walk }: Hearing, node: Extract<PlanNode, { verb: 'menu' }>, key: string): Verdict {
  const plan = walk.loaded?.plan;
  if (key === '') return 'silence';
  // A menu's own keys come before what keys mean everywhere.
  if (Object.hasOwn(node.keys, key)) return { go: node.keys[key] ?? null };
  if (key === plan?.keys.agent && plan.agentFlow !== null) return { go: plan.agentFlow };
  if (key === plan?.keys.repeat) return 'repeat';
  if (key === plan?.keys.back) {
    const before = walk.menus.at(-2);
    return before === undefined ? 'repeat' : { go: before };
  }
  return 'error';
}

/** Stars stand for what was keyed in: enough to ask how many there were. */
function judgeSecret(
  { walk, turn }: Hearing,
  node: Extract<PlanNode, { verb: 'collect' }>,
  { count, valid, end, alone }: Extract<CallEvent, { type: 'secretCollected' }>,
): Verdict {
  if (count === 0 && end !== 'finish_key') return 'silence';
  const led = alone === null ? null : houseKey(walk, node, alone);
  if (led !== null) return led;
  if (!valid) return 'error';
  const data = { [node.into]: '*'.repeat(count) };
  walk.data = { ...walk.data, ...data };
  turn.events.push({ type: 'dataSet', callId: walk.callId, data, by: 'flow' });
  return { go: node.next };
}

/** What the keys of the house mean where digits are asked for; null = nothing. */
function houseKey({ loaded, menus }: Walk, node: Extract<PlanNode, { verb: 'collect' }>, digits: string): Verdict | null {
  const plan = loaded?.plan;
  if (digits === plan?.keys.back) return menus.at(-1) === undefined ? 'repeat' : { go: menus.at(-1) ?? null };
  if (digits === plan?.keys.agent && node.least > 1 && plan.agentFlow !== null) return { go: plan.agentFlow };
  return null;
}

function judgeInput({ walk, turn }: Hearing, node: Extract<PlanNode, { verb: 'collect' }>, digits: string, end: string): Verdict {
  if (digits === '' && end !== 'finish_key') return 'silence';
  const led = houseKey(walk, node, digits);
  if (led !== null) return led;
  if (digits.length < node.least || !/^[0-9]*$/.test(digits)) return 'error';
  const data = { [node.into]: digits };
  walk.data = { ...walk.data, ...data };
  turn.events.push({ type: 'dataSet', callId: walk.callId, data, by: 'flow' });
  return { go: node.next };
}

/** Three wrong keys or two silences (or what the step says), and the flow goes on elsewhere, by custom to a person. */
function askAgain(hearing: Hearing, state: Asking, node: AskingNode, what: 'error' | 'silence'): Waits {
  const { patience } = node;
  const errors = state.errors + (what === 'error' ? 1 : 0);
  const silences = what === 'silence' ? state.silences + 1 : 0;
  if (errors >= patience.errors || silences >= patience.silences) {
    giveUp(hearing, node, what === 'error' ? 'wrong_keys' : 'no_key');
    return goOn(hearing, patience.failed);
  }
  const prompt = what === 'error' ? patience.errorPrompt : patience.silencePrompt;
  return resume(hearing, state.node, (stepping) => ask(stepping, node, { errors, silences }, prompt === null ? [] : [prompt]));
}

function resume(hearing: Hearing, id: NodeId, again: (stepping: Stepping) => Waits): Waits {
  const { walk, turn, now } = hearing;
  if (walk.loaded === null) return release(walk, turn, 'internal');
  return repeatStep({ walk, loaded: walk.loaded, id, turn, now }, again);
}

// -- password

function takeAuthentication(hearing: Hearing, state: In<'authenticating'>, result: Extract<CallEvent, { type: 'authenticationEnded' }>['result']): Waits {
  const node = nodeOf(hearing, state.node, 'authenticate');
  hearing.walk.values.set('authentication', result);
  if (node === undefined) return goOn(hearing, null);
  if (result === 'ok') return goOn(hearing, node.next);
  if (result === 'locked') return goOn(hearing, node.locked);
  const wrong = state.wrong + (result === 'wrong' ? 1 : 0);
  const silences = result === 'no_input' ? state.silences + 1 : 0;
  if (result === 'unavailable' || wrong >= node.attempts || silences >= SECRET_SILENCES) return goOn(hearing, node.failed);
  const lead = result === 'wrong' && node.wrongPrompt !== null ? [node.wrongPrompt] : [];
  return resume(hearing, state.node, (stepping) => askSecret(stepping, node, { wrong, silences }, lead));
}

// -- queues

function playMusic(hearing: Hearing, state: In<'queued'>, announced: readonly Sound[] = []): void {
  const { walk, turn } = hearing;
  const node = nodeOf(hearing, state.node, 'queue');
  const name = node?.music === undefined ? (hearing.music.get(state.queueId) ?? null) : node.music;
  playWait(walk, turn, state, node, name, announced);
}

function takeKey(hearing: Hearing, state: In<'queued'>, { digits, end }: Extract<CallEvent, { type: 'digitsCollected' }>): void {
  const { walk, turn } = hearing;
  const keys = nodeOf(hearing, state.node, 'queue')?.keys ?? {};
  if (end === 'failed') return; // there is nothing to hear and no key to take: it waits in silence
  if (Object.hasOwn(keys, digits)) {
    walk.state = { ...state, key: digits };
    turn.events.push({ type: 'queueKeyPressed', callId: walk.callId, queueId: state.queueId, key: digits });
  } else playMusic(hearing, state);
}

const GIVING_BACK = ['timeout', 'full', 'no_agents', 'closed', 'emergency', 'dissuaded'] as const;
type GivingBack = (typeof GIVING_BACK)[number];
const givesBack = (exit: QueueExit): exit is GivingBack => GIVING_BACK.some((one) => one === exit);

function exitOf({ exits }: Extract<PlanNode, { verb: 'queue' }>, exit: GivingBack): NodeId | null {
  const older = exit === 'emergency' ? exits.closed : exit === 'dissuaded' ? exits.full : null;
  return exits[exit] === undefined ? older : exits[exit];
}

function leaveQueue(hearing: Hearing, event: Extract<CallEvent, { type: 'callLeftQueue' }>): void {
  const { walk } = hearing;
  const { state } = walk;
  // A callback that stands in its queue: nobody is there yet to hear anything.
  if (walk.ours === true && !walk.answered) return;
  if (state.at === 'queued' && state.queueId === event.queueId) {
    const node = nodeOf(hearing, state.node, 'queue');
    if (event.exit === 'overflow') overflowTo(hearing, node, event.to);
    else if (givesBack(event.exit)) sentBack(hearing, event, node === undefined ? null : exitOf(node, event.exit));
    else if (event.exit === 'key') goOn(hearing, node?.keys?.[state.key ?? ''] ?? null);
    else if (event.exit === 'answered' || event.exit === 'transferred') walk.state = { at: 'served' };
  } else if (state.at === 'served' && event.exit === 'overflow') overflowTo(hearing, undefined, event.to);
  else if (state.at === 'served' && givesBack(event.exit)) {
    // An agent had sent the caller to a queue that gave up: she is led to a person again, not left in silence.
    sentBack(hearing, event, walk.loaded?.plan.agentFlow ?? null);
  }
}

/** What was said when the queue was closed by hand comes first, whole. */
function sentBack(hearing: Hearing, { queueId, exit }: Extract<CallEvent, { type: 'callLeftQueue' }>, next: NodeId | null): Waits {
  const { walk, turn, notices, now } = hearing;
  const sounds = noticeOf(notices, queueId, exit, walk, now);
  return sounds.length === 0 ? goOn(hearing, next) : play(walk, turn, sounds, false, next);
}

/** To the exit that the step has of that name, or the flow of that name; into another queue the call goes by itself. */
function overflowTo(hearing: Hearing, node: Extract<PlanNode, { verb: 'queue' }> | undefined, to: OverflowTarget | undefined): void {
  if (to?.kind !== 'exit' && to?.kind !== 'callback') return;
  const name = to.kind === 'exit' ? to.exit : 'callback';
  const plan = hearing.walk.loaded?.plan;
  const flow = plan?.nodes[entryOf(name)] === undefined ? undefined : entryOf(name);
  const otherwise = node === undefined ? (plan?.agentFlow ?? null) : exitOf(node, 'full');
  goOn(hearing, node?.overflow?.[name] ?? flow ?? otherwise);
}

// -- a rim that does not answer

function lateAnswer(hearing: Hearing): Waits {
  const { walk, turn } = hearing;
  const { state } = walk;
  switch (state.at) {
    case 'identifying':
      return begin(hearing);
    case 'answering':
      return release(walk, turn, 'no_ack');
    case 'playing':
      return goOn(hearing, state.next);
    case 'asking':
      return unasked(hearing, nodeOf(hearing, state.node, ...askingVerbs));
    case 'authenticating':
      return takeAuthentication(hearing, state, 'unavailable');
    case 'delivering':
      return goOn(hearing, nodeOf(hearing, state.node, 'deliver')?.failed ?? null);
    case 'calling_back':
      return goOn(hearing, nodeOf(hearing, state.node, 'callback')?.failed ?? null);
    case 'looking_up':
      return goOn(hearing, nodeOf(hearing, state.node, 'lookup')?.failed ?? null);
    default:
      return 'waits';
  }
}
