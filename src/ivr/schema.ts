/**
 * The dialplan file, as one schema: editors complete it (`dialplans/dialplan.schema.json`), the compiler checks by it.
 * A tenant's dialplan is a folder of such files, read as one.
 */
import { z } from 'zod';

/** The longest a caller is left without a word. */
const MOST_SECONDS = 3600;

const promptName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'give a prompt name of small letters, digits and hyphens')
  .describe('A recorded prompt: prompts/<language>/<name>.wav');
const flowName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'give a flow name of small letters, digits and hyphens');
const variableName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'give a name of letters, digits and underscores');
const cel = z.string().min(1).max(1000).describe('A CEL expression over caller, callee, customer, data, values, language, authLevel, time');
// biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own ${…}
const template = z.union([z.string().max(1000), z.number()]).describe('Text; ${expression} is replaced by its value');
const key = z.string().regex(/^[0-9*#]$/, 'give one key: 0-9, * or #');
// biome-ignore lint/suspicious/noTemplateCurlyInString: as above
const spokenText = z.string().max(500).describe('A text, spoken by a machine; ${expression} is replaced by its value');
const seconds = z.number().min(0).max(MOST_SECONDS);
const language = z.enum(['zh', 'en']);

const part = z.union([
  promptName,
  z.strictObject({ prompt: promptName }),
  z.strictObject({ tone: z.enum(['milliwatt', 'ringback', 'busy', 'congestion', 'unobtainable', 'beep', 'silence']), seconds: seconds.optional() }),
  z.strictObject({ number: cel.describe('Read as a number: 12.5') }),
  z.strictObject({ digits: cel.describe('Read digit by digit') }),
  z.strictObject({ money: cel.describe('An amount in fen (1/100 yuan)') }),
  z.strictObject({ date: cel.describe('A day: 2026-05-17') }),
  z.strictObject({ phone: cel.describe('A telephone number, in groups') }),
  z.strictObject({ list: variableName.describe('The pairs <name>.<n>.label and <name>.<n>.fen of a lookup') }),
  z
    .strictObject({ text: z.strictObject({ zh: spokenText.optional(), en: spokenText.optional() }), fallback: promptName.optional() })
    .describe('A text, spoken by a machine; `fallback` is played where it cannot be spoken'),
]);
const speech = z.union([part, z.array(part).min(1).max(50)]).meta({ id: 'speech' });

const skills = z.array(z.strictObject({ skill: z.string().min(1), level: z.number().int().min(1).max(10) })).max(20);
const pace = { firstKeySeconds: seconds.optional(), betweenKeysSeconds: seconds.optional() };
const patience = {
  errors: z.number().int().min(1).max(10).optional().describe('Wrong keys before `otherwise`; 3 when absent'),
  silences: z.number().int().min(1).max(10).optional().describe('Silences before `otherwise`; 2 when absent'),
  errorPrompt: promptName.optional(),
  silencePrompt: promptName.optional(),
};
const clock = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$/, 'give a time as HH:MM');
const day = z.enum(['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']);
const date = z.string().regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/, 'give a date as YYYY-MM-DD, in quotes');

const LONGEST_PAUSE_SECONDS = 900;
const nothing = z.union([z.null(), z.strictObject({})]);
const play = z.union([speech, z.strictObject({ prompt: speech, bargeIn: z.boolean().optional() })]);
const span = z.strictObject({ days: z.array(day).min(1), from: clock, to: clock });
const utcOffset = z.string().regex(/^[+-](0[0-9]|1[0-4]):[0-5][0-9]$/, 'give an offset as +08:00');
const telephoneNumber = z.string().regex(/^\+?[0-9]{2,20}$/, 'give a telephone number');

/** Verbs that lead nowhere but on. */
const plainVerbs = {
  answer: nothing,
  play,
  say: play,
  set: z.record(variableName, template),
  language,
  'pause-recording': z
    .union([nothing, z.strictObject({ seconds: z.number().min(1).max(LONGEST_PAUSE_SECONDS) })])
    .describe('Nothing of the call is recorded until resume-recording, or until so many seconds (180) are over'),
  'resume-recording': nothing,
  'announce-recording': speech.describe('Tells the caller that the talk is recorded; heard to its end, her record says so. No key cuts it short'),
  goto: flowName,
  echo: nothing,
  hangup: nothing,
};

const reasonName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'give a reason a name of small letters, digits, _ and hyphens');

