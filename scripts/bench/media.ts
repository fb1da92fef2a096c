/**
 * `npm run bench -- media`: what a call, a recording, a listener cost the media server. Stage after stage, each on a fresh server with one
 * worker; a stage is one file, `media-NAME.ts`, and a line below.
 *
 * `--seconds N` in all; `--calls N`, `--floor N`, `--recorded N`, `--waiting N`, `--conferences N`, `--browsers N` … : only the stages that are named, each with so many (or its default).
 * `--plain`: on the engine that every machine has, `--epoll`: on ours without io_uring, instead of on the best there is.
 */
import { bridged } from './media-bridged.ts';
import { browserPairs } from './media-browser.ts';
import { conferences } from './media-conference.ts';
import { floor } from './media-floor.ts';
import { recorded } from './media-recorded.ts';
import type { StageRun } from './media-rig.ts';
import { waiting } from './media-waiting.ts';

/** By the option that names a stage. */
const STAGES: Readonly<Record<string, StageRun>> = { calls: bridged, floor, recorded, waiting, conferences, browsers: browserPairs };

const SECONDS = 20;
const LEAST_SECONDS = 2;

type MediaOptions = { seconds?: number } & Record<string, number | boolean | undefined>;

export async function run(options: MediaOptions): Promise<Record<string, number>> {
  const named = Object.entries(STAGES).filter(([name]) => options[name] !== undefined);
  const stages = named.length > 0 ? named : Object.entries(STAGES);
  const seconds = Math.max(LEAST_SECONDS, (options.seconds ?? SECONDS) / stages.length);
  const settings = { MEDIA_ENGINE: options.plain !== undefined ? 'plain' : options.epoll !== undefined ? 'epoll' : 'native' };
  let figures: Record<string, number> = {};
  for (const [name, stage] of stages) {
    const count = options[name];
    figures = { ...figures, ...(await stage({ seconds, settings, count: typeof count === 'number' ? count : undefined })) };
  }
  return figures;
}
