/** Numbers that callers dial: what is said of each, and which flow it enters at a time. Pure. */
import { z } from 'zod';
import { calendarIdOf, type TenantId } from '../../kernel/ids.ts';
import { Calendar, type CalendarConfiguration } from '../acd/calendar/calendar.ts';
import type { EnteredNumber } from '../ivr/work.ts';

const flowName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'the name of a flow: lower-case letters, digits, _ and -');

/** What can be said of a number, beside itself. */
export const numberRules = {
  description: z.string().trim().max(200).describe('For people: what it is for, where it is printed'),
  enabled: z.boolean().describe('false: who dials it is told that there is no such number'),
  flow: flowName.nullable().describe('The flow it enters; null = the one that the dialplan names under `numbers`'),
  hours: z
    .strictObject({
      calendar: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'the id of a calendar, without the tenant'),
      closedFlow: flowName.describe('The flow it enters while the calendar is closed'),
    })
    .nullable(),
};
const rules = z.strictObject(numberRules);
export type NumberRules = z.infer<typeof rules>;

export interface HotlineNumber extends NumberRules {
  /** As callers' calls name it once normalised: `10086`, `+862012345678`. */
  number: string;
}

const usualNumber: NumberRules = { description: '', enabled: true, flow: null, hours: null };

export const newNumber = (number: string, said: Partial<NumberRules> = {}): HotlineNumber => ({ number, ...usualNumber, ...said });

/** As the store gave it back: older rows lack what was added since. */
export const readNumber = (number: string, stored: unknown): HotlineNumber => ({ number, ...rules.parse({ ...usualNumber, ...(stored as object) }) });

/** Nobody answers these but those whom they are for. */
const EMERGENCY = new Set(['110', '112', '119', '120', '122', '999', '911']);
const SHAPE = /^(\+[1-9][0-9]{5,14}|[0-9]{2,15})$/;

/** What is wrong with a number that is to be a hotline's, and how to mend it; null = nothing. `normalised`: as callers' calls will name it. */
export function numberFault(number: string, normalised: string, agents: readonly string[]): string | null {
  if (!SHAPE.test(number)) return 'give digits alone, with + before a country code: 10086, +862012345678';
  if (EMERGENCY.has(number)) return `${number} is for emergencies and cannot be a hotline`;
  if (normalised !== number) return `calls to ${number} arrive as ${normalised}: give it so`;
  if (agents.includes(number))
    return `${number} is an agent’s job number: colleagues who dial it would reach the hotline; give another number, or rename the agent first`;
  return null;
}

const made = new WeakMap<CalendarConfiguration, Calendar>();
function hoursOf(calendar: CalendarConfiguration): Calendar {
  const known = made.get(calendar) ?? new Calendar(calendar);
  made.set(calendar, known);
  return known;
}

export interface Entered {
  /** null = as the dialplan says. */
  flow: string | null;
  /** Whether its calendar is open; null = it goes by none, or by one that is gone. */
  open: boolean | null;
}

/** Which flow a number enters now, by its own settings. */
export function entryOf(tenantId: TenantId, { flow, hours }: NumberRules, calendars: readonly CalendarConfiguration[], now: number): Entered {
  const calendarId = hours === null ? null : calendarIdOf(tenantId, hours.calendar);
  const calendar = calendars.find((one) => one.calendarId === calendarId);
  // A calendar that is gone never keeps callers out.
  if (hours === null || calendar === undefined) return { flow, open: null };
  const { open } = hoursOf(calendar).hoursAt(now);
  return { flow: open ? flow : hours.closedFlow, open };
}

/** What a dialplan is checked against. */
export const numberNames = (numbers: readonly HotlineNumber[]): { numbers: string[]; entered: EnteredNumber[] } => ({
  numbers: numbers.map(({ number }) => number),
  entered: enteredNumbers(numbers),
});

/** Those with settings that a dialplan must know of. */
const enteredNumbers = (numbers: readonly HotlineNumber[]): EnteredNumber[] =>
  numbers.flatMap(({ number, enabled, flow, hours }) => {
    const flows = [...(flow === null ? [] : [flow]), ...(hours === null ? [] : [hours.closedFlow])];
    return enabled && flows.length === 0 ? [] : [{ number, flows, named: enabled && flow === null }];
  });
