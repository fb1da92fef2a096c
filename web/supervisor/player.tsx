/**
 * Plays a call: the outline of all its recordings one after another, with the caller above and the agent below, what was paused marked in it. The sound
 * comes in the ranges that the browser asks for, from an address that is asked for when somebody first wants to hear it: each playing is in the audit trail.
 */
import { Button } from 'antd';
import { type KeyboardEvent, type RefObject, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../shared/api.ts';
import { asDuration } from '../shared/clock.ts';
import { Icon } from '../shared/icon.tsx';
import { ownName, shownTime } from '../shared/labels.ts';
import { Failure } from './failure.tsx';
import { type Recording, usePeaks } from './records.ts';
import { Waveform } from './waveform.tsx';
import { type Whole, wholeOf } from './whole.ts';

const STEP_SECONDS = 5;
const LEAP_SECONDS = 30;
const RATES = [1, 1.5, 2] as const;

interface PlayerProps {
  token: string;
  callId: string;
  /** One at least. */
  recordings: readonly Recording[];
}

export function Player({ token, callId, recordings }: PlayerProps) {
  const { t } = useTranslation();
  const whole = useMemo(() => wholeOf(recordings), [recordings]);
  return (
    <section className="player" aria-label={t('player.name')}>
      <h3>
        {t('player.name')} <span className="quiet figures">{shownTime(recordings[0]?.startedAt ?? '')}</span>
        {!whole.complete && <span className="player-mark is-warning">{t('player.incomplete')}</span>}
        {whole.legalHold && <span className="player-mark">{t('player.held')}</span>}
      </h3>
      {whole.seconds > 0 && <Deck token={token} callId={callId} whole={whole} />}
      <Silent recordings={recordings} />
    </section>
  );
}

/** What there is nothing to hear of. */
function Silent({ recordings }: Pick<PlayerProps, 'recordings'>) {
  const { t } = useTranslation();
  const silent = recordings.flatMap((recording, at) => {
    const { erasedAt, durationMs, recordingId } = recording;
    const why = erasedAt !== null ? t('player.erased', { time: shownTime(erasedAt) }) : durationMs === null ? t('player.unfinished') : null;
    return why === null ? [] : [{ recordingId, words: recordings.length === 1 ? why : `${t('player.nth', { nth: at + 1, of: recordings.length })} · ${why}` }];
  });
  return silent.map(({ recordingId, words }) => (
    <p key={recordingId} className="quiet">
      {words}
    </p>
  ));
}

function Deck({ token, callId, whole }: { token: string; callId: string; whole: Whole }) {
  const { t } = useTranslation();
  const { seconds } = whole;
  const peaks = usePeaks(token, callId);
  const deck = useDeck(token, callId, seconds);
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
        <Waveform peaks={peaks.data ?? null} whole={whole} at={at} />
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
      <Parts whole={whole} at={at} onSeek={seek} />
      <Pauses whole={whole} onSeek={seek} />
      {(deck.error ?? peaks.error) !== null && <Failure error={deck.error ?? peaks.error ?? new Error()} />}
      <p className="quiet small">{t('player.keys')}</p>
    </>
  );
}

const shareOf = (x: number, element: HTMLElement): number => {
  const { left, width } = element.getBoundingClientRect();
  return width === 0 ? 0 : (x - left) / width;
};

/** Who talked from where on, where there is more than one recording; each is also a way there. */
function Parts({ whole: { parts }, at, onSeek }: { whole: Whole; at: number; onSeek(seconds: number): void }) {
  const { t } = useTranslation();
  const heard = parts.filter(({ atMs }) => atMs !== null);
  if (heard.length < 2) return null;
  const now = heard.findLast(({ atMs }) => (atMs ?? 0) <= at * 1000);
  return (
    <ul className="player-pauses" aria-label={t('player.parts')}>
      {heard.map((part) => {
        const { recording, atMs } = part;
        const agent = recording.agentId === null ? t('player.noAgent') : t('player.with', { agent: ownName(recording.agentId) });
        return (
          <li key={recording.recordingId}>
            <Button size="small" aria-pressed={part === now} className={part === now ? 'is-now' : ''} onClick={() => onSeek((atMs ?? 0) / 1000)}>
              {asDuration(atMs ?? 0)} · {agent}
            </Button>
          </li>
        );
      })}
    </ul>
  );
}

/** Each is also a way there. */
function Pauses({ whole: { pauses, seconds }, onSeek }: { whole: Whole; onSeek(seconds: number): void }) {
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

function useDeck(token: string, callId: string, seconds: number): DeckState {
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
      if (element.src === '') element.src = (await post<{ url: string }>(token, `/api/v1/calls/${encodeURIComponent(callId)}/recording/tickets`)).url;
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
