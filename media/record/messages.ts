import type { MessagePort } from 'node:worker_threads';

/** What the RTP workers, the recorder thread and the main thread tell each other about recordings. */
export type ToRecorder =
  /** `pendingBytes`: one 32 bit counter shared with the sender, of what it has sent and the disk has not taken yet. */
  | { type: 'begin'; recordingId: string; file: RecordingFile; pendingBytes: SharedArrayBuffer }
  /** Stereo samples, left first, from sample pair `at` of the recording on. */
  | { type: 'block'; recordingId: string; at: number; samples: Int16Array }
  /** `pairs`: its whole length; `missing`: how many of them were dropped because the disk was slow. */
  | { type: 'end'; recordingId: string; pairs: number; missing: number; reason?: string };

/** Where a recording goes and as what: a plain WAV, or a sealed file. */
export interface RecordingFile {
  path: string;
  sealed: boolean;
  /** How samples lie in a sealed file; a WAV is always PCM of 16 bit. */
  format: 'pcm16' | 'alaw' | 'opus';
}

/** From the main thread: one port for each RTP worker, and, when it is certain that no other server writes here, the order to mend what was left. */
export type ToRecorderThread = { worker: MessagePort } | { repair: true };

/** What the thread is started with. */
export interface RecorderSettings {
  /** Master keys as text; null: nothing can be sealed. */
  keys: string | null;
  /** Where it notes which files are open; null: nowhere, and nothing is mended. */
  ledger: string | null;
}

/** To the worker whose recording it is: nothing more need be sent. */
export type FromRecorder = { type: 'failed'; recordingId: string };

export interface RecordingEnded {
  recordingId: string;
  path: string;
  durationMs: number;
  complete: boolean;
  reason?: string;
  /** Of a sealed file. */
  seal?: string;
  /** Length of the file. */
  bytes?: number;
}
