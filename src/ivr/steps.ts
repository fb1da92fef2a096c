/** Entering a step: what each verb does when the walk comes to it. What comes back later is heard in `walk.ts`. */
import { agentIdOf, legIdOf, queueIdOf } from '../../kernel/ids.ts';
import type { Collecting, Sound } from '../call/command.ts';
import type { EndingCause } from '../call/ending.ts';
import type { NodeId, PlanNode } from './plan.ts';
import { promptOf, scopeOf, soundsOf } from './sounds.ts';
import type { AskingNode, IvrTurn, LoadedPlan, Outcome, Waits, Walk } from './state.ts';
import { wishesNow } from './wishes.ts';

/** A walk that does more in one go does not wait for anybody: it is cut. */
const MOST_STEPS_A_TURN = 200;
/** Some six hundred menus: a caller who is still there is no caller. */
const MOST_STEPS_A_CALL = 2000;
const MOST_MENUS_BACK = 16;
/** Above the legs of the acd (1…) and of the call room (1001…). */
const FIRST_LEG = 2001;

/** What a step may look at and fill. */
export interface Stepping {
  walk: Walk;
  loaded: LoadedPlan;
  id: NodeId;
  turn: IvrTurn;
  now: number;
}
type Entering = { [V in PlanNode['verb']]: (stepping: Stepping, node: Extract<PlanNode, { verb: V }>) => Outcome };

/** Walks from `at` until something has to be waited for. */
export function walkOn(walk: Walk, loaded: LoadedPlan, at: NodeId | null, turn: IvrTurn, now: number): Waits {
  let next: NodeId | null = at;
  for (let steps = 0; steps < MOST_STEPS_A_TURN; steps += 1) {
    if (!takeStep(walk)) return release(walk, turn, 'max_duration');
    if (next === null) {
      if (walk.pending.length > 0) return playPending(walk, turn, null);
      return release(walk, turn, 'dialplan_end');
    }
    const node: PlanNode | undefined = loaded.plan.nodes[next];
    if (node === undefined) return release(walk, turn, 'internal');
    const outcome = enterNode({ walk, loaded, id: next, turn, now }, node);
    if (outcome === 'waits') return 'waits';
    next = outcome.go;
  }
  return release(walk, turn, 'internal');
}

/** The same step once more. */
export function repeatStep(stepping: Stepping, again: (stepping: Stepping) => Waits): Waits {
  return takeStep(stepping.walk) ? again(stepping) : release(stepping.walk, stepping.turn, 'max_duration');
}

function takeStep(walk: Walk): boolean {
  walk.steps += 1;
  return walk.steps <= MOST_STEPS_A_CALL;
}

/** Verbs for which the line must be up. */
const needsLine: ReadonlySet<PlanNode['verb']> = new Set<PlanNode['verb']>([
  'answer',
  'play',
  'menu',
  'collect',
  'rate',
  'reason',
  'announce-recording',
  'ask-recording',
  'authenticate',
  'queue',
  'transfer',
  'echo',
]);
/** Verbs before which everything held back must have been heard. */
const needsSilence: ReadonlySet<PlanNode['verb']> = new Set<PlanNode['verb']>(['lookup', 'deliver', 'queue', 'transfer', 'echo', 'hangup']);

function enterNode(stepping: Stepping, node: PlanNode): Outcome {
  const { walk, turn, id } = stepping;
  if (needsLine.has(node.verb) && !walk.answered) {
    turn.commands.push({ type: 'answerLeg', callId: walk.callId, legId: walk.legId });
    walk.state = { at: 'answering', node: id };
    return 'waits';
  }
  if (needsSilence.has(node.verb) && walk.pending.length > 0) {
    return playPending(walk, turn, id);
  }
  if (node.noted) {
    const { flow, step } = node;
    turn.events.push({ type: 'flowEntered', callId: walk.callId, version: stepping.loaded.plan.version, flow, step });
  }
  return enter(stepping, node);
}

function enter<V extends PlanNode['verb']>(stepping: Stepping, node: Extract<PlanNode, { verb: V }>): Outcome {
  return (entering[node.verb] as (stepping: Stepping, node: Extract<PlanNode, { verb: V }>) => Outcome)(stepping, node);
}

