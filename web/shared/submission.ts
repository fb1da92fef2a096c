import { useState } from 'react';

export interface Submission {
  busy: boolean;
  failed: Error | null;
  submit(): Promise<void>;
}

/** A form's way to the server: busy meanwhile, and what went wrong. Who succeeds says so; where the form stays, it can be sent again. */
export function useSubmission(send: () => Promise<unknown>, onSent: () => void): Submission {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Error | null>(null);
  const submit = async () => {
    setBusy(true);
    setFailed(null);
    try {
      await send();
      setBusy(false);
      onSent();
    } catch (error) {
      setFailed(error as Error);
      setBusy(false);
    }
  };
  return { busy, failed, submit };
}
