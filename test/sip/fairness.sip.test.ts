/** E4: one connection that floods beside others, over real TLS and WebSockets: judged by the order in which the application hears of them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { WebSocket } from 'ws';
import { writeMessage } from '../../sip/message/write.ts';
import { Authority } from '../support/certificates.ts';
import { until } from '../support/wait.ts';
import { Peer } from './support/peer.ts';
import { type App, connectApp, leave, portOf, type SipProgram, startProgram } from './support/program.ts';

const SECURE = ['tls', 'wss'] as const;
type Secure = (typeof SECURE)[number];

const FLOOD = 500;
/** Ten turns of a connection: those in which the others' messages were not there yet, and some to spare. */
const MOST_BEFORE_OTHERS = 160;
const HONEST_EACH = 4;

const closers: (() => void)[] = [];
const heard: string[] = [];
let authority: Authority;
let program: SipProgram;
let app: App;

before(async () => {
  authority = new Authority();
  const { certificate, key } = authority.sign('server', 'IP:127.0.0.1');
  const files = { SIP_TLS_CERT_FILE: certificate, SIP_TLS_KEY_FILE: key, SIP_TLS_PORT: '0', SIP_WSS_PORT: '0' };
  program = await startProgram({ ...files, TRUSTED_TRUNKS: '127.0.0.0/8', LOG_LEVEL: 'info' });
  app = await connectApp(program);
  app.options((req, res) => {
    heard.push(req.get('subject'));
    res.send(200);
  });
});
after(async () => {
  leave(app);
  for (const close of closers) close();
  await program.stop();
  authority.remove();
});

interface Line {
  peer: Peer;
  /** Resolves when the kernel has it, or the next buffer on its way there. */
  write(bytes: Buffer): Promise<void>;
}

async function open(kind: Secure): Promise<Line> {
  const ca = readFileSync(authority.certificate);
  const port = portOf(program.hostports.find((each) => each.startsWith(`${kind}/`)) ?? '');
  if (kind === 'tls') {
    const socket = connect({ host: '127.0.0.1', port, ca });
    await once(socket, 'secureConnect');
    const write = (bytes: Buffer): Promise<void> => new Promise((resolve) => void socket.write(bytes, () => resolve()));
    const peer = new Peer(
      socket.localPort ?? 0,
      port,
      'TLS',
      (bytes) => void write(bytes),
      () => socket.destroy(),
    );
    closers.push(() => peer.close());
    Peer.read(socket, peer);
    return { peer, write };
  }
  const socket = new WebSocket(`wss://127.0.0.1:${port}`, 'sip', { ca, perMessageDeflate: false });
  await once(socket, 'open');
  const write = (bytes: Buffer): Promise<void> => new Promise((resolve) => socket.send(bytes, () => resolve()));
  const peer = new Peer(
    0,
    port,
    'WS',
    (bytes) => void write(bytes),
    () => socket.terminate(),
  );
  closers.push(() => peer.close());
  socket.on('message', (data) => peer.take(Buffer.isBuffer(data) ? data : Buffer.alloc(0), () => undefined));
  return { peer, write };
}

const options = (peer: Peer, subject: string): Buffer => writeMessage(peer.newRequest('OPTIONS', ({ headers }) => headers.set('Subject', subject)));

for (const kind of SECURE)
  test(`E4: of ${FLOOD} requests on one ${kind} connection at most ${MOST_BEFORE_OTHERS} are heard before those that wait on other connections`, async () => {
    const [flooder, ...honest] = await Promise.all([open(kind), open('tls'), open('wss'), open('tls'), open('wss')]);
    heard.length = 0;
    // While the server stands still all of it arrives at its door.
    program.child.kill('SIGSTOP');
    try {
      const flood = Array.from({ length: FLOOD }, (_, nth) => flooder.write(options(flooder.peer, `flood ${nth}`)));
      await flood[0];
      await Promise.all(
        honest.flatMap(({ peer, write }, from) => Array.from({ length: HONEST_EACH }, (_, nth) => write(options(peer, `honest ${from} ${nth}`)))),
      );
    } finally {
      program.child.kill('SIGCONT');
    }
    const all = FLOOD + HONEST_EACH * honest.length;
    await until('all to be heard', () => heard.length >= all, 30_000);
    const last = heard.findLastIndex((subject) => subject.startsWith('honest'));
    const before = heard.slice(0, last).filter((subject) => subject.startsWith('flood')).length;
    assert.ok(before <= MOST_BEFORE_OTHERS, `${before} of the flood before the last of the others`);
    assert.deepEqual(
      heard.filter((subject) => subject.startsWith('flood')),
      Array.from({ length: FLOOD }, (_, nth) => `flood ${nth}`),
      'all of them, in order',
    );
  });
