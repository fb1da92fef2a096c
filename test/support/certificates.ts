/** Certificates as an operator makes them: with openssl, in a folder of their own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Pair {
  certificate: string;
  key: string;
}

/** An authority, and what it signs. */
export class Authority {
  readonly folder = mkdtempSync(join(tmpdir(), 'huawu-certificates-'));
  readonly certificate = this.path('ca.pem');
  readonly #key = this.path('ca.key');
  readonly revoked = this.path('ca.crl');

  constructor(name = 'Huawu Test Authority') {
    const self = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${name}`];
    this.#openssl(['req', ...self, '-keyout', this.#key, '-out', this.certificate, '-addext', 'keyUsage=critical,keyCertSign,cRLSign']);
    writeFileSync(this.path('index.txt'), '');
    writeFileSync(this.path('crlnumber'), '01\n');
    const lines = ['[ca]', 'default_ca=own', '[own]', `database=${this.path('index.txt')}`, `crlnumber=${this.path('crlnumber')}`, 'default_md=sha256'];
    writeFileSync(this.path('ca.cnf'), [...lines, 'default_crl_days=2', ''].join('\n'));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** PEM files `<name>.pem` and `<name>.key`; `names` such as `DNS:sip.example.com`, `IP:127.0.0.1`; `days` below 0: it is over. */
  sign(name: string, names: string, days = 1): Pair {
    const [certificate, key, request, extensions] = ['pem', 'key', 'csr', 'ext'].map((ending) => this.path(`${name}.${ending}`)) as [
      string,
      string,
      string,
      string,
    ];
    this.#openssl(['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', `/CN=${name}`, '-keyout', key, '-out', request]);
    writeFileSync(extensions, `subjectAltName=${names}\n`);
    const signed = ['-CA', this.certificate, '-CAkey', this.#key, '-CAcreateserial', '-days', String(days), '-extfile', extensions, '-out', certificate];
    this.#openssl(['x509', '-req', '-in', request, ...signed]);
    return { certificate, key };
  }

  /** Writes `revoked`: the list that names this certificate. */
  revoke({ certificate }: Pair): void {
    const ca = ['ca', '-config', this.path('ca.cnf'), '-cert', this.certificate, '-keyfile', this.#key];
    this.#openssl([...ca, '-revoke', certificate]);
    this.#openssl([...ca, '-gencrl', '-out', this.revoked]);
  }

  read(path: string): string {
    return readFileSync(path, 'utf8');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #openssl(args: string[]): void {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: this.folder });
  }
}