/** Verbs that ask the caller. */
const askingVerbs = <T extends z.ZodType>(target: T) => ({
  menu: z.strictObject({
    ...{ prompt: speech, keys: z.record(key, target), bargeIn: z.boolean().optional() },
    ...{ ...pace, ...patience, otherwise: target.optional() },
  }),
  collect: z.strictObject({
    ...{ prompt: speech, into: variableName, least: z.number().int().min(0).max(64).optional(), most: z.number().int().min(1).max(64) },
    ...{ finishKey: z.union([key, z.null()]).optional(), bargeIn: z.boolean().optional() },
    masked: z
      .boolean()
      .optional()
      .describe('For card numbers: the keys are heard, logged and recorded nowhere; `into` holds as many stars, and `deliver` hands them on'),
    ...{ ...pace, ...patience, otherwise: target.optional() },
  }),
  rate: z
    .strictObject({ ...{ prompt: speech, bargeIn: z.boolean().optional(), ...pace, ...patience }, unhappy: target.optional(), otherwise: target.optional() })
    .describe('In a survey: a key from 1 (very satisfied) to 5; `unhappy` after 4 and 5. A flow that has this step can be the survey of a queue'),
  reason: z
    .strictObject({
      ...{ prompt: speech, bargeIn: z.boolean().optional(), ...pace, ...patience },
      reasons: z.record(key, reasonName),
      otherwise: target.optional(),
    })
    .describe('In a survey: why; the name of the key stands in the record'),
  'ask-recording': z
    .strictObject({
      ...{ prompt: speech, agree: key.optional(), refuse: key.optional(), bargeIn: z.boolean().optional(), ...pace, ...patience },
      refused: target.optional(),
    })
    .describe(
      'Asks whether the talk may be recorded: `agree` (1) or `refuse` (2). Who refuses, or says nothing, is not recorded; `refused`: where she goes on',
    ),
  authenticate: z.strictObject({
    ...{ prompt: speech, digits: z.number().int().min(4).max(12).optional(), attempts: z.number().int().min(1).max(5).optional() },
    ...{ wrongPrompt: promptName.optional(), ...pace, otherwise: target, locked: target.optional() },
  }),
});

const callback = <T extends z.ZodType>(target: T) =>
  z
    .union([
      z.string().min(1),
      z.strictObject({
        ...{ queue: z.string().min(1), number: template.optional(), priority: z.number().int().min(0).max(1000).optional(), skills: skills.optional() },
        otherwise: target.optional(),
      }),
    ])
    .describe('The caller may hang up: the place in this queue is kept, and the number (the caller’s own) is called when it is its turn');

const overflowExit = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'name of an exit');
const overflowExits = <T extends z.ZodType>(target: T) =>
  z
    .record(overflowExit, target)
    .describe('Where the steps of a queue’s overflow lead, by the exit they name; `callback`: where one is offered. Others lead to the flow of that name');

/** Verbs whose outcome is the house's. */
const routingVerbs = <T extends z.ZodType>(target: T) => ({
  hours: z.strictObject({
    ...{ utcOffset: utcOffset.optional(), spans: z.array(span).min(1).max(50) },
    ...{ closedOn: z.array(date).max(400).optional(), openOn: z.array(date).max(400).optional() },
    ...{ open: target.optional(), closed: target.optional() },
  }),
  lookup: z.union([
    z.string().min(1).max(64),
    z.strictObject({ what: z.string().min(1).max(64), arguments: z.record(variableName, template).optional(), otherwise: target.optional() }),
  ]),
  deliver: z
    .strictObject({ to: z.string().min(1).max(64), secrets: z.array(variableName).min(1).max(16), otherwise: target.optional() })
    .describe('Hands what was collected `masked` to the address that the server has for this form; its answer is `values` afterwards'),
  queue: z.union([
    z.string().min(1),
    z.strictObject({
      ...{ name: z.string().min(1), priority: z.number().int().min(0).max(1000).optional(), skills: skills.optional() },
      ...{ preferredSkills: skills.optional(), place: template.optional() },
      agent: template.optional().describe('Job number of the agent who should serve it; empty = nobody in particular'),
      agentWaitSeconds: z.number().int().min(0).max(3600).optional(),
      virtualWaitSeconds: z
        .union([z.number().int().min(0).max(3600), cel])
        .optional()
        .describe('So much longer the call counts as waiting; or an expression, for example: customer.tier == "gold" ? 120 : 0'),
      ...{ maxWaitSeconds: seconds.optional(), music: z.union([promptName, z.null()]).optional() },
      ...{ timeout: target.optional(), full: target.optional(), noAgents: target.optional(), closed: target.optional() },
      keys: z.record(key, target).optional().describe('Keys that lead out of the queue while the caller waits'),
      overflow: overflowExits(target).optional(),
      dissuaded: target.optional().describe('It would take too long; absent = as `full`'),
      insist: z.boolean().optional().describe('The caller was told that it takes long, and waits all the same: this queue does not dissuade it'),
      emergency: target.optional().describe('Closed by somebody for an emergency; absent = as `closed`'),
    }),
  ]),
  callback: callback(target),
  transfer: z.union([
    z.strictObject({ number: telephoneNumber, timeoutSeconds: seconds.optional(), otherwise: target.optional() }),
    z.strictObject({ agent: z.string().min(1), otherwise: target.optional() }),
  ]),
});

