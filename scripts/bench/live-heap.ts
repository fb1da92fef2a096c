/**
 * What is alive in a Node program's heap: it is told to listen for an inspector (SIGUSR1), to collect all there is to collect, to say what is left, and to listen no
 * more. Memory of the system says little of a leak: V8 keeps what its heap once grew to. It stands still meanwhile, some tenths of a second.
 */
import WebSocket from 'ws';

/** Node's own; one program at a time. */
const INSPECTOR = '127.0.0.1:9229';
const LISTENS_WITHIN_MS = 5_000;
const ANSWERS_WITHIN_MS = 30_000;
const BYTES = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';

/** In MB. */
export async function liveHeapMb(pid: number): Promise<number> {
  process.kill(pid, 'SIGUSR1');
  const socket = new WebSocket(await inspectorOf(pid));
  try {
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    await ask(socket, 1, 'HeapProfiler.collectGarbage', {});
    const { result } = (await ask(socket, 2, 'Runtime.evaluate', { expression: BYTES })) as { result: { value: number } };
    socket.send(JSON.stringify({ id: 3, method: 'Runtime.evaluate', params: { expression: 'setImmediate(() => process._debugEnd())' } }));
    return result.value / 1024 / 1024;
  } finally {
    await new Promise((resolve) => {
      socket.once('close', resolve);
      setTimeout(() => socket.terminate(), 1_000);
    });
  }
}

async function inspectorOf(pid: number): Promise<string> {
  const until = performance.now() + LISTENS_WITHIN_MS;
  for (;;) {
    const targets = await fetch(`http://${INSPECTOR}/json`).then(
      (answer) => answer.json() as Promise<{ webSocketDebuggerUrl: string }[]>,
      () => [],
    );
    const [target] = targets;
    if (target !== undefined) return target.webSocketDebuggerUrl;
    if (performance.now() > until) throw new Error(`process ${pid} opened no inspector at ${INSPECTOR}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function ask(socket: WebSocket, id: number, method: string, params: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${method}: no answer`)), ANSWERS_WITHIN_MS);
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { id?: number; result?: unknown };
      if (message.id !== id) return;
      clearTimeout(timer);
      resolve(message.result);
    });
    socket.send(JSON.stringify({ id, method, params }));
  });
}
