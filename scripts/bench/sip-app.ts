/** The least an application can be, as a process of its own: answers each call with the same SDP, and grants each registration. */
import { createRequire } from 'node:module';

export interface AppOptions {
  adminPort: number;
  secret: string;
  /** It answers so many calls a second and no more, in order; undefined: as many as it can. */
  mostCalls?: number;
}
export interface AppCounts {
  answered: number;
  ended: number;
  failed: number;
  registered: number;
}

interface Req {
  get(name: string): string;
}
interface Res {
  send(status: number, options?: { headers: Record<string, string> }): void;
}
interface Bare {
  connect(options: object): void;
  on(event: string, heard: (error: Error | null) => void): void;
  invite(handler: (req: Req, res: Res) => void): void;
  register(handler: (req: Req, res: Res) => void): void;
  use(method: string, handler: (req: Req, res: Res) => void): void;
  createUAS(req: Req, res: Res, options: { localSdp: string }): Promise<{ on(event: string, heard: () => void): void }>;
}

const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\n';
const EXPIRES_S = '3600';
const PACE_MS = 5;

function serve({ adminPort, secret, mostCalls }: AppOptions): void {
  const Srf = createRequire(import.meta.url)('drachtio-srf') as new () => Bare;
  const srf = new Srf();
  const counts: AppCounts = { answered: 0, ended: 0, failed: 0, registered: 0 };
  const answer = (req: Req, res: Res): void => {
    srf.createUAS(req, res, { localSdp: SDP }).then(
      (dialog) => {
        counts.answered += 1;
        // The library answers the BYE by itself.
        dialog.on('destroy', () => {
          counts.ended += 1;
        });
      },
      () => {
        counts.failed += 1;
      },
    );
  };
  srf.invite(mostCalls === undefined ? answer : paced(mostCalls, answer));
  srf.register((req, res) => {
    counts.registered += 1;
    res.send(200, { headers: { Contact: req.get('Contact'), Expires: EXPIRES_S } });
  });
  for (const method of ['options', 'message', 'refer', 'publish', 'info', 'notify']) srf.use(method, (_req, res) => res.send(200));
  srf.use('subscribe', (_req, res) => res.send(489));
  srf.on('connect', (error) => process.send?.(error === null ? 'ready' : error.message));
  // Until the server listens: the library tries again.
  srf.on('error', () => undefined);
  srf.connect({ host: '127.0.0.1', port: adminPort, secret });
  process.on('message', () => process.send?.(counts));
}

/** As an application that has one thing to wait for after another: a database, a license, a line. */
function paced(perSecond: number, answer: (req: Req, res: Res) => void): (req: Req, res: Res) => void {
  const waiting: [Req, Res][] = [];
  let room = 0;
  let at = performance.now();
  setInterval(() => {
    const now = performance.now();
    room = Math.min(perSecond, room + ((now - at) / 1_000) * perSecond);
    at = now;
    for (; room >= 1 && waiting.length > 0; room -= 1) answer(...(waiting.shift() as [Req, Res]));
  }, PACE_MS);
  return (req, res) => void waiting.push([req, res]);
}

process.once('message', (options: AppOptions) => serve(options));
