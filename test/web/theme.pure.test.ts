import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inProject } from '../support/project.ts';

const css = readFileSync(inProject('web/shared/theme.css'), 'utf8');
type Rgb = readonly [number, number, number];
const rgb = ([r = 0, g = 0, b = 0]: readonly number[]): Rgb => [r, g, b];

/** The custom properties of one block of theme.css that are plain colours. */
function colours(block: string): Map<string, Rgb> {
  const start = css.indexOf(`${block} {`);
  const body = css.slice(start, css.indexOf('}', start));
  return new Map(
    [...body.matchAll(/(--[\w-]+): #(\w{2})(\w{2})(\w{2});/g)].map(([, name = '', r = '', g = '', b = '']) => [
      name,
      rgb([r, g, b].map((part) => Number.parseInt(part, 16))),
    ]),
  );
}

/** WCAG 2.2, relative luminance and contrast ratio. */
const luminance = (colour: Rgb): number => {
  const [r, g, b] = rgb(colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one: Rgb, other: Rgb): number => {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
};
/** `color-mix(in srgb, tone 12%, surface)`, the ground of a state. */
const tinted = (tone: Rgb, surface: Rgb): Rgb => rgb(tone.map((part, at) => part * 0.12 + (surface[at] ?? 0) * 0.88));

const pairs: readonly (readonly [string, string])[] = [
  ...['--ground', '--surface', '--sunken', '--warn-soft', '--accent-soft'].flatMap(
    (ground) =>
      [
        ['--text', ground],
        ['--quiet', ground],
      ] as const,
  ),
  ...['--accent-text', '--danger', '--ready', '--not-ready', '--wrap', '--offered', '--talking', '--held'].map((text) => [text, '--surface'] as const),
  ['--accent-text', '--accent-soft'],
  ['--not-ready', '--warn-soft'],
  ['--on-danger', '--danger-fill'],
  ['--on-danger', '--danger-fill-hover'],
];
const tones = ['--ready', '--not-ready', '--offered', '--talking', '--wrap', '--off'];

for (const [name, block] of [
  ['light', ':root'],
  ['dark', ':root[data-theme="dark"]'],
] as const) {
  test(`every text of the ${name} theme stands out from its ground by 4.5 : 1`, () => {
    const all = colours(block);
    const of = (colour: string): Rgb => all.get(colour) ?? assert.fail(`${colour} is a colour`);
    const faint = pairs
      .filter(([text, ground]) => contrast(of(text), of(ground)) < 4.5)
      .map(([text, ground]) => `${text} on ${ground}: ${contrast(of(text), of(ground)).toFixed(2)}`);
    const faintTones = tones.filter((tone) => contrast(of(tone), tinted(of(tone), of('--surface'))) < 4.5).map((tone) => `${tone} on its tint`);
    assert.deepEqual([...faint, ...faintTones], []);
  });
}

test('both themes define the same colours', () => {
  assert.deepEqual([...colours(':root[data-theme="dark"]').keys()].sort(), [...colours(':root').keys()].sort());
});
