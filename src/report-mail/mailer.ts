/** Mail by SMTP, one connection a message: a handful of reports a day are worth no pool. */
import { createTransport } from 'nodemailer';

export interface Mail {
  to: readonly string[];
  subject: string;
  text: string;
  /** The same for the same report, however often it is sent: what comes twice is known as one. */
  messageId: string;
  attachment: { name: string; type: string; content: Buffer };
}

export interface Mailer {
  /** Resolves when the server has taken it for all of them; rejects with what it said. */
  send(mail: Mail): Promise<void>;
}

export interface MailSettings {
  /** `smtp://user:password@host:port`, or `smtps://` */
  url: string;
  from: string;
}

const CONNECT_MS = 10_000;
const SILENT_MS = 30_000;
/** Longer than a try can last. */
export const LONGEST_TRY_SECONDS = 120;

export function smtpMailer({ url, from }: MailSettings): Mailer {
  const limits = { connectionTimeout: CONNECT_MS, greetingTimeout: CONNECT_MS, socketTimeout: SILENT_MS };
  const transport = createTransport({ ...limits, url, disableFileAccess: true, disableUrlAccess: true });
  return {
    async send({ to, subject, text, messageId, attachment }) {
      const { name: filename, type: contentType, content } = attachment;
      const sent = await transport.sendMail({ from, to: [...to], subject, text, messageId, attachments: [{ filename, contentType, content }] });
      if (sent.rejected.length > 0) throw new Error(`the mail server did not take it for ${sent.rejected.join(', ')}`);
    },
  };
}
