/** One queue: every setting with what it does, the further rules as text, and what a change would have done on the days that were recorded. */
import { Alert, Button, Input } from 'antd';
import { type ReactNode, useMemo, useState } from 'react';
import { Problem, patch, post } from '../../shared/api.ts';
import { languageNow, ownName } from '../../shared/labels.ts';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useOne, useRefresh } from '../admin.ts';
import { CodeEditor } from '../editor/code-editor.tsx';
import type { Schema } from '../editor/schema.ts';
import { Failure, faultOf } from '../failure.tsx';
import { Field } from '../field.tsx';
import { Panel } from '../panel.tsx';
import { SkillsField } from '../people/skills-field.tsx';
import { useWords } from '../words.ts';
import type { Calendar } from './calendar.ts';
import {
  type Announcements,
  changeOf,
  type Door,
  type Draft,
  draftOf,
  newDraft,
  QUEUES,
  type Queue,
  rulesOf,
  sectionNames,
  shortName,
  withRules,
} from './queue.ts';
import { placeOf, type ReadRules, readRules, type TextFault, writeRules } from './rules-text.ts';
import { SurveyFields } from './survey-fields.tsx';
import { QueueTrial } from './trial.tsx';
import { Count, Seconds } from './units.tsx';
import './queues.css';

interface Props {
  /** null = a new one. */
  queue: Queue | null;
  queues: readonly Queue[];
  calendars: readonly Calendar[];
  knownSkills: string[];
  onClose(): void;
}

export function QueueForm({ queue, queues, calendars, knownSkills, onClose }: Props) {
  const w = useWords();
  const { token, isReader, tell } = useAdmin();
  const refresh = useRefresh();
  const before = useMemo(() => (queue === null ? newDraft : draftOf(queue)), [queue]);
  const [id, setId] = useState('');
  const { draft, set, text, read, write } = useDraft(before);
  const change = changeOf(before, draft);
  const send = (): Promise<unknown> =>
    queue === null
      ? post(token, QUEUES, { id: id.trim(), ...changeOf({ ...newDraft, name: { zh: '', en: '' } }, draft) })
      : patch(token, `${QUEUES}/${queue.queueId}`, change);
  const { busy, failed, submit } = useSubmission(send, () => {
    void refresh(QUEUES);
    tell(w(queue === null ? 'queue.added' : 'queue.saved', { name: draft.name[languageNow()] }));
    onClose();
  });
  const faults = read.rules === null ? read.faults : serverFaults(failed, text);
  const form = { draft, set, failed };
  const unchanged = Object.keys(change).length === 0;
  return (
    <Panel title={queue === null ? w('queue.addTitle') : `${draft.name[languageNow()]} (${shortName(queue)})`} wide onClose={onClose}>
      <form
        className="panel-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && read.rules !== null) void submit();
        }}
      >
        <Failure error={failed} />
        {queue?.warnings.map(({ at, message }) => (
          <Alert key={`${at} ${message}`} type="warning" showIcon title={`${at}: ${message}`} />
        ))}
        <Settings isNew={queue === null} id={id} onId={setId} calendars={calendars} knownSkills={knownSkills} {...form} />
        <RulesText text={text} read={read} faults={faults} queues={queues} calendars={calendars} onWrite={write} />
        {queue !== null && !isReader && <QueueTrial queue={queue} change={change} disabled={unchanged || read.rules === null} />}
        <div className="panel-foot">
          <Button type="primary" htmlType="submit" loading={busy} disabled={(queue !== null && unchanged) || read.rules === null}>
            {queue === null ? w('queue.add') : w('form.save')}
          </Button>
          {queue !== null && unchanged && <span className="quiet panel-note">{w('queue.unchanged')}</span>}
        </div>
      </form>
    </Panel>
  );
}

/** A draft, and its further rules as text: what is changed in one is in the other. */
function useDraft(before: Draft) {
  const [draft, setDraft] = useState<Draft>(before);
  const [text, setText] = useState(() => writeRules(rulesOf(before)));
  const read = useMemo(() => readRules(text), [text]);
  const set = (change: Partial<Draft>) => {
    const next = { ...draft, ...change } as Draft;
    for (const name of sectionNames) if (next[name] === undefined) delete next[name];
    setDraft(next);
    if (sectionNames.some((name) => name in change)) setText(writeRules(rulesOf(next)));
  };
  const write = (typed: string) => {
    setText(typed);
    const { rules } = readRules(typed);
    if (rules !== null) setDraft(withRules(draft, rules));
  };
  return { draft, set, text, read, write };
}