const entering: Entering = {
  answer: (_, node) => ({ go: node.next }),
  play: enterPlay,
  menu(stepping, node) {
    rememberMenu(stepping.walk, stepping.id);
    return ask(stepping, node, { errors: 0, silences: 0 }, []);
  },
  collect: (stepping, node) => ask(stepping, node, { errors: 0, silences: 0 }, []),
  rate: (stepping, node) => ask(stepping, node, { errors: 0, silences: 0 }, []),
  reason: (stepping, node) => ask(stepping, node, { errors: 0, silences: 0 }, []),
  authenticate(stepping, node) {
    const { walk } = stepping;
    if (walk.authLevel >= 2) return { go: node.next };
    if (walk.customer === null) {
      walk.values.set('authentication', 'unknown');
      return { go: node.failed };
    }
    return askSecret(stepping, node, { wrong: 0, silences: 0 }, []);
  },
  set({ walk, loaded, turn, now }, node) {
    const scope = scopeOf(walk, now);
    const data = Object.fromEntries(Object.entries(node.values).map(([name, template]) => [name, loaded.evaluator.fill(template, scope)]));
    walk.data = { ...walk.data, ...data };
    turn.events.push({ type: 'dataSet', callId: walk.callId, data, by: 'flow' });
    return { go: node.next };
  },
  when: ({ walk, loaded, now }, node) => ({ go: loaded.evaluator.truth(node.test, scopeOf(walk, now)) ? node.ifTrue : node.ifFalse }),
  hours: ({ now }, node) => ({ go: isOpen(node, now) ? node.open : node.closed }),
  language({ walk, turn }, node) {
    if (walk.language !== node.language) turn.events.push({ type: 'languageChosen', callId: walk.callId, language: node.language });
    walk.language = node.language;
    return { go: node.next };
  },
  lookup({ walk, loaded, id, turn, now }, node) {
    const playId = nextPlayId(walk);
    const scope = scopeOf(walk, now);
    const named = Object.fromEntries(Object.entries(node.arguments).map(([name, template]) => [name, loaded.evaluator.fill(template, scope)]));
    const who = { customerId: walk.customer?.customerId ?? '', number: walk.caller.number };
    turn.commands.push({ type: 'lookUp', callId: walk.callId, playId, tenantId: walk.tenantId, what: node.what, arguments: { ...named, ...who } });
    walk.state = { at: 'looking_up', playId, node: id };
    return 'waits';
  },
  deliver({ walk, id, turn }, node) {
    const deliveryId = nextPlayId(walk);
    const { callId, tenantId } = walk;
    turn.commands.push({ type: 'deliverSecrets', callId, tenantId, deliveryId, by: null, form: node.to, names: node.secrets });
    walk.state = { at: 'delivering', playId: deliveryId, node: id };
    return 'waits';
  },
  queue(stepping, node) {
    const { walk, id, turn } = stepping;
    const { priority, skills, maxWaitMs } = node;
    const queueId = queueIdOf(walk.tenantId, node.queue);
    turn.events.push({ type: 'callQueued', callId: walk.callId, queueId, priority, skills, maxWaitMs, ...wishesNow(stepping, node.wishes ?? {}) });
    walk.state = { at: 'queued', node: id, queueId };
    return 'waits';
  },
  callback({ walk, loaded, id, turn, now }, node) {
    const { callId, tenantId, language, data, callee } = walk;
    const { priority, skills } = node;
    const number = loaded.evaluator.fill(node.number, scopeOf(walk, now)).trim();
    const wish = { queueId: queueIdOf(tenantId, node.queue), number, callee, priority, skills, language, data };
    turn.commands.push({ type: 'askCallback', callId, tenantId, ...wish });
    walk.state = { at: 'calling_back', node: id };
    return 'waits';
  },
  transfer: enterTransfer,
  'pause-recording'({ walk, turn }, node) {
    turn.events.push({ type: 'recordingPauseAsked', callId: walk.callId, holder: 'flow', by: { kind: 'flow' }, forMs: node.forMs });
    return { go: node.next };
  },
  'resume-recording'({ walk, turn }, node) {
    turn.events.push({ type: 'recordingResumeAsked', callId: walk.callId, holder: 'flow', by: { kind: 'flow' } });
    return { go: node.next };
  },
  'announce-recording': enterNotice,
  'ask-recording': (stepping, node) => ask(stepping, node, { errors: 0, silences: 0 }, []),
  goto: (_, node) => ({ go: node.next }),
  echo({ walk, turn }) {
    turn.commands.push({ type: 'echoLeg', callId: walk.callId, legId: walk.legId });
    walk.state = { at: 'echoing' };
    return 'waits';
  },
  hangup: ({ walk, turn }) => release(walk, turn, 'dialplan_end'),
};

/** What may be cut short is held back: followed by a question it is played with it, and a key pressed early is the answer. */
function enterPlay(stepping: Stepping, node: Extract<PlanNode, { verb: 'play' }>): Outcome {
  const { walk, loaded, id, turn, now } = stepping;
  const sounds = soundsOf(walk, loaded, node.parts, now);
  if (node.bargeIn) {
    walk.pending.push(...sounds);
    return { go: node.next };
  }
  if (walk.pending.length > 0) {
    return playPending(walk, turn, id);
  }
  if (sounds.length === 0) return { go: node.next };
  return play(walk, turn, sounds, false, node.next);
}

/** Whole, and by itself: what was held back before it may be cut short, this may not. */
function enterNotice({ walk, loaded, id, turn, now }: Stepping, node: Extract<PlanNode, { verb: 'announce-recording' }>): Outcome {
  if (walk.pending.length > 0) return playPending(walk, turn, id);
  const sounds = soundsOf(walk, loaded, node.parts, now);
  if (sounds.length === 0) return { go: node.next };
  const waits = play(walk, turn, sounds, false, node.next);
  if (walk.state.at === 'playing') walk.state.announces = true;
  return waits;
}

