/** What a page has against people who hear it, or cannot use a mouse: every serious breach of WCAG 2.1 A and AA that axe finds. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];

interface Violation {
  id: string;
  help: string;
  nodes: { html: string; failureSummary: string }[];
}

/** Rules that hang on colours: what else a page has against somebody it has in every look. */
const COLOURS = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };

/** One line a breach; [] = none. `colours`: in another look of a page of which the rest is known. */
export async function breaches(page: Page, rules: 'all' | 'colours' = 'all'): Promise<string[]> {
  // By the debugger, not as a script of the page: its policy forbids those of others.
  await page.evaluate(`if (!window.axe) { ${axe.source} }`);
  const { violations } = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(rules === 'all' ? RULES : COLOURS)}, resultTypes: ['violations'], preload: false })`,
  )) as {
    violations: Violation[];
  };
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)} (${failureSummary.replaceAll('\n', ' ').slice(0, 200)})`),
  );
}
