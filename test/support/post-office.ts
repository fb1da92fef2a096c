/** A mail server for tests: takes what it is given, or refuses it for a while. Real SMTP, on loopback. */
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface Letter {
  to: string[];
  /** As it came: head and body. */
  text: string;
}

export class PostOffice {
  readonly letters: Letter[] = [];
  /** null: it takes everything. */
  refusal: string | null = null;
  readonly #server: SMTPServer;

  private constructor() {
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onData: (stream, session, done) => {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('end', () => {
          if (this.refusal !== null) return done(Object.assign(new Error(this.refusal), { responseCode: 451 }));
          this.letters.push({ to: session.envelope.rcptTo.map(({ address }) => address), text: Buffer.concat(parts).toString('latin1') });
          done();
        });
      },
    });
  }

  static async open(): Promise<PostOffice> {
    const office = new PostOffice();
    await new Promise<void>((resolve) => office.#server.listen(0, '127.0.0.1', resolve));
    return office;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** The bytes of the one file that is attached. */
export function attachmentOf({ text }: Letter): { name: string; content: Buffer } {
  const [, boundary = ''] = /boundary="?([^";\r\n]+)/.exec(text) ?? [];
  const part = text.split(`--${boundary}`).find((each) => /content-disposition: attachment/i.test(each)) ?? '';
  const [head = '', body = ''] = part.split('\r\n\r\n', 2);
  return { name: /filename="?([^";\r\n]+)/i.exec(head)?.[1] ?? '', content: Buffer.from(body.replace(/\s/g, ''), 'base64') };
}
