/** What an endpoint finds in its worker. */
import type { Tick } from '../play/tick.ts';
import type { MediaEvent } from '../port.ts';
import type { Endpoint } from './endpoint.ts';

export interface Surroundings {
  tick: Tick;
  now(): number;
  tell(event: MediaEvent): void;
  /** It sends what its listener cannot be sent as it is. */
  unforwardable(endpoint: Endpoint): void;
  /** Many strangers at one endpoint. */
  alarm(endpointId: string, strangersASecond: number): void;
}
