/** Records by this machine's microphone: one button, and how long it has run. */
import { Alert, Button } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { asDuration, browserClock } from '../../shared/clock.ts';
import { Icon } from '../../shared/icon.tsx';
import { useWords } from '../words.ts';
import { LONGEST_SECONDS } from './sound.ts';

const TICK_MS = 250;

export function Recorder({ disabled, onSound }: { disabled: boolean; onSound(sound: Blob): void }) {
  const w = useWords();
  const recorder = useRef<MediaRecorder | null>(null);
  const [since, setSince] = useState<number | null>(null);
  const [now, setNow] = useState(0);
  const [refused, setRefused] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each look asks for the next one
  useEffect(() => {
    if (since === null) return;
    return browserClock.after(TICK_MS, () => {
      setNow(browserClock.now());
      if (browserClock.now() - since >= LONGEST_SECONDS * 1_000) recorder.current?.stop();
    });
  }, [since, now]);
  // Whoever leaves the page is no longer listened to.
  useEffect(() => () => recorder.current?.stop(), []);
  const start = async () => {
    setRefused(false);
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: true, autoGainControl: true } });
      const made = new MediaRecorder(stream);
      const parts: Blob[] = [];
      made.ondataavailable = ({ data }) => parts.push(data);
      made.onstop = () => {
        for (const track of stream.getTracks()) track.stop();
        recorder.current = null;
        setSince(null);
        onSound(new Blob(parts, { type: made.mimeType }));
      };
      made.start();
      recorder.current = made;
      setSince(browserClock.now());
      setNow(browserClock.now());
    } catch {
      setRefused(true);
    }
  };
  return (
    <>
      {since === null ? (
        <Button disabled={disabled} icon={<Icon name="record" />} onClick={() => void start()}>
          {w('prompt.record')}
        </Button>
      ) : (
        <Button danger icon={<Icon name="record" />} onClick={() => recorder.current?.stop()}>
          {w('prompt.stop', { time: asDuration(now - since) })}
        </Button>
      )}
      {refused && <Alert type="error" showIcon role="alert" title={w('prompt.noMicrophone')} />}
    </>
  );
}
