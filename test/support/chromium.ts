/** Debian's Chromium, headless, that talks to nobody but the page's own server. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** The same engine without the browser around it: without sound, and for two thirds of the time. */
const SHELL = '/usr/bin/chromium-headless-shell';

export function chromiumPath(): string {
  const found = places.find((path) => existsSync(path));
  if (found === undefined) throw new Error(`no chromium at ${places.join(', ')}: apt-get install chromium`);
  return found;
}

/** What people have, sound and all. The caller closes it. */
export const openChromium = (more: readonly string[] = []): Promise<Browser> => launch(chromiumPath(), more);

/** For pages that are only seen and typed into; the caller closes it. */
export const openShell = (): Promise<Browser> => launch(existsSync(SHELL) ? SHELL : chromiumPath(), []);

function launch(executablePath: string, more: readonly string[]): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-domain-reliability',
      '--disable-sync',
      '--disable-default-apps',
      '--no-first-run',
      '--no-pings',
      '--metrics-recording-only',
      '--safebrowsing-disable-auto-update',
      '--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication,CertificateTransparencyComponentUpdater',
      '--font-render-hinting=none',
      ...more,
    ],
  });
}
