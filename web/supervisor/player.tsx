/**
 * Plays one recording: its outline with the caller above and the agent below, what was paused marked in it. The sound comes in the ranges that the
 * browser asks for, from an address that is asked for when somebody first wants to hear it: each playing is in the audit trail.
 */
import { Button } from 'antd';
import { type KeyboardEvent, type RefObject, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../shared/api.ts';
import { asDuration } from '../shared/clock.ts';
import { Icon } from '../shared/icon.tsx';
import { shownTime } from '../shared/labels.ts';
import { Failure } from './failure.tsx';
import { type Recording, usePeaks } from './records.ts';
import { Waveform } from './waveform.tsx';

const STEP_SECONDS = 5;
const LEAP_SECONDS = 30;
const RATES = [1, 1.5, 2] as const;

interface PlayerProps {
  token: string;
  recording: Recording;
  nth: number;
  of: number;
}

export function Player({ token, recording, nth, of }: PlayerProps) {
  const { t } = useTranslation();
  const name = of === 1 ? t('player.name') : t('player.nth', { nth, of });
  const gone =
    recording.erasedAt !== null ? t('player.erased', { time: shownTime(recording.erasedAt) }) : recording.durationMs === null ? t('player.unfinished') : null;
  return (
    <section className="player" aria-label={name}>
      <h3>
        {name} <span className="quiet figures">{shownTime(recording.startedAt)}</span>
        {!recording.complete && recording.durationMs !== null && <span className="player-mark is-warning">{t('player.incomplete')}</span>}
        {recording.legalHold && <span className="player-mark">{t('player.held')}</span>}
      </h3>
      {gone === null ? <Deck token={token} recording={recording} seconds={(recording.durationMs ?? 0) / 1000} /> : <p className="quiet">{gone}</p>}
    </section>
  );
}

function Deck({ token, recording, seconds }: { token: string; recording: Recording; seconds: number }) {
  const { t } = useTranslation();
  const peaks = usePeaks(token, recording.recordingId, true);
  const deck = useDeck(token, recording.recordingId, seconds);
  const { audio, at, playing, rate, seek, toggle } = deck;
  const keys: Record<string, () => void> = {
    ' ': toggle,
    ArrowLeft: () => seek(at - STEP_SECONDS),
    ArrowRight: () => seek(at + STEP_SECONDS),
    PageDown: () => seek(at - LEAP_SECONDS),
    PageUp: () => seek(at + LEAP_SECONDS),
    Home: () => seek(0),
    End: () => seek(seconds),
  };
  const press = (event: KeyboardEvent) => {
    const act = keys[event.key];
    if (act === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    act();
  };
  const words = t('player.at', { at: asDuration(at * 1000), of: asDuration(seconds * 1000) });
  return (
    <>
      <audio ref={audio} preload="metadata" {...deck.events} />
      <div
        className="player-scale"
        role="slider"
        tabIndex={0}
        aria-label={t('player.position')}
        aria-valuemin={0}
        aria-valuemax={Math.round(seconds)}
        aria-valuenow={Math.round(at)}
        aria-valuetext={words}
        onKeyDown={press}
        onPointerDown={(event) => seek(shareOf(event.clientX, event.currentTarget) * seconds)}
      >
        <Waveform peaks={peaks.data ?? null} pauses={recording.pauses} seconds={seconds} at={at} />
      </div>
      <div className="player-line">
        <Button type="primary" icon={<Icon name={playing ? 'hold' : 'retrieve'} />} onClick={toggle}>
          {playing ? t('player.pause') : t('player.play')}
        </Button>
        <Button aria-label={t('player.rate', { rate })} onClick={deck.nextRate}>
          {rate}×
        </Button>
        <span className="figures">{words}</span>
        <span className="spacer" />
        <span className="quiet small">{t('player.sides')}</span>
      </div>
      <Pauses recording={recording} seconds={seconds} onSeek={seek} />
      {(deck.error ?? peaks.error) !== null && <Failure error={deck.error ?? peaks.error ?? new Error()} />}
      <p className="quiet small">{t('player.keys')}</p>
    </>
  );
}

const shareOf = (x: number, element: HTMLElement): number => {
  const { left, width } = element.getBoundingClientRect();
  return width === 0 ? 0 : (x - left) / width;
};

/** Each is also a way there. */
function Pauses({ recording: { pauses }, seconds, onSeek }: { recording: Recording; seconds: number; onSeek(seconds: number): void }) {
  const { t } = useTranslation();
  if (pauses.length === 0) return null;
  return (
    <ul className="player-pauses" aria-label={t('player.pauses')}>
      {pauses.map(({ fromMs, toMs }) => (
        <li key={fromMs}>
          <Button size="small" onClick={() => onSeek(Math.min(seconds, (toMs ?? seconds * 1000) / 1000))}>
            {t('player.paused', { from: asDuration(fromMs), to: asDuration(toMs ?? seconds * 1000) })}
          </Button>
        </li>
      ))}
    </ul>
  );
}

interface DeckState {
  audio: RefObject<HTMLAudioElement | null>;
  at: number;
  playing: boolean;
  rate: number;
  error: Error | null;
  seek(seconds: number): void;
  toggle(): void;
  nextRate(): void;
  events: { onTimeUpdate(): void; onPlay(): void; onPause(): void; onEnded(): void; onError(): void; onLoadedMetadata(): void };
}

function useDeck(token: string, recordingId: string, seconds: number): DeckState {
  const audio = useRef<HTMLAudioElement>(null);
  /** Where it is to begin once there is something to play. */
  const wanted = useRef(0);
  const [at, setAt] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [rate, setRate] = useState<(typeof RATES)[number]>(1);
  const [error, setError] = useState<Error | null>(null);
  const seek = (to: number) => {
    const place = Math.max(0, Math.min(seconds, to));
    wanted.current = place;
    setAt(place);
    if (audio.current !== null && audio.current.readyState > 0) audio.current.currentTime = place;
  };
  const play = async (element: HTMLAudioElement) => {
    setError(null);
    try {
      if (element.src === '') element.src = (await post<{ url: string }>(token, `/api/v1/recordings/${encodeURIComponent(recordingId)}/tickets`)).url;
      element.playbackRate = rate;
      await element.play();
    } catch (failure) {
      // Paused again before it had begun is no failure.
      if (failure instanceof Error && failure.name !== 'AbortError') setError(failure);
    }
  };
  const toggle = () => {
    const element = audio.current;
    if (element === null) return;
    if (!element.paused) element.pause();
    else void play(element);
  };
  const nextRate = () => {
    const next = RATES[(RATES.indexOf(rate) + 1) % RATES.length] ?? 1;
    setRate(next);
    if (audio.current !== null) audio.current.playbackRate = next;
  };
  const events = {
    onTimeUpdate: () => setAt(audio.current?.currentTime ?? 0),
    onPlay: () => setPlaying(true),
    onPause: () => setPlaying(false),
    onEnded: () => setPlaying(false),
    // An address that is too old is asked for again at the next try.
    onError: () => audio.current?.removeAttribute('src'),
    onLoadedMetadata: () => {
      if (audio.current !== null) audio.current.currentTime = wanted.current;
    },
  };
  return { audio, at, playing, rate, error, seek, toggle, nextRate, events };
}