interface RulesProps {
  text: string;
  read: ReadRules;
  faults: readonly TextFault[];
  queues: readonly Queue[];
  calendars: readonly Calendar[];
  onWrite(text: string): void;
}

function RulesText({ text, read, faults, queues, calendars, onWrite }: RulesProps) {
  const w = useWords();
  const schema = useRulesSchema();
  return (
    <Part title={w('queuePart.rules')}>
      <p className="field-hint quiet">{w('queue.rulesHint')}</p>
      <div className="rules-editor">
        <CodeEditor
          label={w('queuePart.rules')}
          value={text}
          onChange={onWrite}
          schema={schema}
          faults={faults}
          namesFor={(key) => (key === 'queue' ? queues.map(shortName) : key === 'calendar' ? calendars.map(({ calendarId }) => ownName(calendarId)) : [])}
        />
      </div>
      {read.rules === null && (
        <p className="field-fault">{w('queue.rulesFaulty', { line: read.faults[0]?.line ?? 1, message: read.faults[0]?.message ?? '' })}</p>
      )}
    </Part>
  );
}

interface SettingsProps extends Form {
  isNew: boolean;
  id: string;
  onId(id: string): void;
  calendars: readonly Calendar[];
  knownSkills: string[];
}

function Settings({ isNew, id, onId, calendars, knownSkills, ...form }: SettingsProps) {
  const w = useWords();
  const { draft, set, failed } = form;
  return (
    <div className="columns-2">
      <Basics isNew={isNew} id={id} onId={onId} knownSkills={knownSkills} {...form} />
      <Part title={w('queuePart.waiting')}>
        <Milliseconds name="maxWaitMs" nullable {...form} />
        <Count
          label={w('queueField.maxWaiting')}
          hint={w('queueHint.maxWaiting')}
          fault={faultOf(failed, 'maxWaiting')}
          value={draft.maxWaiting}
          onChange={(maxWaiting) => set({ maxWaiting: maxWaiting ?? 0 })}
        />
        <Flag name="leaveWhenNoAgents" {...form} />
        <MusicField {...form} />
        <DoorFields calendars={calendars} {...form} />
      </Part>
      <Part title={w('queuePart.offering')}>
        <Milliseconds name="ringTimeoutMs" {...form} />
        <Milliseconds name="wrapUpMs" {...form} />
        <Choice name="recording" options={['optional', 'mandatory', 'forbidden']} {...form} />
        {draft.recording === 'optional' && <Flag name="record" {...form} />}
        {draft.recording !== 'forbidden' && <ConsentField {...form} />}
        <Choice name="media" options={['anchored', 'direct']} {...form} />
      </Part>
      <Part title={w('queuePart.announcements')}>
        <AnnouncementFields {...form} />
      </Part>
      <Part title={w('queuePart.survey')}>
        <SurveyFields draft={form.draft} failed={form.failed} set={form.set} />
      </Part>
    </div>
  );
}

function Basics({ isNew, id, onId, knownSkills, ...form }: Omit<SettingsProps, 'calendars'>) {
  const w = useWords();
  const { draft, set, failed } = form;
  return (
    <Part title={w('queuePart.basic')}>
      {isNew && (
        <Field label={w('queue.id')} hint={w('queue.idHint')} fault={faultOf(failed, 'id')}>
          {(control) => <Input {...control} autoFocus value={id} onChange={(event) => onId(event.target.value)} />}
        </Field>
      )}
      {(['zh', 'en'] as const).map((language) => (
        <Field key={language} label={w(`queueName.${language}`)} fault={faultOf(failed, `name.${language}`)}>
          {(control) => (
            <Input
              {...control}
              maxLength={100}
              value={draft.name[language]}
              onChange={(event) => set({ name: { ...draft.name, [language]: event.target.value } })}
            />
          )}
        </Field>
      ))}
      <SkillsField
        legend={w('queue.skills')}
        hint={w('queue.skillsHint')}
        lines={draft.skills}
        known={knownSkills}
        fault={faultOf(failed, 'skills')}
        onChange={(skills) => set({ skills })}
      />
      <Milliseconds name="answerWithinMs" {...form} />
    </Part>
  );
}

