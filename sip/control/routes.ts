import type { Application } from '../agent/ledger.ts';

/** Which applications take new requests of which method; round robin, once each however often it asked. */
export class Routes {
  readonly #byMethod = new Map<string, { apps: Application[]; next: number }>();
  /** Hears of each application that takes a method from now on. */
  onAdded: (method: string) => void = () => undefined;

  add(method: string, app: Application): void {
    const row = this.#byMethod.get(method) ?? { apps: [], next: 0 };
    this.#byMethod.set(method, row);
    if (row.apps.includes(app)) return;
    row.apps.push(app);
    this.onAdded(method);
  }
  remove(method: string, app: Application): void {
    const row = this.#byMethod.get(method);
    if (row === undefined) return;
    row.apps = row.apps.filter((each) => each !== app);
    if (row.apps.length === 0) this.#byMethod.delete(method);
  }
  removeAll(app: Application): void {
    for (const method of [...this.#byMethod.keys()]) this.remove(method, app);
  }

  has(method: string): boolean {
    return this.#byMethod.has(method);
  }

  /** With `tag`: of those that call themselves so. */
  pick(method: string, tag?: string): Application | 'none' | 'busy' {
    const row = this.#byMethod.get(method);
    if (row === undefined) return 'none';
    for (let tried = 0; tried < row.apps.length; tried += 1) {
      const app = row.apps[row.next % row.apps.length];
      row.next = (row.next + 1) % row.apps.length;
      if (app !== undefined && !app.isBusy && (tag === undefined || app.tags.has(tag))) return app;
    }
    return 'busy';
  }
}
