/** The thread that writes recordings: a recorder for each RTP worker, and the mending of what a death left open. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { readKeyRing } from '../../kernel/seal/keys.ts';
import { Ledger } from './ledger.ts';
import type { RecorderSettings, RecordingEnded, ToRecorder, ToRecorderThread } from './messages.ts';
import { Recorder } from './recorder.ts';
import { repair } from './repair.ts';

const settings = workerData as RecorderSettings;
const keys = settings.keys === null ? null : readKeyRing(settings.keys);
const ledger = settings.ledger === null ? null : new Ledger(settings.ledger);
/** Before anything of this life is written down: what a later order is to mend was left by an earlier one. */
const left = ledger?.left() ?? [];
const ended = (recording: RecordingEnded): void => parentPort?.postMessage(recording);

function serve(worker: MessagePort): void {
  const recorder = new Recorder({ keys, ledger, ended, tell: (message) => worker.postMessage(message) });
  worker.on('message', (message: ToRecorder) => recorder.take(message));
  worker.on('close', () => recorder.workerDied());
}

async function mendAll(): Promise<void> {
  for (const entry of left.splice(0)) {
    const { recordingId, path } = entry;
    try {
      ended(await repair(entry, keys));
      ledger?.closed(path);
    } catch (error) {
      // Stays in the ledger: what is missing now (a key, the disk) may be there at the next start.
      ended({ recordingId, path, durationMs: 0, complete: false, reason: `it could not be repaired: ${(error as Error).message}` });
    }
  }
}

parentPort?.on('message', (message: ToRecorderThread) => {
  if ('worker' in message) serve(message.worker);
  else void mendAll();
});