/** Faults the server names by their path, where they stand in the text. */
function serverFaults(failed: Error | null, text: string) {
  if (!(failed instanceof Problem)) return [];
  return failed.errors.flatMap(({ at, message }) => {
    const path = at.replace(/^body\./, '');
    return (sectionNames as readonly string[]).includes(path.split('.')[0] ?? '') ? [{ ...placeOf(text, path), message }] : [];
  });
}

interface OpenApi {
  paths: Record<string, { patch?: { requestBody?: { content?: Record<string, { schema?: Schema }> } } }>;
}

/** Of the API's own document: what it takes is what is completed. */
function useRulesSchema(): Schema | null {
  const document = useOne<OpenApi>('/api/openapi.json');
  return useMemo(() => {
    const whole = document.data?.paths['/api/v1/queues/{queueId}']?.patch?.requestBody?.content?.['application/json']?.schema;
    if (whole === undefined) return null;
    const properties = Object.fromEntries(Object.entries(whole.properties ?? {}).filter(([name]) => (sectionNames as readonly string[]).includes(name)));
    return { ...whole, properties };
  }, [document.data]);
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="form-part" aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

interface Form {
  draft: Draft;
  failed: Error | null;
  set(change: Partial<Draft>): void;
}

type MsName = 'answerWithinMs' | 'maxWaitMs' | 'ringTimeoutMs' | 'wrapUpMs';

function Milliseconds({ name, nullable = false, draft, failed, set }: Form & { name: MsName; nullable?: boolean }) {
  const w = useWords();
  return (
    <Seconds
      label={w(`queueField.${name}`)}
      hint={w(`queueHint.${name}`)}
      fault={faultOf(failed, name)}
      value={draft[name]}
      nullable={nullable}
      onChange={(value) => (value === null && !nullable ? undefined : set({ [name]: value }))}
    />
  );
}

function Flag({ name, draft, set }: Form & { name: 'leaveWhenNoAgents' | 'record' }) {
  const w = useWords();
  return (
    <label className="choice">
      <input type="checkbox" checked={draft[name]} onChange={(event) => set({ [name]: event.target.checked })} />
      <span>
        <strong>{w(`queueField.${name}`)}</strong>
        <span className="quiet">{w(`queueHint.${name}`)}</span>
      </span>
    </label>
  );
}

function Choice<N extends 'recording' | 'media'>({ name, options, draft, failed, set }: Form & { name: N; options: readonly Draft[N][] }) {
  const w = useWords();
  const text = w as (key: string) => string;
  return (
    <Field label={w(`queueField.${name}`)} hint={text(`queueChoiceHint.${draft[name]}`)} fault={faultOf(failed, name)}>
      {(control) => (
        <select {...control} value={draft[name]} onChange={(event) => set({ [name]: event.target.value })}>
          {options.map((each) => (
            <option key={each} value={each}>
              {text(`queueChoice.${each}`)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** What recording needs of callers; absent = nothing. */
function ConsentField({ draft, failed, set }: Form) {
  const w = useWords();
  const change = (chosen: string) => set({ recordingConsent: chosen === 'announced' || chosen === 'given' ? chosen : undefined });
  return (
    <Field label={w('queueField.recordingConsent')} hint={w('queueHint.recordingConsent')} fault={faultOf(failed, 'recordingConsent')}>
      {(control) => (
        <select {...control} value={draft.recordingConsent ?? ''} onChange={(event) => change(event.target.value)}>
          <option value="">{w('recordingConsent.none')}</option>
          <option value="announced">{w('recordingConsent.announced')}</option>
          <option value="given">{w('recordingConsent.given')}</option>
        </select>
      )}
    </Field>
  );
}

function MusicField({ draft, failed, set }: Form) {
  const w = useWords();
  return (
    <Field label={w('queueField.music')} hint={w('queueHint.music')} fault={faultOf(failed, 'music')}>
      {(control) => (
        <Input
          {...control}
          value={draft.music ?? ''}
          onChange={(event) => set({ music: event.target.value.trim() === '' ? null : event.target.value.trim() })}
        />
      )}
    </Field>
  );
}

/** Without what says nothing; undefined = nothing is left. */
function tidy<T extends object>(section: T): T | undefined {
  const said = Object.entries(section).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return said.length === 0 ? undefined : (Object.fromEntries(said) as T);
}

function DoorFields({ calendars, draft, failed, set }: Form & { calendars: readonly Calendar[] }) {
  const w = useWords();
  const door: Door = draft.door ?? {};
  const change = (next: Door) => set({ door: tidy({ ...door, ...next }) });
  const dissuade = (next: NonNullable<Door['dissuade']>) => change({ dissuade: tidy({ ...door.dissuade, ...next }) });
  return (
    <>
      <Field label={w('queueField.calendar')} hint={w('queueHint.calendar')} fault={faultOf(failed, 'door.calendar')}>
        {(control) => (
          <select {...control} value={door.calendar ?? ''} onChange={(event) => change({ calendar: event.target.value })}>
            <option value="">{w('queue.alwaysOpen')}</option>
            {calendars.map(({ calendarId, name }) => (
              <option key={calendarId} value={ownName(calendarId)}>
                {name[languageNow()]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {door.calendar !== undefined && (
        <Field label={w('queueField.whenClosed')} hint={w('queueHint.whenClosed')}>
          {(control) => (
            <select
              {...control}
              value={door.whenClosed ?? 'stay'}
              onChange={(event) => change({ whenClosed: event.target.value === 'leave' ? 'leave' : 'stay' })}
            >
              <option value="stay">{w('whenClosed.stay')}</option>
              <option value="leave">{w('whenClosed.leave')}</option>
            </select>
          )}
        </Field>
      )}
      <Count
        label={w('queueField.dissuadeWaiting')}
        hint={w('queueHint.dissuade')}
        fault={faultOf(failed, 'door.dissuade')}
        nullable
        value={door.dissuade?.waiting ?? null}
        onChange={(waiting) => dissuade(waiting === null ? { ...without(door.dissuade, 'waiting') } : { waiting })}
      />
    </>
  );
}

/** The same without one of its names, which `tidy` then takes away. */
const without = (section: object | undefined, name: string): object => ({ ...section, [name]: undefined });

const USUAL_FIRST_MS = 20_000;
const USUAL_EVERY_MS = 40_000;

function AnnouncementFields({ draft, failed, set }: Form) {
  const w = useWords();
  const said: Announcements | undefined = draft.announcements;
  const change = (next: Partial<Announcements>) => set({ announcements: { firstMs: USUAL_FIRST_MS, everyMs: USUAL_EVERY_MS, ...said, ...next } });
  return (
    <>
      <label className="choice">
        <input
          type="checkbox"
          checked={said !== undefined}
          onChange={(event) => set({ announcements: event.target.checked ? { firstMs: USUAL_FIRST_MS, everyMs: USUAL_EVERY_MS, position: true } : undefined })}
        />
        <span>
          <strong>{w('queueField.announces')}</strong>
          <span className="quiet">{w('queueHint.announces')}</span>
        </span>
      </label>
      {said !== undefined && (
        <>
          {(['firstMs', 'everyMs'] as const).map((name) => (
            <Seconds
              key={name}
              label={w(`queueField.${name}`)}
              hint={w(`queueHint.${name}`)}
              fault={faultOf(failed, `announcements.${name}`)}
              value={said[name]}
              onChange={(value) => (value === null ? undefined : change({ [name]: value }))}
            />
          ))}
          {(['position', 'estimate'] as const).map((name) => (
            <label key={name} className="choice">
              <input type="checkbox" checked={said[name] === true} onChange={(event) => change({ [name]: event.target.checked })} />
              <span>
                <strong>{w(`queueField.${name}`)}</strong>
                <span className="quiet">{w(`queueHint.${name}`)}</span>
              </span>
            </label>
          ))}
        </>
      )}
    </>
  );
}