/** A step's question, with what was held back before it; asked again with `lead` in front. */
export function ask(stepping: Stepping, node: AskingNode, so: { errors: number; silences: number }, lead: readonly string[]): Waits {
  const { walk, loaded, id, turn, now } = stepping;
  if (!node.bargeIn && walk.pending.length > 0) {
    return playPending(walk, turn, id);
  }
  const sounds = [...takePending(walk), ...lead.map((name) => promptOf(walk, name)), ...soundsOf(walk, loaded, node.parts, now)];
  const playId = nextPlayId(walk);
  const { callId, legId, tenantId } = walk;
  const secret = node.verb === 'collect' && node.masked === true ? { secret: node.into } : {};
  turn.commands.push({ type: 'collectDigits', callId, legId, playId, tenantId, sounds, bargeIn: node.bargeIn, collecting: collectingOf(node), ...secret });
  walk.state = { at: 'asking', playId, node: id, ...so };
  return 'waits';
}

function collectingOf(node: AskingNode): Collecting {
  if (node.verb !== 'collect') return { least: 1, most: 1, finishKey: null, ...node.pace };
  return { least: node.least, most: node.most, finishKey: node.finishKey, ...node.pace };
}

export function askSecret(
  { walk, loaded, id, turn, now }: Stepping,
  node: Extract<PlanNode, { verb: 'authenticate' }>,
  so: { wrong: number; silences: number },
  lead: readonly string[],
): Waits {
  const sounds = [...takePending(walk), ...lead.map((name) => promptOf(walk, name)), ...soundsOf(walk, loaded, node.parts, now)];
  const playId = nextPlayId(walk);
  const { callId, legId, tenantId } = walk;
  const collecting: Collecting = { least: node.digits, most: node.digits, finishKey: node.finishKey, ...node.pace };
  turn.commands.push({ type: 'authenticate', callId, legId, playId, tenantId, customerId: walk.customer?.customerId ?? null, sounds, collecting });
  walk.state = { at: 'authenticating', playId, node: id, ...so };
  return 'waits';
}

function enterTransfer({ walk, id, turn }: Stepping, node: Extract<PlanNode, { verb: 'transfer' }>): Outcome {
  const { callId, tenantId, caller } = walk;
  if ('agent' in node.to) {
    const agentId = agentIdOf(tenantId, node.to.agent);
    turn.events.push({ type: 'callTransferred', callId, legId: null, target: { kind: 'agent', agentId }, by: 'flow' });
    walk.state = { at: 'transferring', node: id, legId: null, agentId };
    return 'waits';
  }
  const { number } = node.to;
  const legId = legIdOf(callId, FIRST_LEG + walk.transfers);
  walk.transfers += 1;
  const from = { number: caller.number, ...(caller.name === undefined ? {} : { name: caller.name }) };
  turn.events.push({ type: 'callTransferred', callId, legId, target: { kind: 'number', number }, by: 'flow' });
  turn.commands.push({ type: 'dialLeg', callId, legId, tenantId, target: number, from, timeoutMs: node.timeoutMs, account: 'flow' });
  walk.state = { at: 'transferring', node: id, legId, agentId: null };
  return 'waits';
}

/** The back key leads to the menu before; a menu come to again forgets what was opened from it. */
function rememberMenu(walk: Walk, id: NodeId): void {
  const before = walk.menus.indexOf(id);
  walk.menus = before >= 0 ? walk.menus.slice(0, before + 1) : [...walk.menus.slice(1 - MOST_MENUS_BACK), id];
}

export function release(walk: Walk, turn: IvrTurn, cause: EndingCause): Waits {
  turn.commands.push({ type: 'releaseLeg', callId: walk.callId, legId: walk.legId, cause, by: 'server' });
  walk.state = { at: 'over' };
  return 'waits';
}

export function nextPlayId(walk: Walk): string {
  walk.plays += 1;
  return `${walk.callId}.p${walk.plays}`;
}

function playPending(walk: Walk, turn: IvrTurn, next: NodeId | null): Waits {
  return play(walk, turn, takePending(walk), true, next);
}

function takePending(walk: Walk): Sound[] {
  const sounds = walk.pending;
  walk.pending = [];
  return sounds;
}

/** Then the walk goes on at `next`. */
export function play(walk: Walk, turn: IvrTurn, sounds: Sound[], bargeIn: boolean, next: NodeId | null): Waits {
  const playId = nextPlayId(walk);
  const { callId, legId, tenantId } = walk;
  turn.commands.push({ type: 'playSounds', callId, legId, playId, tenantId, sounds, loop: false, bargeIn });
  walk.state = { at: 'playing', playId, next };
  return 'waits';
}

function isOpen(node: Extract<PlanNode, { verb: 'hours' }>, now: number): boolean {
  const local = new Date(now + node.offsetMinutes * 60_000);
  const date = local.toISOString().slice(0, 10);
  if (node.closedOn.includes(date)) return false;
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
  // A day of work by decree (调休) keeps the hours of any of the spans, whatever its weekday.
  const anyDay = node.openOn.includes(date);
  return node.spans.some((span) => (anyDay || span.days.includes(local.getUTCDay())) && minute >= span.fromMinute && minute < span.toMinute);
}
