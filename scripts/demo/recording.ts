/** Fetches a call's recording as a supervisor's player would, and takes its two channels apart. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav } from '../../test/support/tone.ts';

export async function listenTo(server: { http: string }, token: string, callId: string): Promise<{ left: Int16Array; right: Int16Array }> {
  const response = await fetch(`${server.http}/api/v1/calls/${callId}/recording`, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`the recording cannot be fetched: HTTP ${response.status}`);
  const folder = mkdtempSync(join(tmpdir(), 'huawu-demo-'));
  try {
    const path = join(folder, 'call.wav');
    writeFileSync(path, Buffer.from(await response.arrayBuffer()));
    return { left: readWav(path, 0), right: readWav(path, 1) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
