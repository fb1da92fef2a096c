/** A stranger with nothing in mind but INVITEs, as a process of its own: told where to, how many a second and for how long; tells what came back. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface FloodOrder {
  from: string;
  port: number;
  perSecond: number;
  seconds: number;
}
export interface FloodCounts {
  sent: number;
  challenged: number;
  otherAnswers: number;
}

const TICK_MS = 10;
const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n';

async function flood({ from, port, perSecond, seconds }: FloodOrder): Promise<FloodCounts> {
  const socket = createSocket('udp4');
  socket.bind(0, from);
  await once(socket, 'listening');
  const counts: FloodCounts = { sent: 0, challenged: 0, otherAnswers: 0 };
  socket.on('message', (bytes) => {
    if (bytes.toString('latin1', 0, 11) === 'SIP/2.0 401') counts.challenged += 1;
    else counts.otherAnswers += 1;
  });
  const began = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = (performance.now() - began) / 1_000;
      const due = Math.min(elapsed, seconds) * perSecond;
      for (; counts.sent < due; counts.sent += 1) socket.send(invite(counts.sent, from, socket.address().port, port), port, '127.0.0.1');
      if (elapsed < seconds) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  socket.close();
  return counts;
}

const invite = (nth: number, from: string, ownPort: number, port: number): string =>
  [
    `INVITE sip:${1_000 + (nth % 9_000)}@127.0.0.1:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP ${from}:${ownPort};rport;branch=z9hG4bKflood${nth}`,
    `From: <sip:100@${from}>;tag=f${nth}`,
    `To: <sip:${1_000 + (nth % 9_000)}@127.0.0.1>`,
    `Call-ID: flood-${nth}`,
    'CSeq: 1 INVITE',
    `Contact: <sip:100@${from}:${ownPort}>`,
    'Max-Forwards: 70',
    'Content-Type: application/sdp',
    `Content-Length: ${SDP.length}`,
    '',
    SDP,
  ].join('\r\n');

process.once('message', (order: FloodOrder) => void flood(order).then((counts) => process.send?.(counts, () => process.exit(0))));
