/** What the RTP workers, the recorder thread and the main thread tell each other about recordings. */
export type ToRecorder =
  /** `pendingBytes`: one 32 bit counter shared with the sender, of what it has sent and the disk has not taken yet. */
  | { type: 'begin'; recordingId: string; path: string; pendingBytes: SharedArrayBuffer }
  /** Stereo samples, left first, from sample pair `at` of the recording on. */
  | { type: 'block'; recordingId: string; at: number; samples: Int16Array }
  /** `pairs`: its whole length; `missing`: how many of them were dropped because the disk was slow. */
  | { type: 'end'; recordingId: string; pairs: number; missing: number; reason?: string };

/** To the worker whose recording it is: nothing more need be sent. */
export type FromRecorder = { type: 'failed'; recordingId: string };

export interface RecordingEnded {
  recordingId: string;
  path: string;
  durationMs: number;
  complete: boolean;
  reason?: string;
}
