/** A server for one test file, with applications of drachtio-srf and peers that are gone when it ends. */
import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import type { Request, Response } from '../../../sip/message/message.ts';
import { until } from '../../support/wait.ts';
import { Peer } from './peer.ts';
import { type App, connectApp, leave, type SipProgram, startProgram } from './program.ts';

export interface Stage {
  /** Gone after the test; one that takes calls is better kept, or the next test's call may still be given to it. */
  anApp(): Promise<App>;
  /** Gone with the stage. */
  aKeptApp(): Promise<App>;
  aPeer(): Promise<Peer>;
}

export function setStage(): Stage {
  let program: SipProgram | undefined;
  const apps: App[] = [];
  const kept: App[] = [];
  const peers: Peer[] = [];
  let connected = 0;
  const running = (): SipProgram => {
    assert.ok(program !== undefined, 'the server runs');
    return program;
  };
  before(async () => {
    program = await startProgram();
  });
  after(async () => {
    for (const app of kept) leave(app);
    await until(
      'the last calls to have been hung up',
      () => running().log.filter((line) => line.includes('application connection closed')).length === connected,
    );
    for (const peer of peers) peer.close();
    assert.equal(await running().stop(), 0, 'the server leaves with 0');
    assert.deepEqual(
      running().log.filter((line) => line.includes('"level":50')),
      [],
      'nothing was logged as an error',
    );
  });
  afterEach(() => {
    for (const peer of peers) peer.isOver = true;
    for (const app of apps.splice(0)) leave(app);
  });
  return {
    async anApp() {
      const app = await connectApp(running());
      connected += 1;
      apps.push(app);
      return app;
    },
    async aKeptApp() {
      const app = await connectApp(running());
      connected += 1;
      kept.push(app);
      return app;
    },
    async aPeer() {
      const peer = await Peer.udp(running().sipPort);
      peers.push(peer);
      return peer;
    },
  };
}

/** A peer's answer to what came, with these headers. */
export const withHeaders =
  (...headers: [string, string][]) =>
  (response: Response): void => {
    for (const [name, value] of headers) response.headers.set(name, value);
  };
export const CHALLENGE = withHeaders(['WWW-Authenticate', 'Digest realm="r", nonce="n", qop="auth"']);
export const hasCredentials = (request: Request): boolean => /^Digest username="u"/.test(request.headers.get('authorization') ?? '');
