/** What an endpoint finds in its worker. */
import type { Tick } from '../play/tick.ts';
import type { MediaEvent } from '../port.ts';

export interface Surroundings {
  tick: Tick;
  now(): number;
  tell(event: MediaEvent): void;
  /** Many strangers at one endpoint. */
  alarm(endpointId: string, strangersASecond: number): void;
}
