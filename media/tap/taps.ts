/** The taps and watches of one worker: who listens to which leg beside its call. */
import { MediaError, type TapRequest } from '../port.ts';
import type { Endpoint } from '../worker/endpoint.ts';
import type { Ear } from '../worker/speaker.ts';
import type { Surroundings } from '../worker/surroundings.ts';
import { connectConsumer, TapStream } from './stream.ts';
import { Watch } from './watch.ts';

/** A tap costs about as much as a call. */
const MOST_TAPS = 500;

export class Taps {
  readonly #world: Surroundings;
  readonly #streams = new Map<string, { stream: TapStream; endpoint: Endpoint; ear: Ear }>();
  readonly #connecting = new Set<string>();
  readonly #watches = new Map<Endpoint, Watch>();

  constructor(world: Surroundings) {
    this.#world = world;
  }

  async open(endpoint: Endpoint, request: TapRequest, still: () => boolean): Promise<null> {
    const { tapId, directions } = request;
    if (this.#streams.has(tapId) || this.#connecting.has(tapId)) throw new MediaError('bad_request', `tap ${tapId} is open`);
    if (this.#streams.size + this.#connecting.size >= MOST_TAPS) throw new MediaError('unavailable', `${MOST_TAPS} taps are open`);
    this.#connecting.add(tapId);
    try {
      const socket = await connectConsumer(request.to);
      if (!still()) {
        socket.destroy();
        throw new MediaError('unknown_endpoint', `${endpoint.id} was closed meanwhile`);
      }
      const stream = new TapStream(
        request,
        () => this.#world.now(),
        socket,
        (reason) => this.#ended(request, stream, reason),
      );
      // While its keys are secret, what it is told may repeat them.
      const ear: Ear = { heard: (packet, start, end, codec) => void (endpoint.secret(this.#world.now()) || stream.heard(packet, start, end, codec)) };
      this.#streams.set(tapId, { stream, endpoint, ear });
      if (directions !== 'out') endpoint.taps.add(stream.said);
      if (directions !== 'in') endpoint.speaker.ears.add(ear);
      return null;
    } finally {
      this.#connecting.delete(tapId);
    }
  }

  /** Unknown ids are fine. */
  close(tapId: string): null {
    this.#streams.get(tapId)?.stream.close();
    return null;
  }

  /** What a tap's consumer wants to be heard, for a playlist of the same leg. */
  speechOf(tapId: string, endpoint: Endpoint): TapStream['speech'] {
    const known = this.#streams.get(tapId);
    if (known?.endpoint !== endpoint) throw new MediaError('bad_request', `no tap ${tapId} on ${endpoint.id}`);
    return known.stream.speech;
  }

  watch(endpoint: Endpoint, change: (watch: Watch) => void): null {
    let watch = this.#watches.get(endpoint);
    if (watch === undefined) {
      watch = new Watch(endpoint.id, this.#world.now(), this.#world.tick, (event) => this.#world.tell(event));
      this.#watches.set(endpoint, watch);
      endpoint.taps.add(watch.tap);
    }
    change(watch);
    if (watch.idle) this.#unwatch(endpoint);
    return null;
  }

  /** The leg is over. */
  forget(endpoint: Endpoint): void {
    this.#unwatch(endpoint);
    for (const { stream, endpoint: tapped } of [...this.#streams.values()]) if (tapped === endpoint) stream.close();
  }

  #unwatch(endpoint: Endpoint): void {
    const watch = this.#watches.get(endpoint);
    if (watch === undefined) return;
    this.#watches.delete(endpoint);
    endpoint.taps.delete(watch.tap);
    watch.close();
  }

  #ended({ tapId, endpointId }: TapRequest, stream: TapStream, reason: string | null): void {
    const known = this.#streams.get(tapId);
    this.#streams.delete(tapId);
    if (known !== undefined) {
      known.endpoint.taps.delete(stream.said);
      known.endpoint.speaker.ears.delete(known.ear);
    }
    this.#world.tell({ type: 'tapEnded', endpointId, tapId, dropped: stream.dropped, ...(reason === null ? {} : { reason }) });
  }
}
