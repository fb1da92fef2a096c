/** Debian's Chromium, headless, that talks to nobody but the page's own server. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export function chromiumPath(): string {
  const found = places.find((path) => existsSync(path));
  if (found === undefined) throw new Error(`no chromium at ${places.join(', ')}: apt-get install chromium`);
  return found;
}

/** The caller closes it. */
export function openChromium(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
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
