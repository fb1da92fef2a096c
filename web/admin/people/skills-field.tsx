/** Skills with their levels, one a line. */
import { Button, Input } from 'antd';
import { useId } from 'react';
import { Icon } from '../../shared/icon.tsx';
import { useWords } from '../words.ts';

export interface SkillLine {
  skill: string;
  level: number;
}
export const skillLines = (skills: Readonly<Record<string, number>>): SkillLine[] =>
  Object.entries(skills)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([skill, level]) => ({ skill, level }));
export const skillsOfLines = (lines: readonly SkillLine[]): Record<string, number> =>
  Object.fromEntries(lines.flatMap(({ skill, level }) => (skill.trim() === '' ? [] : [[skill.trim(), level]])));

const LEVELS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const USUAL_LEVEL = 5;

interface Props {
  legend: string;
  hint: string;
  lines: readonly SkillLine[];
  /** Skills that others have: offered while one writes. */
  known: readonly string[];
  fault: string | null;
  onChange(lines: SkillLine[]): void;
}

export function SkillsField({ legend, hint, lines, known, fault, onChange }: Props) {
  const w = useWords();
  const id = useId();
  const set = (at: number, change: Partial<SkillLine>) => onChange(lines.map((line, n) => (n === at ? { ...line, ...change } : line)));
  return (
    <fieldset className="checks">
      <legend>{legend}</legend>
      <p className="field-hint quiet">{hint}</p>
      {fault !== null && <p className="field-fault">{fault}</p>}
      <datalist id={id}>
        {known.map((skill) => (
          <option key={skill} value={skill} />
        ))}
      </datalist>
      {lines.map(({ skill, level }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other name while it is written
        <div key={at} className="skill-line">
          <Input list={id} aria-label={w('agent.skill')} value={skill} onChange={(event) => set(at, { skill: event.target.value })} />
          <select aria-label={w('agent.levelOf', { skill })} value={level} onChange={(event) => set(at, { level: Number(event.target.value) })}>
            {LEVELS.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
          <Button
            type="text"
            aria-label={w('agent.removeSkill', { skill })}
            icon={<Icon name="cross" />}
            onClick={() => onChange(lines.filter((_, n) => n !== at))}
          />
        </div>
      ))}
      <Button size="small" onClick={() => onChange([...lines, { skill: '', level: USUAL_LEVEL }])}>
        {w('agent.addSkill')}
      </Button>
    </fieldset>
  );
}
