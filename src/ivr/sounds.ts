/** Parts of a step → sounds in the caller's language, with the values of the moment. */
import type { Sound } from '../call/command.ts';
import type { Evaluator, Scope } from './expression.ts';
import type { Part } from './plan.ts';
import { type SpokenKind, speak } from './speak.ts';
import type { LoadedPlan, Walk } from './state.ts';

/** A bill or a list is not read for longer than this. */
const MOST_LIST_ITEMS = 20;
const MOST_SOUNDS = 200;
/** China has one time and no summer time. */
const CHINA_OFFSET_MS = 8 * 3_600_000;

export function soundsOf(walk: Walk, loaded: LoadedPlan, parts: readonly Part[], now: number): Sound[] {
  const scope = scopeOf(walk, now);
  const sounds = parts.flatMap((part) => {
    if ('tone' in part) return [toneOf(part)];
    if ('text' in part) return speechOf(part, walk, loaded.evaluator, scope);
    return namesOf(part, walk, loaded.evaluator, scope).map((name) => promptOf(walk, name));
  });
  const known = loaded.prompts[walk.language];
  // What was never recorded (a name that came with a lookup) is left out: the rest is still of use.
  return sounds.filter((sound) => sound.kind !== 'prompt' || known.has(sound.name)).slice(0, MOST_SOUNDS);
}

type Spoken = Extract<Part, { text: unknown }>;

export const promptOf = (walk: Walk, name: string): Sound => ({ kind: 'prompt', name, language: walk.language });

const toneOf = ({ tone, ms }: Extract<Part, { tone: string }>): Sound => ({ kind: 'tone', name: tone, ...(ms === undefined ? {} : { ms }) });

function speechOf({ text, fallback }: Spoken, { language }: Walk, evaluator: Evaluator, scope: Scope): Sound[] {
  const said = evaluator.fill(text[language] ?? [], scope).trim();
  return said === '' ? [] : [{ kind: 'speech', text: said, language, fallback }];
}

function namesOf(part: Exclude<Part, { tone: string } | Spoken>, walk: Walk, evaluator: Evaluator, scope: Scope): string[] {
  if ('prompt' in part) return [part.prompt];
  if ('list' in part) return listNames(part.list, walk);
  const [kind, cel] = Object.entries(part)[0] as [SpokenKind, string];
  const value = evaluator.text(cel, scope);
  return value === undefined ? [] : (speak(kind, value, walk.language) ?? []);
}

function listNames(list: string, { values, language }: Walk): string[] {
  const names: string[] = [];
  for (let item = 1; item <= MOST_LIST_ITEMS; item += 1) {
    const label = values.get(`${list}.${item}.label`);
    if (label === undefined) break;
    names.push(label, ...(speak('money', values.get(`${list}.${item}.fen`) ?? '', language) ?? []));
  }
  return names;
}

/** What expressions may look at, now. */
export function scopeOf(walk: Walk, now: number): Scope {
  const { customer } = walk;
  const local = new Date(now + CHINA_OFFSET_MS);
  return {
    caller: walk.caller.number,
    callee: walk.callee.number,
    customer: {
      known: customer !== null,
      customerId: customer?.customerId ?? '',
      name: customer?.name ?? '',
      number: customer?.number ?? '',
      tier: customer?.tier ?? '',
      language: customer?.language ?? '',
      age: BigInt(Math.trunc(customer?.age ?? 0)),
      specialNeeds: customer?.specialNeeds ?? [],
      openTickets: BigInt(customer?.openTickets.length ?? 0),
    },
    data: new Map(Object.entries(walk.data)),
    values: walk.values,
    queues: walk.queues,
    language: walk.language,
    authLevel: BigInt(walk.authLevel),
    time: {
      date: local.toISOString().slice(0, 10),
      hour: BigInt(local.getUTCHours()),
      minute: BigInt(local.getUTCMinutes()),
      weekday: BigInt(local.getUTCDay()),
    },
  };
}