/**
 * What each verb takes. `target` is what may follow an outcome (a flow's name, or steps written in place): the compiler hands in
 * "anything" and looks at each target itself, so that its faults are told where they are.
 */
const verbSchemas = <T extends z.ZodType>(target: T) => ({ ...plainVerbs, ...askingVerbs(target), ...routingVerbs(target) });

const anyTarget = z.unknown();
export const shallowVerbs = verbSchemas(anyTarget);
export type VerbName = keyof typeof shallowVerbs | 'when';
export const verbNames = [...Object.keys(shallowVerbs), 'when'] as VerbName[];
export type VerbArguments<V extends keyof typeof shallowVerbs> = z.infer<(typeof shallowVerbs)[V]>;

// biome-ignore lint/suspicious/noThenProperty: the word of the file; nobody awaits a schema
export const whenSchema = z.strictObject({ when: cel, then: anyTarget, else: anyTarget.optional(), name: z.string().optional() });
export const stepName = z.string().regex(/^[^/]{1,64}$/, 'give a name without a slash');

/** Everything of a file but its flows, whose steps the compiler looks at one by one. */
export const fileSchema = z.strictObject({
  language: language.optional().describe('Spoken first'),
  languages: z.array(language).min(1).optional().describe('Every prompt must be there in each of these'),
  keys: z
    .strictObject({
      agent: z.union([key, z.null()]).optional(),
      back: z.union([key, z.null()]).optional(),
      repeat: z.union([key, z.null()]).optional(),
      finish: z.union([key, z.null()]).optional(),
    })
    .optional()
    .describe('What keys mean in every menu: agent 0, back *, repeat 9, finish #; null = nothing'),
  fromDesk: z
    .record(flowName, z.strictObject({ zh: z.string().min(1).max(40), en: z.string().min(1).max(40) }))
    .refine((flows) => Object.keys(flows).length <= 50, 'at most 50 flows')
    .optional()
    .describe('Flows that agents may send their callers to, as their desks name them'),
  agentFlow: flowName.optional().describe('Where the agent key goes, and callers whom a menu cannot help'),
  numbers: z.record(z.string().regex(/^\+?[0-9]{2,20}$/, 'give a dialled number, in quotes'), flowName).optional(),
  flows: z.record(flowName, z.array(z.unknown()).min(1).max(500)).optional(),
});
export type DialplanFile = z.infer<typeof fileSchema>;

/** A whole file with its steps, as editors see it. */
export function wholeFileSchema(): z.ZodType {
  const steps: z.ZodType = z.lazy(() => z.array(step)).meta({ id: 'steps' });
  const target = z.union([flowName, steps]).meta({ id: 'target' });
  const name = stepName.optional().describe('Shown in the IVR path of the call');
  const verbs = Object.entries(verbSchemas(target)).map(([verb, args]) => z.strictObject({ [verb]: args, name }));
  // biome-ignore lint/suspicious/noThenProperty: as above
  const when = z.strictObject({ when: cel, then: target, else: target.optional(), name });
  const step: z.ZodType = z.union([z.enum(['answer', 'echo', 'hangup', 'pause-recording', 'resume-recording']), ...verbs, when]).meta({ id: 'step' });
  return fileSchema.extend({ flows: z.record(flowName, steps).optional() });
}

/** For editors: JSON Schema draft 2020-12. */
export const dialplanJsonSchema = (): Record<string, unknown> => ({ title: 'Huawu dialplan', ...z.toJSONSchema(wholeFileSchema()) });
