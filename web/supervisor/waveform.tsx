/** The outline of what was recorded as a drawing: the caller above, the agent below, paused spans hatched, what has been played in colour, a line where one recording follows another. */
import { useId, useMemo } from 'react';
import type { Peaks } from './records.ts';
import type { Whole } from './whole.ts';

const WIDTH = 1000;
const LANE = 50;
const HALF_BAR = 22;
/** Speech is quiet most of the time: the root makes it seen. */
const heightOf = (peak: number): number => Math.sqrt(Math.min(1, peak)) * HALF_BAR;

function outline(side: readonly number[], stepMs: number, seconds: number, middle: number): string {
  const step = (WIDTH * stepMs) / Math.max(1, seconds * 1000);
  return side
    .map((peak, index) => {
      const [x, half] = [(index + 0.5) * step, Math.max(0.4, heightOf(peak))];
      return `M${x.toFixed(1)} ${(middle - half).toFixed(1)}V${(middle + half).toFixed(1)}`;
    })
    .join('');
}

export function Waveform({ peaks, whole, at }: { peaks: Peaks | null; whole: Whole; at: number }) {
  const { seconds, pauses, parts } = whole;
  const id = useId();
  const path = useMemo(
    () =>
      peaks === null
        ? { left: '', right: '', width: 1 }
        : {
            left: outline(peaks.left, peaks.stepMs, seconds, LANE / 2),
            right: outline(peaks.right, peaks.stepMs, seconds, LANE * 1.5),
            width: Math.min(6, (0.7 * WIDTH * peaks.stepMs) / Math.max(1, seconds * 1000)),
          },
    [peaks, seconds],
  );
  const placeOf = (ms: number): number => (WIDTH * Math.min(1, ms / 1000 / Math.max(0.001, seconds))) as number;
  const now = placeOf(at * 1000);
  return (
    <svg className="waveform" viewBox={`0 0 ${WIDTH} ${2 * LANE}`} preserveAspectRatio="none" aria-hidden="true" data-loaded={peaks !== null}>
      <defs>
        <pattern id={`${id}hatch`} width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <line x1="0" y1="0" x2="0" y2="8" className="waveform-hatch" />
        </pattern>
        <clipPath id={`${id}played`}>
          <rect x="0" y="0" width={now} height={2 * LANE} />
        </clipPath>
      </defs>
      <line className="waveform-axis" x1="0" x2={WIDTH} y1={LANE} y2={LANE} />
      <g strokeWidth={path.width}>
        <path className="waveform-side" d={path.left} />
        <path className="waveform-side" d={path.right} />
        <g clipPath={`url(#${id}played)`}>
          <path className="waveform-played" d={path.left} />
          <path className="waveform-played" d={path.right} />
        </g>
      </g>
      {pauses.map(({ fromMs, toMs }) => (
        <rect
          key={fromMs}
          className="waveform-pause"
          x={placeOf(fromMs)}
          y="0"
          width={Math.max(2, placeOf(toMs ?? seconds * 1000) - placeOf(fromMs))}
          height={2 * LANE}
          fill={`url(#${id}hatch)`}
        />
      ))}
      {parts.map(({ recording: { recordingId }, atMs }) =>
        atMs === null || atMs === 0 ? null : <line key={recordingId} className="waveform-part" x1={placeOf(atMs)} x2={placeOf(atMs)} y1="0" y2={2 * LANE} />,
      )}
      <line className="waveform-now" x1={now} x2={now} y1="0" y2={2 * LANE} />
    </svg>
  );
}
