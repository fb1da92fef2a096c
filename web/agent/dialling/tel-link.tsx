import type { ReactNode } from 'react';
import { wishToDial } from './tel.ts';

/** A number that may be called: pressed, it stands in the dial box, where she calls it or asks it in. */
export function TelLink({ number, children }: { number: string; children: ReactNode }) {
  return (
    <a
      className="tel figures"
      href={`tel:${number}`}
      onClick={(event) => {
        event.preventDefault();
        wishToDial(number);
      }}
    >
      {children}
    </a>
  );
}
