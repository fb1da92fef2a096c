/** A line to Postgres that a test can cut, stall, or cut at the worst moment: after COMMIT was sent and before it is confirmed. */

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class Line {
  mode: 'open' | 'refused' | 'stalled' | 'cut_after_commit' = 'open';
  /** Commits whose confirmation was lost. */
  cuts = 0;
  readonly #pairs = new Set<{ client: Socket; server: Socket }>();
  readonly #listener: Server;
  readonly #target: number;

  constructor(targetPort: number) {
    this.#target = targetPort;
    this.#listener = createServer((client) => this.#join(client));
  }

  /** The same database, by way of this line. */
  async open(url: string): Promise<string> {
    this.#listener.listen(0, '127.0.0.1');
    await once(this.#listener, 'listening');
    const address = this.#listener.address();
    return url.replace(/:\d+\//, `:${typeof address === 'object' ? address?.port : 0}/`);
  }

  set(mode: Line['mode']): void {
    this.mode = mode;
    if (mode === 'refused') for (const pair of this.#pairs) this.#part(pair);
    if (mode === 'open') for (const pair of this.#pairs) pair.client.resume();
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) this.#part(pair);
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #join(client: Socket): void {
    if (this.mode === 'refused') {
      client.destroy();
      return;
    }
    const server = connect(this.#target, '127.0.0.1');
    const pair = { client, server };
    this.#pairs.add(pair);
    let committing = false;
    client.on('data', (chunk: Buffer) => {
      if (this.mode === 'stalled') {
        client.pause();
        client.unshift(chunk);
        return;
      }
      committing = this.mode === 'cut_after_commit' && chunk.includes('commit');
      server.write(chunk);
    });
    server.on('data', (chunk: Buffer) => {
      if (!committing) {
        client.write(chunk);
        return;
      }
      this.cuts += 1;
      this.#part(pair);
    });
    for (const socket of [client, server]) socket.on('error', () => this.#part(pair)).on('close', () => this.#part(pair));
  }

  #part(pair: { client: Socket; server: Socket }): void {
    pair.client.destroy();
    pair.server.destroy();
    this.#pairs.delete(pair);
  }
}
