/**
 * What the wall's line says, told to the page once a frame: a burst (a minute that was missed, read in one go) is drawn once, and each part of the
 * page is drawn only when what it shows is another object.
 */
import { type CtiClient, type DeskView, nothingYet } from '../shared/cti/client.ts';

/** A page nobody sees gets no frames; its alerts sound all the same. */
const UNSEEN_MS = 250;

/** Calls once, with the next frame or soon; returns its cancel. */
function soon(run: () => void): () => void {
  const cancel = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const once = (): void => {
    cancel();
    run();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, UNSEEN_MS);
  return cancel;
}

export class FloorStore {
  readonly line: CtiClient;
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribe: () => void;
  #view: DeskView;
  #cancel: (() => void) | null = null;

  constructor(line: CtiClient) {
    this.line = line;
    this.#view = line.view();
    this.#unsubscribe = line.subscribe(() => {
      this.#cancel ??= soon(() => this.#tell());
    });
  }

  /** As of the last frame: all that is drawn in one is of one moment. */
  readonly view = (): DeskView => this.#view;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  close(): void {
    this.#unsubscribe();
    this.#cancel?.();
    this.line.close();
  }

  #tell(): void {
    this.#cancel = null;
    this.#view = this.line.view();
    for (const listener of this.#listeners) listener();
  }
}

/** Before there is a line. */
export const noView = (): DeskView => nothingYet;
