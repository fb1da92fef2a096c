/** A phone in a browser's page: sip.js, as it comes from npm, over a WebSocket to the page's own host. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { until } from './wait.ts';

const folder = join(dirname(createRequire(import.meta.url).resolve('sip.js/package.json')), 'lib');
const PATIENCE_MS = 20_000;
const PATH = '/sip.js-of-the-test/';

interface PhoneOptions {
  /** `http://127.0.0.1:8080` */
  house: string;
  user: string;
  password: string;
}

/** What runs in the page. It keeps what happened in `phone.registration` and `phone.calls`. */
const PAGE_SCRIPT = `
import { Registerer, UserAgent } from './index.js';
const phone = { registration: 'starting', calls: [], invitations: [] };
window.phone = phone;
phone.start = async ({ user, password }) => {
  const userAgent = new UserAgent({
    uri: UserAgent.makeURI('sip:' + user + '@' + location.hostname),
    transportOptions: { server: 'ws://' + location.host + '/sip' },
    authorizationUsername: user,
    authorizationPassword: password,
    logLevel: 'error',
    delegate: {
      onInvite: (invitation) => {
        const call = { from: invitation.request.from.uri.user, state: 'ringing' };
        phone.calls.push(call);
        phone.invitations.push(invitation);
        invitation.stateChange.addListener((state) => { call.state = state; });
        // 180: a phone that says nothing within 4 s is taken for gone.
        invitation.progress();
      },
    },
  });
  phone.contact = String(userAgent.contact.uri);
  await userAgent.start();
  const registerer = new Registerer(userAgent, { expires: 300 });
  registerer.stateChange.addListener((state) => { phone.registration = state; });
  await registerer.register();
};
`;

export class BrowserPhone {
  readonly page: Page;
  readonly #options: PhoneOptions;

  private constructor(page: Page, options: PhoneOptions) {
    this.page = page;
    this.#options = options;
  }

  /** Serves sip.js to the pages of this context, opens one of the house's own pages, and registers. */
  static async open(context: BrowserContext, options: PhoneOptions): Promise<BrowserPhone> {
    await context.route(`**${PATH}**`, (route) => {
      const name = new URL(route.request().url()).pathname.slice(PATH.length);
      return route.fulfill({ contentType: 'text/javascript', body: name === 'phone.js' ? PAGE_SCRIPT : readFileSync(join(folder, name), 'utf8') });
    });
    const phone = new BrowserPhone(await context.newPage(), options);
    await phone.page.goto(`${options.house}/agent`);
    await phone.register();
    return phone;
  }

  /** Again after a reload of the page. */
  async register(): Promise<void> {
    const { user, password } = this.#options;
    await this.page.evaluate(`import('${PATH}phone.js').then(() => phone.start(${JSON.stringify({ user, password })}))`);
    await this.#until('the registration', 'phone.registration === "Registered"');
  }

  /** The Contact it registered: a name that nobody can resolve. */
  async contact(): Promise<string> {
    return String(await this.page.evaluate('phone.contact'));
  }

  /** The number of the caller of the `nth` call, as soon as it rings. */
  async ringing(nth = 0): Promise<string> {
    await this.#until('the call to ring in the browser', `phone.calls.length > ${nth}`);
    return String(await this.page.evaluate(`phone.calls[${nth}].from`));
  }

  async reject(status: number, nth = 0): Promise<void> {
    await this.page.evaluate(`phone.invitations[${nth}].reject({ statusCode: ${status} })`);
  }

  async ended(nth = 0): Promise<void> {
    await this.#until('the end of the call in the browser', `phone.calls[${nth}].state === 'Terminated'`);
  }

  async #until(what: string, isTrue: string): Promise<void> {
    await until(what, () => this.page.evaluate(isTrue), PATIENCE_MS);
  }
}
