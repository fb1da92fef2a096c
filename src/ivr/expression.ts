/** The expressions of a dialplan: CEL, typed, without loops or side effects, over what is known of the call. */
import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import type { Cel, Template } from './plan.ts';

/** What an expression may use. Numbers are CEL integers, hence bigint. A card that is not there: known false, texts '', age 0. */
export interface Scope {
  caller: string;
  callee: string;
  customer: {
    known: boolean;
    customerId: string;
    name: string;
    number: string;
    tier: string;
    language: string;
    age: bigint;
    specialNeeds: string[];
    openTickets: bigint;
  };
  /** Call-associated data: what `set` and `collect` put there, and what travels with the call. */
  data: Map<string, string>;
  /** What lookups brought, and `authentication`. */
  values: Map<string, string>;
  language: string;
  authLevel: bigint;
  /** Of the tenant, by name, as they stand now. */
  queues: ReadonlyMap<string, LiveQueue>;
  /** In China's time (UTC+8). weekday 0 = Sunday. */
  time: { date: string; hour: bigint; minute: bigint; weekday: bigint };
}

/** A queue as an expression sees it. Seconds a caller who came now would wait: half wait no longer than `p50Seconds`, nine of ten no longer than `p90Seconds`. */
export interface LiveQueue {
  waiting: bigint;
  signedIn: bigint;
  ready: bigint;
  p50Seconds: bigint;
  p90Seconds: bigint;
  /** What was said lately came true: it may be said aloud. */
  calibrated: boolean;
}

const environment = new Environment({ limits: { maxAstNodes: 300, maxDepth: 40, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 16 } })
  .registerVariable('caller', 'string')
  .registerVariable('callee', 'string')
  .registerVariable({
    name: 'customer',
    schema: {
      known: 'bool',
      customerId: 'string',
      name: 'string',
      number: 'string',
      tier: 'string',
      language: 'string',
      age: 'int',
      specialNeeds: 'list<string>',
      openTickets: 'int',
    },
  })
  .registerVariable('data', 'map<string, string>')
  .registerVariable('values', 'map<string, string>')
  .registerVariable('queues', 'map<string, dyn>')
  .registerVariable('language', 'string')
  .registerVariable('authLevel', 'int')
  .registerVariable({ name: 'time', schema: { date: 'string', hour: 'int', minute: 'int', weekday: 'int' } });

/** null = fine; else what is wrong with it and where in the text (0-based). */
export function expressionFault(cel: Cel, wanted: 'bool' | 'any'): { message: string; at: number } | null {
  const check = environment.check(cel);
  if (!check.valid) return { message: check.error?.summary ?? 'it cannot be understood', at: check.error?.range?.start ?? 0 };
  if (wanted === 'bool' && check.type !== 'bool' && check.type !== 'dyn') return { message: `it gives ${check.type}, not true or false`, at: 0 };
  return null;
}

/** Evaluates with a memory of parsed expressions; one a plan, so that it is bounded by what the plan holds. */
export class Evaluator {
  readonly #parsed = new Map<Cel, ParseResult>();

  /** undefined = it has no value now (a name that is not set, a text that is no number …). */
  value(cel: Cel, scope: Scope): unknown {
    let parsed = this.#parsed.get(cel);
    try {
      if (parsed === undefined) {
        parsed = environment.parse(cel);
        this.#parsed.set(cel, parsed);
      }
      return parsed({ ...scope });
    } catch {
      return undefined;
    }
  }

  text(cel: Cel, scope: Scope): string | undefined {
    const value = this.value(cel, scope);
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : undefined;
  }

  /** An expression without a value is false: a caller is never lost over one. */
  truth(cel: Cel, scope: Scope): boolean {
    return this.value(cel, scope) === true;
  }

  fill(template: Template, scope: Scope): string {
    return template.map((piece, at) => (at % 2 === 0 ? piece : (this.text(piece, scope) ?? ''))).join('');
  }
}

/** `Hello ${name}` → ['Hello ', 'name', '']; null when a `${` is not closed. */
export function parseTemplate(text: string): Template | null {
  const pieces = text.split(/\$\{([^}]*)\}/);
  return pieces.some((piece, at) => at % 2 === 0 && piece.includes('${')) ? null : pieces;
}
