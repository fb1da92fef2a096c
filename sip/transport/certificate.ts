import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext, rootCertificates, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { Clock } from '../../kernel/clock.ts';

export const LEAST_VERSION = 'TLSv1.2';
/** How often the files are looked at. */
const LOOK_MS = 2_000;
/** A bundle of every public authority is a quarter of it. */
const MOST_FILE_BYTES = 1024 * 1024;

export interface TlsFiles {
  /** PEM: our certificate with its chain, and its key. Without them we take no TLS in, but can dial it. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** PEM: authorities trusted besides the public ones when we dial, and alone for the certificates of clients. */
  readonly authorities: string | undefined;
  /** PEM: the list of certificates that were withdrawn. */
  readonly revoked: string | undefined;
}

export interface TlsContexts {
  /** For listeners; undefined without a certificate. */
  readonly server: SecureContextOptions | undefined;
  readonly client: SecureContext;
}

type Pems = Record<keyof TlsFiles, string | undefined>;

const KINDS = ['certificate', 'key', 'authorities', 'revoked'] as const;

async function readPems(files: TlsFiles): Promise<Pems> {
  const [certificate, key, authorities, revoked] = await Promise.all(
    KINDS.map(async (kind) => (files[kind] === undefined ? undefined : checked(files[kind], await readFile(files[kind], 'utf8')))),
  );
  return { certificate, key, authorities, revoked };
}

function readPemsNow(files: TlsFiles): Pems {
  const [certificate, key, authorities, revoked] = KINDS.map((kind) => files[kind] && checked(files[kind], readFileSync(files[kind], 'utf8')));
  return { certificate, key, authorities, revoked };
}

function checked(path: string, text: string): string {
  if (text.length > MOST_FILE_BYTES) throw new Error(`${path} is larger than ${MOST_FILE_BYTES} bytes`);
  return text;
}

/** Throws when key and certificate do not belong together, or one is no PEM. */
function contextsOf({ certificate, key, authorities, revoked }: Pems): TlsContexts {
  const own = certificate === undefined || key === undefined ? undefined : { cert: certificate, key };
  const server = own && { ...own, ...(authorities === undefined ? {} : { ca: authorities }), ...(revoked === undefined ? {} : { crl: revoked }) };
  if (server !== undefined) createSecureContext({ ...server, minVersion: LEAST_VERSION });
  const trusted = [...rootCertificates, ...(authorities === undefined ? [] : [authorities])];
  return { server, client: createSecureContext({ ...own, ca: trusted, minVersion: LEAST_VERSION }) };
}

/** What TLS stands on. Read again when the files change: a renewed certificate needs no restart, and a broken one changes nothing. */
export class Certificates {
  readonly #files: TlsFiles;
  /** The files as last seen, good or bad. */
  #seen: string;
  #contexts: TlsContexts;
  #cancel: () => void = () => undefined;

  /** Throws when the files cannot be used: a server that was told to speak TLS does not start without. */
  constructor(files: TlsFiles) {
    this.#files = files;
    const pems = readPemsNow(files);
    this.#seen = JSON.stringify(pems);
    this.#contexts = contextsOf(pems);
  }

  get contexts(): TlsContexts {
    return this.#contexts;
  }

  /** `onChange` and `onFault` hear once of each change of the files, whichever it was. */
  watch(clock: Clock, onChange: (contexts: TlsContexts) => void, onFault: (error: Error) => void): void {
    this.#cancel = clock.every(LOOK_MS, () => {
      this.#look().then((contexts) => contexts && onChange(contexts), onFault);
    });
  }

  async #look(): Promise<TlsContexts | undefined> {
    const pems = await readPems(this.#files).catch((error: Error) => error);
    const seen = pems instanceof Error ? pems.message : JSON.stringify(pems);
    if (seen === this.#seen) return undefined;
    this.#seen = seen;
    if (pems instanceof Error) throw pems;
    this.#contexts = contextsOf(pems);
    return this.#contexts;
  }

  close(): void {
    this.#cancel();
  }
}
